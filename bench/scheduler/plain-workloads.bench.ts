// The plain evaluator under the full default profile, by workload: the baseline for faster ones.
//
// Kubernetes' own sampling; a decision includes PostFilter. Both variants make the same decisions; the
// second keeps every plugin's scores.

import type { Benchmark, Variant } from "../harness/benchmark.ts";
import { WorkloadCluster, type WorkloadName, type WorkloadStretch } from "./workload-cluster.ts";

const DECISIONS = 20;

/** One benchmark per workload. */
export const workloads: Readonly<Record<Exclude<WorkloadName, "blocked">, Benchmark>> = {
  basic: createBenchmark("basic"),
  "node-affinity": createBenchmark("node-affinity"),
  "pod-affinity": createBenchmark("pod-affinity"),
  spread: createBenchmark("spread"),
  preemption: createBenchmark("preemption"),
  unschedulable: createBenchmark("unschedulable"),
};

function createBenchmark(workload: WorkloadName): Benchmark {
  return {
    name: `scheduler/workload-${workload}`,
    title: `plain scheduling, full default profile, ${workload}`,
    operation: "decision",
    sizeName: "nodes",
    sizes: { small: [20, 40, 80], full: [100, 1_000, 5_000] },
    baseline: "plain",
    variants: (nodes) => [
      createVariant("plain", nodes, workload, false),
      createVariant("plain, with scores", nodes, workload, true),
    ],
  };
}

function createVariant(
  name: string,
  nodes: number,
  workload: WorkloadName,
  details: boolean,
): Variant {
  let cluster: WorkloadCluster | undefined;
  let stretch: WorkloadStretch | undefined;
  return {
    name,
    operations: DECISIONS,
    begin: () => {
      cluster = new WorkloadCluster(nodes, workload, details);
    },
    run: () => {
      stretch = cluster!.decide(DECISIONS);
      return stretch.hash;
    },
    counters: () => ({
      "visits/decision": stretch!.visits / DECISIONS,
      placed: stretch!.placed,
      preempted: stretch!.preempted,
    }),
  };
}
