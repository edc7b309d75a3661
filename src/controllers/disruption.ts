// The disruption controller: keeps the status of every PodDisruptionBudget, which evictions take
// from and preemption reads.
//
// How many pods are expected is asked of their controllers, not counted, wherever the budget is a
// percentage or bounds the unavailable; a pod without a controller counts for nothing there, and one
// whose controller cannot be scaled makes the whole budget refuse. The controller also takes the mark
// DisruptionTarget off pods that nobody deleted. It is woken by pods and budgets alone: a workload
// that is scaled is noticed when its pods change.

import { duration } from "../base/index.ts";
import {
  CHANGED_CONDITIONS,
  CHANGED_DELETION,
  CHANGED_PHASE,
  CHANGED_READY,
  CHANGED_TEMPLATE,
  ConditionStatus,
  type DisruptionBudgetStatus,
  type ObjectChange,
  type PodChange,
  PodConditionType,
  type PodIndex,
  type PodTemplate,
  type StoredObject,
  type Uid,
} from "../cluster/index.ts";
import { type EventHandle, RANK } from "../engine/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import {
  budgetStatus,
  type DisruptedPods,
  healthWanted,
  ControllerScales,
} from "./disruption-counts.ts";
import { isReady } from "./owned-pods.ts";
import { type SyncDone, WorkQueue } from "./work-queue.ts";

type Budget = StoredObject<"PodDisruptionBudget">;

/** An eviction that no deletion followed is forgotten after this time, and so is a stale mark. */
const DELETION_WAIT_US = 120_000_000;
const RELEVANT =
  CHANGED_PHASE | CHANGED_READY | CHANGED_CONDITIONS | CHANGED_DELETION | CHANGED_TEMPLATE;
const NO_BUDGETS: readonly Uid[] = [];

