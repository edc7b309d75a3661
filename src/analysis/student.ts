// Student's t distribution: tail probabilities and quantiles for any degrees of freedom above 0.
//
// On the regularised incomplete beta function, from exact-math's exp and ln, so that an interval has
// the same bits everywhere. Tests hold it against published tables. The normal law is in base.

import { assert, exp, ln, lnGamma, log1p, normalQuantile } from "../base/index.ts";

const LN_PI_HALF = 0.5723649429247001; // half the logarithm of pi
const TOLERANCE = 2 ** -52;
const ITERATIONS_MAX = 10_000;

/** P(T > t) for Student's T with so many degrees of freedom. */
export function studentTail(t: number, degreesOfFreedom: number): number {
  assert(degreesOfFreedom > 0, "degrees of freedom are above 0");
  assert(!Number.isNaN(t), "a quantile of NaN has no tail");
  if (t === Infinity) return 0;
  const oneSide = 0.5 * betaTail(t * t, degreesOfFreedom);
  return t < 0 ? 1 - oneSide : oneSide;
}

const quantiles = new Map<string, number>();
const REMEMBERED_MAX = 4096;

/** The t with P(T <= t) = p, for 0 < p < 1; remembered, since studies ask for few of them often. */
export function studentQuantile(p: number, degreesOfFreedom: number): number {
  assert(p > 0 && p < 1, `not a probability between 0 and 1: ${p}`);
  assert(degreesOfFreedom > 0, "degrees of freedom are above 0");
  if (p === 0.5) return 0;
  if (p < 0.5) return -upperQuantile(p, degreesOfFreedom);
  return upperQuantile(1 - p, degreesOfFreedom);
}

/** Half of what lies outside an interval of this confidence, as t: studentQuantile((1 + c) / 2, v). */
export function criticalT(confidence: number, degreesOfFreedom: number): number {
  return upperQuantile((1 - confidence) / 2, degreesOfFreedom);
}

/** The t with P(T > t) = tail, for 0 < tail < 0.5, accurate where 1 - tail would round. */
export function upperQuantile(tail: number, degreesOfFreedom: number): number {
  assert(tail > 0 && tail < 0.5, `not an upper tail: ${tail}`);
  const name = `${tail}/${degreesOfFreedom}`;
  const known = quantiles.get(name);
  if (known !== undefined) return known;
  const t = solveTail(tail, degreesOfFreedom);
  if (quantiles.size >= REMEMBERED_MAX) quantiles.clear();
  quantiles.set(name, t);
  return t;
}

/** Newton's steps on the tail's logarithm, kept between bounds that close in. */
function solveTail(tail: number, v: number): number {
  const lnTail = ln(tail);
  let low = 0;
  let high = Infinity;
  let t = startOf(tail, v);
  for (let step = 0; step < 200; step++) {
    const found = studentTail(t, v);
    const excess = ln(found) - lnTail;
    if (excess > 0) low = t;
    else high = t;
    // d ln tail / d ln t = -t f(t) / tail: straight where the tail is a power law.
    const slope = (-t * densityOf(t, v)) / found;
    let next = t * exp(Math.max(-2, Math.min(2, -excess / slope)));
    if (!(next > low && next < high)) next = high === Infinity ? 2 * t : (low + high) / 2;
    if (Math.abs(next - t) <= 4 * TOLERANCE * t) return next;
    t = next;
  }
  return t;
}

/** The normal quantile with Fisher's first correction for few degrees of freedom. */
function startOf(tail: number, v: number): number {
  const z = -normalQuantile(tail);
  return Math.max(1e-8, z + (z * (z * z + 1)) / (4 * v));
}

function densityOf(t: number, v: number): number {
  const lnScale = lnGammaStep(v / 2) - LN_PI_HALF - 0.5 * ln(v);
  return exp(lnScale - ((v + 1) / 2) * log1p((t * t) / v));
}

/** P(|T| > t) as the incomplete beta function at v / (v + t * t) with parameters v / 2 and 1 / 2. */
function betaTail(square: number, v: number): number {
  if (square === 0) return 1;
  const a = v / 2;
  const x = v / (v + square);
  const y = square / (v + square);
  // x ** a * y ** (1 / 2) / B(a, 1 / 2)
  const front = exp(-a * log1p(square / v) + lnGammaStep(a) - LN_PI_HALF) * Math.sqrt(y);
  return x < (a + 1) / (a + 2.5)
    ? (front * betaFraction(a, 0.5, x)) / a
    : 1 - (front * betaFraction(0.5, a, y)) / 0.5;
}

/** ln of gamma(x + 1/2) / gamma(x); by its own series where two large logarithms would cancel. */
function lnGammaStep(x: number): number {
  if (x < 20) return lnGamma(x + 0.5) - lnGamma(x);
  const z = 1 / (x * x);
  return 0.5 * ln(x) - (1 / 8 - z * (1 / 192 - z * (1 / 640 - (z * 17) / 14336))) / x;
}

/** The continued fraction of the incomplete beta function, summed in Lentz's way. */
function betaFraction(a: number, b: number, x: number): number {
  const TINY = 1e-300;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), TINY);
  let fraction = d;
  for (let m = 1; m < ITERATIONS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d, TINY);
    c = nonZero(1 + even / c, TINY);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d, TINY);
    c = nonZero(1 + odd / c, TINY);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < TOLERANCE) break;
  }
  return fraction;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}
