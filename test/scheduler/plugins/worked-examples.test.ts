// The worked examples of the scheduler specification, section 12: each was run against the real
// plugins, so the numbers here are upstream's.

import { describe, expect, it } from "vitest";
import { node, pod, SmallCluster, withArgs } from "../small-cluster.ts";

const threeNodes = [
  node("n1", { cpu: "4", memory: "16Gi" }),
  node("n2", { cpu: "8", memory: "16Gi" }),
  node("n3", { cpu: "3", memory: "10Gi" }),
  pod("a", { cpu: "1", memory: "2Gi" }, { nodeName: "n1" }),
  pod("b", { cpu: "500m" }, { nodeName: "n2" }),
  pod("c", {}, { nodeName: "n3" }),
];
const incoming = pod("p", { cpu: "700m", memory: "1500Mi" });

describe("12.1 fit and balance", () => {
  it("scores 67, 87, 78 for fit and 73, 75, 72 for balance", () => {
    const cluster = new SmallCluster(threeNodes);
    expect(cluster.scoresOf(incoming, "NodeResourcesFit", "raw")).toEqual({
      n1: 67,
      n2: 87,
      n3: 78,
    });
    expect(cluster.scoresOf(incoming, "NodeResourcesBalancedAllocation", "raw")).toEqual({
      n1: 73,
      n2: 75,
      n3: 72,
    });
  });

  it("totals 440, 462, 450: n2 wins", () => {
    const cluster = new SmallCluster(threeNodes);
    const decision = cluster.decide(incoming);
    expect(decision.totals).toEqual([440, 462, 450]);
    expect(cluster.world.cache.nodeName(decision.feasible[1]!)).toBe("n2");
    expect(decision.node).toBe(decision.feasible[1]);
  });

  it("a best-effort pod skips balance and ties n2 with n3", () => {
    const cluster = new SmallCluster(threeNodes);
    const { scores, skipped } = cluster.scores(pod("p"));
    expect(skipped).toContain("NodeResourcesBalancedAllocation");
    expect(scores.find((each) => each.plugin === "NodeResourcesFit")?.raw).toEqual([79, 94, 94]);
  });
});

describe("12.2 strategies, weights cpu 3 and memory 1", () => {
  const resources = [
    { name: "cpu", weight: 3 },
    { name: "memory", weight: 1 },
  ];
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 30, score: 7 },
    { utilization: 100, score: 10 },
  ];
  it.each([
    ["MostAllocated", { type: "MostAllocated", resources }, [36, 13, 23]],
    [
      "RequestedToCapacityRatio",
      { type: "RequestedToCapacityRatio", resources, requestedToCapacityRatio: { shape } },
      [69, 32, 54],
    ],
  ])("%s", (_name, scoringStrategy, expected) => {
    const config = withArgs("NodeResourcesFit", { scoringStrategy });
    const found = new SmallCluster(threeNodes, { config })
      .scores(incoming)
      .scores.find((each) => each.plugin === "NodeResourcesFit");
    expect(found?.raw).toEqual(expected);
  });
});

describe("12.3 pod-level resources", () => {
  it("fit scores the containers only, balance the pod", () => {
    const podLevel = pod(
      "p",
      { cpu: "200m" },
      { spec: { resources: { requests: { cpu: "2", memory: "8Gi" } } } },
    );
    const cluster = new SmallCluster(threeNodes);
    expect(cluster.scoresOf(podLevel, "NodeResourcesFit", "raw")["n1"]).toBe(78);
    expect(cluster.scoresOf(podLevel, "NodeResourcesBalancedAllocation", "raw")["n1"]).toBe(75);
  });
});

describe("12.4 topology spread", () => {
  const zone = "topology.kubernetes.io/zone";
  const host = "kubernetes.io/hostname";
  const room = { cpu: "8", memory: "16Gi" };
  const zoned = (name: string, value?: string) =>
    node(name, room, value === undefined ? {} : { labels: { [zone]: value } });
  const app = (name: string, nodeName: string) =>
    pod(name, {}, { nodeName, labels: { app: "web" } });
  const nodes = [zoned("a1", "za"), zoned("a2", "za"), zoned("b1", "zb"), zoned("c1", "zc")];
  const running = [app("w1", "a1"), app("w2", "a1"), app("w3", "a2"), app("w4", "b1")];
  const soft = (topologyKey: string, maxSkew: number) => ({
    topologyKey,
    maxSkew,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { app: "web" } },
  });
  const own = pod(
    "p",
    {},
    { labels: { app: "web" }, spec: { topologySpreadConstraints: [soft(zone, 1), soft(host, 2)] } },
  );

  it("own constraints: raw 9, 8, 4, 1 become 11, 22, 66, 100", () => {
    const cluster = new SmallCluster([...nodes, ...running]);
    expect(cluster.scoresOf(own, "PodTopologySpread", "raw")).toEqual({
      a1: 9,
      a2: 8,
      b1: 4,
      c1: 1,
    });
    expect(cluster.scoresOf(own, "PodTopologySpread", "normalized")).toEqual({
      a1: 11,
      a2: 22,
      b1: 66,
      c1: 100,
    });
  });

  it("own constraints ignore a node without the label", () => {
    const cluster = new SmallCluster([...nodes, zoned("d1"), ...running]);
    expect(cluster.scoresOf(own, "PodTopologySpread", "normalized")).toEqual({
      a1: 11,
      a2: 22,
      b1: 66,
      c1: 100,
      d1: 0,
    });
  });

  it("system defaults through a Service: 13, 26, 46, 73, 100", () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { selector: { app: "web" } },
    };
    const cluster = new SmallCluster([...nodes, zoned("d1"), service, ...running]);
    const plain = pod("p", {}, { labels: { app: "web" } });
    expect(cluster.scoresOf(plain, "PodTopologySpread", "raw")).toEqual({
      a1: 15,
      a2: 13,
      b1: 10,
      c1: 6,
      d1: 2,
    });
    expect(cluster.scoresOf(plain, "PodTopologySpread", "normalized")).toEqual({
      a1: 13,
      a2: 26,
      b1: 46,
      c1: 73,
      d1: 100,
    });
  });

  it("no matching pod: 100 everywhere", () => {
    const cluster = new SmallCluster(nodes);
    expect(Object.values(cluster.scoresOf(own, "PodTopologySpread", "normalized"))).toEqual([
      100, 100, 100, 100,
    ]);
  });
});

