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
    required.refuse(
      "nodeSelectorTerms",
      "Required value: must have at least one node selector term",
    );
  }
  for (const [index, term] of selector.terms.entries()) {
    if (term.error === undefined || !node.sink.options.validate) continue;
    node.sink.error(required.at("nodeSelectorTerms", index), term.error, "E_INVALID_SELECTOR");
  }
  for (const term of required.objects("nodeSelectorTerms")) closeNodeTerm(term);
  required.close(true);
  return selector;
}

function decodePreferredNode(node: FieldCursor): PreferredNodeTerms | undefined {
  const compiled = compilePreferredNodeTerms(node.raw(PREFERRED));
  if (compiled?.error !== undefined) node.refuse(PREFERRED, compiled.error, "E_INVALID_SELECTOR");
  for (const item of node.objects(PREFERRED)) {
    decodeWeight(item);
    const preference = item.object("preference");
    if (preference !== undefined) closeNodeTerm(preference);
    item.close(true);
  }
  return compiled;
}

function closeNodeTerm(term: FieldCursor): void {
  for (const list of ["matchExpressions", "matchFields"]) {
    for (const requirement of term.objects(list)) {
      requirement.skip("key", "operator", "values");
      requirement.close(true);
    }
  }
  term.close(true);
}

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
