// The kubelets: they start the pods bound to their nodes, watch over the containers, stop what is
// deleted, and tell the API, when they can reach it.
//
// One object plays all kubelets. Its rule is to look at a pod whenever news of it arrives or the
// node comes back, and to bring what runs in line with what the API asks for; so a kubelet that was
// away catches up by looking at all its pods once. Not modelled: admission on the node (OutOfcpu
// and the like), volumes, node pressure, several containers with lives of their own, pod addresses.

import { type Instant, entityHash, LAST_INSTANT, US_PER_HOUR } from "../base/index.ts";
import {
  type ApiClient,
  type ApiResult,
  type ApiWriter,
  CHANGED_DELETION,
  CHANGED_NODE,
  ConditionStatus,
  EXIT_KILLED,
  type MachineChange,
  type Machines,
  NO_NODE,
  type NodeChange,
  type NodeIndex,
  type PodBehavior,
  type PodChange,
  type PodIndex,
  PodPhase,
  type Uid,
} from "../cluster/index.ts";
import { type EventHandle, type EventKind, NO_HANDLE, RANK, type Rank } from "../engine/index.ts";
import type { ControllerContext } from "./controller-context.ts";
import type { Heartbeats } from "./heartbeats.ts";
import { ImageStore } from "./image-store.ts";
import { type KubeletPod, KubeletPods, Stage } from "./kubelet-pod.ts";
import { statusPatchOf } from "./kubelet-status.ts";
import { leaseGrid, type LeaseGrid } from "./lease-phase.ts";
import { conditionStatus, withReportedConditions } from "./node-taints.ts";
import { nextTick, planRestart } from "./restart-backoff.ts";

/** Processes that would end later never do: what a kubelet does after an exit must end before time does. */
const LAST_EXIT_US = LAST_INSTANT - US_PER_HOUR;

/** Grace that a pod gets whose object is gone already. */
const ORPHAN_GRACE_US = 1_000_000;
/** A kubelet whose request was refused for no fault of its own tries again. */
const RETRY_US = 10_000_000;

/** What a kubelet has of its own, whatever its pods do. */
interface KubeletNode {
  readonly client: ApiClient;
  readonly lease: LeaseGrid;
  /** Where its relist and worker grids stand within a second. */
  readonly relistPhaseUs: number;
  readonly tickPhaseUs: number;
  booting: EventHandle;
}

/** What happens to a pod by itself; events carry the number of its record. */
interface PodEventKinds {
  readonly containersStart: EventKind;
  readonly containersRestart: EventKind;
  readonly podReady: EventKind;
  readonly containersExit: EventKind;
  readonly exitSeen: EventKind;
  readonly podFinished: EventKind;
  readonly containersStopped: EventKind;
  readonly podRemoval: EventKind;
  readonly orphanStopped: EventKind;
  readonly podStatus: EventKind;
  readonly lastPodStatus: EventKind;
  readonly podStatusRetry: EventKind;
}

/** All kubelets of the cluster. */
export class Kubelets {
  private readonly context: ControllerContext;
  private readonly machines: Machines;
  private readonly behavior: PodBehavior;
  private readonly heartbeats: Heartbeats;
  private readonly images: ImageStore;
  private readonly nodes = new Map<NodeIndex, KubeletNode>();
  private readonly records = new KubeletPods();
  private readonly kinds: PodEventKinds;
  /** Records by pod row; a row is taken over only after its object is gone. */
  private readonly pods: (KubeletPod | undefined)[] = [];
  /** Pods whose objects are gone while their processes may still run. */
  private readonly orphans = new Map<Uid, KubeletPod>();

  constructor(
    context: ControllerContext,
    machines: Machines,
    behavior: PodBehavior,
    heartbeats: Heartbeats,
  ) {
    this.context = context;
    this.machines = machines;
    this.behavior = behavior;
    this.heartbeats = heartbeats;
    this.images = new ImageStore(context.sim, machines, context.options.kubelet.images);
    this.kinds = this.defineKinds();
  }

  /** Records that memory is held for, and those in use; for checks. */
  get recordCounts(): { readonly held: number; readonly inUse: number } {
    return { held: this.records.capacity, inUse: this.records.count };
  }

  /** The record of a pod on its node; for checks. */
  find(pod: PodIndex): KubeletPod | undefined {
    return this.pods[pod];
  }

