// PodCounter: how many pods of one kind stand on each node, and in each domain of some topologies.
//
// A sparse list of rows, because the pods of one application stand on few nodes; sums by domain only
// for the topologies that somebody asked for. It does not know what it counts. Short lists are searched
// from the front, longer ones through a table of places with open addressing.

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

/** Up to so many rows are searched one by one. */
const LIST_MAX = 12;
const NO_TABLE = new Int32Array(0);

/** Counts by row and by domain. */
export class PodCounter {
  /** Rows with at least one pod, in no particular order. */
  readonly rows: NodeRow[] = [];
  /** Parallel to `rows`. */
  readonly counts: number[] = [];
  /** Place plus one in `rows` by hash of the row, 0 = free; its length is a power of two, or 0 while unused. */
  private table: Int32Array = NO_TABLE;
  private readonly tracked: DomainSums[] = [];

  on(row: NodeRow): number {
    const place = this.find(row);
    return place === -1 ? 0 : this.counts[place]!;
  }

  change(row: NodeRow, by: number): void {
    const place = this.find(row);
    if (place === -1) this.append(row, by);
    else {
      const count = this.counts[place]! + by;
      this.counts[place] = count;
      if (count === 0) this.drop(row, place);
    }
    const { tracked } = this;
    for (let at = 0; at < tracked.length; at++) {
      const sums = tracked[at]!;
      add(sums, sums.domains.domainOf.raw[row], by);
    }
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

  /** Place of the row, or -1. */
  private find(row: NodeRow): number {
    const { table, rows } = this;
    if (table.length === 0) {
      for (let place = 0; place < rows.length; place++) if (rows[place] === row) return place;
      return -1;
    }
    const mask = table.length - 1;
    for (let at = hashOf(row) & mask; ; at = (at + 1) & mask) {
      const entry = table[at]!;
      if (entry === 0) return -1;
      if (rows[entry - 1] === row) return entry - 1;
    }
  }

  private append(row: NodeRow, count: number): void {
    const { rows } = this;
    rows.push(row);
    this.counts.push(count);
    if (this.table.length === 0 && rows.length <= LIST_MAX) return;
    // At most half full, so that chains stay short.
    if (rows.length * 2 > this.table.length) this.fillTable(Math.max(64, this.table.length * 2));
    else this.enter(row, rows.length);
  }

  private fillTable(length: number): void {
    this.table = new Int32Array(length);
    for (let place = 0; place < this.rows.length; place++) this.enter(this.rows[place]!, place + 1);
  }

  private enter(row: NodeRow, entry: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let at = hashOf(row) & mask;
    while (table[at] !== 0) at = (at + 1) & mask;
    table[at] = entry;
  }

  /** Where the table holds that place. */
  private entryAt(row: NodeRow, place: number): number {
    const { table } = this;
    const mask = table.length - 1;
    let at = hashOf(row) & mask;
    while (table[at] !== place + 1) at = (at + 1) & mask;
    return at;
  }

  private drop(row: NodeRow, place: number): void {
    const { rows, counts } = this;
    const hasTable = this.table.length > 0;
    if (hasTable) this.close(this.entryAt(row, place));
    const lastRow = rows.pop()!;
    const lastCount = counts.pop()!;
    if (lastRow === row) return;
    if (hasTable) this.table[this.entryAt(lastRow, rows.length)] = place + 1;
    rows[place] = lastRow;
    counts[place] = lastCount;
  }

  /** Frees an entry; those of its chain behind it that may, move up, so that no search stops early. */
  private close(gap: number): void {
    const { table, rows } = this;
    const mask = table.length - 1;
    let free = gap;
    for (let at = (gap + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const home = hashOf(rows[table[at]! - 1]!) & mask;
      // Its home lies behind the gap: it is found without coming by there.
      if (((at - home) & mask) < ((at - free) & mask)) continue;
      table[free] = table[at]!;
      free = at;
    }
    table[free] = 0;
  }
}

/** Spreads neighbouring rows. */
function hashOf(row: number): number {
  return Math.imul(row, 0x9e3779b1) >>> 15;
}

function add(tracked: DomainSums, domain: number | undefined, by: number): void {
  if (domain === undefined || domain === NO_DOMAIN) return;
  tracked.sums.grow(domain + 1);
  tracked.sums.raw[domain]! += by;
  tracked.total += by;
}
