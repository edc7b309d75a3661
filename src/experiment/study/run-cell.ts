// The run behind one cell of a study: one prepared world in one replication, and the numbers it leaves.
//
// Every study (comparison, sweep, plan) runs its cells through here, so that one cell means the same
// in all of them. Pure: no threads, no files; which thread called it changes nothing.

import type { RunResult } from "../../metrics/index.ts";
import type { UserCallWatch } from "../../scheduler/index.ts";
import { measuresOf, withQuotients } from "../compare/compare-measures.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { type ActiveRun, startRun } from "../run.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import { SteadyWatch } from "./steady-watch.ts";
import type { CellResult } from "./study-cell.ts";

/** Which replication of which varied world. */
export interface CellRun {
  readonly replication: number;
  readonly varied: readonly VariedPart[];
  /** Odd replications oppose the one before them. */
  readonly isAntithetic?: boolean | undefined;
  readonly userCalls?: UserCallWatch;
  /** Told of the whole result, for studies that need more of it than the cell's numbers. */
  readonly onResult?: (result: RunResult) => void;
  /** Lets the run advance to its end while somebody watches; throws where it is to stop. */
  readonly advance?: (run: ActiveRun) => void;
}

/** Runs one cell to its end, or to the limit that it hits: `end` says which. */
export function runStudyCell(prepared: PreparedRun, run: CellRun): CellResult {
  const { replication, varied, userCalls } = run;
  const steady = SteadyWatch.of(prepared.scenario);
  const active = startRun(varied.includes("ties") ? withDrawnTies(prepared) : prepared, {
    replication,
    varied,
    isAntithetic: run.isAntithetic === true,
    ...(userCalls === undefined ? {} : { userCalls }),
    ...(steady && { sinks: steady.sinks, isPilot: steady.isPilot }),
  });
  if (run.advance === undefined) while (active.advance(Number.MAX_SAFE_INTEGER));
  else run.advance(active);
  const result = active.finish();
  run.onResult?.(result);
  return {
    ...countsOf(result),
    isUnstable: steady?.isUnstable === true,
    measures: withQuotients(measuresOf(result), active.quotients()),
    waiting: active.waitingPercentiles(),
    ...(steady && (steady.isPilot ? { series: steady.series() } : { batches: steady.batches() })),
  };
}

function countsOf(
  result: RunResult,
): Omit<CellResult, "isUnstable" | "measures" | "series" | "batches"> {
  return {
    end: result.end.reason,
    fingerprint: result.fingerprint,
    inputHash: result.scenario.inputHash,
    podsCreatedCount: result.counts.podsCreated,
    podsPendingAtEndCount: result.counts.podsPendingAtEnd,
    attemptsCount: result.decisions.attemptsCount,
    tiedCount: result.decisions.tiedCount,
  };
}

/** Ties are broken at random, from the seed; user deciders have none of podsim's ties. */
function withDrawnTies(prepared: PreparedRun): PreparedRun {
  const schedulers = prepared.schedulers.map((one) => ({ ...one, tieBreak: "random" as const }));
  return { ...prepared, schedulers };
}
