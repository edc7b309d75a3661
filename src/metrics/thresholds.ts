// Gates on measures: `pending.p99<30s`, `unschedulable=0`, `availability>=99.9%`.
//
// The grammar follows k6: a measure, a statistic (avg, min, max, med, p(N) or pN, count) where the
// measure is a distribution, an operator, a limit in the measure's unit. Every gate is evaluated and
// printed with its value; a measure without a value fails its gate, since nothing was shown.

import { parseDuration } from "../base/index.ts";
import type { ThresholdVerdict } from "./run-result.ts";

/** Unit of a measure: microseconds of virtual time, a ratio from 0 to 1, or a count. */
export type MeasureUnit = "us" | "ratio" | "count";

/** What can be gated. Distributions need a statistic, plain measures take none. */
export const MEASURES: ReadonlyMap<
  string,
  { readonly unit: MeasureUnit; readonly distribution: boolean; readonly meaning: string }
> = new Map([
  ["pending", { unit: "us", distribution: true, meaning: "creation of a pod to its binding" }],
  ["startup", { unit: "us", distribution: true, meaning: "creation of a pod to its first Ready" }],
  [
    "unschedulable",
    {
      unit: "count",
      distribution: false,
      meaning: "pods without a node at the end whose last attempt was refused",
    },
  ],
  ["failed", { unit: "count", distribution: false, meaning: "pods that ended in phase Failed" }],
  [
    "evictions",
    { unit: "count", distribution: false, meaning: "pods evicted by taint, API or kubelet" },
  ],
  [
    "preemptions",
    { unit: "count", distribution: false, meaning: "pods removed for one of higher priority" },
  ],
  [
    "availability",
    {
      unit: "ratio",
      distribution: false,
      meaning: "ready replicas over desired ones, all workloads, time-weighted",
    },
  ],
  [
    "recovery",
    { unit: "us", distribution: false, meaning: "longest time a workload lacked ready replicas" },
  ],
  [
    "utilization.cpu",
    {
      unit: "ratio",
      distribution: false,
      meaning: "requested over allocatable cpu, time-weighted",
    },
  ],
  [
    "utilization.memory",
    {
      unit: "ratio",
      distribution: false,
      meaning: "requested over allocatable memory, time-weighted",
    },
  ],
  ["attempts", { unit: "count", distribution: false, meaning: "scheduling attempts" }],
  [
    "conflicts",
    {
      unit: "count",
      distribution: false,
      meaning: "bindings that came too late: another scheduler had bound the pod",
    },
  ],
  [
    "overcommits",
    {
      unit: "count",
      distribution: false,
      meaning: "bindings to a node whose room another scheduler had given away",
    },
  ],
] as const);

/** How value and limit are compared; both sides are in the unit of the measure. */
export type ThresholdOperator = "<" | "<=" | ">" | ">=" | "=" | "!=";

/** A parsed gate. `statistic` is "" for a plain measure; percentiles are "p" and the percent. */
export interface Threshold {
  readonly expression: string;
  readonly measure: string;
  readonly statistic: string;
  readonly operator: ThresholdOperator;
  readonly limit: number;
  readonly unit: MeasureUnit;
}

const GRAMMAR =
  /^\s*([a-z][a-zA-Z_.]*?)(?:\.(avg|min|max|med|count|p\(\s*\d+(?:\.\d+)?\s*\)|p\d+(?:\.\d+)?))?\s*(<=|>=|!=|==|=|<|>)\s*(\S+)\s*$/;

/** Reads one gate; a text that is none comes back as a sentence that says why. */
export function parseThreshold(expression: string): Threshold | string {
  const match = GRAMMAR.exec(expression);
  if (match === null) {
    return `'${expression}' is no threshold: write MEASURE[.STATISTIC] OPERATOR LIMIT, for example pending.p99<30s`;
  }
  const measure = match[1]!;
  const known = MEASURES.get(measure);
  if (known === undefined) {
    return `'${measure}' is no measure: known are ${[...MEASURES.keys()].join(", ")}`;
  }
  const statistic = canonicalStatistic(match[2] ?? "");
  if (known.distribution && statistic === "") {
    return `'${measure}' is a distribution: say which part, for example ${measure}.p99`;
  }
  if (!known.distribution && statistic !== "")
    return `'${measure}' is one number: it takes no '.${statistic}'`;
  if (statistic.startsWith("p") && Number(statistic.slice(1)) > 100) {
    return `'${match[2]}': a percentile lies between 0 and 100`;
  }
  const unit: MeasureUnit = statistic === "count" ? "count" : known.unit;
  const limit = parseLimit(match[4]!, unit);
  if (limit === undefined) return `'${match[4]}' is no ${UNIT_WORDS[unit]}`;
  const operator = (match[3] === "==" ? "=" : match[3]) as ThresholdOperator;
  return { expression: expression.trim(), measure, statistic, operator, limit, unit };
}

/** Judges one gate. `lookup` gives the value of a measure and statistic, null where there is none. */
export function judgeThreshold(
  threshold: Threshold,
  lookup: (measure: string, statistic: string) => number | null,
): ThresholdVerdict {
  const value = lookup(threshold.measure, threshold.statistic);
  return {
    expression: threshold.expression,
    measure:
      threshold.statistic === ""
        ? threshold.measure
        : `${threshold.measure}.${threshold.statistic}`,
    value,
    unit: threshold.unit,
    limit: threshold.limit,
    passed: value !== null && holds(value, threshold.operator, threshold.limit),
  };
}

const UNIT_WORDS: Readonly<Record<MeasureUnit, string>> = {
  us: "duration (write 30s, 1m30s, 250ms)",
  ratio: "ratio (write 0.99 or 99%)",
  count: "whole number",
};

function canonicalStatistic(text: string): string {
  if (text.startsWith("p(")) return `p${text.slice(2, -1).trim()}`;
  return text === "med" ? "p50" : text;
}

function parseLimit(text: string, unit: MeasureUnit): number | undefined {
  if (unit === "us") return parseDuration(text);
  const percent = unit === "ratio" && text.endsWith("%");
  const digits = percent ? text.slice(0, -1) : text;
  if (!/^\d+(\.\d+)?$/.test(digits)) return undefined;
  if (unit === "count" && digits.includes(".")) return undefined;
  return percent ? Number(digits) / 100 : Number(digits);
}

function holds(value: number, operator: ThresholdOperator, limit: number): boolean {
  switch (operator) {
    case "<":
      return value < limit;
    case "<=":
      return value <= limit;
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
    case "=":
      return value === limit;
    case "!=":
      return value !== limit;
  }
}
