// Door of the workload floor: what comes to a cluster, and how long it stays.
//
// Arrivals, lifetimes and traces are functions of seed and identity alone; what the cluster does with
// the pods never changes which come next.

export { PodSubmitter } from "./pod-submitter.ts";
export type { PodSubmission } from "./pod-submitter.ts";
export { PodGenerator } from "./pod-generator.ts";
export { prefilledPods } from "./pod-prefill.ts";
export type { PrefillCount, PrefilledPod } from "./pod-prefill.ts";
export type { GeneratorDraws, GeneratorSpec } from "./pod-generator.ts";
export { findCycle, JobGraph } from "./job-graph.ts";
export type { Trace, TraceFile, TraceFormat, TraceNote, TracePod, TracePodList } from "./trace.ts";
export { resampledPods, type ResampleSpec, spanOf } from "./resampling.ts";
export { shakenPods, type ShakeSpec } from "./shaking.ts";
export { recordedLine } from "./traces/recorded.ts";
export { TRACE_FORMATS } from "./traces/registry.ts";
export { IMPORTERS } from "./traces/import/importers.ts";
export {
  type ImportEffect,
  type ImportedScenario,
  type ImportedStep,
  type Importer,
  type ImportFile,
  ImportLedger,
  type ImportNote,
  type ImportOption,
  type TableSink,
} from "./traces/import/importer.ts";
export {
  OPENB_GPU_RESOURCE,
  OPENB_MODEL_LABEL,
  type OpenbPod,
  readOpenb,
  readOpenbPods,
} from "./traces/openb.ts";
export type { ContainerTimes } from "./pod-behavior.ts";
export {
  AnnotatedPodBehavior,
  INSTANT_CONTAINER_TIMES,
  STAND_IN_CONTAINER_TIMES,
  TYPICAL_CONTAINER_TIMES,
} from "./pod-behavior.ts";
export { runLawProblem } from "./run-law.ts";
export { usageProblem } from "./usage-profile.ts";
