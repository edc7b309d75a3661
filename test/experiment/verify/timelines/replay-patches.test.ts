// What recorded patches make of objects, which flags are understood, and what is named as unknown.
import { describe, expect, it } from "vitest";
import { LATENCIES_KUBERNETES_1_36 } from "../../../../src/cluster/index.ts";
import { KUBERNETES_CONTROLLER_OPTIONS } from "../../../../src/controllers/index.ts";
import {
  latenciesOf,
  optionsOf,
  unsupportedFlags,
} from "../../../../src/experiment/verify/timelines/replay-flags.ts";
import {
  patched,
  patchedNode,
  patchedTemplate,
  UnknownChange,
} from "../../../../src/experiment/verify/timelines/replay-patches.ts";
import { readTimeline } from "../../../../src/experiment/verify/timelines/timeline-file.ts";
import { createRig, type Json, podTemplate } from "../../../controllers/rig.ts";
import { deployment, smallText } from "./small-timelines.ts";

describe("a patch of an object", () => {
  const before = {
    spec: { replicas: 2, template: { spec: { containers: [{ name: "c", image: "a", x: 1 }] } } },
  };

  it.each<[string, unknown, Json]>([
    ["merges", { spec: { replicas: 3 } }, { ...before.spec, replicas: 3 }],
    ["takes away what is null", { spec: { replicas: null } }, { template: before.spec.template }],
    [
      "merges containers by name",
      { spec: { template: { spec: { containers: [{ name: "c", image: "b" }] } } } },
      {
        replicas: 2,
        template: { spec: { containers: [{ name: "c", image: "b", x: 1 }] } },
      },
    ],
    [
      "goes step by step if it is a list",
      [
        { op: "test", path: "/spec/replicas", value: 2 },
        { op: "replace", path: "/spec/replicas", value: 5 },
        { op: "add", path: "/spec/template/spec/containers/-", value: { name: "d" } },
        { op: "remove", path: "/spec/template/spec/containers/0" },
        { op: "add", path: "/spec/a~1b", value: 7 },
      ],
      { replicas: 5, template: { spec: { containers: [{ name: "d" }] } }, "a/b": 7 },
    ],
  ])("%s", (_, patch, spec) => {
    expect(patched(before, patch)["spec"]).toEqual(spec);
  });

  it("of a kind that is not known is named", () => {
    expect(() => patched(before, [{ op: "move", from: "/a", path: "/b" }])).toThrow(UnknownChange);
  });
});

describe("a patch of a node or a pod", () => {
  const rig = createRig({ nodes: 1 });
  const node = rig.api.nodes.facts(rig.nodes[0]!);

  it("changes labels, taints, cordon and conditions of a node", () => {
    const after = patchedNode(node, {
      metadata: { labels: { pool: "x", "topology.kubernetes.io/zone": null } },
      spec: { taints: [{ key: "k", effect: "NoExecute" }], unschedulable: true },
      status: { conditions: [{ type: "Ready", status: "False", reason: "Test" }] },
    });
    expect(Object.fromEntries(after.meta.labels)).toEqual({
      "kubernetes.io/hostname": "n1",
      pool: "x",
    });
    expect(after.taints).toEqual([{ key: "k", value: "", effect: "NoExecute" }]);
    expect(after.unschedulable).toBe(true);
    expect(after.conditions.find(({ type }) => type === "Ready")?.status).toBe("False");
    expect(() => patchedNode(node, { spec: { podCIDR: "10.0.0.0/24" } })).toThrow(UnknownChange);
  });

  it("changes labels, annotations, gates and images of a pod", () => {
    const { metadata, spec } = podTemplate("web") as { metadata: Json; spec: Json };
    const gates = { schedulingGates: [{ name: "a" }, { name: "b" }] };
    const decoded = rig.decode({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { ...metadata, name: "p" },
      spec: { ...spec, ...gates },
    });
    if (decoded.kind !== "Pod") throw new Error("no pod");
    const { template } = decoded;
    const labelled = patchedTemplate(
      template,
      {
        metadata: {
          labels: { app: null, tier: "x" },
          annotations: { "controller.kubernetes.io/pod-deletion-cost": "1" },
        },
      },
      rig.templates,
    );
    expect(Object.fromEntries(labelled.labels)).toEqual({ tier: "x" });
    expect(labelled.annotations.get("controller.kubernetes.io/pod-deletion-cost")).toBe("1");
    expect(labelled.schedulingGates).toEqual(["a", "b"]);
    const freed = patchedTemplate(
      template,
      [{ op: "remove", path: "/spec/schedulingGates" }],
      rig.templates,
    );
    expect(freed.schedulingGates).toEqual([]);
    const updated = patchedTemplate(
      template,
      { spec: { containers: [{ name: "c", image: "img:v2" }] } },
      rig.templates,
    );
    expect(updated.containers.map(({ image }) => image)).toEqual(["img:v2"]);
    expect(() => patchedTemplate(template, { spec: { hostNetwork: true } }, rig.templates)).toThrow(
      UnknownChange,
    );
  });
});

describe("the flags of a recording", () => {
  const file = (config: Json) =>
    readTimeline(
      smallText({
        nodeCount: 1,
        input: [{ t: 0, object: deployment("web", 1) }],
        actions: [{ op: "create", t: 0, until: 0.01, count: 1 }],
        events: [],
        summary: {},
        config,
      }),
      "flags.json",
    );

  it("set controllers, autoscalers, workers and clients", () => {
    const flagged = file({
      "kube-controller-manager": {
        "--node-monitor-grace-period": "1m30s",
        "--horizontal-pod-autoscaler-sync-period": "500ms",
        "--concurrent-job-syncs": "7",
        "--terminated-pod-gc-threshold": "3",
        "--kube-api-qps": "100",
      },
      "kube-scheduler": { "--kube-api-burst": "9" },
    });
    expect(unsupportedFlags(flagged)).toEqual([]);
    const options = optionsOf(flagged);
    expect(options.nodeLifecycle.nodeMonitorGracePeriodUs).toBe(90_000_000);
    expect(options.hpa.syncPeriodUs).toBe(500_000);
    expect(options.concurrentJobSyncs).toBe(7);
    expect(options.podGc.terminatedPodGcThreshold).toBe(3);
    expect(latenciesOf(flagged)).toEqual({
      ...LATENCIES_KUBERNETES_1_36,
      controllerClient: { qps: 100, burst: 30 },
      schedulerClient: { qps: 50, burst: 9 },
    });
  });

  it("are the defaults where there are none, and are named where they are not known", () => {
    expect(optionsOf(file({}))).toEqual(KUBERNETES_CONTROLLER_OPTIONS);
    const odd = file({ "kube-scheduler": { "--percentage": "5" } });
    expect(unsupportedFlags(odd)).toEqual(["flag kube-scheduler --percentage"]);
  });
});
