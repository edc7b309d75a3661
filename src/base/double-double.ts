// Numbers as unevaluated sums of two doubles, good to about 106 bits.
//
// The workshop of exact-math.ts: it uses + - * / and Math.sqrt only, which IEEE 754 fixes to the
// last bit, so results are the same on every engine. No fused operations, no platform functions.

/** The value `high + low`, where `low` is below half a unit in the last place of `high`. */
export interface DoubleDouble {
  readonly high: number;
  readonly low: number;
}

/** Splits a double into two halves of 26 bits (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;

/** The rounding error of the floating-point sum `sum = a + b`, exactly (Knuth). */
export function sumError(a: number, b: number, sum: number): number {
  const rounded = sum - a;
  return a - (sum - rounded) + (b - rounded);
}

/**
 * The rounding error of the floating-point product `product = a * b`, exactly (Dekker), as long as
 * no operand exceeds 2 ** 995 and the product is not near the subnormal range.
 */
export function productError(a: number, b: number, product: number): number {
  const aScaled = a * SPLITTER;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * SPLITTER;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** A double as a double-double. */
export function doubleDouble(high: number, low = 0): DoubleDouble {
  const sum = high + low;
  return { high: sum, low: sumError(high, low, sum) };
}

/** `a + b`. */
function addDoubles(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const high = a.high + b.high;
  const low = sumError(a.high, b.high, high);
  return doubleDouble(high, low + (a.low + b.low));
}

/** `a * b`. */
export function multiplyDoubles(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const high = a.high * b.high;
  const low = productError(a.high, b.high, high);
  return doubleDouble(high, low + (a.high * b.low + a.low * b.high));
}

/** `a / b`. */
export function divideDoubles(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a.high / b.high;
  const rest = addDoubles(a, multiplyDoubles(b, doubleDouble(-first)));
  const second = rest.high / b.high;
  const last = addDoubles(rest, multiplyDoubles(b, doubleDouble(-second)));
  return addDoubles(doubleDouble(first, second), doubleDouble(last.high / b.high));
}

/** The square root of `a`, which is positive. */
export function squareRootOfDoubles(a: DoubleDouble): DoubleDouble {
  const first = doubleDouble(Math.sqrt(a.high));
  const square = multiplyDoubles(first, first);
  const rest = addDoubles(a, { high: -square.high, low: -square.low });
  return addDoubles(first, doubleDouble(rest.high / (2 * first.high)));
}

/** Twice the inverse hyperbolic tangent of `t`, which is ln((1 + t) / (1 - t)), for |t| <= 1/3. */
export function logarithmSeries(t: DoubleDouble): DoubleDouble {
  const square = multiplyDoubles(t, t);
  let power = t;
  let sum = t;
  for (let odd = 3; odd <= 71; odd += 2) {
    power = multiplyDoubles(power, square);
    sum = addDoubles(sum, divideDoubles(power, doubleDouble(odd)));
  }
  return { high: 2 * sum.high, low: 2 * sum.low };
}
