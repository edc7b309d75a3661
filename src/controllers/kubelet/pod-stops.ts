// Stops pods: deletion, eviction, preemption, deadline, shutdown, and objects that vanish.
//
// All main containers are told to stop at once; sidecars follow one by one in reverse order, each
// with what is left of the grace. Then the API learns how it ended, and if the object is being
// deleted it is removed at the worker's next tick.

import type { Instant } from "../../base/index.ts";
import { EXIT_KILLED, type NodeIndex, type PodIndex, type Uid } from "../../cluster/index.ts";
import { type EventKind, NO_HANDLE, RANK } from "../../engine/index.ts";
import { endOf } from "./container-status.ts";
import { ContainerStage, isAnyRunning, type KubeletPod } from "./kubelet-pod.ts";
import { type PodEnd, Stage } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { containerAt, podExitCode } from "./start-order.ts";
import type { StatusWriter } from "./status-writer.ts";
import { MINIMUM_GRACE_US, stopTime } from "./stop-times.ts";

/** Grace that a pod gets whose object is gone already. */
const ORPHAN_GRACE_US = 1_000_000;
/** No grace is shorter. */
const GRACE_US_MIN = 1_000_000;
const US_PER_SECOND = 1_000_000;

/** Everything about ends that the kubelet brings about. */
export class PodStops {
  private readonly world: KubeletWorld;
  private readonly release: (record: KubeletPod) => void;
  private readonly exited: (record: KubeletPod, position: number, code: number) => void;
  private status: StatusWriter | undefined;
  private readonly stoppedKind: EventKind;
  private readonly containerStoppedKind: EventKind;
  private readonly killedKind: EventKind;
  private readonly removalKind: EventKind;
  private readonly orphanKind: EventKind;
  private readonly deadlineKind: EventKind;

  /**
   * `release` is told when a pod needs its room no longer, `exited` when a container has stopped
   * that was stopped for its probe's sake and lives on.
   */
  constructor(
    world: KubeletWorld,
    release: (record: KubeletPod) => void,
    exited: (record: KubeletPod, position: number, code: number) => void,
  ) {
    this.world = world;
    this.release = release;
    this.exited = exited;
    const { machine, kubelet } = RANK;
    this.stoppedKind = world.definePodKind("pod stopped", machine, (record) =>
      this.stopped(record),
    );
    this.containerStoppedKind = world.defineContainerKind(
      "containers stopped",
      machine,
      (record, i, code) => this.containerStopped(record, i, code),
    );
    this.killedKind = world.defineContainerKind("container killed", machine, (record, i, code) => {
      record.containers[i]!.isKilled = true;
      this.exited(record, i, code);
    });
    this.removalKind = world.definePodKind("pod removal", kubelet, (record) =>
      this.sendRemoval(record),
    );
    this.orphanKind = world.definePodKind("orphan stopped", machine, (record) =>
      this.orphanStopped(record),
    );
    this.deadlineKind = world.definePodKind("pod deadline", kubelet, (record) => {
      record.deadline = NO_HANDLE;
      if (!world.machines.isKubeletRunning(record.node)) return; // set again by the return
      this.terminate(record, DEADLINE_EXCEEDED, this.ownGraceUs(record));
    });
  }

  /** Who writes the statuses; it in turn tells of the last one. */
  reportTo(status: StatusWriter): void {
    this.status = status;
  }

  /** activeDeadlineSeconds counts from the kubelet's acceptance. */
  watchDeadline(record: KubeletPod): void {
    const { activeDeadlineSeconds } = record.template;
    if (activeDeadlineSeconds === undefined) return;
    const atUs = record.admittedUs + activeDeadlineSeconds * US_PER_SECOND;
    record.deadline = this.world.at(Math.max(atUs, this.world.nowUs), this.deadlineKind, record);
  }

  /** The object is being deleted: stop what runs within its grace. */
  stop(record: KubeletPod): void {
    const graceUs = this.world.context.api.pods.deletionGraceUs(record.pod);
    if (record.stage === Stage.Stopped || record.stage === Stage.Finished) this.remove(record);
    else this.begin(record, graceUs);
  }

  /** The kubelet ends the pod for a reason of its own; the object stays and says why. */
  terminate(record: KubeletPod, end: PodEnd, graceUs: number): void {
    if (record.stage === Stage.Stopped || record.stage === Stage.Finished) return;
    record.end ??= end;
    this.begin(record, graceUs);
  }

  /** The pod's own grace. */
  ownGraceUs(record: KubeletPod): number {
    return record.template.terminationGracePeriodSeconds * US_PER_SECOND;
  }

