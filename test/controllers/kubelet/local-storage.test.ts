// Limits of what a pod may fill of its node's disk: the eviction manager's next round sees them.
import { describe, expect, it } from "vitest";
import { ConditionStatus, PodConditionType } from "../../../src/cluster/index.ts";
import { oneNode, podOf } from "./one-node.ts";

const limits = { resources: { limits: { "ephemeral-storage": "1Gi" } } };
const cache = { name: "cache", emptyDir: { sizeLimit: "500Mi" } };

function shownAfter(spec: Parameters<typeof podOf>[1], seconds: number) {
  const node = oneNode({ binds: false });
  const capacity = { cpu: "4", memory: "1Gi", "ephemeral-storage": "100Gi", pods: "20" };
  node.apply({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "small" },
    status: { capacity },
  });
  node.apply(podOf("web", { ...spec, more: { nodeName: "small", ...spec?.more } }));
  node.runUntil(seconds);
  const { pods } = node.api;
  const pod = pods.find("default", "web");
  return { node, pods, pod, reason: pods.reason(pod), message: pods.message(pod) };
}

describe("a pod that fills more of the disk than it may", () => {
  it.each([
    [
      "an emptyDir beyond its size limit",
      { "podsim.dev/usage": "dir.cache=100Mi+10Mi/s" }, // 500 Mi after 40 s
      { main: ["app"], more: { volumes: [cache] } },
      'Usage of EmptyDir volume "cache" exceeds the limit "500Mi". ',
    ],
    [
      "a container beyond its own limit",
      { "podsim.dev/usage.app": "disk=100Mi+25Mi/s", "podsim.dev/usage.log": "disk=1Mi" },
      {
        main: [
          { name: "app", ...limits },
          { name: "log", resources: { limits: { "ephemeral-storage": "4Gi" } } },
        ],
      },
      'Container app exceeded its local ephemeral storage limit "1Gi". ',
    ],
    [
      "volumes and containers together beyond the sum of the limits",
      { "podsim.dev/usage": "disk=100Mi dir.cache=10Mi+25Mi/s" },
      { main: [{ name: "app", ...limits }], more: { volumes: [{ name: "cache", emptyDir: {} }] } },
      "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ",
    ],
  ])(
    "%s is evicted in the next round, without a DisruptionTarget",
    (_, annotations, spec, message) => {
      const { node, pods, pod, ...after } = shownAfter({ ...spec, annotations }, 70);
      expect(after).toEqual({ reason: "Evicted", message });
      expect(pods.condition(pod, PodConditionType.DisruptionTarget)).toBe(ConditionStatus.Absent);
      const exit = node.processes.find((line) => line.includes("exit"))!;
      const at = Number.parseFloat(exit);
      expect(at).toBeGreaterThan(36); // when the limit is passed ...
      expect(at).toBeLessThan(54); // ... a round, and the second of grace
      expect(node.events).toContain(`Evicted: ${message}`);
    },
  );

  it.each([
    ["keeps within its limits", {}, "disk=900Mi dir.cache=100Mi"],
    ["is critical", { priorityClassName: "system-node-critical" }, "disk=2Gi"],
  ])("and one that %s stays", (_, priority, usage) => {
    const more = { volumes: [cache], ...priority };
    const annotations = { "podsim.dev/usage": usage };
    const { reason, node } = shownAfter(
      { main: [{ name: "app", ...limits }], annotations, more },
      70,
    );
    expect(reason).toBe("");
    expect(node.processes).toHaveLength(1);
  });
});
