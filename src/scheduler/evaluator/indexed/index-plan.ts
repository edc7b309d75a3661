// IndexPlan: whether pods of a class can be placed by the index, and what their placement looks at.
//
// The index splits what concerns other pods into what holds for whole partitions (zones and the like)
// and what holds for single nodes (host names, host ports). A class whose rules do not split that way
// is left to the fused pass; `reason` says why.

import type { NodeSelectorTerm } from "../../../cluster/index.ts";
import type { CountedConstraint, CountedTerm, PodClass } from "../fused/pod-class.ts";
import { HOSTNAME_KEY } from "../../plugins/spread-constraints.ts";

/** Labels with more values than this share of the nodes would make partitions of single nodes. */
const VALUES_PER_NODE_MAX = 1 / 16;
/** So many values are always few. */
const FEW_VALUES = 64;

/** The split rules of one class. */
export interface IndexPlan {
  /** Why the index cannot place such pods; "" when it can. */
  readonly reason: string;
  /** The one soft constraint over host names, if any, and its place among the constraints. */
  readonly hostSpread: CountedConstraint | undefined;
  /** Labels that partitions must tell apart. */
  readonly labels: ReadonlySet<string>;
}

/** Plans one class; `nodeCount` decides which labels have too many values. */
export function planFor(podClass: PodClass, nodeCount: number): IndexPlan {
  const labels = new Set<string>();
  const not = (reason: string): IndexPlan => ({ reason, hostSpread: undefined, labels });
  const { template, softSpread, hardSpread, affinity } = podClass;
  const { requiredNodeAffinity, preferredNodeAffinity, nodeSelector } = template;
  const { nodeAffinity } = podClass.fused;
  for (const key of nodeSelector?.keys() ?? []) labels.add(key);
  const terms = [
    ...(requiredNodeAffinity?.selector?.terms ?? []),
    ...(preferredNodeAffinity?.terms.map(({ term }) => term) ?? []),
    ...(nodeAffinity?.addedTerms ?? []),
  ];
  for (const term of terms) {
    if (term.names.length > 0) return not("terms on node names");
    for (const key of keysOf(term)) labels.add(key);
  }
  // Partitions tell only whether a node has a host name, not which.
  if (labels.has(HOSTNAME_KEY)) return not("node selectors on host names");
  const hosts = softSpread.filter(({ isHostname }) => isHostname);
  if (hosts.length > 1) return not("several constraints over host names");
  for (const { domains } of [...softSpread, ...hardSpread]) labels.add(domains.key);
  if (affinity.some(({ domains }) => domains.key === HOSTNAME_KEY)) {
    return not("required affinity on host names");
  }
  for (const { domains } of [...affinity, ...termsOf(podClass)]) labels.add(domains.key);
  for (const key of labels) {
    if (key === HOSTNAME_KEY) continue;
    const values = podClass.valuesOf(key);
    if (values > FEW_VALUES && values > nodeCount * VALUES_PER_NODE_MAX) {
      return not(`too many values of ${key}`);
    }
  }
  return { reason: "", hostSpread: hosts[0], labels };
}

/** Terms of and about the class, required affinity apart. */
export function* termsOf(podClass: PodClass): Generator<CountedTerm> {
  yield* podClass.anti;
  yield* podClass.preferred;
  yield* podClass.existingAnti;
  yield* podClass.existingPreferred;
}

function keysOf(term: NodeSelectorTerm): string[] {
  return term.requirements.map(({ key }) => key);
}
