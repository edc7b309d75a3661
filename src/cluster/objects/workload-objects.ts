// Objects that make pods: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, ReplicationController.
//
// Defaults of the API are applied, so a controller reads plain values. Status is kept only where a
// dump's status tells what the controllers had done (observed counts are recomputed, not believed).

import type { PodTemplate } from "../pod-template.ts";
import type { LabelSelector } from "../selectors/label-selector.ts";
import type { IntOrPercent, ObjectMeta } from "./object-meta.ts";
import type { PersistentVolumeClaimObject } from "./storage-objects.ts";

/** A Deployment. */
export interface DeploymentObject {
  readonly kind: "Deployment";
  readonly meta: ObjectMeta;
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  readonly strategy: "RollingUpdate" | "Recreate";
  readonly maxSurge: IntOrPercent;
  readonly maxUnavailable: IntOrPercent;
  readonly minReadySeconds: number;
  readonly revisionHistoryLimit: number;
  readonly progressDeadlineSeconds: number;
  readonly paused: boolean;
}

/** A ReplicaSet. */
export interface ReplicaSetObject {
  readonly kind: "ReplicaSet";
  readonly meta: ObjectMeta;
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  readonly minReadySeconds: number;
}

/** A ReplicationController; its selector defaults to the template's labels. */
export interface ReplicationControllerObject {
  readonly kind: "ReplicationController";
  readonly meta: ObjectMeta;
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  readonly minReadySeconds: number;
}

/** A StatefulSet. */
export interface StatefulSetObject {
  readonly kind: "StatefulSet";
  readonly meta: ObjectMeta;
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  readonly serviceName: string;
  readonly podManagementPolicy: "OrderedReady" | "Parallel";
  readonly updateStrategy: "RollingUpdate" | "OnDelete";
  readonly partition: number;
  /** Used only with the gate MaxUnavailableStatefulSet. */
  readonly maxUnavailable: IntOrPercent | undefined;
  readonly minReadySeconds: number;
  readonly revisionHistoryLimit: number;
  readonly ordinalsStart: number;
  readonly volumeClaimTemplates: readonly PersistentVolumeClaimObject[];
  readonly whenDeleted: "Retain" | "Delete";
  readonly whenScaled: "Retain" | "Delete";
}

/** A DaemonSet. */
export interface DaemonSetObject {
  readonly kind: "DaemonSet";
  readonly meta: ObjectMeta;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
  readonly updateStrategy: "RollingUpdate" | "OnDelete";
  readonly maxUnavailable: IntOrPercent;
  readonly maxSurge: IntOrPercent;
  readonly minReadySeconds: number;
  readonly revisionHistoryLimit: number;
}

/** A rule of a Job's podFailurePolicy. */
export interface PodFailureRule {
  readonly action: "FailJob" | "FailIndex" | "Ignore" | "Count";
  readonly onExitCodes:
    | {
        readonly containerName: string | undefined;
        readonly operator: "In" | "NotIn";
        readonly values: readonly number[];
      }
    | undefined;
  readonly onPodConditions: readonly { readonly type: string; readonly status: string }[];
}

/** What a Job and a CronJob's jobTemplate have in common. */
export interface JobSpec {
  readonly parallelism: number;
  /** undefined: a work queue, done when one pod succeeded and all ended. */
  readonly completions: number | undefined;
  readonly completionMode: "NonIndexed" | "Indexed";
  readonly backoffLimit: number;
  readonly backoffLimitPerIndex: number | undefined;
  readonly maxFailedIndexes: number | undefined;
  readonly activeDeadlineSeconds: number | undefined;
  readonly ttlSecondsAfterFinished: number | undefined;
  readonly suspend: boolean;
  readonly podReplacementPolicy: "TerminatingOrFailed" | "Failed";
  readonly podFailureRules: readonly PodFailureRule[];
  readonly hasPodFailurePolicy: boolean;
  /** successPolicy rules: indexes as written ("0,2-4") and count. */
  readonly successRules: readonly {
    readonly succeededIndexes: string | undefined;
    readonly succeededCount: number | undefined;
  }[];
  readonly managedBy: string;
  readonly manualSelector: boolean;
  /** Given only in dumps and with manualSelector; otherwise made from the uid. */
  readonly selector: LabelSelector | undefined;
  readonly template: PodTemplate;
}

/** A Job. */
export interface JobObject {
  readonly kind: "Job";
  readonly meta: ObjectMeta;
  readonly spec: JobSpec;
  /** Counts in a dump's status, of pods that may be gone already; a finished job is not run again. */
  readonly status: {
    readonly succeeded: number;
    readonly failed: number;
    readonly finished: "Complete" | "Failed" | undefined;
    readonly completedIndexes: string;
    readonly startTimeSeconds: number | undefined;
  };
}

/** A CronJob. */
export interface CronJobObject {
  readonly kind: "CronJob";
  readonly meta: ObjectMeta;
  /** The five-field text; checked by the controller that owns the calendar. */
  readonly schedule: string;
  readonly timeZone: string;
  readonly concurrencyPolicy: "Allow" | "Forbid" | "Replace";
  readonly suspend: boolean;
  readonly startingDeadlineSeconds: number | undefined;
  readonly successfulJobsHistoryLimit: number;
  readonly failedJobsHistoryLimit: number;
  readonly jobLabels: ReadonlyMap<string, string>;
  readonly jobAnnotations: ReadonlyMap<string, string>;
  readonly jobSpec: JobSpec;
}
