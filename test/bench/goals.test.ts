// Goals: every one is measured by something, judged by its bar, and told whether it meets it or not.

import { describe, expect, it } from "vitest";
import { addTo, intoMarks, MARKS, wantedGoals } from "../../bench/goals/goals-command.ts";
import {
  count,
  type Finding,
  GOAL_IDS,
  type GoalContext,
  type GoalId,
  type Measured,
} from "../../bench/goals/goal.ts";
import {
  formatFinding,
  formatMarkdown,
  inOrder,
  summarize,
} from "../../bench/goals/goals-table.ts";
import { decideBacklog } from "../../bench/goals/measure-backlog.ts";
import { comparisons, equality } from "../../bench/goals/measure-equality.ts";
import { ENTRIES, evaluators } from "../../bench/goals/measure-evaluators.ts";
import { censusOf, settledBytes, totalBytes } from "../../bench/goals/memory-census.ts";
import { GOAL_TITLES, MEASUREMENTS } from "../../bench/goals/registry.ts";
import { judge, summarizeFullProfile, verdictOf } from "../../bench/goals/verdict.ts";
import { describeMachine } from "../../bench/harness/machine.ts";

const machine = describeMachine(10_000);

function finding(goal: GoalId, status: Finding["status"], more: Partial<Finding> = {}): Finding {
  return { goal, part: "a", unit: "x", figure: 2, load: 1, status, ...more };
}

function contextFor(goals: readonly GoalId[], sizes: readonly number[]) {
  const found: Measured[] = [];
  const context: GoalContext = {
    ...{
      sizes,
      isLarge: false,
      slices: 1,
      sliceMs: 1,
      warmUpMs: 20,
      program: "",
      data: "",
      peers: undefined,
    },
    ...{ machine, mainPath: "", progress: () => undefined },
    wants: (goal) => goals.includes(goal),
    report: (measured) => void found.push(measured),
  };
  return { context, found };
}

describe("the list of goals", () => {
  it("is P1 to P13 and F1 to F11", () => {
    const numbered = (letter: string, most: number): string[] =>
      Array.from({ length: most }, (_, at) => `${letter}${at + 1}`);
    expect(GOAL_IDS).toEqual([...numbered("P", 13), ...numbered("F", 11)]);
    expect(Object.keys(GOAL_TITLES)).toEqual([...GOAL_IDS]);
  });

  it("has a measurement for each, P3 apart, which sums up F1 to F11", () => {
    const measured = new Set(MEASUREMENTS.flatMap(({ goals }) => goals));
    expect(GOAL_IDS.filter((id) => !measured.has(id))).toEqual(["P3"]);
  });

  it.each(MEASUREMENTS.map((one) => [one.name, one] as const))(
    "%s is what the list says it is",
    async (name, { goals, load }) => {
      const measurement = await load();
      expect(measurement.name).toBe(name);
      expect(measurement.goals).toEqual(goals);
    },
  );

  it("has an entry for every goal that evaluators race for, with its bars", () => {
    expect(new Set(ENTRIES.map(({ goal }) => goal))).toEqual(new Set(evaluators.goals));
    const barsOf = (goal: GoalId): object[] =>
      ENTRIES.filter((entry) => entry.goal === goal).map(({ bars }) => bars);
    expect(barsOf("F3")).toEqual([{ 1000: 3, 5000: 9, 15000: 15, 100000: 25 }]);
    expect(barsOf("F4")).toEqual([{ 1000: 4, 5000: 18, 15000: 28, 100000: 60 }]);
    expect(barsOf("F2")).toEqual([{ 1000: 150, 5000: 800, 15000: 1200 }]);
    expect(barsOf("P2").filter((bars) => Object.keys(bars).length > 0)).toHaveLength(5);
  });

  it("P3 brings along what it sums up; no name means all", () => {
    expect(wantedGoals(["P3"])).toEqual(GOAL_IDS.filter((id) => id === "P3" || id[0] === "F"));
    expect(wantedGoals(["F2", "P1"])).toEqual(["P1", "F2"]);
    expect(wantedGoals([])).toEqual(GOAL_IDS);
  });
});

