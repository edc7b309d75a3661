// Label selectors compiled from their API form (metav1.LabelSelector).
//
// Null selects nothing, {} everything, otherwise all requirements must hold (S1). An invalid one is
// kept as a value with its reason and matches nothing: what follows from that is the caller's rule.

import { compareText } from "../../base/index.ts";
import type { Labels } from "./labels.ts";
import {
  createRequirement,
  formatRequirements,
  meetsRequirement,
  type Requirement,
  requirementProblem,
  type SelectionOperator,
} from "./requirement.ts";

const OPERATOR_OF_API: ReadonlyMap<string, SelectionOperator> = new Map([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
]);

/** A compiled selector. Immutable. */
export class LabelSelector {
  readonly requirements: readonly Requirement[];
  /** True for the null selector and for invalid ones: no labels match. */
  readonly isNothing: boolean;
  /** Why the source is invalid, or undefined. */
  readonly error: string | undefined;

  constructor(requirements: readonly Requirement[], isNothing = false, error?: string) {
    this.requirements = requirements;
    this.isNothing = isNothing;
    this.error = error;
  }

  /** Upstream's Empty(): true only for the selector without requirements that matches everything. */
  get isEverything(): boolean {
    return !this.isNothing && this.requirements.length === 0;
  }

  /** Whether the labels are selected. */
  matches(labels: Labels): boolean {
    if (this.isNothing) return false;
    const { requirements } = this;
    for (let at = 0; at < requirements.length; at++) {
      if (!meetsRequirement(requirements[at]!, labels)) return false;
    }
    return true;
  }

  /** Upstream's text of the selector; the selectors of everything and of nothing both print "". */
  canonical(): string {
    return formatRequirements(this.requirements);
  }

  /** A text that is equal exactly for selectors that print and match alike; usable as a map key. */
  get key(): string {
    return this.isNothing ? "<nothing>" : this.canonical();
  }

  /** This selector and further requirements, all of which must hold; nothing stays nothing. */
  withRequirements(more: readonly Requirement[]): LabelSelector {
    if (this.isNothing || more.length === 0) return this;
    return new LabelSelector([...this.requirements, ...more]);
  }
}

/** Matches nothing (a null selector). */
export const SELECT_NOTHING: LabelSelector = new LabelSelector([], true);
/** Matches everything (an empty selector). */
export const SELECT_EVERYTHING: LabelSelector = new LabelSelector([]);

/** Compiles the API form; undefined and null select nothing. Never throws: see `error`. */
export function compileLabelSelector(json: unknown): LabelSelector {
  if (json === undefined || json === null) return SELECT_NOTHING;
  if (typeof json !== "object" || Array.isArray(json)) return invalid("must be an object");
  const source = json as Record<string, unknown>;
  const requirements: Requirement[] = [];
  const matchLabels = source["matchLabels"] ?? {};
  if (typeof matchLabels !== "object" || Array.isArray(matchLabels)) {
    return invalid("matchLabels: must be an object");
  }
  for (const key of Object.keys(matchLabels).sort(compareText)) {
    const value = (matchLabels as Record<string, unknown>)[key];
    const error = addRequirement(requirements, key, "=", [value]);
    if (error !== undefined) return invalid(`matchLabels: ${error}`);
  }
  const expressions = source["matchExpressions"] ?? [];
  if (!Array.isArray(expressions)) return invalid("matchExpressions: must be a list");
  for (const [index, expression] of expressions.entries()) {
    const error = addExpression(requirements, expression);
    if (error !== undefined) return invalid(`matchExpressions[${index}]: ${error}`);
  }
  return requirements.length === 0 ? SELECT_EVERYTHING : new LabelSelector(requirements);
}

/** The selector of an equality map (Service, ReplicationController): null and {} both select nothing there. */
export function labelSelectorOfMap(labels: Labels | undefined): LabelSelector {
  if (labels === undefined || labels.size === 0) return SELECT_NOTHING;
  const keys = [...labels.keys()].sort(compareText);
  return new LabelSelector(keys.map((key) => createRequirement(key, "=", [labels.get(key) ?? ""])));
}

function invalid(error: string): LabelSelector {
  return new LabelSelector([], true, error);
}

function addExpression(out: Requirement[], expression: unknown): string | undefined {
  if (typeof expression !== "object" || expression === null) return "must be an object";
  const { key, operator, values } = expression as Record<string, unknown>;
  if (typeof key !== "string") return "key: Required value";
  const known = typeof operator === "string" ? OPERATOR_OF_API.get(operator) : undefined;
  if (known === undefined)
    return `operator: Invalid value: "${shownText(operator)}": not a valid selector operator`;
  if (values !== undefined && values !== null && !Array.isArray(values))
    return "values: must be a list";
  return addRequirement(out, key, known, values ?? []);
}

function addRequirement(
  out: Requirement[],
  key: string,
  operator: SelectionOperator,
  values: readonly unknown[],
): string | undefined {
  const texts: string[] = [];
  for (const [index, value] of values.entries()) {
    if (typeof value !== "string") return `values[${index}][${key}]: must be text (quote it)`;
    texts.push(value);
  }
  const problem = requirementProblem(key, operator, texts);
  if (problem !== undefined) return problem;
  out.push(createRequirement(key, operator, texts));
  return undefined;
}

/** Untrusted values are only shown when they are text. */
function shownText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
