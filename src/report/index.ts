// Door of the report floor: results in, text out. Never sees a running simulation.
//
// Every function here takes a record or rows and returns text, so the same report comes from a fresh
// run, from a file, and in a browser.

export { formatNotes, formatSummary, ratioText, spanText, verdictLine } from "./summary-text.ts";
export { formatResult, measureRows } from "./result-formats.ts";
export type { MeasureRow } from "./result-formats.ts";
export { formatTextTable } from "./text-table.ts";
export type { Alignment } from "./text-table.ts";
export {
  csvHeader,
  csvLine,
  csvText,
  DECISIONS_CSV,
  EVENTS_CSV,
  NODES_CSV,
  PODS_CSV,
  TIMESERIES_CSV,
} from "./csv-rows.ts";
export type { CsvTable } from "./csv-rows.ts";
export { formatFit } from "./fit-formats.ts";
export { formatPlan } from "./plan-formats.ts";
export { formatRemovable } from "./removable-formats.ts";
export { formatLawFits } from "./law-fit-formats.ts";
export { COMPARE_FORMATS, formatCompare } from "./compare-formats.ts";
export { formatWhatif, WHATIF_FORMATS } from "./whatif-formats.ts";
export { drawWarmUp } from "./warm-up-plot.ts";
export { formatWarmUp, longRunLine } from "./warm-up-text.ts";
export { formatSweep, SWEEP_FORMATS } from "./sweep-formats.ts";
export { formatOperations } from "./operations-text.ts";
export { BENCH_FORMATS, formatBench, formatBenchAudit } from "./bench-formats.ts";
export type { BenchFormat } from "./bench-formats.ts";
export { formatExplanation } from "./explain-formats.ts";
export { explainHeadline, explainSections } from "./explain-text.ts";
export type { ExplainDetail, ExplainSection } from "./explain-section.ts";
export { obstacleText } from "./explain-changes.ts";
