// Decoding of affinity and topology spread: everything by which a pod asks to be near or far.
//
// matchLabelKeys of affinity terms are merged where the API server would merge them (Q9); those of
// spread constraints always, because the scheduler's plugin repeats that merge itself.

import { decodeLabelSelector } from "../objects/decode-labels.ts";
import type { FieldCursor } from "../objects/field-cursor.ts";
import type { AffinityTerm, AffinityTerms, TopologySpreadConstraint } from "../pod-template.ts";
import type { LabelSelector } from "../selectors/label-selector.ts";
import type { Labels } from "../selectors/labels.ts";
import {
  compileNodeSelector,
  compileNodeSelectorTerm,
  compilePreferredNodeTerms,
  type NodeSelector,
  type PreferredNodeTerms,
} from "../selectors/node-selector.ts";
import { qualifiedNameProblem } from "../selectors/qualified-name.ts";
import { createRequirement, type Requirement } from "../selectors/requirement.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

/** No pod affinity of a kind. */
export const NO_AFFINITY_TERMS: AffinityTerms = Object.freeze({ required: [], preferred: [] });

/** The three parts of spec.affinity. */
export interface DecodedAffinity {
  readonly requiredNode: NodeSelector | undefined;
  readonly preferredNode: PreferredNodeTerms | undefined;
  readonly podAffinity: AffinityTerms;
  readonly podAntiAffinity: AffinityTerms;
}

/** Decodes spec.affinity of a pod with these labels. */
export function decodeAffinity(spec: FieldCursor, podLabels: Labels): DecodedAffinity {
  const affinity = spec.objectOrEmpty("affinity");
  const node = affinity.objectOrEmpty("nodeAffinity");
  const decoded = {
    requiredNode: decodeRequiredNode(node),
    preferredNode: decodePreferredNode(node),
    podAffinity: decodePodAffinity(affinity.object("podAffinity"), podLabels),
    podAntiAffinity: decodePodAffinity(affinity.object("podAntiAffinity"), podLabels),
  };
  node.close(true);
  affinity.close(true);
  return decoded;
}

function decodeRequiredNode(node: FieldCursor): NodeSelector | undefined {
  const selector = compileNodeSelector(node.raw(REQUIRED));
  const required = node.object(REQUIRED);
  if (selector === undefined || required === undefined) return undefined;
  if (selector.terms.length === 0) {
    const message = "Required value: must have at least one node selector term";
    required.refuse("nodeSelectorTerms", message);
  }
  for (const [index, term] of required.objects("nodeSelectorTerms").entries()) {
    checkNodeTerm(term, selector.terms[index]?.error, "the term matches no node");
  }
  required.close(true);
  return selector;
}

function decodePreferredNode(node: FieldCursor): PreferredNodeTerms | undefined {
  const compiled = compilePreferredNodeTerms(node.raw(PREFERRED));
  for (const item of node.objects(PREFERRED)) {
    decodeWeight(item);
    const preference = item.object("preference");
    if (preference !== undefined) {
      const { error } = compileNodeSelectorTerm(item.raw("preference"));
      checkNodeTerm(preference, error, "scheduling the pod ends in an error");
    }
    item.close(true);
  }
  return compiled;
}

/**
 * Refuses what the API refuses. It accepts more than the scheduler can parse (a Gt on text, say);
 * what then happens is said as a warning.
 */
function checkNodeTerm(term: FieldCursor, error: string | undefined, consequence: string): void {
  const refusedBefore = term.sink.problems.length;
  for (const requirement of term.objects("matchExpressions")) {
    const key = requirement.text("key");
    const problem = qualifiedNameProblem(key);
    if (problem !== undefined)
      requirement.refuse("key", `Invalid value: "${key}": ${problem}`, "E_INVALID_SELECTOR");
    checkValueCount(requirement);
    requirement.close(true);
  }
  for (const field of term.objects("matchFields")) {
    if (field.text("key") !== "metadata.name") {
      field.refuse(
        "key",
        `Invalid value: "${field.text("key")}": not a valid field selector key`,
        "E_INVALID_SELECTOR",
      );
    }
    field.optionalOneOf("operator", ["In", "NotIn"]);
    if (field.list("values").length !== 1) {
      const message =
        "Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      field.refuse("values", message, "E_INVALID_SELECTOR");
    }
    field.close(true);
  }
  term.close(true);
  if (error === undefined || !term.sink.options.validate) return;
  if (term.sink.problems.length > refusedBefore) return;
  term.sink.problems.push({
    code: "E_UNPARSABLE_TERM",
    severity: "warning",
    path: term.path,
    what: "value",
    message: `${error}: ${consequence}`,
  });
}

function checkValueCount(requirement: FieldCursor): void {
  const count = requirement.list("values").length;
  const operator = requirement.optionalOneOf("operator", NODE_OPERATORS);
  if (operator === undefined) {
    if (!requirement.has("operator"))
      requirement.refuse("operator", "Required value", "E_INVALID_SELECTOR");
    return;
  }
  const [isRight, rule] =
    operator === "In" || operator === "NotIn"
      ? [count > 0, "must be specified when `operator` is 'In' or 'NotIn'"]
      : operator === "Gt" || operator === "Lt"
        ? [count === 1, "must be specified single value when `operator` is 'Lt' or 'Gt'"]
        : [count === 0, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"];
  if (!isRight) requirement.refuse("values", `Invalid value: ${rule}`, "E_INVALID_SELECTOR");
}

const NODE_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] as const;

