// The earliest key of every source of events, and which source holds the least.
//
// Sources are the general queue (number 0), lanes and arrival queues. Each keeps itself in order,
// so the next event of the run is the least of a handful of heads. A linear scan over two typed
// arrays beats a tree at the number of sources a cluster needs (a few dozen).

import { assert } from "../base/index.ts";

/** Answer of `least` when every source is empty. */
export const NO_SOURCE = -1;

export class SourceHeads {
  private atUsColumn = new Float64Array(8).fill(Number.POSITIVE_INFINITY);
  private orderColumn = new Float64Array(8);
  private sourceCount = 0;

  /** A new, empty source. */
  add(): number {
    const source = this.sourceCount++;
    if (source === this.atUsColumn.length) this.grow();
    return source;
  }

  set(source: number, atUs: number, order: number): void {
    this.atUsColumn[source] = atUs;
    this.orderColumn[source] = order;
  }

  setEmpty(source: number): void {
    this.atUsColumn[source] = Number.POSITIVE_INFINITY;
  }

  /** Lowers a head if the new key is before it. */
  lower(source: number, atUs: number, order: number): void {
    const headAtUs = this.atUsColumn[source]!;
    if (atUs > headAtUs || (atUs === headAtUs && order > this.orderColumn[source]!)) return;
    this.atUsColumn[source] = atUs;
    this.orderColumn[source] = order;
  }

  /** The source whose head has the least (instant, order), or `NO_SOURCE`. */
  least(): number {
    const { atUsColumn, orderColumn, sourceCount } = this;
    let best = NO_SOURCE;
    let bestAtUs = Number.POSITIVE_INFINITY;
    for (let source = 0; source < sourceCount; source++) {
      const atUs = atUsColumn[source]!;
      if (atUs > bestAtUs || atUs === Number.POSITIVE_INFINITY) continue;
      if (atUs === bestAtUs && orderColumn[source]! > orderColumn[best]!) continue;
      best = source;
      bestAtUs = atUs;
    }
    return best;
  }

  atUs(source: number): number {
    return this.atUsColumn[source]!;
  }

  order(source: number): number {
    return this.orderColumn[source]!;
  }

  get count(): number {
    return this.sourceCount;
  }

  private grow(): void {
    assert(this.sourceCount <= 65536, "More than 65,536 lanes and arrival queues.");
    const atUs = new Float64Array(this.atUsColumn.length * 2).fill(Number.POSITIVE_INFINITY);
    atUs.set(this.atUsColumn);
    this.atUsColumn = atUs;
    const order = new Float64Array(atUs.length);
    order.set(this.orderColumn);
    this.orderColumn = order;
  }
}
