// What of a replication has a mean that is known beforehand, so that chance in it can be taken out again.
//
// The number of pods that come: of Poisson arrivals it is the rate times the time. Known only where
// nothing else makes pods, and no bound cuts the arrivals short; then all alternatives meet the same.

import { lawFromSpec } from "../../base/index.ts";
import type { Scenario, VariedPart } from "../scenario/scenario.ts";

/** A control and its true mean. */
export interface KnownControl {
  readonly name: "pods created";
  readonly mean: number;
}

/** The control of a scenario's replications, or why there is none. */
export function knownControl(
  { run, cluster, workload }: Scenario,
  varied: readonly VariedPart[],
): KnownControl | string {
  const { generators, manifests, traces, edits } = workload;
  const hasObjects = cluster.objects.length + cluster.manifests.length > 0;
  if (!varied.includes("arrivals")) return "arrivals do not vary";
  if (hasObjects || manifests.length + traces.length + edits.length > 0)
    return "objects, traces or edits bring pods as well";
  if (generators.length === 0) return "there are no arrivals";
  let mean = 0;
  for (const generator of generators) {
    const { name, process, gapSeconds, countMax, from, until, prefill } = generator;
    const reading = lawFromSpec(gapSeconds);
    if (process !== "poisson") return `the arrivals of ${name} are no Poisson process`;
    if (prefill !== undefined) return `${name} has pods at the start as well`;
    if (countMax !== undefined) return `the arrivals of ${name} end at a count`;
    const endUs = Math.min(
      until ?? Number.POSITIVE_INFINITY,
      run.horizon ?? Number.POSITIVE_INFINITY,
    );
    if (!("law" in reading) || reading.law === undefined) return `the gaps of ${name} have no mean`;
    if (!Number.isFinite(endUs)) return `the arrivals of ${name} have no end`;
    mean += Math.max(0, endUs - from) / (1_000_000 * reading.law.mean());
  }
  return { name: "pods created", mean };
}
