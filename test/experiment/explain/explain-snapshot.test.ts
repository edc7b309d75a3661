import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/base/index.ts";
import {
  defaultScheduler,
  explainSnapshot,
  type RunIdentity,
} from "../../../src/experiment/index.ts";
import { createStrategyDecider, type DeciderParts } from "../../../src/scheduler/index.ts";
import type { ExplainRecord } from "../../../src/metrics/index.ts";
import { node, pod, policy, prepareObjects } from "./explain-fixtures.ts";

function explain(objects: readonly object[], asked?: string, about?: string): ExplainRecord {
  return explainSnapshot(prepareObjects(objects), { pod: asked, node: about });
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

const GPU = [{ key: "gpu", value: "yes", effect: "NoSchedule" }];

describe("one decision on a snapshot", () => {
  it("shows every node once, the scores, and who won", () => {
    const record = explain([
      node("a"),
      node("b", { cpu: "2" }),
      node("c"),
      node("t", { taints: GPU }),
      pod("old", { node: "a" }),
      pod("web"),
    ]);
    const { decision } = record;
    expect(decision).toMatchObject({ outcome: "placed", node: "c", message: "" });
    const groups = decision!.verdicts.map(({ verdict, plugin, reasons, nodes }) => [
      verdict,
      plugin,
      reasons,
      nodes,
    ]);
    expect(groups).toEqual([
      ["feasible", "", [], ["a", "b", "c"]],
      ["rejected", "TaintToleration", ["node(s) had untolerated taint(s)"], ["t"]],
    ]);
    for (const row of decision!.scores!.nodes) {
      const sum = row.scores.reduce((total, score) => total + score.weighted, 0);
      expect(row.total, row.node).toBe(sum);
    }
    expect(decision!.scores!.nodes.map((row) => row.node)).toEqual(["c", "a", "b"]);
    expect(decision!.ties).toMatchObject({ nodes: ["c"], winner: "c" });
    expect(record.nearest).toEqual([]);
    expect(record.notSimulated).toEqual([]);
  });

  it("names all equals and why one of them won", () => {
    const record = explain([node("a"), node("b"), node("c"), pod("web")]);
    const { ties } = record.decision!;
    expect(ties!.nodes).toEqual(["a", "b", "c"]);
    expect(ties!.winner).toBe(record.decision!.node);
    expect(ties!.why).toMatch(/^heap order: .* number \d of 3/);
  });

  it("says what sampling left out", () => {
    const nodes = Array.from({ length: 300 }, (_, i) =>
      node(`n${i}`, { taints: i % 3 === 0 ? GPU : [] }),
    );
    const { search, verdicts } = explain([...nodes, pod("web")]).decision!;
    // 48 % of 300 nodes are wanted, and 200 of them fit.
    expect(search.wantedCount).toBe(144);
    expect(search.feasibleCount).toBe(144);
    expect(search.notLookedAtCount).toBe(300 - search.evaluatedCount);
    expect(search.notLookedAtFittingCount).toBe(200 - 144);
    expect(search).toMatchObject({ nodeCount: 300, start: 0, startNode: "n0", narrowedTo: null });
    expect(verdicts.reduce((sum, group) => sum + group.count, 0)).toBe(300);
    expect(new Set(verdicts.flatMap((group) => group.nodes)).size).toBe(300);
  });

  it("tells a narrowed search from a rejection", () => {
    const terms = [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["b"] }] }];
    const required = {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
    };
    const record = explain([
      node("a"),
      node("b"),
      pod("web", { spec: { affinity: { nodeAffinity: required } } }),
    ]);
    expect(record.decision!.search.narrowedTo).toEqual(["b"]);
    const left = record.decision!.verdicts.find((group) => group.verdict === "left-out");
    expect(left!.nodes).toEqual(["a"]);
    expect(record.decision).toMatchObject({ node: "b", scores: null });
    expect(record.decision!.whyNoScores).toContain("nothing to compare");
  });

  it("compares a node that was asked about with the winner", () => {
    const record = explain([node("a"), node("b", { cpu: "2" }), pod("web")], undefined, "b");
    const asked = record.askedNode!;
    expect(asked).toMatchObject({ node: "b", verdict: "feasible", rank: 2, obstacles: [] });
    const difference = asked.againstWinner.reduce(
      (sum, row) => sum + row.winnerWeighted - row.weighted,
      0,
    );
    const [winner] = record.decision!.scores!.nodes;
    expect(difference).toBe(winner!.total - asked.total!);
  });

  it("asks every filter of an asked node, not only the first that refuses", () => {
    const tight = node("a", { cpu: "500m", taints: GPU, unschedulable: true });
    const record = explain([tight, pod("web")], undefined, "a");
    const refusing = record.askedNode!.filters.filter(({ code }) => code !== "Success");
    expect(refusing.map(({ plugin }) => plugin)).toEqual([
      "NodeUnschedulable",
      "TaintToleration",
      "NodeResourcesFit",
    ]);
  });

  it("says that a strategy chose, and shows no scores it did not give", () => {
    const prepared = prepareObjects(
      [node("a"), node("b"), node("c"), pod("web")],
      {},
      policy("best-fit"),
    );
    const { decision, scheduler } = explainSnapshot(prepared, { pod: undefined, node: undefined });
    expect(scheduler).toBe("best-fit");
    expect(decision!.scores).toBeNull();
    expect(decision!.ties).toBeNull();
    expect(decision!.whyNoScores).toContain("chosen by the strategy among 3 nodes");
  });
});

