// Descriptions into laws; refusals; and extreme draws of extreme laws.

import { describe, expect, it } from "vitest";
import { exponential, pareto, uniform } from "../../src/base/distributions.ts";
import { lawFromSpec } from "../../src/base/law-from-spec.ts";
import type { LawName, LawParameter } from "../../src/base/law-specs.ts";
import { LAW_NAMES, LAW_SPECS } from "../../src/base/law-specs.ts";
import { mixture } from "../../src/base/list-laws.ts";

describe("a law from a description", () => {
  it("reads objects, Maps and objects without prototype alike", () => {
    const description = { law: "weibull", shape: 0.7, scale: 3600 };
    const bare: Record<string, unknown> = Object.create(null);
    Object.assign(bare, description);
    for (const value of [description, bare, new Map(Object.entries(description))]) {
      const { law } = lawFromSpec(value);
      expect(law?.name).toBe("weibull");
      expect(law?.quantile?.(0.5)).toBe(lawFromSpec(description).law?.quantile?.(0.5));
    }
  });

  it("reads mixtures of laws", () => {
    const { law } = lawFromSpec({
      law: "mixture",
      laws: [
        { law: "constant", value: 1 },
        { law: "mixture", laws: [{ law: "constant", value: 5 }] },
      ],
      weights: [1, 3],
    });
    expect(law?.mean()).toBe(4);
    expect(law?.variance()).toBe(3);
  });

  const nested = (depth: number): unknown =>
    depth === 0 ? { law: "constant", value: 1 } : { law: "mixture", laws: [nested(depth - 1)] };

  it.each<[unknown, (string | number)[], RegExp]>([
    [7, [], /must be a map/],
    [null, [], /must be a map/],
    [[], [], /must be a map/],
    [{}, ["law"], /one of constant, uniform/],
    [{ law: "normal" }, ["law"], /one of constant/],
    [{ law: "constructor" }, ["law"], /one of constant/],
    [{ law: "weibull", shape: 1 }, [], /by shape, scale; or by shape, mean/],
    [{ law: "exponential", mean: 1, rate: 1 }, [], /by mean; or by rate/],
    [{ law: "exponential", mean: 1, colour: 1 }, [], /by mean; or by rate/],
    [{ law: "exponential", mean: 0 }, ["mean"], /from 1e-12 to 1000000000000000, not 0/],
    [{ law: "exponential", mean: -1 }, ["mean"], /not -1/],
    [{ law: "exponential", rate: 0 }, ["rate"], /not 0/],
    [{ law: "exponential", rate: 1e300 }, ["rate"], /not 1e\+300/],
    [{ law: "exponential", rate: 1e-300 }, ["rate"], /not 1e-300/],
    [{ law: "exponential", mean: Number.NaN }, ["mean"], /not NaN/],
    [{ law: "exponential", mean: Number.POSITIVE_INFINITY }, ["mean"], /not Infinity/],
    [{ law: "exponential", mean: "5" }, ["mean"], /not "5"/],
    [{ law: "exponential", mean: { a: 1 } }, ["mean"], /not a list or map/],
    [{ law: "uniform", min: 2, max: 1 }, [], /min 2 is above max 1/],
    [{ law: "pareto", shape: 1, scale: 1 }, [], /shape 1 has no mean: give max/],
    [{ law: "pareto", shape: 2, scale: 5, max: 5 }, [], /max 5 must be above scale 5/],
    [{ law: "zipf", exponent: 1, count: 2.5 }, ["count"], /whole number from 1 to 1000000/],
    [{ law: "zipf", exponent: 1, count: 1e9 }, ["count"], /not 1000000000/],
    [{ law: "empirical", values: [] }, ["values"], /1 to 1000000 members/],
    [{ law: "empirical", values: "12" }, ["values"], /must be a list/],
    [{ law: "empirical", values: [1, "x"] }, ["values", 1], /not "x"/],
    [{ law: "empirical", values: [1, 2], weights: [1] }, [], /1 weights for 2 members/],
    [{ law: "empirical", values: [1], weights: [0] }, [], /at least one weight/],
    [{ law: "empirical", values: [1, 2], weights: [1, -1] }, ["weights", 1], /not -1/],
    [
      {
        law: "mixture",
        laws: [
          { law: "constant", value: 1 },
          { law: "gamma", shape: 0, scale: 1 },
        ],
      },
      ["laws", 1, "shape"],
      /from 0.01/,
    ],
    [nested(9), Array(9).fill(["laws", 0]).flat(), /nested/],
  ])("%j is refused, with the place and what to change", (description, path, message) => {
    const { law, faults } = lawFromSpec(description);
    expect(law).toBeUndefined();
    expect(faults?.map((fault) => fault.path)).toContainEqual(path);
    expect(faults?.map((fault) => fault.message).join("\n")).toMatch(message);
  });

  it("constructors refuse the same parameters with a RangeError", () => {
    expect(() => exponential({ mean: 0 })).toThrow(RangeError);
    expect(() => uniform({ min: 2, max: 1 })).toThrow(/min 2 is above max 1/);
    expect(() => pareto({ shape: 0.9, scale: 1 })).toThrow(/has no mean/);
    expect(() => mixture({ laws: [] })).toThrow(/members/);
    expect(() => exponential({} as { mean: number })).toThrow(/not described by/);
  });
});

