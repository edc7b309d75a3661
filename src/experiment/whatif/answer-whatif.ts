// The answer to a what-if question: the baseline and the change run side by side on the same draws.
//
// Both go to the same end: the one that has drained earlier stands still until the other has, so that
// times are counted over one span. Stopped early, both are cut at what they have reached, and said so.

import {
  KUBERNETES_VERSION,
  type RunResult,
  WHATIF_SCHEMA_VERSION,
  type WhatifGate,
  type WhatifMeasure,
  type WhatifRecord,
  type WhatifWorkload,
  type WorkloadFigures,
  type WorkloadSummary,
} from "../../metrics/index.ts";
import type { UserCallWatch } from "../../scheduler/index.ts";
import { measuresOf } from "../compare/compare-measures.ts";
import type { PreparedRun } from "../prepare-run.ts";
import type { ActiveRun } from "../run.ts";
import type { InputBytes } from "../run-input.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import { PODSIM_VERSION } from "../versions.ts";
import { applyChanges, type ChangedWorld } from "./apply-changes.ts";
import type { Change } from "./change.ts";
import { comparePods } from "./compare-pods.ts";
import { withPodsUnbound } from "./reschedule.ts";
import { WorldRun } from "./world-run.ts";

/** Rollouts of two runs never take the same microsecond. */
const LATE_US_MIN = 1_000_000;

/** What is asked. */
export interface WhatifQuestion {
  readonly changes: readonly Change[];
  /** Place all pods anew under both, instead of letting those that run be. */
  readonly reschedule: boolean;
  /** Configurations that changes name, by the name as written there. */
  readonly files?: ReadonlyMap<string, InputBytes>;
}

/** One pair of runs. */
export interface WhatifPairOptions {
  readonly replication?: number;
  readonly varied?: readonly VariedPart[];
  readonly userCalls?: UserCallWatch | undefined;
  /** Lets both runs go on to their ends; false: they were stopped before. Absent: it is done here. */
  readonly advance?: ((baseline: ActiveRun, change: ActiveRun) => boolean) | undefined;
}

/** Both worlds of a question; throws an InputError with everything that is wrong with its changes. */
export function changedWorld(prepared: PreparedRun, question: WhatifQuestion): ChangedWorld {
  const { changes, reschedule, files = new Map() } = question;
  const { prepared: baseline, podsCount } = reschedule
    ? withPodsUnbound(prepared)
    : { prepared, podsCount: 0 };
  const world = applyChanges(baseline, changes, reschedule, files);
  return { ...world, unboundCount: podsCount };
}

/** A pair of runs with their results. */
export interface WhatifPair {
  readonly record: WhatifRecord;
  readonly baseline: RunResult;
  readonly change: RunResult;
}

/** Runs both worlds and holds them against each other. */
export function answerWhatif(world: ChangedWorld, options: WhatifPairOptions = {}): WhatifPair {
  const { replication = 0, varied, userCalls } = options;
  const advance = options.advance ?? toTheirEnds;
  const runs = [world.baseline, world.change].map(
    (prepared) => new WorldRun(prepared, { replication, varied, userCalls }),
  ) as [WorldRun, WorldRun];
  const [before, after] = [runs[0].run, runs[1].run];
  const isWhole = advance(before, after);
  before.standUntil(after.nowUs);
  after.standUntil(before.nowUs);
  const endUs = Math.max(...runs.map(({ run }) => run.nowUs));
  const [baseline, change] = runs.map((each) => each.finish(!isWhole)) as [RunResult, RunResult];
  return {
    baseline,
    change,
    record: recordOf(world, runs, { baseline, change, endUs, isWhole }),
  };
}

function toTheirEnds(baseline: ActiveRun, change: ActiveRun): boolean {
  while (baseline.advance(Number.MAX_SAFE_INTEGER));
  while (change.advance(Number.MAX_SAFE_INTEGER));
  return true;
}

interface Outcome {
  readonly baseline: RunResult;
  readonly change: RunResult;
  readonly endUs: number;
  readonly isWhole: boolean;
}

