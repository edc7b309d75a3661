// Checks of preemption: who may be evicted for whom, and that just the needed victims are.
//
// Each verdict is judged on its own snapshot. The search is not repeated; the reprieve is replayed on
// the chosen node alone, step by step, with the filters and budgets of that cycle.

import { compareText } from "../../base/index.ts";
import { DRY_RUN_ROW, type NodeRow } from "../cache/node-row.ts";
import type { Verdict } from "../cycle/decider.ts";
import { filterNode, runExtensions } from "../evaluator/filtering.ts";
import type { DisruptionBudget } from "../framework/cluster-objects.ts";
import type { FilterLists } from "../framework/plugin.ts";
import { type PodInfo, podKey } from "../framework/pod-info.ts";
import { Code } from "../framework/status.ts";
import type { PreemptionCandidate } from "../preemption/candidate.ts";
import { sortByImportance } from "../preemption/importance.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { Scheduler } from "../scheduler.ts";
import type { BreakNotes } from "./break-notes.ts";

/** Up to so many pods upstream's sort keeps the order of equals. */
const STABLE_LENGTH_MAX = 12;

/** Judges what PostFilter wants to evict, and what becomes of nominations. */
export class PreemptionAudit {
  private readonly scheduler: Scheduler;
  private readonly notes: BreakNotes;
  /** "preemptor victim" of the present instant. */
  private readonly pairs = new Set<string>();
  private pairsAtUs = -1;

  constructor(scheduler: Scheduler, notes: BreakNotes) {
    this.scheduler = scheduler;
    this.notes = notes;
  }

  onVerdict({ pod }: QueuedPod, verdict: Verdict): void {
    this.checkNomination(pod, verdict);
    const preemption = verdict.postFilter?.preemption;
    const chosen = preemption?.chosen;
    if (preemption === undefined || chosen === undefined) return;
    this.checkRanks(pod, chosen);
    this.checkCycle(pod, chosen);
    const fewest = preemption.candidates.reduce(
      (least, { budgetViolations }) => Math.min(least, budgetViolations),
      Number.POSITIVE_INFINITY,
    );
    if (chosen.budgetViolations !== fewest) {
      const counts = `${chosen.budgetViolations} budgets, ${fewest} would do`;
      this.notes.note("I55", `${podKey(pod)} on ${chosen.nodeName} breaks ${counts}`);
    }
    const profile = this.scheduler.decider.profiles.get(pod.template.schedulerName);
    if (profile !== undefined) {
      this.checkVictims(pod, verdict, profile, chosen, preemption.budgets);
    }
  }

  /** A nomination is given up only after its node has refused the pod. */
  private checkNomination(pod: PodInfo, { decision }: Verdict): void {
    const { cache } = this.scheduler;
    const nominated = cache.findRow(pod.nominatedNodeName);
    if (decision.outcome !== "placed" || nominated === undefined) return;
    if (decision.node === nominated || !cache.nodeList.includes(nominated)) return;
    const status = decision.statuses.explicit(nominated);
    if (status === undefined || status.code === Code.Success) {
      const place = decision.node === -1 ? "nowhere" : cache.nodeName(decision.node);
      const text = `${podKey(pod)} goes to ${place}, nominated ${pod.nominatedNodeName} did not refuse it`;
      this.notes.note("I56", text);
    }
  }

  private checkRanks(pod: PodInfo, { victims }: PreemptionCandidate): void {
    if (pod.template.preemptionPolicy === "Never") {
      this.notes.note("I52", `${podKey(pod)} never preempts and has victims`);
    }
    for (const victim of victims) {
      if (victim.priority < pod.priority) continue;
      const priorities = `${victim.priority} for ${podKey(pod)} of ${pod.priority}`;
      this.notes.note("I52", `${podKey(victim)} of priority ${priorities}`);
    }
  }

