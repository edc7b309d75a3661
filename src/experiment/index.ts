// Door of the experiment floor, portable half: scenarios in, results out, without a single file.
//
// Everything here also runs in a browser. What needs files, threads or a queue is behind node.ts.

export { FINGERPRINT_VERSION, PODSIM_VERSION } from "./versions.ts";
export { SCENARIO_API_VERSION } from "./scenario/scenario.ts";
export type { Scenario, SchedulerSpec } from "./scenario/scenario.ts";
export { decodeScenario, readScenario } from "./scenario/read-scenario.ts";
export type { ScenarioOptions, ScenarioReading } from "./scenario/read-scenario.ts";
export { applyOverride } from "./scenario/set-field.ts";
export type { OverrideOutcome } from "./scenario/set-field.ts";
export { scenarioHash } from "./scenario/scenario-hash.ts";
export { initScenarioText } from "./scenario/init-scenario.ts";
export { scenarioJsonSchema } from "./scenario/scenario-schema.ts";
export type { InputBytes, RunInput } from "./run-input.ts";
export type { RunIdentity, RunScheduler } from "./run-scheduler.ts";
export {
  configuredScheduler,
  defaultScheduler,
  policyScheduler,
  schedulerOfSpec,
} from "./assembly/scheduler-choice.ts";
export { strategyScheduler } from "./strategy-module.ts";
export { prepareRun } from "./prepare-run.ts";
export type { PreparedRun } from "./prepare-run.ts";
export { ActiveRun, runToEnd, startRun } from "./run.ts";
export type { RunOptions } from "./run.ts";
export { decisionCaseText } from "./decision-case.ts";
export { runScenario } from "./run-scenario.ts";
export type { RunScenarioOptions } from "./run-scenario.ts";
export { formatReportLine } from "./verify/case-format.ts";
export type { Difference, VerifyReport } from "./verify/case-format.ts";
export { countRules } from "./verify/rule-counts.ts";
export type { RuleCount } from "./verify/rule-counts.ts";
export { verifyCases } from "./verify/cases.ts";
export { verifyDecisions } from "./verify/decisions.ts";
export { verifyTrajectories } from "./verify/trajectories.ts";
export { verifyTimeline } from "./verify/timelines/verify-timelines.ts";
export { builtInShapes } from "./shapes/built-in-shapes.ts";
export { nodeOfShape } from "./shapes/node-shape.ts";
export type { NodeOfShape, NodeShape, ShapeProvider, ShapeResources } from "./shapes/node-shape.ts";
export { readInterfaceLimits, readShapeCatalogue } from "./shapes/shape-catalogue.ts";
export type { ShapeCatalogue } from "./shapes/shape-catalogue.ts";
export { explainRun } from "./explain/explain-run.ts";
export type { RunQuestion } from "./explain/explain-run.ts";
export { explainSnapshot } from "./explain/explain-snapshot.ts";
export type { SnapshotQuestion } from "./explain/explain-snapshot.ts";
export { IMPORTERS } from "../workload/index.ts";
export type { Importer, ImportNote, ImportOption, TableSink } from "../workload/index.ts";
export { importedScenarioText, importNoteText } from "./import/imported-scenario.ts";
export { exportTrace } from "./export/exported-trace.ts";
export type { ExportOutcome } from "./export/exported-trace.ts";
export { countFits } from "./fit/count-fits.ts";
export type { FitAnswer, FitQuestion } from "./fit/count-fits.ts";
export { cellRunnerOf, Plan } from "./plan/plan.ts";
export { PlanCellCut, PlanStopped } from "./plan/evaluate-point.ts";
export type { PlanCellOrder, PlanCellRunner } from "./plan/evaluate-point.ts";
export { runPlanCell } from "./plan/plan-cell.ts";
export type { PlanCell } from "./plan/plan-cell.ts";
export { PLAN_POINTS_MAX, PLAN_REPLICATIONS_MAX, parseLoss } from "./plan/plan-question.ts";
export type { LossQuestion, PlanQuestion } from "./plan/plan-question.ts";
export { findRemovable } from "./plan/removable.ts";
export { benchSampleOf } from "./bench/bench-sample.ts";
export type { BenchSample } from "./bench/bench-sample.ts";
export { baselineText, readBaseline } from "./bench/bench-baseline.ts";
export type { BenchBaseline } from "./bench/bench-baseline.ts";
export { judgeEquality, judgeStrategies, STRATEGY_SEEDS_MIN } from "./bench/judge-results.ts";
export { judgeOperations } from "./bench/judge-operations.ts";
export { judgeInstructions, judgeRound, judgeTimes } from "./bench/judge-times.ts";
export type { InstructionCounts, TimedPair } from "./bench/judge-times.ts";
export { VARIED_PARTS } from "./scenario/known-names.ts";
export { cellHash } from "./study/study-cell.ts";
export type {
  CellResult,
  CellRunner,
  CellWatch,
  StudyCell,
  StudyPoint,
} from "./study/study-cell.ts";
export { SteadyWatch } from "./study/steady-watch.ts";
export { type PilotRuns, searchWarmUp } from "./study/warm-up-search.ts";
export { runStudyCell } from "./study/run-cell.ts";
export { type StudiedWorld, studiedWorld } from "./study/cell-estimates.ts";
export { faultStrata } from "./study/fault-strata.ts";
export {
  judgeSweptPairs,
  sweepCells,
  sweepCellsOf,
  sweepPilotCellsOf,
} from "./study/sweep-cells.ts";
export type { SweepPlan } from "./study/sweep-cells.ts";
export { listCombinations, splitValues } from "./study/sweep-parameters.ts";
export type { Combination, Parameter } from "./study/sweep-parameters.ts";
export { workTogether } from "./assembly/schedulers-together.ts";
export { runCell } from "./compare/compare-cell.ts";
export type { CellQuestion, CompareCell } from "./compare/compare-cell.ts";
export { COMPARED_MEASURES } from "./compare/compare-measures.ts";
export { cellsOf, compareCells, judgePilotPairs, pilotCellsOf } from "./compare/compare-cells.ts";
export {
  type CellPlace,
  cellsByAlternative,
  nextCells,
  worldOfCell,
} from "./compare/compare-design.ts";
export type { CompareDesign } from "./compare/compare-design.ts";
export { type KnownControl, knownControl } from "./compare/known-controls.ts";
export type { ComparePlan } from "./compare/compare-cells.ts";
export { CHANGE_FORMS, parseChanges } from "./whatif/parse-change.ts";
export type { Change } from "./whatif/change.ts";
export { changedWorld } from "./whatif/answer-whatif.ts";
export type { WhatifQuestion } from "./whatif/answer-whatif.ts";
export { studyWhatif } from "./whatif/whatif-study.ts";
export type { WhatifStudyOptions } from "./whatif/whatif-study.ts";
// What ends a run from inside, for callers who may not look further down.
export { InvariantBroken } from "../engine/index.ts";
export { EvaluatorDifference, StrategyError } from "../scheduler/index.ts";
export type { EvaluatorName, StrategyCall, UserCallWatch } from "../scheduler/index.ts";
export { listSettings } from "./settings.ts";
export type { Setting } from "./settings.ts";
export { FGD_POLICIES } from "./fgd/fgd-policies.ts";
export { FGD_TABLES, type FgdCell, fgdTable, isFgdName } from "./fgd/fgd-tables.ts";
