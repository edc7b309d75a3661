// Door of scheduler: kube-scheduler's decisions and its queue, in virtual time.
//
// Two halves: what decides about one pod (framework, cache, plugins, evaluator) and what decides
// which pod is next and carries decisions out (queue, loop, policies).

// ---- framework, cache, plugins, evaluator ------------------------------------------------

export {
  Code,
  errorStatus,
  formatCode,
  isRejected,
  SKIP,
  type Status,
  statusMessage,
  SUCCESS,
  unresolvable,
  unschedulable,
} from "./framework/status.ts";
export { podKey, type PodInfo, type PodOwner } from "./framework/pod-info.ts";
export { CycleState, type CycleValue } from "./framework/cycle-state.ts";
export {
  Action,
  type ClusterEvent,
  type EventRegistration,
  type EventResource,
  type EventSubject,
  type QueueingHint,
} from "./framework/cluster-event.ts";
export {
  type ClusterObjects,
  type DisruptionBudget,
  NO_OBJECTS,
} from "./framework/cluster-objects.ts";
export {
  type BindPlugin,
  EXTENSION_POINTS,
  type ExtensionPoint,
  type FilterLists,
  type FilterPlugin,
  implementsPoint,
  MAX_NODE_SCORE,
  type PermitPlugin,
  type Plugin,
  type PluginFactory,
  type PluginHandle,
  type PostBindPlugin,
  type PostFilterOutcome,
  type PostFilterPlugin,
  type PreBindPlugin,
  type PreEnqueuePlugin,
  type PreFilterOutcome,
  type PreFilterPlugin,
  type PreScorePlugin,
  type QueueSortPlugin,
  type ReservePlugin,
  type ScorePlugin,
  type SortablePod,
} from "./framework/plugin.ts";
export { NodeStatuses } from "./framework/node-statuses.ts";
export { formatFitError } from "./framework/fit-error.ts";
export type {
  Decision,
  DecisionOutcome,
  NotSimulated,
  PluginScores,
} from "./framework/decision.ts";
export {
  type ArgumentReader,
  Registry,
  type RegistryEntry,
} from "./framework/registry.ts";
export type {
  EnabledPlugin,
  ProfileConfiguration,
  SchedulerConfiguration,
} from "./framework/scheduler-configuration.ts";
export { Profile, type WeightedScorePlugin } from "./framework/profile.ts";
export { NO_ROW, type NodeRow, SCRATCH_ROW } from "./cache/node-row.ts";
export { type NominatingMode, Nominator } from "./cache/nominator.ts";
export { SchedulerCache, type SchedulerCacheOptions } from "./cache/scheduler-cache.ts";

export {
  CONFIGURATION_VERSION,
  type ConfigurationContext,
  readSchedulerConfiguration,
} from "./framework/configuration-reader.ts";
export {
  createDefaultRegistry,
  DEFAULT_MULTI_POINT,
  DEFAULT_PLUGINS,
} from "./plugins/default-registry.ts";
export {
  type AffinityCounts,
  giveUpAffinityTerms,
  readAffinityCounts,
} from "./plugins/inter-pod-affinity.ts";
export { ownedTermMatches, type ResolvedTerm, termMatches } from "./plugins/affinity-terms.ts";
export {
  adoptSpreadCounts,
  countChangedNode,
  readSpreadCounts,
  type SpreadCounts,
} from "./plugins/pod-topology-spread.ts";
export { hasAllTopologyKeys, isNodeIncluded } from "./plugins/spread-constraints.ts";
export { driverOfPlugin } from "./plugins/csi-migration.ts";
export { classNameOf } from "./plugins/volume-claims.ts";
export { findVolumeFor, isReservedFor } from "./plugins/volume-matching.ts";
export {
  BOUND_BY_CONTROLLER_ANNOTATION,
  SELECTED_NODE_ANNOTATION,
  volumeBoundTo,
  withAnnotation,
} from "./plugins/volume-plan.ts";
export { claimVolumeOf, claimVolumesOf, usesClaim } from "./plugins/volume-use.ts";
export { DefaultPreemption } from "./plugins/default-preemption.ts";
export type { PreemptionCandidate, PreemptionFindings } from "./preemption/candidate.ts";
export { cheapestCandidates } from "./preemption/choose-candidate.ts";
export { lowerNominations } from "./preemption/lower-nominations.ts";
export { candidatesWanted, potentialNodes } from "./preemption/victim-search.ts";
export { notSimulatedIn } from "./evaluator/conclusion.ts";
export { type Evaluator, type EvaluatorOptions, PlainEvaluator } from "./evaluator/plain.ts";
export { EvaluatorDifference } from "./evaluator/both.ts";
export { findDecisionDifference } from "./evaluator/decision-difference.ts";
export {
  createEvaluator,
  DEFAULT_EVALUATOR,
  EVALUATOR_NAMES,
  type EvaluatorName,
} from "./evaluator/create-evaluator.ts";
export { filterNode, type PreFiltering, runFilters, runPreFilters } from "./evaluator/filtering.ts";
export { runPostFilters } from "./cycle/post-filter.ts";
export { runScores, type Scoring } from "./evaluator/scoring.ts";
export { feasibleNodesToFind } from "./evaluator/sampling.ts";
export { bestPositions, pickWinner, popOrder, type TieBreak } from "./evaluator/winner.ts";

