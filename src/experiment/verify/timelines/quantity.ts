// What a quantity is: how it is computed from a run, and which values of a replay agree with the
// recording.
//
// The classes are those of REPLAY.md section 4. A quantity of class `none` is told for information; one
// without `compute` cannot be told from events at all.

import { compareText } from "../../../base/index.ts";
import type { Attempt } from "./replay-world.ts";
import type { PodLife, RunView } from "./run-view.ts";
import type { Json, RecordedQuantity, TimelineAction, TimelineFile } from "./timeline-file.ts";

/** Values of a quantity, one per object, or a fact as plain JSON, or that there is no such object. */
export type Computed =
  | { readonly values: readonly number[]; readonly fact?: undefined; readonly absent?: undefined }
  | { readonly fact: unknown; readonly values?: undefined; readonly absent?: undefined }
  | { readonly absent: true; readonly values?: undefined; readonly fact?: undefined };

/** Nothing in this run that the quantity is about, such as a pod of this owner on that node. */
export const ABSENT: Computed = { absent: true };

/** Everything that a quantity is computed from. */
export interface Situation {
  readonly file: TimelineFile;
  /** The run that is looked at, or that a replay follows, from 0. */
  readonly run: number;
  /** The whole key, and what stands before ": " in it ("" if nothing). */
  readonly key: string;
  readonly prefix: string;
  readonly recorded: RecordedQuantity;
  readonly view: RunView;
  /** With the times of the run that is looked at. */
  readonly actions: readonly TimelineAction[];
  /** Aliases of the recorded run's generated names. */
  readonly aliasOfName: ReadonlyMap<string, string>;
  /** What only a replay knows; undefined for a recorded run. */
  readonly attempts?: readonly Attempt[];
  readonly refusals?: readonly { readonly name: string; readonly text: string }[];
  readonly snapshots?: ReadonlyMap<string, Json>;
  /** Changes of zone states, in seconds since the first action. */
  readonly zoneStates?: readonly (readonly [number, string])[];
  readonly horizon: number;
  readonly wallStartSecondOfMinute: number;
}

/** Bounds of single values: the interval of a class, in seconds. */
export interface Interval {
  readonly min: number;
  readonly max: number;
}

/** A judgement of a set: undefined = possible, else why it is not. */
export type SetRule = (fact: unknown, situation: Situation) => string | undefined;

/** Which values agree. */
export type Rule =
  /** Fact or counts equal to the recorded ones. */
  | { readonly kind: "exact" }
  /** Any fact of the structure. */
  | { readonly kind: "set"; readonly accept: SetRule }
  /** Exact where every run was the same, else the set rule. */
  | { readonly kind: "exactOrSet"; readonly accept: SetRule }
  /** min and max of the recording, widened. */
  | {
      readonly kind: "latency";
      readonly sides: "two" | "one" | "duration";
      /** Instead of 0.25 s. */
      readonly slack?: number;
      /** The timer that every value contains. */
      readonly notBefore?: number;
    }
  /** Intervals of their own, whatever was recorded; `n` must be that of the run followed. */
  | { readonly kind: "grid"; readonly intervals: readonly Interval[]; readonly countFree?: boolean }
  /** Each value within the recorded range widened by a share. */
  | { readonly kind: "rate"; readonly share: number }
  | { readonly kind: "none" };

/** One row of the table. */
export interface Quantity {
  /** The key without its prefix. */
  readonly name: string;
  /** Which prefixes the row is about; absent: none. */
  readonly prefix?: RegExp;
  /** Where the row holds; rows of one name are tried in order. */
  readonly holds?: (situation: Situation) => boolean;
  readonly rule: Rule | ((situation: Situation) => Rule);
  /**
   * How many objects the quantity is about, where that hangs on which pods happen to be on a node;
   * absent: as many as in the run that is followed.
   */
  readonly applies?: (situation: Situation) => number;
  /**
   * The instant hangs on the free phase of a slow loop, so a replay may come to it after the horizon of
   * the run that it follows: the row sees what happens a while beyond.
   */
  readonly isPhased?: boolean;
  /**
   * The instant is that of a node health pass: where passes follow the recorded run, every value must be
   * near that run's own.
   */
  readonly followsPass?: boolean;
  readonly compute?: (situation: Situation) => Computed;
}

// ---- words to write rows with -------------------------------------------------------------------

