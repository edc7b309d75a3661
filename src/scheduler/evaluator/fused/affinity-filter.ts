// AffinityFilter: the required pod affinity and anti-affinity of one cycle, as counts by domain.
//
// The same three sums that InterPodAffinity's PreFilter counts from all pods (P13), taken from
// counters. Topologies with few domains are read as kept sums, large ones from the rows of the pods.

import { Int32Column } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import { HOSTNAME_KEY } from "../../plugins/spread-constraints.ts";
import { NO_DOMAIN, type NodeDomains } from "./node-domains.ts";
import type { CountedTerm, PodClass } from "./pod-class.ts";

/** The verdict of a node that takes the pod. */
export const AFFINITY_PASSES = 0;
/** The pod's required affinity is not met there. */
export const AFFINITY_UNMET = 1;
/** The pod's required anti-affinity keeps it away. */
export const ANTI_AFFINITY_MET = 2;
/** The required anti-affinity of pods that are there keeps it away. */
const EXISTING_ANTI_AFFINITY_MET = 3;

/** Sums of one kind over one topology. */
class DomainTable {
  domains: NodeDomains | undefined;
  readonly counts: Int32Column = new Int32Column();
  private readonly touched: number[] = [];

  add(term: CountedTerm): void {
    const { domains, counter } = term;
    this.counts.grow(Math.max(domains.size, 1));
    const { rows, counts } = counter;
    const { raw } = domains.domainOf;
    for (let k = 0; k < rows.length; k++) {
      const domain = raw[rows[k]!] ?? NO_DOMAIN;
      if (domain === NO_DOMAIN) continue;
      if (this.counts.raw[domain] === 0) this.touched.push(domain);
      this.counts.raw[domain]! += counts[k]!;
    }
  }

  get isEmpty(): boolean {
    return this.touched.length === 0;
  }

  clear(): void {
    for (const domain of this.touched) this.counts.raw[domain] = 0;
    this.touched.length = 0;
    this.domains = undefined;
  }
}

/** Tables by topology for one kind of term, used again from cycle to cycle. */
class TermTables {
  readonly inUse: DomainTable[] = [];
  private readonly spare: DomainTable[] = [];

  add(term: CountedTerm): void {
    let table = this.inUse.find(({ domains }) => domains === term.domains);
    if (table === undefined) {
      table = this.spare.pop() ?? new DomainTable();
      table.domains = term.domains;
      this.inUse.push(table);
    }
    table.add(term);
  }

  get isEmpty(): boolean {
    return this.inUse.every((table) => table.isEmpty);
  }

  clear(): void {
    for (const table of this.inUse) {
      table.clear();
      this.spare.push(table);
    }
    this.inUse.length = 0;
  }

  /** Whether some table has a count above zero where that row is; tables over host names may be left out. */
  hasAny(row: NodeRow, exceptHosts: boolean = false): boolean {
    for (const { domains, counts } of this.inUse) {
      if (exceptHosts && domains!.key === HOSTNAME_KEY) continue;
      const domain = domains!.domainOf.raw[row]!;
      if (domain !== NO_DOMAIN && counts.raw[domain]! > 0) return true;
    }
    return false;
  }

  /** Whether every table has a count above zero where that row is; undefined when it lacks a label. */
  hasAll(row: NodeRow): boolean | undefined {
    let isMet = true;
    for (const { domains, counts } of this.inUse) {
      const domain = domains!.domainOf.raw[row]!;
      if (domain === NO_DOMAIN) return undefined;
      if (counts.raw[domain]! <= 0) isMet = false;
    }
    return isMet;
  }
}

/** Counts of one cycle; used anew for each. */
export class AffinityFilter {
  /** False: no terms of its own and none of others concern the pod, and the plugin skips. */
  isActive = false;
  private readonly affinity = new TermTables();
  private readonly anti = new TermTables();
  private readonly existing = new TermTables();
  private admitsFirst = false;

  /** Counts for this class; the next `prepare` clears it. */
  prepare(podClass: PodClass): void {
    this.affinity.clear();
    this.anti.clear();
    this.existing.clear();
    for (const term of podClass.existingAnti) {
      if (term.counter.rows.length > 0) this.existing.add(term);
    }
    for (const term of podClass.affinity) this.affinity.add(term);
    for (const term of podClass.anti) this.anti.add(term);
    const hasTerms = podClass.affinity.length + podClass.anti.length > 0;
    this.isActive = hasTerms || !this.existing.isEmpty;
    this.admitsFirst = podClass.meansItself && this.affinity.isEmpty;
  }

  /** Whether the pod has required affinity of its own. */
  get wantsOthers(): boolean {
    return this.affinity.inUse.length > 0;
  }

  /** Whether the terms over anything but host names admit the domains of that row. */
  admitsDomains(row: NodeRow): boolean {
    if (!this.isActive) return true;
    if (this.affinity.inUse.length > 0) {
      const isMet = this.affinity.hasAll(row);
      if (isMet === undefined || (!isMet && !this.admitsFirst)) return false;
    }
    return !this.anti.hasAny(row, true) && !this.existing.hasAny(row, true);
  }

  /** Visits the rows of pods behind anti-affinity over host names; some of them more than once. */
  forEachFullHost(podClass: PodClass, visit: (row: NodeRow) => void): void {
    if (!this.isActive) return;
    for (const terms of [podClass.anti, podClass.existingAnti]) {
      for (const { domains, counter } of terms) {
        if (domains.key !== HOSTNAME_KEY) continue;
        for (const row of counter.rows) {
          if ((domains.domainOf.raw[row] ?? NO_DOMAIN) !== NO_DOMAIN) visit(row);
        }
      }
    }
  }

  /** The verdict for one row. */
  judge(row: NodeRow): number {
    if (this.affinity.inUse.length > 0) {
      const isMet = this.affinity.hasAll(row);
      if (isMet === undefined || (!isMet && !this.admitsFirst)) return AFFINITY_UNMET;
    }
    if (this.anti.inUse.length > 0 && this.anti.hasAny(row)) return ANTI_AFFINITY_MET;
    if (this.existing.inUse.length > 0 && this.existing.hasAny(row)) {
      return EXISTING_ANTI_AFFINITY_MET;
    }
    return AFFINITY_PASSES;
  }
}
