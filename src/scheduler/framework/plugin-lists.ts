// Plugin lists of a profile: merging a user's choice with the defaults, and expanding MultiPoint.
//
// Two steps, as upstream (scheduler.md section 3): `mergePluginSet` puts the user's list over the
// defaults, `expandPoint` turns MultiPoint into the list of one extension point. Lists only; what a
// plugin is stands in the registry.

import type { EnabledPlugin } from "./scheduler-configuration.ts";

/** What a profile says at one extension point, or at multiPoint. */
export interface PluginSet {
  readonly enabled: readonly EnabledPlugin[];
  /** Names, possibly "*". */
  readonly disabled: readonly string[];
}

/** Says nothing. */
export const EMPTY_PLUGIN_SET: PluginSet = { enabled: [], disabled: [] };
/** The name that stands for every plugin in a list of disabled ones. */
export const ALL_PLUGINS = "*";

/** The user's set over the defaults: a re-enabled default keeps its place, the rest is appended. */
export function mergePluginSet(
  defaults: readonly EnabledPlugin[],
  custom: PluginSet,
): readonly EnabledPlugin[] {
  const replaced = new Set<string>();
  const merged: EnabledPlugin[] = [];
  if (!custom.disabled.includes(ALL_PLUGINS)) {
    for (const plugin of defaults) {
      if (custom.disabled.includes(plugin.name)) continue;
      const own = custom.enabled.find((other) => other.name === plugin.name);
      if (own !== undefined) replaced.add(own.name);
      merged.push(own ?? plugin);
    }
  }
  return [...merged, ...custom.enabled.filter((plugin) => !replaced.has(plugin.name))];
}

/**
 * The list of one extension point: explicitly enabled plugins that MultiPoint holds as well, then the
 * rest of MultiPoint that implements the point, then the other explicit ones.
 */
export function expandPoint(
  explicit: PluginSet,
  multiPoint: readonly EnabledPlugin[],
  implementsThis: (name: string) => boolean,
): readonly EnabledPlugin[] {
  if (explicit.disabled.includes(ALL_PLUGINS)) return explicit.enabled;
  const fromMultiPoint = multiPoint.filter(
    ({ name }) => implementsThis(name) && !explicit.disabled.includes(name),
  );
  const isShared = (name: string): boolean => fromMultiPoint.some((other) => other.name === name);
  const isExplicit = (name: string): boolean =>
    explicit.enabled.some((other) => other.name === name);
  return [
    ...explicit.enabled.filter(({ name }) => isShared(name)),
    ...fromMultiPoint.filter(({ name }) => !isExplicit(name)),
    ...explicit.enabled.filter(({ name }) => !isShared(name)),
  ];
}

/** Weight of a Score plugin: the explicit one wins over MultiPoint's, 0 means 1. */
export function scoreWeight(
  name: string,
  explicit: PluginSet,
  multiPoint: readonly EnabledPlugin[],
): number {
  const isNamed = (plugin: EnabledPlugin): boolean => plugin.name === name;
  const chosen = explicit.enabled.find(isNamed) ?? multiPoint.find(isNamed);
  return chosen === undefined || chosen.weight === 0 ? 1 : chosen.weight;
}