// ---- queue, loop, policies ---------------------------------------------------------------

export { createClusterEvent, isEventCovered } from "./queue/cluster-events.ts";
export type { QueuedPod, QueuePlace } from "./queue/queued-pod.ts";
export type { RequeueJudge, RequeueStrategy } from "./queue/requeue-judge.ts";
export { SchedulingQueue, type SchedulingQueueOptions } from "./queue/scheduling-queue.ts";
export { QueueWithoutHints } from "./queue/queue-without-hints.ts";
export { createQueuedPod } from "./queue/queued-pod.ts";
export type {
  PodStatusPatch as SchedulerStatusPatch,
  SchedulerClient,
  SchedulerEvent,
  WriteError,
} from "./cycle/scheduler-client.ts";
export type { BindingTimes } from "./cycle/binding-cycle.ts";
export type { Decider, Verdict } from "./cycle/decider.ts";
export { ProfileDecider } from "./cycle/profile-decider.ts";
export type {
  AttemptResult,
  DecisionRecord,
  SchedulerObserver,
  SchedulerStatistics,
} from "./cycle/decision-record.ts";
export { type CycleFacts, Scheduler, type SchedulerOptions } from "./scheduler.ts";
export {
  createProfileDecider,
  type DeciderParts,
  type StartedScheduler,
  startScheduler,
  type StartSchedulerOptions,
} from "./start-scheduler.ts";

export type { ClusterView, NodeView, PodView, TextMap } from "./strategy/views.ts";
export {
  defineStrategy,
  STRATEGY_API_VERSION,
  type Strategy,
  type StrategyAnswer,
  type StrategyChoice,
  type StrategyDefinition,
  type StrategyRandom,
  type StrategyRefusal,
  type StrategySource,
} from "./strategy/strategy.ts";
export type { OperationCounts } from "./framework/operation-counts.ts";
export type { StrategyCall, UserCallWatch } from "./framework/user-call.ts";
export { callStrategy, StrategyError } from "./strategy/strategy-error.ts";
export {
  createPolicyDecider,
  createStrategyDecider,
  POLICIES,
  type Policy,
  type PolicyRun,
} from "./policies/policies.ts";
export { registerSchedulerInvariants } from "./scheduler-invariants.ts";
export {
  type CycleMemory,
  definePlugin,
  type PluginDefinition,
  type PluginEvent,
  type PluginHooks,
  type PluginSource,
  type PluginVerdict,
  type SortedPodView,
  type WaitingPodsView,
} from "./strategy/user-plugin.ts";
export { registryEntryOf } from "./strategy/plugin-adapter.ts";
export { NullScheduler } from "./null-scheduler.ts";

// ---- GPU sharing, and the policies of the FGD study ---------------------------------------

export { createGpuRegistry } from "./gpu/gpu-registry.ts";
export { type CountedPod, type TypicalPod, typicalPodsOf } from "./gpu/typical-pods.ts";
export { Fragmentation } from "./gpu/fragmentation.ts";
export { type GpuDevices, gpuDevicesOf } from "./gpu/gpu-devices.ts";
export {
  type GpuState,
  gpuStateOf,
  takeGpus,
  tightestDevices,
} from "./gpu/gpu-state.ts";
export { GPU_RESOURCE, type GpuRequest, gpuRequestOf, WHOLE_GPU_MILLI } from "./gpu/gpu-request.ts";
