// exp, ln, log1p and pow to the same last bit on every engine.
//
// The platform's versions differ between engines and releases, so one draw would differ and every
// later event with it. These use + - * / and square roots only, carry about 68 bits where it
// matters, and stay below 0.51 units in the last place (0.76 where results are subnormal); tests
// hold them against exact integers. Constants are computed at first use, not copied from a table.
//
// Method. ln: split off the power of two, divide by the nearest 64th, sum the series of
// 2 atanh(s) with |s| below 0.0056. exp: split off the nearest 64th of a power of two, sum the
// Taylor series for |r| below 0.0055. pow: exp of the exponent times the two-part logarithm.

import { doubleFromWords, highWord, lowWord } from "./double-bits.ts";
import type { DoubleDouble } from "./double-double.ts";
import {
  divideDoubles,
  doubleDouble,
  logarithmSeries,
  multiplyDoubles,
  productError,
  squareRootOfDoubles,
  sumError,
} from "./double-double.ts";

const PARTS = 64;
const LN_2 = logarithmSeries(divideDoubles(doubleDouble(1), doubleDouble(3)));
const LN_2_PART_HIGH = LN_2.high / PARTS;
const LN_2_PART_LOW = LN_2.low / PARTS;
const PARTS_PER_UNIT = PARTS / LN_2.high;

// ln(index / 64) for the mantissas that occur, from sqrt(1/2) to sqrt(2).
const LN_INDEX_MIN = 45;
const LN_INDEX_MAX = 91;
const LN_HIGH = new Float64Array(LN_INDEX_MAX + 1);
const LN_LOW = new Float64Array(LN_INDEX_MAX + 1);

// 2 ** (index / 64) for the fractions of a power of two.
const ROOT_HIGH = new Float64Array(PARTS);
const ROOT_LOW = new Float64Array(PARTS);

const EXP_ARGUMENT_MAX = 710; // beyond: infinity
const EXP_ARGUMENT_MIN = -746; // beyond: zero
const NEGLIGIBLE = 2 ** -54; // relative to 1
const SUBNORMAL_SCALE = 2 ** 54;
const SQRT_HALF_HIGH_WORD = 0x3fe6a09e; // upper bits of sqrt(1/2)

// Most commands and many runs draw nothing: the tables are filled when the first of them is read.
let hasTables = false;

// The second part of the logarithm last computed by `logarithm`, whose result is the first part.
let lnLow = 0;

/** e to the power `x`. Infinity above 709.78, 0 below -745.13, NaN for NaN. */
export function exp(x: number): number {
  if (!(Math.abs(x) >= NEGLIGIBLE)) return 1 + x; // NaN comes here too
  return exponential(x, 0);
}

/** The natural logarithm of `x`. -Infinity at 0, NaN below 0. */
export function ln(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x > 0 ? Infinity : Number.NaN;
  if (x < 2 ** -1022) return logarithm(x * SUBNORMAL_SCALE, 0, -54) + lnLow;
  return logarithm(x, 0, 0) + lnLow;
}

/** ln(1 + `x`), exact near 0 where 1 + x would lose x. -Infinity at -1, NaN below -1. */
export function log1p(x: number): number {
  if (Math.abs(x) < NEGLIGIBLE) return x; // keeps -0
  if (!(x > -1 && x < Infinity)) return x === -1 ? -Infinity : x > 0 ? Infinity : Number.NaN;
  const sum = 1 + x;
  return logarithm(sum, sumError(1, x, sum), 0) + lnLow;
}

/**
 * `base` to the power `exponent` with the special values of IEEE 754: 1 for exponent 0 and for
 * base 1, even beside NaN (ECMAScript's own power gives NaN for base 1 beside NaN or infinity).
 */
export function pow(base: number, exponent: number): number {
  if (exponent === 0 || base === 1) return 1;
  if (Number.isNaN(base) || Number.isNaN(exponent)) return Number.NaN;
  const isOdd = isOddInteger(exponent);
  const size = Math.abs(base);
  const sign = isOdd && (base < 0 || Object.is(base, -0)) ? -1 : 1;
  if (!Number.isFinite(exponent)) {
    if (size === 1) return 1;
    return size > 1 === exponent > 0 ? Infinity : 0;
  }
  if (size === 0 || size === Infinity) {
    return sign * ((size === 0) === exponent < 0 ? Infinity : 0);
  }
  if (base < 0 && !Number.isInteger(exponent)) return Number.NaN;
  return sign * positivePower(size, exponent);
}

/** `size` ** `exponent` for finite positive `size` and finite non-zero `exponent`. */
function positivePower(size: number, exponent: number): number {
  const isSubnormal = size < 2 ** -1022;
  const high = logarithm(isSubnormal ? size * SUBNORMAL_SCALE : size, 0, isSubnormal ? -54 : 0);
  const low = lnLow;
  const product = exponent * high;
  if (product > EXP_ARGUMENT_MAX) return Infinity;
  if (product < EXP_ARGUMENT_MIN) return 0;
  if (Math.abs(product) < NEGLIGIBLE) return 1 + product;
  return exponential(product, productError(exponent, high, product) + exponent * low);
}