  private checkCycle(pod: PodInfo, { victims }: PreemptionCandidate): void {
    const { nowUs } = this.scheduler.simulation;
    if (nowUs !== this.pairsAtUs) this.pairs.clear();
    this.pairsAtUs = nowUs;
    for (const victim of victims) {
      this.pairs.add(`${pod.uid} ${victim.uid}`);
      if (this.pairs.has(`${victim.uid} ${pod.uid}`)) {
        this.notes.note("I57", `${podKey(pod)} and ${podKey(victim)} evict each other`);
      }
    }
  }

  private checkVictims(
    pod: PodInfo,
    verdict: Verdict,
    filters: FilterLists,
    chosen: PreemptionCandidate,
    budgets: readonly DisruptionBudget[],
  ): void {
    const wanted = this.replay(pod, verdict, filters, chosen.row, budgets);
    const found = chosen.victims.map(podKey).sort(compareText).join(" ");
    if (wanted === found) return;
    const place = `${podKey(pod)} on ${chosen.nodeName}`;
    this.notes.note("I53", `${place}: victims ${found}, replay gives ${wanted}`);
  }

  /** Names of the pods that cannot stay, or why the node does not help at all. */
  private replay(
    pod: PodInfo,
    { state }: Verdict,
    filters: FilterLists,
    row: NodeRow,
    budgets: readonly DisruptionBudget[],
  ): string {
    const { cache, simulation } = this.scheduler;
    const lower = this.byImportance(
      cache.podsOn(row).filter((other) => other.priority < pod.priority),
      simulation.nowUs,
    );
    const trial = state.clone();
    trial.operations = undefined; // Checking is no work of the scheduler's.
    const fits = (): boolean =>
      filterNode(filters, cache, trial, pod, DRY_RUN_ROW).code === Code.Success;
    const takeOff = (other: PodInfo): void => {
      cache.removeFromScratch(other, DRY_RUN_ROW);
      runExtensions("RemovePod", filters, trial, pod, other, DRY_RUN_ROW);
    };
    cache.copyToScratch(row, DRY_RUN_ROW);
    for (const other of lower) takeOff(other);
    if (!fits()) return "nothing: the pod does not fit without them all";
    const isGuarded = guardedPods(lower, budgets);
    const inTurn = [
      ...lower.filter((other) => isGuarded.has(other)),
      ...lower.filter((other) => !isGuarded.has(other)),
    ];
    const leaving: string[] = [];
    for (const other of inTurn) {
      cache.addToScratch(other, DRY_RUN_ROW);
      runExtensions("AddPod", filters, trial, pod, other, DRY_RUN_ROW);
      if (fits()) continue;
      takeOff(other);
      leaving.push(podKey(other));
    }
    return leaving.sort(compareText).join(" ");
  }

  private byImportance(pods: readonly PodInfo[], nowUs: number): readonly PodInfo[] {
    if (pods.length > STABLE_LENGTH_MAX) return sortByImportance(pods, nowUs);
    const startUs = (pod: PodInfo): number => (pod.startUs < 0 ? nowUs : pod.startUs);
    return [...pods].sort((a, b) => b.priority - a.priority || startUs(a) - startUs(b));
  }
}

/** Pods, most important first, that come after a budget of theirs is used up. */
function guardedPods(
  pods: readonly PodInfo[],
  budgets: readonly DisruptionBudget[],
): ReadonlySet<PodInfo> {
  const guarded = new Set<PodInfo>();
  for (const budget of budgets) {
    const { selector, namespace, disruptedPods } = budget;
    const covered = pods.filter(
      ({ template, namespace: own, name }) =>
        own === namespace &&
        template.labels.size > 0 &&
        selector.requirements.length > 0 &&
        selector.matches(template.labels) &&
        !disruptedPods.has(name),
    );
    for (const pod of covered.slice(Math.max(0, budget.disruptionsAllowed))) guarded.add(pod);
  }
  return guarded;
}
