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

/** The pods of one node that are not being deleted: of the present revision and of an old one. */
interface NodePair {
  readonly node: NodeIndex;
  readonly fresh: PodIndex | undefined;
  readonly old: PodIndex | undefined;
  /** More than one of a revision: the next sync clears that up. */
  readonly isCrowded: boolean;
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
      if (api.pods.isFinished(pod) && api.pods.isDeleting(pod)) return; // as good as gone
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
      const shouldRun = isEligible(general, facts, ["NoSchedule", "NoExecute"]);
      if (all.length === 0) {
        if (shouldRun) plan.create.push(node);
      } else if (isEligible(general, facts, ["NoExecute"])) {
        this.planPresent(record, node, all, shouldRun, plan);
      } else plan.remove.push(...all.filter((pod) => !pods.isDeleting(pod)));
    }
  }

  /** A node that keeps its pods: what ended goes, what is too many goes, and with surge one is always there. */
  private planPresent(
    record: DaemonSetRecord,
    node: NodeIndex,
    all: readonly PodIndex[],
    shouldRun: boolean,
    plan: Plan,
  ): void {
    const { pods } = this.context.api;
    const running: PodIndex[] = [];
    for (const pod of all) {
      if (pods.isDeleting(pod)) continue;
      if (pods.isFinished(pod)) this.planFinished(record, pod, node, plan);
      else running.push(pod);
    }
    running.sort(
      (a, b) =>
        Number(pods.node(a) === NO_NODE) - Number(pods.node(b) === NO_NODE) ||
        pods.uid(a) - pods.uid(b),
    );
    if (!allowsSurge(record)) plan.remove.push(...running.slice(1));
    else if (running.length === 0 && shouldRun) plan.create.push(node);
    else if (running.length > 1) this.planPair(record, running, plan);
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

  /** Of each revision the scheduled and oldest stays; the old one until it is down or the new one is up. */
  private planPair(record: DaemonSetRecord, running: readonly PodIndex[], plan: Plan): void {
    const revision = revisionHash(record.object.template);
    const [fresh, ...freshToo] = running.filter((pod) => this.isOfRevision(pod, revision));
    const [old, ...oldToo] = running.filter((pod) => !this.isOfRevision(pod, revision));
    plan.remove.push(...freshToo, ...oldToo);
    if (fresh === undefined || old === undefined) return;
    if (!isReady(this.context.api.pods, old) || this.isUp(record, fresh)) plan.remove.push(old);
  }

  // ---- rolling update ------------------------------------------------------------------------

  private planUpdate(
    record: DaemonSetRecord,
    byNode: ReadonlyMap<NodeIndex, readonly PodIndex[]>,
    plan: Plan,
  ): void {
    if (record.object.updateStrategy !== "RollingUpdate") return;
    const wanted = this.nodesWanted(record);
    const surge = resolveIntOrPercent(record.object.maxSurge, wanted.size, "up");
    const unavailableMax = resolveIntOrPercent(record.object.maxUnavailable, wanted.size, "up");
    const pairs = this.pairsByNode(record, byNode, wanted);
    if (surge > 0) this.planSurge(record, pairs, wanted, surge, plan);
    else this.planReplacement(record, pairs, Math.max(1, unavailableMax), plan);
  }

  /** Nodes that are to have a pod. */
  private nodesWanted(record: DaemonSetRecord): ReadonlySet<NodeIndex> {
    const { api, templates } = this.context;
    const general = daemonTemplate(record.object.template, templates);
    const wanted = api.nodes
      .collectExisting()
      .filter((node) => isEligible(general, api.nodes.facts(node), ["NoSchedule", "NoExecute"]));
    return new Set(wanted);
  }

  /** What stays on each node with a pod, or that is to have one; too many of a revision are told apart. */
  private pairsByNode(
    record: DaemonSetRecord,
    byNode: ReadonlyMap<NodeIndex, readonly PodIndex[]>,
    wanted: ReadonlySet<NodeIndex>,
  ): readonly NodePair[] {
    const { pods } = this.context.api;
    const revision = revisionHash(record.object.template);
    const nodes = [...new Set([...byNode.keys(), ...wanted])].sort((a, b) => a - b);
    return nodes.map((node) => {
      const staying = (byNode.get(node) ?? []).filter((pod) => !pods.isDeleting(pod));
      const [fresh, ...freshToo] = staying.filter((pod) => this.isOfRevision(pod, revision));
      const [old, ...oldToo] = staying.filter((pod) => !this.isOfRevision(pod, revision));
      return { node, fresh, old, isCrowded: freshToo.length + oldToo.length > 0 };
    });
  }

  /** Old pods that are down anyway go at once, others as far as the budget allows, by node. */
  private planReplacement(
    record: DaemonSetRecord,
    pairs: readonly NodePair[],
    unavailableMax: number,
    plan: Plan,
  ): void {
    const replaceable: PodIndex[] = [];
    let unavailable = 0;
    for (const { fresh, old, isCrowded } of pairs) {
      if (isCrowded || (fresh === undefined) === (old === undefined)) unavailable++;
      else if (fresh !== undefined) unavailable += this.isUp(record, fresh) ? 0 : 1;
      else if (this.isUp(record, old!)) replaceable.push(old!);
      else {
        plan.remove.push(old!);
        unavailable++;
      }
    }
    const budget = Math.max(0, unavailableMax - unavailable);
    plan.remove.push(...replaceable.slice(0, budget));
  }

  /**
   * A new pod beside the old one, which goes when the new one is up. On a node that is to have no pod any
   * more the old one goes when it is down, or when enough others are up.
   */
  private planSurge(
    record: DaemonSetRecord,
    pairs: readonly NodePair[],
    wanted: ReadonlySet<NodeIndex>,
    surge: number,
    plan: Plan,
  ): void {
    const candidates: NodeIndex[] = [];
    const sunset: PodIndex[] = [];
    let surging = 0;
    let up = 0;
    for (const { node, fresh, old, isCrowded } of pairs) {
      if (isCrowded) {
        surging++;
        continue;
      }
      const counted = old ?? fresh;
      if (counted !== undefined && this.isUp(record, counted)) up++;
      if (old === undefined) continue;
      if (fresh !== undefined) {
        // A new pod that has failed counts too: it is deleted with a back-off, not joined by another.
        if (this.isUp(record, fresh)) plan.remove.push(old);
        else surging++;
      } else if (this.isUp(record, old))
        wanted.has(node) ? candidates.push(node) : sunset.push(old);
      else if (wanted.has(node)) plan.create.push(node);
      else plan.remove.push(old);
    }
    plan.remove.push(...sunset.slice(0, Math.max(0, up - wanted.size)));
    plan.create.push(...candidates.slice(0, Math.max(0, surge - surging)));
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

/** True if a rolling update may put a second pod on a node. */
function allowsSurge({ object }: DaemonSetRecord): boolean {
  const { updateStrategy, maxSurge } = object;
  return updateStrategy === "RollingUpdate" && resolveIntOrPercent(maxSurge, 1, "up") > 0;
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
