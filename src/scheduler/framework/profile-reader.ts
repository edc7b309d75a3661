// Reads one profile of a KubeSchedulerConfiguration: its plugin sets and plugin arguments.
//
// Faults are noted in the decoder and reading goes on, so that a user sees all of them at once. What
// the lists then mean is plugin-lists.ts.

import { type Decoder, nearest } from "../../base/index.ts";
import type { ConfigurationContext } from "./configuration-reader.ts";
import { EXTENSION_POINTS, type ExtensionPoint } from "./plugin.ts";
import {
  ALL_PLUGINS,
  EMPTY_PLUGIN_SET,
  expandPoint,
  mergePluginSet,
  type PluginSet,
  scoreWeight,
} from "./plugin-lists.ts";
import type { Registry } from "./registry.ts";
import type { EnabledPlugin, ProfileConfiguration } from "./scheduler-configuration.ts";

const WEIGHT_MAX = 2_147_483_647;
const SCORE_MAX = 100;
const FIT = "NodeResourcesFit";

/** The profile at `source`; faults are noted there. */
export function readProfile(
  source: Decoder,
  schedulerName: string,
  context: ConfigurationContext,
  ignoredByExtenders: readonly string[],
): ProfileConfiguration {
  if (source.isPresent) {
    source.object(["schedulerName", "percentageOfNodesToScore", "plugins", "pluginConfig"]);
  }
  const percentage = source.optional("percentageOfNodesToScore")?.integer(0, 100);
  const plugins = readPlugins(source.at("plugins"), context);
  const args = readArguments(source.at("pluginConfig"), plugins, context.registry);
  const fit = args.get(FIT);
  if (fit !== undefined && ignoredByExtenders.length > 0) {
    args.set(FIT, { ...(fit as object), ignoredResources: new Set(ignoredByExtenders) });
  }
  return {
    schedulerName,
    ...(percentage !== undefined && { percentageOfNodesToScore: percentage }),
    plugins,
    args,
  };
}

type PointLists = Record<ExtensionPoint, readonly EnabledPlugin[]>;

function readPlugins(source: Decoder, context: ConfigurationContext): PointLists {
  if (source.isPresent) source.object(["multiPoint", ...EXTENSION_POINTS]);
  const { registry } = context;
  const custom = readPluginSet(source.at("multiPoint"), registry);
  const multiPoint = mergePluginSet(context.defaultMultiPoint, custom);
  const lists: Partial<PointLists> = {};
  for (const point of EXTENSION_POINTS) {
    const explicit = readPluginSet(source.at(point), registry, point);
    const implementsPoint = (name: string): boolean =>
      registry.find(name)?.points.includes(point) === true;
    const expanded = expandPoint(explicit, multiPoint, implementsPoint);
    lists[point] =
      point === "score" ? withWeights(source, expanded, explicit, multiPoint) : expanded;
  }
  const complete = lists as PointLists;
  checkCount(source, complete.queueSort, "queueSort", 1, 1);
  checkCount(source, complete.bind, "bind", 1, Number.MAX_SAFE_INTEGER);
  return complete;
}

function withWeights(
  source: Decoder,
  plugins: readonly EnabledPlugin[],
  explicit: PluginSet,
  multiPoint: readonly EnabledPlugin[],
): readonly EnabledPlugin[] {
  let total = 0;
  const weighted = plugins.map(({ name }) => {
    const weight = scoreWeight(name, explicit, multiPoint);
    total += weight * SCORE_MAX;
    return { name, weight };
  });
  if (total > Number.MAX_SAFE_INTEGER) {
    source.at("score").fail("E_RANGE", "the total score of the Score plugins could overflow");
  }
  return weighted;
}

