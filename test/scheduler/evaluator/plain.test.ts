// One cycle of the plain evaluator: sampling, rotation, nominations, errors and messages.

import { describe, expect, it } from "vitest";
import { feasibleNodesToFind } from "../../../src/scheduler/evaluator/sampling.ts";
import { configuration, node, pod, SmallCluster, withArgs } from "../small-cluster.ts";

describe("how many feasible nodes are enough", () => {
  it.each([
    [99, 0, 99],
    [100, 0, 100],
    [300, 0, 144],
    [1000, 0, 420],
    [5000, 0, 500],
    [6000, 0, 300],
    [800, 20, 160],
    [800, 100, 800],
    [200, 1, 100],
  ])("%i nodes at %i percent: %i", (nodes, percentage, wanted) => {
    expect(feasibleNodesToFind(nodes, percentage)).toBe(wanted);
  });
});

describe("the search over nodes", () => {
  it("starts where the last one ended: 300 equal nodes, five attempts, nothing assumed", () => {
    const names = Array.from({ length: 300 }, (_, at) => `n${String(at).padStart(3, "0")}`);
    const cluster = new SmallCluster(names.map((name) => node(name, { cpu: "4", memory: "8Gi" })));
    const chosen = [1, 2, 3, 4, 5].map((at) => cluster.choose(pod(`p${at}`, { cpu: "1" })));
    expect(chosen).toEqual(["n000", "n144", "n288", "n132", "n276"]);
  });

  it("counts unfit nodes it passes but not the feasible node that ends it", () => {
    const names = Array.from({ length: 220 }, (_, at) => `n${String(at).padStart(3, "0")}`);
    const cluster = new SmallCluster(
      names.map((name, at) => node(name, { cpu: at % 2 === 0 ? "4" : "1m", memory: "8Gi" })),
    );
    const decision = cluster.decide(pod("p", { cpu: "1" }));
    // 49 percent of 220 is 107: so many feasible nodes, and the unfit one after each of them.
    expect(decision.feasible).toHaveLength(107);
    expect(decision.evaluatedCount).toBe(214);
    expect(decision.nextStart).toBe(214);
  });

  it("stops at the first fitting node when no plugin scores", () => {
    const config = configuration({ plugins: { score: { disabled: [{ name: "*" }] } } });
    const nodes = ["n1", "n2", "n3"].map((name) => node(name, { cpu: "4", memory: "8Gi" }));
    const decision = new SmallCluster(nodes, { config }).decide(pod("p"));
    expect(decision.feasible).toHaveLength(1);
    expect(decision.evaluatedCount).toBe(1);
  });

  it("looks at the nominated node first and leaves the rotation alone", () => {
    const nodes = ["n1", "n2", "n3"].map((name) => node(name, { cpu: "4", memory: "8Gi" }));
    const cluster = new SmallCluster(nodes);
    const decision = cluster.decide(pod("p", {}, { status: { nominatedNodeName: "n2" } }));
    expect(decision.viaNominated).toBe(true);
    expect(cluster.world.cache.nodeName(decision.feasible[0]!)).toBe("n2");
    expect(decision.nextStart).toBe(0);
  });
});

describe("nominated pods of others", () => {
  const nodes = [node("n1", { cpu: "2", memory: "8Gi" })];
  const promised = (priority: number) =>
    pod("promised", { cpu: "1500m" }, { spec: { priority }, status: { nominatedNodeName: "n1" } });

  it("keep pods of lower or equal priority away", () => {
    const cluster = new SmallCluster([...nodes, promised(10)]);
    const decision = cluster.decide(pod("p", { cpu: "1" }, { spec: { priority: 10 } }));
    expect(decision.outcome).toBe("unschedulable");
    expect(decision.message).toBe("0/1 nodes are available: 1 Insufficient cpu.");
  });

  it("do not count for pods of higher priority", () => {
    const cluster = new SmallCluster([...nodes, promised(10)]);
    expect(cluster.choose(pod("p", { cpu: "1" }, { spec: { priority: 11 } }))).toBe("n1");
  });

  it("must not be needed for an affinity: both passes have to succeed", () => {
    const friend = pod(
      "friend",
      {},
      { labels: { app: "web" }, spec: { priority: 10 }, status: { nominatedNodeName: "n1" } },
    );
    const affinity = {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchLabels: { app: "web" } },
            topologyKey: "kubernetes.io/hostname",
          },
        ],
      },
    };
    const cluster = new SmallCluster([...nodes, friend]);
    const decision = cluster.decide(pod("p", {}, { spec: { affinity } }));
    expect(decision.message).toBe(
      "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.",
    );
  });
});