/** Every combination of the ends of the ranges of a form's parameters. */
function corners(form: readonly LawParameter[]): Record<string, unknown>[] {
  let descriptions: Record<string, unknown>[] = [{}];
  for (const parameter of form) {
    const { name, kind, min, max, isOptional } = parameter;
    const values: unknown[] =
      kind === "laws"
        ? [
            [
              { law: "constant", value: 1 },
              { law: "exponential", mean: 1e15 },
            ],
          ]
        : kind === "numbers"
          ? [[min, max]]
          : [min, max, kind === "integer" ? 2 : Math.min(max, 2 * Math.max(min, 0.7))];
    if (isOptional) values.push(undefined);
    descriptions = descriptions.flatMap((description) =>
      values.map((value) => ({ ...description, [name]: value })),
    );
  }
  return descriptions;
}

describe("the catalogue of laws", () => {
  it("has every law once, under its own name", () => {
    expect(Object.keys(LAW_SPECS)).toEqual([...LAW_NAMES]);
    for (const name of LAW_NAMES) expect(LAW_SPECS[name].name).toBe(name);
  });

  const UNITS = [2 ** -53, 2 ** -30, 0.01, 0.5, 0.99, 1 - 2 ** -30, 1 - 2 ** -53];

  it.each(LAW_NAMES)("%s: extreme draws at the ends of its ranges are finite", (name: LawName) => {
    let accepted = 0;
    for (const form of LAW_SPECS[name].forms) {
      for (const parameters of corners(form)) {
        const { law, faults } = lawFromSpec({ law: name, ...parameters });
        if (law === undefined) {
          // Only relations between parameters may refuse what is in range.
          expect(faults.every((fault) => fault.path.length === 0)).toBe(true);
          continue;
        }
        accepted++;
        const where = JSON.stringify(parameters);
        expect(Number.isFinite(law.mean()), `mean of ${where}`).toBe(true);
        expect(law.variance(), `variance of ${where}`).toBeGreaterThanOrEqual(0);
        let previous = Number.NEGATIVE_INFINITY;
        for (const unit of UNITS) {
          const value = law.sample((k) => (k === 0 ? unit : 0.5));
          expect(Number.isFinite(value), `${unit} of ${where}`).toBe(true);
          expect(value, where).toBeGreaterThanOrEqual(law.lowest);
          expect(value, where).toBeLessThanOrEqual(law.highest);
          if (name !== "mixture") expect(value, where).toBeGreaterThanOrEqual(previous);
          previous = value;
          const probability = law.cdf(value);
          expect(probability >= 0 && probability <= 1, `cdf of ${where}`).toBe(true);
        }
        expect(law.cdf(Number.POSITIVE_INFINITY), where).toBeCloseTo(1, 12);
      }
    }
    expect(accepted).toBeGreaterThan(0);
  });
});
