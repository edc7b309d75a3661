// Invariants of workload controllers, checked from what the API commits, beside the controllers'
// own books: no pod too many (I7), no missing pod forgotten (I7), what comes back and when (I35).

import {
  type ApiServer,
  NO_NODE,
  NO_OWNER,
  type OwnerRef,
  type PodIndex,
  resolveIntOrPercent,
  type StoredObject,
  type Uid,
} from "../../cluster/index.ts";
import type { Simulation } from "../../engine/index.ts";
import type { ReplicaSetController } from "../replica-set.ts";
import type { ControllerSet } from "../start-controllers.ts";

/** How long a former size of an object still excuses what was decided by it. */
const MEMORY_US = 30_000_000;

/** Registers I7 and I35. */
export function registerWorkloadInvariants(
  sim: Simulation,
  api: ApiServer,
  controllers: ControllerSet,
): void {
  const watch = new WorkloadWatch(sim, api, controllers);
  sim.invariants.register({
    id: "I7",
    mode: "check",
    title: "no pod beyond spec.replicas, no size beyond replicas + maxSurge",
    when: "event",
    test: () => watch.takeFault("I7"),
  });
  sim.invariants.register({
    id: "I7",
    mode: "check",
    title: "each missing pod has a sync, a timer or a stated wait",
    when: "instant",
    test: () => watch.forgottenPod(),
  });
  sim.invariants.register({
    id: "I35",
    mode: "check",
    title: "pods come back as their kind says",
    when: "event",
    test: () => watch.takeFault("I35"),
  });
}

class WorkloadWatch {
  private readonly sim: Simulation;
  private readonly api: ApiServer;
  private readonly controllers: ControllerSet;
  private readonly faults = new Map<string, string>();
  /** Creations asked for by a ReplicaSet and not committed. */
  private readonly asked = new Map<Uid, number>();
  /** ReplicaSets that had too few pods, and since when. */
  private readonly short = new Map<Uid, number>();
  /** Largest sum of sizes a Deployment allowed lately. */
  private readonly allowed = new Map<Uid, { value: number; untilUs: number }>();

  constructor(sim: Simulation, api: ApiServer, controllers: ControllerSet) {
    this.sim = sim;
    this.api = api;
    this.controllers = controllers;
    for (const one of [controllers.replicaSets, controllers.replicationControllers]) {
      one.onAsk((uid, count) => this.noteAsked(uid, count));
    }
    api.observe({
      onPod: (change) => {
        const row = api.pods.owner(change.pod);
        if (row === NO_OWNER) return;
        const owner = api.owners.ref(row);
        if (change.kind === "Added") this.judgeNewPod(owner, change.pod);
        if (isReplicaSetKind(owner.kind)) this.noteShortage(owner.uid);
      },
      onObject: ({ objectKind, before, after, uid }) => {
        if (isReplicaSetKind(objectKind)) {
          this.noteShortage(uid);
          if (objectKind === "ReplicaSet" && after !== undefined) this.judgeSize(before, after);
        }
        if (objectKind === "Deployment") this.rememberSize(uid, before);
      },
    });
  }

  takeFault(id: string): string | undefined {
    const fault = this.faults.get(id);
    this.faults.delete(id);
    return fault;
  }

  /** Missing pods are excused while news is on its way, a sync is due, or the API has not answered. */
  forgottenPod(): string | undefined {
    const patienceUs = this.api.latencies.watchLatency + 1;
    for (const [uid, sinceUs] of this.short) {
      if (this.sim.nowUs - sinceUs <= patienceUs) continue;
      const controller = this.controllerOf(uid);
      if (controller === undefined || controller.queue.isKnown(uid)) continue;
      if (!controller.expectations.areMet(uid, this.sim.nowUs)) continue;
      return `ReplicaSet ${this.api.objects.findByUid(uid)?.name} lacks pods and nobody will look at it`;
    }
    return undefined;
  }

  private noteAsked(uid: Uid, count: number): void {
    const before = this.asked.get(uid) ?? 0;
    this.asked.set(uid, before + count);
    if (count <= 0) return;
    const record = this.api.objects.findByUid(uid) as StoredObject<"ReplicaSet"> | undefined;
    if (record === undefined) return;
    const live = this.liveOf(uid);
    const total = live + before + count;
    if (total <= record.object.replicas) return;
    this.fail(
      "I7",
      `${record.name}: ${live} live, ${before} under way, ${count} asked for, ${record.object.replicas} wanted`,
    );
  }

  private judgeNewPod(owner: OwnerRef, pod: PodIndex): void {
    if (isReplicaSetKind(owner.kind))
      this.asked.set(owner.uid, (this.asked.get(owner.uid) ?? 0) - 1);
    const stored = this.api.objects.findByUid(owner.uid);
    const name = this.api.pods.name(pod);
    if (stored === undefined) {
      if (isControlled(owner.kind))
        this.fail("I35", `${name} is made for ${owner.kind} ${owner.name}, which is gone`);
    } else if (stored.kind === "DaemonSet")
      this.judgeDaemonPod(stored as StoredObject<"DaemonSet">, pod);
    else if (stored.kind === "Job") this.judgeJobPod(stored as StoredObject<"Job">, name);
  }

