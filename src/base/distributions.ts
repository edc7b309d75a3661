// Laws with a closed form: constant, uniform, exponential, Weibull, log-normal, Pareto, gamma.
//
// Each draws by inversion, one uniform per value, and is monotone in it. Constructors refuse
// parameters outside the ranges of law-specs.ts with a RangeError; whoever reads parameters from a
// user goes through law-from-spec.ts and gets messages instead. Lists and mixtures: list-laws.ts.

import { exp, ln, log1p, pow } from "./exact-math.ts";
import type { Law } from "./law.ts";
import type { LawName, LawParameters } from "./law-specs.ts";
import { findLawFaults, findLawForm } from "./law-specs.ts";
import {
  gammaFunction,
  gammaP,
  gammaQuantile,
  lnGamma,
  normalCdf,
  normalQuantile,
} from "./special-functions.ts";

/** A law that draws by inversion: its quantile at the first uniform. */
export interface InvertibleLaw extends Law {
  quantile(p: number): number;
}

/** Throws a RangeError unless `parameters` are one of the forms of law `name`, within range. */
export function requireLawParameters(name: LawName, parameters: LawParameters): void {
  const given = Object.keys(parameters).filter((key) => parameters[key] !== undefined);
  const form = findLawForm(name, given);
  if (form === undefined) throw new RangeError(`${name} is not described by: ${given.join(", ")}`);
  const faults = findLawFaults(name, form, parameters);
  if (faults.length > 0) {
    throw new RangeError(`${name}: ${faults.map((fault) => fault.message).join("; ")}`);
  }
}

/** Makes a law that draws by inversion from its facts. */
export function createInvertibleLaw(facts: {
  name: LawName;
  lowest: number;
  highest: number;
  mean: number;
  variance: number;
  quantile: (p: number) => number;
  /** The same of the law with density x f(x) / mean. */
  metQuantile: (p: number) => number;
  cdf: (x: number) => number;
}): InvertibleLaw {
  const { name, lowest, highest, mean, variance, quantile, metQuantile, cdf } = facts;
  return {
    name,
    lowest,
    highest,
    sample: (unit) => quantile(unit(0)),
    sampleMet: (unit) => metQuantile(unit(0)),
    quantile,
    cdf,
    mean: () => mean,
    variance: () => variance,
  };
}

/** Always `value`. */
export function constant(parameters: { value: number }): InvertibleLaw {
  requireLawParameters("constant", parameters);
  const { value } = parameters;
  return createInvertibleLaw({
    name: "constant",
    lowest: value,
    highest: value,
    mean: value,
    variance: 0,
    quantile: () => value,
    metQuantile: () => value,
    cdf: (x) => (x < value ? 0 : 1),
  });
}

/** Every value from `min` to `max` equally likely. */
export function uniform(parameters: { min: number; max: number }): InvertibleLaw {
  requireLawParameters("uniform", parameters);
  const { min, max } = parameters;
  const width = max - min;
  const [low, high] = [Math.max(0, min), Math.max(0, max)];
  return createInvertibleLaw({
    name: "uniform",
    lowest: min,
    highest: max,
    mean: min + width / 2,
    variance: (width * width) / 12,
    quantile: (p) => Math.min(max, min + width * p),
    metQuantile: (p) => Math.min(max, Math.sqrt(low * low + p * (high * high - low * low))),
    cdf: (x) => (x < min ? 0 : x >= max ? 1 : (x - min) / width),
  });
}

/** Exponential with this mean, or this rate (1 / mean). */
export function exponential(parameters: { mean: number } | { rate: number }): InvertibleLaw {
  requireLawParameters("exponential", { ...parameters });
  const mean = "mean" in parameters ? parameters.mean : 1 / parameters.rate;
  return createInvertibleLaw({
    name: "exponential",
    lowest: 0,
    highest: Infinity,
    mean,
    variance: mean * mean,
    quantile: (p) => -mean * log1p(-p),
    metQuantile: (p) => mean * gammaQuantile(2, p),
    cdf: (x) => (x > 0 ? 1 - exp(-x / mean) : 0),
  });
}

/** Weibull with this shape and scale, or with this shape and mean. */
export function weibull(
  parameters: { shape: number; scale: number } | { shape: number; mean: number },
): InvertibleLaw {
  requireLawParameters("weibull", { ...parameters });
  const { shape } = parameters;
  const meanFactor = gammaFunction(1 + 1 / shape);
  const scale = "scale" in parameters ? parameters.scale : parameters.mean / meanFactor;
  const secondMoment = gammaFunction(1 + 2 / shape);
  return createInvertibleLaw({
    name: "weibull",
    lowest: 0,
    highest: Infinity,
    mean: scale * meanFactor,
    variance: scale * scale * (secondMoment - meanFactor * meanFactor),
    quantile: (p) => scale * pow(-log1p(-p), 1 / shape),
    metQuantile: (p) => scale * pow(gammaQuantile(1 + 1 / shape, p), 1 / shape),
    cdf: (x) => (x > 0 ? 1 - exp(-pow(x / scale, shape)) : 0),
  });
}