/** Any owner or name. */
export const ANY: RegExp = /^(?!pdb |force |secondFailure).+$/;
/** `deployment/NAME`. */
export const DEPLOYMENT: RegExp = /^deployment\//;
/** `job/NAME`. */
export const JOB: RegExp = /^job\//;
/** `statefulset` or `statefulset/NAME`. */
export const STATEFUL_SET: RegExp = /^statefulset(\/|$)/;
/** A name without slash. */
export const NAME: RegExp = /^[^/ ]+$/;

/** Two-sided latency. */
export const L: Rule = { kind: "latency", sides: "two" };
/** One-sided latency: faster is right. */
export const L_PLUS: Rule = { kind: "latency", sides: "one" };
/** Duration of many steps. */
export const DURATION: Rule = { kind: "latency", sides: "duration" };
/** Equal to the recorded fact or count. */
export const EXACT: Rule = { kind: "exact" };
/** Told for information only. */
export const NONE: Rule = { kind: "none" };

/** A two-sided latency with a slack of its own. */
export function latency(slack: number): Rule {
  return { kind: "latency", sides: "two", slack };
}

/** One interval for every value. */
export function grid(min: number, max: number): Rule {
  return { kind: "grid", intervals: [{ min, max }] };
}

/** Exact, or possible by the rule where runs differed. */
export function exactOr(accept: SetRule): Rule {
  return { kind: "exactOrSet", accept };
}

/** A fact that must have a structure. */
export function set(accept: SetRule): Rule {
  return { kind: "set", accept };
}

/** Between the recorded bounds, widened by so much on both sides. */
export function betweenRecorded(slack = 0): SetRule {
  return (fact, { recorded }) => {
    const { min = 0, max = 0 } = recorded;
    const value = Number(fact);
    return value >= min - slack && value <= max + slack
      ? undefined
      : `${value} is not within ${min - slack} to ${max + slack}`;
  };
}

/** Values that exist, in their order. */
export function values(...lists: readonly (number | undefined)[]): Computed {
  return { values: lists.filter((value) => value !== undefined) };
}

/** Values of a list. */
export function valuesOf(list: readonly (number | undefined)[]): Computed {
  return values(...list);
}

/** A fact as plain JSON. */
export function fact(value: unknown): Computed {
  return { fact: value };
}

/** End minus start, or undefined if one is missing. */
export function span(
  start: { readonly t: number } | number | undefined,
  end: { readonly t: number } | undefined,
): number | undefined {
  if (start === undefined || end === undefined) return undefined;
  return end.t - (typeof start === "number" ? start : start.t);
}

/** Actions of one op. */
export function actionsOf(situation: Situation, op: string): readonly TimelineAction[] {
  return situation.actions.filter((action) => action.op === op);
}

/** Start of the first action of an op (of a kind of object, where given). */
export function actionT(situation: Situation, op: string, kind?: string): number | undefined {
  return situation.actions.find(
    (action) => action.op === op && (kind === undefined || action.kind === kind),
  )?.t;
}

/** The first kubectl of these first words. */
export function kubectlOf(
  situation: Situation,
  ...words: readonly string[]
): TimelineAction | undefined {
  return situation.actions.find(
    ({ op, args = [] }) => op === "kubectl" && words.every((word, k) => args[k] === word),
  );
}

/** The first created object of a kind and, where given, name, as its manifest. */
export function inputOf(situation: Situation, kind: string, name?: string): Json | undefined {
  return situation.file.input.find(
    ({ object }) =>
      object["kind"] === kind &&
      (name === undefined || (object["metadata"] as Json)["name"] === name),
  )?.object;
}

/** A value deep in a manifest. */
export function deep(object: unknown, ...path: readonly string[]): unknown {
  let value = object;
  for (const step of path) value = (value as Json | undefined)?.[step];
  return value;
}

/** Values in rising order. */
export function ascending(list: readonly number[]): readonly number[] {
  return [...list].sort((a, b) => a - b);
}

/** How many of each text, in order of the texts. */
export function countTexts(texts: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const text of [...texts].sort(compareText)) counts.set(text, (counts.get(text) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** Distinct texts in order. */
export function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}

/** A time with two decimals. */
export function hundredths(t: number): number {
  return Math.round(t * 100) / 100;
}

/** The next pod of the same name. */
export function successorOf(pod: PodLife, pods: readonly PodLife[]): PodLife | undefined {
  return pods.find(({ name, createdRv }) => name === pod.name && createdRv > pod.createdRv);
}
