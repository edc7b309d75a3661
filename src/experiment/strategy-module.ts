// Strategy modules: what a user's module may export, and the scheduler that comes of it.
//
// Portable: it takes the module's values, however they were loaded. A module's default export is a
// strategy, a plugin (or several), or a plain function "pod and view in, node or reasons out".

import { Decoder } from "../base/index.ts";
import {
  callStrategy,
  createDefaultRegistry,
  createStrategyDecider,
  type DeciderParts,
  DEFAULT_MULTI_POINT,
  definePlugin,
  defineStrategy,
  type PluginDefinition,
  type PluginSource,
  readSchedulerConfiguration,
  type Registry,
  registryEntryOf,
  type SchedulerConfiguration,
  STRATEGY_API_VERSION,
  type Strategy,
  type StrategyDefinition,
  StrategyError,
  type StrategySource,
} from "../scheduler/index.ts";
import type { RunScheduler } from "./run-scheduler.ts";

/** What a module offers. */
export interface StrategyModule {
  readonly strategy: StrategyDefinition | undefined;
  readonly plugins: readonly PluginDefinition[];
}

type StrategyDecide = Extract<StrategySource, { readonly decide: unknown }>["decide"];

/** Hooks whose presence tells a plain plugin object from anything else. */
const HOOKS: readonly string[] = [
  "preEnqueue",
  "less",
  "preFilter",
  "filter",
  "preScore",
  "score",
  "reserve",
  "permit",
  "preBind",
  "postBind",
];

/** Reads a module's exports; what is no strategy or plugin is refused with one line. */
export function readStrategyModule(
  exports: Readonly<Record<string, unknown>>,
  name: string,
): StrategyModule {
  const refuse = (what: string): never => {
    throw new StrategyError({ strategy: name, point: "load", atUs: 0, pod: "" }, what);
  };
  const exported = unwrapDefault(exports);
  if (exported === undefined) {
    const found = Object.keys(exports).join(", ") || "nothing";
    return refuse(
      `the module has no default export (it exports ${found}); export default a strategy`,
    );
  }
  const list = Array.isArray(exported) ? exported : [exported];
  const strategies: StrategyDefinition[] = [];
  const plugins: PluginDefinition[] = [];
  for (const value of list) {
    checkVersion(value, exports, refuse);
    if (isPlugin(value)) plugins.push(pluginOf(value, name, refuse));
    else strategies.push(strategyOf(value, name, refuse));
  }
  if (strategies.length > 1) return refuse("the module exports several strategies; a run uses one");
  return { strategy: strategies[0], plugins };
}

/** The scheduler of a module: upstream's profile with its plugins added, its strategy on top. */
export function schedulerOfModule(name: string, module: StrategyModule): RunScheduler {
  const registry = createDefaultRegistry();
  for (const plugin of module.plugins) registry.register(registryEntryOf(plugin));
  const configuration = configurationWith(module.plugins, registry);
  const { strategy } = module;
  if (strategy === undefined) return { name, configuration, registry };
  return {
    name,
    configuration,
    registry,
    createDecider: (parts, run) => createStrategyDecider(createOf(strategy, parts), parts, run),
  };
}

function createOf(strategy: StrategyDefinition, { simulation, userCalls }: DeciderParts): Strategy {
  const { name } = strategy;
  const call = { strategy: name, point: "create", atUs: simulation.nowUs, pod: "" };
  const read = (made: Strategy): Strategy => {
    if (typeof made?.decide === "function") return made;
    throw new StrategyError(call, "created something that cannot decide");
  };
  return callStrategy(call, () => strategy.create(), read, userCalls);
}

/**
 * The scheduler of a strategy, or of kube-scheduler's default profile with these plugins added to it.
 * `name` is what results call it. Throws a StrategyError if the plugins cannot stand in one profile.
 */