  /** Main containers are over: sidecars are stopped with the pod's own grace. */
  stopSidecars(record: KubeletPod): void {
    this.begin(record, this.ownGraceUs(record));
  }

  /** One container is stopped to be started again; that it ends is told to `exited`. */
  killContainer(
    record: KubeletPod,
    position: number,
    graceSeconds: number | undefined,
    why: string,
  ): void {
    const { world } = this;
    const own = record.containers[position]!;
    if (own.stage !== ContainerStage.Running || own.isKilled) return;
    world.cancelContainer(record, position);
    own.isKilled = true;
    const graceUs = (graceSeconds ?? 0) * US_PER_SECOND || this.ownGraceUs(record);
    const time = this.timeOf(record, position, Math.max(GRACE_US_MIN, graceUs));
    const { name } = containerAt(record.template, position);
    const message = `Container ${name} ${why}, will be restarted`;
    world.podEvent(record, "Normal", "Killing", message);
    const atUs = world.nowUs + time.afterUs;
    own.next = world.atContainer(atUs, this.killedKind, record, position, time.code);
  }

  private begin(record: KubeletPod, askedGraceUs: number): void {
    const { world } = this;
    const graceUs = Math.max(GRACE_US_MIN, askedGraceUs);
    if (record.stage === Stage.Stopping) {
      this.shorten(record, graceUs);
      return;
    }
    const isRunning = isAnyRunning(record);
    world.cancelAll(record);
    record.stage = Stage.Stopping;
    record.stopBeganUs = world.nowUs;
    record.stopGraceUs = graceUs;
    if (isRunning) world.podEvent(record, "Normal", "Killing", "Stopping containers");
    if (this.stopMains(record)) return;
    if (this.stopNextSidecar(record)) return;
    record.next = world.at(world.nowUs, this.stoppedKind, record);
  }

  /** A later, smaller grace; a larger one changes nothing. */
  private shorten(record: KubeletPod, graceUs: number): void {
    if (graceUs >= record.stopGraceUs) return;
    const { world } = this;
    record.stopGraceUs = graceUs;
    const deadlineUs = Math.max(world.nowUs, record.stopBeganUs + graceUs);
    for (let i = 0; i < record.containerCount; i++) {
      const own = record.containers[i]!;
      const isStopping = own.stage === ContainerStage.Running && own.next !== NO_HANDLE;
      if (!isStopping || own.stopsAtUs <= deadlineUs) continue;
      world.context.sim.cancel(own.next);
      this.plan(record, i, deadlineUs, EXIT_KILLED);
    }
  }

  /** Tells all running containers but the sidecars to stop; false if none runs. */
  private stopMains(record: KubeletPod): boolean {
    const { world } = this;
    const { initContainers } = record.template;
    let some = false;
    for (let i = 0; i < record.containerCount; i++) {
      if (record.containers[i]!.stage !== ContainerStage.Running) continue;
      if (initContainers[i]?.isSidecar === true) continue;
      const { afterUs, code } = this.timeOf(record, i, record.stopGraceUs);
      this.plan(record, i, world.nowUs + afterUs, code);
      some = true;
    }
    return some;
  }

  /** Tells the last sidecar that runs to stop; false if none does. */
  private stopNextSidecar(record: KubeletPod): boolean {
    const { world } = this;
    const leftUs = record.stopGraceUs - (world.nowUs - record.stopBeganUs);
    for (let i = record.initCount - 1; i >= 0; i--) {
      if (record.containers[i]!.stage !== ContainerStage.Running) continue;
      const { afterUs, code } = this.timeOf(record, i, Math.max(leftUs, MINIMUM_GRACE_US));
      this.plan(record, i, world.nowUs + afterUs, code);
      return true;
    }
    return false;
  }

  private timeOf(
    record: KubeletPod,
    position: number,
    graceUs: number,
  ): { readonly afterUs: number; readonly code: number } {
    const { behavior } = this.world;
    const { hasPreStop } = containerAt(record.template, position);
    const hookUs = hasPreStop ? behavior.preStopLatencyUs(record.pod, position) : 0;
    const stopUs = this.world.slowed(record.node, behavior.stopLatencyUs(record.pod, position));
    const time = stopTime(graceUs, hookUs, stopUs);
    const code = time.isKilled ? EXIT_KILLED : behavior.stopExitCode(record.pod, position);
    return { afterUs: time.afterUs, code };
  }

  private plan(record: KubeletPod, position: number, atUs: number, code: number): void {
    const own = record.containers[position]!;
    own.stopsAtUs = atUs;
    own.next = this.world.atContainer(atUs, this.containerStoppedKind, record, position, code);
  }

