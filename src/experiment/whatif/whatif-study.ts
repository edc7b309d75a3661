// A what-if question over replications: pairs of runs on the same draws, and what they say together.
//
// The record is that of the first replication; outcomes are counted and measures compared over all.

import {
  CONFIDENCE_DEFAULT,
  estimateOf,
  type Study,
  type WhatifAnswer,
} from "../../analysis/index.ts";
import type { OutcomeCounts, PodOutcome, RunResult } from "../../metrics/index.ts";
import type { CompareCell } from "../compare/compare-cell.ts";
import { compareCells, type ComparePlan } from "../compare/compare-cells.ts";
import { measuresOf } from "../compare/compare-measures.ts";
import type { PreparedRun } from "../prepare-run.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import { answerWhatif, type WhatifPair, type WhatifPairOptions } from "./answer-whatif.ts";
import type { ChangedWorld } from "./apply-changes.ts";

/** How often, and what differs from time to time. */
export interface WhatifStudyOptions extends Omit<WhatifPairOptions, "replication" | "varied"> {
  /** Empty: nothing varies, and one pair is run. */
  readonly varied: readonly VariedPart[];
  readonly replicationsCount: number;
  readonly confidence?: number;
}

const ALTERNATIVES = ["baseline", "change"];

/** Runs all pairs; of a stopped study the record of the first pair is left, and no intervals. */
export function studyWhatif(world: ChangedWorld, options: WhatifStudyOptions): WhatifAnswer {
  const { varied, replicationsCount, confidence = CONFIDENCE_DEFAULT, ...pair } = options;
  if (varied.length === 0) return { ...answerWhatif(world, pair).record, study: null };
  const drawn = varied.includes("ties") ? withDrawnTies(world) : world;
  const cells: CompareCell[] = [];
  const counts: OutcomeCounts[] = [];
  let first: WhatifPair | undefined;
  for (let replication = 0; replication < replicationsCount; replication++) {
    const answer = answerWhatif(drawn, { ...pair, replication, varied });
    first ??= answer;
    if (!answer.record.end.isWhole) return { ...first.record, end: answer.record.end, study: null };
    counts.push(answer.record.counts);
    cells.push(cellOf(answer.baseline, 0, replication), cellOf(answer.change, 1, replication));
  }
  const study: Study = { kind: "terminating", varied };
  const estimates = (Object.keys(counts[0]!) as PodOutcome[]).map((outcome) => ({
    outcome,
    estimate: estimateOf(
      study,
      counts.map((each) => ({ value: each[outcome], isUnstable: false })),
      confidence,
    ),
  }));
  const plan: ComparePlan = {
    ...{ scenario: world.baseline.scenario, alternatives: ALTERNATIVES, baseline: 0 },
    ...{ varied, replicationsCount, confidence, measures: [] },
    margin: { kind: "relative", ratio: 0.01 },
  };
  return {
    ...first!.record,
    study: {
      ...{ replicationsCount, varied, confidence, outcomes: estimates },
      comparison: compareCells(plan, cells),
    },
  };
}

/** Ties are broken at random, from the seed, under both alike. */
function withDrawnTies(world: ChangedWorld): ChangedWorld {
  const drawn = (prepared: PreparedRun): PreparedRun => ({
    ...prepared,
    schedulers: prepared.schedulers.map((one) => ({ ...one, tieBreak: "random" as const })),
  });
  return { ...world, baseline: drawn(world.baseline), change: drawn(world.change) };
}

function cellOf(result: RunResult, alternative: number, replication: number): CompareCell {
  const { counts, decisions } = result;
  return {
    ...{ alternative, replication, end: result.end.reason, fingerprint: result.fingerprint },
    inputHash: result.scenario.inputHash,
    podsCreatedCount: counts.podsCreated,
    podsPendingAtEndCount: counts.podsPendingAtEnd,
    attemptsCount: decisions.attemptsCount,
    tiedCount: decisions.tiedCount,
    isUnstable: false,
    measures: measuresOf(result),
  };
}
