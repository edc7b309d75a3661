// The special functions behind the laws: normal and gamma probabilities and their inverses.
//
// Built on exact-math.ts, hence the same bits everywhere; accurate to about 1e-13 relative, which
// tests check. Not held to one unit in the last place as exact-math.ts is.

import { AssertionError } from "./assert.ts";
import { exp, ln } from "./exact-math.ts";

const HALF_LN_TWO_PI = 0.9189385332046728;
const LN_GAMMA_HALF = 0.5723649429247001;

// Stirling's series is good to a double from here on; smaller arguments are shifted up.
const STIRLING_MIN = 12;

const RELATIVE_TOLERANCE = 2 ** -52;
const ITERATIONS_MAX = 100_000;

/** ln of the gamma function, for x > 0. */
export function lnGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < STIRLING_MIN) {
    product *= shifted;
    shifted += 1;
  }
  const z = 1 / (shifted * shifted);
  const series =
    1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - (z * 691) / 360360))));
  return (shifted - 0.5) * ln(shifted) - shifted + HALF_LN_TWO_PI + series / shifted - ln(product);
}

/** P(X <= x) for X gamma-distributed with this shape and scale 1. */
export function gammaP(shape: number, x: number, lnGammaOfShape: number = lnGamma(shape)): number {
  if (!(x > 0)) return 0;
  if (x === Infinity) return 1;
  return x < shape + 1
    ? gammaSeries(shape, x, lnGammaOfShape)
    : 1 - gammaFraction(shape, x, lnGammaOfShape);
}

/** P(X > x), accurate where `1 - gammaP` would lose the tail. */
export function gammaQ(shape: number, x: number, lnGammaOfShape: number = lnGamma(shape)): number {
  if (!(x > 0)) return 1;
  if (x === Infinity) return 0;
  return x < shape + 1
    ? 1 - gammaSeries(shape, x, lnGammaOfShape)
    : gammaFraction(shape, x, lnGammaOfShape);
}

/** The x with gammaP(shape, x) = p, for 0 < p < 1. */
export function gammaQuantile(
  shape: number,
  p: number,
  lnGammaOfShape: number = lnGamma(shape),
): number {
  // Near 0, P(x) = x ** shape / Gamma(shape + 1) to first order.
  const nearZero = exp((ln(p) + lnGammaOfShape + ln(shape)) / shape);
  if (nearZero < 1e-16 * (shape + 1)) return nearZero;
  let x = startOfGammaQuantile(shape, p, nearZero);
  let low = 0;
  let high = Infinity;
  for (let iteration = 0; iteration < 100; iteration++) {
    // The smaller tail is the accurate one.
    const excess =
      p < 0.5 ? gammaP(shape, x, lnGammaOfShape) - p : 1 - p - gammaQ(shape, x, lnGammaOfShape);
    if (excess === 0) return x;
    if (excess > 0) high = x;
    else low = x;
    const density = exp((shape - 1) * ln(x) - x - lnGammaOfShape);
    const newton = excess / density;
    const curvature = newton * ((shape - 1) / x - 1);
    let next = x - newton / (1 - 0.5 * Math.min(1, curvature)); // Halley's step
    // Convergence is cubic: after a step this small nothing but rounding is left.
    if (Math.abs(newton) <= 1e-8 * x) return next;
    if (!(next > low && next < high)) next = high === Infinity ? 2 * x : (low + high) / 2;
    x = next;
  }
  throw new AssertionError(`No gamma quantile found for shape ${shape} at ${p}`);
}

/** P(Z <= z) for a standard normal Z. */
export function normalCdf(z: number): number {
  const tail = 0.5 * gammaQ(0.5, 0.5 * z * z, LN_GAMMA_HALF);
  return z < 0 ? tail : 1 - tail;
}

/**
 * The z with normalCdf(z) = p, for 0 < p < 1: algorithm AS 241 (Wichura, Applied Statistics 37,
 * 1988), three rational approximations with the published coefficients, about 1e-16 relative.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTER_TOP, r)) / polynomial(CENTER_BOTTOM, r);
  }
  const r = Math.sqrt(-ln(q < 0 ? p : 1 - p));
  const size =
    r <= 5
      ? polynomial(MIDDLE_TOP, r - 1.6) / polynomial(MIDDLE_BOTTOM, r - 1.6)
      : polynomial(FAR_TOP, r - 5) / polynomial(FAR_BOTTOM, r - 5);
  return q < 0 ? -size : size;
}

/** Wilson and Hilferty's cube for the body, the power law for the lower tail. */
function startOfGammaQuantile(shape: number, p: number, nearZero: number): number {
  const spread = 1 / (9 * shape);
  const root = 1 - spread + normalQuantile(p) * Math.sqrt(spread);
  const cube = shape * root * root * root;
  return root > 0.1 && shape > 0.3 ? cube : Math.min(nearZero, shape + 1);
}

/** gammaP by its power series, for x below shape + 1. */
function gammaSeries(shape: number, x: number, lnGammaOfShape: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let n = 1; n < ITERATIONS_MAX; n++) {
    term *= x / (shape + n);
    sum += term;
    if (term < sum * RELATIVE_TOLERANCE * 0.5) break;
  }
  return Math.min(1, sum * exp(shape * ln(x) - x - lnGammaOfShape));
}

/** gammaQ by its continued fraction (Lentz's way of summing it), for x from shape + 1 on. */
function gammaFraction(shape: number, x: number, lnGammaOfShape: number): number {
  const TINY = 1e-300;
  let b = x + 1 - shape;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < ITERATIONS_MAX; n++) {
    const a = n * (shape - n);
    b += 2;
    d = a * d + b;
    if (Math.abs(d) < TINY) d = TINY;
    d = 1 / d;
    c = b + a / c;
    if (Math.abs(c) < TINY) c = TINY;
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < RELATIVE_TOLERANCE) break;
  }
  return Math.min(1, fraction * exp(shape * ln(x) - x - lnGammaOfShape));
}

/** The gamma function itself, for 0 < x <= 170. */
export function gammaFunction(x: number): number {
  return exp(lnGamma(x));
}

/** Coefficients from the highest power down. */
function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}

const CENTER_TOP = [
  2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
  1971.5909503065513, 133.14166789178438, 3.3871328727963665,
];
const CENTER_BOTTOM = [
  5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
  687.1870074920579, 42.31333070160091, 1,
];
const MIDDLE_TOP = [
  0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
  3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835,
];
const MIDDLE_BOTTOM = [
  1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
  0.6897673349851, 1.6763848301838038, 2.053191626637759, 1,
];
const FAR_TOP = [
  2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124,
  0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103,
];
const FAR_BOTTOM = [
  2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133,
  0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1,
];
