import { describe, expect, it } from "vitest";
import { amountText, type ExplainRecord, type Obstacle } from "../../src/metrics/index.ts";
import { formatExplanation, obstacleText } from "../../src/report/index.ts";

function resource(asked: number, free: number, allocatable: number): Obstacle {
  const lack = {
    resource: "cpu",
    unit: "milli",
    asked,
    free,
    allocatable,
    missing: asked - free,
  } as const;
  return {
    plugin: "NodeResourcesFit",
    code: "Unschedulable",
    kind: "resource",
    text: "Insufficient cpu",
    lack,
  };
}

function record(nodeCount: number): ExplainRecord {
  const names = Array.from({ length: nodeCount }, (_, i) => `n${i}`);
  const score = (raw: number) => ({ raw, normalized: raw, weighted: 2 * raw });
  return {
    schemaVersion: "podsim.dev/explain/v1",
    source: "run",
    scenario: { name: "s", inputHash: "0" },
    versions: { podsim: "0", kubernetes: "1.36" },
    scheduler: "default",
    pod: {
      namespace: "prod",
      name: "web\u001b[31m",
      uid: 7,
      schedulerName: "default-scheduler",
      priority: 0,
      requests: [{ resource: "memory", unit: "bytes", amount: 1536 * 2 ** 20 }],
      phase: "Running",
      node: "n0",
    },
    untried: null,
    attempts: [
      {
        firstAttempt: 1,
        lastAttempt: 3,
        firstUs: 0,
        lastUs: 5e6,
        result: "unschedulable",
        node: null,
        message: "no",
      },
      {
        firstAttempt: 4,
        lastAttempt: 4,
        firstUs: 9e6,
        lastUs: 9e6,
        result: "scheduled",
        node: "n0",
        message: "",
      },
    ],
    queue: null,
    attempt: { number: 4, poppedUs: 9e6, decidedUs: 9e6, result: "scheduled" },
    decision: {
      outcome: "placed",
      node: "n0",
      message: "",
      search: {
        nodeCount,
        evaluatedCount: nodeCount,
        feasibleCount: nodeCount,
        rejectedCount: 0,
        notLookedAtCount: 0,
        notLookedAtFittingCount: 0,
        wantedCount: nodeCount,
        start: 0,
        startNode: "n0",
        nextStart: 0,
        viaNominated: false,
        hintedNode: null,
        viaHint: false,
        narrowedTo: null,
        skippedFilters: [],
      },
      verdicts: [
        {
          verdict: "feasible",
          plugin: "",
          code: "Success",
          reasons: [],
          count: nodeCount,
          nodes: names,
        },
      ],
      scores: {
        plugins: [
          { plugin: "Fit", weight: 2 },
          { plugin: "Same", weight: 2 },
        ],
        skipped: [],
        nodes: names.map((node, position) => ({
          node,
          position,
          total: 2 * (90 - position) + 20,
          scores: [score(90 - position), score(10)],
        })),
      },
      whyNoScores: "",
      ties: { total: 200, nodes: ["n0"], winner: "n0", why: "it alone has the highest total" },
      postFilter: null,
    },
    askedNode: null,
    nearest: [],
    suggestions: [],
    notSimulated: [{ plugin: "DynamicResources", reason: "claims are not simulated" }],
    notes: [],
  };
}

describe("amounts as Kubernetes writes them", () => {
  it.each([
    [1500, "milli", "1500m"],
    [2000, "milli", "2"],
    [1536 * 2 ** 20, "bytes", "1536Mi"],
    [1000, "bytes", "1000"],
    [0, "bytes", "0"],
    [3, "count", "3"],
  ] as const)("%d %s is %s", (amount, unit, text) => {
    expect(amountText(amount, unit)).toBe(text);
  });
});

describe("what is in the way", () => {
  it("tells a lack of room from a node that is too small", () => {
    expect(obstacleText(resource(1000, 750, 4000))).toBe(
      "cpu: 250m missing (asks 1, 750m free of 4)",
    );
    expect(obstacleText(resource(8000, 750, 4000))).toBe("cpu: asks 8, the node has 4 in all");
  });
});

describe("an explanation as text", () => {
  it("begins with the verdict and drives no terminal", () => {
    const text = formatExplanation(record(3), "table");
    expect(text.split("\n")[0]).toBe("PLACED     prod/web\\x1b[31m went to n0, attempt 4 at 9s");
    expect(text).toContain("attempts   1-3 at 0s to 5s: unschedulable: no");
    expect(text).toContain("asks memory 1536Mi");
    expect(text).toContain(
      "NOT SIMULATED for this pod\nDynamicResources: claims are not simulated",
    );
  });

  it("leaves out columns that say nothing, and names them; wide shows all", () => {
    expect(formatExplanation(record(3), "table")).toContain("the same for all: Same 20");
    expect(formatExplanation(record(3), "table")).not.toContain("Same x2");
    expect(formatExplanation(record(3), "wide")).toContain("Same x2");
  });

  it("counts the nodes it does not list; wide lists them all", () => {
    const table = formatExplanation(record(30), "table");
    expect(table).toContain("n9 and 20 more (-o wide)");
    expect(table).toContain("20 more nodes with -o wide");
    expect(formatExplanation(record(30), "wide")).toMatch(/^n29 /m);
  });

  it("is one record in every machine format", () => {
    const value = record(3);
    expect(JSON.parse(formatExplanation(value, "json"))).toEqual(value);
    expect(formatExplanation(value, "jsonl").trimEnd().split("\n")).toHaveLength(1);
    expect(formatExplanation(value, "name")).toBe("node/n0\n");
    const csv = formatExplanation(value, "csv").trimEnd().split("\n");
    expect(csv).toHaveLength(4);
    expect(csv[1]).toBe('"n0","feasible",,"Success",,0,200,90,90,180,10,10,20');
    expect(formatExplanation(value, "markdown")).toContain("| n0 \\* | 200 | 90 / 90 / 180 |");
  });

  it("says why a pod was never tried", () => {
    const untried = { reason: "gated", text: "schedulingGates wait" } as const;
    const text = formatExplanation({ ...record(1), untried, decision: null }, "table");
    expect(text).toMatch(/^NOT TRIED {2}prod\/web\S+: schedulingGates wait\n/);
  });
});
