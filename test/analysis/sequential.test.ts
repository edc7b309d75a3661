import { describe, expect, it } from "vitest";
import { normalQuantile, seededStream } from "../../src/base/index.ts";
import { Selection, type SelectionState } from "../../src/analysis/selection.ts";
import { judgeStopping } from "../../src/analysis/stopping.ts";
import { criticalT } from "../../src/analysis/student.ts";

function normals(name: string, count: number, mean = 0, spread = 1): number[] {
  const stream = seededStream(name);
  return Array.from({ length: count }, () => mean + spread * normalQuantile(stream.nextUnit()));
}

describe("the stopping rule", () => {
  const values = normals("stopping", 600, 10, 3);
  const relativeHalfWidth = (count: number): number => {
    const part = values.slice(0, count);
    const mean = part.reduce((sum, value) => sum + value, 0) / count;
    const squares = part.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return (criticalT(0.95, count - 1) * Math.sqrt(squares / (count - 1) / count)) / mean;
  };

  it("stops where the target has held through the look-ahead", () => {
    const state = judgeStopping([{ values }]);
    if (state.kind !== "reached") throw new Error(state.kind);
    const ahead = Math.max(5, Math.ceil(state.reachedAtCount / 20));
    expect(state.count).toBe(state.reachedAtCount + ahead);
    for (let n = state.reachedAtCount; n <= state.count; n++)
      expect(relativeHalfWidth(n)).toBeLessThanOrEqual(0.05);
    expect(relativeHalfWidth(state.reachedAtCount - 1)).toBeGreaterThan(0.05);
  });

  it("answers the same however many replications later workers have finished", () => {
    const state = judgeStopping([{ values }]);
    if (state.kind !== "reached") throw new Error(state.kind);
    for (let given = 0; given < state.count; given++)
      expect(judgeStopping([{ values: values.slice(0, given) }])).toEqual({
        kind: "continue",
        count: given,
      });
    expect(judgeStopping([{ values: values.slice(0, state.count) }])).toEqual(state);
  });

  it("starts the look-ahead again when the target is lost on the way", () => {
    const calm = Array.from({ length: 12 }, (_, at) => 10 + (at % 2) * 0.1);
    const state = judgeStopping([{ values: [...calm, 30, ...normals("calm", 400, 10, 0.1)] }]);
    expect(state.kind === "reached" && state.reachedAtCount > 50).toBe(true);
  });

  it("is capped, and says that the target was not met", () => {
    expect(judgeStopping([{ values: normals("wide", 600, 1, 50) }])).toEqual({
      kind: "capped",
      count: 500,
    });
  });

  it("waits for all measures, takes no fewer than ten, and knows paired differences", () => {
    const equal = Array.from({ length: 40 }, () => 5);
    expect(judgeStopping([{ values: equal }])).toMatchObject({ reachedAtCount: 10, count: 15 });
    expect(judgeStopping([{ values: equal }, { values: equal.slice(0, 12) }])).toEqual({
      kind: "continue",
      count: 12,
    });
    const differences = normals("paired", 40, 0, 0.01); // around 0: only relative to the baseline
    expect(judgeStopping([{ values: differences }]).kind).toBe("continue");
    expect(judgeStopping([{ values: differences, reference: equal }]).kind).toBe("reached");
  });
});

describe("the selection of the best", () => {
  function select(
    means: readonly number[],
    name: string,
    procedure: "KN" | "KN++" = "KN",
    direction: "lower" | "higher" = "lower",
  ): SelectionState & { kind: "selected" } {
    const selection = new Selection(means.length, { indifference: 1, direction, procedure });
    const stream = seededStream(name);
    for (let run = 0; run < 10_000; run++) {
      const world = 5 * normalQuantile(stream.nextUnit()); // common to all
      const state = selection.add(
        means.map((mean) => mean + world + normalQuantile(stream.nextUnit())),
      );
      if (state.kind === "selected") return state;
    }
    throw new Error("no end");
  }

  it("finds the clearly best at the end of the first stage and drops the others there", () => {
    const state = select([30, 10, 40, 50], "clear");
    expect(state).toMatchObject({ best: 1, count: 10 });
    expect(state.eliminated.map(({ alternative }) => alternative)).toEqual([0, 2, 3]);
    expect(select([30, 10, 40, 50], "clear", "KN", "higher").best).toBe(3);
  });

  it.each(["KN", "KN++"] as const)(
    "%s is right at least as often as promised when all others lag by the indifference amount",
    (procedure) => {
      let right = 0;
      for (let run = 0; run < 300; run++)
        if (select([1, 1, 0, 1, 1], `slippage ${run}`, procedure).best === 2) right += 1;
      expect(right / 300).toBeGreaterThan(0.95 - 3 * Math.sqrt((0.95 * 0.05) / 300));
    },
  );

  it("needs fewer replications where one lags far behind, and ends among equals too", () => {
    expect(select([0, 9, 9], "far").count).toBeLessThan(select([0, 0.5, 0.5], "near").count + 1);
    expect(select([0, 0, 0], "equal").kind).toBe("selected");
    const same = new Selection(2, { indifference: 1, direction: "lower" });
    for (let run = 0; run < 9; run++) expect(same.add([3, 3]).kind).toBe("undecided");
    expect(same.add([3, 3])).toMatchObject({ kind: "selected", best: 0 });
  });

  it("keeps to Kim and Nelson's bound, by hand: two alternatives, first stage of ten", () => {
    // eta = (0.1 ** (-2 / 9) - 1) / 2 = 0.334; h2 = 2 * eta * 9 = 6.01; differences of variance 10
    // allow max(0, (6.01 * 10 / d2 - r) d / (2 r)) = 2.51 for d = 1 at r = 10.
    const spread = Math.sqrt(9); // ten values of +-3 have variance 9 * 10 / 9 = 10
    const signs = [1, -1, 1, -1, 1, -1, 1, -1, 1, -1];
    const run = (lead: number): SelectionState => {
      const selection = new Selection(2, { indifference: 1, direction: "higher" });
      let state = selection.state;
      for (const sign of signs) state = selection.add([lead + sign * spread, 0]);
      return state;
    };
    expect(run(2.55).kind).toBe("selected");
    expect(run(2.45).kind).toBe("undecided");
  });
});
