// CPU per pod against what the real kube-scheduler took for the same pods (P11).
//
// Its recorded figures hold its watching and binding. Two figures per workload: decisions alone (the
// pods decided one after the other on empty nodes, with the cache's bookkeeping), which the bar is for,
// and everything that a run does per pod, which is shown.

import {
  BACKLOGS,
  backlogNode,
  backlogPod,
  type BacklogName,
  backlogPods,
  finishBacklog,
  startBacklog,
} from "../cluster/backlog.ts";
import { addVerdict } from "../workloads/decision-digest.ts";
import type { EvaluatorName } from "../workloads/evaluators.ts";
import { WorkloadWorld } from "../workloads/workload-world.ts";
import { E0_DRAWS } from "../harness/machine.ts";
import { ResultHash } from "../harness/result-hash.ts";
import { cpuMs } from "../harness/slices.ts";
import { median } from "../harness/statistics.ts";
import { count, type GoalContext, type Measurement } from "./goal.ts";

const NODES = 5_000;

/** Milliseconds of kube-scheduler 1.36.3 per pod, and the bar where there is one. */
const RECORDED: Readonly<Record<BacklogName, { readonly ms: number; readonly least?: number }>> = {
  plain: { ms: 2.48, least: 200 },
  "zone-spread": { ms: 8.64, least: 600 },
  "preferred-affinity": { ms: 7.0 },
  "anti-affinity": { ms: 17.45, least: 600 },
};

/** P11. */
export const backlog: Measurement = {
  name: "backlog",
  goals: ["P11"],
  measure: (context) => {
    for (const name of BACKLOGS) measureDecisions(name, context);
    for (const name of BACKLOGS) measureRun(name, context);
  },
};

interface Decided {
  readonly cpuUs: number;
  readonly hash: string;
  readonly visits: number;
}

function measureDecisions(name: BacklogName, context: GoalContext): void {
  context.progress(`P11: decisions alone, ${name}`);
  const pods = backlogPods(name, NODES);
  const costs: number[] = [];
  const { hash: expected } = decideBacklog(name, NODES, pods, "fused");
  let visits = 0;
  // The first one warms up.
  for (let slice = 0; slice <= context.slices; slice++) {
    const decided = decideBacklog(name, NODES, pods, "indexed");
    if (decided.hash !== expected)
      throw new Error(`${name}: indexed gave ${decided.hash}, fused ${expected}`);
    if (slice > 0) costs.push(decided.cpuUs);
    visits = decided.visits;
  }
  const { ms, least } = RECORDED[name];
  const cost = median(costs);
  context.report({
    ...{
      goal: "P11",
      part: `decisions alone, ${count(pods)} ${name} pods`,
      hash: expected,
      visits,
    },
    ...{ figure: (1_000 * ms) / cost, unit: "x kube-scheduler" },
    ...(least === undefined ? {} : { bar: { atLeast: least } }),
    e0Draws: (cost / 1e6 / context.machine.e0CpuSeconds) * E0_DRAWS,
    spread: Math.max(...costs) / Math.min(...costs),
    note: `${ms} ms with its watching and binding, on another day of this machine; ${cost.toFixed(1)} us here`,
  });
}

/** Decides all pods on empty nodes; CPU per pod with the cache's upkeep, the world's making left out. */
export function decideBacklog(
  name: BacklogName,
  nodes: number,
  pods: number,
  evaluator: EvaluatorName,
): Decided {
  const world = new WorkloadWorld({
    profile: "default",
    percentageOfNodesToScore: 0,
    keepsMatches: true,
  });
  for (let at = 0; at < nodes; at++) world.cache.addNode(world.node(backlogNode(at)));
  const decider = world.createDecider(world.createEvaluator(evaluator));
  const sample = {
    ...{ namespace: "default", template: world.template(backlogPod(name)), priority: 0 },
    ...{ deleting: false, nodeName: "", nominatedNodeName: "", pod: -1 },
  };
  const hash = new ResultHash();
  const startMs = cpuMs();
  for (let uid = 0; uid < pods; uid++) {
    const pod = { ...sample, uid, name: `p-${uid}`, startUs: uid };
    const verdict = decider.decide(pod);
    addVerdict(hash, verdict);
    const { node } = verdict.decision;
    if (node === -1) throw new Error(`${name}: pod ${uid} found no node`);
    world.cache.assume(pod, world.cache.nodeName(node));
  }
  const cpuUs = ((cpuMs() - startMs) * 1_000) / pods;
  return { cpuUs, hash: hash.hex(), visits: world.cache.operations.nodesTouched / pods };
}

function measureRun(name: BacklogName, context: GoalContext): void {
  context.progress(`P11: whole runs, ${name}`);
  const pods = backlogPods(name, NODES);
  const costs: number[] = [];
  const expected = finishBacklog(startBacklog(name, NODES, "fused"), pods);
  for (let slice = 0; slice < Math.min(3, context.slices); slice++) {
    const startMs = cpuMs();
    const fingerprint = finishBacklog(startBacklog(name, NODES, "indexed"), pods);
    costs.push(((cpuMs() - startMs) * 1_000) / pods);
    if (fingerprint !== expected) throw new Error(`${name}: runs differ by evaluator`);
  }
  const cost = median(costs);
  context.report({
    ...{ goal: "P11", part: `whole runs, ${count(pods)} ${name} pods`, hash: expected },
    ...{ figure: (1_000 * RECORDED[name].ms) / cost, unit: "x kube-scheduler" },
    note: `${cost.toFixed(0)} us per pod with API server, kubelets, measures and making the nodes`,
  });
}
