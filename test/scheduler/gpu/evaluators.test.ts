// Claims about GPU plugins under every evaluator: nodes, scores and reasons are those of the plain one.

import { describe, expect, it } from "vitest";
import {
  CycleState,
  createEvaluator,
  EVALUATOR_NAMES,
  type Evaluator,
  NO_OBJECTS,
  type NodeRow,
} from "../../../src/scheduler/index.ts";
import { GpuCluster, gpuNode, gpuPod } from "./gpu-cluster.ts";

const PLUGINS = [
  "GpuBestFit",
  "GpuDotProduct",
  "GpuPacking",
  "GpuClustering",
  "GpuFragmentationDescent",
  "GpuRandom",
];
const FGD_ARGUMENTS = {
  modelLabel: "model",
  typicalPods: [
    { milliCpu: 2000, gpus: 1, gpuMilli: 400, weight: 2 },
    { milliCpu: 4000, gpus: 1, weight: 1 },
    { milliCpu: 1000, weight: 1 },
  ],
};

function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

describe.each(EVALUATOR_NAMES.filter((name) => name !== "plain"))("the %s evaluator", (name) => {
  it.each(PLUGINS)("decides as the plain one with %s", (plugin) => {
    for (let seed = 1; seed <= 5; seed++) {
      const below = numbers(seed);
      const nodes = Array.from({ length: 12 }, (_, k) =>
        gpuNode(`n${k}`, [0, 1, 2, 4][below(4)]!, 8 + 8 * below(3)),
      );
      const args = plugin === "GpuFragmentationDescent" ? FGD_ARGUMENTS : undefined;
      const cluster = new GpuCluster(nodes, plugin, args);
      const options = { details: true, batching: false } as const;
      const make = (which: typeof name | "plain"): Evaluator =>
        createEvaluator(which, cluster.cache, NO_OBJECTS, options);
      const [plain, other] = [make("plain"), make(name)];
      for (let k = 0; k < 60; k++) {
        const want = [{}, { gpus: 1 }, { gpus: 2 }, { milli: 100 + 50 * below(16) }][below(4)]!;
        const pod = cluster.podInfo(gpuPod(`p${k}`, { ...want, milliCpu: 500 + 500 * below(4) }));
        const [expected, found] = [plain, other].map((evaluator) => {
          const { node, totals, message, feasible } = evaluator.decide(
            pod,
            cluster.profile,
            new CycleState(),
          );
          return { node, totals: [...totals], message, feasible: [...feasible] };
        });
        expect(found, `seed ${seed}, pod ${k}`).toEqual(expected);
        if (expected!.node !== -1) cluster.keep(pod, expected!.node as NodeRow);
        if (below(3) === 0) cluster.letGo(below);
      }
    }
  });
});