  private containerStopped(record: KubeletPod, position: number, code: number): void {
    const { world } = this;
    const own = record.containers[position]!;
    own.next = NO_HANDLE;
    own.stage = ContainerStage.Ended;
    own.exitCode = code;
    own.end = endOf(own, world.nowUs);
    world.machines.cutProcess(record.node, record.uid, code, position);
    record.exitUs = world.nowUs;
    if (this.isAnyStopping(record) || this.stopNextSidecar(record)) return;
    this.stopped(record);
  }

  private isAnyStopping(record: KubeletPod): boolean {
    for (let i = 0; i < record.containerCount; i++) {
      const own = record.containers[i]!;
      if (own.stage === ContainerStage.Running && own.next !== NO_HANDLE) return true;
    }
    return false;
  }

  /** Nothing runs any more. */
  private stopped(record: KubeletPod): void {
    const { world } = this;
    const { pods } = world.context.api;
    record.next = NO_HANDLE;
    for (let i = 0; i < record.containerCount; i++) {
      const own = record.containers[i]!;
      own.isReady = false;
      own.isStarted = false;
      own.stage = ContainerStage.Ended;
      // A container whose end nobody knows counts as killed (ContainerStatusUnknown).
      if (own.starts === 0) own.exitCode = EXIT_KILLED;
    }
    record.exitCode = podExitCode(record, record.template);
    this.release(record);
    if (pods.isLive(record.pod, record.uid) && !pods.isDeleting(record.pod)) {
      record.stage = Stage.Finished;
      this.status!.post(record);
      return;
    }
    record.stage = Stage.Stopped;
    this.status!.postLast(record);
  }

  // ---- objects that go ---------------------------------------------------------------------

  /** The final DELETE, at the worker's next tick after everything has ended. */
  remove(record: KubeletPod): void {
    const { world } = this;
    if (world.context.sim.isPending(record.next)) return;
    const atUs = world.nextTickUs(record.node, world.nowUs);
    record.next = world.at(atUs, this.removalKind, record);
  }

  /** The final DELETE for a pod that the kubelet knows nothing of but that it is over. */
  removeForgotten(pod: PodIndex, uid: Uid, node: NodeIndex): void {
    const { world } = this;
    const { sim } = world.context;
    const atUs = world.nextTickUs(node, world.nowUs) as Instant;
    sim.callAt(atUs, RANK.kubelet, "forgotten pod removal", () => {
      if (!world.machines.isHeard(node)) return; // looked at again when it is heard
      world.send(node, "delete", (writer) => writer.removePod(pod, uid));
    });
  }

  private sendRemoval(record: KubeletPod): void {
    const { pod, uid, node } = record;
    record.next = NO_HANDLE;
    if (!this.world.machines.isHeard(node)) return; // again when it is heard
    this.world.send(node, "delete", (writer) => writer.removePod(pod, uid));
  }

  /** The API object is gone; a process that is still there is stopped like a stranger's. */
  objectGone(pod: PodIndex, uid: Uid): void {
    const { world } = this;
    const record = world.pods[pod];
    if (record === undefined || record.uid !== uid) return;
    const isRunning = isAnyRunning(record);
    world.pods[pod] = undefined;
    world.cancelAll(record);
    if (!isRunning) {
      this.forget(record);
      return;
    }
    world.orphans.set(uid, record);
    if (world.machines.isHeard(record.node)) this.stopOrphan(record);
  }

  stopOrphan(record: KubeletPod): void {
    const { world } = this;
    if (world.context.sim.isPending(record.next)) return;
    record.next = world.at(world.nowUs + ORPHAN_GRACE_US, this.orphanKind, record);
  }

  private orphanStopped(record: KubeletPod): void {
    const { world } = this;
    record.next = NO_HANDLE;
    for (let i = 0; i < record.containerCount; i++) {
      const own = record.containers[i]!;
      if (own.stage !== ContainerStage.Running) continue;
      own.stage = ContainerStage.Ended;
      world.machines.cutProcess(record.node, record.uid, EXIT_KILLED, i);
    }
    world.orphans.delete(record.uid);
    this.forget(record);
  }

  private forget(record: KubeletPod): void {
    const { machines, records } = this.world;
    if (machines.hasPod(record.node, record.uid)) machines.forgetPod(record.node, record.uid);
    this.release(record);
    records.giveBack(record);
  }
}

const DEADLINE_EXCEEDED: PodEnd = {
  reason: "DeadlineExceeded",
  message: "Pod was active on the node longer than the specified deadline",
  isDisruption: false,
};
