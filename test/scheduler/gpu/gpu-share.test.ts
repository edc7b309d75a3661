// Claims about GPU sharing: what a pod asks for, which devices serve it, what a node has left.

import { describe, expect, it } from "vitest";
import {
  CycleState,
  filterNode,
  gpuRequestOf,
  type PodInfo,
  SCRATCH_ROW,
} from "../../../src/scheduler/index.ts";
import { GpuCluster, gpuNode, gpuPod } from "./gpu-cluster.ts";

const requestOf = (want: Parameters<typeof gpuPod>[1], annotations?: Record<string, string>) => {
  const source = gpuPod("p", want);
  const metadata = {
    name: "p",
    ...(annotations ? { annotations } : (source["metadata"] as object)),
  };
  return gpuRequestOf(new GpuCluster([]).podInfo({ ...source, metadata }).template);
};

describe("a GPU request", () => {
  it.each([
    [{}, { gpus: 0, milliTotal: 0, isShare: false, fault: "" }],
    [{ gpus: 4 }, { gpus: 4, milliEach: 1000, milliTotal: 4000, isShare: false }],
    [{ milli: 460 }, { gpus: 1, milliEach: 460, milliTotal: 460, isShare: true }],
    [{ milli: 1000 }, { gpus: 1, milliTotal: 1000, isShare: false }],
    [
      { milli: 250, count: 2 },
      { gpus: 2, milliEach: 250, milliTotal: 500, isShare: false },
    ],
    [{ count: 2 }, { gpus: 2, milliEach: 1000, milliTotal: 2000 }],
  ])("of %o is %o", (want, request) => {
    expect(requestOf(want)).toMatchObject(request);
  });

  it.each([
    ["alibabacloud.com/gpu-milli", "1001", {}],
    ["alibabacloud.com/gpu-milli", "0", {}],
    ["alibabacloud.com/gpu-milli", "half", {}],
    ["alibabacloud.com/gpu-count", "-1", {}],
    ["alibabacloud.com/gpu-milli", "500", { gpus: 1 }],
  ])("with %s = %s is at fault, and its pod fits nowhere for that reason", (key, value, want) => {
    expect(requestOf(want, { [key]: value }).fault).toContain(key);
    const source = { ...gpuPod("p", want), metadata: { name: "p", annotations: { [key]: value } } };
    const message = new GpuCluster([gpuNode("n", 8)]).place(source);
    expect(message).toContain("0/1 nodes are available: invalid GPU request: ");
  });

  it("has one kind for equal cpu and GPUs, whatever they are written as", () => {
    expect(requestOf({ gpus: 2 }).kind).toBe(requestOf({ milli: 1000, count: 2 }).kind);
    expect(requestOf({ gpus: 2 }).kind).not.toBe(requestOf({ gpus: 2, milliCpu: 7 }).kind);
  });
});

