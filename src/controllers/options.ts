// Every timer, rate and phase of the controllers and kubelets, under Kubernetes' own names, with
// the defaults of v1.36.
//
// Durations are microseconds. Latencies and client limits (`--kube-api-qps`, `--kube-api-burst`) are
// not here but in the ApiServer's ControlPlaneLatencies. Two presets: `kubernetes-1.36` (these
// defaults) and `instant`, in which nodes take no time of their own while policies (grace periods,
// tolerations, passes) stay as they are. Phases are where a periodic loop stands on its grid; undefined means a
// draw keyed by the loop's name.

import type { HpaReadiness } from "./hpa-replica-count.ts";
import { DEFAULT_JOB_BACKOFF, type JobBackoffLimits } from "./job-backoff.ts";
import {
  DEFAULT_KUBELET,
  INSTANT_KUBELET,
  type KubeletOptions,
} from "./kubelet/kubelet-options.ts";
import {
  DEFAULT_STORAGE,
  INSTANT_STORAGE,
  type StorageOptions,
} from "./storage/storage-options.ts";
import type { NodeIpamOptions } from "./node-ipam.ts";

/** Node lifecycle controller; flag names of kube-controller-manager. */
export interface NodeLifecycleOptions {
  readonly nodeMonitorPeriodUs: number;
  readonly nodeMonitorGracePeriodUs: number;
  /** How long a pass takes when nothing is to be written; the next one starts a period after its end. */
  readonly passDurationUs: number;
  /** How long a pass takes at least that marks a node Unknown: its writes, and those about its pods. */
  readonly lossPassDurationUs: number;
  /** Nodes looked at side by side in one pass. */
  readonly passWorkers: number;
  readonly nodeEvictionRatePerSecond: number;
  readonly secondaryNodeEvictionRatePerSecond: number;
  readonly unhealthyZoneThreshold: number;
  readonly largeClusterSizeThreshold: number;
  /** How often the zones' NoExecute queues are tried. */
  readonly taintPassPeriodUs: number;
}

/** Pod garbage collector. */
export interface PodGcOptions {
  readonly periodUs: number;
  readonly quarantineUs: number;
  /** At most 0 switches the removal of finished pods off. */
  readonly terminatedPodGcThreshold: number;
}

/** Horizontal pod autoscalers and the metrics server they ask. */
export interface HpaOptions extends HpaReadiness {
  readonly syncPeriodUs: number;
  /** Where an autoscaler does not say otherwise: 0.1 is ten percent. */
  readonly tolerance: number;
  readonly downscaleStabilizationUs: number;
  /** `--metric-resolution` of the metrics server. */
  readonly metricsPeriodUs: number;
}

/** Instants on the grids of periodic loops, in microseconds; undefined = drawn. */
export interface ControllerPhases {
  readonly nodeMonitorUs: number | undefined;
  readonly taintPassUs: number | undefined;
  readonly podGcUs: number | undefined;
  readonly metricsUs: number | undefined;
  /** Phase of a node's lease renewals; undefined = drawn per node. */
  readonly leaseUs: ((nodeName: string) => number | undefined) | undefined;
}

/** Everything that can be set about controllers. */
export interface ControllerOptions {
  readonly concurrentDeploymentSyncs: number;
  readonly concurrentReplicaSetSyncs: number;
  readonly concurrentStatefulSetSyncs: number;
  readonly concurrentDaemonSetSyncs: number;
  readonly concurrentJobSyncs: number;
  readonly concurrentGcSyncs: number;
  readonly concurrentCronJobSyncs: number;
  readonly concurrentEndpointSyncs: number;
  readonly concurrentHpaSyncs: number;
  readonly concurrentResourceQuotaSyncs: number;
  /** Full passes of the quota controller, counted from the start of the run. */
  readonly resourceQuotaSyncPeriodUs: number;
  /** Most creations or deletions of one sync: ReplicaSet, DaemonSet, Job. */
  readonly replicaSetBurst: number;
  readonly daemonSetBurst: number;
  readonly jobBurst: number;
  readonly jobBatchUs: number;
  /** What the wall clock shows at time zero, in microseconds since 1970: the civil time of CronJobs. */
  readonly wallStartUs: number;
  readonly jobBackoff: JobBackoffLimits;
  readonly nodeLifecycle: NodeLifecycleOptions;
  readonly podGc: PodGcOptions;
  readonly hpa: HpaOptions;
  readonly kubelet: KubeletOptions;
  readonly nodeIpam: NodeIpamOptions;
  readonly storage: StorageOptions;
  readonly phases: ControllerPhases;
}

const MS = 1_000;
const SECOND = 1_000_000;

/** kube-controller-manager and kubelet v1.36 with default flags; typical container runtime. */
export const KUBERNETES_CONTROLLER_OPTIONS: ControllerOptions = {
  concurrentDeploymentSyncs: 5,
  concurrentReplicaSetSyncs: 5,
  concurrentStatefulSetSyncs: 5,
  concurrentDaemonSetSyncs: 2,
  concurrentJobSyncs: 5,
  concurrentGcSyncs: 20,
  concurrentCronJobSyncs: 5,
  concurrentEndpointSyncs: 5,
  concurrentHpaSyncs: 5,
  concurrentResourceQuotaSyncs: 5,
  resourceQuotaSyncPeriodUs: 300 * SECOND,
  replicaSetBurst: 500,
  daemonSetBurst: 250,
  jobBurst: 500,
  jobBatchUs: SECOND,
  wallStartUs: 1_767_225_600 * SECOND, // 2026-01-01T00:00:00Z, a Thursday
  jobBackoff: DEFAULT_JOB_BACKOFF,
  nodeLifecycle: {
    nodeMonitorPeriodUs: 5 * SECOND,
    nodeMonitorGracePeriodUs: 50 * SECOND,
    passDurationUs: MS,
    lossPassDurationUs: 100 * MS, // 36, 93 and 196 ms in the recorded outages
    passWorkers: 8,
    nodeEvictionRatePerSecond: 0.1,
    secondaryNodeEvictionRatePerSecond: 0.01,
    unhealthyZoneThreshold: 0.55,
    largeClusterSizeThreshold: 50,
    taintPassPeriodUs: 100 * MS,
  },
  hpa: {
    syncPeriodUs: 15 * SECOND,
    tolerance: 0.1,
    downscaleStabilizationUs: 300 * SECOND,
    cpuInitializationUs: 300 * SECOND,
    initialReadinessDelayUs: 30 * SECOND,
    metricsPeriodUs: 15 * SECOND,
  },
  podGc: { periodUs: 20 * SECOND, quarantineUs: 40 * SECOND, terminatedPodGcThreshold: 12_500 },
  kubelet: DEFAULT_KUBELET,
  nodeIpam: { clusterCidr: undefined, nodeMaskSize: 24 },
  storage: DEFAULT_STORAGE,
  phases: {
    nodeMonitorUs: undefined,
    taintPassUs: undefined,
    podGcUs: undefined,
    metricsUs: undefined,
    leaseUs: undefined,
  },
};

/** The control plane answers at once and without limits; what it decides, and its policies' times, are unchanged. */
export const INSTANT_CONTROLLER_OPTIONS: ControllerOptions = {
  ...KUBERNETES_CONTROLLER_OPTIONS,
  kubelet: INSTANT_KUBELET,
  storage: INSTANT_STORAGE,
};
