// How many copies of a pod fit, found by placing them: the scheduler says when it is enough.
//
// Nothing is worked out from free room: taints, affinity, spreading, ports, volumes and quotas count
// as they do for any pod, and so do the copies that came before.

import {
  FIT_SCHEMA_VERSION,
  type FitNode,
  type FitRecord,
  type FitStop,
  type FitVerdict,
  KUBERNETES_VERSION,
  type ResultNote,
} from "../../metrics/index.ts";
import type { Decision, UserCallWatch } from "../../scheduler/index.ts";
import { requestsOf } from "../explain/explain-record.ts";
import type { PreparedRun } from "../prepare-run.ts";
import type { InputBytes } from "../run-input.ts";
import { PODSIM_VERSION } from "../versions.ts";
import { type FitPod, readFitPod } from "./fit-pod.ts";
import { type CopyOutcome, FitWorld } from "./fit-world.ts";
import { isAtStart } from "../assembly/cluster-input.ts";

/** What is asked. */
export interface FitQuestion {
  /** A file with one Pod. */
  readonly pod: InputBytes;
  /** The most copies; absent: until no further one is placed. */
  readonly limit?: number | undefined;
  /** Told of every call into user code. */
  readonly userCalls?: UserCallWatch | undefined;
  /** Told after every copy; returns false to stop there, as a limit would. */
  readonly onCopy?: ((copies: number) => boolean) | undefined;
}

/** The answer, and what of the pod is left out (such notes may have to stop a command). */
export interface FitAnswer {
  readonly record: FitRecord;
  readonly podNotes: readonly ResultNote[];
}

/** Places copies one after another. Throws an InputError if the file holds no usable Pod. */
export function countFits(prepared: PreparedRun, question: FitQuestion): FitAnswer {
  const pod = readFitPod(question.pod, prepared);
  const world = new FitWorld(prepared, question.userCalls);
  const waitingCount = world.waitingCount;
  const copies = new Map<string, number>();
  let copiesCount = 0;
  let last: CopyOutcome | undefined;
  let stoppedBy: FitStop = "limit";
  while (copiesCount < (question.limit ?? Number.POSITIVE_INFINITY)) {
    last = world.place(pod, copiesCount);
    noteUnsimulated(pod, last.decision?.decision);
    if (last.node === undefined) {
      stoppedBy = stopOf(last);
      break;
    }
    copies.set(last.node, (copies.get(last.node) ?? 0) + 1);
    copiesCount++;
    last = undefined;
    if (question.onCopy?.(copiesCount) === false) break;
  }
  const nodes = nodesOf(world, pod, copies, last?.decision?.decision);
  const record: FitRecord = {
    schemaVersion: FIT_SCHEMA_VERSION,
    scenario: { name: prepared.name, inputHash: prepared.inputHash },
    versions: { podsim: PODSIM_VERSION, kubernetes: KUBERNETES_VERSION },
    scheduler: prepared.schedulers.map(({ name }) => name).join("+"),
    pod: { namespace: pod.namespace, name: pod.name, requests: requestsOf(pod.template) },
    copiesCount,
    stoppedBy,
    message: last === undefined ? "" : messageOf(last),
    preempting:
      last?.preemption === undefined
        ? null
        : { node: last.preemption.nodeName, victimsCount: last.preemption.victims.length },
    cluster: {
      nodesCount: nodes.length,
      boundCount: world.boundCount,
      placedFirstCount: world.placedFirstCount,
      waitingCount,
    },
    verdicts: verdictsOf(nodes),
    nodes: nodes.map(({ plugin: _, ...node }) => node),
    notes: [...world.refusals, ...notesOnTime(prepared)],
  };
  return { record, podNotes: pod.notes.list() };
}

function stopOf({ refusal, decision, preemption }: CopyOutcome): FitStop {
  if (refusal !== undefined) return "refused";
  if (decision === undefined) return "untried";
  if (preemption !== undefined) return "preemption";
  if (decision.result === "error") return "error";
  return decision.result === "scheduled" ? "not-bound" : "unschedulable";
}

function messageOf({ refusal, decision, untried }: CopyOutcome): string {
  if (refusal !== undefined) return refusal;
  if (decision === undefined) return untried;
  if (decision.result !== "scheduled") return decision.message;
  return `${decision.nodeName} was chosen, but the pod is not bound to it: what the binding waits for (such as a volume) is not made here`;
}

type JudgedNode = FitNode & { readonly plugin: string };

// A cycle that placed a copy may have stopped looking; only a failed one judges every node.
function nodesOf(
  world: FitWorld,
  pod: FitPod,
  copies: ReadonlyMap<string, number>,
  decision: Decision | undefined,
): JudgedNode[] {
  const isJudged = decision !== undefined && decision.node === -1;
  return world.nodesFor(pod).map(({ row, name }) => {
    const { plugin = "", reasons = [] } = isJudged ? decision.statuses.get(row) : {};
    return { node: name, copiesCount: copies.get(name) ?? 0, plugin, reasons };
  });
}

function verdictsOf(nodes: readonly JudgedNode[]): FitVerdict[] {
  const byKey = new Map<string, { -readonly [K in keyof FitVerdict]: FitVerdict[K] }>();
  for (const { plugin, reasons, copiesCount } of nodes) {
    if (plugin === "" && reasons.length === 0) continue;
    const key = [plugin, ...reasons].join("\n");
    const verdict = byKey.get(key);
    if (verdict === undefined) byKey.set(key, { plugin, reasons, nodesCount: 1, copiesCount });
    else {
      verdict.nodesCount++;
      verdict.copiesCount += copiesCount;
    }
  }
  const order = [...byKey.values()].map((verdict, index) => ({ verdict, index }));
  order.sort((a, b) => b.verdict.nodesCount - a.verdict.nodesCount || a.index - b.index);
  return order.map(({ verdict }) => verdict);
}

function noteUnsimulated({ notes }: FitPod, decision: Decision | undefined): void {
  for (const { plugin, reason } of decision?.notSimulated ?? [])
    notes.add("UNSIMULATED_RULE", `${plugin}: ${reason}`, true);
}

// The question is about one instant; what a run would add later is said and not done.
/** What of a run is left aside where time stands still. */
export function notesOnTime({ cluster, traces, generators }: PreparedRun): string[] {
  const notes: string[] = [];
  const add = (count: number, what: string): void => {
    if (count > 0) notes.push(`${count} ${what}`);
  };
  const atStart = cluster.steps.filter(isAtStart).flatMap(({ objects }) => objects);
  const makers = atStart.filter(({ kind }) => MAKES_PODS.has(kind));
  const later = cluster.steps.filter((step) => !isAtStart(step)).flatMap(({ objects }) => objects);
  const traced = traces.reduce((sum, { trace }) => sum + trace.pods.length, 0);
  add(makers.length, "workloads make their pods only in a run: those pods take no room here");
  add(later.length, "objects are applied after the start: they are left aside");
  add(traced, "pods of traces are left aside: the question is about the cluster at the start");
  add(generators.length, "generators of pods are left aside");
  return notes;
}

const MAKES_PODS: ReadonlySet<string> = new Set([
  "Deployment",
  "ReplicaSet",
  "ReplicationController",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
]);