/** Watches all budgets and the pods they select. */
export class DisruptionController {
  readonly queue: WorkQueue<Uid>;
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  /** Pods that a budget selects, in the order in which they were seen. */
  private readonly members = new Map<Uid, Map<Uid, PodIndex>>();
  /** Budgets by template and namespace; emptied whenever a budget comes, goes or changes. */
  private readonly budgetsByTemplate = new Map<PodTemplate, Map<string, readonly Uid[]>>();
  /** Pods marked as disrupted that are not being deleted. */
  private readonly marked = new Map<Uid, EventHandle>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client("disruption-controller");
    this.queue = new WorkQueue(context.sim, {
      name: "disruption-controller",
      workers: 1,
      syncCostUs: context.syncCostUs,
      sync: (uid, done) => this.sync(uid, done),
    });
  }

  onObject(change: ObjectChange): void {
    if (change.objectKind !== "PodDisruptionBudget") return;
    const { uid } = change;
    const before = change.before?.object as Budget["object"] | undefined;
    const after = change.after?.object as Budget["object"] | undefined;
    if (before?.selector !== after?.selector) {
      this.budgetsByTemplate.clear();
      this.members.delete(uid);
      if (change.after !== undefined) this.collectMembers(change.after as unknown as Budget);
    }
    this.queue.add(uid);
  }

  onPod(change: PodChange): void {
    const { pod, uid } = change;
    const isGone = change.kind === "Deleted";
    if (change.kind === "Modified" && (change.mask & RELEVANT) === 0) return;
    this.watchMark(change);
    if (this.members.size === 0) return;
    const namespace = this.context.api.pods.namespace(pod);
    const { templateBefore, templateAfter } = change;
    if (templateBefore !== templateAfter) {
      for (const budget of this.budgetsOf(templateBefore, namespace)) {
        this.members.get(budget)?.delete(uid);
        this.queue.add(budget);
      }
    }
    for (const budget of this.budgetsOf(templateAfter, namespace)) {
      if (isGone) this.members.get(budget)?.delete(uid);
      else this.members.get(budget)?.set(uid, pod);
      this.queue.add(budget);
    }
  }

  // ---- which pods a budget selects -----------------------------------------------------------

  private collectMembers(budget: Budget): void {
    const { pods } = this.context.api;
    const found = new Map<Uid, PodIndex>();
    pods.forEach((pod) => {
      if (pods.namespace(pod) !== budget.namespace) return;
      if (budget.object.selector.matches(pods.template(pod).labels)) found.set(pods.uid(pod), pod);
    });
    this.members.set(budget.uid, found);
  }

  private budgetsOf(template: PodTemplate, namespace: string): readonly Uid[] {
    let byNamespace = this.budgetsByTemplate.get(template);
    if (byNamespace === undefined) {
      byNamespace = new Map();
      this.budgetsByTemplate.set(template, byNamespace);
    }
    let found = byNamespace.get(namespace);
    if (found === undefined) {
      found = this.findBudgets(template, namespace);
      byNamespace.set(namespace, found);
    }
    return found;
  }

  private findBudgets(template: PodTemplate, namespace: string): readonly Uid[] {
    const found: Uid[] = [];
    for (const uid of this.members.keys()) {
      const budget = this.find(uid);
      if (budget?.namespace !== namespace) continue;
      if (budget.object.selector.matches(template.labels)) found.push(uid);
    }
    return found.length === 0 ? NO_BUDGETS : found;
  }

  private find(uid: Uid): Budget | undefined {
    const stored = this.context.api.objects.findByUid(uid);
    return stored?.kind === "PodDisruptionBudget" ? (stored as unknown as Budget) : undefined;
  }

  // ---- one look at a budget --------------------------------------------------------------------

  private sync(uid: Uid, done: SyncDone): void {
    const budget = this.find(uid);
    if (budget === undefined) {
      this.queue.forget(uid);
      done();
      return;
    }
    const { api, sim } = this.context;
    const { pods } = api;
    const selected = [...(this.members.get(uid) ?? [])].flatMap(([podUid, pod]) =>
      pods.isLive(pod, podUid) ? [pod] : [],
    );
    if (selected.length === 0) this.client.event(budget, "NoPods", "No pod is selected");
    const before = budget.status as DisruptionBudgetStatus | undefined;
    const scales = new ControllerScales(api);
    const wanted = healthWanted(budget.object, selected, scales);
    if (wanted === undefined) {
      const text = `pods are owned by something without a scale: ${scales.failure}`;
      this.client.warning(budget, "CalculateExpectedPodCountFailed", text);
      this.write(budget, budgetStatus(budget, before, undefined, sim.nowUs), done);
      return;
    }
    if (scales.unmanagedCount > 0) {
      const text = `${scales.unmanagedCount} pods without a controller are not counted`;
      this.client.warning(budget, "UnmanagedPods", text);
    }
    const { disruptedPods, recheckUs } = this.stillDisrupted(budget, selected, before);
    const currentHealthy = selected.filter((pod) => this.isHealthy(pod, disruptedPods)).length;
    const counted = { ...wanted, currentHealthy, disruptedPods };
    this.write(budget, budgetStatus(budget, before, counted, sim.nowUs), (error) => {
      if (error === undefined && recheckUs !== undefined)
        this.queue.addAfter(uid, Math.max(1, recheckUs - sim.nowUs));
      done(error);
    });
  }

  /** A refusal as out of date is no failure: the newer budget has woken the queue already. */
  private write(budget: Budget, status: DisruptionBudgetStatus, done: SyncDone): void {
    if (status === budget.status) {
      done();
      return;
    }
    const { kind, uid } = budget;
    this.client.request(
      "patch",
      (writer) => {
        const present = this.find(uid);
        if (present === undefined) return writer.patchObjectStatus(kind, uid, status);
        // An eviction may have taken from the status since it was read: then it is counted anew.
        if (present.status !== budget.status) return { ok: true, changed: false };
        return writer.patchObjectStatus(kind, uid, status);
      },
      (error, result) => {
        const present = this.find(uid);
        const wasOvertaken = result.ok && present !== undefined && present.status !== status;
        if (wasOvertaken) this.queue.add(uid);
        done(!result.ok && result.reason === "NotFound" ? undefined : error);
      },
    );
  }

  private isHealthy(pod: PodIndex, disruptedPods: DisruptedPods): boolean {
    const { pods } = this.context.api;
    return isReady(pods, pod) && !pods.isDeleting(pod) && !disruptedPods.has(pods.name(pod));
  }

  /** Evictions that are not yet seen as deletions, and when the oldest of them is given up. */
  private stillDisrupted(
    budget: Budget,
    selected: readonly PodIndex[],
    before: DisruptionBudgetStatus | undefined,
  ): { readonly disruptedPods: DisruptedPods; readonly recheckUs: number | undefined } {
    const { pods } = this.context.api;
    const { nowUs } = this.context.sim;
    const disruptedPods = new Map<string, number>();
    let recheckUs: number | undefined;
    if (before === undefined || before.disruptedPods.size === 0)
      return { disruptedPods, recheckUs };
    for (const pod of selected) {
      const evictedUs = before.disruptedPods.get(pods.name(pod));
      if (evictedUs === undefined || pods.isDeleting(pod)) continue;
      const untilUs = evictedUs + DELETION_WAIT_US;
      if (untilUs < nowUs) {
        const about = { kind: "Pod", namespace: budget.namespace, name: pods.name(pod) };
        const text = "The pod was evicted two minutes ago and is not being deleted";
        this.client.warning({ ...about, uid: pods.uid(pod) }, "NotDeleted", text);
        continue;
      }
      disruptedPods.set(pods.name(pod), evictedUs);
      recheckUs = Math.min(untilUs + 1, recheckUs ?? untilUs + 1);
    }
    return { disruptedPods, recheckUs };
  }

  // ---- marks that came to nothing -----------------------------------------------------------------

  private watchMark(change: PodChange): void {
    const { pod, uid } = change;
    const isMarked =
      change.kind !== "Deleted" &&
      !change.isDeletingAfter &&
      change.conditionAfter(PodConditionType.DisruptionTarget) === ConditionStatus.True &&
      !this.context.api.pods.isFinished(pod);
    const timer = this.marked.get(uid);
    if (isMarked === (timer !== undefined)) return;
    const { sim } = this.context;
    if (timer !== undefined) {
      sim.cancel(timer);
      this.marked.delete(uid);
      return;
    }
    const label = "stale disruption mark";
    const handle = sim.callAfter(duration(DELETION_WAIT_US), RANK.controller, label, () => {
      this.marked.delete(uid);
      const disruptionTarget = { status: ConditionStatus.False };
      this.client.patchPodStatus(pod, uid, { disruptionTarget });
    });
    this.marked.set(uid, handle);
  }
}
