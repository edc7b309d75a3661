// User plugins: any extension point, written against views.
//
// `definePlugin` takes what a user writes; here it becomes a plugin of the framework. Every answer
// is checked before the scheduler sees it: a wrong one ends the run with the plugin's name, the
// simulated time and the pod, and changes nothing.

import { Action, type EventRegistration, type EventResource } from "../framework/cluster-event.ts";
import type { ExtensionPoint } from "../framework/plugin.ts";
import { STRATEGY_API_VERSION } from "./strategy.ts";
import type { NodeView, PodView } from "./views.ts";

/**
 * What most points answer: true = fine; a text or texts = no, for these reasons. With
 * `unresolvable` removing pods would not help; with `pending` the pod waits for a plugin's own event.
 */
export type PluginVerdict =
  | true
  | string
  | readonly string[]
  | { readonly reasons: readonly string[]; readonly unresolvable?: true; readonly pending?: true };

/** A plugin's memory of one scheduling cycle. */
export interface CycleMemory {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/** A pod with its place in the queue's time, for queueSort. */
export interface SortedPodView {
  readonly pod: PodView;
  readonly timestampUs: number;
}

/** A subscription by names, such as { resource: "Node", actions: ["Add", "UpdateNodeLabel"] }. */
export interface PluginEvent {
  readonly resource: EventResource;
  readonly actions: readonly (keyof typeof Action)[];
}

/** Pods that this plugin holds on Permit, in the order in which they began to wait. */
export interface WaitingPodsView {
  pods(): readonly PodView[];
  /** Lets a pod go on as far as this plugin is concerned; false when it does not wait for it. */
  allow(pod: PodView): boolean;
  /** Rejects a pod for this reason; false when it does not wait. */
  reject(pod: PodView, reason: string): boolean;
}

/** The extension points, all optional; names are upstream's. */
export interface PluginHooks {
  /**
   * Everything of the pod that `filter` and `score` read, as text. Given, the two are kept per key and
   * node until the node's object changes, so beyond it they may read the node's name, labels, taints,
   * allocatable and the like, but neither its pods nor what is free, and they answer for any node. A
   * plugin with it has no `preFilter`, `preScore` or `normalizeScores`.
   */
  classKey?(pod: PodView): string;
  preEnqueue?(pod: PodView): PluginVerdict;
  /** True when `a` goes strictly before `b`. */
  less?(a: SortedPodView, b: SortedPodView): boolean;
  /** "skip" switches this plugin's filter off for the pod; `nodes` leaves only the nodes named. */
  preFilter?(
    pod: PodView,
    nodes: readonly NodeView[],
    memory: CycleMemory,
  ): PluginVerdict | "skip" | { readonly nodes: readonly string[] };
  filter?(pod: PodView, node: NodeView, memory: CycleMemory): PluginVerdict;
  preScore?(pod: PodView, nodes: readonly NodeView[], memory: CycleMemory): PluginVerdict | "skip";
  /** An integer, 0 to 100 unless normalizeScores brings it there. */
  score?(pod: PodView, node: NodeView, memory: CycleMemory): number;
  /** Scores in the order of `nodes`; the answer is a list of the same length, 0 to 100. */
  normalizeScores?(
    pod: PodView,
    nodes: readonly NodeView[],
    scores: readonly number[],
  ): readonly number[];
  reserve?(pod: PodView, nodeName: string, memory: CycleMemory): PluginVerdict;
  unreserve?(pod: PodView, nodeName: string, memory: CycleMemory, waiting: WaitingPodsView): void;
  /** `waitSeconds` holds the pod until it is allowed, or rejected, or the time is over, which rejects it. */
  permit?(
    pod: PodView,
    nodeName: string,
    memory: CycleMemory,
    waiting: WaitingPodsView,
  ): PluginVerdict | { readonly waitSeconds: number };
  preBind?(pod: PodView, nodeName: string, memory: CycleMemory): PluginVerdict;
  postBind?(pod: PodView, nodeName: string, memory: CycleMemory): void;
}

/** What a user writes. With `create` the hooks may keep state during a run. */
export type PluginSource = {
  readonly name: string;
  /** Weight of its scores; default 1. */
  readonly weight?: number;
  /** After which events a pod it rejected is tried again; default: after every event. */
  readonly events?: readonly PluginEvent[];
} & (PluginHooks | { readonly create: (args: unknown) => PluginHooks });

/** A plugin as a module exports it. */
export interface PluginDefinition {
  readonly kind: "plugin";
  readonly apiVersion: string;
  readonly name: string;
  readonly weight: number;
  readonly points: readonly ExtensionPoint[];
  readonly events: readonly PluginEvent[] | undefined;
  create(args: unknown): PluginHooks;
}

const POINT_OF_HOOK: readonly (readonly [keyof PluginHooks, ExtensionPoint])[] = [
  ["preEnqueue", "preEnqueue"],
  ["less", "queueSort"],
  ["preFilter", "preFilter"],
  ["filter", "filter"],
  ["preScore", "preScore"],
  ["score", "score"],
  ["reserve", "reserve"],
  ["unreserve", "reserve"],
  ["permit", "permit"],
  ["preBind", "preBind"],
  ["postBind", "postBind"],
];

/**
 * Declares a plugin against the present contract. Its extension points are the hooks it has; they are
 * called synchronously, at the times at which kube-scheduler would call them. A `create` is called here
 * too, to learn which hooks there are. An answer of the wrong form ends the run with a StrategyError.
 */
export function definePlugin(source: PluginSource): PluginDefinition {
  const { name, weight = 1, events } = source;
  const create = (args: unknown): PluginHooks =>
    "create" in source ? source.create(args) : source;
  const hooks = create(undefined);
  refuseMixedKey(name, hooks);
  return Object.freeze({
    kind: "plugin",
    apiVersion: STRATEGY_API_VERSION,
    name,
    weight,
    points: pointsOf(hooks),
    events,
    create,
  });
}

/** Hooks that see more than one node, or the cycle's memory. */
const WIDER_HOOKS = ["preFilter", "preScore", "normalizeScores"] as const;

function refuseMixedKey(name: string, hooks: PluginHooks): void {
  if (hooks.classKey === undefined) return;
  const wider = WIDER_HOOKS.find((hook) => hooks[hook] !== undefined);
  if (wider === undefined) return;
  throw new Error(`plugin ${name} has classKey and ${wider}; a plugin has one of them`);
}

/** The extension points that hooks implement. */
function pointsOf(hooks: PluginHooks): readonly ExtensionPoint[] {
  const present = POINT_OF_HOOK.filter(([hook]) => typeof hooks[hook] === "function");
  return [...new Set(present.map(([, point]) => point))];
}

const ALL_EVENTS: readonly EventRegistration[] = [{ resource: "*", actions: Action.All }];

/** The framework's registrations for a plugin's events. */
export function registrationsOf(
  events: readonly PluginEvent[] | undefined,
): readonly EventRegistration[] {
  if (events === undefined) return ALL_EVENTS;
  return events.map(({ resource, actions }) => ({
    resource,
    actions: actions.reduce((bits, name) => bits | Action[name], 0),
  }));
}
