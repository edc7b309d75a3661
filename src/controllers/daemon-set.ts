// The DaemonSet controller: one pod on every node that the template allows.
//
// Pods are placed by the ordinary scheduler, bound to their node by required affinity. Their
// tolerations let them onto nodes that are not ready and keep them there, so they are never evicted
// with a lost node. A new pod waits until the old one has ended.

import {
  CHANGED_DELETION,
  CHANGED_NODE,
  CHANGED_OWNER,
  CHANGED_PHASE,
  CHANGED_READY,
  findUntoleratedTaint,
  matchesRequiredNodeAffinity,
  type NodeChange,
  type NodeIndex,
  type NodeObject,
  NO_NODE,
  type ObjectChange,
  type PodChange,
  type PodIndex,
  PodPhase,
  type PodTemplate,
  resolveIntOrPercent,
  type StoredObject,
  type Uid,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import { daemonPodTemplate, daemonTemplate } from "./daemon-template.ts";
import { Expectations } from "./expectations.ts";
import { isAvailable, isReady } from "./owned-pods.ts";
import { PodClaims } from "./pod-claims.ts";
import { CONTROLLER_REVISION_HASH, revisionHash } from "./revisions.ts";
import { startSlowly, startTogether } from "./slow-start.ts";
import { backoffUs, type SyncDone, WorkQueue } from "./work-queue.ts";
import { type DaemonSetStatus, isSameStatus } from "./workload-status.ts";

type DaemonSetRecord = StoredObject<"DaemonSet">;
const RELEVANT = CHANGED_PHASE | CHANGED_READY | CHANGED_DELETION | CHANGED_NODE | CHANGED_OWNER;
/** Failed pods are deleted with growing delays per node: 1 s to 15 min. */
const FAILED_POD_BACKOFF = {
  baseUs: 1_000_000,
  maxUs: 900_000_000,
  retriesMax: Number.POSITIVE_INFINITY,
};

/** What one sync wants to do. */
interface Plan {
  readonly create: NodeIndex[];
  readonly remove: PodIndex[];
  retryAfterUs: number | undefined;
}

/** Runs all DaemonSets. */
export class DaemonSetController {
  readonly expectations: Expectations = new Expectations();
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly claims: PodClaims<"DaemonSet">;
  /** Failed pods seen per DaemonSet generation and node, and when the next may be deleted. */
  private readonly failures = new Map<string, { count: number; notBeforeUs: number }>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("daemonset-controller");
    this.queue = new WorkQueue(context.sim, {
      name: "daemonset-controller",
      workers: context.options.concurrentDaemonSetSyncs,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.sync(uid, done),
    });
    this.claims = new PodClaims(
      context,
      this.client,
      { kind: "DaemonSet", selectorOf: ({ object }) => object.selector },
      (uid) => this.queue.add(uid),
    );
  }

  onObject(change: ObjectChange): void {
    if (change.objectKind === "DaemonSet") this.queue.add(change.uid);
  }

  /** A node came, went, or changed what it lets in. */
  onNode(change: NodeChange): void {
    const { before, after } = change;
    const isNews =
      before === undefined ||
      after === undefined ||
      before.taints !== after.taints ||
      before.meta.labels !== after.meta.labels;
    if (!isNews) return;
    this.context.api.objects.forEach("DaemonSet", ({ uid }) => this.queue.add(uid));
  }

  onPod(change: PodChange): void {
    this.claims.onPod(change);
    const owner = this.context.ownerOf(change.pod);
    if (owner?.kind !== "DaemonSet") return;
    if (change.kind === "Added") this.expectations.creationSeen(owner.uid);
    else if (change.kind === "Modified" && (change.mask & RELEVANT) === 0) return;
    if (change.kind === "Deleted" || change.isDeletingAfter)
      this.expectations.deletionSeen(owner.uid, change.uid);
    this.queue.add(owner.uid);
  }

  private sync(uid: Uid, done: SyncDone): void {
    const found = this.context.api.objects.findByUid(uid);
    if (found?.kind !== "DaemonSet") {
      this.claims.forget(uid);
      this.expectations.forget(uid);
      this.queue.forget(uid);
      done();
      return;
    }
    const record = found as DaemonSetRecord;
    this.claims.settle(record, (error) => {
      if (error === undefined) this.manage(record, done);
      else done(error);
    });
  }

  private manage(record: DaemonSetRecord, done: SyncDone): void {
    const { uid } = record;
    const { sim } = this.context;
    const byNode = this.podsByNode(record);
    const finish = (error?: string): void =>
      this.writeStatus(record, (failed) => done(error ?? failed));
    if (record.deletionUs >= 0 || !this.expectations.areMet(uid, sim.nowUs)) {
      finish();
      return;
    }
    const plan: Plan = { create: [], remove: [], retryAfterUs: undefined };
    this.planPlacement(record, byNode, plan);
    if (plan.create.length + plan.remove.length === 0) this.planUpdate(record, byNode, plan);
    if (plan.retryAfterUs !== undefined) this.queue.addAfter(uid, plan.retryAfterUs);
    this.carryOut(record, plan, finish);
  }

  // ---- what there is and what there should be -------------------------------------------------

  private podsByNode(record: DaemonSetRecord): ReadonlyMap<NodeIndex, readonly PodIndex[]> {
    const { api } = this.context;
    const byNode = new Map<NodeIndex, PodIndex[]>();
    const row = api.owners.find(record.uid);
    if (row < 0) return byNode;
    api.pods.forEachOfOwner(row, (pod) => {
      const node = this.nodeMeant(pod);
      if (node === NO_NODE) return;
      const pods = byNode.get(node);
      if (pods === undefined) byNode.set(node, [pod]);
      else pods.push(pod);
    });
    return byNode;
  }

  /** The node a pod is on or, before it is bound, for. */
  private nodeMeant(pod: PodIndex): NodeIndex {
    const { pods, nodes } = this.context.api;
    const bound = pods.node(pod);
    if (bound !== NO_NODE) return bound;
    for (const name of pods.template(pod).nodeNamesAllowed ?? []) return nodes.byName(name);
    return NO_NODE;
  }

  private planPlacement(
    record: DaemonSetRecord,
    byNode: ReadonlyMap<NodeIndex, readonly PodIndex[]>,
    plan: Plan,
  ): void {
    const { api, templates } = this.context;
    const { pods, nodes } = api;
    const general = daemonTemplate(record.object.template, templates);
    for (const node of nodes.collectExisting()) {
      const facts = nodes.facts(node);
      const all = byNode.get(node) ?? [];
      const present: PodIndex[] = [];
      for (const pod of all) {
        if (!pods.isFinished(pod)) present.push(pod);
        else if (!pods.isDeleting(pod)) this.planFinished(record, pod, node, plan);
      }
      const isWaiting = all.some((pod) => pods.isFinished(pod) && !pods.isDeleting(pod));
      if (!isEligible(general, facts, ["NoExecute"])) {
        plan.remove.push(...present.filter((pod) => !pods.isDeleting(pod)));
      } else if (present.length === 0) {
        if (!isWaiting && isEligible(general, facts, ["NoSchedule", "NoExecute"]))
          plan.create.push(node);
      } else this.planSurplus(record, present, plan);
    }
  }

  /** A pod that ended goes: at once if it succeeded, else with growing delays per node. */
  private planFinished(record: DaemonSetRecord, pod: PodIndex, node: NodeIndex, plan: Plan): void {
    const { pods } = this.context.api;
    if (pods.phase(pod) === PodPhase.Succeeded) {
      plan.remove.push(pod);
      return;
    }
    const { nowUs } = this.context.sim;
    const key = `${record.uid}/${record.generation}/${node}`;
    const before = this.failures.get(key) ?? { count: 0, notBeforeUs: 0 };
    if (before.notBeforeUs > nowUs) {
      const leftUs = before.notBeforeUs - nowUs;
      plan.retryAfterUs = Math.min(plan.retryAfterUs ?? leftUs, leftUs);
      return;
    }
    const notBeforeUs = nowUs + backoffUs(FAILED_POD_BACKOFF, before.count);
    this.failures.set(key, { count: before.count + 1, notBeforeUs });
    this.client.warning(
      record,
      "FailedDaemonPod",
      `Found failed daemon pod ${pods.name(pod)}, will try to kill it`,
    );
    plan.remove.push(pod);
  }

  /** Of several pods of one revision the scheduled and oldest stays. */
  private planSurplus(record: DaemonSetRecord, present: readonly PodIndex[], plan: Plan): void {
    const { pods } = this.context.api;
    const staying = present.filter((pod) => !pods.isDeleting(pod));
    const revision = revisionHash(record.object.template);
    for (const isNew of [true, false]) {
      const alike = staying.filter((pod) => this.isOfRevision(pod, revision) === isNew);
      alike.sort(
        (a, b) =>
          Number(pods.node(a) === NO_NODE) - Number(pods.node(b) === NO_NODE) ||
          pods.uid(a) - pods.uid(b),
      );
      plan.remove.push(...alike.slice(1));
    }
  }

  // ---- rolling update ------------------------------------------------------------------------

  private planUpdate(
    record: DaemonSetRecord,
    byNode: ReadonlyMap<NodeIndex, readonly PodIndex[]>,
    plan: Plan,
  ): void {
    if (record.object.updateStrategy !== "RollingUpdate") return;
    const revision = revisionHash(record.object.template);
    const desired = [...byNode.keys()].length;
    const surge = resolveIntOrPercent(record.object.maxSurge, desired, "up");
    const unavailableMax = resolveIntOrPercent(record.object.maxUnavailable, desired, "up");
    if (surge > 0) this.planSurge(record, byNode, revision, surge, plan);
    else this.planReplacement(record, byNode, revision, Math.max(1, unavailableMax), plan);
  }

  /** Old pods that are down anyway go at once, others as far as the budget allows, by node. */
  private planReplacement(
    record: DaemonSetRecord,
    byNode: ReadonlyMap<NodeIndex, readonly PodIndex[]>,
    revision: string,
    unavailableMax: number,
    plan: Plan,
  ): void {
    const { pods } = this.context.api;
    const replaceable: PodIndex[] = [];
    let unavailable = 0;
    for (const node of this.nodesInOrder(byNode)) {
      const present = byNode.get(node)!.filter((pod) => !pods.isFinished(pod));
      const old = present.find((pod) => !pods.isDeleting(pod) && !this.isOfRevision(pod, revision));
      const isUp = present.some((pod) => !pods.isDeleting(pod) && this.isUp(record, pod));
      if (!isUp) unavailable++;
      if (old === undefined) continue;
      if (isUp) replaceable.push(old);
      else plan.remove.push(old);
    }
    const budget = Math.max(0, unavailableMax - unavailable);
    plan.remove.push(...replaceable.slice(0, budget));
  }

  /** A new pod beside the old one, which goes when the new one is available or it is itself down. */
  private planSurge(
    record: DaemonSetRecord,
    byNode: ReadonlyMap<NodeIndex, readonly PodIndex[]>,
    revision: string,
    surge: number,
    plan: Plan,
  ): void {
    const { pods } = this.context.api;
    const candidates: NodeIndex[] = [];
    let surging = 0;
    for (const node of this.nodesInOrder(byNode)) {
      // A new pod that has failed counts too: it is deleted with a back-off, not joined by another.
      const staying = byNode.get(node)!.filter((pod) => !pods.isDeleting(pod));
      const olds = staying.filter((pod) => !this.isOfRevision(pod, revision));
      const news = staying.filter((pod) => this.isOfRevision(pod, revision));
      if (olds.length > 1 || news.length > 1) {
        surging++;
        continue;
      }
      const [old, fresh] = [olds[0], news[0]];
      if (old === undefined) continue;
      if (fresh === undefined) {
        if (isReady(pods, old)) candidates.push(node);
        else plan.create.push(node);
      } else if (this.isUp(record, fresh) || !isReady(pods, old)) plan.remove.push(old);
      else surging++;
    }
    plan.create.push(...candidates.slice(0, Math.max(0, surge - surging)));
  }

  private nodesInOrder(byNode: ReadonlyMap<NodeIndex, readonly PodIndex[]>): NodeIndex[] {
    return [...byNode.keys()].sort((a, b) => a - b);
  }

  private isOfRevision(pod: PodIndex, revision: string): boolean {
    return this.context.api.pods.template(pod).labels.get(CONTROLLER_REVISION_HASH) === revision;
  }

  private isUp(record: DaemonSetRecord, pod: PodIndex): boolean {
    const { api, sim } = this.context;
    return isAvailable(api.pods, pod, record.object.minReadySeconds, sim.nowUs);
  }

  // ---- doing it ------------------------------------------------------------------------------

  private carryOut(record: DaemonSetRecord, plan: Plan, finish: (error?: string) => void): void {
    const { api, sim, options, templates } = this.context;
    const create = plan.create.slice(0, options.daemonSetBurst);
    const remove = plan.remove
      .slice(0, options.daemonSetBurst)
      .map((pod) => ({ pod, uid: api.pods.uid(pod) }));
    if (create.length + remove.length === 0) {
      finish();
      return;
    }
    this.expectations.expectCreations(record.uid, create.length, sim.nowUs);
    this.expectations.expectDeletions(
      record.uid,
      remove.map(({ uid }) => uid),
      sim.nowUs,
    );
    let attempts = 0;
    startSlowly(
      create.length,
      (index, reply) => {
        attempts++;
        const name = api.nodes.name(create[index]!);
        const template = daemonPodTemplate(record.object.template, name, templates);
        const base = { generateName: `${record.name}-` };
        this.client.createOwnedPod(record, template, base, (error, podName) => {
          if (error === undefined)
            this.client.event(record, "SuccessfulCreate", `Created pod: ${podName}`);
          else this.expectations.creationSeen(record.uid);
          reply(error);
        });
      },
      (_created, createError) => {
        this.expectations.creationSeen(record.uid, create.length - attempts);
        startTogether(
          remove.length,
          (index, reply) => {
            const { pod, uid } = remove[index]!;
            const podName = api.pods.isLive(pod, uid) ? api.pods.name(pod) : "";
            this.client.deletePod(pod, uid, (error) => {
              if (error === undefined)
                this.client.event(record, "SuccessfulDelete", `Deleted pod: ${podName}`);
              else this.expectations.deletionSeen(record.uid, uid);
              reply(error);
            });
          },
          (_removed, removeError) => finish(createError ?? removeError),
        );
      },
    );
  }

  private writeStatus(record: DaemonSetRecord, reply: (error?: string) => void): void {
    const status = this.statusOf(record);
    if (isSameStatus(status, record.status)) reply();
    else this.client.writeStatus(record, status, reply);
  }

  private statusOf(record: DaemonSetRecord): DaemonSetStatus {
    const { api, templates } = this.context;
    const general = daemonTemplate(record.object.template, templates);
    const revision = revisionHash(record.object.template);
    const byNode = this.podsByNode(record);
    let desired = 0;
    let current = 0;
    let misscheduled = 0;
    let ready = 0;
    let updated = 0;
    let available = 0;
    for (const node of api.nodes.collectExisting()) {
      const isWanted = isEligible(general, api.nodes.facts(node), ["NoSchedule", "NoExecute"]);
      const scheduled = (byNode.get(node) ?? []).filter((pod) => api.pods.node(pod) !== NO_NODE);
      const [oldest] = scheduled;
      if (!isWanted) {
        misscheduled += scheduled.length > 0 ? 1 : 0;
        continue;
      }
      desired++;
      if (oldest === undefined) continue;
      current++;
      if (isReady(api.pods, oldest)) ready++;
      if (this.isUp(record, oldest)) available++;
      if (this.isOfRevision(oldest, revision)) updated++;
    }
    return {
      observedGeneration: record.generation,
      desiredNumberScheduled: desired,
      currentNumberScheduled: current,
      numberMisscheduled: misscheduled,
      numberReady: ready,
      updatedNumberScheduled: updated,
      numberAvailable: available,
      numberUnavailable: desired - available,
    };
  }
}

/** Node name, node affinity and selector, and the taints of the given effects, all let the pod in. */
function isEligible(
  template: PodTemplate,
  facts: NodeObject,
  effects: readonly ("NoSchedule" | "NoExecute")[],
): boolean {
  const { name, labels } = facts.meta;
  if (template.nodeName !== "" && template.nodeName !== name) return false;
  const affinity = template.requiredNodeAffinity;
  if (affinity !== undefined && !matchesRequiredNodeAffinity(affinity, { name, labels }))
    return false;
  return findUntoleratedTaint(facts.taints, template.tolerations, effects) === undefined;
}
