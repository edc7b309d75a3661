// The run behind one cell of a study: one prepared world in one replication, and the numbers it leaves.
//
// Every study (comparison, sweep, plan) runs its cells through here, so that one cell means the same
// in all of them. Pure: no threads, no files; which thread called it changes nothing.

import { estimateByBatches, judgeLoad } from "../../analysis/index.ts";
import type { RowSinks, RunResult, SampleRow } from "../../metrics/index.ts";
import type { UserCallWatch } from "../../scheduler/index.ts";
import { measuresOf, withQuotients } from "../compare/compare-measures.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { type ActiveRun, startRun } from "../run.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import { SteadySeries } from "./steady-series.ts";
import type { CellResult } from "./study-cell.ts";

/** Which replication of which varied world. */
export interface CellRun {
  readonly replication: number;
  readonly varied: readonly VariedPart[];
  readonly userCalls?: UserCallWatch;
  /** Told of the whole result, for studies that need more of it than the cell's numbers. */
  readonly onResult?: (result: RunResult) => void;
  /** Lets the run advance to its end while somebody watches; throws where it is to stop. */
  readonly advance?: (run: ActiveRun) => void;
}

/** Runs one cell to its end, or to the limit that it hits: `end` says which. */
export function runStudyCell(prepared: PreparedRun, run: CellRun): CellResult {
  const { replication, varied, userCalls } = run;
  const { study, horizon, warmup, warmupAuto } = prepared.scenario.run;
  const isPilot = warmupAuto === true;
  const isSteady = study === "steady-state" && horizon !== undefined;
  const waiting = isSteady ? new WaitingPods(warmup, horizon) : undefined;
  const steady = isSteady ? new SteadySeries(warmup, horizon, isPilot) : undefined;
  const active = startRun(varied.includes("ties") ? withDrawnTies(prepared) : prepared, {
    replication,
    varied,
    ...(userCalls === undefined ? {} : { userCalls }),
    ...(isPilot && { isPilot }),
    ...(waiting && steady && { sinks: sinksOf(waiting, steady) }),
  });
  if (run.advance === undefined) while (active.advance(Number.MAX_SAFE_INTEGER));
  else run.advance(active);
  const result = active.finish();
  run.onResult?.(result);
  return {
    ...countsOf(result),
    isUnstable: waiting !== undefined && judgeLoad(waiting.series()).kind === "unstable",
    measures: withQuotients(measuresOf(result), active.quotients()),
    waiting: active.waitingPercentiles(),
    ...(steady && isPilot && { series: steady.series() }),
    ...(steady && !isPilot && { batches: batchesOf(steady) }),
  };
}

function sinksOf(waiting: WaitingPods, steady: SteadySeries): RowSinks {
  const sample = (row: SampleRow): void => {
    waiting.add(row);
    steady.sinks.sample?.(row);
  };
  return { ...steady.sinks, sample };
}

function batchesOf(steady: SteadySeries): NonNullable<CellResult["batches"]> {
  return steady.inOrder().map(({ measure, values }) => ({ measure, ...estimateByBatches(values) }));
}

function countsOf(
  result: RunResult,
): Omit<CellResult, "isUnstable" | "measures" | "series" | "batches" | "waiting"> {
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

const SPANS = 400;

/** Time-weighted number of waiting pods in equal spans of the measured time. */
class WaitingPods {
  private readonly fromUs: number;
  private readonly spanUs: number;
  private readonly podUs = new Float64Array(SPANS);
  private lastUs: number;
  private pending = 0;

  constructor(fromUs: number, untilUs: number) {
    this.fromUs = fromUs;
    this.spanUs = (untilUs - fromUs) / SPANS;
    this.lastUs = fromUs;
  }

  add({ atUs, podsPending }: SampleRow): void {
    this.advance(atUs);
    this.pending = podsPending;
  }

  series(): number[] {
    this.advance(this.fromUs + SPANS * this.spanUs);
    return [...this.podUs];
  }

  private advance(toUs: number): void {
    let at = this.lastUs;
    while (at < toUs) {
      const span = Math.min(SPANS - 1, Math.floor((at - this.fromUs) / this.spanUs));
      const end = span === SPANS - 1 ? toUs : this.fromUs + (span + 1) * this.spanUs;
      const until = Math.min(toUs, Math.max(end, at + 1));
      this.podUs[span]! += this.pending * (until - at);
      at = until;
    }
    this.lastUs = Math.max(this.lastUs, toUs);
  }
}
