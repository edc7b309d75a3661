// When a container will want more memory than its limit: the kernel kills it then (OOMKilled).
//
// Wants are piecewise linear in the container's age (podsim.dev/usage), so the instant is computed
// when the container starts and costs one event only if it comes.

import type { Container, PodBehavior, PodIndex } from "../../cluster/index.ts";

/** A profile is looked through for this many changes; one that repeats has been through by then. */
const CHANGES_MAX = 1_000;
/** Long enough to see a slope of one byte a minute. */
const SLOPE_SPAN_US = 3_600_000_000;

/** Age at which the container's memory passes its limit; undefined if it never does. */
export function memoryExhaustedAfterUs(
  behavior: PodBehavior,
  pod: PodIndex,
  position: number,
  { limits }: Container,
): number | undefined {
  const limit = limits.get("memory");
  if (limit === undefined || behavior.usage(pod, position, 0) === undefined) return undefined;
  const limitBytes = Number(limit.value());
  const bytesAt = (ageUs: number): number => behavior.usage(pod, position, ageUs)!.memoryBytes;
  let ageUs: number | undefined = 0;
  for (let change = 0; change < CHANGES_MAX && ageUs !== undefined; change++) {
    if (bytesAt(ageUs) > limitBytes) return ageUs;
    const next: number | undefined = behavior.usageChangesAfterUs(pod, position, ageUs);
    const crossing = crossingUs(bytesAt, ageUs, (next ?? ageUs + SLOPE_SPAN_US) - 1, limitBytes);
    if (crossing !== undefined && (next === undefined || crossing < next)) return crossing;
    ageUs = next;
  }
  return undefined;
}

/** Where the line through two points passes the limit; undefined if it does not rise. */
function crossingUs(
  bytesAt: (ageUs: number) => number,
  fromUs: number,
  toUs: number,
  limitBytes: number,
): number | undefined {
  const from = bytesAt(fromUs);
  const perUs = (bytesAt(toUs) - from) / Math.max(1, toUs - fromUs);
  if (perUs <= 0) return undefined;
  const afterUs = Math.ceil((limitBytes - from) / perUs);
  return Number.isSafeInteger(fromUs + afterUs) ? fromUs + afterUs : undefined;
}
