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

// ---- agreement with recorded truth --------------------------------------------------------------------
export { verifyCases, verifyDecisions, verifyTrajectories } from "./experiment/index.ts";
export type { Difference, VerifyReport } from "./experiment/index.ts";
export { PODSIM_VERSION } from "./experiment/index.ts";
export { KUBERNETES_VERSION } from "./metrics/index.ts";
