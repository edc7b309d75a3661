// Node selectors and node affinity compiled from their API form.
//
// Terms are ORed, the parts of a term ANDed; a term with no part matches nothing, a term that fails
// to parse matches nothing and carries its reason (S2). Preferred terms are scored, never filtered.

import type { Labels } from "./labels.ts";
import {
  createRequirement,
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
  ["Gt", "gt"],
  ["Lt", "lt"],
]);

/** What of a node its selectors read. */
export interface SelectableNode {
  readonly name: string;
  readonly labels: Labels;
}

/** A requirement on the node's name (matchFields). */
export interface NameRequirement {
  readonly isEqual: boolean;
  readonly name: string;
}

/** One compiled term. */
export interface NodeSelectorTerm {
  readonly requirements: readonly Requirement[];
  readonly names: readonly NameRequirement[];
  /** Neither matchExpressions nor matchFields: matches nothing. */
  readonly isEmpty: boolean;
  readonly error: string | undefined;
}

/** Compiled terms, ORed. */
export class NodeSelector {
  readonly terms: readonly NodeSelectorTerm[];
  /** The names that matchFields `metadata.name In` leave, or undefined when they narrow nothing (P5). */
  readonly nodeNames: ReadonlySet<string> | undefined;

  constructor(terms: readonly NodeSelectorTerm[], nodeNames: ReadonlySet<string> | undefined) {
    this.terms = terms;
    this.nodeNames = nodeNames;
  }

  /** Whether some term matches the node. */
  matches(node: SelectableNode): boolean {
    for (let at = 0; at < this.terms.length; at++) {
      if (matchesTerm(this.terms[at]!, node)) return true;
    }
    return false;
  }

  /** The reasons of all terms that failed to parse, in term order. */
  get errors(): readonly string[] {
    return this.terms.flatMap((term) => (term.error === undefined ? [] : [term.error]));
  }
}

/** Preferred terms: the sum of the weights of matching ones is the raw score. */
export interface PreferredNodeTerms {
  /** Terms with weight 0 or an empty preference are left out. */
  readonly terms: readonly { readonly weight: number; readonly term: NodeSelectorTerm }[];
  /** What could not be parsed, with the place in the list; it fails the whole scheduling cycle. */
  readonly error: string | undefined;
}

/** A pod's required node affinity with its nodeSelector: both must hold (S2). */
export interface RequiredNodeAffinity {
  readonly nodeSelector: Labels | undefined;
  readonly selector: NodeSelector | undefined;
}

/** Whether the node satisfies nodeSelector and required affinity. */
export function matchesRequiredNodeAffinity(
  required: RequiredNodeAffinity,
  node: SelectableNode,
): boolean {
  if (required.nodeSelector !== undefined) {
    const pairs = pairsOf(required.nodeSelector);
    for (let at = 0; at < pairs.length; at++) {
      const { key, value } = pairs[at]!;
      if (node.labels.get(key) !== value) return false;
    }
  }
  return required.selector === undefined || required.selector.matches(node);
}

interface LabelPair {
  readonly key: string;
  readonly value: string;
}

// One nodeSelector is compared with thousands of nodes, each time pair by pair.
const PAIRS = new WeakMap<Labels, readonly LabelPair[]>();

function pairsOf(labels: Labels): readonly LabelPair[] {
  let pairs = PAIRS.get(labels);
  if (pairs === undefined) {
    pairs = [...labels].map(([key, value]) => ({ key, value }));
    PAIRS.set(labels, pairs);
  }
  return pairs;
}

/** Whether one term matches the node. */
export function matchesTerm(term: NodeSelectorTerm, node: SelectableNode): boolean {
  if (term.isEmpty || term.error !== undefined) return false;
  const { requirements, names } = term;
  for (let at = 0; at < requirements.length; at++) {
    if (!meetsRequirement(requirements[at]!, node.labels)) return false;
  }
  // A node without a name has no fields to look at, as upstream.
  if (node.name === "") return true;
  for (let at = 0; at < names.length; at++) {
    const { isEqual, name } = names[at]!;
    if ((node.name === name) !== isEqual) return false;
  }
  return true;
}

/** The sum of the weights of the terms that match the node. */
export function preferredNodeScore(preferred: PreferredNodeTerms, node: SelectableNode): number {
  let score = 0;
  for (const { weight, term } of preferred.terms) {
    if (matchesTerm(term, node)) score += weight;
  }
  return score;
}

