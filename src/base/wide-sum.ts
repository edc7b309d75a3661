// Exact integer totals beyond 2 ** 53: byte-seconds over a year, memory over a large cluster.
//
// Two limbs of doubles instead of BigInt, because totals are updated on every event; converted
// once, for display. Integers only: measures that are not integers have no place here.

import { AssertionError, assert } from "./assert.ts";

// value = upper * 2 ** 48 + lower, with 0 <= lower < 2 ** 48. `upper` is a safe integer, so totals
// reach 2 ** 101, about 2.5e30.
const LIMB = 2 ** 48;
const HALF_LIMB = 2 ** 24;

/** A mutable exact integer between about -2.5e30 and 2.5e30. */
export class WideInt {
  private upper = 0;
  private lower = 0;

  /** Adds a safe integer. */
  add(value: number): void {
    if (!Number.isSafeInteger(value)) {
      throw new AssertionError(`Not a safe integer: ${value}`);
    }
    const upper = Math.floor(value / LIMB);
    this.addLimbs(upper, value - upper * LIMB);
  }

  /** Takes a safe integer away. */
  subtract(value: number): void {
    this.add(-value);
  }

  /** Adds `a * b` of two safe integers, exactly: an amount times the time it was held. */
  addProduct(a: number, b: number): void {
    if (!Number.isSafeInteger(a)) {
      throw new AssertionError(`Not a safe integer: ${a}`);
    }
    if (!Number.isSafeInteger(b)) {
      throw new AssertionError(`Not a safe integer: ${b}`);
    }
    const product = a * b;
    if (Number.isSafeInteger(product)) {
      this.add(product);
      return;
    }
    this.addLargeProduct(Math.abs(a), Math.abs(b), a < 0 === b < 0);
  }

  /** Adds another total. */
  addWide(other: WideInt): void {
    this.addLimbs(other.upper, other.lower);
  }

  /** Takes another total away. */
  subtractWide(other: WideInt): void {
    this.addLimbs(-other.upper, -other.lower);
  }

  /** Makes it 0 again. */
  clear(): void {
    this.upper = 0;
    this.lower = 0;
  }

  /** An independent copy. */
  copy(): WideInt {
    const twin = new WideInt();
    twin.addWide(this);
    return twin;
  }

  /** Negative, 0 or positive as this total is below, equal to or above `other`. */
  compare(other: WideInt): number {
    return this.upper - other.upper || this.lower - other.lower;
  }

  /** The nearest double; exact up to 2 ** 53. */
  toNumber(): number {
    return this.upper * LIMB + this.lower; // both parts are exact, so this rounds once
  }

  /** The exact value as decimal digits. */
  toDecimalText(): string {
    return this.toBigInt().toString();
  }

  /** The nearest double of this total divided by `divisor`, a positive safe integer. */
  dividedBy(divisor: number): number {
    if (!Number.isSafeInteger(divisor)) {
      throw new AssertionError(`Not a safe integer: ${divisor}`);
    }
    if (!(divisor > 0)) {
      throw new AssertionError(`Cannot divide a total by ${divisor}`);
    }
    return nearestQuotient(this.toBigInt(), BigInt(divisor));
  }

  /** The exact value. */
  toBigInt(): bigint {
    return BigInt(this.upper) * BigInt(LIMB) + BigInt(this.lower);
  }

  /** Schoolbook multiplication of 53-bit factors in limbs of 24 bits, every part below 2 ** 53. */
  private addLargeProduct(a: number, b: number, isPositive: boolean): void {
    const aUpper = Math.floor(a / HALF_LIMB);
    const aLower = a - aUpper * HALF_LIMB;
    const bUpper = Math.floor(b / HALF_LIMB);
    const bLower = b - bUpper * HALF_LIMB;
    const cross1 = aUpper * bLower;
    const cross2 = aLower * bUpper;
    const carry1 = Math.floor(cross1 / HALF_LIMB);
    const carry2 = Math.floor(cross2 / HALF_LIMB);
    const crossLower = cross1 - carry1 * HALF_LIMB + (cross2 - carry2 * HALF_LIMB);
    const high = aUpper * bUpper; // in units of 2 ** 48
    if (!(high <= Number.MAX_SAFE_INTEGER)) {
      throw new AssertionError(`${a} * ${b} is beyond every total`);
    }
    const sign = isPositive ? 1 : -1;
    this.addLimbs(sign * (high + carry1 + carry2), 0);
    this.add(sign * aLower * bLower);
    const crossUpper = Math.floor(crossLower / HALF_LIMB);
    this.addLimbs(sign * crossUpper, sign * (crossLower - crossUpper * HALF_LIMB) * HALF_LIMB);
  }

  /** Adds `upper` * 2 ** 48 + `lower` for |lower| < 2 ** 52 and carries. */
  private addLimbs(upper: number, lower: number): void {
    const sum = this.lower + lower;
    const carry = Math.floor(sum / LIMB);
    this.lower = sum - carry * LIMB;
    this.upper += upper + carry;
    assert(Number.isSafeInteger(this.upper), "A total left the range of ±2.5e30");
  }
}

/** `dividend / divisor` rounded to nearest, ties to even, for results in the range of integers. */
function nearestQuotient(dividend: bigint, divisor: bigint): number {
  // Enough fraction bits that the rest only decides ties; the sticky bit remembers it.
  const shift = 128n;
  const scaled = (dividend < 0n ? -dividend : dividend) << shift;
  const quotient = scaled / divisor;
  const sticky = scaled % divisor === 0n ? 0n : 1n;
  const size = Number((quotient << 1n) | sticky) * 2 ** -129;
  return dividend < 0n ? -size : size;
}
