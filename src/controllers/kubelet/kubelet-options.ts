// Every timer and threshold of the kubelets, under their configuration's own names where they have
// one, with the defaults of v1.36.
//
// How long containers take to start and stop is the PodBehavior's business. Three sets of defaults:
// the real kubelet, one that takes no time of its own, and the one that stood in for real kubelets
// when the reference timelines were recorded.

import { DEFAULT_LEASE_RENEWAL, type LeaseRenewal } from "../lease-phase.ts";
import { DEFAULT_IMAGE_PULL, type ImagePullModel } from "./image-pull.ts";
import { DEFAULT_EVICTION, type EvictionOptions } from "./eviction-options.ts";
import { DEFAULT_RESTART_BACKOFF, type RestartBackoffLimits } from "./restart-backoff.ts";

/** Everything that can be set about kubelets. */
export interface KubeletOptions {
  /** Exits are noticed on this grid (PLEG relist); 0 = at once. */
  readonly relistPeriodUs: number;
  /** Retries, finished phases of pods that ended by themselves and final removals wait for this grid; 0 = at once. */
  readonly workerTickUs: number;
  /** From power on to the first sync of the kubelet. */
  readonly bootUs: number;
  /** nodeStatusUpdateFrequency: what changed on the node is reported on this grid; 0 = at once. */
  readonly statusPeriodUs: number;
  /** Until a pod that names volumes has them: configMaps, secrets, directories and the like. */
  readonly volumeMountUs: number;
  /** The same for a pod that uses claims, whose disks have to be attached first; the longer of both counts. */
  readonly claimMountUs: number;
  readonly images: ImagePullModel;
  /** Images that come and go on the disk are reported in the node's status, where the scheduler scores them. */
  readonly reportImages: boolean;
  readonly restartBackoff: RestartBackoffLimits;
  /** False: restarts come at the first tick after the back-off's end, without jitter. */
  readonly restartJitter: boolean;
  readonly lease: LeaseRenewal;
  readonly eviction: EvictionOptions;
  readonly shutdown: ShutdownOptions;
}

/** shutdownGracePeriod and shutdownGracePeriodCriticalPods; both 0 = a shutdown is a crash. */
export interface ShutdownOptions {
  readonly gracePeriodUs: number;
  readonly criticalGracePeriodUs: number;
}

const SECOND = 1_000_000;

/** The kubelet v1.36 with its default configuration. */
export const DEFAULT_KUBELET: KubeletOptions = {
  relistPeriodUs: SECOND,
  workerTickUs: SECOND,
  bootUs: 30 * SECOND,
  statusPeriodUs: 10 * SECOND,
  volumeMountUs: SECOND / 10,
  claimMountUs: 0,
  images: DEFAULT_IMAGE_PULL,
  reportImages: false,
  restartBackoff: DEFAULT_RESTART_BACKOFF,
  restartJitter: true,
  lease: DEFAULT_LEASE_RENEWAL,
  eviction: DEFAULT_EVICTION,
  shutdown: { gracePeriodUs: 0, criticalGracePeriodUs: 0 },
};

/** Kubelets that take no time of their own; policies stay as they are. */
export const INSTANT_KUBELET: KubeletOptions = {
  ...DEFAULT_KUBELET,
  relistPeriodUs: 0,
  workerTickUs: 0,
  bootUs: 0,
  statusPeriodUs: 0,
  volumeMountUs: 0,
  images: { ...DEFAULT_IMAGE_PULL, enabled: false },
  restartJitter: false,
};

/**
 * The kubelet that stood in for real ones when the reference timelines were recorded: no grids, no
 * pulls, up at once. Its pods' times are those of the stand-in pod behavior.
 */
export const STAND_IN_KUBELET_OPTIONS: KubeletOptions = INSTANT_KUBELET;
