import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  builtInShapes,
  type NodeShape,
  nodeOfShape,
  readInterfaceLimits,
  readShapeCatalogue,
  type ShapeProvider,
} from "../../../src/experiment/index.ts";

const MIB = 1024 * 1024;

const shape = (cores: number, memoryMib: number, more: Partial<NodeShape> = {}): NodeShape => ({
  name: "x",
  cores,
  memoryMib,
  arch: "amd64",
  isShared: false,
  podsByAddresses: undefined,
  ...more,
});

const allocatable = (of: NodeShape, provider: ShapeProvider, maxPods?: number) => {
  const { milliCpu, memoryBytes, pods } = nodeOfShape(of, provider, maxPods).allocatable;
  return [milliCpu, memoryBytes / MIB, pods];
};

describe("EKS, as Karpenter computes it", () => {
  // Published values of Karpenter's list of instance types: cpu, memory in MiB, pods.
  it.each<[name: string, of: NodeShape, expected: number[]]>([
    ["a1.medium", shape(1, 2048, { arch: "arm64", podsByAddresses: 8 }), [940, 1392, 8]],
    ["m5.large", shape(2, 8192, { podsByAddresses: 29 }), [1930, 6903, 29]],
    ["m5.xlarge", shape(4, 16384, { podsByAddresses: 58 }), [3920, 14162, 58]],
    ["c5.large", shape(2, 4096, { podsByAddresses: 29 }), [1930, 3114, 29]],
    ["m5.4xlarge", shape(16, 65536, { podsByAddresses: 234 }), [15890, 57691, 234]],
    ["t3.medium", shape(2, 4096, { podsByAddresses: 17 }), [1930, 3246, 17]],
  ])("%s", (_, of, expected) => {
    expect(allocatable(of, "eks")).toEqual(expected);
  });
});

describe("other providers", () => {
  it.each<[cores: number, reserved: number]>([
    [1, 60],
    [2, 100],
    [4, 140],
    [8, 180],
    [16, 260],
    [32, 420],
    [64, 740],
  ])("AKS reserves of %i cores %i thousandths", (cores, reserved) => {
    expect(allocatable(shape(cores, 65536), "aks")[0]).toBe(cores * 1000 - reserved);
  });

  it("AKS reserves memory by pods, a quarter at most", () => {
    expect(allocatable(shape(2, 8192), "aks", 30)).toEqual([1900, 8192 - 650 - 100, 30]);
    expect(allocatable(shape(2, 4096), "aks", 110)[1]).toBe(4096 - 1024 - 100);
  });

  it("GKE reserves by brackets, after the kernel's share", () => {
    const node = nodeOfShape(shape(4, 16384), "gke");
    const kernel = 16384 / 64 + 16 + 64 + (16384 * 0.175) / 100;
    expect(Math.round(node.capacity.memoryBytes / MIB)).toBe(Math.round(16384 - kernel));
    const reserved = 0.25 * 4096 + 0.2 * 4096 + 0.1 * 8192;
    const bytes = node.capacity.memoryBytes - node.allocatable.memoryBytes;
    expect(bytes / MIB).toBeCloseTo(reserved + 100, 5);
    expect(node.allocatable.milliCpu).toBe(3920);
  });

  it("GKE leaves little of shared cores and of less than a GiB", () => {
    expect(allocatable(shape(2, 4096, { isShared: true }), "gke")[0]).toBe(940);
    const tiny = nodeOfShape(shape(1, 614), "gke");
    expect((tiny.capacity.memoryBytes - tiny.allocatable.memoryBytes) / MIB).toBe(255 + 100);
  });

  it("a plain kubelet reserves nothing but its eviction threshold", () => {
    expect(allocatable(shape(8, 32768), "bare")).toEqual([8000, 32768 - 100, 110]);
  });

  it("never leaves less than nothing", () => {
    expect(allocatable(shape(1, 128), "gke")).toEqual([940, 0, 110]);
  });

  it("each knows shapes of its own, a few dozen in all, each of which leaves something", () => {
    const all = (["eks", "gke", "aks", "bare"] as const).flatMap((provider) =>
      builtInShapes(provider).map((of) => ({ of, left: nodeOfShape(of, provider).allocatable })),
    );
    expect(all.length).toBeGreaterThan(60);
    expect(new Set(all.map(({ of }) => of.name)).size).toBe(all.length);
    for (const { of, left } of all) {
      expect(left.milliCpu, of.name).toBeGreaterThan(0);
      expect(left.memoryBytes, of.name).toBeGreaterThan(0);
    }
  });
});

