// Claims about the GPU policies: scores computed by hand on nodes in known states.

import { describe, expect, it } from "vitest";
import { GpuCluster, gpuNode, gpuPod } from "./gpu-cluster.ts";

describe("GpuBestFit", () => {
  it("prefers the node with least cpu and GPU left, and stretches the scores", () => {
    const cluster = new GpuCluster([gpuNode("small", 1, 8), gpuNode("large", 8, 96)], "GpuBestFit");
    // small: 1 - (0.5 x 4/128 + 0.5 x 500/8000) = 0.953; large: 1 - (0.5 x 92/128 + 0.5 x 7500/8000)
    expect(cluster.scores(gpuPod("p", { milli: 500, milliCpu: 4000 }))).toEqual({
      small: 95,
      large: 17,
    });
    expect(cluster.place(gpuPod("p", { milli: 500, milliCpu: 4000 }))).toBe("small: 0");
  });

  it("takes the first of equal nodes", () => {
    const cluster = new GpuCluster([gpuNode("a", 2), gpuNode("b", 2)], "GpuBestFit");
    expect(cluster.place(gpuPod("p", { gpus: 1 }))).toBe("a: 0");
  });
});

describe("GpuDotProduct", () => {
  it("prefers the node whose free room is least aligned with the pod", () => {
    const cluster = new GpuCluster([gpuNode("a", 8, 96), gpuNode("b", 2, 64)], "GpuDotProduct");
    // a: 1 - (0.75 x 0.25 + 1 x 0.25) / 2 = 0.78125; b: 1 - (0.5 x 0.25 + 0.25 x 0.25) / 2 = 0.90625
    const pod = gpuPod("p", { gpus: 2, milliCpu: 32_000 });
    expect(cluster.scores(pod)).toEqual({ a: 78, b: 90 });
  });
});

describe("GpuPacking", () => {
  const objects = [
    gpuNode("idle8", 8),
    gpuNode("idle1", 1),
    gpuNode("used", 4),
    gpuPod("x", { milli: 300, node: "used" }),
    gpuPod("y", { milli: 600, node: "used" }),
    gpuPod("z", { milli: 800, node: "used" }),
  ];
  const scores = (want: Parameters<typeof gpuPod>[1]) =>
    new GpuCluster(objects, "GpuPacking").scores(gpuPod("p", want));

  it("knows the states it starts from", () => {
    expect(new GpuCluster(objects, "GpuPacking").left("used")).toEqual([100, 200, 1000, 1000]);
  });

  it.each([
    // 100 - trunc(10 / 10), 100 - trunc(20 / 10); untouched nodes 33 - 8 and 33 - 1
    [{ milli: 100 }, { idle8: 25, idle1: 32, used: 99 }],
    [{ milli: 150 }, { idle8: 25, idle1: 32, used: 98 }],
    [{ milli: 500 }, { idle8: 25, idle1: 32, used: 49 }],
    [{ gpus: 2 }, { idle8: 25, idle1: 32, used: 48 }],
    [{}, { idle8: 0, idle1: 0, used: 0 }],
  ])("scores %o as %o", (want, expected) => {
    expect(scores(want)).toEqual(expected);
  });
});

describe("GpuClustering", () => {
  const objects = [
    gpuNode("bare", 8),
    gpuNode("shares", 8),
    gpuNode("mixed", 8),
    gpuNode("wholes", 4),
    gpuNode("cpuOnly", 2),
    gpuPod("a", { milli: 400, node: "shares" }),
    gpuPod("b", { milli: 300, node: "mixed" }),
    gpuPod("c", { gpus: 1, node: "mixed" }),
    gpuPod("d", { gpus: 2, node: "wholes" }),
    gpuPod("e", { node: "cpuOnly" }),
  ];
  it.each([
    // trunc(25 x used / 8000), nodes with fewer than 8 GPUs counting as used in part
    [{ milli: 900 }, { bare: 25, shares: 76, mixed: 54, wholes: 18, cpuOnly: 43 }],
    [{ gpus: 1 }, { bare: 25, shares: 1, mixed: 54, wholes: 18, cpuOnly: 43 }],
    [{ gpus: 2 }, { bare: 25, shares: 1, mixed: 4, wholes: 93, cpuOnly: 43 }],
    [{}, { bare: 0, shares: 0, mixed: 0, wholes: 0, cpuOnly: 0 }],
  ])("scores %o as %o", (want, expected) => {
    const cluster = new GpuCluster(objects, "GpuClustering");
    expect(cluster.scores(gpuPod("p", want))).toEqual(expected);
  });
});