  /** When a pod's containers ended, if its kubelet knows. */
  finishedUs(pod: PodIndex, uid: Uid): number | undefined {
    const record = this.pods[pod];
    return record?.uid === uid && record.exitUs >= 0 ? record.exitUs : undefined;
  }

  // ---- nodes -------------------------------------------------------------------------------

  onNode(change: NodeChange): void {
    if (change.kind !== "Added") return;
    const { node } = change;
    if (!this.machines.isInstalled(node)) this.machines.install(node);
    const own = this.nodeOf(node);
    this.images.learn(node, this.context.api.nodes.facts(node).images);
    if (!this.machines.isHeard(node)) return;
    const { nowUs } = this.context.sim;
    this.heartbeats.begin(node, own.lease, nowUs);
    if (conditionStatus(this.context.api.nodes.facts(node), "Ready") !== "True")
      this.reportNode(node);
  }

  onMachine(change: MachineChange): void {
    const { node } = change;
    if (change.kind === "installed") return;
    if (change.kind === "powerOff" || change.kind === "removed") this.loseMachine(node);
    else if (change.kind === "powerOn") this.boot(node);
    else if (this.machines.isHeard(node)) this.comeBack(node);
    else this.heartbeats.end(node, this.context.sim.nowUs);
  }

  private nodeOf(node: NodeIndex): KubeletNode {
    const known = this.nodes.get(node);
    if (known !== undefined) return known;
    const { api, options } = this.context;
    const name = api.nodes.name(node);
    const draws = this.context.draws("kubelet/phase");
    const unit = (index: number): number => draws.unit(entityHash(name, 0), index);
    const grid = leaseGrid(options.kubelet.lease, unit(0), unit(1));
    const phaseUs = options.phases.leaseUs?.(name) ?? grid.phaseUs;
    const made: KubeletNode = {
      client: api.client(`kubelet/${name}`, {
        limit: api.latencies.kubeletClient,
        rank: RANK.kubelet,
      }),
      lease: { ...grid, phaseUs },
      relistPhaseUs: Math.floor(unit(2) * options.kubelet.relistPeriodUs),
      tickPhaseUs: Math.floor(unit(3) * options.kubelet.workerTickUs),
      booting: NO_HANDLE,
    };
    this.nodes.set(node, made);
    return made;
  }

  /** Power is gone, and with it the kubelet, its memory and every process. */
  private loseMachine(node: NodeIndex): void {
    const { sim } = this.context;
    this.heartbeats.end(node, sim.nowUs);
    sim.cancel(this.nodeOf(node).booting);
    this.images.forgetPulls(node);
    for (const pod of this.context.api.pods.podsOnNode(node)) this.drop(this.pods[pod]);
    for (const orphan of [...this.orphans.values()]) if (orphan.node === node) this.drop(orphan);
  }

  private boot(node: NodeIndex): void {
    const { sim, options } = this.context;
    const own = this.nodeOf(node);
    sim.cancel(own.booting);
    const atUs = (sim.nowUs + options.kubelet.bootUs) as Instant;
    own.booting = sim.callAt(atUs, RANK.kubelet, "kubelet boot", () => {
      own.booting = NO_HANDLE;
      if (this.machines.isHeard(node)) this.comeBack(node);
    });
  }

  /** The kubelet works and is heard again: renew, report, and look at every pod. */
  private comeBack(node: NodeIndex): void {
    const own = this.nodeOf(node);
    if (this.context.sim.isPending(own.booting)) return; // it will, when it is up
    const { api, sim } = this.context;
    this.heartbeats.begin(node, own.lease, sim.nowUs);
    if (api.nodes.exists(node)) this.reportNode(node);
    for (const orphan of this.orphans.values()) if (orphan.node === node) this.stopOrphan(orphan);
    for (const pod of api.pods.podsOnNode(node)) {
      const record = this.pods[pod];
      if (record !== undefined && record.uid === api.pods.uid(pod)) this.post(record);
      this.look(pod, "return");
    }
  }

  /** Posts the node's conditions: all is well. */
  private reportNode(node: NodeIndex): void {
    const { api } = this.context;
    const uid = api.nodes.uid(node);
    const reason = "KubeletReady";
    this.soon(node, "node status", () => {
      this.send(node, "patch", (writer) =>
        writer.updateNode(node, uid, (before) =>
          withReportedConditions(before, true, reason, this.context.sim.nowUs),
        ),
      );
    });
  }