/** Compiles a NodeSelector (`{nodeSelectorTerms: [...]}`); undefined and null give undefined. */
export function compileNodeSelector(json: unknown): NodeSelector | undefined {
  if (json === undefined || json === null) return undefined;
  const terms = listOf(recordOf(json)["nodeSelectorTerms"]);
  return new NodeSelector(terms.map(compileNodeSelectorTerm), narrowedNames(terms));
}

/** Compiles preferredDuringSchedulingIgnoredDuringExecution; undefined and null give undefined, [] does not. */
export function compilePreferredNodeTerms(json: unknown): PreferredNodeTerms | undefined {
  if (json === undefined || json === null) return undefined;
  const terms: { weight: number; term: NodeSelectorTerm }[] = [];
  const errors: string[] = [];
  for (const [index, entry] of listOf(json).entries()) {
    const { weight, preference } = recordOf(entry);
    const term = compileNodeSelectorTerm(preference ?? {});
    if (typeof weight !== "number" || weight === 0 || term.isEmpty) continue;
    if (term.error !== undefined) errors.push(`[${index}].${term.error}`);
    terms.push({ weight, term });
  }
  return { terms, error: errors.length > 1 ? `[${errors.join(", ")}]` : errors[0] };
}

/** Compiles one term (also a preference). */
export function compileNodeSelectorTerm(json: unknown): NodeSelectorTerm {
  const source = recordOf(json);
  const expressions = listOf(source["matchExpressions"]);
  const fields = listOf(source["matchFields"]);
  const requirements: Requirement[] = [];
  const names: NameRequirement[] = [];
  let error: string | undefined;
  for (const [index, expression] of expressions.entries()) {
    const compiled = compileNodeRequirement(expression);
    if (typeof compiled === "string") error ??= `matchExpressions[${index}].${compiled}`;
    else requirements.push(compiled);
  }
  for (const [index, field] of fields.entries()) {
    const compiled = compileNameRequirement(field);
    if (typeof compiled === "string") error ??= `matchFields[${index}].${compiled}`;
    else names.push(compiled);
  }
  return { requirements, names, isEmpty: expressions.length === 0 && fields.length === 0, error };
}

/** One matchExpressions entry as a requirement, or the reason it is none. */
export function compileNodeRequirement(json: unknown): Requirement | string {
  const { key, operator, values } = recordOf(json);
  const known = typeof operator === "string" ? OPERATOR_OF_API.get(operator) : undefined;
  if (known === undefined) {
    return `operator: Unsupported value: "${shownText(operator)}": not a valid selector operator`;
  }
  const texts = textsOf(values);
  if (texts === undefined) return "values: must be a list of text (quote numbers)";
  const name = typeof key === "string" ? key : "";
  return requirementProblem(name, known, texts) ?? createRequirement(name, known, texts);
}

function compileNameRequirement(json: unknown): NameRequirement | string {
  const { key, operator, values } = recordOf(json);
  const texts = textsOf(values);
  if (operator !== "In" && operator !== "NotIn") {
    return `operator: Unsupported value: "${shownText(operator)}": not a valid field selector operator`;
  }
  if (key !== "metadata.name")
    return `key: Invalid value: "${shownText(key)}": not a valid field selector key`;
  if (texts?.length !== 1) return "values: Required value: must have one element";
  return { isEqual: operator === "In", name: texts[0] ?? "" };
}

/** Per term the intersection of its name sets, over terms the union; undefined if a term has none. */
function narrowedNames(terms: readonly unknown[]): ReadonlySet<string> | undefined {
  if (terms.length === 0) return undefined;
  const union = new Set<string>();
  for (const term of terms) {
    let names: Set<string> | undefined;
    for (const field of listOf(recordOf(term)["matchFields"])) {
      const { key, operator, values } = recordOf(field);
      if (key !== "metadata.name" || operator !== "In") continue;
      const listed = textsOf(values) ?? [];
      names =
        names === undefined ? new Set(listed) : new Set(listed.filter((name) => names?.has(name)));
    }
    if (names === undefined) return undefined;
    for (const name of names) union.add(name);
  }
  return union;
}

function recordOf(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
}

function listOf(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}

function textsOf(json: unknown): readonly string[] | undefined {
  if (json === undefined || json === null) return [];
  if (!Array.isArray(json)) return undefined;
  return json.every((value) => typeof value === "string") ? (json as string[]) : undefined;
}

/** Untrusted values are only shown when they are text. */
function shownText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
