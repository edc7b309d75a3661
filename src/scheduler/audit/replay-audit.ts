// Checks that decide a verdict once more, on its own snapshot and from a fresh cycle state.
//
// They run only in deep checks, since each costs as much as the decision itself: is the chosen node
// one that fits, has it the highest total, and is "no node fits" true of every node? Who wins among
// equals is worked out by another method than the decider's. Only upstream's plugins are asked again;
// a user's plugin may remember how often it was called.

import type { Verdict } from "../cycle/decider.ts";
import { ProfileDecider } from "../cycle/profile-decider.ts";
import { filterNode, type PreFiltering, runPreFilters } from "../evaluator/filtering.ts";
import { runScores } from "../evaluator/scoring.ts";
import { CycleState } from "../framework/cycle-state.ts";
import { type PodInfo, podKey } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { Code, statusMessage } from "../framework/status.ts";
import { createDefaultRegistry } from "../plugins/default-registry.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { Scheduler } from "../scheduler.ts";
import type { BreakNotes } from "./break-notes.ts";

/** One verdict with what a second run of PreFilter said. */
interface Replay {
  readonly name: string;
  readonly pod: PodInfo;
  readonly profile: Profile;
  readonly verdict: Verdict;
  readonly state: CycleState;
  readonly preFiltering: PreFiltering;
}

/** Replays verdicts. */
export class ReplayAudit {
  private readonly scheduler: Scheduler;
  private readonly notes: BreakNotes;
  private readonly hasDrawnTies: boolean;
  private readonly upstream: ReadonlySet<string> = new Set(createDefaultRegistry().names());

  constructor(scheduler: Scheduler, notes: BreakNotes, hasDrawnTies: boolean) {
    this.scheduler = scheduler;
    this.notes = notes;
    this.hasDrawnTies = hasDrawnTies;
  }

  onVerdict({ pod }: QueuedPod, verdict: Verdict): void {
    const { decider, cache } = this.scheduler;
    const profile = decider.profiles.get(pod.template.schedulerName);
    if (!(decider instanceof ProfileDecider) || profile === undefined) return;
    if (!profile.plugins.every(({ name }) => this.upstream.has(name))) return;
    const { outcome } = verdict.decision;
    if (outcome === "error" || outcome === "no-nodes") return;
    const state = new CycleState();
    const preFiltering = runPreFilters(profile, state, pod, cache.nodeList);
    const replay = { name: podKey(pod), pod, profile, verdict, state, preFiltering };
    if (outcome === "placed") {
      this.checkChosen(replay);
      this.checkRoomWithNominated(replay);
      this.checkTotals(replay);
    } else {
      this.checkRefusals(replay);
    }
  }

  /** I41: every filter lets the pod onto the chosen node, nominated pods included. */
  private checkChosen({ name, pod, profile, verdict, state, preFiltering }: Replay): void {
    const { cache } = this.scheduler;
    const row = verdict.decision.node;
    if (row === -1) return;
    const nodeName = cache.nodeName(row);
    const { status, nodeNames } = preFiltering;
    if (status.code !== Code.Success) {
      this.notes.note("I41", `${name} on ${nodeName}: PreFilter says ${statusMessage(status)}`);
    } else if (nodeNames?.has(nodeName) === false) {
      this.notes.note("I41", `${name} on ${nodeName}: PreFilter left that node out`);
    } else {
      const answer = filterNode(profile, cache, state, pod, row);
      if (answer.code === Code.Success) return;
      this.notes.note("I41", `${name} on ${nodeName}: ${answer.plugin}: ${statusMessage(answer)}`);
    }
  }

