// One cell of a plan: one point in one replication, and what it says of the requirements.
//
// Plain data, so that it crosses threads; which thread ran it changes nothing about it.

import { observationsNeeded } from "../../analysis/index.ts";
import type { WaitingGroup } from "../../analysis/index.ts";
import type { RunEnd, RunResult, Threshold } from "../../metrics/index.ts";
import type { UserCallWatch } from "../../scheduler/index.ts";
import type { PreparedRun } from "../prepare-run.ts";
import type { ActiveRun } from "../run.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import { runStudyCell } from "../study/run-cell.ts";

/** What one cell leaves. */
export interface PlanCell {
  readonly end: RunEnd;
  readonly fingerprint: string;
  readonly isUnstable: boolean;
  /** How much was simulated, for those who watch. */
  readonly eventsCount: number;
  readonly endUs: number;
  readonly podsCreatedCount: number;
  readonly podsPendingAtEndCount: number;
  /** Parallel to the requirements. */
  readonly values: readonly CellValue[];
  /** Pods that waited at the end, by message; of many pods only the first are told apart. */
  readonly waiting: readonly WaitingGroup[];
}

/** A requirement's measure in one run. */
export interface CellValue {
  readonly value: number | null;
  /** Whether too few pods lie behind it for the percentile that it is. */
  readonly isThin: boolean;
}

/** Which replication, of what. */
export interface PlanCellRun {
  readonly replication: number;
  readonly varied: readonly VariedPart[];
  readonly requirements: readonly Threshold[];
  readonly userCalls?: UserCallWatch | undefined;
  /** Lets a run advance to its end while somebody watches; throws where it is to stop. */
  readonly advance?: ((run: ActiveRun) => void) | undefined;
}

/** Runs one cell to its end. The prepared run has the requirements as its thresholds. */
export function runPlanCell(prepared: PreparedRun, run: PlanCellRun): PlanCell {
  const { replication, varied, requirements, userCalls, advance } = run;
  let result: RunResult | undefined;
  const cell = runStudyCell(prepared, {
    replication,
    varied,
    ...(userCalls === undefined ? {} : { userCalls }),
    ...(advance === undefined ? {} : { advance }),
    onResult: (whole) => {
      result = whole;
    },
  });
  const whole = result!;
  return {
    end: cell.end,
    fingerprint: cell.fingerprint,
    isUnstable: cell.isUnstable,
    eventsCount: whole.operations.events.fired,
    endUs: whole.end.atUs,
    podsCreatedCount: cell.podsCreatedCount,
    podsPendingAtEndCount: cell.podsPendingAtEndCount,
    values: whole.thresholds.map(({ value }, at) => ({
      value,
      isThin: isThin(requirements[at]!, whole),
    })),
    waiting: waitingGroups(whole),
  };
}

function isThin({ measure, statistic }: Threshold, result: RunResult): boolean {
  const probability = percentOf(statistic) / 100;
  if (!(probability > 0 && probability < 1)) return false;
  const summary =
    measure === "pending" ? result.pending : measure === "startup" ? result.startup : undefined;
  return summary !== undefined && summary.count < observationsNeeded(probability);
}

/** The percent of a percentile; not a number for other statistics. */
export function percentOf(statistic: string): number {
  return /^p[\d.]+$/.test(statistic) ? Number(statistic.slice(1)) : Number.NaN;
}

function waitingGroups({ pendingAtEnd }: RunResult): WaitingGroup[] {
  const groups = new Map<string, { message: string; podsCount: number; example: string }>();
  for (const { pod, message } of pendingAtEnd) {
    const group = groups.get(message);
    if (group === undefined) groups.set(message, { message, podsCount: 1, example: pod });
    else group.podsCount++;
  }
  const order = [...groups.values()].map((group, at) => ({ group, at }));
  order.sort((a, b) => b.group.podsCount - a.group.podsCount || a.at - b.at);
  return order.slice(0, 3).map(({ group }) => group);
}
