// The kubelets: they start the pods bound to their nodes, watch over the containers, stop what is
// deleted, and tell the API, when they can reach it.
//
// One object plays all kubelets. Its rule is to look at a pod whenever news of it arrives or the
// node comes back, and to bring what runs in line with what the API asks for; so a kubelet that was
// away catches up by looking at all its pods once. This file hears the news and hands them to the
// parts: admission, starts, probes, exits, stops, statuses.

import type { Instant } from "../../base/index.ts";
import {
  CHANGED_DELETION,
  CHANGED_NODE,
  CHANGED_TEMPLATE,
  ConditionStatus,
  type ContainerEnd,
  ContainerState,
  type ContainerStatus,
  isResizing,
  type MachineChange,
  type Machines,
  NO_NODE,
  type NodeChange,
  type NodeIndex,
  type PodBehavior,
  type PodChange,
  type PodIndex,
  PodPhase,
  type PodTemplate,
  type Uid,
} from "../../cluster/index.ts";
import { NO_HANDLE, RANK } from "../../engine/index.ts";
import type { ControllerContext } from "../controller-context.ts";
import type { Heartbeats } from "../heartbeats.ts";
import { conditionStatus } from "../node-taints.ts";
import { ContainerExits } from "./container-exits.ts";
import { ContainerStarts } from "./container-starts.ts";
import { CpuContention } from "./cpu-contention.ts";
import { ImageCollection } from "./image-collection.ts";
import { ImageStore } from "./image-store.ts";
import { endOf, LOST_EXIT } from "./container-status.ts";
import { ContainerStage, type KubeletPod, restartsOf, Stage } from "./kubelet-pod.ts";
import { KubeletWorld } from "./kubelet-world.ts";
import { type AdmissionGate, judgeAdmission, PREEMPTED } from "./node-admission.ts";
import { NodeRoom } from "./node-room.ts";
import { NodePressure } from "./node-pressure.ts";
import { NodeShutdowns } from "./node-shutdown.ts";
import { NodeStatuses } from "./node-status.ts";
import { PodAddresses } from "./pod-addresses.ts";
import { rejectionPatch } from "./pod-status.ts";
import { PodResizes } from "./pod-resizes.ts";
import { PodStops } from "./pod-stops.ts";
import { Probes } from "./probes.ts";
import { containerAt } from "./start-order.ts";
import { StatusWriter } from "./status-writer.ts";

/** Why a kubelet looks at a pod. */
type Why = "added" | "changed" | "return";

/** What is known of a container that ran before its kubelet's memory begins. */
interface RememberedContainer {
  readonly hasStarted: boolean;
  readonly restarts: number;
  readonly end: ContainerEnd | undefined;
}

/** All kubelets of the cluster. */
export class Kubelets {
  private readonly world: KubeletWorld;
  private readonly heartbeats: Heartbeats;
  private readonly images: ImageStore;
  private readonly room: NodeRoom;
  private readonly resizes: PodResizes;
  private readonly status: StatusWriter;
  private readonly nodeStatuses: NodeStatuses;
  private readonly collection: ImageCollection;
  private readonly pressure: NodePressure;
  private readonly shutdowns: NodeShutdowns;
  private readonly addresses: PodAddresses;
  private readonly contention: CpuContention;
  private readonly gates: readonly AdmissionGate[];
  private readonly starts: ContainerStarts;
  private readonly exits: ContainerExits;
  private readonly stops: PodStops;
  /** Critical pods whose victims have not stopped yet. */
  private readonly waiting = new Set<KubeletPod>();
  /** What the disk of a machine that lost its power says of its pods, until its kubelet is back. */
  private readonly remembered = new Map<Uid, readonly RememberedContainer[]>();