  // ---- pods: news --------------------------------------------------------------------------

  onPod(change: PodChange): void {
    const node = change.nodeAfter;
    if (node === NO_NODE) return;
    const { pod, uid } = change;
    if (change.kind === "Deleted") {
      this.objectGone(pod, uid);
      return;
    }
    const isNews =
      change.kind === "Added" || (change.mask & (CHANGED_NODE | CHANGED_DELETION)) !== 0;
    if (!isNews || !this.context.api.pods.isLive(pod, uid) || !this.isListening(node)) return;
    this.look(pod, change.kind === "Added" ? "added" : "changed");
  }

  /** A kubelet hears of its pods if it runs, is past its boot, and reaches the API. */
  private isListening(node: NodeIndex): boolean {
    if (!this.machines.isHeard(node)) return false;
    const own = this.nodes.get(node);
    return own === undefined || !this.context.sim.isPending(own.booting);
  }

  /** Brings one pod on the node in line with its object. */
  private look(pod: PodIndex, why: "added" | "changed" | "return"): void {
    const { pods } = this.context.api;
    let record = this.pods[pod];
    if (record !== undefined && record.uid !== pods.uid(pod)) record = undefined;
    if (record === undefined) {
      if (pods.isFinished(pod)) return;
      record = this.admit(pod, why);
    }
    if (pods.isDeleting(pod)) this.stop(record);
    else if (record.stage === Stage.Starting && record.next === NO_HANDLE) this.start(record);
  }

  private admit(pod: PodIndex, why: "added" | "changed" | "return"): KubeletPod {
    const { api, sim } = this.context;
    const { pods } = api;
    const node = pods.node(pod);
    const wasRunning = pods.phase(pod) === PodPhase.Running;
    const starts = wasRunning ? pods.restartCount(pod) + 1 : 0;
    const startUs = pods.startUs(pod);
    const admittedUs = startUs >= 0 ? startUs : sim.nowUs;
    const record = this.records.take(pod, pods.uid(pod), node, admittedUs, starts);
    this.pods[pod] = record;
    this.machines.admitPod(node, record.uid);
    if (!wasRunning || pods.isDeleting(pod)) return record;
    if (why === "added") this.adopt(record);
    else if (pods.template(pod).restartPolicy === "Never") this.finish(record, EXIT_KILLED);
    else this.post(record);
    return record;
  }

  /** A pod of the initial state that ran before the run began. */
  private adopt(record: KubeletPod): void {
    record.starts--;
    record.isReady = this.context.api.pods.ready(record.pod) === ConditionStatus.True;
    this.run(record);
  }

  // ---- pods: start and run -----------------------------------------------------------------

  private start(record: KubeletPod): void {
    const template = this.context.api.pods.template(record.pod);
    const imagesAtUs = this.images.readyUs(record.node, template);
    const { sandboxLatencyUs, containerLatencyUs } = {
      sandboxLatencyUs: this.behavior.sandboxLatencyUs(record.pod),
      containerLatencyUs: this.behavior.containerLatencyUs(record.pod),
    };
    const atUs =
      imagesAtUs +
      sandboxLatencyUs +
      (template.initContainers.length + template.containers.length) * containerLatencyUs;
    record.next = this.at(atUs, this.kinds.containersStart, record);
  }

  /** Starts the processes and watches for readiness, if the machine still stands as it did. */
  private startNow(record: KubeletPod): void {
    const { node, uid, pod } = record;
    record.next = NO_HANDLE;
    if (!this.machines.isKubeletRunning(node) || !this.machines.hasPod(node, uid)) return;
    this.run(record);
    const readyAfterUs = this.behavior.readyAfterUs(pod);
    record.isReady = readyAfterUs === 0;
    if (readyAfterUs > 0) {
      const atUs = this.context.sim.nowUs + readyAfterUs;
      record.becomesReady = this.at(atUs, this.kinds.podReady, record);
    }
    this.post(record);
  }

  /** The processes run from now on. */
  private run(record: KubeletPod): void {
    this.machines.startProcess(record.node, record.uid);
    record.stage = Stage.Running;
    record.isBackingOff = false;
    const attempt = record.starts++;
    const runUs = this.behavior.runDurationUs(record.pod, attempt);
    if (runUs === undefined) return;
    const atUs = this.context.sim.nowUs + runUs;
    if (atUs > LAST_EXIT_US) return;
    const exitCode = this.behavior.exitCode(record.pod, attempt);
    record.next = this.at(atUs, this.kinds.containersExit, record, exitCode);
  }

