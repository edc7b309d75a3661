// Pod affinity terms against pods: who is meant by a term.
//
// A term of the incoming pod first has its namespaceSelector unrolled into names; upstream then
// still tests the selector against an *empty* label map, so a purely negative one matches every
// namespace (P13's trap). Terms of existing pods are tested against real namespace labels.

import type { AffinityTerm, Labels } from "../../cluster/index.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { PodInfo } from "../framework/pod-info.ts";

/** A term with its owner's namespace worked in. */
export interface ResolvedTerm {
  readonly term: AffinityTerm;
  readonly namespaces: ReadonlySet<string>;
}

/** A preferred term with its weight. */
export interface WeightedTerm extends ResolvedTerm {
  readonly weight: number;
}

/** The term of a pod in `namespace`, its namespaceSelector left alone. */
export function resolveTerm(term: AffinityTerm, namespace: string): ResolvedTerm {
  return { term, namespaces: term.isOwnNamespace ? new Set([namespace]) : term.namespaces };
}

/** The term of the incoming pod: names of all matching Namespace objects are added. */
export function unrollTerm(
  term: AffinityTerm,
  namespace: string,
  objects: ClusterObjects,
): ResolvedTerm {
  const resolved = resolveTerm(term, namespace);
  const selector = term.namespaceSelector;
  if (selector.isEverything || selector.isNothing) return resolved;
  const namespaces = new Set(resolved.namespaces);
  for (const { meta } of objects.namespaces()) {
    if (selector.matches(meta.labels)) namespaces.add(meta.name);
  }
  return { term, namespaces };
}

/** The same as termMatches of a resolved term: whether the term of an owner in `namespace` means the pod. */
export function ownedTermMatches(
  term: AffinityTerm,
  namespace: string,
  pod: PodInfo,
  namespaceLabels: Labels,
): boolean {
  const isNamespaceMeant =
    (term.isOwnNamespace ? pod.namespace === namespace : term.namespaces.has(pod.namespace)) ||
    term.namespaceSelector.matches(namespaceLabels);
  return isNamespaceMeant && term.labelSelector.matches(pod.template.labels);
}

/** Whether the term means that pod; `namespaceLabels` are what its namespaceSelector is shown. */
export function termMatches(
  { term, namespaces }: ResolvedTerm,
  pod: PodInfo,
  namespaceLabels: Labels,
): boolean {
  const isNamespaceMeant =
    namespaces.has(pod.namespace) || term.namespaceSelector.matches(namespaceLabels);
  return isNamespaceMeant && term.labelSelector.matches(pod.template.labels);
}
