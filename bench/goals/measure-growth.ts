// How the cost of a decision grows with the cluster (P4, F8) and with changes of nodes (F9).
//
// All sizes take turns in one run, so that the exponent is of one load of the machine; the fused pass
// makes the first decisions of each as well, so that there is a hash to match.

import { growthExponent } from "../harness/statistics.ts";
import { type RaceOptions, raceWorkloads } from "../workloads/race.ts";
import { count, type GoalContext, type GoalId, type Measurement } from "./goal.ts";
import { anchorsOf } from "./measure-evaluators.ts";

type Workload = Omit<RaceOptions["workload"], "nodes">;

interface Growth {
  readonly goal: GoalId;
  readonly part: string;
  readonly workload: Workload;
  readonly most: number;
  readonly note?: string;
}

const ROOM = { profile: "resources", batching: false, nodeChangeEvery: 0 } as const;
const FEW = { apps: 10, sizes: 10 } as const;

const GROWTHS: readonly Growth[] = [
  {
    ...{ goal: "P4", part: "10 classes", most: 0.25 },
    workload: { ...ROOM, ...FEW, sampling: "all" },
  },
  {
    ...{ goal: "P4", part: "sampled", most: 0.3 },
    workload: { ...ROOM, ...FEW, sampling: "sampled" },
    note: "the fused pass over the sampled nodes, whose number grows with the cluster",
  },
  {
    ...{ goal: "P4", part: "normalised", most: 0.2 },
    workload: { ...FEW, sampling: "all", nodeChangeEvery: 0 },
    note: "the whole default profile, 10 applications",
  },
  {
    ...{ goal: "P4", part: "every pod unique", most: 0.65 },
    workload: { ...ROOM, apps: 100, sizes: 40, uniqueRequests: true, sampling: "all" },
  },
  {
    ...{ goal: "F8", part: "all nodes, 100 applications", most: 0.5 },
    workload: { apps: 100, sizes: 40, sampling: "all", nodeChangeEvery: 0 },
  },
];

/** An exponent needs three sizes. */
const SIZES = [1_000, 2_000, 5_000] as const;

/** P4 and F8. */
export const growth: Measurement = {
  name: "growth",
  goals: ["P4", "F8"],
  measure: (context) => {
    const sizes = [...new Set([...SIZES, ...context.sizes])].sort((a, b) => a - b);
    for (const one of GROWTHS.filter(({ goal }) => context.wants(goal))) {
      measureGrowth(one, sizes, context);
    }
  },
};

function measureGrowth(one: Growth, sizes: readonly number[], context: GoalContext): void {
  const { goal, part, workload, most, note } = one;
  const range = `${count(sizes[0]!)} to ${count(sizes.at(-1)!)} nodes`;
  context.progress(`${goal}: growth, ${part}, ${range}`);
  const races = raceWorkloads({
    workloads: sizes.map((nodes) => ({ ...workload, nodes })),
    evaluators: ["indexed"],
    witness: "fused",
    slices: context.slices,
    warmUpMs: context.warmUpMs,
    sliceMs: context.sliceMs,
  });
  const costs = races.map(({ figures: [figure] }) => figure!.cpuUs);
  const last = races.at(-1)!;
  const text = costs.map((cpuUs) => cpuUs.toFixed(1)).join(" / ");
  context.report({
    ...{ goal, part: `${part}, ${range}`, unit: "exponent", bar: { atMost: most } },
    figure: growthExponent(sizes.map((nodes, at) => [nodes, costs[at]!] as const))!,
    note: [`${text} us`, ...(note === undefined ? [] : [note])].join("; "),
    hash: last.hash,
    ...anchorsOf(last.figures[0]!, costs.at(-1)!, context),
  });
}

/** F9. */
export const nodeChanges: Measurement = {
  name: "node-changes",
  goals: ["F9"],
  measure: (context) => {
    context.progress("F9: a node that leaves and one that joins every 100 and 1,000 steps");
    const workload = { nodes: 5_000, apps: 100, sizes: 40, sampling: "all" } as const;
    const races = raceWorkloads({
      workloads: [100, 1_000].map((nodeChangeEvery) => ({ ...workload, nodeChangeEvery })),
      evaluators: ["indexed"],
      witness: "fused",
      slices: context.slices,
      warmUpMs: context.warmUpMs,
      // A slice should see several changes.
      sliceMs: 4 * context.sliceMs,
    });
    const [often, seldom] = races.map(({ figures: [figure] }) => figure!);
    context.report({
      ...{ goal: "F9", part: "every 100 steps against every 1,000, 5,000 nodes" },
      ...{ unit: "x the time", bar: { atMost: 1.5 }, hash: races[0]!.hash },
      figure: often!.cpuUs / seldom!.cpuUs,
      note: `${often!.cpuUs.toFixed(1)} / ${seldom!.cpuUs.toFixed(1)} us`,
      ...anchorsOf(often!, often!.cpuUs, context),
    });
  },
};