function decodeWeight(item: FieldCursor): number {
  const weight = item.integer("weight", 0);
  if (weight < 1 || weight > 100)
    item.refuse("weight", `Invalid value: ${weight}: must be in the range 1-100`);
  return weight;
}

function decodePodAffinity(kind: FieldCursor | undefined, podLabels: Labels): AffinityTerms {
  if (kind === undefined) return NO_AFFINITY_TERMS;
  const required = kind.objects(REQUIRED).map((term) => decodeTerm(term, podLabels));
  const preferred = kind.objects(PREFERRED).map((item) => {
    const weight = decodeWeight(item);
    const term = item.object("podAffinityTerm");
    if (term === undefined) item.refuse("podAffinityTerm", "Required value");
    item.close(true);
    return { weight, term: decodeTerm(term ?? item.objectOrEmpty("podAffinityTerm"), podLabels) };
  });
  kind.close(true);
  return { required, preferred };
}

function decodeTerm(term: FieldCursor, podLabels: Labels): AffinityTerm {
  const namespaces = term.texts("namespaces");
  const isSelectorNull = !term.has("namespaceSelector");
  const topologyKey = decodeTopologyKey(term);
  const matchKeys = term.texts("matchLabelKeys");
  const mismatchKeys = term.texts("mismatchLabelKeys");
  let labelSelector = decodeLabelSelector(term, "labelSelector");
  if (term.sink.options.defaulting) {
    labelSelector = labelSelector.withRequirements([
      ...requirementsOfKeys(matchKeys, "in", podLabels),
      ...requirementsOfKeys(mismatchKeys, "notin", podLabels),
    ]);
  }
  const decoded: AffinityTerm = {
    topologyKey,
    labelSelector,
    namespaces: new Set(namespaces),
    isOwnNamespace: namespaces.length === 0 && isSelectorNull,
    namespaceSelector: decodeLabelSelector(term, "namespaceSelector"),
  };
  term.close(true);
  return decoded;
}

function decodeTopologyKey(item: FieldCursor): string {
  const key = item.text("topologyKey");
  if (key === "") item.refuse("topologyKey", "Required value: can not be empty");
  else {
    const problem = qualifiedNameProblem(key);
    if (problem !== undefined) item.refuse("topologyKey", `Invalid value: "${key}": ${problem}`);
  }
  return key;
}

function requirementsOfKeys(
  keys: readonly string[],
  operator: "in" | "notin",
  podLabels: Labels,
): Requirement[] {
  return keys.flatMap((key) => {
    const value = podLabels.get(key);
    return value === undefined ? [] : [createRequirement(key, operator, [value])];
  });
}

/** Decodes spec.topologySpreadConstraints of a pod with these labels. */
export function decodeTopologySpread(
  spec: FieldCursor,
  podLabels: Labels,
): readonly TopologySpreadConstraint[] {
  const pairs = new Set<string>();
  return spec.objects("topologySpreadConstraints").map((item) => {
    const constraint = decodeConstraint(item, podLabels);
    const pair = `${constraint.topologyKey} ${constraint.whenUnsatisfiable}`;
    if (pairs.has(pair)) {
      item.refuse(
        "topologyKey",
        `Duplicate value: "{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}"`,
      );
    }
    pairs.add(pair);
    item.close(true);
    return constraint;
  });
}

function decodeConstraint(item: FieldCursor, podLabels: Labels): TopologySpreadConstraint {
  const maxSkew = item.integer("maxSkew", 0);
  if (maxSkew <= 0) item.refuse("maxSkew", `Invalid value: ${maxSkew}: must be greater than zero`);
  if (!item.has("whenUnsatisfiable"))
    item.refuse("whenUnsatisfiable", 'Required value: "DoNotSchedule" or "ScheduleAnyway"');
  const whenUnsatisfiable = item.oneOf("whenUnsatisfiable", WHEN_UNSATISFIABLE, "DoNotSchedule");
  const minDomains = item.optionalInteger("minDomains");
  if (minDomains !== undefined && minDomains <= 0) {
    item.refuse("minDomains", `Invalid value: ${minDomains}: must be greater than zero`);
  }
  if (minDomains !== undefined && whenUnsatisfiable !== "DoNotSchedule") {
    item.refuse(
      "minDomains",
      `Invalid value: ${minDomains}: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway`,
    );
  }
  const keys = item.texts("matchLabelKeys");
  const selector: LabelSelector = decodeLabelSelector(item, "labelSelector");
  return {
    maxSkew,
    minDomains: minDomains ?? 1,
    topologyKey: decodeTopologyKey(item),
    whenUnsatisfiable,
    selector: selector.withRequirements(requirementsOfKeys(keys, "in", podLabels)),
    nodeAffinityPolicy: item.oneOf("nodeAffinityPolicy", POLICIES, "Honor"),
    nodeTaintsPolicy: item.oneOf("nodeTaintsPolicy", POLICIES, "Ignore"),
  };
}

const WHEN_UNSATISFIABLE = ["DoNotSchedule", "ScheduleAnyway"] as const;
const POLICIES = ["Honor", "Ignore"] as const;
