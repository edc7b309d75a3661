import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WideInt } from "../../src/base/wide-sum.ts";

const size = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.constantFrom(0, 1, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 48, 2 ** 48 - 1, -(2 ** 48), 2 ** 24),
);

describe("exact totals beyond 2^53", () => {
  it("agree with BigInt under any additions, products and differences", () => {
    const step = fc.record({ kind: fc.nat({ max: 4 }), a: size, b: fc.integer(), c: size });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1 }), (steps, divisor) => {
        const total = new WideInt();
        const other = new WideInt();
        let model = 0n;
        let otherModel = 0n;
        for (const { kind, a, b, c } of steps) {
          if (kind === 0) {
            total.add(a);
            model += BigInt(a);
          } else if (kind === 1) {
            total.addProduct(a, b);
            model += BigInt(a) * BigInt(b);
          } else if (kind === 2) {
            other.addProduct(b, c);
            otherModel += BigInt(b) * BigInt(c);
          } else if (kind === 3) {
            total.addWide(other);
            model += otherModel;
          } else {
            total.subtractWide(other);
            total.subtract(c);
            model -= otherModel + BigInt(c);
          }
          expect(total.toBigInt()).toBe(model);
          expect(total.toDecimalText()).toBe(model.toString());
          expect(total.toNumber()).toBe(Number(model));
          const order = total.compare(other);
          expect(order < 0).toBe(model < otherModel);
          expect(order > 0).toBe(model > otherModel);
        }
        expect(total.copy().toBigInt()).toBe(model);
        const quotient = total.dividedBy(divisor);
        // 200 fraction bits, so that cutting them off is far below the last bit of a small quotient.
        const exact = (model * 2n ** 200n) / BigInt(divisor);
        expect(Math.abs(Number(exact) * 2 ** -200 - quotient)).toBeLessThanOrEqual(
          Math.abs(quotient) * 2 ** -51,
        );
      }),
    );
  });

  it("divides a small total by a large divisor to the last bit", () => {
    const total = new WideInt();
    total.add(-1);
    expect(total.dividedBy(735_467_414)).toBe(-1 / 735_467_414);
  });

  it("holds the memory of 15,000 nodes of 4 TiB, and a year of it in byte-microseconds", () => {
    const memory = new WideInt();
    for (let node = 0; node < 15_000; node++) memory.add(4 * 2 ** 40);
    expect(memory.toDecimalText()).toBe("65970697666560000");
    const held = new WideInt();
    const yearUs = 31_536_000_000_000;
    for (let node = 0; node < 15_000; node++) held.addProduct(4 * 2 ** 40, yearUs);
    expect(held.toBigInt()).toBe(15_000n * 4n * 2n ** 40n * BigInt(yearUs));
    expect(held.dividedBy(yearUs)).toBe(65970697666560000);
  });

  it("refuses fractions, overflow and division by nothing", () => {
    const total = new WideInt();
    expect(() => total.add(0.5)).toThrow(/safe integer/);
    expect(() => total.addProduct(2 ** 53, 1)).toThrow(/safe integer/);
    expect(() => total.addProduct(2 ** 53 - 1, 2 ** 53 - 1)).toThrow(/beyond every total/);
    expect(() => total.dividedBy(0)).toThrow(/divide/);
    for (let step = 0; step < 4; step++) total.addProduct(2 ** 49, 2 ** 49 - 1);
    expect(() => {
      for (let doubling = 0; doubling < 10; doubling++) total.addWide(total);
    }).toThrow(/range/);
  });
});
