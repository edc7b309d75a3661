// NodeDomains: which topology domain each node is in, as small integers, for one label key.
//
// Plugins compare label values at every decision; here each value has a number and each node row
// carries it. Rows without a node, or whose node lacks the label, are in no domain (-1). A number is
// given to another value only after the last node has left it, so counts by domain end at zero.

import { Int32Column } from "../../../base/index.ts";
import type { Labels } from "../../../cluster/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";

/** In no domain. */
export const NO_DOMAIN = -1;

/** The domains of one topology key. */
export class NodeDomains {
  readonly key: string;
  /** Domain by row; NO_DOMAIN where there is no node or no label. */
  readonly domainOf: Int32Column = new Int32Column(16, NO_DOMAIN);
  private readonly numbers = new Map<string, number>();
  private readonly values: (string | undefined)[] = [];
  private readonly nodeCounts: number[] = [];
  private readonly free: number[] = [];
  private placedCount = 0;

  constructor(key: string) {
    this.key = key;
  }

  /** All domains have numbers below this. */
  get size(): number {
    return this.values.length;
  }

  /** Domains with at least one node. */
  get used(): number {
    return this.numbers.size;
  }

  /** True when no two nodes share a value. */
  get isUnique(): boolean {
    return this.placedCount === this.numbers.size;
  }

  /** The domain of a value, or NO_DOMAIN when no node has it. */
  numberOf(value: string): number {
    return this.numbers.get(value) ?? NO_DOMAIN;
  }

  /** Puts the row where its node's labels say; undefined labels: there is no node. Gives back the old domain. */
  place(row: NodeRow, labels: Labels | undefined): number {
    this.domainOf.grow(row + 1);
    const old = this.domainOf.raw[row]!;
    const value = labels?.get(this.key);
    if (old !== NO_DOMAIN && value === this.values[old]) return old;
    this.domainOf.raw[row] = value === undefined ? NO_DOMAIN : this.enter(value);
    if (old !== NO_DOMAIN) this.leave(old);
    if (value !== undefined) this.placedCount++;
    if (old !== NO_DOMAIN) this.placedCount--;
    return old;
  }

  private enter(value: string): number {
    const known = this.numbers.get(value);
    if (known !== undefined) {
      this.nodeCounts[known]!++;
      return known;
    }
    const number = this.free.pop() ?? this.values.length;
    this.numbers.set(value, number);
    this.values[number] = value;
    this.nodeCounts[number] = 1;
    return number;
  }

  private leave(number: number): void {
    this.nodeCounts[number]!--;
    if (this.nodeCounts[number] !== 0) return;
    this.numbers.delete(this.values[number]!);
    this.values[number] = undefined;
    this.free.push(number);
  }
}
