// Plans on plain objects, as a cluster's dump has them: nodes are taken away or added, their pods look for
// another place, and what keeps a node from being drained keeps it here.

import { describe, expect, it } from "vitest";
import { decodeScenario, findRemovable, prepareRun } from "../../../src/experiment/index.ts";
import { planOf } from "./plan-of.ts";

interface PodSpec {
  readonly name: string;
  readonly node: string;
  readonly cpu: string;
  readonly owner?: string | null;
  readonly more?: object;
}

function node(name: string, cpu: string, type: string, zone: string): object {
  return {
    ...{ apiVersion: "v1", kind: "Node" },
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "topology.kubernetes.io/zone": zone,
        "node.kubernetes.io/instance-type": type,
      },
    },
    status: { allocatable: { cpu, memory: "16Gi", pods: "50" } },
  };
}

function pod({ name, node: nodeName, cpu, owner = "ReplicaSet", more = {} }: PodSpec): object {
  const app = owner === "DaemonSet" ? "agent" : "web";
  const controller = { apiVersion: "apps/v1", kind: owner, name: app, uid: app, controller: true };
  return {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: {
      ...{ name, uid: name, labels: { app } },
      ...(owner === null ? {} : { ownerReferences: [controller] }),
    },
    spec: {
      ...{ nodeName, priority: 0, ...more },
      containers: [{ name: "c", image: "web:1", resources: { requests: { cpu } } }],
    },
    status: {
      phase: "Running",
      conditions: ["Ready", "PodScheduled"].map((type) => ({ type, status: "True" })),
    },
  };
}

const scenario = (objects: readonly object[]): object => ({
  ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "dump" } },
  ...{ run: { study: "terminating", until: "drained", horizon: "1h" }, cluster: { objects } },
});

/** Six small nodes of 4 cores in three zones, one pod of a core and a half on each of the first five. */
const SMALL = Array.from({ length: 6 }, (_, at) => node(`s-${at}`, "4", "small", "abc"[at % 3]!));
const PODS = Array.from({ length: 5 }, (_, at) =>
  pod({ name: `web-${at}`, node: `s-${at}`, cpu: "1500m" }),
);
const DUMP = [...SMALL, ...PODS];
const PLAIN = { isScenario: false } as const;
const GATE = ["unschedulable=0"];

describe("a plan on a dump", () => {
  it("says whether the pods still fit without any one zone", async () => {
    const yes = await planOf(scenario(DUMP), GATE, { ...PLAIN, lose: ["zone:1"] });
    expect([yes.answer?.counts, yes.sizes, yes.losses[0]!.atUs]).toEqual([[], [], null]);
    const no = await planOf(scenario(DUMP), GATE, { ...PLAIN, lose: ["zone:2"] });
    // Two zones take four of six nodes: five pods, two to a node, four places.
    expect(no.answer).toBeNull();
    expect(no.next!.losses.at(-1)!.waiting[0]!.message).toContain("2 Insufficient cpu");
  });

  it("takes away as many nodes as can go, the emptiest first, and one fewer if one may be lost", async () => {
    const alone = await planOf(scenario(DUMP), GATE, { ...PLAIN, remove: ["small"] });
    expect([alone.answer!.counts, alone.given.nodesCount]).toEqual([[3], 6]);
    const spare = await planOf(scenario(DUMP), GATE, {
      ...PLAIN,
      remove: ["small"],
      lose: ["node:1"],
    });
    expect(spare.answer!.counts).toEqual([4]);
  });

  it("adds nodes like those there are, or of a shape that podsim knows", async () => {
    const waiting = Array.from({ length: 9 }, (_, at) =>
      pod({ name: `more-${at}`, node: "", cpu: "1500m" }),
    ).map((one) => ({ ...one, status: { phase: "Pending" } }));
    const more = [...DUMP, ...waiting];
    // 14 pods, two to a node: 7 nodes.
    const like = await planOf(scenario(more), GATE, { ...PLAIN, add: ["small"] });
    expect([like.answer!.counts, like.answer!.nodesCount]).toEqual([[1], 7]);
    const shape = await planOf(scenario(more), GATE, { ...PLAIN, add: ["m5.large"] });
    expect(shape.answer!.counts).toEqual([2]); // one pod each: 1,930 milli-cpu are left to pods
    await expect(planOf(scenario(more), GATE, { ...PLAIN, add: ["m5.lage"] })).rejects.toThrow(
      "did you mean m5.large?",
    );
  });

  it("keeps nodes that a budget, local data or a pod without a controller holds", async () => {
    const budget = {
      ...{ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "web" } },
      spec: { maxUnavailable: 0, selector: { matchLabels: { app: "web" } } },
    };
    const held = await planOf(scenario([...DUMP, budget]), GATE, { ...PLAIN, remove: ["small"] });
    expect(held.blocked).toEqual([{ why: "PDB default/web", nodesCount: 5 }]);
    expect(held.answer!.counts).toEqual([5]);
  });
});

