// The texts of a what-if answer: what the first lines say, and what long lists are cut to.

import { describe, expect, it } from "vitest";
import type { WhatifAnswer } from "../../src/analysis/index.ts";
import type { OutcomeCounts, WhatifPod, WhatifWorkload } from "../../src/metrics/index.ts";
import { formatWhatif, WHATIF_FORMATS } from "../../src/report/index.ts";

const COUNTS: OutcomeCounts = {
  ...{ moved: 0, recreated: 0, waits: 0, gone: 0, down: 0, restarted: 0, delayed: 0, placed: 0 },
  ...{ spared: 0, new: 0, "not-made": 0 },
};

function pod(number: number, more: Partial<WhatifPod> = {}): WhatifPod {
  return {
    ...{ namespace: "default", pod: `web-${number}`, workload: `Deployment/w${number % 50}` },
    ...{ outcome: "moved", from: "a", to: "b", successor: "web-x", cause: "evicted-by-api" },
    ...{ because: "drain a", leftUs: 1_000_000, endedCount: 1, waitedUs: 5000 },
    ...{ pendingUs: null, message: "" },
    ...more,
  } as WhatifPod;
}

function workload(number: number, shortUs: number): WhatifWorkload {
  const figures = { desiredCount: 3, readyAtEndCount: 3, readyMinCount: 3 };
  return {
    ...{ kind: "Deployment", namespace: "default", name: `w${number}` },
    baseline: { ...figures, shortUs: 0, longestShortUs: null },
    change: { ...figures, shortUs, longestShortUs: shortUs },
  };
}

function answer(more: Partial<WhatifAnswer> = {}): WhatifAnswer {
  return {
    schemaVersion: "podsim.dev/whatif/v1",
    scenario: { name: "shop", inputHash: "00" },
    versions: { podsim: "0", kubernetes: "1" },
    seed: "1",
    changes: [{ text: "drain a", taken: "drain of node a", atUs: null }],
    rescheduled: false,
    end: { atUs: 60_000_000, isWhole: true },
    fingerprints: { baseline: "1", change: "2" },
    counts: COUNTS,
    pending: { baseline: 0, change: 0 },
    ...{ pods: [], workloads: [], budgets: [], measures: [], notes: [], thresholds: [] },
    nodes: { baselineCount: 2, changeCount: 2, added: [], removed: [], emptied: [] },
    study: null,
    ...more,
  };
}

const lineOf = (text: string, head: string): string =>
  text.split("\n").find((line) => line.startsWith(head)) ?? "";

describe("the answer line", () => {
  it.each<[Partial<OutcomeCounts>, string]>([
    [{}, "no pod is touched"],
    [{ moved: 1 }, "1 pod moves"],
    [{ moved: 2, gone: 1 }, "2 pods move, 1 is gone for good"],
    [{ waits: 1, "not-made": 3 }, "1 pod waits, 3 are not made"],
    [{ restarted: 2, down: 1 }, "1 pod is down at the end, 2 are restarted where they are"],
  ])("of %j is: %s", (counts, line) => {
    const text = formatWhatif(answer({ counts: { ...COUNTS, ...counts } }), "table");
    expect(lineOf(text, "ANSWER")).toBe(`ANSWER   ${line}`);
  });

  it("says so when the runs are the same, were stopped, or leave pods waiting", () => {
    const same = answer({ fingerprints: { baseline: "1", change: "1" } });
    expect(lineOf(formatWhatif(same, "table"), "ANSWER")).toBe("ANSWER   nothing is different");
    const stopped = answer({ end: { atUs: 60_000_000, isWhole: false }, rescheduled: true });
    expect(lineOf(formatWhatif(stopped, "table"), "ON")).toBe(
      "ON       shop, seed 1, 1m0s, stopped early, all pods placed anew under both",
    );
    const waiting = answer({ pending: { baseline: 1, change: 4 } });
    expect(lineOf(formatWhatif(waiting, "table"), "ANSWER")).toContain(
      "4 without a node at the end (baseline 1)",
    );
  });
});

