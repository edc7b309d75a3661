// Nodes that differ in their name alone are decoded once, and read as if each had been decoded.

import { describe, expect, it } from "vitest";
import { documentOfValue } from "../../../src/base/index.ts";
import {
  ManifestReader,
  type ManifestSet,
  PodTemplateRegistry,
} from "../../../src/cluster/index.ts";

interface NodeSketch {
  readonly name: string;
  readonly cpu?: string;
  readonly hostname?: string;
  readonly unknown?: boolean;
}

function manifestOf({ name, cpu = "8", hostname = name, unknown = false }: NodeSketch): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": hostname, zone: "a" } },
    spec: { taints: [{ key: "k", effect: "NoSchedule" }], ...(unknown ? { colour: "red" } : {}) },
    status: { allocatable: { cpu, memory: "16Gi", pods: "110" } },
  };
}

function read(nodes: readonly NodeSketch[], way: "add" | "addNode"): ManifestSet {
  const reader = new ManifestReader({ registry: new PodTemplateRegistry() });
  for (const node of nodes) reader[way](documentOfValue(manifestOf(node), "pool"));
  return reader.finish();
}

/** Without the documents, which hold functions. */
function comparable({ objects, ...rest }: ManifestSet): object {
  return { ...rest, objects: objects.map(({ object, file, path }) => ({ object, file, path })) };
}

describe("nodes of one shape", () => {
  it.each<[string, readonly NodeSketch[]]>([
    ["nodes that are alike", [{ name: "a" }, { name: "b" }, { name: "c" }]],
    [
      "nodes of two sizes",
      [{ name: "a" }, { name: "b", cpu: "9" }, { name: "c" }, { name: "d", cpu: "9" }],
    ],
    [
      "a size that looks like a name",
      [
        { name: "8", cpu: "8" },
        { name: "9", cpu: "9" },
        { name: "7", cpu: "8" },
      ],
    ],
    [
      "a hostname of its own",
      [{ name: "a" }, { name: "b", hostname: "x" }, { name: "c", hostname: "x" }],
    ],
    ["a name that is refused", [{ name: "a" }, { name: "B_" }, { name: "B_" }]],
    [
      "a field that is reported for each",
      [
        { name: "a", unknown: true },
        { name: "b", unknown: true },
      ],
    ],
    [
      "a wrong quantity, refused for each",
      [
        { name: "a", cpu: "-1" },
        { name: "b", cpu: "-1" },
      ],
    ],
    ["a node given again", [{ name: "a" }, { name: "b" }, { name: "a" }]],
  ])("are read as if each were decoded: %s", (_, nodes) => {
    const whole = read(nodes, "add");
    const shared = read(nodes, "addNode");
    expect(comparable(shared)).toEqual(comparable(whole));
    const order = (set: ManifestSet): unknown =>
      set.objects.map(({ object }) => [...object.meta.labels]);
    expect(order(shared)).toEqual(order(whole));
  });

  it("share what does not depend on the name", () => {
    const [a, b] = read([{ name: "a" }, { name: "b" }], "addNode").objects.map(
      ({ object }) => object,
    );
    if (a?.kind !== "Node" || b?.kind !== "Node") throw new Error("two nodes were expected");
    expect(b.allocatable).toBe(a.allocatable);
    expect(b.meta.name).toBe("b");
  });
});