describe("a verdict", () => {
  const measured: Measured = { goal: "P5", part: "a", unit: "x" };

  it.each([
    [8, { atLeast: 8 }, "met"],
    [7.99, { atLeast: 8 }, "missed"],
    [0.4, { atMost: 0.4 }, "met"],
    [0.41, { atMost: 0.4 }, "missed"],
    [Number.NaN, { atLeast: 8 }, "FAILED"],
    [Number.POSITIVE_INFINITY, { atLeast: 8 }, "FAILED"],
  ] as const)("of %d against %j is %s", (figure, bar, status) => {
    expect(judge({ ...measured, figure, bar })).toBe(status);
  });

  it("needs a bar, a figure and a machine that could measure it", () => {
    expect(judge({ ...measured, figure: 3 })).toBe("shown");
    expect(judge({ ...measured, bar: { atLeast: 1 } })).toBe("not measured");
    expect(judge({ ...measured, figure: 3, bar: { atLeast: 1 }, isValid: false })).toBe(
      "not measured",
    );
  });

  it("of a goal is that of its worst part", () => {
    expect(verdictOf([finding("F3", "met"), finding("F3", "missed")])).toBe("missed");
    expect(verdictOf([finding("F3", "missed"), finding("F3", "FAILED")])).toBe("FAILED");
    expect(verdictOf([finding("F3", "met"), finding("F3", "not measured")])).toBe("met");
    expect(verdictOf([finding("F3", "shown")])).toBe("not measured");
    expect(verdictOf([])).toBe("not measured");
  });

  it("on the full profile counts goals, not figures, and takes all of them", () => {
    const all = GOAL_IDS.filter((id) => id.startsWith("F")).map((id) => finding(id, "met"));
    expect(summarizeFullProfile(all, 1)).toMatchObject({ figure: 11, status: "met" });
    const one = [...all, finding("F4", "missed", { part: "b" })];
    expect(summarizeFullProfile(one, 1)).toMatchObject({
      ...{ figure: 10, status: "missed", note: "missed: F4" },
    });
    expect(summarizeFullProfile(all.slice(1), 1).status).toBe("not measured");
  });
});

describe("the table", () => {
  const missed = finding("P2", "missed", {
    ...{ figure: 13.21, bar: { atLeast: 20 }, hash: "0badcafe", visits: 12.4, e0Draws: 1300.2 },
    note: "because",
  });

  it("shows what was missed as missed", () => {
    const table = formatMarkdown([finding("F1", "met"), missed]);
    const rows = table.split("\n").slice(2);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toBe(
      "| P2 | a | 13.2 x | at least 20 | **missed** | 12 visits, 1300 draws | 1 | `0badcafe` | because |",
    );
    expect(formatFinding(missed)).toMatch(/^P2 +missed +13\.2 x +\(at least 20\)/);
  });

  it("says how many goals are met and which are not", () => {
    const text = summarize([finding("P1", "met"), missed], ["P1", "P2", "P5"]);
    expect(text).toBe("1 of 3 goals met; missed: P2; not measured: P5");
  });

  it("goes between the marks of a page and leaves the rest", () => {
    const page = `before\n${MARKS[0]}\nold\n${MARKS[1]}\nafter\n`;
    expect(intoMarks(page, "new")).toBe(`before\n${MARKS[0]}\n\nnew\n\n${MARKS[1]}\nafter\n`);
    expect(intoMarks("no marks", "new")).toBe("new\n");
  });

  it("keeps what an earlier run measured and this one did not", () => {
    const before = [finding("F3", "met", { part: "1k", figure: 1 }), finding("P1", "met")];
    const now = [
      finding("F3", "missed", { part: "1k", figure: 9 }),
      finding("F3", "met", { part: "5k" }),
      finding("P1", "not measured", { note: "stopped" }),
    ];
    const kept = inOrder(addTo(before, now));
    expect(kept.map(({ goal, part, status }) => `${goal} ${part} ${status}`)).toEqual([
      ...["P1 a met", "F3 1k missed", "F3 5k met"],
    ]);
  });

  it("forgets that nothing of a goal could be measured as soon as something was", () => {
    const before = [
      finding("P6", "FAILED", { part: "all" }),
      finding("P12", "FAILED", { part: "all" }),
    ];
    const kept = inOrder(addTo(before, [finding("P6", "met", { part: "E1" })]));
    expect(kept.map(({ goal, part }) => `${goal} ${part}`)).toEqual(["P6 E1", "P12 all"]);
  });

  it("numbers have commas", () => {
    expect([7, 1_000, 1_234_567].map(count)).toEqual(["7", "1,000", "1,234,567"]);
  });
});

