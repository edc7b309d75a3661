// Memory: bytes per node, per node and signature, per class and node, per live pod, and peaks (P8, F11).
//
// Structures are counted (see memory-census.ts), once at each of two sizes, so that what does not grow
// with the cluster is left out; what the whole process takes is measured beside it. Upkeep is measured
// by what binding and removing pods leaves behind for the collector, with and without an index there.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type PodsOnNodes, startPodsOnNodes, usualLoad } from "../cluster/pods-on-nodes.ts";
import { median } from "../harness/statistics.ts";
import { FullProfileRun, type FullProfileOptions } from "../workloads/full-profile.ts";
import { count, type GoalContext, type GoalId, type Measurement } from "./goal.ts";
import {
  bytesInUse,
  censusOf,
  type ClassCensus,
  settledBytes,
  totalBytes,
} from "./memory-census.ts";

type Workload = Omit<FullProfileOptions, "nodes">;

const SIZES = [1_024, 4_096] as const;
/** Enough that every signature is used again in short order. */
const DECISIONS = 3_000;

/** The two profiles, and the bars: bytes per node, and per node and signature. */
const PROFILES: readonly {
  readonly goal: GoalId;
  readonly workload: Workload;
  readonly perNode: number;
  readonly perSignature: number;
}[] = [
  {
    ...{ goal: "P8", perNode: 64, perSignature: 1.2 },
    workload: { profile: "resources", batching: false, sampling: "all", apps: 40, sizes: 40 },
  },
  {
    ...{ goal: "F11", perNode: 150, perSignature: 1.3 },
    workload: { sampling: "all", apps: 100, sizes: 40 },
  },
];

/** P8 and F11 but for peaks. */
export const memory: Measurement = {
  name: "memory",
  goals: ["P8", "F11"],
  measure: (context) => {
    for (const profile of PROFILES.filter(({ goal }) => context.wants(goal))) {
      measureProfile(profile, context);
    }
    if (context.wants("F11")) {
      measurePairs(context);
      measureUpkeep(context);
    }
    if (context.wants("P8")) measureLivePods(context);
  },
};

// ---- nodes and signatures -----------------------------------------------------------------------

interface Held {
  readonly nodes: number;
  readonly signatures: number;
  /** Bytes of signatures' own columns, and of everything else that is not by class or template. */
  readonly signatureBytes: number;
  readonly otherBytes: number;
  readonly byClass: ReadonlyMap<string, number>;
  /** Bytes of the process that came with the decisions. */
  readonly measuredBytes: number;
  readonly hash: string;
}

/** Counters of pods and what hangs on classes: counted by pair, not by node. */
const BY_PAIR: ReadonlySet<string> = new Set(["PodCounter"]);

function measureProfile(
  { goal, workload, perNode, perSignature }: (typeof PROFILES)[number],
  context: GoalContext,
): void {
  context.progress(`${goal}: structures at ${SIZES.map(count).join(" and ")} nodes`);
  const [few, many] = SIZES.map((nodes) => holdIndex(workload, nodes)) as [Held, Held];
  if (few.signatures === 0 || many.signatures === 0) throw new Error("No signature was built.");
  const grown = many.nodes - few.nodes;
  const kept = {
    few: few.signatureBytes / few.signatures,
    many: many.signatureBytes / many.signatures,
  };
  context.report({
    ...{ goal, part: "columns by node, cache and index", unit: "B per node", hash: many.hash },
    ...{ figure: (many.otherBytes - few.otherBytes) / grown, bar: { atMost: perNode } },
    note: `counted, node objects, maps and texts left out; most of it: ${largest(few, many)}`,
  });
  context.report({
    ...{ goal, part: "index, all nodes", unit: "B per node and signature", hash: many.hash },
    ...{ figure: (kept.many - kept.few) / grown, bar: { atMost: perSignature } },
    note: `counted, ${many.signatures} signatures; the process grew by ${(many.measuredBytes / many.nodes / many.signatures).toFixed(1)} B per node and signature with all that the decisions left`,
  });
}

function holdIndex(workload: Workload, nodes: number): Held {
  const run = new FullProfileRun({ ...workload, nodes, evaluator: "indexed", nodeChangeEvery: 0 });
  const before = settledBytes();
  const { hash } = run.advance(DECISIONS);
  const measuredBytes = settledBytes() - before;
  const census = censusOf([run.world.cache, run.evaluator]);
  const states = census.get("SignatureState");
  const signatureBytes = states?.bytes ?? 0;
  const pairBytes = [...BY_PAIR].reduce((sum, name) => sum + (census.get(name)?.bytes ?? 0), 0);
  return {
    ...{ nodes, signatures: states?.instances.length ?? 0, signatureBytes, measuredBytes, hash },
    otherBytes: totalBytes(census) - signatureBytes - pairBytes,
    byClass: new Map([...census].map(([name, { bytes }]) => [name, bytes])),
  };
}

/** The classes that grow most with the nodes, in bytes per node. */
function largest(few: Held, many: Held): string {
  const grown = [...many.byClass]
    .filter(([name]) => name !== "SignatureState" && !BY_PAIR.has(name))
    .map(([name, bytes]) => {
      const before = few.byClass.get(name) ?? 0;
      return [name, (bytes - before) / (many.nodes - few.nodes)] as const;
    });
  return grown
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([name, bytes]) => `${name} ${bytes.toFixed(0)}`)
    .join(", ");
}

