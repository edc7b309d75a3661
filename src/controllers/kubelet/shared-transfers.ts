// Transfers that share bandwidth: each runs at an equal share of its node's and of the registry's.
//
// A fluid model: between two changes of the set every transfer goes at a constant rate, so only the
// next end is an event. Equal shares, not max-min fair ones: a slow node leaves its part of the
// registry's bandwidth unused. Used only where pulls can meet; a lone pull's time is computed.

import type { Instant } from "../../base/index.ts";
import { type EventHandle, NO_HANDLE, RANK, type Simulation } from "../../engine/index.ts";

interface Transfer {
  readonly node: number;
  bytesLeft: number;
  readonly done: () => void;
}

/** All transfers of the cluster. */
export class SharedTransfers {
  private readonly sim: Simulation;
  private readonly nodeRate: number;
  private readonly totalRate: number | undefined;
  private readonly active = new Set<Transfer>();
  private readonly countOnNode = new Map<number, number>();
  private sinceUs = 0;
  private next: EventHandle = NO_HANDLE;

  constructor(
    sim: Simulation,
    nodeBytesPerSecond: number,
    totalBytesPerSecond: number | undefined,
  ) {
    this.sim = sim;
    this.nodeRate = nodeBytesPerSecond;
    this.totalRate = totalBytesPerSecond;
  }

  /** Starts a transfer to a node; the result takes it off again. */
  begin(node: number, bytes: number, done: () => void): { cancel(): void } {
    this.advance();
    const transfer: Transfer = { node, bytesLeft: bytes, done };
    this.active.add(transfer);
    this.countOnNode.set(node, (this.countOnNode.get(node) ?? 0) + 1);
    this.plan();
    return {
      cancel: () => {
        if (!this.active.has(transfer)) return;
        this.advance();
        this.drop(transfer);
        this.plan();
      },
    };
  }

  /** Moves every transfer on to the present. */
  private advance(): void {
    const seconds = (this.sim.nowUs - this.sinceUs) / 1e6;
    this.sinceUs = this.sim.nowUs;
    for (const transfer of this.active) {
      transfer.bytesLeft = Math.max(0, transfer.bytesLeft - seconds * this.rateOf(transfer));
    }
  }

  private rateOf({ node }: Transfer): number {
    const onNode = this.nodeRate / (this.countOnNode.get(node) ?? 1);
    return this.totalRate === undefined
      ? onNode
      : Math.min(onNode, this.totalRate / this.active.size);
  }

  private plan(): void {
    this.sim.cancel(this.next);
    this.next = NO_HANDLE;
    let soonest = Number.POSITIVE_INFINITY;
    for (const transfer of this.active) {
      soonest = Math.min(soonest, Math.ceil((transfer.bytesLeft / this.rateOf(transfer)) * 1e6));
    }
    if (this.active.size === 0) return;
    const atUs = (this.sim.nowUs + soonest) as Instant;
    this.next = this.sim.callAt(atUs, RANK.machine, "image transferred", () => this.finish());
  }

  /** Ends what is complete: less than half a byte is left by rounding alone. */
  private finish(): void {
    this.next = NO_HANDLE;
    this.advance();
    const complete = [...this.active].filter(({ bytesLeft }) => bytesLeft < 0.5);
    for (const transfer of complete) this.drop(transfer);
    for (const transfer of complete) transfer.done();
    this.plan();
  }

  private drop(transfer: Transfer): void {
    this.active.delete(transfer);
    this.countOnNode.set(transfer.node, this.countOnNode.get(transfer.node)! - 1);
  }
}
