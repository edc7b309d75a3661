// AffinityScore: the pod affinity preferences of one cycle, as sums of weights by domain.
//
// The same sums as InterPodAffinity's PreScore (N6): the pod's own preferred terms over the pods that
// they mean, and the terms of existing pods that mean it. A term counts once per pod, so each counter
// enters with its weight.

import { Float64Column } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import { HOSTNAME_KEY } from "../../plugins/spread-constraints.ts";
import { NO_DOMAIN, type NodeDomains } from "./node-domains.ts";
import type { CountedTerm, PodClass } from "./pod-class.ts";

/** Up to so many domains the kept sums are read, beyond it the rows of the pods. */
const SMALL_TOPOLOGY = 64;

/** Sums over one topology. */
interface SumTable {
  domains: NodeDomains;
  readonly sums: Float64Column;
}

/** Raw scores of one cycle; used anew for each. */
export class AffinityScore {
  /** Sums by topology; only the first `used` count. */
  readonly tables: SumTable[] = [];
  used = 0;

  /**
   * Sums up for this class. False: no preference concerns any pod, and the plugin skips. Weights that
   * cancel out are no reason to skip.
   */
  prepare(podClass: PodClass): boolean {
    this.clear();
    const ignores = podClass.fused.podAffinity?.args.ignorePreferredTermsOfExistingPods === true;
    if (ignores && !podClass.hasOwnPreferences) return false;
    let isEmpty = true;
    for (const term of podClass.preferred) if (this.add(term)) isEmpty = false;
    for (const term of podClass.existingPreferred) if (this.add(term)) isEmpty = false;
    return !isEmpty;
  }

  /** Writes the raw scores of the first `count` feasible rows. */
  score(feasible: Int32Array, count: number, raw: Float64Array): void {
    raw.fill(0, 0, count);
    for (let at = 0; at < this.used; at++) {
      const { domains, sums } = this.tables[at]!;
      const { raw: domainOf } = domains.domainOf;
      for (let place = 0; place < count; place++) {
        const domain = domainOf[feasible[place]!]!;
        if (domain !== NO_DOMAIN) raw[place]! += sums.raw[domain]!;
      }
    }
  }

  /** The sum over all topologies but host names, where that row is. */
  domainSum(row: number): number {
    let sum = 0;
    for (let at = 0; at < this.used; at++) {
      const { domains, sums } = this.tables[at]!;
      const domain = domains.domainOf.raw[row]!;
      if (domains.key !== HOSTNAME_KEY && domain !== NO_DOMAIN) sum += sums.raw[domain]!;
    }
    return sum;
  }

  /** The sum over host names alone. */
  hostSum(row: number): number {
    for (let at = 0; at < this.used; at++) {
      const { domains, sums } = this.tables[at]!;
      if (domains.key !== HOSTNAME_KEY) continue;
      const domain = domains.domainOf.raw[row]!;
      return domain === NO_DOMAIN ? 0 : sums.raw[domain]!;
    }
    return 0;
  }

  /** Visits the rows of pods behind terms over host names; some of them more than once. */
  forEachHost(podClass: PodClass, visit: (row: NodeRow) => void): void {
    for (const terms of [podClass.preferred, podClass.existingPreferred]) {
      for (const { domains, counter } of terms) {
        if (domains.key !== HOSTNAME_KEY) continue;
        for (const row of counter.rows) visit(row);
      }
    }
  }

  /** Whether any pod on a node of the topology counts. */
  private add({ domains, counter, weight }: CountedTerm): boolean {
    const { rows, counts } = counter;
    if (rows.length === 0) return false;
    if (domains.size <= SMALL_TOPOLOGY) {
      const { sums, total } = counter.sumsOver(domains);
      if (total === 0) return false;
      const table = this.tableOf(domains).raw;
      const size = Math.min(sums.length, domains.size);
      for (let domain = 0; domain < size; domain++) table[domain]! += weight * sums.raw[domain]!;
      return true;
    }
    const table = this.tableOf(domains).raw;
    const { raw: domainOf } = domains.domainOf;
    let isEmpty = true;
    for (let k = 0; k < rows.length; k++) {
      const domain = domainOf[rows[k]!] ?? NO_DOMAIN;
      if (domain === NO_DOMAIN) continue;
      table[domain]! += weight * counts[k]!;
      isEmpty = false;
    }
    return !isEmpty;
  }

  private tableOf(domains: NodeDomains): Float64Column {
    for (let at = 0; at < this.used; at++) {
      if (this.tables[at]!.domains === domains) return this.tables[at]!.sums;
    }
    const table = this.tables[this.used] ?? { domains, sums: new Float64Column() };
    this.tables[this.used] = table;
    this.used++;
    table.domains = domains;
    table.sums.grow(Math.max(domains.size, 1));
    return table.sums;
  }

  private clear(): void {
    for (let at = 0; at < this.used; at++) this.tables[at]!.sums.raw.fill(0);
    this.used = 0;
  }
}
