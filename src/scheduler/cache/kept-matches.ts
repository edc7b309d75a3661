// KeptMatches: the answers of RecountedMatches from counters that follow every change of the cache.
//
// A selector is counted over all pods when it is first asked for and kept up to date from then on;
// which selectors match a pod is worked out once per template. Selectors that nobody asks for any
// more make room when there are too many: that costs time, never exactness.

import type { LabelSelector, PodTemplate } from "../../cluster/index.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import {
  countMatchingPods,
  type MatchCounts,
  type MatchingPods,
  type PodsByRow,
} from "./match-counts.ts";
import { DRY_RUN_ROW, type NodeRow, SCRATCH_ROW } from "./node-row.ts";

/** Bounds on what is kept. */
export interface KeptMatchesLimits {
  readonly selectors?: number;
  /** Pairs of selector and node, over all selectors. */
  readonly pairs?: number;
}

const SELECTORS_MAX = 4096;
const PAIRS_MAX = 1_000_000;

/** One selector in one namespace. */
class KeptCount implements MatchingPods {
  readonly namespace: string;
  readonly selector: LabelSelector;
  readonly byRow = new Map<NodeRow, number>();
  private readonly pods: PodsByRow;

  constructor(pods: PodsByRow, namespace: string, selector: LabelSelector) {
    this.pods = pods;
    this.namespace = namespace;
    this.selector = selector;
  }

  on(row: NodeRow): number {
    if (row !== SCRATCH_ROW && row !== DRY_RUN_ROW) return this.byRow.get(row) ?? 0;
    return countMatchingPods(this.pods.podsOn(row), this.selector, this.namespace);
  }

  forEach(visit: (row: NodeRow, count: number) => void): void {
    for (const [row, count] of this.byRow) {
      if (this.pods.isListed(row)) visit(row, count);
    }
  }

  change(row: NodeRow, by: 1 | -1): void {
    const count = (this.byRow.get(row) ?? 0) + by;
    if (count === 0) this.byRow.delete(row);
    else this.byRow.set(row, count);
  }
}

interface KnownMatches {
  readonly counts: KeptCount[];
  /** How many of the kept selectors have been compared with the template. */
  compared: number;
}

const NOTHING: MatchingPods = { on: () => 0, forEach: () => undefined };

/** Counters per selector. */
export class KeptMatches implements MatchCounts {
  private readonly pods: PodsByRow;
  private readonly selectorsMax: number;
  private readonly pairsMax: number;
  /** From least to most recently asked for. */
  private readonly byKey = new Map<string, KeptCount>();
  /** In order of creation. */
  private counts: KeptCount[] = [];
  private known = new WeakMap<PodTemplate, KnownMatches>();

  constructor(pods: PodsByRow, limits: KeptMatchesLimits = {}) {
    this.pods = pods;
    this.selectorsMax = limits.selectors ?? SELECTORS_MAX;
    this.pairsMax = limits.pairs ?? PAIRS_MAX;
  }

  matching(namespace: string, selector: LabelSelector): MatchingPods {
    if (selector.isEverything || selector.isNothing) return NOTHING;
    const key = `${namespace}/${selector.key}`;
    const kept = this.byKey.get(key);
    if (kept !== undefined) {
      this.byKey.delete(key);
      this.byKey.set(key, kept);
      return kept;
    }
    return this.keep(key, namespace, selector);
  }

  added(row: NodeRow, pod: PodInfo): void {
    this.change(row, pod, 1);
  }

  removed(row: NodeRow, pod: PodInfo): void {
    this.change(row, pod, -1);
  }

  private change(row: NodeRow, pod: PodInfo, by: 1 | -1): void {
    if (pod.deleting || this.counts.length === 0) return;
    const counts = this.matchesOf(pod.template);
    for (let at = 0; at < counts.length; at++) {
      const count = counts[at]!;
      if (count.namespace === pod.namespace) count.change(row, by);
    }
  }

  private matchesOf(template: PodTemplate): readonly KeptCount[] {
    let known = this.known.get(template);
    if (known === undefined) {
      known = { counts: [], compared: 0 };
      this.known.set(template, known);
    }
    for (; known.compared < this.counts.length; known.compared++) {
      const count = this.counts[known.compared]!;
      if (count.selector.matches(template.labels)) known.counts.push(count);
    }
    return known.counts;
  }

  private keep(key: string, namespace: string, selector: LabelSelector): MatchingPods {
    this.makeRoom();
    const count = new KeptCount(this.pods, namespace, selector);
    // Pods of one template are matched alike, and mostly stand beside each other.
    const verdicts = new Map<PodTemplate, boolean>();
    for (const row of this.pods.usedRows()) {
      let found = 0;
      const pods = this.pods.podsOn(row);
      for (let at = 0; at < pods.length; at++) {
        const pod = pods[at]!;
        if (pod.deleting || pod.namespace !== namespace) continue;
        const { template } = pod;
        let isMatch = verdicts.get(template);
        if (isMatch === undefined) {
          isMatch = selector.matches(template.labels);
          verdicts.set(template, isMatch);
        }
        if (isMatch) found++;
      }
      if (found > 0) count.byRow.set(row, found);
    }
    this.byKey.set(key, count);
    this.counts.push(count);
    return count;
  }

  /** Drops the half that was asked for longest ago, so that this is rare. */
  private makeRoom(): void {
    let pairs = 0;
    for (const { byRow } of this.counts) pairs += byRow.size;
    if (this.counts.length < this.selectorsMax && pairs < this.pairsMax) return;
    const drop = Math.ceil(this.counts.length / 2);
    for (const key of [...this.byKey.keys()].slice(0, drop)) this.byKey.delete(key);
    const stay = new Set(this.byKey.values());
    this.counts = this.counts.filter((count) => stay.has(count));
    this.known = new WeakMap();
  }
}
