// The kubelet that stood in for real ones when the timelines were recorded, by the rules of REPLAY.md:
// fixed times from the pods' annotations, status writes in a fixed order, and a frozen state in which
// timers pass unheard.
//
// It has nothing of a real kubelet's loops and is used by replays alone; the simulator's own kubelet is
// a controller.

import { duration, entityHash } from "../../../base/index.ts";
import {
  type ApiClient,
  type ApiResult,
  type ApiWriter,
  ConditionStatus,
  NO_NODE,
  type NodeChange,
  type NodeIndex,
  type NodeObject,
  type PodChange,
  type PodIndex,
  PodPhase,
  type PodStatusPatch,
  type Uid,
} from "../../../cluster/index.ts";
import type { ControllerContext, Heartbeats, NodeAgents } from "../../../controllers/index.ts";
import { type EventHandle, NO_HANDLE, RANK } from "../../../engine/index.ts";

const SECOND_US = 1_000_000;
const START_US = SECOND_US;
const STOP_US = 500_000;
const LEASE_US = 10 * SECOND_US;
/** Renewals are up to 4 % later. */
const LEASE_JITTER = 0.04;
/** Pods whose `ready-stagger` counts ordinals modulo this. */
const STAGGER_COUNT = 10;
const YES = { status: ConditionStatus.True } as const;

interface StandInPod {
  readonly pod: PodIndex;
  readonly uid: Uid;
  readonly node: NodeIndex;
  /** A start is under way, or was forgotten while the node was frozen. */
  start: "none" | "timed" | "done";
  stop: "none" | "timed" | "done";
  hasEnded: boolean;
  timer: EventHandle;
  /** When its containers ended, in whole seconds; -1 before. */
  finishedUs: number;
  exitCode: number;
}

interface StandInNode {
  readonly client: ApiClient;
  readonly intervalUs: number;
  phaseUs: number;
  isFrozen: boolean;
  isGone: boolean;
}

/** All stand-in kubelets of a replay. */
export class StandInKubelets implements NodeAgents {
  private readonly context: ControllerContext;
  private readonly heartbeats: Heartbeats;
  /** The number behind `#` in a pod's alias. */
  private readonly ordinalOf: (uid: Uid) => number;
  private readonly nodes = new Map<NodeIndex, StandInNode>();
  private readonly pods = new Map<Uid, StandInPod>();
  /** When the last status on its way will have been sent. */
  private freeAtUs = 0;

  constructor(context: ControllerContext, heartbeats: Heartbeats, ordinalOf: (uid: Uid) => number) {
    this.context = context;
    this.heartbeats = heartbeats;
    this.ordinalOf = ordinalOf;
  }

  finishedUs(_pod: PodIndex, uid: Uid): number | undefined {
    const record = this.pods.get(uid);
    return record === undefined || record.finishedUs < 0 ? undefined : record.finishedUs;
  }

  exitCodes(pod: PodIndex, uid: Uid): ReadonlyMap<string, number> {
    const record = this.pods.get(uid);
    const { pods } = this.context.api;
    if (record === undefined || record.finishedUs < 0 || !pods.isLive(pod, uid)) return new Map();
    return new Map(pods.template(pod).containers.map(({ name }) => [name, record.exitCode]));
  }

  // ---- nodes -------------------------------------------------------------------------------

  onNode(change: NodeChange): void {
    const { node } = change;
    const { nowUs } = this.context.sim;
    if (change.kind === "Added") {
      const own = this.nodeOf(node);
      this.heartbeats.begin(node, this.gridOf(own), nowUs);
      return;
    }
    const own = this.nodes.get(node);
    if (own === undefined || own.isFrozen || own.isGone) return;
    const ready = change.after?.conditions.find(({ type }) => type === "Ready")?.status;
    if (change.after !== undefined && ready !== "True") this.postAtNextRenewal(node, own);
  }

