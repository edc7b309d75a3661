// Every benchmark, one line each. Loaded when asked for, so that one benchmark's code does not
// shape what the engine compiles for another.

import type { Benchmark } from "./harness/benchmark.ts";

type Load = () => Promise<{ readonly benchmark: Benchmark }>;

const plain = () => import("./scheduler/plain-scheduling.bench.ts");
const workload = async (
  name: keyof typeof import("./scheduler/plain-workloads.bench.ts")["workloads"],
) => benchmarkOf((await import("./scheduler/plain-workloads.bench.ts")).workloads[name]);
const explain = async (at: number) =>
  benchmarkOf((await import("./scheduler/explain.bench.ts")).explanations[at]!);
const profile = async (at: number) =>
  benchmarkOf((await import("./scheduler/full-profile.bench.ts")).fullProfiles[at]!);
const backlog = async (name: import("./cluster/backlog.ts").BacklogName) =>
  benchmarkOf((await import("./cluster/backlog.bench.ts")).backlogs.get(name)!);
const benchmarkOf = (benchmark: Benchmark) => ({ benchmark });

/** Benchmarks by name. */
export const BENCHMARKS: ReadonlyMap<string, Load> = new Map<string, Load>([
  ["engine/event-queue", () => import("./engine/event-queue.bench.ts")],
  ["engine/event-loop", () => import("./engine/event-loop.bench.ts")],
  ["engine/lanes", () => import("./engine/lanes.bench.ts")],
  ["engine/timeouts", () => import("./engine/timeouts.bench.ts")],
  ["engine/ties", () => import("./engine/ties.bench.ts")],
  ["engine/mm1", () => import("./engine/mm1.bench.ts")],
  ["engine/hold", () => import("./engine/hold.bench.ts")],
  ["cluster/pods-on-nodes", () => import("./cluster/pods-on-nodes.bench.ts")],
  ["cluster/day-of-life", () => import("./cluster/day-of-life.bench.ts")],
  ["cluster/backlog-plain", () => backlog("plain")],
  ["cluster/backlog-zone-spread", () => backlog("zone-spread")],
  ["cluster/backlog-preferred-affinity", () => backlog("preferred-affinity")],
  ["cluster/backlog-anti-affinity", () => backlog("anti-affinity")],
  ["scheduler/plain-resources-sampled", async () => benchmarkOf((await plain()).resourcesSampled)],
  [
    "scheduler/plain-resources-all-nodes",
    async () => benchmarkOf((await plain()).resourcesAllNodes),
  ],
  ["scheduler/plain-default-sampled", async () => benchmarkOf((await plain()).defaultSampled)],
  ["scheduler/plain-default-all-nodes", async () => benchmarkOf((await plain()).defaultAllNodes)],
  ["scheduler/workload-basic", () => workload("basic")],
  ["scheduler/workload-node-affinity", () => workload("node-affinity")],
  ["scheduler/workload-pod-affinity", () => workload("pod-affinity")],
  ["scheduler/workload-spread", () => workload("spread")],
  ["scheduler/workload-soft-spread", () => workload("soft-spread")],
  ["scheduler/workload-bare", () => workload("bare")],
  ["scheduler/workload-required-pod-affinity", () => workload("required-pod-affinity")],
  ["scheduler/workload-preferred-pod-anti-affinity", () => workload("preferred-pod-anti-affinity")],
  ["scheduler/workload-required-pod-anti-affinity", () => workload("required-pod-anti-affinity")],
  ["scheduler/workload-daemonset", () => workload("daemonset")],
  ["scheduler/workload-volumes", () => workload("volumes")],
  ["scheduler/workload-mixed-churn", () => workload("mixed-churn")],
  ["scheduler/workload-preemption", () => workload("preemption")],
  ["scheduler/workload-unschedulable", () => workload("unschedulable")],
  ["scheduler/placement", () => import("./scheduler/placement.bench.ts")],
  ["scheduler/profile-churn", () => profile(0)],
  ["scheduler/profile-churn-all-nodes", () => profile(1)],
  ["scheduler/profile-rolling", () => profile(2)],
  ["scheduler/profile-fill", () => profile(3)],
  ["scheduler/profile-full-preemption", () => profile(4)],
  ["scheduler/explain-basic", () => explain(0)],
  ["scheduler/explain-pod-affinity", () => explain(1)],
  ["scheduler/explain-spread", () => explain(2)],
  ["scheduler/explain-unschedulable", () => explain(3)],
  ["scheduler/explain-preemption", () => explain(4)],
  ["scheduler/explain-blocked", () => explain(5)],
]);
