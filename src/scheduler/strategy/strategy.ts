// Strategy: "pod and view in, node or reasons out".
//
// The simplest way to schedule: the profile's filters say which nodes fit, the strategy picks one of
// them or declines. Built-in policies and users' functions share this contract.

import type { ClusterView, NodeView, PodView } from "./views.ts";

/** The version of the contract that strategies and plugins are written against. */
export const STRATEGY_API_VERSION = "podsim.dev/v1";

/** A node for the pod, or why it gets none now. */
export type StrategyAnswer = StrategyChoice | StrategyRefusal;

/** A node, and optionally how good and how unique it is. */
export interface StrategyChoice {
  /** One of the view's nodes, or its name. */
  readonly node: NodeView | string;
  /** What the choice was worth, for reports; any finite number. */
  readonly score?: number;
  /** How many nodes were equally good, the chosen one included. */
  readonly tieCount?: number;
}

/** No node now. */
export interface StrategyRefusal {
  /** Shown once per node that fitted, as a filter's reasons are. */
  readonly reasons: readonly string[];
}

/** Random numbers keyed by run, strategy and pod: the same pod draws the same in every attempt. */
export interface StrategyRandom {
  /** Uniform in the open interval (0, 1); the k-th call gives the pod's k-th number. */
  unit(): number;
  /** Uniform integer in 0..below-1. */
  integer(below: number): number;
}

/** A way to choose among nodes; one object serves one run. */
export interface Strategy {
  readonly name: string;
  /** Never called without a fitting node. */
  decide(pod: PodView, view: ClusterView, random: StrategyRandom): StrategyAnswer;
}

/** A strategy as a module exports it: one object per run is made, so runs share no state. */
export interface StrategyDefinition {
  readonly kind: "strategy";
  readonly apiVersion: string;
  readonly name: string;
  create(): Strategy;
}

/** What a user writes: a function, or a factory when the strategy keeps state during a run. */
export type StrategySource =
  | { readonly name: string; readonly decide: Strategy["decide"] }
  | { readonly name: string; readonly create: () => { readonly decide: Strategy["decide"] } };

/**
 * Declares a strategy against the present contract. It is asked about a pod only if some node passes the
 * profile's filters, synchronously, once per scheduling cycle; an answer that is none ends the run with
 * a StrategyError. With `create`, each run gets a fresh object, so runs share no state.
 */
export function defineStrategy(source: StrategySource): StrategyDefinition {
  const { name } = source;
  const create = (): Strategy => {
    const made = "create" in source ? source.create() : source;
    return { name, decide: (pod, view, random) => made.decide(pod, view, random) };
  };
  return Object.freeze({ kind: "strategy", apiVersion: STRATEGY_API_VERSION, name, create });
}
