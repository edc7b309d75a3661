// The 607 constants that Go's math/rand starts from, computed rather than copied.
//
// They are the state of its own generator (additive lagged Fibonacci, lags 607 and 273, modulo 2^64)
// after 7.8e12 steps from a seeded start. The recurrence is linear, so that far jump is a power of x
// modulo x^607 - x^334 - 1: 43 squarings of a polynomial, done as products of large integers.

/** Words of the generator's state. */
export const GO_LENGTH = 607;
/** The shorter lag. */
export const GO_TAP = 273;
const STEPS = 7_800_000_000_000n;
const WORD_MASK = (1n << 64n) - 1n;
/** Hex digits per coefficient of a product: 128 bits and the carry of 607 terms. */
const DIGITS = 36;

let constants: readonly bigint[] | undefined;

/** The constants as unsigned 64-bit integers, made at the first call (tens of milliseconds). */
export function goConstants(): readonly bigint[] {
  constants ??= computeConstants();
  return constants;
}

/** One step of the Lehmer generator that seeds the state: 48271 x mod (2^31 - 1) by Schrage's method. */
export function lehmerStep(x: number): number {
  const next = 48271 * (x % 44488) - 3399 * Math.trunc(x / 44488);
  return next < 0 ? next + 2_147_483_647 : next;
}

function computeConstants(): readonly bigint[] {
  const start = startOutputs();
  for (let k = GO_LENGTH; k < 2 * GO_LENGTH; k++) {
    start.push((start[k - GO_LENGTH]! + start[k - GO_TAP]!) & WORD_MASK);
  }
  const jump = powerOfX(STEPS);
  const words = new Array<bigint>(GO_LENGTH);
  for (let k = 0; k < GO_LENGTH; k++) {
    let sum = 0n;
    for (const [power, coefficient] of jump.entries()) sum += coefficient * start[power + k]!;
    words[placeOf(STEPS - BigInt(GO_LENGTH) + BigInt(k + 1))] = sum & WORD_MASK;
  }
  return words;
}

/** The start state as the outputs that would have left it, the oldest first. */
function startOutputs(): bigint[] {
  const words: bigint[] = [];
  let x = 1;
  const next = (): bigint => {
    x = lehmerStep(x);
    return BigInt(x);
  };
  for (let k = 0; k < 20; k++) next();
  for (let k = 0; k < GO_LENGTH; k++) words.push((next() << 20n) ^ (next() << 10n) ^ next());
  return words.map((_, k) => words[placeOf(BigInt(k + 1 - GO_LENGTH))]!);
}

/** Where the output of a step lies in the state: the feed walks down from 607 - 273. */
function placeOf(step: bigint): number {
  const length = BigInt(GO_LENGTH);
  const place = (BigInt(GO_LENGTH - GO_TAP) - step) % length;
  return Number(place < 0n ? place + length : place);
}

/** x to that power modulo x^607 - x^334 - 1, as coefficients modulo 2^64, the lowest first. */
function powerOfX(exponent: bigint): bigint[] {
  let result = new Array<bigint>(GO_LENGTH).fill(0n);
  result[0] = 1n;
  for (const bit of exponent.toString(2)) {
    const packed = pack(result);
    result = reduce(unpack(packed * packed, 2 * GO_LENGTH - 1));
    if (bit === "1") result = reduce([0n, ...result]);
  }
  return result;
}

function reduce(coefficients: bigint[]): bigint[] {
  for (let k = coefficients.length - 1; k >= GO_LENGTH; k--) {
    const value = coefficients[k]!;
    for (const lower of [k - GO_LENGTH, k - GO_TAP]) {
      coefficients[lower] = (coefficients[lower]! + value) & WORD_MASK;
    }
  }
  return coefficients.slice(0, GO_LENGTH);
}

/** Coefficients side by side in one large integer, so that one product multiplies polynomials. */
function pack(coefficients: readonly bigint[]): bigint {
  const digits = coefficients.map((value) => value.toString(16).padStart(DIGITS, "0"));
  return BigInt(`0x${digits.reverse().join("")}`);
}

function unpack(packed: bigint, count: number): bigint[] {
  const digits = packed.toString(16).padStart(count * DIGITS, "0");
  return Array.from({ length: count }, (_, k) => {
    const end = digits.length - k * DIGITS;
    return BigInt(`0x${digits.slice(end - DIGITS, end)}`) & WORD_MASK;
  });
}
