// Tier D's measuring: processes of base and head in turns, so that both meet the same hour of the machine.
//
// Turns go base, head, head, base: what drifts evenly cancels out within four processes.

import { judgeRound, judgeTimes, type TimedPair } from "../../experiment/index.ts";
import type { TierFinding, TimeRound } from "../../metrics/index.ts";
import type { BenchRuns, BenchSide } from "./bench-runs.ts";

/** What is timed, and how often. */
export interface TimingPlan {
  readonly scenario: string;
  readonly seed: string | undefined;
  readonly pairsCount: number;
  /** Told before each process. */
  note(text: string): void;
}

/** One round, and a second one if the first is a miss. */
export async function timeSides(
  runs: BenchRuns,
  base: BenchSide,
  head: BenchSide,
  plan: TimingPlan,
): Promise<TierFinding> {
  const rounds: TimeRound[] = [];
  for (const name of ["first", "second"]) {
    const pairs = await timePairs(runs, base, head, plan);
    const round = judgeRound(pairs, `${plan.scenario}: ${name}`);
    rounds.push(round);
    if (round.verdict !== "fail") break;
  }
  return judgeTimes(rounds);
}

async function timePairs(
  runs: BenchRuns,
  base: BenchSide,
  head: BenchSide,
  plan: TimingPlan,
): Promise<TimedPair[]> {
  const { scenario, seed, pairsCount } = plan;
  // The first processes read files that later ones find in memory.
  await runs.time(base, scenario, seed);
  await runs.time(head, scenario, seed);
  const pairs: TimedPair[] = [];
  for (let at = 0; at < pairsCount; at++) {
    plan.note(`${scenario}: tier D, pair ${at + 1} of ${pairsCount}`);
    const order = at % 2 === 0 ? [base, head] : [head, base];
    const first = await runs.time(order[0]!, scenario, seed);
    const second = await runs.time(order[1]!, scenario, seed);
    pairs.push(at % 2 === 0 ? { base: first, head: second } : { base: second, head: first });
  }
  return pairs;
}