/** Log-normal by mu and sigma of the logarithm, by median and sigma, or by mean and cv. */
export function lognormal(
  parameters:
    | { mu: number; sigma: number }
    | { median: number; sigma: number }
    | { mean: number; cv: number },
): InvertibleLaw {
  requireLawParameters("lognormal", { ...parameters });
  const { mu, sigma } = logarithmMoments(parameters);
  const square = sigma * sigma;
  const mean = exp(mu + square / 2);
  return createInvertibleLaw({
    name: "lognormal",
    lowest: 0,
    highest: Infinity,
    mean,
    variance: expMinusOne(square) * mean * mean,
    quantile: (p) => exp(mu + sigma * normalQuantile(p)),
    metQuantile: (p) => exp(mu + square + sigma * normalQuantile(p)),
    cdf: (x) => (x > 0 ? normalCdf((ln(x) - mu) / sigma) : 0),
  });
}

/**
 * Pareto above `scale`. With `max` the law is conditioned on not exceeding it, which is exact (no
 * draw is clamped); without, the shape must be above 1.
 */
export function pareto(parameters: { shape: number; scale: number; max?: number }): InvertibleLaw {
  requireLawParameters("pareto", parameters);
  const { shape, scale, max } = parameters;
  const highest = max ?? Infinity;
  const kept = max === undefined ? 1 : 1 - pow(scale / max, shape); // probability before the cut
  const mean = paretoMoment(1, shape, scale, highest) / kept;
  const secondMoment = paretoMoment(2, shape, scale, highest) / kept;
  return createInvertibleLaw({
    name: "pareto",
    lowest: scale,
    highest,
    mean,
    variance: Math.max(0, secondMoment - mean * mean),
    quantile: (p) => Math.min(highest, scale * pow(1 - p * kept, -1 / shape)),
    metQuantile: (p) =>
      Math.min(highest, scale * exp(metLogarithm(p, shape - 1, ln(highest / scale)))),
    cdf: (x) => (x < scale ? 0 : x >= highest ? 1 : (1 - pow(scale / x, shape)) / kept),
  });
}

/** Gamma with this shape and scale, or with this shape and mean. Inverted by iteration: slower. */
export function gamma(
  parameters: { shape: number; scale: number } | { shape: number; mean: number },
): InvertibleLaw {
  requireLawParameters("gamma", { ...parameters });
  const { shape } = parameters;
  const scale = "scale" in parameters ? parameters.scale : parameters.mean / shape;
  const lnGammaOfShape = lnGamma(shape);
  return createInvertibleLaw({
    name: "gamma",
    lowest: 0,
    highest: Infinity,
    mean: shape * scale,
    variance: shape * scale * scale,
    quantile: (p) => scale * gammaQuantile(shape, p, lnGammaOfShape),
    metQuantile: (p) => scale * gammaQuantile(shape + 1, p),
    cdf: (x) => gammaP(shape, x / scale, lnGammaOfShape),
  });
}

/** Mean and standard deviation of the logarithm, from any of the three forms. */
function logarithmMoments(
  parameters:
    | { mu: number; sigma: number }
    | { median: number; sigma: number }
    | { mean: number; cv: number },
): { mu: number; sigma: number } {
  if ("mu" in parameters) return parameters;
  if ("median" in parameters) return { mu: ln(parameters.median), sigma: parameters.sigma };
  const square = log1p(parameters.cv * parameters.cv);
  return { mu: ln(parameters.mean) - square / 2, sigma: Math.sqrt(square) };
}

/** e ** x - 1 for x >= 0 without losing small x. */
function expMinusOne(x: number): number {
  return x < 1e-5 ? x * (1 + x * (1 / 2 + x / 6)) : exp(x) - 1;
}

/** The integral of x ** order times the Pareto density from `scale` to `highest`. */
function paretoMoment(order: 1 | 2, shape: number, scale: number, highest: number): number {
  const scaled = order === 1 ? scale : scale * scale;
  if (highest === Infinity) {
    return shape > order ? (scaled * shape) / (shape - order) : Infinity;
  }
  // shape * scale ** order * (1 - c ** (order - shape)) / (shape - order) with c = highest / scale,
  // written with a function that stays exact where shape is close to order.
  const logRatio = ln(highest / scale);
  return shape * scaled * logRatio * meanOfExponential((order - shape) * logRatio);
}

/** The quantile of the density proportional to e ** (-rate * t) for t from 0 to `end`; a rate above 0 if there is no end. */
function metLogarithm(p: number, rate: number, end: number): number {
  if (rate === 0) return p * end;
  const kept = end === Infinity ? 1 : rate * end * meanOfExponential(-rate * end);
  return -log1p(-p * kept) / rate;
}

/** (e ** x - 1) / x, which is 1 at 0. */
function meanOfExponential(x: number): number {
  if (Math.abs(x) < 1e-5) return 1 + x * (1 / 2 + x / 6);
  return (exp(x) - 1) / x;
}
