// The taint eviction controller: deletes pods from nodes whose NoExecute taints they do not
// tolerate, or not for ever.
//
// A pod's clock starts when this controller sees the taint, and is kept when taints are swapped or
// added. Disruption budgets are not asked. An eviction is three requests: read, mark, delete.

import {
  CHANGED_NODE,
  CHANGED_TEMPLATE,
  ConditionStatus,
  NO_NODE,
  type NodeChange,
  type NodeIndex,
  type PodChange,
  type PodIndex,
  type Taint,
  type Uid,
} from "../cluster/index.ts";
import { duration } from "../base/index.ts";
import { type EventHandle, RANK } from "../engine/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { noExecuteTaints } from "./node-taints.ts";
import { TOLERATED_FOR_EVER, toleratedUs } from "./toleration-time.ts";

/** A pod that will be deleted unless its node's taints go. */
export interface EvictionTimer {
  readonly pod: PodIndex;
  readonly uid: Uid;
  /** When the taint was seen. */
  readonly sinceUs: number;
  readonly firesAtUs: number;
  readonly handle: EventHandle;
}

/** An eviction as it was decided; for checks. */
export interface EvictionRecord {
  readonly pod: PodIndex;
  readonly uid: Uid;
  readonly node: NodeIndex;
  /** When the taint was first seen with this pod on the node. */
  readonly sinceUs: number;
  readonly atUs: number;
}

const NO_TAINTS: readonly Taint[] = [];
/** A refused deletion is tried five times in all, 10 ms apart; then nobody tries again. */
const DELETE_TRIES = 5;
const RETRY_PAUSE = duration(10_000);

/** Watches nodes with NoExecute taints and the pods on them. */
export class TaintEvictionController {
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly taints = new Map<NodeIndex, readonly Taint[]>();
  private readonly timersByPod = new Map<Uid, EvictionTimer>();
  private listener: (eviction: EvictionRecord) => void = () => {};

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("taint-eviction-controller");
  }

  /** Pods on their clock, in the order in which the clocks were started. */
  get timers(): ReadonlyMap<Uid, EvictionTimer> {
    return this.timersByPod;
  }

  /** The taints this controller has seen on a node. */
  seenTaints(node: NodeIndex): readonly Taint[] {
    return this.taints.get(node) ?? NO_TAINTS;
  }

  /** Told of each eviction when it is decided; for checks and measurement. */
  onEviction(listener: (eviction: EvictionRecord) => void): void {
    this.listener = listener;
  }

  onNode(change: NodeChange): void {
    const { node } = change;
    const taints = change.after === undefined ? NO_TAINTS : noExecuteTaints(change.after);
    const before = this.seenTaints(node);
    if (isSameTaints(before, taints)) return;
    if (taints.length === 0) this.taints.delete(node);
    else this.taints.set(node, taints);
    for (const pod of this.context.api.pods.podsOnNode(node)) this.judge(pod, taints);
  }

  onPod(change: PodChange): void {
    const { pod, uid } = change;
    if (change.kind === "Deleted") {
      this.cancel(uid);
      return;
    }
    const isNews =
      change.kind === "Added" || (change.mask & (CHANGED_NODE | CHANGED_TEMPLATE)) !== 0;
    if (!isNews || change.nodeAfter === NO_NODE) return;
    const taints = this.taints.get(change.nodeAfter);
    if (taints !== undefined && this.context.api.pods.isLive(pod, uid)) this.judge(pod, taints);
  }

  private judge(pod: PodIndex, taints: readonly Taint[]): void {
    const { pods } = this.context.api;
    const { nowUs } = this.context.sim;
    const uid = pods.uid(pod);
    const mayStayUs = toleratedUs(taints, pods.template(pod).tolerations);
    if (taints.length === 0 || mayStayUs === TOLERATED_FOR_EVER) {
      if (this.cancel(uid)) this.podEvent(pod, "Cancelling deletion of Pod");
      return;
    }
    if (mayStayUs === 0) {
      const timer = this.timersByPod.get(uid);
      this.cancel(uid);
      this.evict(pod, uid, timer?.sinceUs ?? nowUs);
      return;
    }
    if (this.timersByPod.has(uid)) return;
    const firesAtUs = nowUs + mayStayUs;
    const handle = this.context.sim.callAfter(
      duration(mayStayUs),
      RANK.controller,
      "taint eviction",
      () => {
        this.timersByPod.delete(uid);
        if (pods.isLive(pod, uid)) this.evict(pod, uid, firesAtUs - mayStayUs);
      },
    );
    this.timersByPod.set(uid, { pod, uid, sinceUs: nowUs, firesAtUs, handle });
  }

  private cancel(uid: Uid): boolean {
    const timer = this.timersByPod.get(uid);
    if (timer === undefined) return false;
    this.context.sim.cancel(timer.handle);
    this.timersByPod.delete(uid);
    return true;
  }

  private evict(pod: PodIndex, uid: Uid, sinceUs: number): void {
    const { pods } = this.context.api;
    this.podEvent(pod, "Marking for deletion Pod");
    this.listener({ pod, uid, node: pods.node(pod), sinceUs, atUs: this.context.sim.nowUs });
    const disruptionTarget = {
      status: ConditionStatus.True,
      reason: "DeletionByTaintManager",
      message: "Taint manager: deleting due to NoExecute taint",
    };
    const attempt = (triesLeft: number): void => {
      this.client.read(() => {
        if (!pods.isLive(pod, uid)) return;
        this.client.patchPodStatus(pod, uid, { disruptionTarget }, () => {
          this.client.deletePod(pod, uid, (error) => {
            if (error === undefined || triesLeft === 0) return;
            const again = (): void => attempt(triesLeft - 1);
            this.context.sim.callAfter(RETRY_PAUSE, RANK.controller, "eviction retry", again);
          });
        });
      });
    };
    attempt(DELETE_TRIES - 1);
  }

  private podEvent(pod: PodIndex, text: string): void {
    const { pods } = this.context.api;
    const about = {
      kind: "Pod",
      namespace: pods.namespace(pod),
      name: pods.name(pod),
      uid: pods.uid(pod),
    };
    this.client.event(about, "TaintManagerEviction", `${text} ${about.namespace}/${about.name}`);
  }
}

function isSameTaints(a: readonly Taint[], b: readonly Taint[]): boolean {
  return (
    a.length === b.length &&
    a.every((taint, i) => taint.key === b[i]!.key && taint.value === b[i]!.value)
  );
}