  constructor(
    context: ControllerContext,
    machines: Machines,
    behavior: PodBehavior,
    heartbeats: Heartbeats,
  ) {
    const world = new KubeletWorld(context, machines, behavior);
    this.world = world;
    this.heartbeats = heartbeats;
    this.room = new NodeRoom(world);
    this.resizes = new PodResizes(world, this.room);
    const release = (record: KubeletPod): void => this.release(record);
    this.stops = new PodStops(world, release, (record, i, code) =>
      this.exits.exit(record, i, code, ""),
    );
    this.status = new StatusWriter(world, (record) => this.stops.remove(record));
    this.stops.reportTo(this.status);
    this.exits = new ContainerExits(world, this.status, {
      starts: () => this.starts,
      failedHook: (record, i) =>
        this.stops.killContainer(record, i, undefined, "FailedPostStartHook"),
      stopSidecars: (record) => this.stops.stopSidecars(record),
      usageEnded: (record) => this.usageChanged(record.node),
      release,
    });
    this.images = new ImageStore(
      context.sim,
      machines,
      world.options.images,
      (waiter, isThere) => this.starts.imageCame(waiter, isThere),
      (node) => {
        if (world.options.reportImages) this.nodeStatuses.changed(node);
        this.collection.changed(node);
        this.pressure.changed(node);
      },
    );
    this.nodeStatuses = new NodeStatuses(world);
    this.addresses = new PodAddresses(world);
    this.collection = new ImageCollection(world, this.images, (node) => {
      if (world.options.reportImages) this.nodeStatuses.changed(node);
    });
    this.pressure = new NodePressure(world, this.collection, this.nodeStatuses, {
      evict: (record, end, graceUs) => this.stops.terminate(record, end, graceUs),
      kill: (record, i, code) => this.exits.exit(record, i, code, "OOMKilled"),
      ownGraceUs: (record) => this.stops.ownGraceUs(record),
    });
    this.shutdowns = new NodeShutdowns(world, this.nodeStatuses, (record, end, graceUs) =>
      this.stops.terminate(record, end, graceUs),
    );
    const { pressure, shutdowns } = this;
    this.gates = [
      (node) => shutdowns.refuses(node),
      (node, template, priority) => pressure.refuses(node, template, priority),
    ];
    const probes = new Probes(world, {
      started: (record) => {
        this.status.post(record);
        this.starts.advance(record);
      },
      readyChanged: (record) => this.status.post(record),
      failed: (record, i, graceSeconds) =>
        this.stops.killContainer(record, i, graceSeconds, "failed its probe"),
    });
    this.contention = new CpuContention(world, (record, i, percent) =>
      this.starts.changePace(record, i, percent),
    );
    const usageChanged = (node: NodeIndex): void => this.usageChanged(node);
    const { images, status, exits, addresses } = this;
    this.starts = new ContainerStarts(
      world,
      images,
      probes,
      status,
      exits,
      addresses,
      usageChanged,
    );
  }

  /** Records that memory is held for, and those in use; for checks. */
  get recordCounts(): { readonly held: number; readonly inUse: number } {
    const { records } = this.world;
    return { held: records.capacity, inUse: records.count };
  }

  /** The record of a pod on its node; for checks. */
  find(pod: PodIndex): KubeletPod | undefined {
    return this.world.pods[pod];
  }

  /** When a pod's containers ended, if its kubelet knows. */
  finishedUs(pod: PodIndex, uid: Uid): number | undefined {
    const record = this.world.pods[pod];
    return record?.uid === uid && record.exitUs >= 0 ? record.exitUs : undefined;
  }

  /** Exit codes of a pod's ended containers by name, as its kubelet knows them. */
  exitCodes(pod: PodIndex, uid: Uid): ReadonlyMap<string, number> {
    const codes = new Map<string, number>();
    const record = this.world.pods[pod];
    if (record?.uid !== uid) return codes;
    const { initContainers, containers } = record.template;
    for (const [i, { name }] of [...initContainers, ...containers].entries()) {
      const own = record.containers[i];
      if (own?.stage === ContainerStage.Ended) codes.set(name, own.exitCode);
    }
    return codes;
  }

  // ---- nodes -------------------------------------------------------------------------------

  onNode(change: NodeChange): void {
    if (change.kind !== "Added") return;
    const { node } = change;
    const { api } = this.world.context;
    const { machines, nowUs } = this.world;
    if (!machines.isInstalled(node)) machines.install(node);
    const own = this.world.nodeOf(node);
    this.images.learn(node, api.nodes.facts(node).images);
    if (!machines.isHeard(node)) return;
    this.heartbeats.begin(node, own.lease, nowUs);
    if (conditionStatus(api.nodes.facts(node), "Ready") !== "True") this.nodeStatuses.report(node);
  }