describe("removable nodes", () => {
  const removable = (objects: readonly object[]) => {
    const reading = decodeScenario(scenario(objects));
    expect(reading.problems).toEqual([]);
    return findRemovable(prepareRun({ scenario: reading.scenario!, document: reading.document! }));
  };

  it("go one after the other, least requested first, as long as their pods find a place", () => {
    const record = removable(DUMP);
    expect(record.removableCount).toBe(3);
    expect(record.nodes.map(({ node: name, isRemovable }) => [name, isRemovable])).toEqual([
      ...[
        ["s-5", true],
        ["s-0", true],
        ["s-1", true],
      ],
      ...[
        ["s-2", false],
        ["s-3", false],
        ["s-4", false],
      ],
    ]);
    // 5 pods, two to a node: after three nodes are gone, three are needed.
    expect(record.nodes[3]).toMatchObject({ obstacle: "no-place", podsCount: expect.any(Number) });
    expect(record.nodes[3]!.message).toContain("Insufficient cpu");
  });

  it("are as many as a plan takes away, and a failed try leaves everything as it was", async () => {
    const plan = await planOf(scenario(DUMP), GATE, { ...PLAIN, remove: ["small"] });
    expect(6 - plan.answer!.counts[0]!).toBe(removable(DUMP).removableCount);
    // The fullest node fails first here, and the small one after it still goes.
    const big = pod({ name: "big", node: "s-0", cpu: "3900m" });
    const tight = [SMALL[0]!, SMALL[1]!, SMALL[2]!, big, PODS[1]!];
    const record = removable(tight);
    expect(record.nodes.map(({ node: name, isRemovable }) => [name, isRemovable])).toEqual([
      ["s-2", true],
      ["s-1", false],
      ["s-0", false],
    ]);
  });

  it.each([
    ["budget", [], { maxUnavailable: 0 }, "default/web"],
    ["budget", [], { minAvailable: "100%" }, "default/web"],
    ["no-owner", [pod({ name: "x", node: "s-5", cpu: "100m", owner: null })], undefined, ""],
    [
      "local-volume",
      [
        pod({
          name: "x",
          node: "s-5",
          cpu: "100m",
          more: { volumes: [{ name: "v", emptyDir: {} }] },
        }),
      ],
      undefined,
      "v",
    ],
  ] as const)("stay for a reason of kind %s", (obstacle, extra, bound, name) => {
    const budget = {
      ...{ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "web" } },
      spec: { ...bound, selector: { matchLabels: { app: "web" } } },
    };
    const record = removable([...DUMP, ...extra, ...(bound === undefined ? [] : [budget])]);
    const found = record.nodes.filter((one) => one.obstacle === obstacle);
    expect(found.length).toBe(bound === undefined ? 1 : 5);
    expect(found[0]).toMatchObject({ isRemovable: false, name });
  });

  it("lose their DaemonSet's pods and mirrors with them, and budgets with room do not hold them", () => {
    const agent = pod({ name: "agent", node: "s-5", cpu: "100m", owner: "DaemonSet" });
    const budget = {
      ...{ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "web" } },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: "web" } } },
    };
    const record = removable([...DUMP, agent, budget]);
    expect(record.nodes[0]).toMatchObject({ node: "s-5", isRemovable: true, podsCount: 0 });
    expect(record.removableCount).toBe(3);
  });
});