  /** I17: nobody takes the room that is promised to a pod of at least its priority. */
  private checkRoomWithNominated({ name, pod, profile, verdict }: Replay): void {
    const { cache } = this.scheduler;
    const row = verdict.decision.node;
    if (row === -1 || !profile.filterPlugins.some((each) => each.name === "NodeResourcesFit")) {
      return;
    }
    const promised = cache.nominator
      .podsForNode(cache.nodeName(row))
      .filter((other) => other.uid !== pod.uid && other.priority >= pod.priority);
    if (promised.length === 0) return;
    const { allocatable } = cache.node(row);
    const all = [...cache.podsOn(row), ...promised, pod];
    const wants = pod.template.requests;
    for (const resource of ["milliCpu", "memoryBytes", "ephemeralStorageBytes"] as const) {
      const sum = all.reduce((total, { template }) => total + template.nodeRequests[resource], 0);
      if (wants[resource] === 0 || sum <= allocatable[resource]) continue;
      const amounts = `${resource} ${sum} of ${allocatable[resource]}`;
      this.notes.note("I17", `${name} takes room promised on ${cache.nodeName(row)}: ${amounts}`);
    }
    if (all.length > allocatable.pods) {
      const counts = `${all.length} pods of ${allocatable.pods}`;
      this.notes.note("I17", `${name} takes room promised on ${cache.nodeName(row)}: ${counts}`);
    }
  }

  /** I42: the totals, the highest of them, and who wins among equals. */
  private checkTotals({ name, pod, profile, verdict, state }: Replay): void {
    const { totals, feasible, node, viaNominated, viaHint } = verdict.decision;
    if (viaNominated || viaHint || feasible.length === 1) {
      if (totals.length > 0) this.notes.note("I42", `${name}: scores for one node alone`);
      if (node !== feasible[0]) this.notes.note("I42", `${name}: the only node was not taken`);
      return;
    }
    const again = runScores(profile, state, pod, feasible);
    if (again.totals.join() !== totals.join()) {
      const figures = `${totals.join(" ")}, again ${again.totals.join(" ")}`;
      this.notes.note("I42", `${name}: totals ${figures}`);
      return;
    }
    const chosen = feasible.indexOf(node as (typeof feasible)[number]);
    const highest = totals.reduce((most, total) => Math.max(most, total), totals[0] ?? 0);
    const wanted = this.hasDrawnTies ? chosen : tournamentWinner(totals);
    if (chosen < 0 || totals[chosen] !== highest || chosen !== wanted) {
      const places = `position ${chosen} instead of ${wanted}`;
      this.notes.note("I42", `${name}: ${places} of ${totals.join(" ")}`);
    }
  }

  /** I44: no node fits, and every node has exactly one verdict. */
  private checkRefusals({ name, pod, profile, verdict, state, preFiltering }: Replay): void {
    const { cache } = this.scheduler;
    const { statuses, feasible } = verdict.decision;
    const { status, nodeNames } = preFiltering;
    if (feasible.length > 0) this.notes.note("I44", `${name} is refused although nodes fit`);
    const listed = new Set(cache.nodeList);
    for (const [row, { code }] of statuses.entries()) {
      if (listed.has(row) && code !== Code.Success) continue;
      this.notes.note("I44", `${name}: row ${row} has a verdict that is none`);
    }
    if (status.code !== Code.Success) return;
    for (const row of cache.nodeList) {
      const nodeName = cache.nodeName(row);
      if (nodeNames?.has(nodeName) === false) continue;
      if (statuses.explicit(row) === undefined) {
        this.notes.note("I44", `${name}: ${nodeName} was not looked at`);
      } else if (filterNode(profile, cache, state, pod, row).code === Code.Success) {
        this.notes.note("I44", `${name} would fit on ${nodeName}`);
      }
    }
  }
}

/**
 * The root of a binary max-heap built over the list, as a knock-out: a parent is beaten only by a
 * higher child, and of two children the left one goes first among equals.
 */
function tournamentWinner(totals: readonly number[], at: number = 0): number {
  const left = 2 * at + 1;
  if (left >= totals.length) return at;
  let best = tournamentWinner(totals, left);
  if (left + 1 < totals.length) {
    const right = tournamentWinner(totals, left + 1);
    if (totals[right]! > totals[best]!) best = right;
  }
  return totals[best]! > totals[at]! ? best : at;
}
