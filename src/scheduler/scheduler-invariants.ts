// Invariants of scheduling: what must hold of every pop, verdict, move and binding.
//
// Each is judged at the moment it concerns, on the facts of that moment, by code that shares as
// little as possible with what it judges; the registry then reports the first break under its id.
// Numbers are those of the project's catalogue of invariants.

import type { InvariantRegistry } from "../engine/index.ts";
import { BreakNotes } from "./audit/break-notes.ts";
import { findWrongSum } from "./audit/cache-audit.ts";
import { PreemptionAudit } from "./audit/preemption-audit.ts";
import { ReplayAudit } from "./audit/replay-audit.ts";
import { TopologyAudit } from "./audit/topology-audit.ts";
import { VerdictAudit } from "./audit/verdict-audit.ts";
import { QueueAudit } from "./audit/queue-audit.ts";
import type { Scheduler } from "./scheduler.ts";

const TITLES: readonly (readonly [id: string, title: string])[] = [
  ["I2", "each pending pod is in exactly one place of the scheduling queue"],
  ["I10", "no decision makes or enlarges an overcommit"],
  ["I13", "no decision exceeds a node's number of pods"],
  ["I14", "no decision puts two pods on one host port"],
  ["I15", "extended resources are whole units and never given beyond capacity"],
  ["I22", "a pod becomes active, is tried, decided and bound in this order"],
  ["I25", "a decision takes the declared cycle time"],
  ["I26", "scheduling cycles of one scheduler do not overlap"],
  ["I33", "a pod seen with a deletionTimestamp starts no cycle"],
  ["I36", "node selector and required node affinity hold where a pod is placed"],
  ["I37", "taints that repel a pod, and cordons, are respected"],
  ["I43", "the search for nodes stops and rotates as it must"],
  ["I45", "a pod with a preset node is never scheduled"],
  ["I46", "a pop takes the head of the right queue"],
  ["I47", "a back-off lasts as long as it must"],
  ["I48", "an unschedulable pod leaves only for a reason, within five and a half minutes"],
  ["I51", "first attempts of equal priority follow the order of arrival"],
  ["I52", "victims are of lower priority, and a pod that never preempts has none"],
  ["I53", "the victims are exactly the pods that could not stay at their turn"],
  ["I55", "the chosen node breaks as few budgets as any candidate"],
  ["I56", "a nominated pod goes elsewhere only after its node refused it"],
  ["I57", "no two pods evict each other at one instant"],
];

/** Those that decide or count once more: only in deep checks, but then for every verdict. */
const DEEP_TITLES: readonly (readonly [id: string, title: string])[] = [
  ["I38", "required pod affinity holds where a pod is placed"],
  ["I39", "required anti-affinity holds where a pod is placed, in both directions"],
  ["I40", "hard spread holds where a pod is placed"],
  ["I17", "no pod takes room promised to one of at least its priority"],
  ["I41", "the chosen node passes every filter when asked again"],
  ["I42", "the chosen node has the highest total, and is the right one among equals"],
  ["I44", "where no node fits, none does when asked again"],
];

/** What checks must know of the run. */
export interface SchedulerInvariantOptions {
  /** Stands before the text of a break, where several schedulers work. */
  readonly name?: string;
  /** Ties among best nodes are drawn, so any of them may win. */
  readonly hasDrawnTies?: boolean;
}

/** Registers the scheduler's invariants; they are tested after every event of a checked run. */
export function registerSchedulerInvariants(
  registry: InvariantRegistry,
  scheduler: Scheduler,
  { name = "", hasDrawnTies = false }: SchedulerInvariantOptions = {},
): void {
  const named = (text: string | undefined): string | undefined =>
    text === undefined || name === "" ? text : `scheduler ${name}: ${text}`;
  const hasRivals = name !== "";
  const notes = new BreakNotes();
  const queueAudit = new QueueAudit(scheduler, notes);
  const verdictAudit = new VerdictAudit(scheduler, notes, hasRivals);
  const preemptionAudit = new PreemptionAudit(scheduler, notes);
  const deepAudits = registry.runsDeep
    ? [new TopologyAudit(scheduler, notes), new ReplayAudit(scheduler, notes, hasDrawnTies)]
    : [];
  scheduler.probe = {
    onPop: (record, from) => queueAudit.onPop(record, from),
    onMove: (record, place, label) => queueAudit.onMove(record, place, label),
    onVerdict: (record, verdict) => {
      verdictAudit.onVerdict(record, verdict);
      preemptionAudit.onVerdict(record, verdict);
      for (const audit of deepAudits) audit.onVerdict(record, verdict);
    },
  };
  scheduler.observe({
    onDecision: (record) => verdictAudit.onDecision(record),
    onBound: (pod, _nodeName, atUs) => verdictAudit.onBound(pod, atUs),
    onBindingFailed: (pod) => verdictAudit.onBindingFailed(pod),
  });
  for (const [id, title] of TITLES) {
    const test = (): string | undefined => {
      if (id === "I2") queueAudit.countPlaces();
      return named(notes.textOf(id));
    };
    registry.register({ id, mode: "check", title, when: "event", test });
  }
  for (const [id, title] of DEEP_TITLES) {
    // Found at once or never, so this must not wait for the stride of deep tests.
    const test = (): string | undefined => named(notes.textOf(id));
    registry.register({
      id,
      mode: registry.runsDeep ? "check" : "deep",
      title,
      when: "event",
      test,
    });
  }
  registry.register({
    id: "I11",
    mode: "deep",
    title: "the sums that the scheduler keeps are those of the pods it lists",
    when: "instant",
    test: () => named(findWrongSum(scheduler.cache, hasRivals)),
  });
  registry.register({
    id: "I49",
    mode: "deep",
    title: "no pod that fits waits longer than flush, back-off and the attempts before it",
    when: "instant",
    test: () => named(queueAudit.findOverdue()),
  });
  registry.register({
    id: "I2",
    mode: "deep",
    title: "each pending pod is where its record says",
    when: "event",
    test: () => named(queueAudit.findMisplaced()),
  });
  registry.register({
    id: "I48",
    mode: "check",
    title: "nobody waits among the unschedulable for more than five and a half minutes",
    when: "end",
    test: () => named(queueAudit.findForgotten()),
  });
}
