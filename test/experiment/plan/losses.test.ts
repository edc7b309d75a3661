// What is lost: the variants of a loss, and that a loss during the run is the fault that a scenario has.

import { describe, expect, it } from "vitest";
import type { ApiObject } from "../../../src/cluster/index.ts";
import { decodeScenario, Plan, prepareRun, runToEnd } from "../../../src/experiment/index.ts";
import { LOSS_VARIANTS_MAX, lossVariantsOf } from "../../../src/experiment/plan/loss-variants.ts";
import { parseLoss, type PlanQuestion } from "../../../src/experiment/plan/plan-question.ts";
import { planOf } from "./plan-of.ts";

const POD = {
  spec: { containers: [{ name: "c", image: "web:1", resources: { requests: { cpu: "1" } } }] },
};

function scenario(count: number, more: object = {}, pools: readonly object[] = []): object {
  return {
    ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "shop" } },
    run: { study: "terminating", horizon: "30m", seed: "4" },
    cluster: {
      nodePools: [
        { name: "n", count, zones: ["a", "b"], allocatable: { cpu: "4", pods: "50" } },
        ...pools,
      ],
      objects: [
        {
          ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" } },
          spec: {
            replicas: 6,
            selector: { matchLabels: { app: "web" } },
            template: { metadata: { labels: { app: "web" } }, ...POD },
          },
        },
      ],
    },
    ...more,
  };
}

function objectsOf(value: object): readonly ApiObject[] {
  const { scenario: read, document } = decodeScenario(value);
  return prepareRun({ scenario: read!, document: document! }).cluster.initial;
}

function lossesAt(value: object, text: string) {
  const loss = parseLoss(text);
  if (typeof loss === "string") throw new Error(loss);
  const [variants] = lossVariantsOf(objectsOf(value), [loss]);
  return { names: variants!.losses.map(({ name }) => name), possible: variants!.possibleCount };
}

describe("the variants of a loss", () => {
  it("are all nodes, all zones and all pairs where those are few", () => {
    expect(lossesAt(scenario(3), "node:1")).toEqual({
      names: ["node n-0", "node n-1", "node n-2"],
      possible: 3,
    });
    expect(lossesAt(scenario(3), "zone:1").names).toEqual(["zone a", "zone b"]);
    expect(lossesAt(scenario(3), "n:2").names).toEqual([
      ...["nodes n-0, n-1", "nodes n-0, n-2", "nodes n-1, n-2"],
    ]);
    expect(lossesAt(scenario(2), "node:5").names).toEqual(["nodes n-0, n-1"]);
  });

  it("are one of each class of many nodes, and say how many ways there were", () => {
    const other = { name: "gpu", count: 9, allocatable: { cpu: "8", pods: "50" } };
    expect(lossesAt(scenario(20, {}, [other]), "node:1")).toEqual({
      names: ["node n-0", "node n-1", "node gpu-0"],
      possible: 29,
    });
    const pairs = lossesAt(scenario(20, {}, [other]), "node:2");
    expect(pairs.possible).toBe((29 * 28) / 2);
    // Two of each class: both of one class, or one of each of two.
    expect(pairs.names.length).toBe(15);
    expect(pairs.names.length).toBeLessThanOrEqual(LOSS_VARIANTS_MAX);
  });

  it("are none where there is nothing of the kind, and the plan says so", async () => {
    expect(lossesAt(scenario(3), "gpu:1")).toEqual({ names: [], possible: 0 });
    const record = await planOf(scenario(3), ["unschedulable=0"], { lose: ["gpu:1"] });
    expect(record.caveats).toContain("gpu:1: there is nothing of that kind to lose");
  });

  it.each(["node", "node:0", "node:x", ":1", "zone:1:2", ""])("'%s' is no loss", (text) => {
    expect(parseLoss(text)).toContain("is no loss");
  });
});

describe("a loss during the run", () => {
  const question: PlanQuestion = {
    ...{ requirements: ["unschedulable=0"], losses: [], loseAt: undefined, isScenario: true },
    ...{ pools: [], add: [], remove: [], countMax: undefined, pointsMax: 200, confidence: 0.95 },
    ...{ replicationsMax: 40, varied: [] },
  };

  it.each([
    ["node", { name: "node n-1", nodes: ["n-1"], zones: [] }, { kind: "NodeCrash", node: "n-1" }],
    [
      "zone",
      { name: "zone b", nodes: ["n-1", "n-3"], zones: ["b"] },
      { kind: "ZoneOutage", zone: "b" },
    ],
  ] as const)("of a %s is that fault, after a third of the horizon", (_what, loss, fault) => {
    const read = decodeScenario(scenario(9)).scenario!;
    const plan = new Plan({ scenario: read }, question);
    const planned = runToEnd(plan.world.at([4], loss));
    const faulty = decodeScenario(scenario(4, { faults: [{ ...fault, at: "10m" }] })).scenario!;
    const direct = runToEnd(prepareRun({ scenario: faulty }));
    expect(plan.world.loseAtUs).toBe(600e6);
    expect(planned.fingerprint).toBe(direct.fingerprint);
    expect(planned.departures).toEqual(direct.departures);
    expect(planned.departures.evictedByTaintCount).toBeGreaterThan(0);
  });

  it("is what the plan answers for: room for what the lost node ran", async () => {
    // Six pods, four to a node: two nodes hold them, and two of three still do.
    const record = await planOf(scenario(1), ["unschedulable=0"], { lose: ["node:1"] });
    expect([record.answer!.counts, record.losses[0]!.atUs]).toEqual([[3], 600e6]);
    const calm = await planOf(scenario(1), ["unschedulable=0"]);
    expect(calm.answer!.counts).toEqual([2]);
  });
});
