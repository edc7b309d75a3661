// The full-profile workload under every evaluator there is, one benchmark per pattern and sampling.
//
// For figures at 15,000 and 100,000 nodes use the command `full-profile`, which builds a cluster once.

import type { Benchmark, Variant } from "../harness/benchmark.ts";
import { EVALUATORS, type EvaluatorName } from "../workloads/evaluators.ts";
import {
  type FullProfileOptions,
  FullProfileRun,
  type FullProfileStretch,
} from "../workloads/full-profile.ts";

const DECISIONS = 20;

/** Churn, rolling updates, a cold fill and preemption. */
export const fullProfiles: readonly Benchmark[] = [
  createBenchmark("churn", { pattern: "churn", sampling: "sampled" }),
  createBenchmark("churn-all-nodes", { pattern: "churn", sampling: "all" }),
  createBenchmark("rolling", { pattern: "rolling" }),
  createBenchmark("fill", { pattern: "fill" }),
  createBenchmark("full-preemption", { pattern: "preemption" }),
];

function createBenchmark(name: string, workload: Omit<FullProfileOptions, "nodes">): Benchmark {
  return {
    name: `scheduler/profile-${name}`,
    title: `full default profile, 100 applications, ${name}`,
    operation: "decision",
    sizeName: "nodes",
    sizes: { small: [20, 120], full: [100, 1_000, 5_000] },
    baseline: "plain",
    variants: (nodes) => [
      ...(Object.keys(EVALUATORS) as EvaluatorName[]).map((evaluator) =>
        createVariant(evaluator, { ...workload, nodes, evaluator }),
      ),
      createVariant("plain, counted anew", { ...workload, nodes, keepsMatches: false }),
    ],
  };
}

function createVariant(name: string, options: FullProfileOptions): Variant {
  let run: FullProfileRun | undefined;
  let stretch: FullProfileStretch | undefined;
  return {
    name,
    operations: DECISIONS,
    begin: () => {
      run = new FullProfileRun({ ...options, nodeChangeEvery: 10, editEvery: 3 });
    },
    run: () => {
      stretch = run!.advance(DECISIONS);
      return stretch.hash;
    },
    counters: () => ({
      "visits/decision": stretch!.visits / DECISIONS,
      placed: stretch!.placed,
      preempted: stretch!.preempted,
    }),
  };
}
