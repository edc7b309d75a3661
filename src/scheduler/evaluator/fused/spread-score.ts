// SpreadScore: the soft topology spreading constraints of one cycle over its feasible nodes.
//
// The same sums, weights and rounding as PodTopologySpread's PreScore and Score (N5): domains are those
// of the feasible nodes, matching pods are counted on all nodes, terms are added in the order of the
// constraints. Host names are counted by node.

import { Int32Column, Uint8Column } from "../../../base/index.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import { topologyWeight } from "../../plugins/topology-weight.ts";
import { NO_DOMAIN } from "./node-domains.ts";
import type { CountedConstraint, PodClass } from "./pod-class.ts";
import type { PodCounters } from "./pod-counters.ts";

/** One constraint in this cycle. */
interface ScoredConstraint {
  readonly domainOf: Int32Array;
  /** By row for host names, by domain otherwise. */
  readonly counts: Int32Array;
  readonly isHostname: boolean;
  readonly weight: number;
  readonly skewTerm: number;
}

/** Raw scores of one cycle; used anew for each. */
export class SpreadScore {
  private readonly cache: SchedulerCache;
  private readonly counters: PodCounters;
  private readonly tables: Int32Column[] = [];
  private readonly registered: Uint8Column[] = [];
  private readonly ignored = new Uint8Column();
  /** By number of domains: the logarithm is not cheap. */
  private readonly weights = new Map<number, number>();

  constructor(cache: SchedulerCache, counters: PodCounters) {
    this.cache = cache;
    this.counters = counters;
  }

  /** 1 at the places of feasible nodes that lack a label and get 0. */
  get ignoredPlaces(): Uint8Array {
    return this.ignored.raw;
  }

  /** Whether the plugin scores such pods at all. */
  isNeeded({ softSpread }: PodClass): boolean {
    return softSpread.length > 0 && this.cache.nodeList.length > 0;
  }

  /** Writes the raw scores of the first `count` feasible rows. */
  score(podClass: PodClass, feasible: Int32Array, count: number, raw: Float64Array): void {
    const { softSpread } = podClass;
    const ignoredCount = this.findIgnored(podClass, feasible, count);
    const scored: ScoredConstraint[] = [];
    for (const [at, constraint] of softSpread.entries()) {
      scored.push(
        constraint.isHostname
          ? this.countHosts(at, constraint, count - ignoredCount)
          : this.countDomains(at, constraint, podClass, feasible, count),
      );
    }
    this.sum(scored, feasible, count, raw);
    for (const [at, constraint] of softSpread.entries()) this.clear(at, constraint);
  }

  private sum(
    scored: readonly ScoredConstraint[],
    feasible: Int32Array,
    count: number,
    raw: Float64Array,
  ): void {
    const ignored = this.ignored.raw;
    for (let place = 0; place < count; place++) {
      if (ignored[place] === 1) {
        raw[place] = 0;
        continue;
      }
      const row = feasible[place]!;
      let score = 0;
      for (const { domainOf, counts, isHostname, weight, skewTerm } of scored) {
        const domain = domainOf[row]!;
        if (domain === NO_DOMAIN) continue;
        score += counts[isHostname ? row : domain]! * weight + skewTerm;
      }
      raw[place] = Math.round(score);
    }
  }

  private findIgnored(
    { softSpread, requiresAllLabels }: PodClass,
    feasible: Int32Array,
    count: number,
  ): number {
    this.ignored.grow(count);
    const ignored = this.ignored.raw;
    ignored.fill(0, 0, count);
    if (!requiresAllLabels) return 0;
    let found = 0;
    for (let place = 0; place < count; place++) {
      if (hasAllLabels(softSpread, feasible[place]!)) continue;
      ignored[place] = 1;
      found++;
    }
    return found;
  }

  private countHosts(
    at: number,
    { domains, counter, maxSkew }: CountedConstraint,
    hostCount: number,
  ): ScoredConstraint {
    this.tables[at] ??= new Int32Column();
    const table = this.tables[at];
    table.grow(this.cache.rowCount);
    for (let k = 0; k < counter.rows.length; k++) table.raw[counter.rows[k]!] = counter.counts[k]!;
    return {
      domainOf: domains.domainOf.raw,
      counts: table.raw,
      isHostname: true,
      weight: this.weightOf(hostCount),
      skewTerm: maxSkew - 1,
    };
  }

  private countDomains(
    at: number,
    constraint: CountedConstraint,
    podClass: PodClass,
    feasible: Int32Array,
    count: number,
  ): ScoredConstraint {
    const { domains, counter, maxSkew } = constraint;
    const { raw: domainOf } = domains.domainOf;
    this.tables[at] ??= new Int32Column();
    this.registered[at] ??= new Uint8Column();
    const table = this.tables[at];
    const isRegistered = this.registered[at];
    // The last place stands for nodes without the label, unless some node has it with an empty value.
    const noLabel = domains.numberOf("") === NO_DOMAIN ? domains.size : domains.numberOf("");
    table.grow(domains.size + 1);
    isRegistered.grow(domains.size + 1);
    let size = 0;
    for (let place = 0; place < count; place++) {
      if (this.ignored.raw[place] === 1) continue;
      const own = domainOf[feasible[place]!]!;
      const domain = own === NO_DOMAIN ? noLabel : own;
      if (isRegistered.raw[domain] === 0) size++;
      isRegistered.raw[domain] = 1;
    }
    for (let k = 0; k < counter.rows.length; k++) {
      const row = counter.rows[k]!;
      if (!this.isCounted(constraint, podClass, row)) continue;
      const own = domainOf[row] ?? NO_DOMAIN;
      const domain = own === NO_DOMAIN ? noLabel : own;
      if (isRegistered.raw[domain] === 1) table.raw[domain]! += counter.counts[k]!;
    }
    return {
      domainOf,
      counts: table.raw,
      isHostname: false,
      weight: this.weightOf(size),
      skewTerm: maxSkew - 1,
    };
  }

  private isCounted(
    constraint: CountedConstraint,
    { softSpread, requiresAllLabels, statics }: PodClass,
    row: number,
  ): boolean {
    if (this.counters.hasNode.raw[row] !== 1) return false;
    if (requiresAllLabels && !hasAllLabels(softSpread, row)) return false;
    if (!constraint.needsAffinity && !constraint.needsToleration) return true;
    const group = statics.groupAt(row as Parameters<typeof statics.groupAt>[0]);
    if (constraint.needsAffinity && !group.matchesAffinity) return false;
    return !constraint.needsToleration || group.toleratesTaints;
  }

  private weightOf(domainCount: number): number {
    let weight = this.weights.get(domainCount);
    if (weight === undefined) {
      weight = topologyWeight(domainCount);
      this.weights.set(domainCount, weight);
    }
    return weight;
  }

  private clear(at: number, { isHostname, domains, counter }: CountedConstraint): void {
    const { raw } = this.tables[at]!;
    if (isHostname) for (const row of counter.rows) raw[row] = 0;
    else {
      raw.fill(0, 0, domains.size + 1);
      this.registered[at]!.raw.fill(0, 0, domains.size + 1);
    }
  }
}

function hasAllLabels(constraints: readonly CountedConstraint[], row: number): boolean {
  for (const { domains } of constraints) {
    if ((domains.domainOf.raw[row] ?? NO_DOMAIN) === NO_DOMAIN) return false;
  }
  return true;
}
