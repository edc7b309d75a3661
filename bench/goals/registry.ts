// Every goal with its title, and every measurement. Tests hold that no goal is without a measurement.

import type { GoalId, Measurement } from "./goal.ts";

/** What each goal is about. */
export const GOAL_TITLES: Readonly<Record<GoalId, string>> = {
  P1: "evaluators decide alike",
  P2: "index against plain, room and balance alone, worst workload",
  P3: "the full default profile: F1 to F11",
  P4: "growth of a decision with the cluster",
  P5: "event loop against an object engine: speed and peak memory",
  P6: "event loop against SimPy, simjs and simcore",
  P7: "full loop against the same loop with a null scheduler",
  P8: "memory, room and balance alone",
  P9: "garbage collection in the hot loop",
  P10: "two replications on two cores",
  P11: "against the real scheduler, CPU per decision at 5,000 nodes",
  P12: "KubeSBS as a whole process",
  P13: "start-up",
  F1: "evaluators decide as a from-scratch count does",
  F2: "index against counted objects, all nodes",
  F3: "index against fused pass, 100 applications",
  F4: "index against fused pass, 10 applications",
  F5: "index against fused pass, 1,000 applications and sizes",
  F6: "what serves samples against counted objects",
  F7: "sampled index against fused pass",
  F8: "growth of the index without node changes",
  F9: "nodes that come and go ten times as often",
  F10: "attempts at preemption against the fused pass",
  F11: "upkeep without allocation, memory of the full profile",
};

/** Measurements by name, in the order in which they run; P3 sums up F1 to F11. */
export const MEASUREMENTS: readonly {
  readonly name: string;
  readonly goals: readonly GoalId[];
  readonly load: () => Promise<Measurement>;
}[] = [
  {
    ...{ name: "equality", goals: ["P1", "F1"] },
    load: async () => (await import("./measure-equality.ts")).equality,
  },
  {
    ...{ name: "evaluators", goals: ["P2", "F2", "F3", "F4", "F5", "F6", "F7", "F10"] },
    load: async () => (await import("./measure-evaluators.ts")).evaluators,
  },
  {
    ...{ name: "growth", goals: ["P4", "F8"] },
    load: async () => (await import("./measure-growth.ts")).growth,
  },
  {
    ...{ name: "node-changes", goals: ["F9"] },
    load: async () => (await import("./measure-growth.ts")).nodeChanges,
  },
  {
    ...{ name: "event-loop", goals: ["P5"] },
    load: async () => (await import("./measure-loops.ts")).eventLoop,
  },
  {
    ...{ name: "peers", goals: ["P6"] },
    load: async () => (await import("./measure-peers.ts")).peers,
  },
  {
    ...{ name: "full-loop", goals: ["P7"] },
    load: async () => (await import("./measure-loops.ts")).fullLoop,
  },
  {
    ...{ name: "memory", goals: ["P8", "F11"] },
    load: async () => (await import("./measure-memory.ts")).memory,
  },
  {
    ...{ name: "peak", goals: ["P8"] },
    load: async () => (await import("./measure-memory.ts")).peak,
  },
  {
    ...{ name: "garbage", goals: ["P9"] },
    load: async () => (await import("./measure-loops.ts")).garbage,
  },
  {
    ...{ name: "two-cores", goals: ["P10"] },
    load: async () => (await import("./measure-processes.ts")).twoCores,
  },
  {
    ...{ name: "backlog", goals: ["P11"] },
    load: async () => (await import("./measure-backlog.ts")).backlog,
  },
  {
    ...{ name: "kubesbs", goals: ["P12"] },
    load: async () => (await import("./measure-processes.ts")).kubesbs,
  },
  {
    ...{ name: "start-up", goals: ["P13"] },
    load: async () => (await import("./measure-processes.ts")).startUp,
  },
];
