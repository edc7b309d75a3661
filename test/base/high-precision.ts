// Exact integers as the judge of the exact math: fixed-point values of 240 bits.
//
// Shares no code and no method with src/base/exact-math.ts: no tables, no double arithmetic.

const BITS = 240n;
const ONE = 1n << BITS;

/** The value `mantissa` * 2 ** (`exponent` - 240). */
export interface Wide {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** A finite double as mantissa * 2 ** exponent, where 2 ** exponent is one unit in the last place. */
function parts(x: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const size = biased === 0 ? fraction : fraction | (1n << 52n);
  return { mantissa: x < 0 ? -size : size, exponent: Math.max(biased, 1) - 1075 };
}

function shifted(value: bigint, bits: number): bigint {
  return bits >= 0 ? value << BigInt(bits) : value >> BigInt(-bits);
}

function fixed(x: number): bigint {
  const { mantissa, exponent } = parts(x);
  return shifted(mantissa, exponent + Number(BITS));
}

/** ln of a fixed-point value between 1/2 and 2, by 2 atanh((m - 1) / (m + 1)). */
function lnNearOne(m: bigint): bigint {
  const t = ((m - ONE) << BITS) / (m + ONE);
  const square = (t * t) >> BITS;
  let power = t;
  let sum = 0n;
  for (let odd = 1n; power !== 0n && power !== -1n; odd += 2n) {
    sum += power / odd;
    power = (power * square) >> BITS;
  }
  return 2n * sum;
}

const LN_2 = lnNearOne((ONE * 4n) / 3n) + lnNearOne((ONE * 3n) / 2n);

/** e to a fixed-point value. */
function expOfFixed(x: bigint): Wide {
  let twos = x / LN_2;
  if (x < 0n) twos -= 1n;
  const r = (x - twos * LN_2) >> 8n; // below 2 ** -8: few terms, then square eight times
  let term = ONE;
  let sum = ONE;
  for (let n = 1n; term !== 0n; n++) {
    term = ((term * r) >> BITS) / n;
    sum += term;
  }
  for (let squaring = 0; squaring < 8; squaring++) sum = (sum * sum) >> BITS;
  return { mantissa: sum, exponent: Number(twos) };
}

/** ln of mantissa * 2 ** exponent, for a positive integer mantissa. */
function lnOfParts(mantissa: bigint, exponent: number): bigint {
  const length = mantissa.toString(2).length;
  let m = shifted(mantissa, Number(BITS) - length + 1); // from 1 to 2
  let twos = exponent + length - 1;
  if (m > (ONE * 3n) / 2n) {
    m >>= 1n;
    twos++;
  }
  return lnNearOne(m) + BigInt(twos) * LN_2;
}

/** The true e ** x, for any finite x. */
export function trueExp(x: number): Wide {
  return expOfFixed(fixed(x));
}

/** The true ln x, for finite positive x. */
export function trueLn(x: number): Wide {
  const { mantissa, exponent } = parts(x);
  return { mantissa: lnOfParts(mantissa, exponent), exponent: 0 };
}

/** The true ln(1 + x), for finite x above -1. */
export function trueLog1p(x: number): Wide {
  const { mantissa, exponent } = parts(x);
  if (Math.abs(x) < 2 ** -80) return { mantissa: mantissa << BITS, exponent }; // x * (1 - x / 2)
  if (exponent >= 0) {
    return { mantissa: lnOfParts((mantissa << BigInt(exponent)) + 1n, 0), exponent: 0 };
  }
  return { mantissa: lnOfParts(mantissa + (1n << BigInt(-exponent)), exponent), exponent: 0 };
}

/** The true base ** exponent, for finite positive base. */
export function truePow(base: number, exponent: number): Wide {
  const logarithm = trueLn(base).mantissa;
  const y = parts(exponent);
  return expOfFixed(shifted(logarithm * y.mantissa, y.exponent));
}

/** How far `result` is from the true value, in units of the last place of `result`. */
export function ulpsFrom(result: number, truth: Wide): number {
  const { mantissa, exponent } = parts(result);
  // Both scaled to units of 2 ** -64 of the last place.
  const own = mantissa << 64n;
  const exact = shifted(truth.mantissa, truth.exponent - Number(BITS) - exponent + 64);
  const difference = own > exact ? own - exact : exact - own;
  return Number(difference) / 2 ** 64;
}