  private becomeReady(record: KubeletPod): void {
    record.becomesReady = NO_HANDLE;
    if (record.stage !== Stage.Running) return;
    record.isReady = true;
    this.post(record);
  }

  /** The containers ended by themselves; the kubelet sees it at its next relist. */
  private exit(record: KubeletPod, exitCode: number): void {
    const { sim, options } = this.context;
    this.machines.exitProcess(record.node, record.uid, exitCode);
    this.cancel(record);
    record.stage = Stage.Exited;
    record.exitCode = exitCode;
    record.isReady = false;
    const exitUs = sim.nowUs;
    record.exitUs = exitUs;
    const seenUs = nextTick(
      exitUs,
      options.kubelet.relistPeriodUs,
      this.nodeOf(record.node).relistPhaseUs,
    );
    const { restartPolicy } = this.context.api.pods.template(record.pod);
    const isRestarted =
      restartPolicy === "Always" || (restartPolicy === "OnFailure" && exitCode !== 0);
    if (!isRestarted) {
      const atUs = seenUs + options.kubelet.workerTickUs;
      record.next = this.at(atUs, this.kinds.podFinished, record, exitCode);
      return;
    }
    record.next = this.at(seenUs, this.kinds.exitSeen, record);
  }

  private planRestart(record: KubeletPod): void {
    const { sim, options } = this.context;
    const { restartBackoff, restartJitter, workerTickUs } = options.kubelet;
    const draws = this.context.draws("kubelet/restart");
    const entity = this.entityOf(record.pod);
    const jitter = (look: number): number =>
      restartJitter ? draws.unit(entity, record.starts * 64 + look) : 0;
    const limits = { ...restartBackoff, tickUs: workerTickUs };
    const plan = planRestart(
      record.history,
      record.exitUs,
      sim.nowUs,
      limits,
      this.nodeOf(record.node).tickPhaseUs,
      jitter,
    );
    record.history = { backoffUs: plan.backoffUs, startedUs: plan.startUs };
    record.isBackingOff = plan.backsOff;
    if (plan.backsOff) {
      this.podEvent(record, "Warning", "BackOff", "Back-off restarting failed container");
      this.post(record);
    }
    record.next = this.at(plan.startUs, this.kinds.containersRestart, record);
  }

  /** Nothing runs any more and nothing will be started: the phase becomes final. */
  private finish(record: KubeletPod, exitCode: number): void {
    this.cancel(record);
    record.stage = Stage.Finished;
    record.exitCode = exitCode;
    record.isReady = false;
    this.post(record);
  }

  // ---- pods: stop --------------------------------------------------------------------------

  /** The object is being deleted: stop what runs within its grace. */
  private stop(record: KubeletPod): void {
    const { api, sim } = this.context;
    const graceUs = Math.max(1_000_000, api.pods.deletionGraceUs(record.pod));
    switch (record.stage) {
      case Stage.Stopped:
      case Stage.Finished:
        this.remove(record);
        return;
      case Stage.Stopping: {
        const atUs = Math.max(sim.nowUs, record.stopBeganUs + graceUs);
        if (atUs < record.stopsAtUs) this.stopAt(record, atUs, EXIT_KILLED);
        else if (record.next === NO_HANDLE)
          this.stopAt(record, sim.nowUs + this.stopUs(record, graceUs), record.exitCode);
        return;
      }
      default: {
        const isRunning = record.stage === Stage.Running;
        this.cancel(record);
        record.stage = Stage.Stopping;
        record.stopBeganUs = sim.nowUs;
        if (isRunning) this.podEvent(record, "Normal", "Killing", "Stopping containers");
        const wanted = isRunning ? this.behavior.stopLatencyUs(record.pod) : 0;
        const isKilled = wanted > graceUs;
        const exitCode = isKilled ? EXIT_KILLED : this.behavior.stopExitCode(record.pod);
        this.stopAt(record, sim.nowUs + Math.min(wanted, graceUs), exitCode);
      }
    }
  }

  private stopUs(record: KubeletPod, graceUs: number): number {
    return Math.min(this.behavior.stopLatencyUs(record.pod), graceUs);
  }

