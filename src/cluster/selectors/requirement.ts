// One requirement of a selector: a key, an operator and values, and whether labels meet it.
//
// Label selectors, node selectors and selector texts all end in lists of these (S1). A requirement
// that breaks the API's rules is never built; `requirementProblem` says why.

import { compareText } from "../../base/index.ts";
import type { Labels } from "./labels.ts";
import { labelValueProblem, qualifiedNameProblem } from "./qualified-name.ts";

/** Operators by the spelling of selector texts; `=`, `==` and `in` differ only in print. */
export type SelectionOperator = "=" | "==" | "in" | "!=" | "notin" | "exists" | "!" | "gt" | "lt";

/** A valid requirement. Values are sorted. */
export interface Requirement {
  readonly key: string;
  readonly operator: SelectionOperator;
  readonly values: readonly string[];
}

const INT64_TEXT = /^[+-]?[0-9]+$/;

/** Go's base-10 ParseInt: the 64-bit integer of a text, or undefined. */
export function parseInt64(text: string): bigint | undefined {
  if (!INT64_TEXT.test(text)) return undefined;
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** Why these parts make no requirement, in the API's words, or undefined. */
export function requirementProblem(
  key: string,
  operator: string,
  values: readonly string[],
): string | undefined {
  const keyProblem = qualifiedNameProblem(key);
  if (keyProblem !== undefined) return `key: Invalid value: "${key}": ${keyProblem}`;
  const countProblem = valueCountProblem(operator, values);
  if (countProblem !== undefined) return countProblem;
  for (const [index, value] of values.entries()) {
    const problem = labelValueProblem(value);
    if (problem !== undefined)
      return `values[${index}][${key}]: Invalid value: "${value}": ${problem}`;
  }
  return undefined;
}

function valueCountProblem(operator: string, values: readonly string[]): string | undefined {
  switch (operator) {
    case "in":
    case "notin":
      if (values.length > 0) return undefined;
      return "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty";
    case "=":
    case "==":
    case "!=":
      if (values.length === 1) return undefined;
      return "values: Invalid value: exact-match compatibility requires one single value";
    case "exists":
    case "!":
      if (values.length === 0) return undefined;
      return "values: Invalid value: values set must be empty for exists and does not exist";
    case "gt":
    case "lt":
      if (values.length !== 1) {
        return "values: Invalid value: for 'Gt', 'Lt' operators, exactly one value is required";
      }
      if (parseInt64(values[0] ?? "") !== undefined) return undefined;
      return "values[0]: Invalid value: for 'Gt', 'Lt' operators, the value must be an integer";
    default:
      return `operator: Unsupported value: "${operator}"`;
  }
}

/** Builds a requirement from parts that `requirementProblem` accepts. */
export function createRequirement(
  key: string,
  operator: SelectionOperator,
  values: readonly string[],
): Requirement {
  return { key, operator, values: values.length < 2 ? values : [...values].sort(compareText) };
}

/** Whether labels meet one requirement (S1). */
export function meetsRequirement(requirement: Requirement, labels: Labels): boolean {
  const value = labels.get(requirement.key);
  switch (requirement.operator) {
    case "=":
    case "==":
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case "!=":
    case "notin":
      return value === undefined || !requirement.values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt":
      return value !== undefined && isOrdered(value, requirement);
  }
}

function isOrdered(labelValue: string, requirement: Requirement): boolean {
  const left = parseInt64(labelValue);
  const right = parseInt64(requirement.values[0] ?? "");
  if (left === undefined || right === undefined) return false;
  return requirement.operator === "gt" ? left > right : left < right;
}

/** The requirement as selector texts print it. */
export function formatRequirement(requirement: Requirement): string {
  const { key, operator, values } = requirement;
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values.join(",")}`;
    case "lt":
      return `${key}<${values.join(",")}`;
    default:
      return `${key}${operator}${values.join(",")}`;
  }
}

/** All requirements as one canonical text, ordered by key (equal keys keep their order). */
export function formatRequirements(requirements: readonly Requirement[]): string {
  return sortedByKey(requirements).map(formatRequirement).join(",");
}

function sortedByKey(requirements: readonly Requirement[]): Requirement[] {
  return requirements
    .map((requirement, index) => ({ requirement, index }))
    .sort((a, b) => {
      if (a.requirement.key !== b.requirement.key)
        return a.requirement.key < b.requirement.key ? -1 : 1;
      return a.index - b.index;
    })
    .map((entry) => entry.requirement);
}