/**
 * The logarithm of (`x` + `low`) * 2 ** `shift` for normal positive `x` with `low` at most half a
 * unit in its last place: returns the first part and leaves the second in `lnLow`.
 */
function logarithm(x: number, low: number, shift: number): number {
  if (!hasTables) fillTables();
  // Mantissa from sqrt(1/2) to sqrt(2), so that the logarithm near 1 has exponent 0.
  const high = highWord(x);
  const offset = (high + (0x3ff00000 - SQRT_HALF_HIGH_WORD)) | 0;
  const exponent = (offset >> 20) - 0x3ff;
  const m = doubleFromWords((offset & 0x000fffff) + SQRT_HALF_HIGH_WORD, lowWord(x));
  const mLow = low === 0 ? 0 : low * powerOfTwo(-exponent);

  // s = (m - f) / (m + f) in two parts, f the nearest 64th.
  const index = Math.round(m * PARTS);
  const f = index / PARTS;
  const difference = m - f; // exact
  const above = difference + mLow;
  const aboveLow = sumError(difference, mLow, above);
  const below = m + f;
  const belowLow = sumError(m, f, below) + mLow;
  const s = above / below;
  const product = s * below;
  const rest = above - product - productError(s, below, product) + (aboveLow - s * belowLow);
  const sLow = rest / below;

  // 2 atanh(s) = 2s + (2/3)s^3 + …; terms after the first need no second part.
  const z = s * s;
  const series = s * z * (2 / 3 + z * (2 / 5 + z * (2 / 7 + z * (2 / 9 + z * (2 / 11)))));
  const tail = 2 * sLow + series;

  // exponent * ln 2 + ln f + 2s + tail, largest first.
  const scale = exponent + shift;
  const powerHigh = scale * LN_2.high;
  const powerLow = productError(scale, LN_2.high, powerHigh) + scale * LN_2.low;
  const table = LN_HIGH[index]!;
  const first = powerHigh + table;
  const firstLow = sumError(powerHigh, table, first);
  const second = first + 2 * s;
  const secondLow = sumError(first, 2 * s, second);
  const remainder = secondLow + (firstLow + (powerLow + LN_LOW[index]!) + tail);
  const result = second + remainder;
  lnLow = sumError(second, remainder, result);
  return result;
}

/** e ** (`x` + `low`), rounded once (twice where the result is subnormal). */
function exponential(x: number, low: number): number {
  if (!hasTables) fillTables();
  if (x > EXP_ARGUMENT_MAX) return Infinity;
  if (x < EXP_ARGUMENT_MIN) return 0;
  const parts = Math.round(x * PARTS_PER_UNIT);
  const removed = parts * LN_2_PART_HIGH;
  const difference = x - removed; // exact: the two are close
  const correction = low - productError(parts, LN_2_PART_HIGH, removed) - parts * LN_2_PART_LOW;
  const r = difference + correction;
  const rLow = sumError(difference, correction, r);
  const tail =
    r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r / 5040)))));
  const grown = r + (rLow + tail); // e ** r - 1
  const index = parts & (PARTS - 1);
  const root = ROOT_HIGH[index]!;
  const result = root + (ROOT_LOW[index]! + root * grown);
  return scaleByPowerOfTwo(result, (parts - index) / PARTS);
}

/** `value` * 2 ** `exponent`, rounded once, for values from 1 to 2. */
function scaleByPowerOfTwo(value: number, exponent: number): number {
  if (exponent > 1023) return value * 2 * powerOfTwo(exponent - 1);
  if (exponent >= -1022) return value * powerOfTwo(exponent);
  return value * powerOfTwo(exponent + 200) * 2 ** -200;
}

/** 2 ** `exponent` for -1022 <= exponent <= 1023. */
function powerOfTwo(exponent: number): number {
  return doubleFromWords((exponent + 1023) << 20, 0);
}

function isOddInteger(value: number): boolean {
  return Math.abs(value) < 2 ** 53 && Math.abs(value % 2) === 1;
}

function fillTables(): void {
  hasTables = true;
  for (let index = LN_INDEX_MIN; index <= LN_INDEX_MAX; index++) {
    if (index === PARTS) continue; // ln 1 is exactly 0
    const t = divideDoubles(doubleDouble(index - PARTS), doubleDouble(index + PARTS));
    const logarithmOfIndex = logarithmSeries(t);
    LN_HIGH[index] = logarithmOfIndex.high;
    LN_LOW[index] = logarithmOfIndex.low;
  }
  let root: DoubleDouble = doubleDouble(2);
  for (let bit = PARTS; bit > 1; bit /= 2) root = squareRootOfDoubles(root);
  let power: DoubleDouble = doubleDouble(1);
  for (let index = 0; index < PARTS; index++) {
    ROOT_HIGH[index] = power.high;
    ROOT_LOW[index] = power.low;
    power = multiplyDoubles(power, root);
  }
}
