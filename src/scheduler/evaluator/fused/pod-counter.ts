// PodCounter: how many pods of one kind stand on each node, and in each domain of some topologies.
//
// A sparse list of rows, because the pods of one application stand on few nodes; sums by domain only
// for the topologies that somebody asked for. It does not know what it counts.

import { Int32Column } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import { NO_DOMAIN, type NodeDomains } from "./node-domains.ts";

/** Pods by domain of one topology. */
export interface DomainSums {
  readonly domains: NodeDomains;
  /** Parallel to the domains; may be shorter, then the rest is zero. */
  readonly sums: Int32Column;
  /** Counted pods on nodes that are in any domain. */
  total: number;
}

/** Counts by row and by domain. */
export class PodCounter {
  /** Rows with at least one pod, in no particular order. */
  readonly rows: NodeRow[] = [];
  /** Parallel to `rows`. */
  readonly counts: number[] = [];
  private readonly places = new Map<NodeRow, number>();
  private readonly tracked: DomainSums[] = [];

  on(row: NodeRow): number {
    const place = this.places.get(row);
    return place === undefined ? 0 : this.counts[place]!;
  }

  change(row: NodeRow, by: number): void {
    const place = this.places.get(row);
    if (place === undefined) {
      this.places.set(row, this.rows.length);
      this.rows.push(row);
      this.counts.push(by);
    } else {
      this.counts[place]! += by;
      if (this.counts[place] === 0) this.drop(row, place);
    }
    for (const tracked of this.tracked) add(tracked, tracked.domains.domainOf.raw[row], by);
  }

  /** Adds what another one counted. */
  addAll({ rows, counts }: PodCounter): void {
    for (let k = 0; k < rows.length; k++) this.change(rows[k]!, counts[k]!);
  }

  /** The sums over one topology, kept from now on. */
  sumsOver(domains: NodeDomains): DomainSums {
    for (const tracked of this.tracked) if (tracked.domains === domains) return tracked;
    const made: DomainSums = { domains, sums: new Int32Column(), total: 0 };
    for (let k = 0; k < this.rows.length; k++) {
      add(made, domains.domainOf.raw[this.rows[k]!], this.counts[k]!);
    }
    this.tracked.push(made);
    return made;
  }

  /** The row went from one domain of that topology to another. */
  moved(row: NodeRow, domains: NodeDomains, from: number, to: number): void {
    for (const tracked of this.tracked) {
      if (tracked.domains !== domains) continue;
      const count = this.on(row);
      if (count === 0) return;
      add(tracked, from, -count);
      add(tracked, to, count);
    }
  }

  private drop(row: NodeRow, place: number): void {
    this.places.delete(row);
    const lastRow = this.rows.pop()!;
    const lastCount = this.counts.pop()!;
    if (lastRow === row) return;
    this.rows[place] = lastRow;
    this.counts[place] = lastCount;
    this.places.set(lastRow, place);
  }
}

function add(tracked: DomainSums, domain: number | undefined, by: number): void {
  if (domain === undefined || domain === NO_DOMAIN) return;
  tracked.sums.grow(domain + 1);
  tracked.sums.raw[domain]! += by;
  tracked.total += by;
}