export function strategyScheduler(
  name: string,
  parts: StrategyDefinition | PluginDefinition | readonly PluginDefinition[],
): RunScheduler {
  if (Array.isArray(parts)) return schedulerOfModule(name, { strategy: undefined, plugins: parts });
  const part = parts as StrategyDefinition | PluginDefinition;
  const module =
    part.kind === "strategy"
      ? { strategy: part, plugins: [] }
      : { strategy: undefined, plugins: [part as PluginDefinition] };
  return schedulerOfModule(name, module);
}

function configurationWith(
  plugins: readonly PluginDefinition[],
  registry: Registry,
): SchedulerConfiguration {
  const enabled = plugins.map(({ name, weight }) => ({ name, weight }));
  const sorters = plugins.filter(({ points }) => points.includes("queueSort"));
  const queueSort = {
    enabled: sorters.map(({ name }) => ({ name })),
    disabled: sorters.length === 0 ? [] : [{ name: "*" }],
  };
  const value = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    profiles: [
      {
        schedulerName: "default-scheduler",
        plugins: { multiPoint: { enabled }, ...(sorters.length === 0 ? {} : { queueSort }) },
      },
    ],
  };
  const decoder = new Decoder({ value });
  const configuration = readSchedulerConfiguration(decoder, {
    registry,
    defaultMultiPoint: DEFAULT_MULTI_POINT,
  });
  if (configuration !== undefined) return configuration;
  const first = decoder.problems[0]?.message ?? "the configuration is refused";
  const names = plugins.map((plugin) => plugin.name).join(", ");
  throw new StrategyError({ strategy: names, point: "load", atUs: 0, pod: "" }, first);
}

/** Node wraps a CommonJS module's exports in `default`; a transpiled one has a second `default`. */
function unwrapDefault(exports: Readonly<Record<string, unknown>>): unknown {
  const value = exports["default"];
  if (typeof value === "object" && value !== null && "default" in value) return value.default;
  return value;
}

function checkVersion(
  value: unknown,
  exports: Readonly<Record<string, unknown>>,
  refuse: (what: string) => never,
): void {
  const own = isRecord(value) ? value["apiVersion"] : undefined;
  const version = own ?? exports["apiVersion"];
  if (version === STRATEGY_API_VERSION) return;
  if (version === undefined) {
    refuse(
      `the module declares no API version; add export const apiVersion = "${STRATEGY_API_VERSION}"`,
    );
  }
  refuse(`written against ${String(version)}, this podsim offers ${STRATEGY_API_VERSION}`);
}

function strategyOf(
  value: unknown,
  name: string,
  refuse: (what: string) => never,
): StrategyDefinition {
  if (typeof value === "function") {
    return defineStrategy({ name, decide: value as StrategyDecide });
  }
  if (!isRecord(value)) return refuse(`exports ${typeof value}; expected a strategy or a plugin`);
  const own = typeof value["name"] === "string" ? value["name"] : name;
  if (value["kind"] === "strategy" && typeof value["create"] === "function") {
    return value as unknown as StrategyDefinition;
  }
  if (typeof value["decide"] === "function" || typeof value["create"] === "function") {
    return defineStrategy({ ...value, name: own } as unknown as StrategySource);
  }
  const keys = Object.keys(value).join(", ") || "no fields";
  return refuse(`exports an object with ${keys}; expected decide, create or extension points`);
}

/** A defined plugin, or a plain object of hooks that is defined here. */
function pluginOf(
  value: Readonly<Record<string, unknown>>,
  name: string,
  refuse: (what: string) => never,
): PluginDefinition {
  if (value["kind"] === "plugin") return value as unknown as PluginDefinition;
  const own = typeof value["name"] === "string" ? value["name"] : name;
  try {
    return definePlugin({ ...value, name: own } as unknown as PluginSource);
  } catch (thrown) {
    return refuse(`threw ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

function isPlugin(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isRecord(value)) return false;
  return value["kind"] === "plugin" || HOOKS.some((hook) => typeof value[hook] === "function");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
