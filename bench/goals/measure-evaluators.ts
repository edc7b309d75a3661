// Evaluators against each other on the full-profile workload: goals P2 and F2 to F7 and F10.
//
// One entry per bar. Entries on the same workload and size share one race, so that every figure of it
// stands beside the others in one interleaved run.

import { E0_DRAWS } from "../harness/machine.ts";
import type { EvaluatorName } from "../workloads/evaluators.ts";
import { type Race, race, type RaceFigures, type RaceOptions } from "../workloads/race.ts";
import { count, type GoalContext, type GoalId, type Measurement } from "./goal.ts";

type Workload = Omit<RaceOptions["workload"], "nodes">;

/** What is compared on one workload, and the bar by number of nodes. */
interface Entry {
  readonly goal: GoalId;
  readonly part: string;
  readonly workload: Workload;
  /** The slow side; the other is the index, which is what runs use. */
  readonly against: EvaluatorName;
  /** Costs of attempts that fit nowhere, in place of all decisions. */
  readonly isAttempts?: boolean;
  readonly bars: Readonly<Record<number, number>>;
  /** So many times the usual slices and warm-up, where costs vary much or much is seen first. */
  readonly times?: number;
  /** Sizes at which the workload is measured; absent: all that are asked for. */
  readonly only?: readonly number[];
  /** Largest size at which the slow side is worth its time. */
  readonly nodesMax?: number;
  readonly note?: string;
}

const USUAL: Workload = { sampling: "all", apps: 100, sizes: 40 };
const FEW: Workload = { sampling: "all", apps: 10, sizes: 10 };
const MANY: Workload = { sampling: "all", apps: 1_000, sizes: 1_000 };
/** Room and balance alone; OpportunisticBatching, which the default profile never uses, is off. */
const ROOM = { profile: "resources", batching: false } as const;

const P2_BARS = { 1000: 20, 5000: 40, 15000: 60, 100000: 400 } as const;
const FIRST_TIE =
  "the bar is for ties to the first node, which the index leaves to the fused pass; F5 holds instead";
const LATER =
  "upstream's default for this profile: the ranking that a decision leaves is made when a pod asks for it";
const NOT_BUILT = "no index over samples is built: the fused pass serves them, see F6";

/** P2 and the goals of the full profile that compare evaluators. */
export const ENTRIES: readonly Entry[] = [
  p2("10 applications", FEW, P2_BARS),
  p2("100 applications", USUAL, P2_BARS),
  { ...p2("1,000 applications and sizes", MANY, P2_BARS), times: 3 },
  p2("rolling updates", { ...USUAL, pattern: "rolling" }, P2_BARS),
  p2("cold fill", { ...USUAL, pattern: "fill" }, P2_BARS),
  { ...p2("every pod unique", { ...USUAL, uniqueRequests: true }, {}), note: FIRST_TIE },
  { ...p2("sampled, 100 applications", { ...USUAL, sampling: "sampled" }, {}), note: NOT_BUILT },
  { ...p2("with batching", { ...FEW, batching: true }, {}), note: LATER, nodesMax: 5_000 },
  {
    ...{ goal: "F2", part: "all nodes, 100 applications", workload: USUAL, against: "plain" },
    ...{ bars: { 1000: 150, 5000: 800, 15000: 1_200 }, nodesMax: 15_000 },
    note: "counted objects: the plain evaluator with kept label matches",
  },
  {
    ...{ goal: "F3", part: "all nodes, 100 applications", workload: USUAL, against: "fused" },
    bars: { 1000: 3, 5000: 9, 15000: 15, 100000: 25 },
  },
  {
    ...{ goal: "F4", part: "all nodes, 10 applications", workload: FEW, against: "fused" },
    bars: { 1000: 4, 5000: 18, 15000: 28, 100000: 60 },
  },
  {
    ...{ goal: "F5", part: "1,000 applications and sizes", workload: MANY, against: "fused" },
    ...{ bars: { 5000: 2.5 }, only: [5_000], times: 4 },
  },
  {
    goal: "F6",
    part: "sampled, 100 applications",
    ...{ workload: { ...USUAL, sampling: "sampled" }, against: "plain", nodesMax: 15_000 },
    bars: { 1000: 25, 5000: 150 },
    note: "counted objects: the plain evaluator with kept label matches",
  },
  {
    ...{ goal: "F7", part: "sampled, 100 applications", bars: {}, note: NOT_BUILT },
    ...{ workload: { ...USUAL, sampling: "sampled" }, against: "fused" },
  },
  {
    ...{ goal: "F10", part: "attempts that evict", against: "fused", isAttempts: true, times: 5 },
    workload: { ...USUAL, pattern: "attempts" },
    bars: { 1000: 1.5, 5000: 8, 15000: 4 },
    nodesMax: 15_000,
    note: "the fused pass here has no sums by priority",
  },
];

