// Pods that a generator has already sent when the run begins, each in the middle of its life.
//
// With Poisson arrivals and no waiting the pods found at a random instant are Poisson in number, with
// the mean that Little's law gives, and what is left of each is a residual life. Where pods wait for
// room this is only near the long run: the queue is still missing, and needs a shorter warm-up.

import { assert, entityHash, exp, sampleResidual } from "../base/index.ts";
import { type GeneratorDraws, type GeneratorSpec, kindOf } from "./pod-generator.ts";

/** How many are there: as many as in the long run, or so many. */
export type PrefillCount = "stationary" | number;

/** One pod that is there at the start. */
export interface PrefilledPod {
  /** From 0, apart from the ordinals of those that arrive. */
  readonly ordinal: number;
  readonly kind: number;
  /** What is left of its run. */
  readonly durationUs: number;
}

/** Larger means are drawn in parts, whose probabilities no double loses. */
const PART_MAX = 256;
const US_PER_SECOND = 1_000_000;

/** Little's law: arrivals per second times seconds that each runs. */
function meanPrefill({ gapSeconds, durationSeconds }: GeneratorSpec): number {
  assert(durationSeconds !== undefined, "a prefill needs to know how long pods run");
  return durationSeconds.mean() / gapSeconds.mean();
}

/** The pods, drawn by inversion from streams of the generator's own; no arrival's draw is moved. */
export function prefilledPods(
  spec: GeneratorSpec,
  isPoisson: boolean,
  count: PrefillCount,
  draws: GeneratorDraws,
): PrefilledPod[] {
  const law = spec.durationSeconds;
  assert(law !== undefined, "a prefill needs to know how long pods run");
  const owner = `${spec.name} prefill`;
  const length = count === "stationary" ? foundCount(spec, isPoisson, draws) : count;
  return Array.from({ length }, (_, ordinal) => {
    const entity = entityHash(owner, ordinal);
    const seconds = sampleResidual(law, (k) => draws.durations.unit(entity, k));
    const us = Math.min(Number.MAX_SAFE_INTEGER, Math.max(1, Math.round(seconds * US_PER_SECOND)));
    return { ordinal, kind: kindOf(spec.weights, draws.kinds.unit(entity, 0)), durationUs: us };
  });
}

function foundCount(spec: GeneratorSpec, isPoisson: boolean, draws: GeneratorDraws): number {
  const mean = meanPrefill(spec);
  if (!isPoisson) return Math.round(mean);
  const entity = entityHash(`${spec.name} prefill count`, 0);
  const parts = Math.max(1, Math.ceil(mean / PART_MAX));
  let count = 0;
  for (let part = 0; part < parts; part++)
    count += poissonQuantile(mean / parts, draws.gaps.unit(entity, part));
  return count;
}

/** The smallest n with P(N <= n) >= p; the mean is at most PART_MAX. */
function poissonQuantile(mean: number, p: number): number {
  let chance = exp(-mean);
  let sum = chance;
  let n = 0;
  while (sum < p && chance > 0) {
    n += 1;
    chance *= mean / n;
    sum += chance;
  }
  return n;
}