describe("a catalogue", () => {
  const none = (): undefined => undefined;

  it.each<[what: string, text: string]>([
    [
      "of Karpenter's labels",
      "instance_type,karpenter.k8s.aws/instance-cpu,karpenter.k8s.aws/instance-memory,kubernetes.io/arch\nm,2,8192,arm64\n",
    ],
    ["of plain columns", "instance_type,vcpu,memory_mib,gpu,architecture\nm,2,8192,0,arm64\n"],
    ["with semicolons and GiB", "NAME;CPUS;MEMORY_GB;ARCH\nm;2;8.00;arm64\n"],
  ])("%s is read", (_, text) => {
    expect(readShapeCatalogue(text, none)).toEqual({
      shapes: [shape(2, 8192, { name: "m", arch: "arm64" })],
      problems: [],
    });
  });

  it("without the columns is refused, and a bad line is left out and named", () => {
    expect(readShapeCatalogue("a,b\n1,2\n", none)).toMatchObject({ shapes: [] });
    expect(readShapeCatalogue("a,b\n1,2\n", none).problems[0]).toContain("the list needs columns");
    const read = readShapeCatalogue("name,vcpu,memory_mib\nm,2,8192\nn,?,1\n", none);
    expect(read.shapes.length).toBe(1);
    expect(read.problems).toEqual(["line 3: a shape needs a name, cores and memory"]);
  });

  it("of interface limits gives the pods of each type", () => {
    const read = readInterfaceLimits(
      '{"instanceType":"m5.large","defaultMaxENIs":3,"ipv4AddressesPerInterface":10}\n\nnonsense\n{"instanceType":"x"}\n',
    );
    expect([...read.podsByType]).toEqual([["m5.large", 29]]);
    expect(read.problems).toEqual([
      "line 3: no limits of interfaces",
      "line 4: no limits of interfaces",
    ]);
  });

  const lists = new URL("../../../../shared/data/node-shapes/", import.meta.url);
  it.skipIf(!existsSync(lists))(
    "of every type that the clouds publish is read whole (skipped without ../shared)",
    () => {
      const text = (name: string): string => readFileSync(new URL(name, lists), "utf8");
      const limits = readInterfaceLimits(text("aws-eni-limits.jsonl"));
      expect(limits.problems).toEqual([]);
      const podsOf = (name: string): number | undefined => limits.podsByType.get(name);
      const counts: [string, number, ShapeProvider][] = [
        ["aws-karpenter-labels.csv", 1363, "eks"],
        ["aws-ec2-instance-types.csv", 1108, "eks"],
        ["azure-instance-types.csv", 1370, "aks"],
        ["gcp-machine-types.csv", 568, "gke"],
      ];
      for (const [file, count, provider] of counts) {
        const read = readShapeCatalogue(text(file), podsOf);
        expect(read.problems, file).toEqual([]);
        expect(read.shapes.length, file).toBe(count);
        for (const of of read.shapes) {
          const { milliCpu, memoryBytes } = nodeOfShape(of, provider).allocatable;
          expect(Number.isSafeInteger(milliCpu) && Number.isSafeInteger(memoryBytes)).toBe(true);
        }
      }
    },
  );
});
