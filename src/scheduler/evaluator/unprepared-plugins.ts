// Unprepared plugins: what a profile gets that filters or scores without the step before it.
//
// A configuration may switch off one extension point of a plugin and leave the next one on. Some
// plugins then work out what they need on the spot; these end the cycle with an error, as upstream.

import type { PreFilterPlugin, PreScorePlugin } from "../framework/plugin.ts";

const WITHOUT_PRE_FILTER: ReadonlyMap<string, string> = new Map([
  ["NodePorts", 'reading "PreFilterNodePorts" from cycleState: not found'],
  ["NodeResourcesFit", 'error reading "PreFilterNodeResourcesFit" from cycleState: not found'],
  ["VolumeRestrictions", 'cannot read "PreFilterVolumeRestrictions" from cycleState'],
  ["VolumeBinding", "not found"],
  ["PodTopologySpread", 'reading "PreFilterPodTopologySpread" from cycleState: not found'],
  ["InterPodAffinity", 'error reading "PreFilterInterPodAffinity" from cycleState: not found'],
  ["DynamicResources", "not found"],
  [
    "NodeDeclaredFeatures",
    'error reading "PreFilterNodeDeclaredFeatures" from cycle-state: not found',
  ],
]);

const WITHOUT_PRE_SCORE: ReadonlyMap<string, string> = new Map([
  ["TaintToleration", 'failed to read "PreScoreTaintToleration" from cycleState: not found'],
  ["PodTopologySpread", 'error reading "PreScorePodTopologySpread" from cycleState: not found'],
  ["InterPodAffinity", 'failed to read "PreScoreInterPodAffinity" from cycleState: not found'],
]);

/** Why this Filter plugin fails in a profile with these PreFilter plugins, or undefined. */
export function whyFilterFails(
  plugin: string,
  preFilterPlugins: readonly PreFilterPlugin[],
): string | undefined {
  const text = WITHOUT_PRE_FILTER.get(plugin);
  return preFilterPlugins.some(({ name }) => name === plugin) ? undefined : text;
}

/** Why this Score plugin fails in a profile with these PreScore plugins, or undefined. */
export function whyScoreFails(
  plugin: string,
  preScorePlugins: readonly PreScorePlugin[],
): string | undefined {
  const text = WITHOUT_PRE_SCORE.get(plugin);
  return preScorePlugins.some(({ name }) => name === plugin) ? undefined : text;
}