it("a strategy that declines is named as what stands in the way", () => {
  const strategy = { name: "picky", decide: () => ({ reasons: ["not today"] }) };
  const scheduler = {
    ...defaultScheduler("picky"),
    createDecider: (parts: DeciderParts, run: RunIdentity) =>
      createStrategyDecider(strategy, parts, run),
  };
  const prepared = prepareObjects([node("a"), node("b"), pod("web")], {}, scheduler);
  const record = explainSnapshot(prepared, { pod: undefined, node: undefined });
  expect(record.decision!.verdicts).toMatchObject([
    { verdict: "rejected", plugin: "picky", count: 2 },
  ]);
  expect(record.nearest[0]).toMatchObject({
    node: "a",
    obstacles: [{ plugin: "picky", text: "not today" }],
  });
});

describe("pods that nobody decides about", () => {
  it.each([
    ["gated", { schedulingGates: [{ name: "quota.example/wait" }] }, "quota.example/wait"],
    ["unclaimed", { schedulerName: "mine" }, "mine"],
    ["preassigned", { nodeName: "a" }, "the node a"],
  ])("%s", (reason, spec, word) => {
    const record = explain([node("a"), pod("web", { spec })], "web");
    expect(record.untried).toMatchObject({ reason });
    expect(record.untried!.text).toContain(word);
    expect(record.decision).toBeNull();
  });
});

describe("which pod", () => {
  const two = [
    node("a"),
    pod("web-0"),
    pod("web-1", { namespace: "prod" }),
    pod("old", { node: "a" }),
  ];

  it("is asked where several wait", () => {
    expect(refusal(() => explain(two))).toMatch(
      /E_SEVERAL_PODS.*2 pods wait.*\nhint: .*default\/web-0, prod\/web-1/,
    );
    expect(explain(two, "web-1").pod).toMatchObject({ namespace: "prod", name: "web-1" });
    expect(explain(two, "default/web-0").pod.name).toBe("web-0");
  });

  it("is refused with the likely names", () => {
    expect(refusal(() => explain(two, "wbe-0"))).toContain("did you mean 'default/web-0'?");
    expect(refusal(() => explain(two, "web"))).toContain(
      "these begin so: default/web-0, prod/web-1",
    );
    expect(refusal(() => explain([...two, pod("web-1")], "web-1"))).toMatch(
      /E_AMBIGUOUS_POD.*2 pods/,
    );
  });

  it("is refused where nothing waits, and so is an unknown node", () => {
    expect(refusal(() => explain([node("a"), pod("old", { node: "a" })]))).toContain(
      "E_NO_PENDING_POD",
    );
    expect(refusal(() => explain([node("node-1"), pod("web")], undefined, "nod-1"))).toContain(
      "did you mean 'node-1'?",
    );
  });
});

describe("no nodes and pods refused as a whole", () => {
  it("an empty cluster has nothing to list", () => {
    const { decision, nearest } = explain([pod("web")]);
    expect(decision).toMatchObject({ outcome: "no-nodes", verdicts: [], node: null });
    expect(nearest).toEqual([]);
  });

  it("a rejection by PreFilter covers every node", () => {
    const terms = [
      {
        matchFields: [
          { key: "metadata.name", operator: "In", values: ["a"] },
          { key: "metadata.name", operator: "In", values: ["b"] },
        ],
      },
    ];
    const required = {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
    };
    const record = explain([
      node("a"),
      node("b"),
      pod("web", { spec: { affinity: { nodeAffinity: required } } }),
    ]);
    const { verdicts } = record.decision!;
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]).toMatchObject({ verdict: "rejected", plugin: "NodeAffinity", count: 2 });
    expect(record.nearest).toMatchObject([{ node: "*" }]);
  });
});
