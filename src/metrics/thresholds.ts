// Gates on measures: `pending.p99<30s`, `unschedulable=0`, `availability>=99.9%`.
//
// The grammar follows k6: a measure, a statistic (avg, min, max, med, p(N) or pN, count) where the
// measure is a distribution, an operator, a limit in the measure's unit. Every gate is evaluated and
// printed with its value; a measure without a value fails its gate, since nothing was shown.

import { parseDuration } from "../base/index.ts";
import type { ThresholdVerdict } from "./run-result.ts";

/**
 * Unit of a measure: microseconds of virtual time, a ratio from 0 to 1, a count, millionths of the
 * currency of the prices, or joules.
 */
export type MeasureUnit = "us" | "ratio" | "count" | "money" | "energy";

/** A measure; `argument` names what may stand in parentheses behind it, "?" at its end = optional. */
export interface Measure {
  readonly unit: MeasureUnit;
  readonly distribution: boolean;
  readonly meaning: string;
  readonly argument?: string;
}

/** What can be gated. Distributions need a statistic, plain measures take none. */
export const MEASURES: ReadonlyMap<string, Measure> = new Map<string, Measure>([
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
  ["created", { unit: "count", distribution: false, meaning: "pods created" }],
  ["running", { unit: "count", distribution: false, meaning: "pods that run at the end" }],
  ["waiting", { unit: "count", distribution: false, meaning: "pods without a node at the end" }],
  [
    "succeeded",
    { unit: "count", distribution: false, meaning: "pods that ended in phase Succeeded" },
  ],
  [
    "desired",
    {
      unit: "count",
      distribution: false,
      argument: "KIND/NAME?",
      meaning: "replicas that workloads ask for at the end, of one workload or all",
    },
  ],
  [
    "ready",
    {
      unit: "count",
      distribution: false,
      argument: "KIND/NAME?",
      meaning: "ready replicas at the end, of one workload or all",
    },
  ],
  [
    "endpoints",
    {
      unit: "count",
      distribution: false,
      argument: "SERVICE?",
      meaning: "ready endpoints at the end, of one Service or all",
    },
  ],
  [
    "events",
    {
      unit: "count",
      distribution: false,
      argument: "[KIND/]REASON",
      meaning: "Events of a reason, of all objects or those of one kind",
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
    "lostWork",
    {
      unit: "us",
      distribution: false,
      meaning: "time that finite runs had run when they were cut short with their pod or machine",
    },
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
  [
    "fragmentation.cpu",
    {
      unit: "ratio",
      distribution: false,
      meaning: "share of free cpu that the usual pods cannot use, time-weighted",
    },
  ],
  [
    "fragmentation.memory",
    {
      unit: "ratio",
      distribution: false,
      meaning: "share of free memory that the usual pods cannot use, time-weighted",
    },
  ],
  [
    "fragmentation.gpu",
    {
      unit: "ratio",
      distribution: false,
      meaning: "share of free GPUs that the usual pods cannot use, time-weighted",
    },
  ],
  [
    "stranded.cpu",
    {
      unit: "ratio",
      distribution: false,
      meaning: "share of allocatable cpu that is free where no usual pod fits, time-weighted",
    },
  ],
  [
    "stranded.memory",
    {
      unit: "ratio",
      distribution: false,
      meaning: "share of allocatable memory that is free where no usual pod fits, time-weighted",
    },
  ],
  [
    "stranded.gpu",
    {
      unit: "ratio",
      distribution: false,
      meaning: "share of allocatable GPUs that is free where no usual pod fits, time-weighted",
    },
  ],
  [
    "fairness.share",
    {
      unit: "ratio",
      distribution: false,
      meaning: "Jain's index of the namespaces' dominant shares",
    },
  ],
  [
    "fairness.gini",
    {
      unit: "ratio",
      distribution: false,
      meaning: "Gini's coefficient of the namespaces' dominant shares",
    },
  ],
  [
    "fairness.served",
    {
      unit: "ratio",
      distribution: false,
      meaning: "Jain's index of what namespaces hold over what they ask for",
    },
  ],
  [
    "cost",
    {
      unit: "money",
      distribution: false,
      meaning: "price of the nodes while their Node objects exist",
    },
  ],
  [
    "cost.idle",
    { unit: "money", distribution: false, meaning: "part of the cost that no pod asked for" },
  ],
  [
    "cost.perPod",
    { unit: "money", distribution: false, meaning: "cost over the pods that were bound" },
  ],
  ["energy", { unit: "energy", distribution: false, meaning: "what the machines drew" }],
  [
    "energy.idle",
    {
      unit: "energy",
      distribution: false,
      meaning: "what they would have drawn with nothing to do",
    },
  ],
]);

/** How value and limit are compared; both sides are in the unit of the measure. */
export type ThresholdOperator = "<" | "<=" | ">" | ">=" | "=" | "!=";

/** A parsed gate. `statistic` is "" for a plain measure; percentiles are "p" and the percent. */
export interface Threshold {
  readonly expression: string;
  readonly measure: string;
  /** What stands in parentheses behind the measure; "" = nothing. */
  readonly argument: string;
  readonly statistic: string;
  readonly operator: ThresholdOperator;
  readonly limit: number;
  readonly unit: MeasureUnit;
}

const GRAMMAR =
  /^\s*([a-z][a-zA-Z_.]*?)(?:\(\s*([^()\s]+)\s*\))?(?:\.(avg|min|max|med|count|p\(\s*\d+(?:\.\d+)?\s*\)|p\d+(?:\.\d+)?))?\s*(<=|>=|!=|==|=|<|>)\s*(\S+)\s*$/;

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
  const argument = match[2] ?? "";
  const problem = argumentProblem(measure, known, argument);
  if (problem !== undefined) return problem;
  const statistic = canonicalStatistic(match[3] ?? "");
  if (known.distribution && statistic === "") {
    return `'${measure}' is a distribution: say which part, for example ${measure}.p99`;
  }
  if (!known.distribution && statistic !== "")
    return `'${measure}' is one number: it takes no '.${statistic}'`;
  if (statistic.startsWith("p") && Number(statistic.slice(1)) > 100) {
    return `'${match[3]}': a percentile lies between 0 and 100`;
  }
  const unit: MeasureUnit = statistic === "count" ? "count" : known.unit;
  const limit = parseAmount(match[5]!, unit);
  if (limit === undefined) return `'${match[5]}' is no ${UNIT_WORDS[unit]}`;
  const operator = (match[4] === "==" ? "=" : match[4]) as ThresholdOperator;
  return { expression: expression.trim(), measure, argument, statistic, operator, limit, unit };
}

function argumentProblem(
  measure: string,
  { argument: wanted }: Measure,
  given: string,
): string | undefined {
  if (wanted === undefined) {
    return given === "" ? undefined : `'${measure}' takes nothing in parentheses`;
  }
  if (given !== "" || wanted.endsWith("?")) return undefined;
  return `'${measure}' needs to know which: write ${measure}(${wanted})`;
}

/** Judges one gate. `lookup` gives the value of its measure, null where there is none. */
export function judgeThreshold(
  threshold: Threshold,
  lookup: (threshold: Threshold) => number | null,
): ThresholdVerdict {
  const value = lookup(threshold);
  const { measure, argument } = threshold;
  const named = argument === "" ? measure : `${measure}(${argument})`;
  return {
    expression: threshold.expression,
    measure: threshold.statistic === "" ? named : `${named}.${threshold.statistic}`,
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
  money: "amount of money (write 12 or 12.50, in the currency of the prices)",
  energy: "energy (write 12kWh, 500Wh or 90000J)",
};

/** Joules of each unit of energy. */
const ENERGY_UNITS: ReadonlyMap<string, number> = new Map([
  ["J", 1],
  ["Wh", 3_600],
  ["kWh", 3_600_000],
  ["MWh", 3_600_000_000],
]);

function canonicalStatistic(text: string): string {
  if (text.startsWith("p(")) return `p${text.slice(2, -1).trim()}`;
  return text === "med" ? "p50" : text;
}

/** An amount of a measure as people write it: 30s, 99%, 12, 12.50, 3kWh; undefined = it is none. */
export function parseAmount(text: string, unit: MeasureUnit): number | undefined {
  if (unit === "us") return parseDuration(text);
  if (unit === "energy") {
    const [, digits, name] = /^(\d+(?:\.\d+)?)(J|Wh|kWh|MWh)$/.exec(text) ?? [];
    return digits === undefined ? undefined : Number(digits) * ENERGY_UNITS.get(name!)!;
  }
  const percent = unit === "ratio" && text.endsWith("%");
  const digits = percent ? text.slice(0, -1) : text;
  if (!/^\d+(\.\d+)?$/.test(digits)) return undefined;
  if (unit === "count" && digits.includes(".")) return undefined;
  if (unit === "money") return Math.round(1_000_000 * Number(digits));
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
