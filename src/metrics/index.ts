// Door of the metrics floor: what a run leaves, and how it is measured while it runs.
//
// Measuring observes commits and decisions and changes neither, so a run has the same fingerprint with
// and without it.

export { KUBERNETES_VERSION, RESULT_SCHEMA_VERSION } from "./run-result.ts";
export type {
  DecisionRow,
  CostSummary,
  DepartureCounts,
  DurationSummary,
  EnergySummary,
  EventRow,
  ExpectationVerdict,
  FairnessSummary,
  FragmentationSummary,
  LostWorkSummary,
  NamespaceShare,
  NodeRow,
  OperationsSummary,
  PendingSurvival,
  PodRow,
  ResultNote,
  RowSinks,
  RunEnd,
  RunResult,
  SchedulerSummary,
  SampleRow,
  SpanRow,
  ThresholdVerdict,
  UtilizationSummary,
  WorkloadSummary,
} from "./run-result.ts";
export { MEASURES, judgeThreshold, parseAmount, parseThreshold } from "./thresholds.ts";
export type { MeasureUnit, Threshold, ThresholdOperator } from "./thresholds.ts";
export { DurationSample, QUANTILE_ERROR_RATIO } from "./duration-sample.ts";
export { ratioOf, TimeWeightedGauge } from "./time-weighted-gauge.ts";
export type { Quotient } from "./time-weighted-gauge.ts";
export { Collector } from "./collector.ts";
export type { MeasuredResult } from "./collector.ts";
export { EfficiencyMeters } from "./efficiency-meters.ts";
export type { EfficiencyPlan, MachineRate, MeasuredEfficiency } from "./efficiency-meters.ts";
export type { DevicesOfPod } from "./fragmentation-meter.ts";
export type { TemplateCount } from "./usual-pods.ts";
export { amountText } from "./amount-text.ts";
export { FIT_SCHEMA_VERSION } from "./fit-record.ts";
export type { FitNode, FitRecord, FitStop, FitVerdict } from "./fit-record.ts";
export { WHATIF_SCHEMA_VERSION } from "./whatif-record.ts";
export type {
  OutcomeCounts,
  PodOutcome,
  WhatifBudget,
  WhatifChange,
  WhatifGate,
  WhatifMeasure,
  WhatifPod,
  WhatifRecord,
  WhatifWorkload,
  WorkloadFigures,
} from "./whatif-record.ts";
export { EXPLAIN_SCHEMA_VERSION } from "./explain-record.ts";
export type {
  AttemptSpan,
  ChangeKind,
  ExplainedAttempt,
  ExplainedChange,
  ExplainedDecision,
  ExplainedNode,
  ExplainedPod,
  ExplainedPostFilter,
  ExplainedPreemption,
  ExplainedQueue,
  ExplainRecord,
  NodeObstacles,
  NodeScores,
  Obstacle,
  ObstacleKind,
  PodSuggestion,
  PreemptionOption,
  ResourceAmount,
  ResourceLack,
  ResourceUnit,
  ScoreTable,
  SearchSummary,
  TieSet,
  UntriedPod,
  VerdictGroup,
} from "./explain-record.ts";
export type { RemovableRecord, RemovalNode, RemovalObstacle } from "./removable-record.ts";
export { REMOVABLE_SCHEMA_VERSION } from "./removable-record.ts";
export { BENCH_SCHEMA_VERSION, BENCH_TIERS } from "./bench-record.ts";
export type {
  BenchAudit,
  BenchedResult,
  BenchReport,
  BenchTier,
  BenchVerdict,
  CountFinding,
  MeasureFinding,
  ScenarioFinding,
  TierFinding,
  TimeRound,
} from "./bench-record.ts";
export { AccountingAudit, numberViolation, registerMetricsInvariants } from "./accounting-audit.ts";
export { registerLostWorkInvariant } from "./lost-work-audit.ts";