describe("GpuShare", () => {
  it("gives a share the tightest device, and whole GPUs the idle ones of lowest index", () => {
    const cluster = new GpuCluster([gpuNode("n", 4)]);
    expect(cluster.place(gpuPod("a", { milli: 500 }))).toBe("n: 0");
    expect(cluster.place(gpuPod("b", { milli: 600 }))).toBe("n: 1");
    expect(cluster.place(gpuPod("c", { milli: 400 }))).toBe("n: 1");
    expect(cluster.place(gpuPod("d", { gpus: 2 }))).toBe("n: 2,3");
    expect(cluster.left("n")).toEqual([500, 0, 0, 0]);
    expect(cluster.place(gpuPod("e", {}))).toBe("n: none");
  });

  it("refuses what no single device can serve, though the sum would do", () => {
    const cluster = new GpuCluster([gpuNode("n", 2), gpuNode("none", 0)]);
    cluster.place(gpuPod("a", { milli: 600 }));
    cluster.place(gpuPod("b", { milli: 600 }));
    expect(cluster.left("n")).toEqual([400, 400]);
    expect(cluster.place(gpuPod("c", { milli: 500 }))).toBe(
      "0/2 nodes are available: 1 Insufficient GPU on one device, 1 node(s) have too few GPUs.",
    );
    expect(cluster.place(gpuPod("d", { milli: 200, count: 4 }))).toBe("n: 0,0,1,1");
  });

  it("counts whole GPUs of the resource on the same devices as shares", () => {
    const cluster = new GpuCluster([gpuNode("n", 2)]);
    cluster.place(gpuPod("a", { milli: 10 }));
    expect(cluster.place(gpuPod("b", { gpus: 2 }))).toContain("1 Insufficient GPU on one device");
    expect(cluster.place(gpuPod("c", { gpus: 1 }))).toBe("n: 1");
  });

  it("takes devices back when a pod leaves or its binding fails", () => {
    const cluster = new GpuCluster([gpuNode("n", 1)]);
    const pod = gpuPod("a", { milli: 700 });
    cluster.place(pod);
    const { uid } = cluster.podInfo(pod);
    cluster.cache.forget(uid);
    expect(cluster.left("n")).toEqual([1000]);
    cluster.place(gpuPod("b", { milli: 800 }));
    const other = cluster.cache.podsOn(cluster.row("n"))[0]!;
    for (const plugin of cluster.profile.reservePlugins) {
      plugin.unreserve(new CycleState(), other, "n");
    }
    cluster.cache.forget(other.uid);
    expect(cluster.left("n")).toEqual([1000]);
  });

  it("gives pods that somebody else bound the tightest devices, in their order", () => {
    const bound = [
      gpuPod("a", { milli: 500, node: "n" }),
      gpuPod("b", { milli: 700, node: "n" }),
      gpuPod("c", { milli: 500, node: "n" }),
    ];
    const cluster = new GpuCluster([gpuNode("n", 2), ...bound]);
    expect(cluster.left("n")).toEqual([0, 300]);
  });

  it("lives with a node that others filled past its GPUs", () => {
    const bound = ["a", "b", "c"].map((name) => gpuPod(name, { milli: 700, node: "n" }));
    const cluster = new GpuCluster([gpuNode("n", 2), ...bound]);
    expect(cluster.left("n")).toEqual([300, -400]);
    expect(cluster.place(gpuPod("d", { milli: 300 }))).toBe("n: 0");
  });

  it("keeps devices of pods that stay when another one leaves", () => {
    const cluster = new GpuCluster([gpuNode("n", 2)]);
    const first = gpuPod("a", { milli: 600 });
    cluster.place(first);
    cluster.place(gpuPod("b", { milli: 600 }));
    cluster.cache.forget(cluster.podInfo(first).uid);
    expect(cluster.left("n")).toEqual([1000, 400]);
  });

  it("judges hypothetical nodes by the devices that the pods really hold", () => {
    const cluster = new GpuCluster([gpuNode("n", 1)]);
    cluster.place(gpuPod("a", { milli: 600 }));
    const row = cluster.row("n");
    const [held] = cluster.cache.podsOn(row) as [PodInfo];
    const wanted = cluster.podInfo(gpuPod("b", { milli: 500 }));
    const codeOn = (at: typeof row): number =>
      filterNode(cluster.profile, cluster.cache, new CycleState(), wanted, at).code;
    expect(codeOn(row)).not.toBe(0);
    cluster.cache.copyToScratch(row);
    expect(codeOn(SCRATCH_ROW)).not.toBe(0);
    cluster.cache.removeFromScratch(held);
    expect(codeOn(SCRATCH_ROW)).toBe(0);
    expect(codeOn(row)).not.toBe(0);
  });

  it("follows the number of devices of its node", () => {
    const cluster = new GpuCluster([gpuNode("n", 1)]);
    cluster.place(gpuPod("a", { milli: 600 }));
    const node = cluster.cache.node(cluster.row("n"));
    const scalars = new Map(node.allocatable.scalars).set("nvidia.com/gpu", 3);
    cluster.cache.updateNode({ ...node, allocatable: { ...node.allocatable, scalars } });
    expect(cluster.left("n")).toEqual([400, 1000, 1000]);
  });
});