  private stopAt(record: KubeletPod, atUs: number, exitCode: number): void {
    this.context.sim.cancel(record.next);
    record.exitCode = exitCode;
    record.stopsAtUs = atUs;
    record.next = this.at(atUs, this.kinds.containersStopped, record, exitCode);
  }

  private stopped(record: KubeletPod, exitCode: number): void {
    record.next = NO_HANDLE;
    this.machines.exitProcess(record.node, record.uid, exitCode);
    if (record.starts > 0) record.exitUs = this.context.sim.nowUs;
    record.stage = Stage.Stopped;
    record.isReady = false;
    this.postLast(record);
  }

  /** The final DELETE, at the worker's next tick after everything has ended. */
  private remove(record: KubeletPod): void {
    const { sim, options } = this.context;
    if (sim.isPending(record.next)) return;
    const { workerTickUs } = options.kubelet;
    const atUs = nextTick(sim.nowUs, workerTickUs, this.nodeOf(record.node).tickPhaseUs);
    record.next = this.at(atUs, this.kinds.podRemoval, record);
  }

  private sendRemoval(record: KubeletPod): void {
    const { pod, uid, node } = record;
    record.next = NO_HANDLE;
    if (!this.machines.isHeard(node)) return; // again when it is heard
    this.send(node, "delete", (writer) => writer.removePod(pod, uid));
  }

  /** The API object is gone; a process that is still there is stopped like a stranger's. */
  private objectGone(pod: PodIndex, uid: Uid): void {
    const record = this.pods[pod];
    if (record === undefined || record.uid !== uid) return;
    const isRunning = this.machines.isRunning(record.node, uid);
    this.pods[pod] = undefined;
    this.cancel(record);
    if (!isRunning) {
      if (this.machines.hasPod(record.node, uid)) this.machines.forgetPod(record.node, uid);
      this.records.giveBack(record);
      return;
    }
    this.orphans.set(uid, record);
    if (this.machines.isHeard(record.node)) this.stopOrphan(record);
  }

  private stopOrphan(record: KubeletPod): void {
    const { sim } = this.context;
    if (sim.isPending(record.next)) return;
    record.next = this.at(sim.nowUs + ORPHAN_GRACE_US, this.kinds.orphanStopped, record);
  }

  private orphanStopped(record: KubeletPod): void {
    record.next = NO_HANDLE;
    this.machines.exitProcess(record.node, record.uid, EXIT_KILLED);
    this.machines.forgetPod(record.node, record.uid);
    this.orphans.delete(record.uid);
    this.records.giveBack(record);
  }

  // ---- telling the API ---------------------------------------------------------------------

  /** Writes the pod's status as it is when the request leaves; remembers it if nobody can hear. */
  private post(record: KubeletPod): void {
    record.isDirty = true;
    if (this.statusDelayUs === 0) this.sendStatus(record, false);
    else this.atTurn(this.statusDelayUs, this.kinds.podStatus, record);
  }

  /** The same for a pod that has stopped; it is removed once that is known. */
  private postLast(record: KubeletPod): void {
    record.isDirty = true;
    if (this.statusDelayUs === 0) this.sendStatus(record, true);
    else this.atTurn(this.statusDelayUs, this.kinds.lastPodStatus, record);
  }

  private sendStatus(record: KubeletPod, isLast: boolean): void {
    const { pod, uid, node, turn } = record;
    if (!this.context.api.pods.isLive(pod, uid) || this.pods[pod] !== record) return;
    if (!this.machines.isHeard(node)) return;
    const patch = statusPatchOf(record);
    if (patch === undefined) return;
    record.isDirty = false;
    this.send(
      node,
      "patch",
      (writer) => writer.patchPodStatus(pod, uid, patch),
      (result) => {
        if (record.turn !== turn) return; // its pod is gone
        if (!result.ok && result.reason === "ServiceUnavailable")
          this.atTurn(RETRY_US, this.kinds.podStatusRetry, record);
        else if (isLast) this.remove(record);
      },
      !isLast,
    );
  }

  private retryStatus(record: KubeletPod): void {
    if (this.pods[record.pod] !== record) return;
    if (record.stage === Stage.Stopped) this.postLast(record);
    else this.post(record);
  }

  private get statusDelayUs(): number {
    return this.context.api.latencies.kubeletStatusDelay;
  }