// ---- classes and nodes --------------------------------------------------------------------------

function measurePairs(context: GoalContext): void {
  const [, nodes] = SIZES;
  context.progress("F11: counters by class and node");
  const { workload } = PROFILES[1]!;
  const run = new FullProfileRun({ ...workload, nodes, evaluator: "indexed" });
  const { hash } = run.advance(DECISIONS);
  const counters = censusOf([run.world.cache, run.evaluator]).get("PodCounter") as
    | ClassCensus
    | undefined;
  const pairs = (counters?.instances ?? []).reduce((sum, counter) => {
    const { rows } = counter as { readonly rows?: { readonly length: number } };
    if (rows === undefined) throw new Error("A counter has no rows.");
    return sum + rows.length;
  }, 0);
  if (counters === undefined || pairs === 0) throw new Error("No pods are counted by node.");
  context.report({
    ...{ goal: "F11", part: "counters by class and node", unit: "B per pair", hash },
    ...{ figure: counters.bytes / pairs, bar: { atMost: 40 } },
    note: `counted, ${count(pairs)} pairs in ${count(counters.instances.length)} counters`,
  });
}

// ---- upkeep -------------------------------------------------------------------------------------

const STRETCHES = 41;
const BINDS = 500;

/** What one pod that leaves and comes back costs in garbage, with the index and without it. */
function measureUpkeep(context: GoalContext): void {
  context.progress("F11: garbage of upkeep");
  const workload: FullProfileOptions = {
    ...{ ...PROFILES[1]!.workload, nodes: SIZES[0], nodeChangeEvery: 0 },
  };
  const indexed = new FullProfileRun({ ...workload, evaluator: "indexed" });
  indexed.advance(DECISIONS);
  const bare = new FullProfileRun({ ...workload, recorded: [] });
  const [withIndex, without] = [indexed, bare].map(garbageOfUpkeep) as [number, number];
  context.report({
    ...{ goal: "F11", part: "upkeep", unit: "B of garbage per bind and departure" },
    ...{ figure: Math.max(0, withIndex - without), bar: { atMost: 1 } },
    note: `${withIndex.toFixed(0)} B with the index, ${without.toFixed(0)} B of the cache alone`,
  });
}

function garbageOfUpkeep(run: FullProfileRun): number {
  const { cache } = run.world;
  const pods = run.apps.flatMap(({ live }) => live).slice(0, BINDS);
  if (pods.length < BINDS) throw new Error("Too few pods run.");
  const stretch = (): void => {
    for (const pod of pods) {
      cache.removePod(pod.uid);
      cache.addPod(pod);
    }
  };
  // Compiled by then.
  for (let round = 0; round < 40; round++) stretch();
  const garbage: number[] = [];
  for (let round = 0; round < STRETCHES; round++) {
    settledBytes();
    const before = bytesInUse();
    stretch();
    garbage.push((bytesInUse() - before) / BINDS);
  }
  return median(garbage);
}

// ---- pods ---------------------------------------------------------------------------------------

function measureLivePods(context: GoalContext): void {
  context.progress("P8: bytes per live pod of a whole run");
  const load = { ...usualLoad(1_000_000), meanLifetime: 1_000 };
  const run = startPodsOnNodes(load);
  const until = (second: number): number => {
    while (run.nowUs < second * 1_000_000) run.advance(2_000);
    return settledBytes();
  };
  const livePods = (): number => run.finish("stopped").counts.podsCreated;
  // Nothing has ended yet to speak of: what is added is alive.
  const before = until(50);
  const after = until(150);
  const added = 100 * load.rate;
  if (livePods() < added) throw new Error("Pods did not arrive as they should.");
  context.report({
    ...{ goal: "P8", part: "live pods of a whole run", unit: "B per pod", bar: { atMost: 64 } },
    figure: (after - before) / added,
    note: "measured: API object, watch, kubelet, measures; podsim keeps a record of every pod",
  });
}

// ---- peaks --------------------------------------------------------------------------------------

/** P8: the peak of a run ten times as long. */
export const peak: Measurement = {
  name: "peak",
  goals: ["P8"],
  measure: (context) => {
    const pods = context.isLarge ? [1_000_000, 10_000_000] : [100_000, 1_000_000];
    const [short, long] = pods.map((each) => {
      context.progress(`P8: peak of ${count(each)} pods`);
      return runPods(each);
    }) as [PodsOnNodes, PodsOnNodes];
    context.report({
      ...{ goal: "P8", part: `peak, ${count(long.pods)} against ${count(short.pods)} pods` },
      ...{ unit: "x", figure: long.maxRssBytes / short.maxRssBytes, bar: { atMost: 1.15 } },
      hash: long.fingerprint,
      note: `${mb(long)} / ${mb(short)} MB, null scheduler, 1,000 nodes`,
    });
  },
};

function runPods(pods: number): PodsOnNodes {
  const program = fileURLToPath(new URL("../cluster/pods-on-nodes.js", import.meta.url));
  const text = execFileSync(process.execPath, [program, String(pods)], { encoding: "utf8" });
  return JSON.parse(text) as PodsOnNodes;
}

function mb({ maxRssBytes }: PodsOnNodes): string {
  return (maxRssBytes / 1e6).toFixed(0);
}
