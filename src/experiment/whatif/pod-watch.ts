// Follows every pod of one run by its place, so that two runs can be held against each other.
//
// Names of pods differ between runs as soon as one pod more is made, so a pod is known by its place: the
// object at the top of its owners and the order of its creation there (the n-th pod of Deployment web).
// A StatefulSet's pod and a bare pod have their own name as place, a DaemonSet's pod its node. Memory
// grows with all pods that ever existed in the run: this is for questions, not for endless streams.

import {
  type ApiServer,
  ConditionStatus,
  isFinishedPhase,
  NO_NODE,
  NO_OWNER,
  type OwnerRef,
  type PodChange,
  type PodIndex,
  type Uid,
} from "../../cluster/index.ts";
import type { EventRow, PodRow } from "../../metrics/index.ts";
import type { DecisionRecord } from "../../scheduler/index.ts";
import { WorkloadMinima } from "./workload-minima.ts";

/** A uid of the run as the API shows it ends in its number. */
const PREEMPTOR_UID = /^Preempted by pod [0-9a-f-]{24}([0-9a-f]{12}) /;

/** What one run knows of one pod. */
export interface FollowedPod {
  readonly uid: Uid;
  readonly namespace: string;
  readonly name: string;
  /** Kind/name of the top owner; "" for none. */
  readonly workload: string;
  readonly isDaemon: boolean;
  readonly createdUs: number;
  node: string;
  boundUs: number | null;
  /** Its end was asked for, or came by itself. */
  endedUs: number | null;
  /** As in pods.csv; "" for a pod that is there or finished by itself. */
  departure: string;
  isFinished: boolean;
  isGone: boolean;
  isReady: boolean;
  restartsCount: number;
  /** What the last attempt without success said; of a preempted pod, who took its place. */
  message: string;
}

/** Watches one run from its start. */
export class PodWatch {
  /** Pods by place, in order of creation there; places in order of appearance. */
  readonly places: Map<string, FollowedPod[]> = new Map();
  readonly minima: WorkloadMinima;
  private readonly api: ApiServer;
  private readonly byUid = new Map<Uid, FollowedPod>();
  /** The latest pod of each namespace/name. */
  private readonly byName = new Map<string, FollowedPod>();
  private readonly tops = new Map<Uid, OwnerRef>();

  /** To be made right after the run is built, before anything happens in it. */
  constructor(api: ApiServer) {
    this.api = api;
    this.minima = new WorkloadMinima(api);
    api.pods.forEach((pod) => {
      this.add(pod);
      if (api.pods.ready(pod) === ConditionStatus.True && !api.pods.isDeleting(pod))
        this.minima.onReady(this.topOf(pod), 1);
    });
    api.observe({ onPod: (change) => this.onPod(change) });
  }

  /** A scheduling attempt. */
  onDecision({ pod, result, message }: DecisionRecord): void {
    const followed = this.byUid.get(Number(pod.uid));
    if (followed !== undefined && result !== "scheduled") followed.message = message;
  }

  /** A Kubernetes Event: the only place that says who preempted whom. */
  onEvent({ reason, kind, namespace, name, message }: EventRow): void {
    const [, hex] = reason === "Preempted" ? (PREEMPTOR_UID.exec(message) ?? []) : [];
    const victim = kind === "Pod" ? this.byName.get(`${namespace}/${name}`) : undefined;
    if (hex === undefined || victim === undefined) return;
    const winner = this.byUid.get(Number.parseInt(hex, 16));
    if (winner !== undefined) victim.message = `by ${winner.namespace}/${winner.name}`;
  }

  /** The final row of a pod: tells how it left. */
  onRow(row: PodRow): void {
    const followed = this.byUid.get(row.uid);
    if (followed === undefined) return;
    followed.departure = row.departure;
    followed.restartsCount = row.restartsCount;
    followed.isGone = row.deletedUs !== null;
  }

  private onPod(change: PodChange): void {
    const { pod, kind } = change;
    const nowUs = this.api.simulation.nowUs;
    if (kind === "Added") this.add(pod);
    const followed = this.byUid.get(change.uid);
    if (followed === undefined) return;
    if (followed.node === "" && change.nodeAfter !== NO_NODE) {
      followed.node = this.api.nodes.name(change.nodeAfter);
      followed.boundUs = nowUs;
    }
    if (isFinishedPhase(change.phaseAfter)) followed.isFinished = true;
    followed.isReady = change.readyAfter === ConditionStatus.True;
    if (kind === "Deleted" || change.isDeletingAfter || followed.isFinished)
      followed.endedUs ??= nowUs;
    if (kind === "Deleted") this.byUid.delete(change.uid);
    this.noteReadiness(change);
  }

  private noteReadiness(change: PodChange): void {
    const { kind } = change;
    const before =
      kind !== "Added" && change.readyBefore === ConditionStatus.True && !change.isDeletingBefore;
    const after =
      kind !== "Deleted" && change.readyAfter === ConditionStatus.True && !change.isDeletingAfter;
    if (before !== after) this.minima.onReady(this.topOf(change.pod), after ? 1 : -1);
  }

  private add(pod: PodIndex): void {
    const { pods, nodes } = this.api;
    const top = this.topOf(pod);
    const node = pods.node(pod);
    const namespace = pods.namespace(pod);
    const name = pods.name(pod);
    const isFinished = pods.isFinished(pod);
    const followed: FollowedPod = {
      ...{ uid: pods.uid(pod), namespace, name },
      workload: top === undefined ? "" : `${top.kind}/${top.name}`,
      isDaemon: top?.kind === "DaemonSet",
      createdUs: pods.createdUs(pod),
      node: node === NO_NODE ? "" : nodes.name(node),
      boundUs: node === NO_NODE ? null : pods.createdUs(pod),
      endedUs: pods.isDeleting(pod) || isFinished ? pods.createdUs(pod) : null,
      ...{ departure: "", isFinished, isGone: false, restartsCount: 0, message: "" },
      isReady: pods.ready(pod) === ConditionStatus.True,
    };
    this.byUid.set(followed.uid, followed);
    this.byName.set(`${namespace}/${name}`, followed);
    const place = this.placeOf(pod, top, namespace, name);
    const others = this.places.get(place);
    if (others === undefined) this.places.set(place, [followed]);
    else others.push(followed);
  }

  private placeOf(
    pod: PodIndex,
    top: OwnerRef | undefined,
    namespace: string,
    name: string,
  ): string {
    if (top === undefined) return `${namespace}/Pod/${name}`;
    const workload = `${namespace}/${top.kind}/${top.name}`;
    if (top.kind === "StatefulSet") return `${workload}/${name}`;
    if (top.kind !== "DaemonSet") return workload;
    const { nodeNamesAllowed } = this.api.pods.template(pod);
    const row = this.api.pods.node(pod);
    const node = nodeNamesAllowed?.values().next().value;
    return `${workload}@${node ?? (row === NO_NODE ? "" : this.api.nodes.name(row))}`;
  }

  private topOf(pod: PodIndex): OwnerRef | undefined {
    const { pods, owners, objects } = this.api;
    const row = pods.owner(pod);
    if (row === NO_OWNER) return undefined;
    const owner = owners.ref(row);
    const known = this.tops.get(owner.uid);
    if (known !== undefined) return known;
    let top = owner;
    for (;;) {
      const above = objects.findByUid(top.uid)?.owner;
      if (above === undefined) break;
      top = above;
    }
    this.tops.set(owner.uid, top);
    return top;
  }
}