  /** The node freezes; its last renewal was `lastRenewalUs`, or as its own grid says. */
  fail(node: NodeIndex, lastRenewalUs: number | undefined): void {
    const own = this.nodeOf(node);
    const { nowUs } = this.context.sim;
    own.isFrozen = true;
    if (lastRenewalUs !== undefined) {
      own.phaseUs = lastRenewalUs;
      const intervalUs = Math.max(own.intervalUs, nowUs - lastRenewalUs + 1);
      this.heartbeats.begin(node, { phaseUs: lastRenewalUs, intervalUs }, lastRenewalUs);
    }
    this.heartbeats.end(node, nowUs);
  }

  /** The node thaws: lease, conditions, then pod by pod. */
  recover(node: NodeIndex): void {
    const own = this.nodeOf(node);
    own.isFrozen = false;
    this.heartbeats.begin(node, this.gridOf(own), this.context.sim.nowUs);
    this.postReady(node, own, () => this.recoverPods(node, own));
  }

  /** The kubelet of a node that is about to be deleted stops for good. */
  stop(node: NodeIndex): void {
    const own = this.nodeOf(node);
    own.isGone = true;
    this.heartbeats.end(node, this.context.sim.nowUs);
  }

  private recoverPods(node: NodeIndex, own: StandInNode): void {
    const { pods } = this.context.api;
    const todo = pods.podsOnNode(node).map((pod) => ({ pod, uid: pods.uid(pod) }));
    const next = (index: number): void => {
      const one = todo[index];
      if (one === undefined) return;
      const { pod, uid } = one;
      const treat = (): void => {
        if (pods.isLive(pod, uid)) this.see(pod, uid, node);
        next(index + 1);
      };
      const isUp = pods.isLive(pod, uid) && pods.phase(pod) === PodPhase.Running;
      if (!isUp || pods.isDeleting(pod)) {
        treat();
        return;
      }
      const patch = { containersReady: YES, ready: YES };
      this.request(own, (writer) => writer.patchPodStatus(pod, uid, patch), treat);
    };
    next(0);
  }

  private postAtNextRenewal(node: NodeIndex, own: StandInNode): void {
    const { sim, api } = this.context;
    const passed = Math.floor((sim.nowUs - own.phaseUs) / own.intervalUs) + 1;
    const waitUs = own.phaseUs + passed * own.intervalUs - sim.nowUs;
    sim.callAfter(duration(waitUs), RANK.kubelet, "stand-in kubelet: renewal", () => {
      if (own.isFrozen || own.isGone || !api.nodes.exists(node)) return;
      const { conditions } = api.nodes.facts(node);
      const isReady = conditions.some(({ type, status }) => type === "Ready" && status === "True");
      if (!isReady) this.postReady(node, own, () => {});
    });
  }

  private postReady(node: NodeIndex, own: StandInNode, done: () => void): void {
    const { nodes } = this.context.api;
    if (!nodes.exists(node)) return;
    const uid = nodes.uid(node);
    this.request(own, (writer) => writer.updateNode(node, uid, withGoodConditions), done);
  }

  private nodeOf(node: NodeIndex): StandInNode {
    const known = this.nodes.get(node);
    if (known !== undefined) return known;
    const { api } = this.context;
    const name = api.nodes.name(node);
    const draws = this.context.draws("stand-in-kubelet/lease");
    const unit = (index: number): number => draws.unit(entityHash(name, 0), index);
    const intervalUs = LEASE_US + Math.floor(LEASE_US * LEASE_JITTER * unit(1));
    const made: StandInNode = {
      client: api.client(`kubelet/${name}`, {
        limit: api.latencies.kubeletClient,
        rank: RANK.kubelet,
      }),
      intervalUs,
      phaseUs: this.context.sim.nowUs + Math.floor(unit(0) * LEASE_US),
      isFrozen: false,
      isGone: false,
    };
    this.nodes.set(node, made);
    return made;
  }