describe("GpuFragmentationDescent", () => {
  const args = {
    modelLabel: "model",
    typicalPods: [
      { milliCpu: 1000, gpus: 1, gpuMilli: 500, weight: 1 },
      { milliCpu: 1000, gpus: 1, gpuMilli: 1000, weight: 1 },
    ],
  };

  it("puts a share on the device where it wastes least", () => {
    const objects = [
      gpuNode("n", 3),
      gpuPod("a", { milli: 350, node: "n" }),
      gpuPod("b", { milli: 800, node: "n" }),
    ];
    const cluster = new GpuCluster(objects, "GpuFragmentationDescent", args);
    expect(cluster.left("n")).toEqual([650, 200, 1000]);
    // Half of the typical pods want 500, half a whole GPU. F before: (200 + 850) / 2 = 525. After on
    // device 0 (650 - 200 = 450): (650 + 650) / 2; device 1 (0): (0 + 650) / 2; device 2: (200 + 1650) / 2.
    expect(cluster.scores(gpuPod("p", { milli: 200 }))["n"]).toBe(54);
    expect(cluster.place(gpuPod("p", { milli: 200 }))).toBe("n: 1");
    // 650 and 1000 are left. 600 of device 0 leaves (50 + 50) / 2, better than breaking device 2.
    expect(cluster.place(gpuPod("q", { milli: 600 }))).toBe("n: 0");
  });

  it("leaves the tightest device alone where filling it would waste the rest", () => {
    const objects = [
      gpuNode("n", 2),
      gpuPod("a", { milli: 400, node: "n" }),
      gpuPod("b", { milli: 620, node: "n" }),
    ];
    const typicalPods = [{ milliCpu: 1000, gpus: 1, gpuMilli: 360, weight: 1 }];
    const cluster = new GpuCluster(objects, "GpuFragmentationDescent", { ...args, typicalPods });
    expect(cluster.left("n")).toEqual([600, 380]);
    expect(cluster.place(gpuPod("p", { milli: 30 }))).toBe("n: 0");
    const other = new GpuCluster(objects, "GpuBestFit");
    expect(other.place(gpuPod("p", { milli: 30 }))).toBe("n: 1");
  });

  it("refuses arguments without typical pods, or with an odd one", () => {
    const make = (typicalPods: unknown) => () =>
      new GpuCluster([], "GpuFragmentationDescent", { typicalPods });
    expect(make([])).toThrow("at least one typical pod");
    expect(make([{ milliCpu: 1, gpus: 1, gpuMilli: 1500, weight: 1 }])).toThrow("1500");
    expect(make([{ milliCpu: 1, weight: 0 }])).toThrow("above 0");
    expect(() => new GpuCluster([], "GpuFragmentationDescent")).toThrow();
  });
});

describe("GpuRandom", () => {
  it("draws nodes and devices evenly, and the same ones for the same seed", () => {
    const nodes = ["a", "b", "c", "d"].map((name) => gpuNode(name, 2));
    const place = (seed: string) => {
      const counts = new Map<string, number>();
      for (let k = 0; k < 400; k++) {
        const cluster = new GpuCluster(nodes, "GpuRandom", { seed });
        const where = cluster.place(gpuPod(`p${k}`, { milli: 100 }));
        counts.set(where, (counts.get(where) ?? 0) + 1);
      }
      return counts;
    };
    const counts = place("1");
    expect(counts.size).toBe(8);
    // 50 each; five standard deviations are 33.
    for (const count of counts.values()) expect(Math.abs(count - 50)).toBeLessThan(33);
    expect(place("1")).toEqual(counts);
    expect(place("2")).not.toEqual(counts);
  });
});
