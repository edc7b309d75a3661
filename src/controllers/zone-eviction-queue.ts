// The nodes of one zone that wait for their NoExecute taint, and the rate at which they get it.
//
// Waiting nodes are queued anew in every health pass, all with that pass's time, so among them the
// real order is random; here the one created first goes first.

import type { NodeIndex } from "../cluster/index.ts";
import { TokenBucket } from "./token-bucket.ts";

/** One zone's queue. A node enters once until `remove` lets it in again. */
export class ZoneEvictionQueue {
  private bucket: TokenBucket;
  private rate: number;
  private readonly waiting = new Set<NodeIndex>();
  private readonly known = new Set<NodeIndex>();

  constructor(ratePerSecond: number) {
    this.rate = ratePerSecond;
    this.bucket = new TokenBucket(ratePerSecond, 1);
  }

  /** Queues a node unless it waits already or was served. True if it is new. */
  add(node: NodeIndex): boolean {
    if (this.known.has(node)) return false;
    this.known.add(node);
    this.waiting.add(node);
    return true;
  }

  /** Forgets a node, served or not: it may enter again. */
  remove(node: NodeIndex): void {
    this.known.delete(node);
    this.waiting.delete(node);
  }

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  get ratePerSecond(): number {
    return this.rate;
  }

  /** A new rate means a new bucket: full, or empty if the old one was. */
  setRate(ratePerSecond: number, nowUs: number): void {
    if (ratePerSecond === this.rate) return;
    const wasEmpty = this.bucket.isEmpty(nowUs);
    this.rate = ratePerSecond;
    this.bucket = new TokenBucket(ratePerSecond, 1, wasEmpty ? nowUs : undefined);
  }

  /** When the next waiting node can be served at the earliest; undefined if never as things are. */
  nextUs(nowUs: number): number | undefined {
    return this.isEmpty ? undefined : this.bucket.nextTokenUs(nowUs);
  }

  /** The node to taint now, if one waits and a token is there. The token is spent in any case. */
  take(nowUs: number): NodeIndex | undefined {
    if (this.isEmpty || !this.bucket.tryTake(nowUs)) return undefined;
    let first: NodeIndex | undefined;
    for (const node of this.waiting) if (first === undefined || node < first) first = node;
    if (first !== undefined) this.waiting.delete(first);
    return first;
  }
}
