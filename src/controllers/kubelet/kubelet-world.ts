// What all parts of the kubelets share: the clock, the API, the machines, the records of pods, and
// how events about them are made.
//
// It decides nothing. One object plays the kubelets of all nodes; what a single node has of its own
// is its KubeletNode.

import { entityHash, type Instant } from "../../base/index.ts";
import type {
  ApiClient,
  ApiResult,
  ApiWriter,
  Machines,
  NodeIndex,
  PodBehavior,
  PodIndex,
  Uid,
} from "../../cluster/index.ts";
import {
  type EventHandle,
  type EventKind,
  NO_HANDLE,
  RANK,
  type Rank,
} from "../../engine/index.ts";
import type { ControllerContext } from "../controller-context.ts";
import { leaseGrid, type LeaseGrid } from "../lease-phase.ts";
import { type KubeletPod, KubeletPods } from "./kubelet-pod.ts";
import type { KubeletOptions } from "./kubelet-options.ts";
import { nextTick } from "./restart-backoff.ts";

/** What a kubelet has of its own, whatever its pods do. */
export interface KubeletNode {
  readonly client: ApiClient;
  readonly lease: LeaseGrid;
  /** Where its relist and worker grids stand within a second. */
  readonly relistPhaseUs: number;
  readonly tickPhaseUs: number;
  /** Where the grids of node status, eviction and image collection stand. */
  readonly statusPhaseUs: number;
  booting: EventHandle;
}

/** Codes of exits are 0 to 255; the position of the container stands above them in a payload. */
const CODE_RANGE = 256;

/** The common ground of all parts. */
export class KubeletWorld {
  readonly context: ControllerContext;
  readonly machines: Machines;
  readonly behavior: PodBehavior;
  readonly records: KubeletPods = new KubeletPods();
  /** Records by pod row; a row is taken over only after its object is gone. */
  readonly pods: (KubeletPod | undefined)[] = [];
  /** Pods whose objects are gone while their processes may still run. */
  readonly orphans: Map<Uid, KubeletPod> = new Map();
  private readonly nodes = new Map<NodeIndex, KubeletNode>();

  constructor(context: ControllerContext, machines: Machines, behavior: PodBehavior) {
    this.context = context;
    this.machines = machines;
    this.behavior = behavior;
  }

  get nowUs(): Instant {
    return this.context.sim.nowUs;
  }

  get options(): KubeletOptions {
    return this.context.options.kubelet;
  }

  /** The record is that of a pod whose object is there. */
  isCurrent(record: KubeletPod): boolean {
    const { pod, uid } = record;
    return this.pods[pod] === record && this.context.api.pods.isLive(pod, uid);
  }

  /** Records of a node's pods, in the order of their binding. */
  recordsOn(node: NodeIndex): KubeletPod[] {
    const { pods } = this.context.api;
    const records: KubeletPod[] = [];
    for (const pod of pods.podsOnNode(node)) {
      const record = this.pods[pod];
      if (record !== undefined && record.uid === pods.uid(pod)) records.push(record);
    }
    return records;
  }

  // ---- nodes -------------------------------------------------------------------------------

