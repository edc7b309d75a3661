// FitRecord: how many copies of one pod a cluster takes, and what stops the next one.
//
// Made by placing copies one after another with the real scheduling cycle; printed by the report
// floor. Plain data in stable order; it holds names, never rows or handles.

import type { ResourceAmount } from "./explain-record.ts";

/** Version of this record's shape; stands in every answer. */
export const FIT_SCHEMA_VERSION = "podsim.dev/fit/v1";

/** Why no further copy was placed. */
export type FitStop =
  /** No node takes it. */
  | "unschedulable"
  /** As many as were asked for. */
  | "limit"
  /** It would push out pods that run: see `preempting`. */
  | "preemption"
  /** The API refuses it, such as a quota. */
  | "refused"
  /** A node was chosen, but the binding does not come about (volumes that nobody makes here). */
  | "not-bound"
  /** The scheduler does not try it: gates, or no scheduler of that name. */
  | "untried"
  /** The cycle ended with an error. */
  | "error";

/** The answer to "how many more of this pod fit". */
export interface FitRecord {
  readonly schemaVersion: string;
  readonly scenario: { readonly name: string; readonly inputHash: string };
  readonly versions: { readonly podsim: string; readonly kubernetes: string };
  /** The scheduler as the user calls it. */
  readonly scheduler: string;
  readonly pod: {
    readonly namespace: string;
    readonly name: string;
    readonly requests: readonly ResourceAmount[];
  };
  readonly copiesCount: number;
  readonly stoppedBy: FitStop;
  /** What was said of the next copy; empty when the limit stopped it. */
  readonly message: string;
  /** The node on which the next copy would push pods out, and how many; null for none. */
  readonly preempting: { readonly node: string; readonly victimsCount: number } | null;
  /** The cluster as it was found. */
  readonly cluster: {
    readonly nodesCount: number;
    /** Pods with a node before any of these objects was scheduled. */
    readonly boundCount: number;
    /** Pods that waited, and were given a node before the first copy. */
    readonly placedFirstCount: number;
    /** Pods that still wait. */
    readonly waitingCount: number;
  };
  /** Nodes by what they say of the next copy, most nodes first. */
  readonly verdicts: readonly FitVerdict[];
  /** In the scheduler's order. */
  readonly nodes: readonly FitNode[];
  readonly notes: readonly string[];
}

/** Nodes that say the same of the next copy. */
export interface FitVerdict {
  readonly plugin: string;
  readonly reasons: readonly string[];
  readonly nodesCount: number;
  /** Copies on these nodes. */
  readonly copiesCount: number;
}

/** One node. */
export interface FitNode {
  readonly node: string;
  readonly copiesCount: number;
  /** Why it takes no further copy; empty when nobody asked. */
  readonly reasons: readonly string[];
}