  private gridOf({ phaseUs, intervalUs }: StandInNode): { phaseUs: number; intervalUs: number } {
    return { phaseUs, intervalUs };
  }

  private request(
    { client }: StandInNode,
    commit: (writer: ApiWriter) => ApiResult,
    done: () => void = () => {},
  ): void {
    this.context.api.request(client, "patch", commit, done);
  }

  // ---- pods --------------------------------------------------------------------------------

  onPod(change: PodChange): void {
    const { pod, uid } = change;
    if (change.kind === "Deleted") {
      const record = this.pods.get(uid);
      if (record !== undefined) this.context.sim.cancel(record.timer);
      return;
    }
    const node = change.nodeAfter;
    if (node === NO_NODE || !this.context.api.pods.isLive(pod, uid)) return;
    if (this.isDeaf(node)) return;
    this.see(pod, uid, node);
  }

  private isDeaf(node: NodeIndex): boolean {
    const own = this.nodes.get(node);
    return own === undefined || own.isFrozen || own.isGone;
  }

  /** What a pod's object asks for now. */
  private see(pod: PodIndex, uid: Uid, node: NodeIndex): void {
    const { pods } = this.context.api;
    let record = this.pods.get(uid);
    if (record === undefined) {
      record = {
        pod,
        uid,
        node,
        start: pods.phase(pod) === PodPhase.Pending ? "none" : "done",
        stop: "none",
        hasEnded: pods.isFinished(pod),
        timer: NO_HANDLE,
        finishedUs: -1,
        exitCode: 0,
      };
      this.pods.set(uid, record);
    }
    if (pods.isDeleting(pod)) this.beginStop(record);
    else if (record.start === "none") this.beginStart(record);
  }

  private beginStart(record: StandInPod): void {
    record.start = "timed";
    const startUs = this.runOf(record).startUs ?? START_US;
    this.time(record, startUs, () => {
      record.start = "none"; // forgotten if the node is frozen now
      if (this.isDeaf(record.node) || record.stop !== "none") return;
      this.run(record);
    });
  }

  private run(record: StandInPod): void {
    record.start = "done";
    const { readyUs = 0, readyStaggerUs, runUs } = this.runOf(record);
    const turn = Math.max(0, this.ordinalOf(record.uid) - 1) % STAGGER_COUNT;
    const untilReadyUs = readyUs + readyStaggerUs * turn;
    const ready =
      untilReadyUs === 0 ? YES : { status: ConditionStatus.False, reason: "ContainersNotReady" };
    const { nowUs } = this.context.sim;
    this.write(record, {
      phase: PodPhase.Running,
      podReadyToStartContainers: YES,
      initialized: YES,
      containersReady: ready,
      ready,
      startUs: wholeSecond(nowUs),
      podIp: this.addressOf(record),
    });
    if (untilReadyUs > 0) this.after(untilReadyUs, () => this.becomeReady(record));
    if (runUs !== undefined) this.after(runUs, () => this.exit(record));
  }

  private becomeReady(record: StandInPod): void {
    if (record.hasEnded || record.stop !== "none" || this.isDeaf(record.node)) return;
    if (!this.isLive(record) || this.context.api.pods.isDeleting(record.pod)) return;
    this.write(record, { containersReady: YES, ready: YES });
  }

  private exit(record: StandInPod): void {
    if (record.hasEnded || this.isDeaf(record.node) || !this.isLive(record)) return;
    this.end(record, this.exitCodeOf(record));
  }

  private isLive({ pod, uid }: StandInPod): boolean {
    return this.context.api.pods.isLive(pod, uid);
  }

  private exitCodeOf(record: StandInPod): number {
    const { exitCode, failIndexes, failCode } = this.runOf(record);
    if (failIndexes.length === 0) return exitCode;
    const { labels } = this.context.api.pods.template(record.pod);
    const index = Number(labels.get("batch.kubernetes.io/job-completion-index") ?? -1);
    return failIndexes.includes(index) ? failCode : 0;
  }