  onMachine(change: MachineChange): void {
    const { node } = change;
    switch (change.kind) {
      case "installed":
        return;
      case "powerOff":
      case "removed":
        this.loseMachine(node);
        return;
      case "powerOn":
        this.boot(node);
        return;
      case "diskFilled":
        this.pressure.changed(node);
        this.collection.changed(node);
        return;
      case "slowed":
        for (const record of this.world.recordsOn(node)) this.starts.machineSlowed(record);
        return;
      case "shuttingDown":
        this.shutdowns.begin(node);
        return;
      default:
        if (this.world.machines.isHeard(node)) this.comeBack(node);
        else this.heartbeats.end(node, this.world.nowUs);
    }
  }

  /** Power is gone, and with it the kubelet, its memory and every process. */
  private loseMachine(node: NodeIndex): void {
    const { world } = this;
    const { sim } = world.context;
    this.heartbeats.end(node, world.nowUs);
    sim.cancel(world.nodeOf(node).booting);
    this.images.forgetPulls(node);
    this.pressure.forget(node);
    this.shutdowns.forget(node);
    this.nodeStatuses.forget(node);
    for (const record of world.recordsOn(node)) {
      const left = containersLeft(record, world.nowUs);
      if (left.some(({ hasStarted }) => hasStarted)) this.remembered.set(record.uid, left);
      this.drop(record);
    }
    for (const orphan of [...world.orphans.values()]) if (orphan.node === node) this.drop(orphan);
  }

  private boot(node: NodeIndex): void {
    const { world } = this;
    const { sim } = world.context;
    const own = world.nodeOf(node);
    sim.cancel(own.booting);
    const atUs = (world.nowUs + world.options.bootUs) as Instant;
    own.booting = sim.callAt(atUs, RANK.kubelet, "kubelet boot", () => {
      own.booting = NO_HANDLE;
      if (world.machines.isHeard(node)) this.comeBack(node);
    });
  }

  /** The kubelet works and is heard again: renew, report, and look at every pod. */
  private comeBack(node: NodeIndex): void {
    const { world } = this;
    if (world.isBooting(node)) return; // it will, when it is up
    const { api } = world.context;
    this.heartbeats.begin(node, world.nodeOf(node).lease, world.nowUs);
    this.nodeStatuses.report(node);
    this.pressure.changed(node);
    this.collection.changed(node);
    for (const orphan of world.orphans.values()) {
      if (orphan.node === node) this.stops.stopOrphan(orphan);
    }
    this.resizes.retry(node);
    for (const pod of api.pods.podsOnNode(node)) {
      const record = world.pods[pod];
      if (record !== undefined && record.uid === api.pods.uid(pod)) this.catchUp(record);
      this.look(pod, "return");
    }
  }

  /** Says again how a pod is, and does what was due while the kubelet did not run. */
  private catchUp(record: KubeletPod): void {
    if (record.stage !== Stage.New && record.stage !== Stage.Starting) this.status.post(record);
    this.exits.catchUp(record);
    if (!this.waiting.has(record)) this.starts.catchUp(record);
    const isLive = record.stage === Stage.Active || record.stage === Stage.Starting;
    if (isLive && !this.world.context.sim.isPending(record.deadline))
      this.stops.watchDeadline(record);
  }

  // ---- pods --------------------------------------------------------------------------------

  onPod(change: PodChange): void {
    const node = change.nodeAfter;
    if (node === NO_NODE) return;
    const { pod, uid } = change;
    if (change.kind === "Deleted") {
      this.remembered.delete(uid);
      this.stops.objectGone(pod, uid);
      return;
    }
    if ((change.mask & CHANGED_TEMPLATE) !== 0) this.changeTemplate(pod, uid);
    const isNews =
      change.kind === "Added" || (change.mask & (CHANGED_NODE | CHANGED_DELETION)) !== 0;
    if (!isNews || !this.world.context.api.pods.isLive(pod, uid) || !this.world.isListening(node))
      return;
    this.look(pod, change.kind === "Added" ? "added" : "changed");
  }