  /** Without surge there is never a second unfinished pod of a DaemonSet for one node. */
  private judgeDaemonPod(record: StoredObject<"DaemonSet">, pod: PodIndex): void {
    if (resolveIntOrPercent(record.object.maxSurge, 100, "up") > 0) return;
    const { pods } = this.api;
    const meant = (one: PodIndex): string => {
      const node = pods.node(one);
      if (node !== NO_NODE) return this.api.nodes.name(node);
      return [...(pods.template(one).nodeNamesAllowed ?? [])].join();
    };
    const target = meant(pod);
    pods.forEachOfOwner(pods.owner(pod), (other) => {
      if (other === pod || pods.isFinished(other) || meant(other) !== target) return;
      this.fail(
        "I35",
        `DaemonSet ${record.name}: a second pod for node ${target} beside ${pods.name(other)}`,
      );
    });
  }

  private judgeJobPod(record: StoredObject<"Job">, name: string): void {
    const live = this.liveOf(record.uid);
    const { parallelism } = record.object.spec;
    if (live > parallelism)
      this.fail(
        "I35",
        `Job ${record.name}: ${name} makes ${live} active pods, parallelism is ${parallelism}`,
      );
  }

  private judgeSize(before: StoredObject | undefined, after: StoredObject): void {
    const size = (after as StoredObject<"ReplicaSet">).object.replicas;
    const sizeBefore =
      before === undefined ? 0 : (before as StoredObject<"ReplicaSet">).object.replicas;
    if (after.owner?.kind !== "Deployment" || size <= sizeBefore) return;
    const deployment = this.api.objects.findByUid(after.owner.uid);
    if (deployment === undefined) return;
    let sum = 0;
    for (const one of this.api.objects.childrenOfOwner(deployment.uid)) {
      if (one.kind === "ReplicaSet") sum += (one as StoredObject<"ReplicaSet">).object.replicas;
    }
    const lately = this.allowed.get(deployment.uid);
    const former = lately !== undefined && lately.untilUs >= this.sim.nowUs ? lately.value : 0;
    const most = Math.max(largestSum(deployment as StoredObject<"Deployment">), former);
    if (sum > most)
      this.fail(
        "I7",
        `Deployment ${deployment.name}: sizes sum to ${sum}, at most ${most} allowed`,
      );
  }

  private rememberSize(uid: Uid, before: StoredObject | undefined): void {
    if (before === undefined) return;
    const value = largestSum(before as StoredObject<"Deployment">);
    const lately = this.allowed.get(uid);
    const kept = lately !== undefined && lately.untilUs >= this.sim.nowUs ? lately.value : 0;
    this.allowed.set(uid, { value: Math.max(value, kept), untilUs: this.sim.nowUs + MEMORY_US });
  }

  private noteShortage(uid: Uid): void {
    const record = this.api.objects.findByUid(uid) as StoredObject<"ReplicaSet"> | undefined;
    if (
      record === undefined ||
      record.deletionUs >= 0 ||
      this.liveOf(uid) >= record.object.replicas
    ) {
      this.short.delete(uid);
    } else if (!this.short.has(uid)) this.short.set(uid, this.sim.nowUs);
  }

  private liveOf(uid: Uid): number {
    const { pods, owners } = this.api;
    const row = owners.find(uid);
    if (row === NO_OWNER) return 0;
    let live = 0;
    pods.forEachOfOwner(row, (pod) => {
      if (!pods.isFinished(pod) && !pods.isDeleting(pod)) live++;
    });
    return live;
  }

  private controllerOf(uid: Uid): ReplicaSetController | undefined {
    const kind = this.api.objects.findByUid(uid)?.kind;
    if (kind === "ReplicaSet") return this.controllers.replicaSets;
    return kind === "ReplicationController" ? this.controllers.replicationControllers : undefined;
  }

  private fail(id: string, text: string): void {
    if (!this.faults.has(id)) this.faults.set(id, text);
  }
}

function isReplicaSetKind(kind: string): boolean {
  return kind === "ReplicaSet" || kind === "ReplicationController";
}

function isControlled(kind: string): boolean {
  return isReplicaSetKind(kind) || kind === "StatefulSet" || kind === "DaemonSet" || kind === "Job";
}

/** replicas + surge; Recreate has no surge. */
function largestSum({ object }: StoredObject<"Deployment">): number {
  if (object.strategy !== "RollingUpdate") return object.replicas;
  return object.replicas + resolveIntOrPercent(object.maxSurge, object.replicas, "up");
}