describe("long lists", () => {
  const pods = Array.from({ length: 100 }, (_, at) => pod(at % 60));
  const workloads = Array.from({ length: 60 }, (_, at) => workload(at, at * 10_000_000));
  const long = answer({ pods, workloads, counts: { ...COUNTS, moved: 100 } });

  it("are summed up in a table, the heaviest first, and are whole elsewhere", () => {
    const text = formatWhatif(long, "table");
    expect(text).toContain("\n100 pods differ, 10 of them in none of these rows; -o wide lists");
    expect(text).toContain("\n59 workloads differ; -o wide lists them\n");
    expect(text).toMatch(/LONGEST\ndefault\/Deployment\/w59 /);
    for (const format of ["wide", "markdown"]) {
      const whole = formatWhatif(long, format);
      expect(whole.match(/evicted-by-api/g)).toHaveLength(100);
      expect(whole).not.toContain("lists them");
    }
    expect(formatWhatif(long, "csv").trimEnd().split("\n")).toHaveLength(101);
    expect(formatWhatif(long, "name").trimEnd().split("\n")).toHaveLength(100);
  });
});

describe("measures", () => {
  it("stand in their units, those that differ; a wide table has them all", () => {
    const measures = [
      { measure: "recovery", unit: "us", baseline: 1_500_000, change: 0 },
      { measure: "cost", unit: "money", baseline: 3_000_000, change: 1_500_000 },
      { measure: "energy", unit: "energy", baseline: 7_200_000, change: null },
      { measure: "failed", unit: "count", baseline: 1, change: 1 },
    ] as const;
    const lines = formatWhatif(answer({ measures }), "table").split("\n");
    const rows = lines.slice(lines.findIndex((line) => line.startsWith("MEASURE")) + 1, -1);
    expect(rows.map((line) => line.split(/ {2,}/))).toEqual([
      ["recovery", "1.5s", "0s"],
      ["cost", "3.0000", "1.5000"],
      ["energy", "2.00 kWh", "n/a"],
    ]);
    expect(formatWhatif(answer({ measures }), "wide")).toMatch(/\nfailed +1 +1\n/);
  });
});

describe("gates", () => {
  it("stand with both values, whether they hold or not", () => {
    const gate = { unit: "ratio", baseline: 1, change: 0.95 };
    const thresholds = [
      { ...gate, expression: "availability>=99%", passed: false },
      { ...gate, expression: "availability>=90%", passed: true },
    ];
    const text = formatWhatif(answer({ thresholds }), "table");
    expect(text).toMatch(/\nFAILED {3}availability>=99% +100\.0 % +95\.0 %\n/);
    expect(text).toMatch(/\nok {7}availability>=90% +100\.0 % +95\.0 %\n/);
  });
});

describe("a row", () => {
  it("says why, by which change, and what the scheduler or the winner says", () => {
    const rows = [
      pod(1, {
        outcome: "waits",
        to: "",
        waitedUs: null,
        pendingUs: 60_000_000,
        message: "0/2 nodes are available",
      }),
      pod(2, { cause: "preempted", because: "", message: "by default/high" }),
      pod(3, { outcome: "restarted", cause: "", endedCount: 1, leftUs: null }),
      pod(4, { endedCount: 3, message: "not shown" }),
    ];
    const lines = formatWhatif(answer({ pods: rows }), "table").split("\n");
    const why = ["web-1", "web-2", "web-3", "web-4"].map((name) =>
      lines.find((line) => line.includes(`/${name} `))!.replace(/^.*(?:5ms|1m0s so far)\s+/, ""),
    );
    expect(why).toEqual([
      "evicted-by-api by 'drain a': 0/2 nodes are available",
      "preempted: by default/high",
      "by 'drain a' once",
      "evicted-by-api by 'drain a' 3 times",
    ]);
  });

  it("keeps control characters and table marks in their cells", () => {
    const rows = [pod(1, { to: "a|b", because: "drain \u001b[31m" })];
    for (const format of WHATIF_FORMATS.filter((name) => name !== "json" && name !== "csv"))
      expect(formatWhatif(answer({ pods: rows }), format)).not.toContain("\u001b");
    expect(formatWhatif(answer({ pods: rows }), "markdown")).toContain("a\\|b");
  });

  it("of a record is the record", () => {
    const whole = answer({ pods: [pod(1)] });
    expect(JSON.parse(formatWhatif(whole, "json"))).toEqual(whole);
  });
});
