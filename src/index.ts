// podsim as a library: what a program that uses it may import, in the order in which it is learned.
//
// Read or build a scenario, run it, look at the result; then plug in something of your own; then take
// a run apart. Everything else is the house's own business and may change without notice.

// ---- run a scenario ----------------------------------------------------------------------------
export { runScenario } from "./experiment/index.ts";
export type { RunScenarioOptions } from "./experiment/index.ts";
export type {
  DecisionRow,
  DurationSummary,
  EventRow,
  NodeRow,
  PodRow,
  ResultNote,
  RowSinks,
  RunEnd,
  RunResult,
  SampleRow,
  SpanRow,
  ThresholdVerdict,
  UtilizationSummary,
  WorkloadSummary,
} from "./metrics/index.ts";

// ---- read a scenario, and what can be wrong with it ----------------------------------------------
export {
  decodeScenario,
  readScenario,
  scenarioHash,
  scenarioJsonSchema,
} from "./experiment/index.ts";
export type { Scenario, ScenarioOptions, ScenarioReading } from "./experiment/index.ts";
export { formatProblems, InputError, readDocuments } from "./base/index.ts";
export type { PositionedDocument, Problem, Severity } from "./base/index.ts";

// ---- schedulers: built in, configured, your own ---------------------------------------------------
export {
  configuredScheduler,
  defaultScheduler,
  policyScheduler,
  strategyScheduler,
} from "./experiment/index.ts";
export type { RunScheduler } from "./experiment/index.ts";
export { definePlugin, defineStrategy, StrategyError } from "./scheduler/index.ts";
export type {
  ClusterView,
  CycleMemory,
  NodeView,
  PluginDefinition,
  PluginHooks,
  PluginSource,
  PluginVerdict,
  PodView,
  StrategyAnswer,
  StrategyDefinition,
  StrategyRandom,
  StrategySource,
  WaitingPodsView,
} from "./scheduler/index.ts";

// ---- faults of your own ----------------------------------------------------------------------------
export { defineFault } from "./faults/index.ts";
export type { FaultContext, UserFault } from "./faults/index.ts";

// ---- a run in steps ---------------------------------------------------------------------------------
export { prepareRun, runToEnd, startRun } from "./experiment/index.ts";
export type {
  ActiveRun,
  InputBytes,
  PreparedRun,
  RunInput,
  RunOptions,
} from "./experiment/index.ts";

// ---- why a pod is where it is, and what arrived -------------------------------------------------------
/** Replays a prepared run and explains one decision; or judges a pod on the objects as they are. */
export { explainRun, explainSnapshot } from "./experiment/index.ts";
export type { RunQuestion, SnapshotQuestion } from "./experiment/index.ts";
export type { ExplainRecord } from "./metrics/index.ts";
/** Writes what a scenario's generators and traces give in one replication, as a trace. */
export { exportTrace } from "./experiment/index.ts";
export type { ExportOutcome } from "./experiment/index.ts";

// ---- statistics on numbers of one's own: one value per replication -------------------------------------
/** Of one measure: a mean, a ratio of means, a mean of percentiles; none, a number, or an interval. */
export {
  bootstrapMean,
  bootstrapRatio,
  estimateMean,
  estimateQuantile,
  estimateRatio,
} from "./analysis/index.ts";
export type {
  AbsentEstimate,
  AbsentReason,
  BootstrapOptions,
  Estimate,
  Interval,
  IntervalEstimate,
  IntervalMethod,
  PointEstimate,
  PointReason,
  QuantileEstimate,
  QuantileReplicate,
} from "./analysis/index.ts";
/** Durations of which some had not ended. */
export { censoringOf, curveQuantile, survivalCurve, survivalQuantile } from "./analysis/index.ts";
export type {
  CensoringShare,
  ObservedDuration,
  OpenInterval,
  SurvivalQuantile,
  SurvivalStep,
} from "./analysis/index.ts";
/** Long runs: where the beginning ends, one run in batches, whether work piles up. */
export {
  compareHalves,
  estimateByBatches,
  findStudyWarmUp,
  findWarmUp,
  judgeLoad,
} from "./analysis/index.ts";
export type { BatchMeans, LoadVerdict, StudyWarmUp, WarmUp } from "./analysis/index.ts";
/** Alternatives in the same worlds: pairs, tables of verdicts, the best of many. */
export {
  comparePairs,
  holmAdjusted,
  judgeComparisons,
  rankAlternatives,
  Selection,
  signedRankTest,
} from "./analysis/index.ts";
export type {
  ComparisonAnswer,
  ComparisonQuestion,
  Direction,
  Elimination,
  Incomparable,
  IncomparableReason,
  Margin,
  PairedDifference,
  Pairing,
  PairingGain,
  RankInterval,
  SelectionOptions,
  SelectionState,
  SignedRank,
  Verdict,
} from "./analysis/index.ts";
/** How many replications. */
export { countForHalfWidth, judgeStopping } from "./analysis/index.ts";
export type { StoppingOptions, StoppingSeries, StoppingState } from "./analysis/index.ts";
/** Narrower intervals from as many runs. */
export {
  estimateAntithetic,
  estimateStratified,
  estimateWithControls,
} from "./analysis/index.ts";
export type { AntitheticEstimate, Control, Stratum } from "./analysis/index.ts";
/** Laws for values: fitted, with how well they fit. */
export { fitLaws } from "./analysis/index.ts";
export type { FittedLaw, LawFits } from "./analysis/index.ts";

// ---- agreement with recorded truth --------------------------------------------------------------------
export { verifyCases, verifyDecisions, verifyTrajectories } from "./experiment/index.ts";
export type { Difference, VerifyReport } from "./experiment/index.ts";
export { PODSIM_VERSION } from "./experiment/index.ts";
export { KUBERNETES_VERSION } from "./metrics/index.ts";
