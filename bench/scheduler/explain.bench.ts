// What an explanation costs beyond the decision it explains, with all nodes, scores and suggestions.
//
// The record is made from the state at the decision and thrown away; nothing is kept between two.

import { DecisionWorld } from "../../src/experiment/explain/decision-world.ts";
import { explainParts } from "../../src/experiment/explain/explain-record.ts";
import type { Benchmark, Variant } from "../harness/benchmark.ts";
import { WorkloadCluster, type WorkloadName } from "./workload-cluster.ts";

const DECISIONS = 4;

/** A pod that finds a node, one that fits nowhere, one that evicts others; and the costliest rules. */
export const explanations: readonly Benchmark[] = (
  ["basic", "pod-affinity", "spread", "unschedulable", "preemption", "blocked"] as const
).map(createBenchmark);

function createBenchmark(workload: WorkloadName): Benchmark {
  return {
    name: `scheduler/explain-${workload}`,
    title: `explaining a decision, full default profile, ${workload}`,
    operation: "decision",
    sizeName: "nodes",
    sizes: { small: [20, 40, 80], full: [100, 1_000, 5_000] },
    baseline: "decide",
    variants: (nodes) => [
      createVariant("decide", nodes, workload, false),
      createVariant("decide and explain", nodes, workload, true),
    ],
  };
}

function createVariant(
  name: string,
  nodes: number,
  workload: WorkloadName,
  explains: boolean,
): Variant {
  let cluster: WorkloadCluster | undefined;
  let helpful = 0;
  return {
    name,
    operations: DECISIONS,
    begin: () => {
      cluster = new WorkloadCluster(nodes, workload, false, true);
    },
    run: () => {
      const { configuration, decider, world } = cluster!;
      helpful = 0;
      const { hash } = cluster!.decide(DECISIONS, (verdict) => {
        if (!explains) return;
        const view = new DecisionWorld(world.cache, decider, verdict, configuration);
        const { nearest, suggestions } = explainParts(view, verdict, {});
        helpful += nearest.length + suggestions.length;
      });
      return hash;
    },
    counters: (): Record<string, number> => (explains ? { "changes shown": helpful } : {}),
  };
}