  /** The pod's object has another template: containers whose image changed are made anew. */
  private changeTemplate(pod: PodIndex, uid: Uid): void {
    const { world } = this;
    const record = world.pods[pod];
    if (record?.uid !== uid || !world.context.api.pods.isLive(pod, uid)) return;
    const before = record.template;
    const holdsRoom = this.room.giveBack(record);
    record.template = world.context.api.pods.template(pod);
    if (!isResizing(record.template)) record.counted = record.template;
    if (holdsRoom) this.room.take(record);
    this.resizes.changed(record);
    if (holdsRoom) this.resizes.retry(record.node); // another one's may fit beside a smaller pod
    if (record.stage !== Stage.Active || !world.isListening(record.node)) return;
    for (let i = 0; i < record.containerCount; i++) {
      if (containerAt(before, i).image === containerAt(record.template, i).image) continue;
      const own = record.containers[i]!;
      own.history = undefined; // back-off belongs to the definition
      own.pullFailures = 0;
      if (own.stage === ContainerStage.Pulling) this.starts.beginAnew(record, i);
      else this.stops.killContainer(record, i, undefined, "definition changed");
    }
  }

  /** Brings one pod on the node in line with its object. */
  private look(pod: PodIndex, why: Why): void {
    const { pods } = this.world.context.api;
    let record = this.world.pods[pod];
    if (record !== undefined && record.uid !== pods.uid(pod)) record = undefined;
    if (record === undefined) {
      if (pods.isFinished(pod)) {
        // It ended before this kubelet's memory begins; only its object is left to remove.
        if (pods.isDeleting(pod)) this.stops.removeForgotten(pod, pods.uid(pod), pods.node(pod));
        return;
      }
      record = this.admit(pod, why);
      if (record === undefined) return;
    }
    if (pods.isDeleting(pod)) this.stops.stop(record);
    else if (record.stage === Stage.New && !this.waiting.has(record)) this.starts.start(record);
  }

  /** Takes a pod on; undefined if it is refused. */
  private admit(pod: PodIndex, why: Why): KubeletPod | undefined {
    const { world } = this;
    const { pods } = world.context.api;
    const node = pods.node(pod);
    const template = pods.template(pod);
    const wasRunning = pods.phase(pod) === PodPhase.Running;
    const isNew = !wasRunning && !pods.isDeleting(pod);
    const victims = isNew ? this.judge(pod, node, template) : [];
    if (victims === undefined) return undefined;
    const startUs = pods.startUs(pod);
    const admittedUs = startUs >= 0 ? startUs : world.nowUs;
    const record = world.records.take(pod, pods.uid(pod), node, admittedUs, template);
    world.pods[pod] = record;
    world.machines.admitPod(node, record.uid);
    this.room.take(record);
    this.recall(record, wasRunning);
    if (wasRunning) this.resume(record, template, why);
    if (victims.length > 0) this.waiting.add(record);
    for (const victim of victims) {
      this.stops.terminate(victim, PREEMPTED, this.stops.ownGraceUs(victim));
    }
    if (!pods.isDeleting(pod)) this.stops.watchDeadline(record);
    return record;
  }

  /** The pods that must go for it; undefined if it is refused, which is then written. */
  private judge(
    pod: PodIndex,
    node: NodeIndex,
    template: PodTemplate,
  ): readonly KubeletPod[] | undefined {
    const { world } = this;
    const { pods, nodes } = world.context.api;
    if (!nodes.exists(node)) return [];
    const priority = pods.priority(pod);
    const { refusal, victims } = judgeAdmission(
      world,
      this.room,
      this.gates,
      node,
      template,
      priority,
    );
    if (refusal === undefined) return victims;
    const uid = pods.uid(pod);
    const message = `Pod was rejected: ${refusal.message}`;
    world.podEvent({ pod, uid }, "Warning", refusal.reason, refusal.message);
    const patch = rejectionPatch(refusal.reason, message, world.nowUs);
    world.soon(node, "pod rejected", () => {
      world.send(node, "patch", (writer) => writer.patchPodStatus(pod, uid, patch));
    });
    return undefined;
  }

