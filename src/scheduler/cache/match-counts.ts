// MatchCounts: how many pods of a namespace a selector matches, node by node.
//
// Topology spread asks this at every decision. RecountedMatches looks at every pod each time: it is
// the specification. KeptMatches (its own file) gives the same answers from counters that follow the
// cache; the two are compared by test on every kind of change.

import type { LabelSelector } from "../../cluster/index.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { NodeRow } from "./node-row.ts";

/** The pods that one selector matches in one namespace. Holds until the cache changes. */
export interface MatchingPods {
  /** How many stand on that node (or scratch row). */
  on(row: NodeRow): number;
  /** Visits each listed node that has any, once, in no particular order. */
  forEach(visit: (row: NodeRow, count: number) => void): void;
}

/** Answers for any selector. Terminating pods never count; the selector of everything counts nothing. */
export interface MatchCounts {
  matching(namespace: string, selector: LabelSelector): MatchingPods;
  /** A pod now counts on that node; told of every change, in order. */
  added(row: NodeRow, pod: PodInfo): void;
  /** A pod no longer counts on that node. */
  removed(row: NodeRow, pod: PodInfo): void;
}

/** What counting needs of the cache. */
export interface PodsByRow {
  readonly nodeList: readonly NodeRow[];
  isListed(row: NodeRow): boolean;
  podsOn(row: NodeRow): readonly PodInfo[];
  /** Every row that has pods or a node, listed or not, scratch rows apart. */
  usedRows(): Iterable<NodeRow>;
}

/** Whether a pod counts at all for a namespace. */
export function isCounted(pod: PodInfo, namespace: string): boolean {
  return !pod.deleting && pod.namespace === namespace;
}

/** Pods of the namespace that the selector matches; terminating pods and empty selectors count nothing. */
export function countMatchingPods(
  pods: readonly PodInfo[],
  selector: LabelSelector,
  namespace: string,
): number {
  if (selector.isEverything) return 0;
  let count = 0;
  for (const pod of pods) {
    if (isCounted(pod, namespace) && selector.matches(pod.template.labels)) count++;
  }
  return count;
}

/** Counts anew whenever it is asked. */
export class RecountedMatches implements MatchCounts {
  private readonly pods: PodsByRow;

  constructor(pods: PodsByRow) {
    this.pods = pods;
  }

  matching(namespace: string, selector: LabelSelector): MatchingPods {
    const { pods } = this;
    const on = (row: NodeRow): number => countMatchingPods(pods.podsOn(row), selector, namespace);
    return {
      on,
      forEach: (visit) => {
        for (const row of pods.nodeList) {
          const count = on(row);
          if (count > 0) visit(row, count);
        }
      },
    };
  }

  added(): void {
    // Nothing is kept.
  }

  removed(): void {
    // Nothing is kept.
  }
}
