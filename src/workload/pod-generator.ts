// Open-ended arrivals of pods: when the next one comes, which kind it is, how long it runs.
//
// Everything is a function of the draws, the generator's name and the pod's ordinal, so adding
// another generator, or another scheduler, moves nobody else's numbers. It is an arrival source of
// the engine: one pending arrival, whatever the horizon.

import { assert, type EntityDraws, entityHash, type Instant, type Law } from "../base/index.ts";
import type { ArrivalSource } from "../engine/index.ts";

/** Describes a generator. Rates and laws give seconds; instants are microseconds. */
export interface GeneratorSpec {
  readonly name: string;
  /** Seconds between two arrivals. */
  readonly gapSeconds: Law;
  readonly fromUs: number;
  /** No arrival at or after this instant; undefined = until `countMax`, or for ever. */
  readonly untilUs: number | undefined;
  readonly countMax: number | undefined;
  /** Kinds of pods by weight; `b` of the arrival is the position drawn. */
  readonly weights: readonly number[];
  /** Seconds a pod runs; undefined leaves it to the pod's own annotations. */
  readonly durationSeconds: Law | undefined;
}

/** Streams of one replication, one per purpose. */
export interface GeneratorDraws {
  readonly gaps: EntityDraws;
  readonly kinds: EntityDraws;
  readonly durations: EntityDraws;
}

const US_PER_SECOND = 1_000_000;

/** Arrivals of one generator: `a` is the ordinal of the pod from 0, `b` its kind. */
export class PodGenerator implements ArrivalSource {
  readonly spec: GeneratorSpec;
  atUs: Instant;
  a = -1;
  b = 0;
  private readonly draws: GeneratorDraws;

  constructor(spec: GeneratorSpec, draws: GeneratorDraws) {
    assert(spec.weights.length > 0, "a generator has at least one kind of pod");
    assert(
      spec.weights.every((weight) => weight > 0),
      "weights are above 0",
    );
    this.spec = spec;
    this.draws = draws;
    this.atUs = spec.fromUs as Instant;
  }

  /** Moves to the next arrival; false when there is none. */
  next(): boolean {
    const ordinal = this.a + 1;
    if (this.spec.countMax !== undefined && ordinal >= this.spec.countMax) return false;
    const entity = entityHash(this.spec.name, ordinal);
    const gap = this.spec.gapSeconds.sample((k) => this.draws.gaps.unit(entity, k));
    const atUs = this.atUs + Math.round(gap * US_PER_SECOND);
    if (!Number.isSafeInteger(atUs)) return false;
    if (this.spec.untilUs !== undefined && atUs >= this.spec.untilUs) return false;
    this.a = ordinal;
    this.atUs = atUs as Instant;
    this.b = kindOf(this.spec.weights, this.draws.kinds.unit(entity, 0));
    return true;
  }

  /** How long the pod with this ordinal runs, in microseconds; undefined where no law was given. */
  durationUs(ordinal: number): number | undefined {
    const law = this.spec.durationSeconds;
    if (law === undefined) return undefined;
    const entity = entityHash(this.spec.name, ordinal);
    const seconds = law.sample((k) => this.draws.durations.unit(entity, k));
    return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(seconds * US_PER_SECOND)));
  }
}

/** The position that a uniform number draws from weights. */
export function kindOf(weights: readonly number[], unit: number): number {
  let rest = unit * weights.reduce((sum, weight) => sum + weight, 0);
  for (let kind = 0; kind < weights.length - 1; kind++) {
    rest -= weights[kind]!;
    if (rest < 0) return kind;
  }
  return weights.length - 1;
}
