// A Kubernetes quantity: an exact decimal number with the format it is printed in.
//
// Upstream keeps two representations, and the difference shows when integers overflow: *small* is a
// 64-bit integer times a power of ten, *big* is an unbounded decimal. Both are kept here, with the
// wraps of the real code (Q6), because recorded decisions contain them. The hot path of the
// simulator never meets this class: it works on the integers of ResourceList.

import { formatCanonical } from "./canonical-text.ts";
import type { QuantityFormat } from "./quantity-suffix.ts";

const INT64_MAX = 9223372036854775807n;
const INT64_MIN = -9223372036854775808n;
/** Powers of ten that upstream multiplies with wrap-around; any other overflowing power gives 0. */
const WRAPPING_POWERS: readonly number[] = [1, 2, 3, 6, 9];

/** An exact number with its printing format. Immutable; create it with `parseQuantity` or `quantityOf`. */
export class Quantity {
  /** The number is unscaled x 10^scale. */
  readonly unscaled: bigint;
  readonly scale: number;
  /** True for upstream's unbounded decimal form; matters only when integers overflow. */
  readonly isBig: boolean;
  readonly format: QuantityFormat;
  private readonly sourceText: string | undefined;

  constructor(
    unscaled: bigint,
    scale: number,
    isBig: boolean,
    format: QuantityFormat,
    sourceText?: string,
  ) {
    this.unscaled = unscaled;
    this.scale = scale;
    this.isBig = isBig;
    this.format = format;
    this.sourceText = sourceText;
  }

  /** -1, 0 or 1. */
  get sign(): -1 | 0 | 1 {
    if (this.unscaled === 0n) return 0;
    return this.unscaled > 0n ? 1 : -1;
  }

  /** Go's Value(): the number rounded away from zero, with upstream's silent 64-bit wraps (Q4, Q6). */
  value(): bigint {
    return this.scaledInteger(0);
  }

  /** Go's MilliValue(): 1,000 times the number, rounded and wrapped likewise. */
  milliValue(): bigint {
    return this.scaledInteger(-3);
  }

  /** Go's AsInt64(): the integer when the small form holds one within 64 bits, else undefined. */
  asInt64(): bigint | undefined {
    if (this.isBig || this.scale < 0) return undefined;
    if (this.unscaled === 0n) return 0n;
    if (this.scale > 18) return undefined;
    const product = this.unscaled * 10n ** BigInt(this.scale);
    return isInt64(product) ? product : undefined;
  }

  /** Go's AsApproximateFloat64(): nearest doubles of mantissa and power, multiplied once, uncorrected. */
  approxFloat64(): number {
    const base = Number(this.unscaled);
    return this.scale === 0 || base === 0 ? base : base * Number(`1e${this.scale}`);
  }

  /** The canonical form (Q5), whatever the source said: equal numbers of one format print alike. */
  canonical(): string {
    return formatCanonical(this.unscaled, this.scale, this.format);
  }

  /** What Go's String() prints: the source text while it is kept, else the canonical form (Q5). */
  toString(): string {
    return this.sourceText ?? this.canonical();
  }

  /** Exact order of the numbers; texts and formats play no role. */
  compare(other: Quantity): -1 | 0 | 1 {
    const scale = Math.min(this.scale, other.scale);
    const a = this.unscaled * 10n ** BigInt(this.scale - scale);
    const b = other.unscaled * 10n ** BigInt(other.scale - scale);
    if (a === b) return 0;
    return a < b ? -1 : 1;
  }

  /** The exact sum. A zero left side takes the right side's format, otherwise the left one's stays. */
  add(other: Quantity): Quantity {
    const format = this.unscaled === 0n ? other.format : this.format;
    if (!this.isBig && !other.isBig) {
      if (other.unscaled === 0n) return new Quantity(this.unscaled, this.scale, false, format);
      if (this.unscaled === 0n) return new Quantity(other.unscaled, other.scale, false, format);
    }
    const scale = Math.min(this.scale, other.scale);
    const a = this.unscaled * 10n ** BigInt(this.scale - scale);
    const b = other.unscaled * 10n ** BigInt(other.scale - scale);
    const fits = isInt64(a) && isInt64(b) && isInt64(a + b);
    const isBig = this.isBig || other.isBig || !fits;
    return new Quantity(a + b, scale, isBig, format);
  }

  /** The number rounded away from zero to a multiple of 10^-3, as API decoding rounds resource lists (Q3). */
  roundedUpToMilli(): Quantity {
    if (this.scale >= -3) return this;
    const divisor = 10n ** BigInt(-3 - this.scale);
    if (this.unscaled % divisor === 0n && this.sourceText !== undefined) return this;
    return new Quantity(divideAwayFromZero(this.unscaled, divisor), -3, this.isBig, this.format);
  }

  private scaledInteger(targetScale: number): bigint {
    const up = this.scale - targetScale;
    if (this.isBig) return bigScaledInteger(this.unscaled, -up);
    if (up === 0 || this.unscaled === 0n) return this.unscaled;
    if (up < 0) return divideAwayFromZero(this.unscaled, 10n ** BigInt(-up));
    if (up <= 18) {
      const product = this.unscaled * 10n ** BigInt(up);
      if (isInt64(product)) return product;
    }
    if (!WRAPPING_POWERS.includes(up)) return 0n;
    return BigInt.asIntN(64, this.unscaled * 10n ** BigInt(up));
  }
}

/** The quantity of an integer, in the small form. */
export function quantityOf(value: bigint | number, format: QuantityFormat = "DecimalSI"): Quantity {
  return new Quantity(BigInt(value), 0, false, format);
}

/** The quantity of an integer number of thousandths, in the small form. */
export function quantityOfMilli(milliValue: bigint | number): Quantity {
  return new Quantity(BigInt(milliValue), -3, false, "DecimalSI");
}

/** The number zero. */
export const ZERO_QUANTITY: Quantity = quantityOf(0n);

/** True when the integer fits in signed 64 bits. */
export function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

/** unscaled x 10^-digits as upstream's big form reads it out, wraps included (Q6). */
function bigScaledInteger(unscaled: bigint, digits: number): bigint {
  const low = BigInt.asIntN(64, unscaled);
  if (digits === 0) return low;
  if (digits < 0) return BigInt.asIntN(64, low * 10n ** BigInt(Math.min(-digits, 64)));
  const divisor = 10n ** BigInt(digits);
  if (unscaled >= INT64_MAX) return BigInt.asIntN(64, divideAwayFromZero(unscaled, divisor));
  return low / divisor + (low % divisor === 0n ? 0n : 1n);
}

function divideAwayFromZero(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (value % divisor === 0n) return quotient;
  return value > 0n ? quotient + 1n : quotient - 1n;
}
