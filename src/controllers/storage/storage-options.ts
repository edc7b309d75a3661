// Times and failures of the storage controllers and of the drivers behind them.
//
// How long a driver needs and how often it fails is nothing Kubernetes decides: it is a model with
// parameters. Attaching and mounting are the kubelets' business.

import { constant, type Law } from "../../base/index.ts";

/** What follows a failed attempt to make a volume. */
export type ProvisioningFailure = "retry" | "reschedule";

/** Drivers that make volumes. */
export interface ProvisionerOptions {
  /** Seconds that one attempt takes. */
  readonly timeSeconds: Law;
  /** Probability that an attempt fails, from 0 to 1. */
  readonly failureRate: number;
  /** Storage classes of which no volume can be made. */
  readonly failingClasses: ReadonlySet<string>;
  /** "reschedule": a claim that waits for a pod is given back to the scheduler, as for lack of room. */
  readonly onFailure: ProvisioningFailure;
}

/** Storage controllers. */
export interface StorageOptions {
  /** --pvclaimbinder-sync-period. */
  readonly claimSyncPeriodUs: number;
  readonly concurrentEphemeralSyncs: number;
  readonly provisioner: ProvisionerOptions;
}

/** Kubernetes' default and a cloud disk's five seconds; nothing fails. */
export const DEFAULT_STORAGE: StorageOptions = {
  claimSyncPeriodUs: 15_000_000,
  concurrentEphemeralSyncs: 5,
  provisioner: {
    timeSeconds: constant({ value: 5 }),
    failureRate: 0,
    failingClasses: new Set(),
    onFailure: "retry",
  },
};

/** The same with drivers that take no time. */
export const INSTANT_STORAGE: StorageOptions = {
  ...DEFAULT_STORAGE,
  provisioner: { ...DEFAULT_STORAGE.provisioner, timeSeconds: constant({ value: 0 }) },
};
