// Measures of what there is at the end of a run: replicas of workloads, endpoints of Services, and how
// often Events of a reason came.
//
// Taken from the state and the workload summaries when a gate asks; nothing is kept for them but the
// counts of the reasons that gates name.

import type { ApiServer } from "../cluster/index.ts";
import { endpointSliceOf } from "../controllers/index.ts";
import type { Threshold, WorkloadSummary } from "../metrics/index.ts";
import { readObjectName } from "./scenario/scenario-fields.ts";

/** Sum of a count over all workloads, or over those of a name such as `deploy/web`; null = none. */
export function replicasOf(
  workloads: readonly WorkloadSummary[],
  name: string,
  count: "desiredCount" | "readyAtEndCount",
): number | null {
  const wanted = name === "" ? undefined : readObjectName(name).value;
  const chosen = workloads.filter(
    (each) => name === "" || (each.kind === wanted?.kind && each.name === wanted.name),
  );
  if (chosen.length === 0 && name !== "") return null;
  return chosen.reduce((sum, each) => sum + each[count], 0);
}

/** Ready endpoints of a Service, or of all; null if there is no such Service. */
export function countReadyEndpoints({ objects }: ApiServer, service: string): number | null {
  const slices = objects
    .list("EndpointSlice")
    .filter(({ owner }) => service === "" || owner?.name === service);
  if (slices.length === 0 && service !== "") return null;
  return slices.reduce((sum, { object }) => {
    const { endpoints } = endpointSliceOf(object);
    return sum + endpoints.filter(({ ready }) => ready).length;
  }, 0);
}

/** Counts the Events that gates ask for, by what they write: `REASON` or `KIND/REASON`. */
export function countEvents(
  api: ApiServer,
  thresholds: readonly Threshold[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const asked = thresholds.filter(({ measure }) => measure === "events");
  if (asked.length === 0) return counts;
  for (const { argument } of asked) counts.set(argument, 0);
  api.events.listen(({ about, reason }) => {
    for (const key of [reason, `${about.kind}/${reason}`]) {
      const count = counts.get(key);
      if (count !== undefined) counts.set(key, count + 1);
    }
  });
  return counts;
}
