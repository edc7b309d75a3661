// DaemonSets against a kubelet that refuses their pods: a rolling update with surge waits with the pod it
// has, and the pods that failed go with growing delays.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../src/experiment/index.ts";
import { RANK } from "../../src/engine/index.ts";
import { createRig, type Json, podTemplate, type Rig } from "./rig.ts";

const SCENARIO = {
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "surge" },
  run: { horizon: "15m" },
  cluster: {
    nodePools: [
      {
        ...{ name: "n", count: 2 },
        allocatable: { cpu: "4", memory: "8Gi", "ephemeral-storage": "20Gi", pods: "20" },
      },
    ],
  },
  workload: {
    manifests: [
      {
        objects: [
          {
            apiVersion: "apps/v1",
            kind: "DaemonSet",
            metadata: { name: "agent" },
            spec: {
              updateStrategy: {
                type: "RollingUpdate",
                rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
              },
              selector: { matchLabels: { app: "agent" } },
              template: {
                metadata: { labels: { app: "agent" } },
                spec: { containers: [{ name: "main", image: "agent:1" }] },
              },
            },
          },
        ],
      },
    ],
    edits: [{ at: "2m", setImage: { object: "ds/agent", image: "agent:2" } }],
  },
  faults: [{ kind: "DiskFull", node: "n-0", at: "1m", duration: "3m", fillPercent: 95 }],
};

describe("a rolling update with surge", () => {
  const expectations = [
    { pods: "app=agent", at: "3m", image: "agent:1", onNode: "n-0", ready: 1 },
    { pods: "app=agent", at: "3m", phase: "Failed", count: "<=1" },
    { object: "ds/agent", status: { updatedNumberScheduled: 2, numberReady: 2 } },
  ];
  const result = runScenario({ ...SCENARIO, expect: expectations });

  it("keeps the old pod while its node refuses the new one, and goes on afterwards", () => {
    expect(result.expectations.filter(({ passed }) => !passed)).toEqual([]);
  });

  it("does not make one pod after the other while they are refused", () => {
    // Two old, two new, and the refused ones at growing delays of 1, 2, 4 ... s.
    expect(result.counts.podsCreated).toBeGreaterThan(4);
    expect(result.counts.podsCreated).toBeLessThan(20);
  });
});

function surgingRig(annotations: Json = {}): Rig {
  const rig = createRig({ nodes: 3, check: true });
  rig.apply({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent" },
    spec: {
      updateStrategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
      },
      selector: { matchLabels: { app: "agent" } },
      template: podTemplate("agent", annotations),
    },
  });
  rig.runUntil(10);
  return rig;
}

function stayingOn(rig: Rig, node: number): number {
  const { pods } = rig.api;
  return rig
    .podsOf("agent")
    .filter((pod) => pods.node(pod) === rig.nodes[node] && !pods.isDeleting(pod)).length;
}

describe("a DaemonSet that may surge", () => {
  it("has a new pod beside one that is still being stopped", () => {
    const rig = surgingRig({ "podsim.dev/stop": "20" });
    const [first] = rig.podsOf("agent");
    const node = rig.nodes.indexOf(rig.api.pods.node(first!));
    rig.deletePod(first!);
    rig.runFor(3);
    expect(rig.api.pods.isDeleting(first!)).toBe(true);
    expect(stayingOn(rig, node)).toBe(1);
  });

  it("updates no node that it is not to be on any more, and leaves it when enough others are up", () => {
    const rig = surgingRig();
    const node = rig.nodes[0]!;
    rig.api.request(
      rig.api.client("user 2", { limit: "unlimited", rank: RANK.workload }),
      "patch",
      (writer) =>
        writer.updateNode(node, rig.api.nodes.uid(node), (before) => ({
          ...before,
          taints: [{ key: "k", value: "v", effect: "NoSchedule" }],
        })),
    );
    rig.runFor(5);
    expect(stayingOn(rig, 0)).toBe(1); // a NoSchedule taint drives nobody away
    const stored = rig.api.objects.find("DaemonSet", "default", "agent")!;
    const created: string[] = [];
    rig.api.observe({
      onPod: ({ kind, pod }) => {
        if (kind === "Added") created.push(rig.api.pods.name(pod));
      },
    });
    rig.edit("DaemonSet", "agent", {
      template: rig.templates.derive(stored.object.template, { labels: { v: "2" } }),
    });
    rig.runFor(60);
    expect([0, 1, 2].map((k) => stayingOn(rig, k))).toEqual([0, 1, 1]);
    expect(created).toHaveLength(2);
  });
});

describe("a DaemonSet that may not surge", () => {
  it("keeps of several pods on a node the oldest, whatever its revision", () => {
    const rig = createRig({ nodes: 1 });
    const spec = (name: string, more: Json): Json => ({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name },
      spec: {
        selector: { matchLabels: { app: "agent" } },
        template: podTemplate("agent"),
        ...more,
      },
    });
    const bare = podTemplate("agent") as { metadata: Json; spec: Json };
    for (const name of ["a", "b"]) {
      rig.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { ...bare.metadata, name },
        spec: { ...bare.spec, nodeName: "n1" },
      });
      rig.runFor(3);
    }
    rig.apply(spec("agent", { updateStrategy: { type: "OnDelete" } }));
    rig.runFor(20);
    expect(rig.podNames()).toEqual(["a"]);
  });
});