describe("messages", () => {
  const taint = { key: "k", value: "v", effect: "NoSchedule" };
  const four = [
    node("n1", { cpu: "1", memory: "8Gi" }),
    node("n2", { cpu: "4", memory: "8Gi" }, { spec: { taints: [taint] } }),
    node("n3", { cpu: "4", memory: "8Gi" }),
    node("n4", { cpu: "4", memory: "8Gi" }),
  ];
  const pinned = (...names: string[]) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchFields: names.map((name) => ({
                key: "metadata.name",
                operator: "In",
                values: [name],
              })),
            },
          ],
        },
      },
    },
  });

  it.each([
    [
      "a name whose node is tainted",
      pinned("n2"),
      "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    ],
    [
      "a name that does not exist",
      pinned("gone"),
      "0/4 nodes are available: 4 node(s) didn't satisfy plugin(s) [NodeAffinity].",
    ],
    [
      "conflicting names",
      pinned("n1", "n2"),
      "0/4 nodes are available: pod affinity terms conflict.",
    ],
  ])("%s", (_title, spec, message) => {
    const decision = new SmallCluster(four).decide(pod("p", {}, { spec }));
    expect(decision.message).toBe(message);
    expect([...decision.rejectingPlugins]).toContain("NodeAffinity");
  });

  it("no nodes at all", () => {
    const decision = new SmallCluster([]).decide(pod("p"));
    expect(decision.outcome).toBe("no-nodes");
    expect(decision.message).toBe("no nodes available to schedule pods");
    expect(decision.rejectingPlugins.size).toBe(0);
  });

  it("a plugin error ends the cycle with an error, not with a verdict", () => {
    const preference = {
      matchExpressions: [{ key: "gen", operator: "Gt", values: ["-1"] }],
    };
    const affinity = {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }],
      },
    };
    const decision = new SmallCluster(four).decide(pod("p", {}, { spec: { affinity } }));
    expect(decision.outcome).toBe("error");
    expect(decision.message).toMatch(/^running PreScore plugin "NodeAffinity": /);
  });
});

describe("what is not modelled is named", () => {
  const spec = { resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }] };
  const nodes = [node("n1", { cpu: "4", memory: "8Gi" })];

  it("resource claims are named with the plugin that would look at them", () => {
    const { notSimulated } = new SmallCluster(nodes).decide(pod("p", {}, { spec }));
    expect(notSimulated.map((each) => each.plugin)).toEqual(["DynamicResources"]);
  });

  it("a plugin that is switched off is not named", () => {
    const config = configuration({
      plugins: { multiPoint: { disabled: [{ name: "DynamicResources" }] } },
    });
    const { notSimulated } = new SmallCluster(nodes, { config }).decide(pod("p", {}, { spec }));
    expect(notSimulated).toEqual([]);
  });
});

describe("ignored resources", () => {
  it.each([
    ["ignoredResources", { ignoredResources: ["example.com/foo"] }],
    ["ignoredResourceGroups", { ignoredResourceGroups: ["example.com"] }],
  ])("%s: a pod may ask for what no node offers", (_name, args) => {
    const objects = [node("n1", { cpu: "4", memory: "8Gi" })];
    const wish = pod("p", { "example.com/foo": "1" });
    expect(new SmallCluster(objects).choose(wish)).toBeUndefined();
    const config = withArgs("NodeResourcesFit", args);
    expect(new SmallCluster(objects, { config }).choose(wish)).toBe("n1");
  });
});
