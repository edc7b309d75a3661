// A goal: a figure with a bar, measured by one command and judged. What a measurement hands over.
//
// The goals are P1 to P13 of the design's page on performance and F1 to F11 of its page on the full
// profile. One measurement may serve several goals, so that nothing is measured twice.

import type { Machine } from "../harness/machine.ts";

/** Every goal, in order. */
export const GOAL_IDS = [
  ...(["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "P12", "P13"] as const),
  ...(["F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11"] as const),
] as const;
/** Name of a goal. */
export type GoalId = (typeof GOAL_IDS)[number];

/** What a figure has to reach, or must not pass. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number };

/** One figure towards a goal, as measured. */
export interface Measured {
  readonly goal: GoalId;
  /** Workload and size, such as "10 applications, 5,000 nodes"; unique within a goal. */
  readonly part: string;
  /** Absent: there is none, and `note` says why. */
  readonly figure?: number;
  /** "x", "%", "B per node", ... */
  readonly unit: string;
  /** Absent: the figure is shown and not judged. */
  readonly bar?: Bar;
  /** False: the figure is shown, but does not count as measured (a busy machine); `note` says why. */
  readonly isValid?: boolean;
  readonly note?: string;
  /** Largest slice divided by smallest, of the side that the goal is about. */
  readonly spread?: number;
  /** The two anchors: nodes looked at per decision, and one operation's cost in draws of E0. */
  readonly visits?: number;
  readonly e0Draws?: number;
  /** On which every variant agreed. */
  readonly hash?: string;
}

/** How a figure stands to its bar. */
export type Status = "met" | "missed" | "shown" | "not measured" | "FAILED";

/** A measured figure, judged. */
export interface Finding extends Measured {
  readonly status: Status;
  /** Load average when it was taken. */
  readonly load: number;
}

/** What all measurements are told. */
export interface GoalSettings {
  /** Sizes of the cluster, ascending. */
  readonly sizes: readonly number[];
  /** Longer runs as well, where size is not a number of nodes. */
  readonly isLarge: boolean;
  readonly slices: number;
  readonly sliceMs: number;
  /** CPU before the first slice of each side. */
  readonly warmUpMs: number;
  /** The built command line, and the folder with the KubeSBS input. */
  readonly program: string;
  readonly data: string;
  /** Where peers are installed; undefined: the usual place. */
  readonly peers: string | undefined;
}

/** What a measurement works with. */
export interface GoalContext extends GoalSettings {
  readonly machine: Machine;
  /** The compiled main of the bench folder. */
  readonly mainPath: string;
  wants(goal: GoalId): boolean;
  report(measured: Measured): void;
  /** One line about what is being done. */
  progress(text: string): void;
}

/** Takes figures for one or more goals, in a process of its own. */
export interface Measurement {
  readonly name: string;
  readonly goals: readonly GoalId[];
  readonly measure: (context: GoalContext) => void | Promise<void>;
}

/** A whole number with commas. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
