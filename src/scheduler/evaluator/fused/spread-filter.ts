// SpreadFilter: the hard topology spreading constraints of one cycle, as counts by domain.
//
// The same numbers that PodTopologySpread's PreFilter counts from all nodes (P12), summed from the few
// nodes that have matching pods. Which domains exist for a class changes only with nodes.

import { Int32Column } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import { NO_DOMAIN } from "./node-domains.ts";
import type { CountedConstraint, PodClass } from "./pod-class.ts";
import type { PodCounters } from "./pod-counters.ts";

/** Domains in which a class may count at all, per constraint. */
interface Universe {
  nodeEpoch: number;
  listLength: number;
  readonly sizes: number[];
}

/** One constraint in this cycle. */
interface ActiveConstraint {
  readonly domainOf: Int32Array;
  readonly counts: Int32Array;
  /** Counts above this are too many; never below zero. */
  readonly limit: number;
  readonly isHostname: boolean;
}

/** The verdict of a node that takes the pod. */
export const SPREAD_PASSES = 0;
/** The node lacks a topology label. */
export const SPREAD_LACKS_LABEL = 1;
/** The pod would make its domain too full. */
const SPREAD_TOO_SKEWED = 2;

/** Counts of one cycle; used anew for each. */
export class SpreadFilter {
  isActive = false;
  private readonly cache: SchedulerCache;
  private readonly counters: PodCounters;
  private readonly universes = new WeakMap<PodClass, Universe>();
  private readonly tables: Int32Column[] = [];
  private readonly touched: number[][] = [];
  private active: ActiveConstraint[] = [];

  constructor(cache: SchedulerCache, counters: PodCounters) {
    this.cache = cache;
    this.counters = counters;
  }

  /** Counts for this class; the next `prepare` clears it. */
  prepare(podClass: PodClass): void {
    this.clear();
    const { hardSpread } = podClass;
    this.isActive = hardSpread.length > 0;
    if (!this.isActive) return;
    const { sizes } = this.universeOf(podClass);
    for (const [at, constraint] of hardSpread.entries()) {
      const counts = this.count(at, constraint, podClass);
      const least = this.leastOf(at, constraint, counts, sizes[at]!);
      this.active.push({
        domainOf: constraint.domains.domainOf.raw,
        counts,
        limit: constraint.maxSkew + least - constraint.self,
        isHostname: constraint.isHostname,
      });
    }
  }

  /** The verdict for one row. */
  judge(row: NodeRow): number {
    for (const { domainOf, counts, limit } of this.active) {
      const domain = domainOf[row]!;
      if (domain === NO_DOMAIN) return SPREAD_LACKS_LABEL;
      if (counts[domain]! > limit) return SPREAD_TOO_SKEWED;
    }
    return SPREAD_PASSES;
  }

  /** Whether the constraints over anything but host names admit the domains of that row. */
  admitsDomains(row: NodeRow): boolean {
    for (const { domainOf, counts, limit, isHostname } of this.active) {
      const domain = domainOf[row]!;
      if (domain === NO_DOMAIN) return false;
      if (!isHostname && counts[domain]! > limit) return false;
    }
    return true;
  }

  /** Visits the rows that a constraint over host names refuses; some of them more than once. */
  forEachFullHost(podClass: PodClass, visit: (row: NodeRow) => void): void {
    for (const [at, { domainOf, counts, limit, isHostname }] of this.active.entries()) {
      if (!isHostname) continue;
      for (const row of podClass.hardSpread[at]!.counter.rows) {
        const domain = domainOf[row]!;
        if (domain !== NO_DOMAIN && counts[domain]! > limit) visit(row);
      }
    }
  }

  private clear(): void {
    for (const [at, { counts }] of this.active.entries()) {
      for (const domain of this.touched[at]!) counts[domain] = 0;
      this.touched[at]!.length = 0;
    }
    this.active = [];
  }

  private count(at: number, constraint: CountedConstraint, podClass: PodClass): Int32Array {
    this.tables[at] ??= new Int32Column();
    this.touched[at] ??= [];
    const table = this.tables[at];
    table.grow(Math.max(constraint.domains.size, 1));
    const touched = this.touched[at];
    const { rows, counts } = constraint.counter;
    const { raw } = constraint.domains.domainOf;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k]!;
      if (!this.isCounted(constraint, podClass, row)) continue;
      const domain = raw[row]!;
      if (table.raw[domain] === 0) touched.push(domain);
      table.raw[domain]! += counts[k]!;
    }
    return table.raw;
  }

  private leastOf(
    at: number,
    { minDomains }: CountedConstraint,
    counts: Int32Array,
    size: number,
  ): number {
    const touched = this.touched[at]!;
    if (size < minDomains || touched.length < size) return 0;
    let least = Number.MAX_SAFE_INTEGER;
    for (const domain of touched) least = Math.min(least, counts[domain]!);
    return size === 0 ? 0 : least;
  }

  /** A node counts when it has the labels of all hard constraints and the policies let it. */
  private isCounted(constraint: CountedConstraint, podClass: PodClass, row: NodeRow): boolean {
    for (const { domains } of podClass.hardSpread) {
      if ((domains.domainOf.raw[row] ?? NO_DOMAIN) === NO_DOMAIN) return false;
    }
    if (!constraint.needsAffinity && !constraint.needsToleration) return true;
    const group = podClass.statics.groupAt(row);
    if (constraint.needsAffinity && !group.matchesAffinity) return false;
    return !constraint.needsToleration || group.toleratesTaints;
  }

  private universeOf(podClass: PodClass): Universe {
    const { nodeEpoch } = this.counters;
    const list = this.cache.nodeList;
    let universe = this.universes.get(podClass);
    if (universe?.nodeEpoch === nodeEpoch && universe.listLength === list.length) return universe;
    universe ??= { nodeEpoch, listLength: list.length, sizes: [] };
    universe.nodeEpoch = nodeEpoch;
    universe.listLength = list.length;
    for (const [at, constraint] of podClass.hardSpread.entries()) {
      const seen = new Uint8Array(constraint.domains.size);
      let size = 0;
      for (const row of list) {
        if (!this.isCounted(constraint, podClass, row)) continue;
        const domain = constraint.domains.domainOf.raw[row]!;
        if (seen[domain] === 0) size++;
        seen[domain] = 1;
      }
      universe.sizes[at] = size;
    }
    this.universes.set(podClass, universe);
    return universe;
  }
}
