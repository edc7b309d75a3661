// Tells the API what became of a pod: one write of the whole status per visible change.
//
// A write says what is so when it leaves, not when it was asked for. If nobody can hear it, the
// record stays dirty and is written when the kubelet is heard again. The first write of a pod that
// starts without waiting for anything (Pending, ContainerCreating) is left out: the one that says
// Running follows within a second and says more.

import type { EventKind } from "../../engine/index.ts";
import type { KubeletPod } from "./kubelet-pod.ts";
import { Stage } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { statusPatchOf } from "./pod-status.ts";

/** A kubelet whose request was refused for no fault of its own tries again. */
const RETRY_US = 10_000_000;

/** Writes the status of pods. */
export class StatusWriter {
  private readonly world: KubeletWorld;
  private readonly onLastKnown: (record: KubeletPod) => void;
  private readonly statusKind: EventKind;
  private readonly lastStatusKind: EventKind;
  private readonly retryKind: EventKind;

  /** `onLastKnown` is called when the API knows how a deleted pod ended. */
  constructor(world: KubeletWorld, onLastKnown: (record: KubeletPod) => void) {
    this.world = world;
    this.onLastKnown = onLastKnown;
    const { machines } = world;
    this.statusKind = world.defineKindForTurn("pod status", (record) => {
      if (machines.isKubeletRunning(record.node)) this.send(record, false);
    });
    this.lastStatusKind = world.defineKindForTurn("last pod status", (record) => {
      if (machines.isKubeletRunning(record.node)) this.send(record, true);
    });
    this.retryKind = world.defineKindForTurn("pod status retry", (record) => this.retry(record));
  }

  /** Writes the pod's status as it is when the request leaves; remembers it if nobody can hear. */
  post(record: KubeletPod): void {
    record.isDirty = true;
    if (this.delayUs === 0) this.send(record, false);
    else this.world.atTurn(this.delayUs, this.statusKind, record);
  }

  /** The same as `post` for a pod that has stopped; it is removed once that is known. */
  postLast(record: KubeletPod): void {
    record.isDirty = true;
    if (this.delayUs === 0) this.send(record, true);
    else this.world.atTurn(this.delayUs, this.lastStatusKind, record);
  }

  private send(record: KubeletPod, isLast: boolean): void {
    const { pod, uid, node, turn } = record;
    const { world } = this;
    if (!world.isCurrent(record) || !world.machines.isHeard(node)) return;
    const { pods } = world.context.api;
    const patch = statusPatchOf(record, record.template, pods.phase(pod));
    record.isDirty = false;
    world.send(
      node,
      "patch",
      (writer) => writer.patchPodStatus(pod, uid, patch),
      (result) => {
        if (record.turn !== turn) return; // its pod is gone
        if (!result.ok && result.reason === "ServiceUnavailable")
          world.atTurn(RETRY_US, this.retryKind, record);
        else if (isLast) this.onLastKnown(record);
      },
      !isLast,
    );
  }

  private retry(record: KubeletPod): void {
    if (this.world.pods[record.pod] !== record) return;
    if (record.stage === Stage.Stopped) this.postLast(record);
    else this.post(record);
  }

  private get delayUs(): number {
    return this.world.context.api.latencies.kubeletStatusDelay;
  }
}
