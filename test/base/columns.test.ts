import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Float64Column,
  Int32Column,
  Uint8Column,
  Uint16Column,
  Uint32Column,
} from "../../src/base/columns.ts";

const CASES = [
  { name: "Float64Column", create: Float64Column, low: -1e300, high: 1e300, tooLarge: undefined },
  {
    name: "Int32Column",
    create: Int32Column,
    low: -(2 ** 31),
    high: 2 ** 31 - 1,
    tooLarge: 2 ** 31,
  },
  { name: "Uint32Column", create: Uint32Column, low: 0, high: 2 ** 32 - 1, tooLarge: 2 ** 32 },
  { name: "Uint16Column", create: Uint16Column, low: 0, high: 65_535, tooLarge: 65_536 },
  { name: "Uint8Column", create: Uint8Column, low: 0, high: 255, tooLarge: 256 },
] as const;

describe.each(CASES)("$name", ({ create: Column, low, high, tooLarge }) => {
  it("keeps the values of its whole range while it grows", () => {
    const column = new Column(1);
    for (let row = 0; row < 1_000; row++) expect(column.push(row % 2 ? low : high)).toBe(row);
    expect(column.length).toBe(1_000);
    for (let row = 0; row < 1_000; row++) expect(column.at(row)).toBe(row % 2 ? low : high);
    expect(column.raw.length).toBeGreaterThanOrEqual(1_000);
  });

  it("fills new rows, also after rows were dropped", () => {
    const column = new Column(0, 7);
    column.grow(3);
    column.set(1, 9);
    column.truncate(1);
    column.grow(40);
    expect(Array.from(column.raw.subarray(0, 40))).toEqual(Array(40).fill(7));
    column.grow(2);
    expect(column.length).toBe(40);
    column.clear();
    expect(column.length).toBe(0);
  });

  it("refuses rows that do not exist", () => {
    const column = new Column();
    column.push(1);
    for (const row of [1, -1, 0.5, Number.NaN]) {
      if (row !== 0.5 && row !== -1) expect(() => column.at(row)).toThrow(/Row/);
      if (row !== 0.5 && row !== -1) expect(() => column.set(row, 1)).toThrow(/Row/);
    }
    expect(() => column.truncate(2)).toThrow(/cut/);
  });

  it("refuses values that its cells would silently change", () => {
    if (tooLarge === undefined) return;
    const column = new Column();
    column.push(0);
    for (const value of [tooLarge, low - 1, 0.5, Number.NaN]) {
      expect(() => column.push(value), String(value)).toThrow(/does not fit/);
      expect(() => column.set(0, value), String(value)).toThrow(/does not fit/);
    }
  });
});

it("a column behaves like an array of numbers under any commands", () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), value: fc.integer() }),
    fc.record({ kind: fc.constant("set" as const), value: fc.integer() }),
    fc.record({ kind: fc.constant("grow" as const), value: fc.integer({ min: 0, max: 60 }) }),
    fc.record({ kind: fc.constant("truncate" as const), value: fc.integer({ min: 0, max: 60 }) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const column = new Int32Column(0, -1);
      const model: number[] = [];
      for (const { kind, value } of commands) {
        if (kind === "push") {
          column.push(value);
          model.push(value);
        } else if (kind === "set" && model.length > 0) {
          const row = Math.abs(value) % model.length;
          column.set(row, value);
          model[row] = value;
        } else if (kind === "grow") {
          column.grow(value);
          while (model.length < value) model.push(-1);
        } else if (kind === "truncate") {
          column.truncate(Math.min(value, model.length));
          model.length = Math.min(value, model.length);
        }
        expect(Array.from(column.raw.subarray(0, column.length))).toEqual(model);
      }
    }),
  );
});
