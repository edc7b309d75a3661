// Shaking: one trace made into many, by small random changes of when pods come and how long they run.
//
// A trace is one sample; a result that hangs on its accidents shows when they are shaken (Tsafrir,
// Ouaknine and Feitelson, MASCOTS 2007). What one user submits at one instant is one job: its pods stay
// together. Changes are keyed by the job's position in the trace, so that every scheduler meets the same
// shaken world. Load and structure stay as they are.

import { type EntityDraws, type EntityHash, entityHash } from "../base/index.ts";
import type { TracePod, TracePodList } from "./trace.ts";

/** How far a trace is shaken. */
export interface ShakeSpec {
  /** Submissions move by at most this, either way; never before 0. */
  readonly arrivalsUs: number;
  /** Run times change by at most this share of themselves, either way; from 0 to below 1. */
  readonly durationsRatio: number;
}

/** The pods with new instants and run times, sorted by (instant, position before). */
export function shakenPods(
  pods: TracePodList,
  spec: ShakeSpec,
  owner: string,
  draws: { readonly arrivals: EntityDraws; readonly durations: EntityDraws },
): TracePod[] {
  const lastJobs = new Map<string, { readonly atUs: number; readonly entity: EntityHash }>();
  let jobCount = 0;
  const shaken = Array.from(pods, (pod) => {
    let job = lastJobs.get(pod.namespace);
    if (job?.atUs !== pod.submittedUs) {
      job = { atUs: pod.submittedUs, entity: entityHash(owner, jobCount++) };
      lastJobs.set(pod.namespace, job);
    }
    const { entity } = job;
    return {
      ...pod,
      submittedUs: shakenInstant(pod.submittedUs, spec, () => draws.arrivals.unit(entity, 0)),
      durationUs: shakenDuration(pod.durationUs, spec, () => draws.durations.unit(entity, 0)),
    };
  });
  return sortedByInstant(shaken);
}

/** A stable sort by instant: equal ones stay in their order. */
export function sortedByInstant(pods: readonly TracePod[]): TracePod[] {
  const order = pods.map((_, at) => at);
  order.sort((a, b) => pods[a]!.submittedUs - pods[b]!.submittedUs || a - b);
  return order.map((at) => pods[at]!);
}

function shakenInstant(atUs: number, { arrivalsUs }: ShakeSpec, unit: () => number): number {
  if (arrivalsUs === 0) return atUs;
  return Math.max(0, atUs + Math.round((2 * unit() - 1) * arrivalsUs));
}

function shakenDuration(
  durationUs: number | undefined,
  { durationsRatio }: ShakeSpec,
  unit: () => number,
): number | undefined {
  if (durationsRatio === 0 || durationUs === undefined) return durationUs;
  return Math.round(durationUs * (1 + (2 * unit() - 1) * durationsRatio));
}