function recordOf(
  { baseline: prepared, change: changed, draft, unboundCount }: ChangedWorld,
  [before, after]: readonly [WorldRun, WorldRun],
  { baseline, change, endUs, isWhole }: Outcome,
): WhatifRecord {
  const { pods, counts } = comparePods(before.watch, after.watch, {
    reaches: draft.reaches,
    endUs,
  });
  const known = new Set(before.nodeNames);
  const present = new Set(after.nodeNames);
  return {
    schemaVersion: WHATIF_SCHEMA_VERSION,
    scenario: { name: prepared.name, inputHash: changed.inputHash },
    versions: { podsim: PODSIM_VERSION, kubernetes: KUBERNETES_VERSION },
    seed: prepared.scenario.run.seed,
    changes: draft.taken,
    rescheduled: draft.isRescheduled,
    end: { atUs: endUs, isWhole },
    fingerprints: { baseline: baseline.fingerprint, change: change.fingerprint },
    counts,
    pending: {
      baseline: baseline.counts.podsPendingAtEnd,
      change: change.counts.podsPendingAtEnd,
    },
    pods,
    workloads: workloadsOf([before, after], baseline, change, endUs),
    budgets: after.budgets.list(),
    nodes: {
      ...{ baselineCount: known.size, changeCount: present.size },
      added: after.nodeNames.filter((name) => !known.has(name)),
      removed: before.nodeNames.filter((name) => !present.has(name)),
      emptied: after.nodeNames.filter(
        (name) => !after.busyNodes.has(name) && (before.busyNodes.has(name) || !known.has(name)),
      ),
    },
    measures: measuresOfBoth(baseline, change),
    thresholds: gatesOf(baseline, change),
    notes: notesOf(draft.isRescheduled, unboundCount, baseline, change),
  };
}

/** All workloads of both, by name, those of the baseline first. */
function workloadsOf(
  [before, after]: readonly [WorldRun, WorldRun],
  baseline: RunResult,
  change: RunResult,
  endUs: number,
): WhatifWorkload[] {
  const firstUs = new Map<string, number>();
  for (const one of [...baseline.workloads, ...change.workloads]) {
    const known = firstUs.get(keyOf(one)) ?? endUs;
    firstUs.set(keyOf(one), Math.min(known, one.firstCompleteUs ?? endUs));
  }
  const rows = new Map<string, { -readonly [K in keyof WhatifWorkload]: WhatifWorkload[K] }>();
  const add = (world: WorldRun, side: "baseline" | "change", one: WorkloadSummary): void => {
    const { kind, namespace, name } = one;
    const key = keyOf(one);
    const row = rows.get(key) ?? { kind, namespace, name, baseline: null, change: null };
    // Complete later than in the other run, or never: it was short since then.
    const lateUs = (one.firstCompleteUs ?? endUs) - firstUs.get(key)!;
    row[side] = figuresOf(world, one, lateUs < LATE_US_MIN ? 0 : lateUs);
    rows.set(key, row);
  };
  for (const one of baseline.workloads) add(before, "baseline", one);
  for (const one of change.workloads) add(after, "change", one);
  return [...rows.values()];
}

function keyOf({ kind, namespace, name }: WorkloadSummary): string {
  return `${kind} ${namespace}/${name}`;
}

function figuresOf({ watch }: WorldRun, one: WorkloadSummary, lateUs: number): WorkloadFigures {
  const longestUs = Math.max(one.longestDegradedUs ?? 0, lateUs);
  return {
    desiredCount: one.desiredCount,
    readyAtEndCount: one.readyAtEndCount,
    readyMinCount: watch.minima.minimumOf(one.kind, one.namespace, one.name),
    shortUs: one.degradedUs + lateUs,
    longestShortUs: longestUs === 0 ? null : longestUs,
  };
}

function measuresOfBoth(baseline: RunResult, change: RunResult): WhatifMeasure[] {
  const before = measuresOf(baseline);
  const after = new Map(measuresOf(change).map((one) => [one.measure, one]));
  return before.map(({ measure, unit, value }) => ({
    ...{ measure, unit, baseline: value, change: after.get(measure)?.value ?? null },
  }));
}

function gatesOf(baseline: RunResult, change: RunResult): WhatifGate[] {
  return change.thresholds.map(({ expression, unit, value, passed }, at) => ({
    ...{ expression, unit, baseline: baseline.thresholds[at]!.value, change: value, passed },
  }));
}

function notesOf(
  isRescheduled: boolean,
  unboundCount: number,
  baseline: RunResult,
  change: RunResult,
): string[] {
  const told = new Set<string>();
  const own = isRescheduled
    ? [
        unboundCount === 0
          ? "no pod has a node at the start: there is nothing to place anew"
          : `${unboundCount} pods that have a node were placed anew under both, at time zero and in the dump's order`,
      ]
    : [];
  const notes = [...baseline.notes, ...change.notes].flatMap(({ message, count }) => {
    const text = `${message}${count > 1 ? ` (${count} times)` : ""}`;
    if (told.has(message)) return [];
    told.add(message);
    return [text];
  });
  return [...own, ...notes];
}
