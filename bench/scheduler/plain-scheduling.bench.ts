// Plain scheduling by size of the cluster: the slow side that indexed evaluators are compared with.
//
// Two profiles, each with Kubernetes' sampling and over all nodes. Every variant makes the same
// decisions; the second one keeps every plugin's scores, as explanations need them.

import type { Benchmark, Variant } from "../harness/benchmark.ts";
import { PlainCluster, type PROFILES } from "./plain-cluster.ts";

const DECISIONS = 40;

/** Room and balance, default sampling. */
export const resourcesSampled: Benchmark = createBenchmark("resources", "sampled");
/** Room and balance, all nodes. */
export const resourcesAllNodes: Benchmark = createBenchmark("resources", "all-nodes");
/** The default profile with spreading of ReplicaSets, default sampling. */
export const defaultSampled: Benchmark = createBenchmark("default", "sampled");
/** The same over all nodes. */
export const defaultAllNodes: Benchmark = createBenchmark("default", "all-nodes");

function createBenchmark(
  profile: keyof typeof PROFILES,
  sampling: "sampled" | "all-nodes",
): Benchmark {
  const percentage = sampling === "sampled" ? 0 : 100;
  return {
    name: `scheduler/plain-${profile}-${sampling}`,
    title: `plain scheduling, ${profile} profile, ${sampling === "sampled" ? "default sampling" : "all nodes"}`,
    operation: "decision",
    sizeName: "nodes",
    sizes: { small: [20, 40, 80], full: [100, 500, 1_000, 5_000] },
    baseline: "plain",
    variants: (nodes) => [
      createVariant("plain", nodes, profile, percentage, false),
      createVariant("plain, with scores", nodes, profile, percentage, true),
    ],
  };
}

function createVariant(
  name: string,
  nodes: number,
  profile: keyof typeof PROFILES,
  percentage: number,
  details: boolean,
): Variant {
  let cluster: PlainCluster | undefined;
  let visits = 0;
  return {
    name,
    operations: DECISIONS,
    begin: () => {
      cluster = new PlainCluster(nodes, profile, percentage, details);
    },
    run: () => {
      const stretch = cluster!.decide(DECISIONS);
      visits = stretch.visits;
      return stretch.hash;
    },
    counters: () => ({ "visits/decision": visits / DECISIONS }),
  };
}
