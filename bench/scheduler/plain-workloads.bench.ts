// The evaluators under the full default profile, by workload as in upstream's own performance tests.
//
// Kubernetes' own sampling; a decision includes PostFilter. All variants make the same decisions; the
// second keeps every plugin's scores, the third counts matching pods as they come and go.

import type { Benchmark, Variant } from "../harness/benchmark.ts";
import { EVALUATORS, type EvaluatorName } from "../workloads/evaluators.ts";
import { WorkloadCluster, type WorkloadName, type WorkloadStretch } from "./workload-cluster.ts";

const DECISIONS = 20;
/** Above this the plain evaluator takes minutes. */
const PLAIN_NODES_MAX = 5_000;

/** One benchmark per workload. */
export const workloads: Readonly<Record<Exclude<WorkloadName, "blocked">, Benchmark>> = {
  basic: createBenchmark("basic"),
  bare: createBenchmark("bare"),
  "node-affinity": createBenchmark("node-affinity"),
  "pod-affinity": createBenchmark("pod-affinity"),
  "required-pod-affinity": createBenchmark("required-pod-affinity"),
  "preferred-pod-anti-affinity": createBenchmark("preferred-pod-anti-affinity"),
  "required-pod-anti-affinity": createBenchmark("required-pod-anti-affinity"),
  spread: createBenchmark("spread"),
  "soft-spread": createBenchmark("soft-spread"),
  daemonset: createBenchmark("daemonset"),
  volumes: createBenchmark("volumes"),
  "mixed-churn": createBenchmark("mixed-churn"),
  preemption: createBenchmark("preemption"),
  unschedulable: createBenchmark("unschedulable"),
};

function createBenchmark(workload: WorkloadName): Benchmark {
  return {
    name: `scheduler/workload-${workload}`,
    title: `scheduling, full default profile, ${workload}`,
    operation: "decision",
    sizeName: "nodes",
    sizes: { small: [20, 60], full: [100, 1_000, 5_000], large: [15_000, 100_000] },
    baseline: "plain",
    variants: (nodes) => [
      ...(nodes > PLAIN_NODES_MAX ? [] : plainVariants(nodes, workload)),
      ...(Object.keys(EVALUATORS) as EvaluatorName[])
        .filter((evaluator) => evaluator !== "plain")
        .map((evaluator) => createVariant(evaluator, nodes, workload, { evaluator })),
    ],
  };
}

function plainVariants(nodes: number, workload: WorkloadName): Variant[] {
  return [
    createVariant("plain", nodes, workload),
    createVariant("plain, with scores", nodes, workload, { details: true }),
    createVariant("plain, kept counts", nodes, workload, { keepsMatches: true }),
  ];
}

interface VariantOptions {
  readonly details?: boolean;
  readonly keepsMatches?: boolean;
  readonly evaluator?: EvaluatorName;
}

function createVariant(
  name: string,
  nodes: number,
  workload: WorkloadName,
  options: VariantOptions = {},
): Variant {
  const { details = false, keepsMatches = false, evaluator = "plain" } = options;
  let cluster: WorkloadCluster | undefined;
  let stretch: WorkloadStretch | undefined;
  return {
    name,
    operations: DECISIONS,
    begin: () => {
      cluster = new WorkloadCluster(nodes, workload, details, keepsMatches, evaluator);
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
