// Corners that random comparison with kube-scheduler 1.36.3 brought up, each reduced to its rule.

import { describe, expect, it } from "vitest";
import { configuration, node, pod, SmallCluster, withArgs } from "./small-cluster.ts";

type Json = Record<string, unknown>;

const MANY = { cpu: "4", memory: "8Gi" };

function csiNode(name: string, driver: string, count: number): Json {
  const drivers = [{ name: driver, nodeID: name, topologyKeys: [], allocatable: { count } }];
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: { name },
    spec: { drivers },
  };
}

function switchedOff(point: string, plugin: string): Json {
  return configuration({ plugins: { [point]: { disabled: [{ name: plugin }] } } });
}

describe("resources that a pod as a whole reports in its status", () => {
  const reported = (status: Json, resources: Json): Json =>
    pod("b", {}, { nodeName: "n", spec: { resources }, status: { resources: {}, ...status } });

  it.each([
    [
      "count nothing when the spec does not name them",
      { requests: { cpu: "1" } },
      { allocatedResources: { memory: "7Gi" } },
      { memory: "8Gi" },
    ],
    [
      "raise what the spec names",
      { requests: { cpu: "1" } },
      { allocatedResources: { cpu: "3" } },
      { cpu: "1" },
    ],
  ])("%s", (_, resources, status, fitting) => {
    const cluster = new SmallCluster([node("n", MANY), reported(status, resources)]);
    expect(cluster.choose(pod("p", fitting))).toBe("n");
    const double = Object.fromEntries(Object.keys(fitting).map((name) => [name, "8Gi"]));
    expect(cluster.choose(pod("p", { ...double, cpu: "4" }))).toBe(undefined);
  });

  it("leave nothing of the spec while a resize is infeasible", () => {
    const conditions = [{ type: "PodResizePending", status: "True", reason: "Infeasible" }];
    const bound = reported({ conditions }, { requests: { cpu: "4" } });
    expect(new SmallCluster([node("n", MANY), bound]).choose(pod("p", { cpu: "4" }))).toBe("n");
  });
});

describe("huge pages of containers in a pod with requests of its own", () => {
  it("give the pod limits, and so requests for all that its containers ask for", () => {
    const limits = { "hugepages-2Mi": "2Mi" };
    const containers = [
      { name: "c", image: "app:1", resources: { requests: { cpu: "1", ...limits }, limits } },
    ];
    const status = { containerStatuses: [{ name: "c", resources: { requests: { cpu: "4" } } }] };
    const spec = { containers, resources: { requests: { memory: "1Gi" } } };
    const objects = [node("n", MANY), pod("b", {}, { nodeName: "n", spec, status })];
    // The pod's own cpu request (1) counts, not what its container reports (4).
    expect(new SmallCluster(objects).choose(pod("p", { cpu: "3" }))).toBe("n");
    expect(new SmallCluster(objects).choose(pod("p", { cpu: "3001m" }))).toBe(undefined);
  });
});

describe("a profile that leaves a plugin's first step out", () => {
  it.each([
    ["NodePorts", 'reading "PreFilterNodePorts" from cycleState: not found'],
    ["NodeResourcesFit", 'error reading "PreFilterNodeResourcesFit" from cycleState: not found'],
    ["VolumeRestrictions", 'cannot read "PreFilterVolumeRestrictions" from cycleState'],
    ["VolumeBinding", "not found"],
    ["PodTopologySpread", 'reading "PreFilterPodTopologySpread" from cycleState: not found'],
    ["InterPodAffinity", 'error reading "PreFilterInterPodAffinity" from cycleState: not found'],
  ])("ends the cycle with an error: Filter of %s", (plugin, text) => {
    const config = switchedOff("preFilter", plugin);
    const decision = new SmallCluster([node("n", MANY)], { config }).decide(pod("p"));
    expect(decision.outcome).toBe("error");
    expect(decision.message).toContain(`running "${plugin}" filter plugin: ${text}`);
  });

  it.each(["TaintToleration", "PodTopologySpread", "InterPodAffinity"])(
    "ends the cycle with an error: Score of %s",
    (plugin) => {
      const config = switchedOff("preScore", plugin);
      const cluster = new SmallCluster([node("a", MANY), node("b", MANY)], { config });
      expect(cluster.decide(pod("p")).outcome).toBe("error");
    },
  );

  it.each(["NodeAffinity", "VolumeZone"])("is made up for by %s on the spot", (plugin) => {
    const config = switchedOff("preFilter", plugin);
    const wanting = pod("p", {}, { spec: { nodeSelector: { disk: "ssd" } } });
    const objects = [node("a", MANY), node("b", MANY, { labels: { disk: "ssd" } })];
    expect(new SmallCluster(objects, { config }).choose(wanting)).toBe("b");
  });

  it("scores 0 for a pod without requests where the balance is not prepared", () => {
    const config = switchedOff("preScore", "NodeResourcesBalancedAllocation");
    const cluster = new SmallCluster([node("n", MANY)], { config });
    const plugin = "NodeResourcesBalancedAllocation";
    expect(cluster.scoresOf(pod("p"), plugin, "raw")).toEqual({ n: 0 });
  });
});

describe("an inline Azure disk", () => {
  const withDisk = (kind?: string): Json =>
    pod(
      "p",
      {},
      { spec: { volumes: [{ name: "v", azureDisk: { diskName: "d", diskURI: "u", kind } }] } },
    );
  const objects = [node("n", MANY), csiNode("n", "disk.csi.azure.com", 0)];

  it.each(["Shared", "Dedicated", undefined])("of kind %s has no CSI form: an error", (kind) => {
    const { outcome, message } = new SmallCluster(objects).decide(withDisk(kind));
    expect(outcome).toBe("error");
    expect(message).toContain(
      `converting volume(v) from inline to csi: kind(${kind ?? "Shared"}) is not supported`,
    );
  });

  it("that is managed counts against the driver's limit", () => {
    const { message } = new SmallCluster(objects).decide(withDisk("Managed"));
    expect(message).toContain("1 node(s) exceed max volume count");
  });
});

describe("messages", () => {
  it("list who refused the nominated node among those that narrowed the search", () => {
    const matchFields = [{ key: "metadata.name", operator: "In", values: ["gone"] }];
    const required = { nodeSelectorTerms: [{ matchFields }] };
    const narrowed = pod(
      "p",
      {},
      {
        spec: {
          affinity: {
            nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required },
          },
        },
        status: { nominatedNodeName: "a" },
      },
    );
    const tainted = { taints: [{ key: "k", effect: "NoSchedule" }] };
    const cluster = new SmallCluster([node("a", MANY, { spec: tainted }), node("b", MANY)]);
    expect(cluster.decide(narrowed).message).toContain(
      "1 node(s) didn't satisfy plugin(s) [NodeAffinity TaintToleration]",
    );
  });
});

describe("amounts beyond 64 bits", () => {
  it("wrap to a negative request, which makes the score leave its range", () => {
    const cluster = new SmallCluster([node("a", MANY), node("b", MANY)], {
      config: withArgs("NodeResourcesFit", {}),
      pending: [pod("p", { cpu: "9223372036854775807" })],
    });
    const decision = cluster.decide(pod("p", { cpu: "9223372036854775807" }));
    expect(decision.message).toContain('plugin "NodeResourcesFit" returns an invalid score 1');
  });
});
