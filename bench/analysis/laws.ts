// Laws with known mean and skewness, and a queue with known waiting times, to audit procedures on.
//
// By inversion from one named stream each; exact math only, so that audits give the same tables
// everywhere.

import { exp, ln, normalQuantile, type RandomStream } from "../../src/base/index.ts";

/** A law whose mean and skewness are known. */
export interface KnownLaw {
  readonly name: string;
  readonly mean: number;
  readonly skewness: number;
  readonly draw: (stream: RandomStream) => number;
}

const exponential = (stream: RandomStream): number => -ln(stream.nextUnit());

/** From symmetric to strongly skewed. */
export const LAWS: readonly KnownLaw[] = [
  { name: "uniform", mean: 0.5, skewness: 0, draw: (stream) => stream.nextUnit() },
  { name: "normal", mean: 0, skewness: 0, draw: (stream) => normalQuantile(stream.nextUnit()) },
  {
    name: "gamma, shape 16",
    mean: 16,
    skewness: 0.5,
    draw: (stream) => {
      let product = 1;
      for (let stage = 0; stage < 16; stage++) product *= stream.nextUnit();
      return -ln(product);
    },
  },
  {
    name: "gamma, shape 4",
    mean: 4,
    skewness: 1,
    draw: (stream) =>
      -ln(stream.nextUnit() * stream.nextUnit() * stream.nextUnit() * stream.nextUnit()),
  },
  { name: "exponential", mean: 1, skewness: 2, draw: exponential },
  {
    name: "lognormal, sigma 1",
    mean: exp(0.5),
    skewness: 6.18,
    draw: (stream) => exp(normalQuantile(stream.nextUnit())),
  },
];

/** The law of this name. */
export function lawNamed(name: string): KnownLaw {
  const law = LAWS.find((one) => one.name === name);
  if (law === undefined) throw new Error(`No law is called ${name}.`);
  return law;
}

/**
 * Waiting times of the customers of a queue with one server and exponential gaps and services, mean
 * service 1, in order of arrival (Lindley's recursion). Empty at the start, or in the long-run state.
 */
export function waitingTimes(
  stream: RandomStream,
  load: number,
  count: number,
  startsEmpty: boolean,
): number[] {
  const waits = new Array<number>(count);
  let wait = 0;
  if (!startsEmpty && stream.nextUnit() < load) wait = exponential(stream) / (1 - load);
  for (let customer = 0; customer < count; customer++) {
    waits[customer] = wait;
    wait = Math.max(0, wait + exponential(stream) - exponential(stream) / load);
  }
  return waits;
}

/** Long-run mean of those waiting times. */
export function meanWait(load: number): number {
  return load / (1 - load);
}

/** Long-run quantile of those waiting times; 0 where so many do not wait. */
export function waitQuantile(load: number, probability: number): number {
  return Math.max(0, ln(load / (1 - probability)) / (1 - load));
}
