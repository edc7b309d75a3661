// The workloads of the real scheduler's recorded throughput, from the first node to the last pod bound.
//
// What a pod costs here is everything that the simulation does for it. docs/performance.md sets it
// beside what kube-scheduler took for the same pods (goal P11).

import type { Benchmark, Variant } from "../harness/benchmark.ts";
import { BACKLOGS, type BacklogName, backlogPods, finishBacklog, startBacklog } from "./backlog.ts";

/** One benchmark per workload. */
export const backlogs: ReadonlyMap<BacklogName, Benchmark> = new Map(
  BACKLOGS.map((name) => [name, createBenchmark(name)]),
);

function createBenchmark(name: BacklogName): Benchmark {
  return {
    name: `cluster/backlog-${name}`,
    title: `a backlog of ${name} pods on empty nodes, whole control plane, full default profile`,
    operation: "pod",
    sizeName: "nodes",
    sizes: { small: [6, 12, 24], full: [1_000, 2_000, 5_000] },
    baseline: "fused",
    variants: (nodes) => [
      createVariant(name, nodes, "fused"),
      createVariant(name, nodes, "indexed"),
    ],
  };
}

function createVariant(
  workload: BacklogName,
  nodes: number,
  evaluator: "fused" | "indexed",
): Variant {
  const pods = backlogPods(workload, nodes);
  return {
    name: evaluator,
    operations: pods,
    run: () => finishBacklog(startBacklog(workload, nodes, evaluator), pods),
  };
}
