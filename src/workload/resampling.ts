// Resampling: a new trace from the users of an old one, each with all that it did, at other days or weeks.
//
// Users are drawn with replacement and moved by whole days or weeks around the trace's length, so that
// what one user does hangs together, and hours of the day and days of the week stay what they were
// (Zakay and Feitelson, 2013 and 2014). More users are more load, without squeezing time. Short-lived and
// long-lived users are moved alike, where the paper treats them apart.

import { type EntityDraws, entityHash } from "../base/index.ts";
import { sortedByInstant } from "./shaking.ts";
import type { TracePod, TracePodList } from "./trace.ts";

/** How a trace is resampled; a user is a namespace. */
export interface ResampleSpec {
  /** How many users the new trace has; undefined = as many as the old one. */
  readonly usersCount: number | undefined;
  readonly align: "day" | "week";
}

const US_PER_DAY = 86_400_000_000;

/** Whole days or weeks that a trace's submissions span, rounded up. */
export function spanOf(pods: TracePodList, align: ResampleSpec["align"]): number {
  const lastUs = pods.length === 0 ? 0 : pods.at(pods.length - 1)!.submittedUs;
  return Math.floor(lastUs / unitUs(align)) + 1;
}

/** A trace of drawn users, sorted by instant. A user's second copy has other names of pods. */
export function resampledPods(
  pods: TracePodList,
  spec: ResampleSpec,
  owner: string,
  draws: EntityDraws,
): TracePod[] {
  const byUser = new Map<string, TracePod[]>();
  for (const pod of pods) {
    const known = byUser.get(pod.namespace);
    if (known === undefined) byUser.set(pod.namespace, [pod]);
    else known.push(pod);
  }
  const users = [...byUser.values()];
  const span = spanOf(pods, spec.align);
  const lengthUs = span * unitUs(spec.align);
  const copies = new Map<number, number>();
  const resampled: TracePod[] = [];
  for (let drawn = 0; users.length > 0 && drawn < (spec.usersCount ?? users.length); drawn++) {
    const entity = entityHash(owner, drawn);
    const user = Math.floor(draws.unit(entity, 0) * users.length);
    const shiftUs = Math.floor(draws.unit(entity, 1) * span) * unitUs(spec.align);
    const copy = copies.get(user) ?? 0;
    copies.set(user, copy + 1);
    for (const pod of users[user]!) {
      const name = copy === 0 ? pod.name : `${pod.name}-copy${copy}`;
      resampled.push({ ...pod, name, submittedUs: (pod.submittedUs + shiftUs) % lengthUs });
    }
  }
  return sortedByInstant(resampled);
}

function unitUs(align: ResampleSpec["align"]): number {
  return align === "day" ? US_PER_DAY : 7 * US_PER_DAY;
}