function checkCount(
  source: Decoder,
  plugins: readonly EnabledPlugin[],
  point: ExtensionPoint,
  min: number,
  max: number,
): void {
  if (plugins.length >= min && plugins.length <= max) return;
  const wanted = max === 1 ? "exactly one plugin" : "at least one plugin";
  source.at(point).fail("E_VALUE", `${wanted} is needed here, found ${plugins.length}`);
}

function readPluginSet(source: Decoder, registry: Registry, point?: ExtensionPoint): PluginSet {
  if (!source.isPresent || source.object(["enabled", "disabled"]) === undefined) {
    return EMPTY_PLUGIN_SET;
  }
  const enabled: EnabledPlugin[] = [];
  for (const entry of source.optional("enabled")?.array() ?? []) {
    entry.object(["name", "weight"]);
    const name = entry.required("name")?.text();
    if (name === undefined) continue;
    checkEnabled(entry.at("name"), name, registry, point);
    if (enabled.some((other) => other.name === name)) {
      entry.at("name").fail("E_DUPLICATE", `plugin ${name} is enabled twice here`);
    }
    const weight = entry.optional("weight")?.integer(0, WEIGHT_MAX) ?? 0;
    enabled.push({ name, weight });
  }
  const disabled: string[] = [];
  for (const entry of source.optional("disabled")?.array() ?? []) {
    entry.object(["name", "weight"]);
    const name = entry.required("name")?.text();
    if (name === undefined) continue;
    if (name !== ALL_PLUGINS && registry.find(name) === undefined) {
      failUnknown(entry.at("name"), name, registry);
    }
    disabled.push(name);
  }
  return { enabled, disabled };
}

function checkEnabled(
  at: Decoder,
  name: string,
  registry: Registry,
  point: ExtensionPoint | undefined,
): void {
  const known = registry.find(name);
  if (known === undefined) failUnknown(at, name, registry);
  else if (point !== undefined && !known.points.includes(point)) {
    at.fail("E_VALUE", `plugin ${name} does not take part in ${point}`);
  }
}

/** Unknown plugins are refused with the nearest known name. */
function failUnknown(at: Decoder, name: string, registry: Registry): void {
  const near = nearest(name, registry.names());
  const hint = near === undefined ? undefined : `did you mean '${near}'?`;
  at.fail("E_UNKNOWN_PLUGIN", `no plugin is named '${name}'`, hint);
}

function readArguments(
  source: Decoder,
  plugins: PointLists,
  registry: Registry,
): Map<string, unknown> {
  const places = new Map<string, Decoder>();
  for (const entry of source.isPresent ? (source.array() ?? []) : []) {
    entry.object(["name", "args"]);
    const name = entry.required("name")?.text();
    if (name === undefined) continue;
    const known = registry.find(name);
    if (known === undefined) failUnknown(entry.at("name"), name, registry);
    else if (known.readArguments === undefined) {
      entry.at("args").fail("E_VALUE", `plugin ${name} takes no arguments`);
    }
    if (places.has(name)) {
      entry.at("name").fail("E_DUPLICATE", `arguments of ${name} are given twice`);
    }
    places.set(name, entry.at("args"));
  }
  const args = new Map<string, unknown>();
  for (const name of enabledNames(plugins)) {
    const reader = registry.find(name)?.readArguments;
    if (reader === undefined) continue;
    const place = places.get(name) ?? source.at(name);
    checkArgumentsKind(place, name);
    args.set(name, reader(place));
  }
  // Arguments of plugins that are off are checked all the same.
  for (const [name, place] of places) {
    if (!args.has(name)) registry.find(name)?.readArguments?.(place);
  }
  return args;
}

function checkArgumentsKind(place: Decoder, name: string): void {
  if (!place.isPresent) return;
  place.optional("kind")?.oneOf([`${name}Args`]);
}

function enabledNames(plugins: PointLists): ReadonlySet<string> {
  const names = new Set<string>();
  for (const point of EXTENSION_POINTS) {
    for (const { name } of plugins[point]) names.add(name);
  }
  return names;
}
