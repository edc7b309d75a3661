// Tiers C and D: instructions and processor time of head over base, measured side by side.
//
// Pure arithmetic over figures that somebody with a clock has taken. Pairs of neighbouring processes
// share what the machine was up to, so the ratio within a pair says more than either time.

import { bootstrapMean, meanOf } from "../../analysis/index.ts";
import { exp, ln, streamName } from "../../base/index.ts";
import type { TierFinding, TimeRound } from "../../metrics/index.ts";

/** Largest rise of instructions that passes. */
const INSTRUCTION_RISE_MAX = 0.01;
/** Rise of processor time that fails when even the lower bound passes it. */
const TIME_RISE_MAX = 0.05;
/** An interval wider than this says nothing. */
const INTERVAL_WIDTH_MAX = 2 * TIME_RISE_MAX;

/** Processor times of two neighbouring processes, in any unit. */
export interface TimedPair {
  readonly base: number;
  readonly head: number;
}

/** Instructions of one scenario: whole processes, and of those only started up. */
export interface InstructionCounts {
  readonly base: { readonly whole: number; readonly startup: number };
  readonly head: { readonly whole: number; readonly startup: number };
}

/** Tier C; `counts` is a text where the machine has no such counter. */
export function judgeInstructions(counts: InstructionCounts | string): TierFinding {
  if (typeof counts === "string")
    return { tier: "C", verdict: "unavailable", reason: counts, ratio: null };
  const base = counts.base.whole - counts.base.startup;
  const head = counts.head.whole - counts.head.startup;
  if (base <= 0) {
    const reason = "the run needs no more instructions than its start";
    return { tier: "C", verdict: "unavailable", reason, ratio: null };
  }
  const ratio = head / base;
  const isOver = ratio > 1 + INSTRUCTION_RISE_MAX;
  const reason = `${percentText(ratio)} instructions in user space, start-up left out`;
  return { tier: "C", verdict: isOver ? "fail" : "pass", reason, ratio };
}

/** One round of tier D over pairs in the order of their measurement; at least five of them. */
export function judgeRound(pairs: readonly TimedPair[], name: string): TimeRound {
  const logs = pairs.map(({ base, head }) => ln(head / base));
  const stream = streamName(name, 0, "bench/ratio");
  const estimate = bootstrapMean(logs, { stream });
  const mean = exp(meanOf(logs));
  // Pairs that are all alike to the last bit have no width; fewer than five have no interval.
  const isConstant = estimate.kind === "point" && estimate.reason === "constant";
  const low = estimate.kind === "interval" ? exp(estimate.low) : isConstant ? mean : 0;
  const high = estimate.kind === "interval" ? exp(estimate.high) : isConstant ? mean : 2 * mean;
  return {
    pairsCount: pairs.length,
    ratio: mean,
    low,
    high,
    verdict:
      low > 1 + TIME_RISE_MAX ? "fail" : high - low > INTERVAL_WIDTH_MAX ? "inconclusive" : "pass",
  };
}

/** Tier D from its rounds: a miss counts only if the second round misses as well. */
export function judgeTimes(rounds: readonly TimeRound[]): TierFinding {
  const last = rounds.at(-1)!;
  const isMissedTwice = rounds.length > 1 && rounds.every(({ verdict }) => verdict === "fail");
  const verdict = last.verdict === "fail" && !isMissedTwice ? "inconclusive" : last.verdict;
  const interval = `[${percentText(last.low)}, ${percentText(last.high)}]`;
  const again =
    rounds.length > 1 ? `, after ${percentText(rounds[0]!.ratio)} in the first round` : "";
  return {
    tier: "D",
    verdict,
    reason: `${percentText(last.ratio)} ${interval} processor time over ${last.pairsCount} pairs${again}`,
    rounds,
  };
}

function percentText(ratio: number): string {
  const percent = (ratio - 1) * 100;
  return `${percent < 0 ? "" : "+"}${percent.toFixed(1)} %`;
}
