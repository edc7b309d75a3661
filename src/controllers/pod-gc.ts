// The pod garbage collector: removes pods that nobody else will remove.
//
// Every 20 s, and in this order: finished pods beyond the threshold; terminating pods on a node
// that is out of service; pods of nodes that no longer exist, 40 s after that was first noticed;
// terminating pods that were never bound. Passes that would find nothing are not simulated.

import { entityHash, type Instant } from "../base/index.ts";
import {
  ConditionStatus,
  NO_NODE,
  type NodeChange,
  type NodeIndex,
  type PodChange,
  type PodIndex,
  PodPhase,
  type Uid,
} from "../cluster/index.ts";
import { type EventHandle, NO_HANDLE, RANK } from "../engine/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { conditionStatus, OUT_OF_SERVICE_KEY } from "./node-taints.ts";
import { PassGrid } from "./pass-grid.ts";
import { PodMarks } from "./pod-marks.ts";

/** Watches for pods without a home. */
export class PodGcController {
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly passes: PassGrid;
  /** Nodes that pods name and that have no object, with the end of their quarantine (-1 = not begun). */
  private readonly missing = new Map<NodeIndex, number>();
  private readonly outOfService = new Set<NodeIndex>();
  /** Terminating pods that were never bound. */
  private readonly unbound = new Map<Uid, PodIndex>();
  private readonly finished = new PodMarks();
  private readonly removing = new PodMarks();
  /** Kept at its length, since emptying an array gives its memory away. */
  private readonly finishedScratch: PodIndex[] = [];
  private handle: EventHandle = NO_HANDLE;
  private plannedUs = Number.POSITIVE_INFINITY;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("pod-garbage-collector");
    const { podGc, phases } = context.options;
    const draws = context.draws("pod-gc/phase");
    const drawn = Math.floor(
      draws.unit(entityHash("pod-garbage-collector", 0), 0) * podGc.periodUs,
    );
    this.passes = new PassGrid(phases.podGcUs ?? drawn, podGc.periodUs, 0);
  }

  onNode(change: NodeChange): void {
    const { node } = change;
    if (change.kind === "Deleted") {
      this.outOfService.delete(node);
      if (this.context.api.pods.countOnNode(node) > 0) this.miss(node);
      return;
    }
    this.missing.delete(node); // it is back under its name
    const { taints } = this.context.api.nodes.facts(node);
    if (!taints.some((taint) => taint.key === OUT_OF_SERVICE_KEY)) this.outOfService.delete(node);
    else {
      this.outOfService.add(node);
      this.plan();
    }
  }

  onPod(change: PodChange): void {
    const { pod, uid } = change;
    if (change.kind === "Deleted") {
      this.unbound.delete(uid);
      this.finished.delete(pod, uid);
      this.removing.delete(pod, uid);
      return;
    }
    const node = change.nodeAfter;
    if (change.phaseAfter === PodPhase.Succeeded || change.phaseAfter === PodPhase.Failed) {
      this.finished.add(pod, uid);
      if (this.isOverThreshold()) this.plan();
    }
    if (node === NO_NODE) {
      if (change.isDeletingAfter) {
        this.unbound.set(uid, pod);
        this.plan();
      }
    } else if (!this.context.api.nodes.exists(node)) this.miss(node);
    else if (change.isDeletingAfter && this.outOfService.has(node)) this.plan();
  }

  private miss(node: NodeIndex): void {
    if (!this.missing.has(node)) this.missing.set(node, -1);
    this.plan();
  }

  private isOverThreshold(): boolean {
    const { terminatedPodGcThreshold } = this.context.options.podGc;
    return terminatedPodGcThreshold > 0 && this.finished.count > terminatedPodGcThreshold;
  }

  /** The next pass from now on, unless one is planned already. */
  private plan(): void {
    const { sim } = this.context;
    this.planAt(this.passes.after(sim.nowUs));
  }

  private planAt(atUs: number): void {
    if (atUs >= this.plannedUs) return;
    const { sim } = this.context;
    sim.cancel(this.handle);
    this.plannedUs = atUs;
    this.handle = sim.callAt(atUs as Instant, RANK.controller, "pod GC pass", () => this.pass());
  }

  private pass(): void {
    this.handle = NO_HANDLE;
    this.plannedUs = Number.POSITIVE_INFINITY;
    this.collectFinished();
    this.collectOutOfService();
    this.collectOrphans();
    this.collectUnbound();
    const isWaiting = [...this.missing.values()].some((endUs) => endUs < 0);
    if (isWaiting || this.isOverThreshold()) this.plan();
    for (const endUs of this.missing.values())
      if (endUs >= 0) this.planAt(this.passes.atOrAfter(endUs));
  }

  private collectFinished(): void {
    if (!this.isOverThreshold()) return;
    const { pods } = this.context.api;
    const { terminatedPodGcThreshold } = this.context.options.podGc;
    const { finished, finishedScratch: rows } = this;
    let count = 0;
    pods.forEach((pod) => {
      if (finished.has(pod, pods.uid(pod))) rows[count++] = pod;
    });
    // Some may be gone and this controller has not heard of it: it counts them still.
    if (count < finished.count) count = finished.collect(rows);
    // Pods come in the order of their creation, so mostly there is nothing to sort.
    const sorted = this.areInOrder(rows, count)
      ? rows
      : rows.slice(0, count).sort((a, b) => this.compareFinished(a, b));
    for (let k = 0; k < count - terminatedPodGcThreshold; k++) this.remove(sorted[k]!, false);
  }

  private areInOrder(pods: readonly PodIndex[], count: number): boolean {
    for (let k = 1; k < count; k++) {
      if (this.compareFinished(pods[k - 1]!, pods[k]!) > 0) return false;
    }
    return true;
  }

  /** Evicted ones first, then the oldest. */
  private compareFinished(a: PodIndex, b: PodIndex): number {
    const { pods } = this.context.api;
    const rankA = pods.reason(a) === "Evicted" ? 0 : 1;
    const rankB = pods.reason(b) === "Evicted" ? 0 : 1;
    return rankA - rankB || pods.createdUs(a) - pods.createdUs(b) || pods.uid(a) - pods.uid(b);
  }

  private collectOutOfService(): void {
    const { pods, nodes } = this.context.api;
    for (const node of this.outOfService) {
      if (!nodes.exists(node) || conditionStatus(nodes.facts(node), "Ready") === "True") continue;
      for (const pod of pods.podsOnNode(node)) if (pods.isDeleting(pod)) this.remove(pod, true);
    }
  }

  private collectOrphans(): void {
    const { pods } = this.context.api;
    const { sim, options } = this.context;
    for (const [node, quarantineEndUs] of [...this.missing]) {
      if (pods.countOnNode(node) === 0) this.missing.delete(node);
      else if (quarantineEndUs < 0) this.missing.set(node, sim.nowUs + options.podGc.quarantineUs);
      else if (quarantineEndUs <= sim.nowUs) {
        this.missing.delete(node);
        this.client.read(() => {
          if (this.context.api.nodes.exists(node)) return;
          for (const pod of pods.podsOnNode(node)) this.remove(pod, true);
        });
      }
    }
  }

  private collectUnbound(): void {
    for (const pod of [...this.unbound.values()]) this.remove(pod, false);
  }

  /** Failed first (unless finished), then a DELETE with grace 0. */
  private remove(pod: PodIndex, isDisruption: boolean): void {
    const { pods } = this.context.api;
    const uid = pods.uid(pod);
    if (this.removing.has(pod, uid)) return;
    this.removing.add(pod, uid);
    const doDelete = (): void => {
      const reply = (error?: string): void => {
        this.removing.delete(pod, uid);
        if (error !== undefined && pods.isLive(pod, uid)) this.retry(pod);
      };
      this.client.deletePod(pod, uid, reply, 0);
    };
    if (pods.isFinished(pod)) {
      doDelete();
      return;
    }
    const reason = "DeletionByPodGC";
    const disruptionTarget = {
      status: ConditionStatus.True,
      reason,
      message: "PodGC: node no longer exists",
    };
    const patch = { phase: PodPhase.Failed, ...(isDisruption ? { disruptionTarget } : {}) };
    this.client.patchPodStatus(pod, uid, patch, doDelete);
  }

  /** A refused removal is tried again in a later pass. */
  private retry(pod: PodIndex): void {
    const node = this.context.api.pods.node(pod);
    if (node !== NO_NODE && !this.context.api.nodes.exists(node)) this.miss(node);
    else this.plan();
  }
}
