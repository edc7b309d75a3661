// Claims about what VolumeBinding keeps in mind between Reserve and the API's answer.

import { describe, expect, it } from "vitest";
import type { ObjectMeta } from "../../../../src/cluster/index.ts";
import { Code, CycleState, runFilters, runPreFilters } from "../../../../src/scheduler/index.ts";
import { AssumedObjects } from "../../../../src/scheduler/plugins/assumed-objects.ts";
import { VolumeBinding } from "../../../../src/scheduler/plugins/volume-binding.ts";
import { node, pod, SmallCluster } from "../../small-cluster.ts";
import { claim, onNodes, storageClass, using, volume } from "./storage-objects.ts";

describe("an assumption", () => {
  const thing = (name: string, phase: string) => ({
    meta: { name, namespace: "" } as unknown as ObjectMeta,
    phase,
  });

  it("holds for the object it was made on, and for no newer one", () => {
    const assumed = new AssumedObjects<ReturnType<typeof thing>>();
    const [base, better, newer] = [thing("v", "a"), thing("v", "b"), thing("v", "c")];
    expect(assumed.latest(base)).toBe(base);
    assumed.assume(base, better);
    expect(assumed.latest(base)).toBe(better);
    expect(assumed.latest(newer)).toBe(newer);
    expect(assumed.keys).toEqual([]);
  });

  it("is taken back by name", () => {
    const assumed = new AssumedObjects<ReturnType<typeof thing>>();
    const base = thing("v", "a");
    assumed.assume(base, thing("v", "b"));
    assumed.restore(base.meta);
    expect(assumed.latest(base)).toBe(base);
  });
});

describe("Reserve and Unreserve of volumes", () => {
  const local = { storageClassName: "local" };
  const spec = { spec: { storageClassName: "local" } };
  const cluster = new SmallCluster([
    node("n1", { cpu: "4" }),
    storageClass("local", { provisioner: "kubernetes.io/no-provisioner" }),
    storageClass("fast"),
    volume("v", { ...local, nodeAffinity: onNodes("n1") }),
    claim("c", spec),
    claim("d", spec),
    claim("f", { spec: { storageClassName: "fast" } }),
  ]);
  const { profile } = cluster;
  const plugin = profile.reservePlugins.find((each) => each instanceof VolumeBinding)!;

  /** The pod's cycle on n1 up to Filter: its state, and whether the node takes it. */
  function judge(name: string, ...claims: string[]): { state: CycleState; isFine: boolean } {
    const info = cluster.podInfo(pod(name, {}, { spec: using(...claims) }));
    const state = new CycleState();
    const nodes = cluster.world.cache.refreshSnapshot();
    runPreFilters(profile, state, info, nodes);
    const { code } = runFilters(profile, state, info, nodes[0]!);
    return { state, isFine: code === Code.Success };
  }

  it("hide a volume from the next pod until they are taken back, wholly", () => {
    const info = cluster.podInfo(pod("p"));
    const before = [plugin.assumedVolumes.keys, plugin.assumedClaims.keys];
    const first = judge("p", "c", "f");
    expect(first.isFine).toBe(true);
    expect(plugin.reserve(first.state, info, "n1").code).toBe(Code.Success);
    expect([plugin.assumedVolumes.keys, plugin.assumedClaims.keys]).toEqual([["v"], ["default/f"]]);
    expect(judge("q", "d").isFine).toBe(false);
    plugin.unreserve(first.state);
    expect([plugin.assumedVolumes.keys, plugin.assumedClaims.keys]).toEqual(before);
    expect(judge("q", "d").isFine).toBe(true);
  });

  it("fail when another pod was quicker, and give back what they had taken before", () => {
    const info = cluster.podInfo(pod("p"));
    const [first, second] = [judge("p", "c"), judge("q", "d")];
    plugin.reserve(first.state, info, "n1");
    const status = plugin.reserve(second.state, info, "n1");
    expect(status).toMatchObject({
      code: Code.Error,
      reasons: ['v1.PersistentVolume "v" is out of sync'],
    });
    plugin.unreserve(first.state);
    expect(plugin.assumedVolumes.keys).toEqual([]);
  });

  it("have nothing to do for a pod whose claims are all bound", () => {
    const { state } = judge("p");
    expect(plugin.preBindPreFlight(state).code).toBe(Code.Skip);
  });
});