function p2(part: string, workload: Workload, bars: Entry["bars"]): Entry {
  const isUnjudged = Object.keys(bars).length === 0;
  return {
    ...{ goal: "P2", part, workload: { ...ROOM, ...workload }, against: "plain", bars },
    ...(isUnjudged ? { nodesMax: 5_000 } : {}),
  };
}

/** P2, F2 to F7 and F10. */
export const evaluators: Measurement = {
  name: "evaluators",
  goals: ["P2", "F2", "F3", "F4", "F5", "F6", "F7", "F10"],
  measure: (context) => {
    for (const nodes of context.sizes) {
      const wanted = ENTRIES.filter((entry) => isMeasured(entry, nodes, context));
      const workloads = new Set(wanted.map(({ workload }) => JSON.stringify(workload)));
      for (const key of workloads) {
        const entries = wanted.filter(({ workload }) => JSON.stringify(workload) === key);
        measureEntries(entries, nodes, context);
      }
    }
  },
};

function isMeasured(entry: Entry, nodes: number, context: GoalContext): boolean {
  const { goal, only, nodesMax = Number.POSITIVE_INFINITY } = entry;
  if (!context.wants(goal) || nodes > nodesMax) return false;
  return only === undefined || only.includes(nodes);
}

function measureEntries(entries: readonly Entry[], nodes: number, context: GoalContext): void {
  const [{ workload, part, times = 1 }] = entries as [Entry];
  context.progress(`${entries.map(({ goal }) => goal).join(", ")}: ${part}, ${count(nodes)} nodes`);
  const result = race({
    workload: { ...workload, nodes },
    evaluators: [...new Set([...entries.map(({ against }) => against), "indexed" as const])],
    slices: context.slices,
    warmUpMs: Math.min(2, times) * context.warmUpMs,
    sliceMs: times * context.sliceMs,
  });
  for (const entry of entries) reportEntry(entry, nodes, result, context);
}

function reportEntry(entry: Entry, nodes: number, { hash, figures }: Race, context: GoalContext) {
  const { goal, part, against, bars, note, isAttempts = false } = entry;
  const slow = figures.find(({ evaluator }) => evaluator === against)!;
  const fast = figures.find(({ evaluator }) => evaluator === "indexed")!;
  const costOf = (side: RaceFigures): number => (isAttempts ? side.attemptUs : side.cpuUs);
  const least = bars[nodes];
  const costs = `${costOf(slow).toFixed(1)} / ${costOf(fast).toFixed(1)} us`;
  const attempts = isAttempts ? `medians of ${slow.attempts} and ${fast.attempts} attempts` : "";
  context.report({
    ...{ goal, part: `${part}, ${count(nodes)} nodes`, unit: `x of ${against}`, hash },
    figure: costOf(slow) / costOf(fast),
    ...(least === undefined ? {} : { bar: { atLeast: least } }),
    note: [costs, attempts, note ?? ""].filter((text) => text !== "").join("; "),
    ...anchorsOf(fast, costOf(fast), context),
  });
}

/** Nodes looked at per decision, and its cost in draws of E0. */
export function anchorsOf(
  side: RaceFigures,
  cpuUs: number,
  { machine }: GoalContext,
): { visits: number; e0Draws: number; spread: number } {
  const drawUs = (machine.e0CpuSeconds * 1e6) / E0_DRAWS;
  return {
    visits: side.touched / side.decisions,
    e0Draws: cpuUs / drawUs,
    spread: side.spread,
  };
}
