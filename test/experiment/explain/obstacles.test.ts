import { describe, expect, it } from "vitest";
import { seededStream } from "../../../src/base/index.ts";
import { explainSnapshot } from "../../../src/experiment/index.ts";
import type { ExplainRecord, Obstacle } from "../../../src/metrics/index.ts";
import { node, type NodeShape, pod, type PodShape, prepareObjects } from "./explain-fixtures.ts";

function explain(objects: readonly object[], about?: string): ExplainRecord {
  return explainSnapshot(prepareObjects(objects), { pod: "web", node: about });
}

function texts(record: ExplainRecord): (readonly [string, readonly string[]])[] {
  return record.nearest.map((each) => [each.node, each.obstacles.map(({ text }) => text)] as const);
}

describe("what keeps a pod off a node", () => {
  it("resources, with how much is missing", () => {
    const record = explain([
      node("a", { cpu: "4", extra: { "nvidia.com/gpu": "1" } }),
      pod("old", { node: "a", cpu: "3250m" }),
      pod("web", { cpu: "1", memory: "9Gi", requests: { "nvidia.com/gpu": "2" } }),
    ]);
    expect(record.nearest[0]!.obstacles.map(({ lack, code }) => ({ ...lack, code }))).toEqual([
      {
        resource: "cpu",
        unit: "milli",
        asked: 1000,
        free: 750,
        allocatable: 4000,
        missing: 250,
        code: "Unschedulable",
      },
      {
        resource: "memory",
        unit: "bytes",
        asked: 9 * 2 ** 30,
        free: 7 * 2 ** 30,
        allocatable: 8 * 2 ** 30,
        missing: 2 * 2 ** 30,
        code: "UnschedulableAndUnresolvable",
      },
      {
        resource: "nvidia.com/gpu",
        unit: "count",
        asked: 2,
        free: 1,
        allocatable: 1,
        missing: 1,
        code: "UnschedulableAndUnresolvable",
      },
    ]);
  });

  it("pod slots", () => {
    const record = explain([node("a", { pods: "1" }), pod("old", { node: "a" }), pod("web")]);
    expect(record.nearest[0]!.obstacles[0]!.lack).toMatchObject({
      resource: "pods",
      asked: 1,
      free: 0,
      missing: 1,
    });
  });

  it("each untolerated taint, and a cordon without its own taint beside it", () => {
    const taints = [
      { key: "gpu", value: "yes", effect: "NoSchedule" },
      { key: "old", effect: "NoExecute" },
      { key: "slow", effect: "PreferNoSchedule" },
      { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
    ];
    const record = explain([node("a", { taints, unschedulable: true }), pod("web")]);
    const [[, found]] = texts(record) as [[string, string[]]];
    expect(found[0]).toContain("cordoned");
    expect(found[1]).toContain("taint gpu=yes:NoSchedule");
    expect(found[2]).toContain("taint old:NoExecute");
    expect(found).toHaveLength(3);
  });

  it("labels: the selector's and those of the term that lacks least", () => {
    const terms = [
      {
        matchExpressions: [
          { key: "x", operator: "Exists" },
          { key: "y", operator: "Exists" },
        ],
      },
      { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd", "nvme"] }] },
    ];
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
    };
    const spec = { nodeSelector: { arch: "arm" }, affinity: { nodeAffinity } };
    const record = explain([node("a", { labels: { disk: "hdd" } }), pod("web", { spec })]);
    expect(texts(record)).toEqual([
      [
        "a",
        [
          "nodeSelector wants arch=arm, the node has no label arch",
          "node affinity wants disk in (nvme,ssd), the node has disk=hdd",
        ],
      ],
    ]);
  });

  it("host ports, with who holds them", () => {
    const record = explain([
      node("a"),
      pod("old", { node: "a", port: 80 }),
      pod("web", { port: 80 }),
    ]);
    expect(texts(record)).toEqual([["a", ["host port 80/TCP is taken by default/old"]]]);
  });

  it("pod affinity, with the term that nobody meets", () => {
    const term = {
      topologyKey: "kubernetes.io/hostname",
      labelSelector: { matchLabels: { app: "none" } },
    };
    const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    const record = explain([node("a"), pod("web", { spec: { affinity: { podAffinity } } })]);
    expect(record.nearest[0]!.obstacles).toMatchObject([
      {
        plugin: "InterPodAffinity",
        kind: "affinity",
        text: "pod affinity wants a pod with app=none: none runs in kubernetes.io/hostname=a",
      },
    ]);
  });

  it("nearest first: fewer obstacles, then what passes by itself, then the smaller lack", () => {
    const taints = [{ key: "gpu", effect: "NoSchedule" }];
    const record = explain([
      node("two", { taints, cpu: "500m" }),
      node("taint", { taints }),
      node("small", { cpu: "500m" }),
      node("busy"),
      node("busier"),
      pod("p", { node: "busy", cpu: "3500m" }),
      pod("q", { node: "busier", cpu: "3600m" }),
      pod("web"),
    ]);
    expect(record.nearest.map((each) => each.node)).toEqual([
      "busy",
      "busier",
      "taint",
      "small",
      "two",
    ]);
  });
});

// Whatever the explanation says is in the way is taken away, on one node; then the pod must fit there.
describe("removing all obstacles of a node lets the pod fit there", () => {
  const SEED = "obstacles-1";
  const unit = seededStream(SEED);
  const chance = (p: number): boolean => unit.nextUnit() < p;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(unit.nextUnit() * list.length)]!;

  interface World {
    nodes: { name: string; shape: { -readonly [K in keyof NodeShape]: NodeShape[K] } }[];
    bound: object[];
    web: { -readonly [K in keyof PodShape]: PodShape[K] };
  }

  function randomWorld(): World {
    const nodes = Array.from({ length: 4 }, (_, i) => ({
      name: `n${i}`,
      shape: {
        cpu: pick(["1", "2", "4"]),
        memory: pick(["1Gi", "4Gi"]),
        pods: pick(["1", "2", "110"]),
        labels: chance(0.5) ? { disk: pick(["ssd", "hdd"]), tier: "x" } : {},
        taints: ["gpu", "old"]
          .filter(() => chance(0.3))
          .map((key) => ({ key, effect: pick(["NoSchedule", "NoExecute"]) })),
        unschedulable: chance(0.3),
      },
    }));
    const bound = Array.from({ length: 6 }, (_, i) =>
      pod(`p${i}`, {
        node: pick(nodes).name,
        cpu: pick(["300m", "1", "1500m"]),
        memory: "512Mi",
        port: pick([80, 81, 8080]),
      }),
    );
    const nodeSelector = chance(0.6) ? { disk: "ssd", ...(chance(0.3) ? { tier: "y" } : {}) } : {};
    const web = {
      cpu: pick(["500m", "1500m", "3"]),
      memory: pick(["256Mi", "2Gi"]),
      port: pick([80, 9090]),
      spec: { nodeSelector },
    };
    return { nodes, bound, web };
  }

  function objectsOf({ nodes, bound, web }: World): object[] {
    return [...nodes.map(({ name, shape }) => node(name, shape)), ...bound, pod("web", web)];
  }

  // Only the named node stays, changed as the obstacles say.
  function repaired(world: World, name: string, obstacles: readonly Obstacle[]): World {
    const { shape } = world.nodes.find((each) => each.name === name)!;
    const changed = { ...shape };
    const web = { ...world.web };
    let bound = world.bound;
    for (const { kind, text, lack } of obstacles) {
      if (kind === "cordon") changed.unschedulable = false;
      else if (kind === "taint") {
        const key = /^taint (\w+)/.exec(text)![1];
        changed.taints = changed.taints!.filter((taint) => (taint as { key: string }).key !== key);
      } else if (kind === "label") {
        const [, key, value] = /wants (\w+)=(\w+)/.exec(text)!;
        changed.labels = { ...changed.labels, [key!]: value! };
      } else if (kind === "port") {
        const holders = [...text.matchAll(/default\/(\w+)/g)].map((match) => match[1]);
        bound = bound.map((each) =>
          holders.includes((each as { metadata: { name: string } }).metadata.name)
            ? withoutPorts(each)
            : each,
        );
      } else if (lack!.resource === "pods")
        changed.pods = String(lack!.allocatable + lack!.missing);
      else if (lack!.resource === "cpu") web.cpu = `${Math.max(0, lack!.asked - lack!.missing)}m`;
      else web.memory = String(Math.max(0, lack!.asked - lack!.missing));
    }
    return {
      nodes: world.nodes.map((each) => (each.name === name ? { name, shape: changed } : each)),
      bound,
      web,
    };
  }

  function withoutPorts(object: object): object {
    return JSON.parse(JSON.stringify(object).replace(/"ports":\[[^\]]*\]/, '"ports":[]')) as object;
  }

  it(`on 50 random clusters (seed ${SEED})`, () => {
    let checked = 0;
    const kinds = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const world = randomWorld();
      const record = explain(objectsOf(world));
      for (const { node: name, obstacles } of record.nearest) {
        // A pod that shrinks below what the node lacks already cannot help an over-full node.
        if (
          obstacles.some(({ lack }) => lack !== null && lack.resource !== "pods" && lack.free < 0)
        )
          continue;
        const asked = explain(objectsOf(repaired(world, name, obstacles)), name).askedNode!;
        expect(
          asked.obstacles,
          `round ${round}, node ${name}: ${JSON.stringify(obstacles)}`,
        ).toEqual([]);
        for (const { kind } of obstacles) kinds.add(kind);
        checked++;
      }
      if (record.nearest.length > 0) expect(record.decision!.node).toBeNull();
    }
    expect(checked).toBeGreaterThan(60);
    expect([...kinds].sort()).toEqual(["cordon", "label", "port", "resource", "taint"]);
  });
});
