// Door of the analysis floor: what may be concluded from the numbers that runs leave.
//
// Pure functions over lists of numbers, one value per replication. Small results are never dressed up:
// whether there is a mean, an interval or a verdict is part of every result's type.

// ---- one measure ------------------------------------------------------------------------

export type {
  AbsentEstimate,
  AbsentReason,
  Estimate,
  Interval,
  IntervalEstimate,
  IntervalMethod,
  PointEstimate,
  PointReason,
} from "./estimate.ts";
export {
  absentEstimate,
  CONFIDENCE_DEFAULT,
  COUNT_DEFAULT,
  COUNT_MIN,
  estimateMean,
  relativeHalfWidth,
} from "./estimate.ts";
export type { Replicate, Study } from "./study.ts";
export { estimateOf } from "./study.ts";
export type { QuantileEstimate, QuantileReplicate } from "./quantile-estimate.ts";
export {
  estimateQuantile,
  medianUnbiasedQuantile,
  nearestRankQuantile,
  observationsNeeded,
} from "./quantile-estimate.ts";
export { estimateRatio } from "./ratio-estimate.ts";
export type { BootstrapOptions } from "./bootstrap.ts";
export { bootstrapMean, bootstrapRatio, RESAMPLES_DEFAULT } from "./bootstrap.ts";
export type { BootstrapAnswer, BootstrapBeside, BesideQuestion } from "./bootstrap-beside.ts";
export { bootstrapBeside } from "./bootstrap-beside.ts";
export type {
  CensoringShare,
  ObservedDuration,
  OpenInterval,
  SurvivalQuantile,
  SurvivalStep,
} from "./survival.ts";
export {
  CENSORED_RATIO_MAX,
  censoringOf,
  curveQuantile,
  survivalCurve,
  survivalQuantile,
} from "./survival.ts";
export { giniCoefficient, jainIndex } from "./fairness.ts";

// ---- long runs --------------------------------------------------------------------------

export type { StudyWarmUp, WarmUp } from "./warm-up.ts";
export {
  averageAcross,
  batchAverages,
  compareHalves,
  findStudyWarmUp,
  findWarmUp,
  LENGTH_FACTOR_MAX,
} from "./warm-up.ts";
export type { WarmUpCurve, WarmUpRecord } from "./warm-up-record.ts";
export type { BatchMeans, LongRunMeasure } from "./batch-means.ts";
export { batchesWithConfidence, estimateByBatches, vonNeumannRatio } from "./batch-means.ts";
export type { LoadVerdict } from "./overload.ts";
export { judgeLoad } from "./overload.ts";

// ---- how many replications --------------------------------------------------------------

export { countForHalfWidth } from "./sample-size.ts";
export type { StoppingOptions, StoppingSeries, StoppingState } from "./stopping.ts";
export { judgeStopping } from "./stopping.ts";

// ---- alternatives -----------------------------------------------------------------------

export type {
  Direction,
  Incomparable,
  IncomparableReason,
  Margin,
  PairedDifference,
  Pairing,
  PairingGain,
} from "./paired-comparison.ts";
export { comparePairs, SKEWNESS_MAX } from "./paired-comparison.ts";
export type { SignedRank } from "./signed-rank.ts";
export { signedRankTest } from "./signed-rank.ts";
export { holmAdjusted } from "./holm.ts";
export type { ComparisonAnswer, ComparisonQuestion, Verdict } from "./verdicts.ts";
export { judgeComparisons } from "./verdicts.ts";
export type { RankInterval } from "./ranks.ts";
export { rankAlternatives } from "./ranks.ts";
export type { Elimination, SelectionOptions, SelectionState } from "./selection.ts";
export { Selection } from "./selection.ts";
export type { TieAudit } from "./tie-audit.ts";
export { auditTies } from "./tie-audit.ts";

export type {
  AlternativeSummary,
  WaitingEstimates,
  CompareRecord,
  ComparedMeasure,
  ControlledDifferences,
  SelectionOutcome,
  StoppingOutcome,
  TieAuditAnswer,
} from "./compare-record.ts";
export { COMPARE_SCHEMA_VERSION } from "./compare-record.ts";
export type { SweepRecord, SweepRow, SweptWarmUp } from "./sweep-record.ts";
export { SWEEP_SCHEMA_VERSION } from "./sweep-record.ts";
export type {
  LossAnswer,
  PlanLoss,
  PlanMonotony,
  PlanPoint,
  PlanRecord,
  PlanSize,
  RequirementAnswer,
  RequirementReason,
  RequirementState,
  WaitingGroup,
} from "./plan-record.ts";
export { PLAN_SCHEMA_VERSION } from "./plan-record.ts";

// ---- narrower intervals -----------------------------------------------------------------

export type {
  AntitheticAnswer,
  AntitheticPilot,
  AntitheticEstimate,
  Control,
  Stratum,
} from "./variance-reduction.ts";
export {
  estimateAntithetic,
  judgePairs,
  estimateStratified,
  estimateWithControls,
} from "./variance-reduction.ts";

// ---- laws for values --------------------------------------------------------------------

export type { FittedLaw, LawFits } from "./fit-laws.ts";
export { fitLaws, representativeValues } from "./fit-laws.ts";
export { distanceOfValues } from "./fit-statistics.ts";

// ---- arithmetic that others need --------------------------------------------------------

export {
  correlationOf,
  covarianceOf,
  differencesOf,
  meanOf,
  skewnessOf,
  standardDeviationOf,
  sumOf,
  varianceOf,
} from "./moments.ts";
export { studentQuantile, studentTail } from "./student.ts";
export type { OutcomeEstimate, WhatifAnswer, WhatifStudy } from "./whatif-answer.ts";
