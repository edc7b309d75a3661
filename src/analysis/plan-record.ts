// The record that a plan leaves: the smallest or cheapest cluster that meets its requirements, and why.
//
// Everything that a report must state stands here: which sizes could change, which losses were tried,
// at which confidence, every point that was tried with its measures, and what was not tried. Plain data
// with names, no handles; the same bytes for the same inputs.

import type { MeasureUnit } from "../metrics/index.ts";
import type { Estimate } from "./estimate.ts";

/** Version of the shape of PlanRecord and of `plan.json`. */
export const PLAN_SCHEMA_VERSION = "podsim.dev/plan/v1";

/** What the runs of a point say of one requirement. */
export type RequirementState =
  /** The whole interval lies on the right side of the limit. */
  | "met"
  /** The whole interval lies on the wrong side, or the requirement failed where it must always hold. */
  | "missed"
  /** The limit lies within the interval when the last replication was run: counted as not met. */
  | "open";

/** Why a requirement has its state, where no interval says it. */
export type RequirementReason =
  /** Held, or failed, in every single replication: that is what it asks. */
  | "every-run"
  /** Nothing varies: one run is the answer. */
  | "one-run"
  /** There is no such value in some run. */
  | "missing-values"
  /** Too few pods for the percentile. */
  | "insufficient-observations"
  /** Work piles up. */
  | "unstable"
  /** More pods still waited at the end than may be left out of the measure. */
  | "censored";

/** One requirement at one point under one loss. */
export interface RequirementAnswer {
  /** As written, such as `pending.p95<30s`. */
  readonly requirement: string;
  readonly unit: MeasureUnit;
  readonly limit: number;
  readonly state: RequirementState;
  readonly reason: RequirementReason | null;
  readonly estimate: Estimate;
  /**
   * For requirements that must hold in every run: the share of worlds in which it may still fail, at the
   * plan's confidence; null elsewhere.
   */
  readonly failureRatioMax: number | null;
}

/** Pods that still waited when a run ended, by what the scheduler said. */
export interface WaitingGroup {
  readonly message: string;
  readonly podsCount: number;
  /** One of them, as namespace/name. */
  readonly example: string;
}

/** A point under one loss. */
export interface LossAnswer {
  /** Such as "none", "node general-3", "zone b". */
  readonly loss: string;
  readonly replicationsCount: number;
  readonly requirements: readonly RequirementAnswer[];
  readonly podsCreatedCount: number;
  readonly podsPendingAtEndCount: number;
  readonly unstableRunsCount: number;
  /** Of the first run in which pods waited, most pods first. */
  readonly waiting: readonly WaitingGroup[];
  /** Hash over the fingerprints of the runs, in their order. */
  readonly digest: string;
}

/** One cluster that was tried. */
export interface PlanPoint {
  /** Parallel to `sizes`. */
  readonly counts: readonly number[];
  readonly nodesCount: number;
  readonly costPerHourMicros: number | null;
  readonly state: RequirementState;
  readonly runsCount: number;
  /** The losses that were run; a point that misses one is not run under the others. */
  readonly losses: readonly LossAnswer[];
  readonly lossesCount: number;
}

/** A count that the plan may choose. */
export interface PlanSize {
  readonly name: string;
  readonly kind: "pool" | "added" | "group";
  /** Nodes of it as the cluster is given. */
  readonly givenCount: number;
  readonly min: number;
  readonly max: number;
  readonly pricePerHourMicros: number | null;
}

/** A kind of loss that was asked for. */
export interface PlanLoss {
  /** As written, such as `zone:1`. */
  readonly asked: string;
  /** When the machines fail; null: they are gone from the start. */
  readonly atUs: number | null;
  /** How the nodes to lose were chosen at the answer, or at the last point without one. */
  readonly variants: readonly string[];
  /** How many ways there were. */
  readonly possibleCount: number;
}

/** Whether more nodes were ever worse than fewer. */
export interface PlanMonotony {
  readonly isMonotone: boolean;
  /** A larger cluster that misses although a smaller one meets: pairs of counts. */
  readonly breaks: readonly {
    readonly meets: readonly number[];
    readonly misses: readonly number[];
  }[];
}

/** The whole plan. Key order is the order of this declaration. */
export interface PlanRecord {
  readonly schemaVersion: string;
  readonly scenario: { readonly name: string; readonly inputHash: string };
  readonly versions: { readonly podsim: string; readonly kubernetes: string };
  readonly scheduler: string;
  readonly seed: string;
  readonly study: "fixed" | "terminating" | "steady-state";
  readonly warmUpUs: number;
  readonly varied: readonly string[];
  readonly confidence: number;
  /** Replications after which a point is judged; the last is the cap. */
  readonly looks: readonly number[];
  readonly requirements: readonly string[];
  readonly losses: readonly PlanLoss[];
  readonly sizes: readonly PlanSize[];
  /** "" where nobody says it. */
  readonly currency: string;
  /** Nodes that are no part of any size. */
  readonly otherNodesCount: number;
  readonly given: { readonly nodesCount: number; readonly costPerHourMicros: number | null };
  readonly answer: PlanPoint | null;
  /** Position of the loss with the least room at the answer; null without an answer. */
  readonly worst: number | null;
  /** The next smaller or cheaper point, which does not do; null where there is none. */
  readonly next: PlanPoint | null;
  /** Nodes that may not be removed, and why; empty unless nodes were to be removed. */
  readonly blocked: readonly { readonly why: string; readonly nodesCount: number }[];
  readonly monotony: PlanMonotony;
  /** Every point tried, cheapest first. */
  readonly points: readonly PlanPoint[];
  /** Cheaper points than the answer that nobody tried because a cap was hit; 0: the answer is proven. */
  readonly untriedCount: number;
  readonly runsCount: number;
  /** Whether the search was stopped before its end. */
  readonly isPartial: boolean;
  readonly caveats: readonly string[];
}
