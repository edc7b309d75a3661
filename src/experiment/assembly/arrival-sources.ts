// What comes from outside in one replication: the generators and traces of a prepared run, drawn.
//
// The run replays them and an export writes them down; both get them here, so that they are the same.
// Keys hold no scheduler's name: every alternative meets the same arrivals.

import type { EntityDraws } from "../../base/index.ts";
import {
  type GeneratorDraws,
  type GeneratorSpec,
  PodGenerator,
  type PrefilledPod,
  prefilledPods,
  resampledPods,
  shakenPods,
  type TracePodList,
} from "../../workload/index.ts";
import type { PreparedGenerator, PreparedTrace } from "../prepare-run.ts";

/** The draws of a purpose in this replication. */
export type DrawsOf = (purpose: string) => EntityDraws;

/** Arrivals of one generator, from its beginning. */
export function generatorSource(generator: PreparedGenerator, draws: DrawsOf): PodGenerator {
  return new PodGenerator(specOf(generator), generatorDraws(draws));
}

/** Pods of a generator that are there at the start, in the middle of their runs. */
export function generatorPrefill(generator: PreparedGenerator, draws: DrawsOf): PrefilledPod[] {
  const { prefill, process } = generator.plan;
  if (prefill === undefined) return [];
  const isPoisson = process === "poisson";
  return prefilledPods(specOf(generator), isPoisson, prefill, generatorDraws(draws));
}

/** Ends the names of those pods, before their ordinal. */
export const PREFILL_SUFFIX = "-prefilled-";

function specOf({ plan, kinds, gapSeconds, durationSeconds }: PreparedGenerator): GeneratorSpec {
  return {
    name: plan.name,
    gapSeconds,
    fromUs: plan.from,
    untilUs: plan.until,
    countMax: plan.countMax,
    weights: kinds.map((kind) => kind.weight),
    durationSeconds,
  };
}

function generatorDraws(draws: DrawsOf): GeneratorDraws {
  return {
    gaps: draws("arrivals"),
    kinds: draws("kinds"),
    durations: draws("durations"),
  };
}

/** Pods of the trace at this position of the list, by instant; as read, or resampled and shaken. */
export function tracePods(
  { trace, plan }: PreparedTrace,
  position: number,
  draws: DrawsOf,
): TracePodList {
  const { resample, shake } = plan;
  const owner = `trace ${position}`;
  const users =
    resample === undefined
      ? trace.pods
      : resampledPods(trace.pods, resample, `${owner} users`, draws("arrivals"));
  if (shake === undefined) return users;
  const parts = { arrivals: draws("arrivals"), durations: draws("durations") };
  return shakenPods(users, shake, owner, parts);
}
