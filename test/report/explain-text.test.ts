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
      shown: { status: "Running", ready: "1/1" },
      status: null,
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
      ties: {
        total: 200,
        count: 1,
        nodes: ["n0"],
        winner: "n0",
        why: "it alone has the highest total",
      },
      postFilter: null,
    },
    askedNode: null,
    nearest: [],
    suggestions: [],
    notSimulated: [{ plugin: "DynamicResources", reason: "claims are not simulated" }],
    notes: [],
  };
}

/** The same pod without a node: with a long message, candidates and changes. */
function pending(): ExplainRecord {
  const base = record(0);
  const none = { target: "node", amount: null, podsGone: [] } as const;
  const nearby = (node: string): ExplainRecord["nearest"][number] => ({
    node,
    obstacles: [resource(4000, 3500, 4000)],
    changes: [
      { ...none, kind: "more-room", text: "+500m cpu", node },
      { ...none, kind: "remove-taint", text: "remove taint old:NoSchedule", node },
    ],
    check: "fits",
    refusal: "",
  });
  const reasons = ["node(s) didn't match pod topology spread constraints (missing required label)"];
  const nodes = ["n1", "n2"];
  const verdict = { verdict: "rejected", plugin: "PodTopologySpread", code: "X" } as const;
  return {
    ...base,
    attempt: { ...base.attempt!, result: "unschedulable" },
    queue: {
      moves: [{ atUs: 9e6, place: "active", event: "AssignedPodDelete" }],
      wokenBy: "AssignedPodDelete",
      backoffUntilUs: null,
      rejectedCount: 2,
      errorCount: 0,
      rejectedBy: ["NodeResourcesFit", "PodTopologySpread", "InterPodAffinity"],
    },
    decision: {
      ...base.decision!,
      node: null,
      outcome: "unschedulable",
      message: `0/40 nodes are available: 12 ${reasons[0]}, 28 Insufficient cpu. preemption: 0/40 nodes are available`,
      verdicts: [{ ...verdict, reasons, count: 12, nodes }],
      scores: null,
      ties: null,
      whyNoScores: "no node passed the filters",
      postFilter: {
        message: "",
        nominatedNode: "n20",
        preemption: {
          hopelessCount: 3,
          notTriedCount: 0,
          candidates: [
            {
              node: "n20",
              victims: [
                { pod: "default/a", priority: 1 },
                { pod: "default/b", priority: 0 },
              ],
              budgetViolations: 1,
            },
          ],
          rejected: [{ reasons, count: 2, nodes }],
          why: "it is the only candidate",
        },
      },
    },
    nearest: [nearby("n17"), nearby("n18")],
    suggestions: [
      {
        changes: [
          {
            ...none,
            target: "pod",
            kind: "smaller-request",
            text: "request 3500m cpu instead of 4 (-500m)",
            node: null,
          },
        ],
        nodeCount: 1,
        nodes: ["n17"],
      },
    ],
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
    expect(formatExplanation(value, "markdown")).toContain("| n0 \\* | 200 | 180 |");
  });

  it("shows all three numbers of the chosen node, and of every node when wide", () => {
    expect(formatExplanation(record(3), "table")).toMatch(/^Fit +90 +90 +x2 +180$/m);
    expect(formatExplanation(record(3), "wide")).toMatch(/^n1 +198 +89 \/ 89 \/ 178/m);
  });

  it("keeps so many nodes of every list in every format, and the counts of the whole", () => {
    const { decision } = JSON.parse(formatExplanation(record(30), "json", 2)) as ExplainRecord;
    expect(decision!.verdicts[0]).toMatchObject({ count: 30, nodes: ["n0", "n1"] });
    expect(decision!.scores!.nodes.map(({ node }) => node)).toEqual(["n0", "n1"]);
    expect(formatExplanation(record(30), "csv", 2).trimEnd().split("\n")).toHaveLength(3);
    expect(formatExplanation(record(30), "table", 2)).toContain("n0, n1 and 28 more");
  });

  it("fits 80 columns, and loses no word by it", () => {
    const waiting = pending();
    const table = formatExplanation(waiting, "table");
    expect(table.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(table).toContain("- request 3500m cpu instead of 4 (-500m): fits on n17");
    expect(table).toContain("- n17, n18: +500m cpu; and remove taint old:NoSchedule");
    expect(table).toContain("* n20: evict default/a (1), default/b (0); 1 against a disruption");
    expect(table).toContain("queue      woken by AssignedPodDelete at 9s; 2 rejections before");
    const words = table.split(/\s+/).join(" ");
    expect(words).toContain(waiting.decision!.message);
  });

  it("says why a pod was never tried", () => {
    const untried = { reason: "gated", text: "schedulingGates wait" } as const;
    const text = formatExplanation({ ...record(1), untried, decision: null }, "table");
    expect(text).toMatch(/^NOT TRIED {2}prod\/web\S+: schedulingGates wait\n/);
  });
});