  /** What has run before counts: its next start is a restart. */
  private recall(record: KubeletPod, wasRunning: boolean): void {
    const left = this.remembered.get(record.uid);
    this.remembered.delete(record.uid);
    const { pods } = this.world.context.api;
    const shown = left === undefined ? pods.containerStatuses(record.pod) : [];
    const total = pods.restartCount(record.pod);
    record.restartsBefore = 0;
    for (let i = 0; i < record.containerCount; i++) {
      const own = record.containers[i]!;
      own.starts = (left?.[i]?.hasStarted ?? wasRunning) ? 1 : 0;
      own.end = left?.[i]?.end ?? shownEnd(shown[i]);
      own.last = shown[i]?.last;
      // What is shown of no container in particular stands with the first main one.
      const isFirst = shown.length === 0 && i === record.initCount;
      own.restartsBefore = left?.[i]?.restarts ?? shown[i]?.restartCount ?? (isFirst ? total : 0);
      record.restartsBefore += own.restartsBefore;
    }
  }

  /** A pod that ran before this kubelet's memory begins. */
  private resume(record: KubeletPod, template: PodTemplate, why: Why): void {
    const { pods } = this.world.context.api;
    const { pod } = record;
    if (why === "added" && !pods.isDeleting(pod)) {
      this.adopt(record, template);
      return;
    }
    if (pods.isDeleting(pod)) return;
    if (template.restartPolicy === "Never") this.exits.finishAfterReboot(record);
    else this.status.post(record);
  }

  /** A pod of the initial state that ran before the run began. */
  private adopt(record: KubeletPod, template: PodTemplate): void {
    const isReady = this.world.context.api.pods.ready(record.pod) === ConditionStatus.True;
    record.stage = Stage.Active;
    this.addresses.adopt(record);
    for (let i = 0; i < record.containerCount; i++) {
      const isDone = i < record.initCount && !template.initContainers[i]!.isSidecar;
      if (isDone) {
        record.containers[i]!.stage = ContainerStage.Ended;
      } else {
        record.containers[i]!.starts = 0;
        this.starts.adopt(record, i, isReady);
      }
    }
  }

  /** Something that says what it uses has begun or ended. */
  private usageChanged(node: NodeIndex): void {
    this.pressure.changed(node);
    this.collection.changed(node);
    this.contention.changed(node);
  }

  /** A pod's room is free; a critical pod may have waited for it. */
  private release(record: KubeletPod): void {
    const { node } = record;
    this.waiting.delete(record);
    this.resizes.forget(record);
    if (!this.room.giveBack(record)) return;
    this.resizes.retry(node);
    this.addresses.release(record);
    this.pressure.stopped(record);
    this.collection.changed(node);
    this.shutdowns.stopped(record);
    if (record.isMetered) this.contention.changed(node);
    if (this.waiting.size === 0 || this.room.isOverfull(node)) return;
    for (const other of [...this.waiting]) {
      if (other.node !== node) continue;
      this.waiting.delete(other);
      if (other.stage === Stage.New) this.starts.start(other);
    }
  }

  /** Forgets a record without a trace on the machine. */
  private drop(record: KubeletPod | undefined): void {
    if (record === undefined) return;
    const { world } = this;
    world.cancelAll(record);
    if (world.pods[record.pod] === record) world.pods[record.pod] = undefined;
    world.orphans.delete(record.uid);
    this.release(record);
    world.records.giveBack(record);
  }
}

/** What the disk of a machine that just lost its power says of a pod's containers. */
function containersLeft(record: KubeletPod, nowUs: number): RememberedContainer[] {
  return record.containers.slice(0, record.containerCount).map((own) => {
    const wasRunning = own.stage === ContainerStage.Running || own.stage === ContainerStage.Exited;
    const { startedUs } = own;
    const { exitCode, reason } = LOST_EXIT;
    return {
      hasStarted: own.starts > 0,
      restarts: restartsOf(own),
      end: wasRunning ? endOf({ exitCode, startedUs }, nowUs, reason) : own.end,
    };
  });
}

/** How a container ended, as the API shows it. */
function shownEnd(status: ContainerStatus | undefined): ContainerEnd | undefined {
  if (status?.state !== ContainerState.Terminated) return undefined;
  const { reason, exitCode, startedUs, finishedUs } = status;
  return { reason, exitCode, startedUs, finishedUs };
}