describe("12.5 inter-pod affinity", () => {
  const room = { cpu: "8", memory: "16Gi" };
  const near = (app: string, weight: number) => ({
    weight,
    podAffinityTerm: {
      labelSelector: { matchLabels: { app } },
      topologyKey: "kubernetes.io/hostname",
    },
  });
  const wanting = (...terms: unknown[]) =>
    pod(
      "p",
      {},
      {
        spec: {
          affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: terms } },
        },
      },
    );
  const a = pod("a", {}, { nodeName: "n1", labels: { app: "a" } });
  const b = pod("b", {}, { nodeName: "n2", labels: { app: "b" } });

  it("29 of 100 is 28: divide, multiply, cut", () => {
    const cluster = new SmallCluster([node("n1", room), node("n2", room), node("n3", room), a, b]);
    const wish = wanting(near("a", 100), near("b", 29));
    expect(cluster.scoresOf(wish, "InterPodAffinity", "normalized")).toEqual({
      n1: 100,
      n2: 28,
      n3: 0,
    });
  });

  it("equal sums are 0 everywhere", () => {
    const cluster = new SmallCluster([node("n1", room), node("n2", room), a, b]);
    const wish = wanting(near("a", 50), near("b", 50));
    expect(cluster.scoresOf(wish, "InterPodAffinity", "raw")).toEqual({ n1: 50, n2: 50 });
    expect(cluster.scoresOf(wish, "InterPodAffinity", "normalized")).toEqual({ n1: 0, n2: 0 });
  });
});

describe("12.6 taints and node affinity", () => {
  const room = { cpu: "8", memory: "16Gi" };
  const taints = (count: number) => ({
    spec: {
      taints: Array.from({ length: count }, (_, at) => ({
        key: `k${at}`,
        value: "",
        effect: "PreferNoSchedule",
      })),
    },
  });

  it("three, one and no PreferNoSchedule taints: 0, 67, 100", () => {
    const nodes = [node("n1", room, taints(3)), node("n2", room, taints(1)), node("n3", room)];
    expect(new SmallCluster(nodes).scoresOf(pod("p"), "TaintToleration", "normalized")).toEqual({
      n1: 0,
      n2: 67,
      n3: 100,
    });
  });

  it("preferred node affinity 7 and 4: 100, 63, 0", () => {
    const preference = (key: string, weight: number) => ({
      weight,
      preference: { matchExpressions: [{ key, operator: "Exists" }] },
    });
    const affinity = {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [preference("x", 7), preference("y", 4)],
      },
    };
    const nodes = [
      node("n1", room, { labels: { x: "1", y: "1" } }),
      node("n2", room, { labels: { x: "1" } }),
      node("n3", room),
    ];
    const cluster = new SmallCluster(nodes);
    expect(
      cluster.scoresOf(pod("p", {}, { spec: { affinity } }), "NodeAffinity", "normalized"),
    ).toEqual({ n1: 100, n2: 63, n3: 0 });
  });
});

describe("12.7 image locality", () => {
  it("600 MiB on two of three nodes and 300 MiB on one: 19, 24, 0", () => {
    const MiB = 1024 * 1024;
    const image = (name: string, sizeBytes: number) => ({ names: [name], sizeBytes });
    const room = { cpu: "8", memory: "16Gi" };
    const main = image("img:1", 600 * MiB);
    const side = image("side:1", 300 * MiB);
    const nodes = [
      node("n1", room, { status: { images: [main] } }),
      node("n2", room, { status: { images: [main, side] } }),
      node("n3", room),
    ];
    const containers = [
      { name: "a", image: "img:1" },
      { name: "b", image: "side:1" },
    ];
    const cluster = new SmallCluster(nodes);
    expect(
      cluster.scoresOf(pod("p", {}, { spec: { containers } }), "ImageLocality", "raw"),
    ).toEqual({ n1: 19, n2: 24, n3: 0 });
  });
});
