// Who has renewed its lease when: the one thing that healthy nodes do all the time, kept without
// an event for each renewal.
//
// While a node's kubelet lives and reaches the API, its last renewal is computed from its grid;
// when it stops, the last one before is fixed. Kubelets tell of stops and returns; the node
// lifecycle controller asks for instants and decides by nothing else.

import { type LeaseGrid, lastRenewalUs } from "./lease-phase.ts";
import type { NodeIndex } from "../cluster/index.ts";

/** A renewal that has not happened. */
export const NEVER_RENEWED = -1;

interface Heartbeat {
  readonly grid: LeaseGrid;
  /** The lease is renewed at once when the kubelet starts or returns. */
  beatingSinceUs: number;
  /** Fixed while the kubelet is silent, else NEVER_RENEWED. */
  silentSinceUs: number;
  lastUs: number;
}

/** The leases of all nodes. */
export class Heartbeats {
  private readonly byNode = new Map<NodeIndex, Heartbeat>();
  private listener: (node: NodeIndex) => void = () => {};

  /** `listener` is told when a node falls silent, so that somebody looks for it in time. */
  onSilence(listener: (node: NodeIndex) => void): void {
    this.listener = listener;
  }

  /** The kubelet of a node starts to renew, or does so again. */
  begin(node: NodeIndex, grid: LeaseGrid, nowUs: number): void {
    const known = this.byNode.get(node);
    const lastUs = known?.lastUs ?? NEVER_RENEWED;
    this.byNode.set(node, { grid, beatingSinceUs: nowUs, silentSinceUs: NEVER_RENEWED, lastUs });
  }

  /** The kubelet stopped or cannot reach the API any more. */
  end(node: NodeIndex, nowUs: number): void {
    const heartbeat = this.byNode.get(node);
    if (heartbeat === undefined || heartbeat.silentSinceUs !== NEVER_RENEWED) return;
    heartbeat.lastUs = lastRenewalUs(heartbeat.grid, heartbeat.beatingSinceUs, nowUs);
    heartbeat.silentSinceUs = nowUs;
    this.listener(node);
  }

  /** A node that never had a lease is silent too. */
  isSilent(node: NodeIndex): boolean {
    const heartbeat = this.byNode.get(node);
    return heartbeat === undefined || heartbeat.silentSinceUs !== NEVER_RENEWED;
  }

  /** Last renewal up to now, or NEVER_RENEWED. */
  lastUs(node: NodeIndex, nowUs: number): number {
    const heartbeat = this.byNode.get(node);
    if (heartbeat === undefined) return NEVER_RENEWED;
    if (heartbeat.silentSinceUs !== NEVER_RENEWED) return heartbeat.lastUs;
    return lastRenewalUs(heartbeat.grid, heartbeat.beatingSinceUs, nowUs);
  }
}
