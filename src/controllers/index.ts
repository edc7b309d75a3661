// Door of controllers: what keeps a cluster as its objects say, and tells it of what happens on
// its nodes.
//
// One call starts them all; the rest is for those who watch, check or set them.

export type {
  ControllerSet,
  ControllerSetup,
  NodeAgents,
} from "./start-controllers.ts";
export { startControllers } from "./start-controllers.ts";
export type { ControllerContext } from "./controller-context.ts";
export type { Heartbeats } from "./heartbeats.ts";
export type {
  ControllerOptions,
  ControllerPhases,
  NodeLifecycleOptions,
  PodGcOptions,
} from "./options.ts";
export {
  INSTANT_CONTROLLER_OPTIONS,
  KUBERNETES_CONTROLLER_OPTIONS,
} from "./options.ts";
export type { ProvisionerOptions, StorageOptions } from "./storage/storage-options.ts";
export { parseCidr } from "./kubelet/address-range.ts";
export type { KubeletOptions } from "./kubelet/kubelet-options.ts";
export { STAND_IN_KUBELET_OPTIONS } from "./kubelet/kubelet-options.ts";
export type { ImagePullModel } from "./kubelet/image-pull.ts";
export { DEFAULT_IMAGE_PULL } from "./kubelet/image-pull.ts";
export type {
  DaemonSetStatus,
  DeploymentStatus,
  JobStatus,
  ReplicaSetStatus,
  StatefulSetStatus,
  WorkloadCondition,
} from "./workload-status.ts";
export {
  deploymentStatusOf,
  jobStatusOf,
  replicaSetStatusOf,
  statefulSetStatusOf,
} from "./workload-status.ts";
export { ControllerScales, healthWanted } from "./disruption-counts.ts";
export type { HpaStatus } from "./horizontal-pod-autoscaler.ts";
export { hpaStatusOf } from "./horizontal-pod-autoscaler.ts";
export type { ContainerMetric, PodMetric, PodMetrics } from "./pod-metrics.ts";
export type { EndpointSliceContent } from "./endpoint-packing.ts";
export type { CronJobStatus } from "./cron-job.ts";
export { cronJobStatusOf } from "./cron-job.ts";
export { endpointSliceOf } from "./endpoint-slices.ts";
export { POD_TEMPLATE_HASH, REVISION_ANNOTATION } from "./deployment-replica-sets.ts";
export { CONTROLLER_REVISION_HASH, revisionHash } from "./revisions.ts";
export { registerControllerInvariants, withRunTimeInvariant } from "./invariants.ts";
