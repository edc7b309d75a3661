// Claims about the parts of a sweep that need no run: values, combinations, rows of what is there.

import { describe, expect, it } from "vitest";
import {
  type CellResult,
  listCombinations,
  splitValues,
  sweepCells,
  sweepCellsOf,
  type SweepPlan,
} from "../../../src/experiment/index.ts";

describe("the values of a parameter", () => {
  it.each([
    ["1,2,3", ["1", "2", "3"]],
    [" a , b ", ["a", "b"]],
    ["[a, b],[c]", ["[a, b]", "[c]"]],
    ["{cpu: 1, memory: 2Gi},{cpu: 2}", ["{cpu: 1, memory: 2Gi}", "{cpu: 2}"]],
    ['"x,y",z', ['"x,y"', "z"]],
    ["", [""]],
  ])("%j", (text, values) => {
    expect(splitValues(text)).toEqual(values);
  });
});

describe("combinations", () => {
  const texts = (...args: Parameters<typeof listCombinations>): string[] =>
    listCombinations(...args).map((one) => [...one].map((pair) => pair.join("=")).join(" "));

  it("are all there, the first parameter slowest", () => {
    const parameters = [
      { path: "a", values: ["1", "2"] },
      { path: "b", values: ["x", "y"] },
    ];
    expect(texts(parameters)).toEqual(["a=1 b=x", "a=1 b=y", "a=2 b=x", "a=2 b=y"]);
  });

  it("of a list stand before those of parameters", () => {
    const listed = [new Map([["a", "1"]]), new Map([["a", "5"]])];
    expect(texts([{ path: "b", values: ["x", "y"] }], listed)).toEqual([
      "a=1 b=x",
      "a=1 b=y",
      "a=5 b=x",
      "a=5 b=y",
    ]);
  });
});

const PLAN: SweepPlan = {
  parameters: ["n"],
  rows: ["1", "2"].map((value) => ({
    values: [value],
    scheduler: "default",
    world: {
      metadata: { name: "w" },
      run: { seed: "1", study: "terminating", warmup: 0 as never, horizon: undefined },
    },
  })),
  varied: ["arrivals"],
  replicationsCount: 6,
  confidence: 0.95,
  measures: [],
};

function result(value: number, more: readonly string[] = []): CellResult {
  const measure = (name: string) => ({
    ...{ measure: name, unit: "us" as const, direction: "lower" as const, value, isThin: false },
  });
  return {
    ...{ end: "drained", fingerprint: `f${value}`, inputHash: "i", podsCreatedCount: 10 },
    ...{ podsPendingAtEndCount: 1, attemptsCount: 4, tiedCount: 1, isUnstable: false },
    measures: ["pending.avg", ...more].map(measure),
  };
}

describe("a sweep's record", () => {
  const results = sweepCellsOf(PLAN).map(({ row, replication }) =>
    result(100 * (row + 1) + replication, row === 1 ? ["utilization.gpu"] : []),
  );

  it("has a row per combination with its own mean and interval", () => {
    const { rows, measures, missingCellsCount } = sweepCells(PLAN, results);
    expect(missingCellsCount).toBe(0);
    expect(measures.map(({ measure }) => measure)).toEqual(["pending.avg", "utilization.gpu"]);
    expect(rows.map(({ estimates }) => estimates[0])).toMatchObject([
      { kind: "interval", value: 102.5, count: 6 },
      { kind: "interval", value: 202.5, count: 6 },
    ]);
    expect(rows[0]!.estimates[1]).toMatchObject({ kind: "absent", reason: "no-values" });
    expect(rows[0]).toMatchObject({ podsCreatedCount: 60, tiedRatio: 0.25 });
  });

  it("counts of a row only the replications before the first missing one, and says so", () => {
    const holes = results.map((one, at) => (at === 5 || at === 7 ? undefined : one));
    const { rows, missingCellsCount } = sweepCells(PLAN, holes);
    expect(missingCellsCount).toBe(2);
    expect(rows.map(({ replicationsCount }) => replicationsCount)).toEqual([5, 1]);
    expect(rows[1]!.estimates[0]).toMatchObject({ kind: "point", reason: "few", value: 200 });
  });
});
