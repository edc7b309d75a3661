// Every timer, rate and phase of the controllers and kubelets, under Kubernetes' own names, with
// the defaults of v1.36.
//
// Durations are microseconds. Latencies and client limits (`--kube-api-qps`, `--kube-api-burst`) are
// not here but in the ApiServer's ControlPlaneLatencies. Two presets: `kubernetes-1.36` (these
// defaults) and `instant`, in which nodes take no time of their own while policies (grace periods,
// tolerations, passes) stay as they are. Phases are where a periodic loop stands on its grid; undefined means a
// draw keyed by the loop's name.

import { DEFAULT_IMAGE_PULL, type ImagePullModel } from "./kubelet/image-pull.ts";
import { DEFAULT_JOB_BACKOFF, type JobBackoffLimits } from "./job-backoff.ts";
import { DEFAULT_LEASE_RENEWAL, type LeaseRenewal } from "./lease-phase.ts";
import { DEFAULT_RESTART_BACKOFF, type RestartBackoffLimits } from "./kubelet/restart-backoff.ts";
import {
  DEFAULT_STORAGE,
  INSTANT_STORAGE,
  type StorageOptions,
} from "./storage/storage-options.ts";

/** Node lifecycle controller; flag names of kube-controller-manager. */
export interface NodeLifecycleOptions {
  readonly nodeMonitorPeriodUs: number;
  readonly nodeMonitorGracePeriodUs: number;
  /** How long a pass takes when nothing is to be written; the next one starts a period after its end. */
  readonly passDurationUs: number;
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

/** Kubelets. How long containers take to start and stop is the PodBehavior's business. */
export interface KubeletOptions {
  /** Exits are noticed on this grid (PLEG relist); 0 = at once. */
  readonly relistPeriodUs: number;
  /** Retries, finished phases of pods that ended by themselves and final removals wait for this grid; 0 = at once. */
  readonly workerTickUs: number;
  /** From power on to the first sync of the kubelet. */
  readonly bootUs: number;
  readonly images: ImagePullModel;
  readonly restartBackoff: RestartBackoffLimits;
  /** False: restarts come at the first tick after the back-off's end, without jitter. */
  readonly restartJitter: boolean;
  readonly lease: LeaseRenewal;
}

/** Instants on the grids of periodic loops, in microseconds; undefined = drawn. */
export interface ControllerPhases {
  readonly nodeMonitorUs: number | undefined;
  readonly taintPassUs: number | undefined;
  readonly podGcUs: number | undefined;
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
  readonly kubelet: KubeletOptions;
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
    passWorkers: 8,
    nodeEvictionRatePerSecond: 0.1,
    secondaryNodeEvictionRatePerSecond: 0.01,
    unhealthyZoneThreshold: 0.55,
    largeClusterSizeThreshold: 50,
    taintPassPeriodUs: 100 * MS,
  },
  podGc: { periodUs: 20 * SECOND, quarantineUs: 40 * SECOND, terminatedPodGcThreshold: 12_500 },
  kubelet: {
    relistPeriodUs: SECOND,
    workerTickUs: SECOND,
    bootUs: 30 * SECOND,
    images: DEFAULT_IMAGE_PULL,
    restartBackoff: DEFAULT_RESTART_BACKOFF,
    restartJitter: true,
    lease: DEFAULT_LEASE_RENEWAL,
  },
  storage: DEFAULT_STORAGE,
  phases: {
    nodeMonitorUs: undefined,
    taintPassUs: undefined,
    podGcUs: undefined,
    leaseUs: undefined,
  },
};

/** The control plane answers at once and without limits; what it decides, and its policies' times, are unchanged. */
export const INSTANT_CONTROLLER_OPTIONS: ControllerOptions = {
  ...KUBERNETES_CONTROLLER_OPTIONS,
  kubelet: {
    ...KUBERNETES_CONTROLLER_OPTIONS.kubelet,
    relistPeriodUs: 0,
    workerTickUs: 0,
    bootUs: 0,
    images: { ...DEFAULT_IMAGE_PULL, enabled: false },
    restartJitter: false,
  },
  storage: INSTANT_STORAGE,
};

/**
 * The kubelet that stood in for real ones when the reference timelines were recorded: no grids, no
 * pulls, up at once. Its pods' times are those of the stand-in pod behavior.
 */
export const STAND_IN_KUBELET_OPTIONS: KubeletOptions = {
  ...KUBERNETES_CONTROLLER_OPTIONS.kubelet,
  relistPeriodUs: 0,
  workerTickUs: 0,
  bootUs: 0,
  images: { ...DEFAULT_IMAGE_PULL, enabled: false },
  restartJitter: false,
};
