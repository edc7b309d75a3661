// The scheduler's cache: what it lists, counts and remembers, and what it leaves stale on purpose.

import { describe, expect, it } from "vitest";
import type { PodInfo } from "../../../src/scheduler/index.ts";
import { node, pod, SmallCluster } from "../small-cluster.ts";

const ZONE = "topology.kubernetes.io/zone";
const ROOM = { cpu: "4", memory: "8Gi" };
const inZone = (name: string, zone?: string) =>
  node(name, ROOM, zone === undefined ? {} : { labels: { [ZONE]: zone } });

function names(cluster: SmallCluster): string[] {
  const { cache } = cluster.world;
  return cache.refreshSnapshot().map((row) => cache.nodeName(row));
}

describe("node order", () => {
  it("takes zones in turn, in order of first appearance", () => {
    const cluster = new SmallCluster([
      ...["a1", "a2", "a3"].map((name) => inZone(name, "za")),
      inZone("b1", "zb"),
      ...["c1", "c2"].map((name) => inZone(name, "zc")),
      inZone("x1"),
    ]);
    expect(names(cluster)).toEqual(["a1", "b1", "c1", "x1", "a2", "c2", "a3"]);
  });

  it("stays as it was after a zone change until some node comes or goes", () => {
    const cluster = new SmallCluster([inZone("a1", "za"), inZone("b1", "zb"), inZone("a2", "za")]);
    expect(names(cluster)).toEqual(["a1", "b1", "a2"]);
    cluster.world.cache.updateNode(cluster.world.decodeNode(inZone("b1", "za")));
    expect(names(cluster)).toEqual(["a1", "b1", "a2"]);
    cluster.world.cache.addNode(cluster.world.decodeNode(inZone("c1", "zc")));
    expect(names(cluster)).toEqual(["a1", "c1", "a2", "b1"]);
  });

  it("a node that goes and comes back between two cycles keeps its place", () => {
    const cluster = new SmallCluster(["n1", "n2", "n3"].map((name) => inZone(name)));
    const { cache } = cluster.world;
    expect(names(cluster)).toEqual(["n1", "n2", "n3"]);
    cache.removeNode("n1");
    cache.addNode(cluster.world.decodeNode(inZone("n1")));
    expect(names(cluster)).toEqual(["n1", "n2", "n3"]);
    cache.removeNode("n1");
    expect(names(cluster)).toEqual(["n2", "n3"]);
    cache.addNode(cluster.world.decodeNode(inZone("n1")));
    expect(names(cluster)).toEqual(["n2", "n3", "n1"]);
  });

  it("a zone that lost its last node re-enters at the end", () => {
    const cluster = new SmallCluster([inZone("a1", "za"), inZone("b1", "zb")]);
    cluster.world.cache.removeNode("a1");
    cluster.world.cache.addNode(cluster.world.decodeNode(inZone("a2", "za")));
    expect(names(cluster)).toEqual(["b1", "a2"]);
  });
});

describe("pods", () => {
  it("a removal puts the last pod into the gap", () => {
    const bound = ["p1", "p2", "p3", "p4"].map((name) => pod(name, {}, { nodeName: "n1" }));
    const { cache } = new SmallCluster([inZone("n1"), ...bound]).world;
    cache.removePod("default/p1");
    const row = cache.findRow("n1")!;
    expect(cache.podsOn(row).map((each) => each.name)).toEqual(["p4", "p2", "p3"]);
  });

  it("an assumed pod counts at once, is confirmed by the watch, and can be forgotten", () => {
    const cluster = new SmallCluster([inZone("n1")]);
    const { cache } = cluster.world;
    const row = cache.findRow("n1")!;
    const info = cluster.podInfo(pod("p", { cpu: "1" }));
    cache.assume(info, "n1");
    expect(cache.isAssumed(info.uid)).toBe(true);
    expect(cache.resources.requestedMilliCpu(row)).toBe(1000);
    expect(() => cache.assume(info, "n1")).toThrow(
      "pod default/p(default/p) is in the cache, so can't be assumed",
    );
    cache.addPod({ ...info, nodeName: "n1" });
    expect(cache.isAssumed(info.uid)).toBe(false);
    expect(cache.resources.podCount(row)).toBe(1);
    expect(() => cache.forget(info.uid)).toThrow("is bound");
    cache.removePod(info.uid);
    cache.assume(info, "n1");
    cache.forget(info.uid);
    expect(cache.resources.podCount(row)).toBe(0);
  });

  it("never denies a pod of lower priority, and denies all of an empty node", () => {
    const cluster = new SmallCluster([inZone("n1"), inZone("n2")]);
    const { cache } = cluster.world;
    const rows = ["n1", "n2"].map((name) => cache.findRow(name)!);
    for (const row of rows) expect(cache.mayHavePodsBelow(row, 1_000_000_000)).toBe(false);
    let state = 7;
    const draw = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    const here = new Map<string, PodInfo>();
    for (let step = 0; step < 400; step++) {
      const name = `p${draw(12)}`;
      const known = here.get(name);
      if (known !== undefined && draw(2) === 0) {
        cache.removePod(known.uid);
        here.delete(name);
      } else if (known === undefined) {
        const nodeName = `n${1 + draw(2)}`;
        const info = { ...cluster.podInfo(pod(name)), priority: draw(7) - 3, nodeName };
        cache.addPod(info);
        here.set(name, info);
      }
      for (const row of rows) {
        const priorities = cache.podsOn(row).map(({ priority }) => priority);
        for (let asked = -4; asked <= 5; asked++) {
          const isThere = priorities.some((priority) => priority < asked);
          if (isThere) expect(cache.mayHavePodsBelow(row, asked)).toBe(true);
          if (priorities.length === 0) expect(cache.mayHavePodsBelow(row, asked)).toBe(false);
        }
      }
    }
  });

  it("assuming drops the pod's nomination", () => {
    const cluster = new SmallCluster([inZone("n1")]);
    const { cache } = cluster.world;
    const info = cluster.podInfo(pod("p", {}, { status: { nominatedNodeName: "n1" } }));
    cache.nominator.add(info);
    expect(cache.nominator.podsForNode("n1")).toHaveLength(1);
    cache.assume(info, "n1");
    expect(cache.nominator.podsForNode("n1")).toHaveLength(0);
  });

  it("pods of a node that is gone stay counted but the node is not listed", () => {
    const cluster = new SmallCluster([inZone("n1"), pod("p", { cpu: "1" }, { nodeName: "n1" })]);
    const { cache } = cluster.world;
    cache.removeNode("n1");
    expect(names(cluster)).toEqual([]);
    expect(cache.podCount).toBe(1);
    cache.addNode(cluster.world.decodeNode(inZone("n1")));
    expect(cache.resources.requestedMilliCpu(cache.findRow("n1")!)).toBe(1000);
  });

  it("a pod may be seen before its node", () => {
    const cluster = new SmallCluster([]);
    const { cache } = cluster.world;
    cache.addPod({ ...cluster.podInfo(pod("p", { cpu: "1" })), nodeName: "late" });
    cache.addNode(cluster.world.decodeNode(inZone("late")));
    expect(cache.resources.requestedMilliCpu(cache.findRow("late")!)).toBe(1000);
  });
});

