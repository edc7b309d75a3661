// One cell of a comparison: one alternative in one replication, and the numbers it leaves.
//
// Plain data, so that it crosses threads; which thread ran it changes nothing about it.

import { judgeLoad } from "../../analysis/index.ts";
import type { RunEnd, RunResult, SampleRow } from "../../metrics/index.ts";
import type { UserCallWatch } from "../../scheduler/index.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { runToEnd } from "../run.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import { measuresOf, type MeasuredValue } from "./compare-measures.ts";

/** What one cell leaves. */
export interface CompareCell {
  readonly alternative: number;
  readonly replication: number;
  readonly end: RunEnd;
  readonly fingerprint: string;
  readonly inputHash: string;
  readonly podsCreatedCount: number;
  readonly podsPendingAtEndCount: number;
  readonly attemptsCount: number;
  readonly tiedCount: number;
  readonly isUnstable: boolean;
  readonly measures: readonly MeasuredValue[];
}

/** Which cell, in which world. */
export interface CellQuestion {
  readonly alternative: number;
  readonly replication: number;
  readonly varied: readonly VariedPart[];
  readonly userCalls?: UserCallWatch;
}

/** Runs one cell to its end. */
export function runCell(prepared: PreparedRun, question: CellQuestion): CompareCell {
  const { alternative, replication, varied, userCalls } = question;
  const { study, horizon, warmup } = prepared.scenario.run;
  const waiting =
    study === "steady-state" && horizon !== undefined
      ? new WaitingPods(warmup, horizon)
      : undefined;
  const result = runToEnd(varied.includes("ties") ? withDrawnTies(prepared) : prepared, {
    replication,
    varied,
    ...(userCalls === undefined ? {} : { userCalls }),
    ...(waiting === undefined ? {} : { sinks: { sample: (row) => waiting.add(row) } }),
  });
  return {
    alternative,
    replication,
    ...countsOf(result),
    isUnstable: waiting !== undefined && judgeLoad(waiting.series()).kind === "unstable",
    measures: measuresOf(result),
  };
}

function countsOf(
  result: RunResult,
): Omit<CompareCell, "alternative" | "replication" | "isUnstable" | "measures"> {
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
