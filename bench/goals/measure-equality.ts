// Equality (P1, F1): every decision compared in full, on few decisions of each workload.
//
// The tables of docs/performance.md hold the million decisions of the bar; this says in seconds whether
// the evaluators of this build still agree. The first difference fails the goal and says where it is.

import type { EvaluatorName } from "../workloads/evaluators.ts";
import { type FullProfileOptions, FullProfileRun } from "../workloads/full-profile.ts";
import { count, type GoalContext, type GoalId, type Measurement } from "./goal.ts";

interface Comparison {
  readonly goal: GoalId;
  readonly evaluator: EvaluatorName;
  readonly with: EvaluatorName;
  readonly options: Omit<FullProfileOptions, "evaluator" | "comparedWith">;
  readonly decisions: number;
}

const EDITS = { nodeChangeEvery: 50, editEvery: 7 } as const;
const STREAMS = [
  { pattern: "churn", sampling: "all" },
  { pattern: "churn", sampling: "sampled", ...EDITS },
  { pattern: "rolling", sampling: "all", nodeChangeEvery: 50 },
  { pattern: "fill", sampling: "sampled" },
  { pattern: "preemption", sampling: "all", editEvery: 20 },
  { pattern: "churn", sampling: "all", uniqueRequests: true },
] as const;
const APPS = [1, 10, 100, 1_000] as const;

/** The comparisons of a run; ten times as many decisions and the large clusters if `isLarge`. */
export function comparisons(isLarge: boolean): readonly Comparison[] {
  const times = isLarge ? 10 : 1;
  const plain = STREAMS.map(
    (stream): Comparison => ({
      ...{ goal: "P1", evaluator: "fused", with: "plain", decisions: 400 * times },
      options: { nodes: 300, ...stream },
    }),
  );
  const byApps = APPS.map(
    (apps): Comparison => ({
      ...{ goal: "P1", evaluator: "indexed", with: "fused", decisions: 1_000 * times },
      options: { nodes: 1_000, apps, sizes: Math.min(apps, 1_000), sampling: "all", ...EDITS },
    }),
  );
  const byStream = STREAMS.map(
    (stream): Comparison => ({
      ...{ goal: "P1", evaluator: "indexed", with: "fused", decisions: 1_000 * times },
      options: { nodes: 1_000, ...stream },
    }),
  );
  const large: readonly Comparison[] = [
    [5_000, 1_000 * times] as const,
    ...(isLarge ? ([[15_000, 1_000] as const, [100_000, 100] as const] as const) : []),
  ].map(([nodes, decisions]) => ({
    ...{ goal: "P1", evaluator: "indexed", with: "fused", decisions },
    options: { nodes, sampling: "all" },
  }));
  const anew = STREAMS.filter(({ pattern }) => pattern !== "fill").flatMap((stream) =>
    (["fused", "indexed"] as const).map(
      (evaluator): Comparison => ({
        ...{ goal: "F1", evaluator, with: "plain", decisions: 200 * times },
        options: { nodes: 300, keepsMatches: false, seed: 2, ...stream },
      }),
    ),
  );
  return [...plain, ...byApps, ...byStream, ...large, ...anew];
}

/** P1 and F1. */
export const equality: Measurement = {
  name: "equality",
  goals: ["P1", "F1"],
  measure: (context) => {
    const all = comparisons(context.isLarge);
    for (const [goal, part] of [
      ["P1", "plain, fused and index: node, total, feasible nodes, reasons, victims"],
      ["F1", "fused and index against everything counted anew"],
    ] as const) {
      if (!context.wants(goal)) continue;
      compareAll(
        goal,
        part,
        all.filter((one) => one.goal === goal),
        context,
      );
    }
  },
};

function compareAll(
  goal: GoalId,
  part: string,
  list: readonly Comparison[],
  context: GoalContext,
): void {
  let decisions = 0;
  let preemptions = 0;
  let tied = 0;
  let hash = "";
  for (const { evaluator, with: comparedWith, options, decisions: wanted } of list) {
    const { nodes, pattern = "churn" } = options;
    context.progress(`${goal}: ${evaluator} with ${comparedWith}, ${pattern}, ${nodes} nodes`);
    // Throws at the first decision that differs.
    const made = new FullProfileRun({ ...options, evaluator, comparedWith }).advance(wanted);
    decisions += made.decisions;
    preemptions += made.preempted;
    tied += made.tied;
    hash = made.hash;
  }
  context.report({
    ...{ goal, part, figure: 100, unit: "% equal", bar: { atLeast: 100 }, hash },
    note: `${count(decisions)} decisions, ${count(tied)} tied, ${count(preemptions)} preemptions; the counts of the bar: \`full-profile --check\`, table below`,
  });
}