  /** After the delay between a change on the node and the kubelet's request. */
  private soon(node: NodeIndex, label: string, send: () => void): void {
    const { sim } = this.context;
    if (this.statusDelayUs === 0) {
      send();
      return;
    }
    const atUs = (sim.nowUs + this.statusDelayUs) as Instant;
    sim.callAt(atUs, RANK.kubelet, label, () => this.machines.isKubeletRunning(node) && send());
  }

  private send(
    node: NodeIndex,
    verb: "patch" | "delete",
    commit: (writer: ApiWriter) => ApiResult,
    onDone?: (result: ApiResult) => void,
    wantsRefusalsOnly = false,
  ): void {
    const { client } = this.nodeOf(node);
    this.context.api.request(client, verb, commit, onDone, wantsRefusalsOnly);
  }

  private podEvent(
    record: KubeletPod,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
  ): void {
    const { api } = this.context;
    if (!api.events.areHeard) return;
    const { pods, nodes } = api;
    const about = {
      kind: "Pod",
      namespace: pods.namespace(record.pod),
      name: pods.name(record.pod),
      uid: record.uid,
    };
    api.recordEvent({ type, reason, about, from: `kubelet, ${nodes.name(record.node)}`, message });
  }

  // ---- small things ------------------------------------------------------------------------

  private defineKinds(): PodEventKinds {
    const { sim } = this.context;
    const define = (
      label: string,
      rank: Rank,
      handle: (record: KubeletPod, payload: number) => void,
    ): EventKind =>
      sim.defineKind(label, rank, (slot, payload) => handle(this.records.at(slot), payload));
    /** Kinds that nobody cancels: they find out whether the record is still that pod's. */
    const defineForTurn = (label: string, handle: (record: KubeletPod) => void): EventKind =>
      define(label, RANK.kubelet, (record, turn) => {
        if (record.turn === turn) handle(record);
      });
    const { machine, kubelet } = RANK;
    return {
      containersStart: define("containers start", machine, (record) => this.startNow(record)),
      containersRestart: define("containers restart", machine, (record) => this.startNow(record)),
      podReady: define("pod ready", kubelet, (record) => this.becomeReady(record)),
      containersExit: define("containers exit", machine, (record, code) => this.exit(record, code)),
      exitSeen: define("exit seen", kubelet, (record) => this.planRestart(record)),
      podFinished: define("pod finished", kubelet, (record, code) => this.finish(record, code)),
      containersStopped: define("containers stopped", machine, (record, code) =>
        this.stopped(record, code),
      ),
      podRemoval: define("pod removal", kubelet, (record) => this.sendRemoval(record)),
      orphanStopped: define("orphan stopped", machine, (record) => this.orphanStopped(record)),
      podStatus: defineForTurn("pod status", (record) => {
        if (this.machines.isKubeletRunning(record.node)) this.sendStatus(record, false);
      }),
      lastPodStatus: defineForTurn("last pod status", (record) => {
        if (this.machines.isKubeletRunning(record.node)) this.sendStatus(record, true);
      }),
      podStatusRetry: defineForTurn("pod status retry", (record) => this.retryStatus(record)),
    };
  }

  private at(atUs: number, kind: EventKind, record: KubeletPod, payload = 0): EventHandle {
    return this.context.sim.at(atUs as Instant, kind, record.slot, payload);
  }

  private atTurn(delayUs: number, kind: EventKind, record: KubeletPod): void {
    this.at(this.context.sim.nowUs + delayUs, kind, record, record.turn);
  }

  private cancel(record: KubeletPod): void {
    const { sim } = this.context;
    sim.cancel(record.next);
    sim.cancel(record.becomesReady);
    record.next = NO_HANDLE;
    record.becomesReady = NO_HANDLE;
  }

  /** Forgets a record without a trace on the machine. */
  private drop(record: KubeletPod | undefined): void {
    if (record === undefined) return;
    this.cancel(record);
    if (this.pods[record.pod] === record) this.pods[record.pod] = undefined;
    this.orphans.delete(record.uid);
    this.records.giveBack(record);
  }

  /** A pod in keyed draws: its owner and its ordinal there, or its own name. */
  private entityOf(pod: PodIndex): ReturnType<typeof entityHash> {
    const { pods } = this.context.api;
    const owner = this.context.ownerOf(pod);
    if (owner === undefined) return entityHash(`${pods.namespace(pod)}/${pods.name(pod)}`, 0);
    return entityHash(`${owner.kind}/${owner.namespace}/${owner.name}`, pods.ownerOrdinal(pod));
  }
}