  nodeOf(node: NodeIndex): KubeletNode {
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
      statusPhaseUs: Math.floor(unit(4) * options.kubelet.statusPeriodUs),
      booting: NO_HANDLE,
    };
    this.nodes.set(node, made);
    return made;
  }

  /** A kubelet hears of its pods if it runs, is past its boot, and reaches the API. */
  isListening(node: NodeIndex): boolean {
    return this.machines.isHeard(node) && !this.isBooting(node);
  }

  isBooting(node: NodeIndex): boolean {
    const own = this.nodes.get(node);
    return own !== undefined && this.context.sim.isPending(own.booting);
  }

  /** The kubelet's next look at what its containers do, not before an instant. */
  nextRelistUs(node: NodeIndex, us: number): number {
    return nextTick(us, this.options.relistPeriodUs, this.nodeOf(node).relistPhaseUs);
  }

  /** The next instant at which its pod workers take up what waits, not before an instant. */
  nextTickUs(node: NodeIndex, us: number): number {
    return nextTick(us, this.options.workerTickUs, this.nodeOf(node).tickPhaseUs);
  }

  /** How long something takes on a machine that should take so long. */
  slowed(node: NodeIndex, us: number): number {
    const percent = this.machines.slownessPercent(node);
    return percent === 100 ? us : Math.ceil((us * percent) / 100);
  }

  // ---- events ------------------------------------------------------------------------------

  /** A kind of event about a pod; whoever drops the record cancels them. */
  definePodKind(label: string, rank: Rank, handle: (record: KubeletPod) => void): EventKind {
    return this.context.sim.defineKind(label, rank, (slot) => handle(this.records.at(slot)));
  }

  /** A kind of event about one container of a pod, with an exit code. */
  defineContainerKind(
    label: string,
    rank: Rank,
    handle: (record: KubeletPod, position: number, code: number) => void,
  ): EventKind {
    return this.context.sim.defineKind(label, rank, (slot, payload) =>
      handle(this.records.at(slot), Math.floor(payload / CODE_RANGE), payload % CODE_RANGE),
    );
  }

  /** A kind of event that nobody cancels: it finds out whether the record is still that pod's. */
  defineKindForTurn(label: string, handle: (record: KubeletPod) => void): EventKind {
    return this.context.sim.defineKind(label, RANK.kubelet, (slot, turn) => {
      const record = this.records.at(slot);
      if (record.turn === turn) handle(record);
    });
  }

  at(atUs: number, kind: EventKind, record: KubeletPod): EventHandle {
    return this.context.sim.at(atUs as Instant, kind, record.slot);
  }

  atContainer(
    atUs: number,
    kind: EventKind,
    record: KubeletPod,
    position: number,
    code = 0,
  ): EventHandle {
    const payload = position * CODE_RANGE + code;
    return this.context.sim.at(atUs as Instant, kind, record.slot, payload);
  }

  atTurn(delayUs: number, kind: EventKind, record: KubeletPod): void {
    this.context.sim.at((this.nowUs + delayUs) as Instant, kind, record.slot, record.turn);
  }

  /** Nothing will happen to the pod or its containers by itself any more. */
  cancelAll(record: KubeletPod): void {
    const { sim } = this.context;
    sim.cancel(record.next);
    sim.cancel(record.deadline);
    record.next = NO_HANDLE;
    record.deadline = NO_HANDLE;
    for (let i = 0; i < record.containerCount; i++) this.cancelContainer(record, i);
  }

  cancelContainer(record: KubeletPod, position: number): void {
    const { sim } = this.context;
    const container = record.containers[position]!;
    sim.cancel(container.next);
    sim.cancel(container.probe);
    sim.cancel(container.liveness);
    container.next = NO_HANDLE;
    container.probe = NO_HANDLE;
    container.liveness = NO_HANDLE;
  }

  // ---- the API -----------------------------------------------------------------------------

  send(
    node: NodeIndex,
    verb: "patch" | "delete",
    commit: (writer: ApiWriter) => ApiResult,
    onDone?: (result: ApiResult) => void,
    wantsRefusalsOnly = false,
  ): void {
    this.context.api.request(this.nodeOf(node).client, verb, commit, onDone, wantsRefusalsOnly);
  }

  /** After the delay between a change on the node and the kubelet's request. */
  soon(node: NodeIndex, label: string, send: () => void): void {
    const delayUs = this.context.api.latencies.kubeletStatusDelay;
    if (delayUs === 0) {
      send();
      return;
    }
    const atUs = (this.nowUs + delayUs) as Instant;
    this.context.sim.callAt(atUs, RANK.kubelet, label, () => {
      if (this.machines.isKubeletRunning(node)) send();
    });
  }

  /** A Kubernetes Event about a pod, if anybody listens. */
  podEvent(
    { pod, uid }: { readonly pod: PodIndex; readonly uid: Uid },
    type: "Normal" | "Warning",
    reason: string,
    message: string,
  ): void {
    const { api } = this.context;
    if (!api.events.areHeard) return;
    const { pods, nodes } = api;
    const about = { kind: "Pod", namespace: pods.namespace(pod), name: pods.name(pod), uid };
    const from = `kubelet, ${nodes.name(pods.node(pod))}`;
    api.recordEvent({ type, reason, about, from, message });
  }

  /** A pod in keyed draws: its owner and its ordinal there, or its own name. */
  entityOf(pod: PodIndex): ReturnType<typeof entityHash> {
    const { pods } = this.context.api;
    const owner = this.context.ownerOf(pod);
    if (owner === undefined) return entityHash(`${pods.namespace(pod)}/${pods.name(pod)}`, 0);
    return entityHash(`${owner.kind}/${owner.namespace}/${owner.name}`, pods.ownerOrdinal(pod));
  }
}