describe("images", () => {
  it("the number of nodes with an image is frozen until the node itself changes", () => {
    const image = { names: ["app:1"], sizeBytes: 1000 };
    const withImage = (name: string) => node(name, ROOM, { status: { images: [image] } });
    const cluster = new SmallCluster([withImage("n1")]);
    const { cache } = cluster.world;
    cache.refreshSnapshot();
    cache.addNode(cluster.world.decodeNode(withImage("n2")));
    cache.refreshSnapshot();
    const countOn = (name: string): number | undefined =>
      cache.imageOn(cache.findRow(name)!, "app:1")?.nodeCount;
    expect([countOn("n1"), countOn("n2")]).toEqual([1, 2]);
    cache.addPod({ ...cluster.podInfo(pod("p")), nodeName: "n1" });
    cache.refreshSnapshot();
    expect([countOn("n1"), countOn("n2")]).toEqual([2, 2]);
  });
});

describe("the scratch row", () => {
  it("is a copy: what happens on it leaves the node alone", () => {
    const port = { spec: { containers: [{ name: "c", image: "a", ports: [{ hostPort: 80 }] }] } };
    const cluster = new SmallCluster([inZone("n1"), pod("p", { cpu: "1" }, { nodeName: "n1" })]);
    const { cache } = cluster.world;
    const row = cache.findRow("n1")!;
    const guest = cluster.podInfo(pod("guest", {}, port));
    const scratch = cache.copyToScratch(row);
    cache.addToScratch(guest);
    expect(cache.resources.podCount(scratch)).toBe(2);
    expect(cache.resources.podCount(row)).toBe(1);
    expect(cache.hasPortConflict(scratch, guest.template.hostPorts)).toBe(true);
    expect(cache.hasPortConflict(row, guest.template.hostPorts)).toBe(false);
    cache.removeFromScratch(guest);
    expect(cache.resources.podCount(scratch)).toBe(1);
    expect(cache.nodeName(scratch)).toBe("n1");
  });
});

describe("sums", () => {
  it("equal a recount after any sequence of adds, moves and removals", () => {
    const seed = 20240607;
    let state = seed;
    const draw = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 9) % limit;
    };
    const nodeNames = ["n0", "n1", "n2", "n3"];
    const cluster = new SmallCluster(nodeNames.map((name) => inZone(name, `z${draw(2)}`)));
    const { cache } = cluster.world;
    const models = [
      pod("m", { cpu: "100m", memory: "1Mi" }),
      pod("m", { "example.com/gpu": "2" }),
      pod("m", { cpu: "0.5", "ephemeral-storage": "1Gi" }),
    ].map((source) => cluster.podInfo(source));
    const truth = new Map<number, PodInfo>();
    for (let step = 0; step < 3000; step++) {
      const uid = draw(60);
      const known = truth.get(uid);
      if (known !== undefined && draw(2) === 0) {
        cache.removePod(uid);
        truth.delete(uid);
      } else {
        const nodeName = nodeNames[draw(nodeNames.length)]!;
        const changed = { ...models[draw(3)]!, uid, name: `p${uid}`, nodeName };
        cache.addPod(changed);
        truth.set(uid, changed);
      }
      const checked = nodeNames[draw(4)]!;
      const row = cache.findRow(checked)!;
      const pods = [...truth.values()].filter((each) => each.nodeName === checked);
      const sum = (of: (each: PodInfo) => number): number =>
        pods.reduce((total, each) => total + of(each), 0);
      const message = `seed ${seed}, step ${step}`;
      const { resources } = cache;
      expect(resources.podCount(row), message).toBe(pods.length);
      expect(cache.podsOn(row).length, message).toBe(pods.length);
      expect(resources.requestedMilliCpu(row), message).toBe(
        sum((each) => each.template.nodeRequests.milliCpu),
      );
      expect(resources.nonZeroMemoryBytes(row), message).toBe(
        sum((each) => each.template.nonZeroRequests.memoryBytes),
      );
      expect(resources.requestedScalar(row, "example.com/gpu"), message).toBe(
        sum((each) => each.template.nodeRequests.scalars.get("example.com/gpu") ?? 0),
      );
    }
  });
});