  private beginStop(record: StandInPod): void {
    if (record.stop !== "none") return;
    const { pods } = this.context.api;
    const { pod } = record;
    const isUp = record.start === "done" && pods.phase(pod) !== PodPhase.Pending;
    const stopUs = this.runOf(record).stopUs ?? STOP_US;
    const waitUs = isUp ? Math.min(stopUs, pods.deletionGraceUs(pod)) : 0;
    record.stop = "timed";
    this.time(record, waitUs, () => {
      record.stop = "none"; // forgotten if the node is frozen now
      if (this.isDeaf(record.node)) return;
      record.stop = "done";
      this.finish(record);
    });
  }

  /** Terminal phase, unless there is one, then the object's end. */
  private finish(record: StandInPod): void {
    const { pod, uid } = record;
    const remove = (): void => {
      const own = this.nodeOf(record.node);
      this.context.api.request(own.client, "delete", (writer) =>
        writer.deletePod(pod, uid, { graceSeconds: 0 }),
      );
    };
    if (this.context.api.pods.isFinished(pod)) remove();
    else this.end(record, this.runOf(record).stopExitCode, remove);
  }

  private end(record: StandInPod, exitCode: number, done: () => void = () => {}): void {
    record.hasEnded = true;
    record.finishedUs = wholeSecond(this.context.sim.nowUs);
    record.exitCode = exitCode;
    const hasSucceeded = exitCode === 0;
    const reason = hasSucceeded ? "PodCompleted" : "PodFailed";
    const ready = { status: ConditionStatus.False, reason };
    const phase = hasSucceeded ? PodPhase.Succeeded : PodPhase.Failed;
    this.write(record, { phase, containersReady: ready, ready }, done);
  }

  private write(record: StandInPod, patch: PodStatusPatch, done: () => void = () => {}): void {
    const { pod, uid, node } = record;
    // The recorder's kubelets were one process, which wrote one status after another.
    const { nowUs } = this.context.sim;
    this.freeAtUs = Math.max(this.freeAtUs, nowUs) + this.context.api.latencies.kubeletStatusDelay;
    this.after(this.freeAtUs - nowUs, () => {
      const own = this.nodeOf(node);
      this.request(own, (writer) => writer.patchPodStatus(pod, uid, patch), done);
    });
  }

  /** The pod's one timer of starting or stopping; a new one takes the place of the last. */
  private time(record: StandInPod, waitUs: number, then: () => void): void {
    this.context.sim.cancel(record.timer);
    record.timer = this.after(waitUs, then);
  }

  private after(waitUs: number, then: () => void): EventHandle {
    const label = "stand-in kubelet";
    return this.context.sim.callAfter(duration(waitUs), RANK.kubelet, label, then);
  }

  private runOf({ pod }: StandInPod) {
    return this.context.api.pods.template(pod).run;
  }

  /** Any address serves; no two live pods share one. */
  private addressOf({ uid }: StandInPod): string {
    return `10.${(uid >> 16) & 255}.${(uid >> 8) & 255}.${uid & 255}`;
  }
}

function withGoodConditions(before: NodeObject): NodeObject {
  const good = new Map([
    ["Ready", { status: "True", reason: "KubeletReady" }],
    ["MemoryPressure", { status: "False", reason: "KubeletHasSufficientMemory" }],
    ["DiskPressure", { status: "False", reason: "KubeletHasNoDiskPressure" }],
    ["PIDPressure", { status: "False", reason: "KubeletHasSufficientPID" }],
  ] as const);
  const conditions = before.conditions.map((condition) => {
    const wanted = good.get(condition.type as "Ready");
    return wanted === undefined ? condition : { ...condition, ...wanted, message: "" };
  });
  return { ...before, conditions };
}

function wholeSecond(us: number): number {
  return Math.floor(us / SECOND_US) * SECOND_US;
}