describe("measurements", () => {
  it("of evaluators give a figure for every entry at a size, with hash and anchors", () => {
    const { context, found } = contextFor(["F3", "F7"], [60]);
    evaluators.measure(context);
    expect(found.map(({ goal }) => goal)).toEqual(["F3", "F7"]);
    for (const { figure, hash, visits, e0Draws, bar } of found) {
      expect(figure).toBeGreaterThan(0);
      expect(hash).toMatch(/^[0-9a-f]{8}$/);
      expect(visits).toBeGreaterThan(0);
      expect(e0Draws).toBeGreaterThan(0);
      expect(bar).toBeUndefined(); // none at that size
    }
  }, 60_000);

  it("of equality compare every pattern, and a thousand applications", () => {
    const all = comparisons(false);
    const patterns = new Set(all.map(({ options }) => options.pattern ?? "churn"));
    expect([...patterns].sort()).toEqual(["churn", "fill", "preemption", "rolling"]);
    expect(all.some(({ options }) => options.apps === 1_000)).toBe(true);
    expect(all.some(({ goal, options }) => goal === "F1" && options.keepsMatches !== false)).toBe(
      false,
    );
    expect(equality.goals).toEqual(["P1", "F1"]);
  });

  it("of the recorded backlogs decide alike under both evaluators", () => {
    for (const name of ["plain", "zone-spread", "anti-affinity"] as const) {
      const [fused, indexed] = (["fused", "indexed"] as const).map((evaluator) =>
        decideBacklog(name, 120, 120, evaluator),
      );
      expect(indexed!.hash).toBe(fused!.hash);
      expect(indexed!.cpuUs).toBeGreaterThan(0);
    }
  });
});

describe("a census of memory", () => {
  class Holder {
    readonly column = new Float64Array(100);
    readonly list = [1, 2, 3];
    readonly inner: { readonly bytes: Uint8Array } = { bytes: new Uint8Array(7) };
    readonly others = new Map([["a", new Other()]]);
  }
  class Other {
    readonly values = new Uint16Array(5);
  }

  it("counts columns and lists of numbers by the class that owns them", () => {
    const census = censusOf({ one: new Holder(), two: new Holder() });
    expect(census.get("Holder")).toMatchObject({ bytes: 2 * (800 + 24 + 7) });
    expect(census.get("Holder")!.instances).toHaveLength(2);
    expect(census.get("Other")!.bytes).toBe(20);
    expect(totalBytes(census)).toBe(2 * (831 + 10));
  });

  it("counts a column once, and nothing that was seen before", () => {
    const column = new Uint8Array(64);
    const views = { column, part: new Uint8Array(column.buffer, 8, 8) };
    expect(totalBytes(censusOf(views))).toBe(64);
    expect(totalBytes(censusOf(views, new Set([column, column.buffer])))).toBe(0);
  });

  it("what is kept is still there after a collection, garbage is not", () => {
    const before = settledBytes();
    const kept = new Float64Array(1_000_000);
    expect(settledBytes() - before).toBeGreaterThan(7_000_000);
    expect(kept.length).toBe(1_000_000);
  });
});
