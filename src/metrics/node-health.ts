// How long each node's machine was down and its Ready condition not True.
//
// Two different things: a machine that dies is down at once, its node stays Ready for most of a
// minute. Spans are counted from the node's first appearance (or the end of the warm-up) while its
// Node object exists.

import type { NodeIndex } from "../cluster/index.ts";

interface Health {
  sinceUs: number;
  removedUs: number | null;
  isUp: boolean;
  isReady: boolean;
  upChangedUs: number;
  readyChangedUs: number;
  downUs: number;
  notReadyUs: number;
}

/** Health of all nodes by row. */
export class NodeHealth {
  private readonly nodes: (Health | undefined)[] = [];
  private ready = 0;

  /** Nodes whose Ready condition is True now. */
  get readyCount(): number {
    return this.ready;
  }

  /** The Node object appeared or changed (`isReady`), or went (undefined). */
  onNode(node: NodeIndex, isReady: boolean | undefined, nowUs: number): void {
    const health = this.nodes[node] ?? this.add(node, nowUs);
    this.setReady(health, isReady ?? false, nowUs);
    health.removedUs = isReady === undefined ? nowUs : null;
  }

  /** The machine went up or down. */
  setUp(node: NodeIndex, isUp: boolean, nowUs: number): void {
    const health = this.nodes[node] ?? this.add(node, nowUs);
    if (health.isUp === isUp) return;
    if (!health.isUp) health.downUs += nowUs - health.upChangedUs;
    health.isUp = isUp;
    health.upChangedUs = nowUs;
  }

  /** The measured part begins now. */
  restart(nowUs: number): void {
    for (const health of this.nodes) {
      if (health === undefined) continue;
      health.sinceUs = nowUs;
      health.upChangedUs = nowUs;
      health.readyChangedUs = nowUs;
      health.downUs = 0;
      health.notReadyUs = 0;
    }
  }

  sinceUs(node: NodeIndex): number {
    return this.nodes[node]?.sinceUs ?? 0;
  }

  removedUs(node: NodeIndex): number | null {
    return this.nodes[node]?.removedUs ?? null;
  }

  downUs(node: NodeIndex, nowUs: number): number {
    const health = this.nodes[node];
    if (health === undefined) return 0;
    return health.downUs + (health.isUp ? 0 : nowUs - health.upChangedUs);
  }

  notReadyUs(node: NodeIndex, nowUs: number): number {
    const health = this.nodes[node];
    if (health === undefined) return 0;
    const endUs = health.removedUs ?? nowUs;
    return health.notReadyUs + (health.isReady ? 0 : Math.max(0, endUs - health.readyChangedUs));
  }

  /** Up time over existence of all nodes; null without any. */
  upRatio(nowUs: number): number | null {
    let existence = 0;
    let down = 0;
    for (let node = 0; node < this.nodes.length; node++) {
      const health = this.nodes[node];
      if (health === undefined) continue;
      existence += (health.removedUs ?? nowUs) - health.sinceUs;
      down += this.downUs(node as NodeIndex, nowUs);
    }
    return existence <= 0 ? null : 1 - Math.min(1, down / existence);
  }

  private add(node: NodeIndex, nowUs: number): Health {
    const health: Health = {
      sinceUs: nowUs,
      removedUs: null,
      isUp: true,
      isReady: false,
      upChangedUs: nowUs,
      readyChangedUs: nowUs,
      downUs: 0,
      notReadyUs: 0,
    };
    this.nodes[node] = health;
    return health;
  }

  private setReady(health: Health, isReady: boolean, nowUs: number): void {
    if (health.isReady === isReady) return;
    if (!health.isReady) health.notReadyUs += nowUs - health.readyChangedUs;
    health.isReady = isReady;
    health.readyChangedUs = nowUs;
    this.ready += isReady ? 1 : -1;
  }
}
