// Images: sharing, failures and their back-off, layers, bandwidth (spec/kubelet.md section 4).
import { describe, expect, it } from "vitest";
import { formatPodStatus } from "../../../src/cluster/index.ts";
import type { ImagePullModel } from "../../../src/controllers/kubelet/image-pull.ts";
import { kubeletOptions, type OneNode, oneNode, podOf } from "./one-node.ts";

const MB = 1_000_000;

function imageNode(model: Partial<ImagePullModel>, nodes = 1): OneNode {
  return oneNode({ nodes, options: kubeletOptions({ enabled: true, ...model }) });
}

const image = (bytes: number, layers: readonly [string, number][] = []) => ({
  bytes,
  layers: layers.map(([digest, size]) => ({ digest, bytes: size })),
  isMissing: false,
});

const podWith = (name: string, ...images: string[]) =>
  podOf(name, { main: images.map((reference, i) => ({ name: `${name}${i}`, image: reference })) });

const startsOf = (node: OneNode): string[] =>
  node.processes.filter((line) => line.includes("start"));

describe("an image that cannot be pulled", () => {
  it("is tried again after 10, 20, 40 ... 300 s, at the worker's next look each time", () => {
    const node = imageNode({ registry: new Map([["gone:1", { ...image(1), isMissing: true }]]) });
    const failures: number[] = [];
    node.api.events.listen(({ reason, atUs }) => {
      if (reason === "Failed") failures.push(atUs / 1e6);
    });
    node.apply(podWith("web", "gone:1"));
    node.runUntil(1100);
    const gaps = failures.slice(1).map((at, index) => at - failures[index]!);
    // measured: 16, 30, 41, 85, 169 s (kubelet.md section 4); each at most one look of 10 to 15 s late
    for (const [index, least] of [10, 20, 40, 80, 160, 300].entries()) {
      expect(gaps[index]).toBeGreaterThanOrEqual(least);
      expect(gaps[index]).toBeLessThan(least + 17);
    }
    const reasons = node.shown.slice(1).map((line) => line.split(" ")[1]);
    expect(reasons.slice(0, 4)).toEqual([
      "ContainerCreating",
      ...["ErrImagePull", "ImagePullBackOff", "ErrImagePull"],
    ]);
    expect(node.phases).toEqual(["0.0 Pending"]);
  });

  it("does not hold up the containers behind it, one that takes long does", () => {
    const registry = new Map([
      ["gone:1", { ...image(1), isMissing: true }],
      ["big:1", image(500 * MB)],
      ["tiny:1", image(1)],
    ]);
    const node = imageNode({ registry });
    node.apply(podWith("a", "gone:1", "tiny:1"));
    node.runUntil(5);
    node.apply(podWith("b", "big:1", "tiny:1"));
    node.runUntil(60);
    expect(startsOf(node)).toEqual(["1.3 start a1", "26.0 start b0", "26.1 start b1"]);
  });

  it("comes when the registry is back: what is there already runs meanwhile", () => {
    const node = imageNode({ registry: new Map([["img:v1", image(50 * MB)]]) });
    node.apply(podWith("early", "img:v1"));
    node.runUntil(10);
    node.machines.setRegistry(false);
    node.apply(podWith("again", "img:v1"), podWith("late", "other:1"));
    node.runUntil(25);
    expect(startsOf(node)).toHaveLength(2);
    expect(formatPodStatus(node.api.pods, node.api.pods.find("default", "late"))).toBe(
      "ErrImagePull",
    );
    node.machines.setRegistry(true);
    node.runUntil(80);
    expect(startsOf(node)).toHaveLength(3);
  });

  it("and may not be pulled is waited for until another pod has brought it", () => {
    const node = imageNode({});
    node.apply(
      podOf("never", { main: [{ name: "never", image: "img:v1", imagePullPolicy: "Never" }] }),
    );
    node.runUntil(30);
    expect(formatPodStatus(node.api.pods, node.api.pods.find("default", "never"))).toBe(
      "ErrImageNeverPull",
    );
    node.apply(podWith("other", "img:v1"));
    node.runUntil(60);
    expect(startsOf(node)).toHaveLength(2);
  });
});

describe("pulls", () => {
  const registry = new Map([
    ["a:1", image(100 * MB)],
    ["b:1", image(100 * MB)],
  ]);
  // sandbox 0.5, manifest 0.3, transfer 2, unpack 2, creation 0.15
  it("of one node wait for each other, or share its bandwidth when they may run side by side", () => {
    const both = [podWith("a", "a:1"), podWith("b", "b:1")];
    const serial = imageNode({ registry });
    serial.apply(...both);
    serial.runUntil(30);
    expect(startsOf(serial)).toEqual(["5.0 start a0", "9.3 start b0"]);
    const parallel = imageNode({ registry, serialize: false });
    parallel.apply(...both);
    parallel.runUntil(30);
    expect(startsOf(parallel)).toEqual(["7.0 start a0", "7.0 start b0"]);
    const bounded = imageNode({ registry, serialize: false, maxParallelPulls: 1 });
    bounded.apply(...both);
    bounded.runUntil(30);
    expect(startsOf(bounded)).toEqual(["5.0 start a0", "9.3 start b0"]);
  });

  it("of all nodes share what the registry can give", () => {
    const node = imageNode({ registry, registryBytesPerSecond: 50 * MB }, 4);
    node.apply(...["a", "b", "c", "d"].map((name) => podWith(name, "a:1")));
    node.runUntil(60);
    // four nodes at 12.5 MB/s each
    expect(startsOf(node).map((line) => line.slice(0, 4))).toEqual([
      "11.0",
      "11.0",
      "11.0",
      "11.0",
    ]);
  });

  it("fetch only the layers that no image on the node has", () => {
    const layers = new Map([
      [
        "a:1",
        image(100 * MB, [
          ["base", 90 * MB],
          ["a", 10 * MB],
        ]),
      ],
      [
        "b:1",
        image(100 * MB, [
          ["base", 90 * MB],
          ["b", 10 * MB],
        ]),
      ],
    ]);
    const node = imageNode({ registry: layers });
    node.apply(podWith("a", "a:1"));
    node.runUntil(20);
    node.apply(podWith("b", "b:1"));
    node.runUntil(40);
    expect(startsOf(node)).toEqual(["5.0 start a0", "21.4 start b0"]);
  });
});
