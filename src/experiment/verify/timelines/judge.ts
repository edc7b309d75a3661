// Whether what a replay came to agrees with the recording, by the class of the quantity (REPLAY.md
// section 4).
//
// Every single value is judged, not only their median, and there must be as many as in the run that is
// followed. Says why something differs, in words.

import { canonicalJson } from "../case-format.ts";
import type { Computed, Interval, Rule, SetRule, Situation } from "./quantity.ts";

const LATENCY_SLACK = 0.25;
/** A recorded value may be late; a simulated one may be this much early. */
const EARLY = 0.02;
/** Rounding of a timer that a value contains. */
const TIMER_ROUNDING = 0.005;

/** Why the replay's quantity differs; empty if it agrees. */
export function judge(
  rule: Rule,
  situation: Situation,
  got: Computed,
  /** How many values there must be; undefined if that is not known. */
  count: number | undefined,
): readonly string[] {
  const { recorded } = situation;
  if (rule.kind === "none") return [];
  if (recorded.never === true) {
    const happened = got.values?.length ?? 0;
    return rule.kind === "set" || happened === 0 ? [] : [`${happened} values of what never was`];
  }
  switch (rule.kind) {
    case "exact":
      return judgeFact(situation, got, (value) => `${canonicalJson(value)} was not recorded`);
    case "exactOrSet":
      return judgeFact(situation, got, (value) => rule.accept(value, situation));
    case "set":
      return judgeSet(rule.accept, situation, got);
    case "latency":
      return [
        ...judgeCount(got, count),
        ...outside(got.values, latencyBounds(rule, recorded.min ?? 0, recorded.max ?? 0)),
      ];
    case "rate": {
      const { min = 0, max = 0 } = recorded;
      const bounds = { min: min * (1 - rule.share), max: max * (1 + rule.share) };
      return [...judgeCount(got, count), ...outside(got.values, [bounds])];
    }
    case "grid": {
      const counts = rule.countFree === true ? [] : judgeCount(got, count);
      return [...counts, ...outside(got.values, rule.intervals)];
    }
  }
}

function judgeCount(got: Computed, expected: number | undefined): readonly string[] {
  const count = got.values?.length ?? 0;
  if (expected === undefined || expected === count) return [];
  return [`${count} values, not ${expected}`];
}

function latencyBounds(
  rule: Extract<Rule, { kind: "latency" }>,
  min: number,
  max: number,
): readonly Interval[] {
  const { sides, slack = LATENCY_SLACK, notBefore } = rule;
  const floor = notBefore === undefined ? Number.NEGATIVE_INFINITY : notBefore - TIMER_ROUNDING;
  if (sides === "duration") {
    const early = clamp(0.08 * min, 0.5, 1.5);
    const late = clamp(0.04 * max, 0.25, 1);
    return [{ min: Math.max(floor, min - early), max: max + late }];
  }
  return [{ min: Math.max(floor, sides === "one" ? -EARLY : min - slack), max: max + slack }];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function outside(
  list: readonly number[] | undefined,
  intervals: readonly Interval[],
): readonly string[] {
  if (list === undefined) return ["no values, but a fact"];
  const wrong = list.filter(
    (value) => !intervals.some(({ min, max }) => value >= min - 1e-9 && value <= max + 1e-9),
  );
  if (wrong.length === 0) return [];
  const allowed = intervals.map(({ min, max }) => `${round(min)} to ${round(max)}`).join(" or ");
  const shown = wrong.slice(0, 5).map(round).join(", ");
  const more = wrong.length > 5 ? ` and ${wrong.length - 5} more` : "";
  return [`${shown}${more} not within ${allowed}`];
}

/** Three decimals are enough to see why. */
export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function judgeFact(situation: Situation, got: Computed, otherwise: SetRule): readonly string[] {
  const { recorded } = situation;
  const list = got.values ?? [got.fact];
  if ("everyRun" in recorded) {
    const expected = canonicalJson(recorded.everyRun);
    const value = got.values === undefined ? got.fact : got.values[0];
    const given = canonicalJson(value);
    return given === expected ? [] : [`${shorten(given)} is not ${shorten(expected)}`];
  }
  if (recorded.perRun !== undefined) return judgeSet(otherwise, situation, got);
  if (list.length === 0) return ["no value"];
  const { min, max } = recorded;
  return list.flatMap((value) => {
    if (min === max) return value === min ? [] : [`${String(value)} is not ${String(min)}`];
    const reason = otherwise(value, situation);
    return reason === undefined ? [] : [reason];
  });
}

function judgeSet(accept: SetRule, situation: Situation, got: Computed): readonly string[] {
  const reason = accept(got.values ?? got.fact, situation);
  return reason === undefined ? [] : [reason];
}

/** Long facts are told by their beginning. */
export function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
