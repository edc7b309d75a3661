// The scenario: everything that a run is made of, as one plain, checked, immutable value.
//
// This is what a scenario file becomes after reading: defaults filled in, durations in microseconds,
// references checked. Assembly takes it apart again. It knows no file format and opens no files; the
// schema of the file is scenario-schema.ts, and Kubernetes objects inside stay plain values here.

import type { DocumentPath, Duration, Instant, LawName } from "../../base/index.ts";
import type { ResizeAmounts } from "../../cluster/index.ts";
import type { PrefillCount, ResampleSpec, ShakeSpec } from "../../workload/index.ts";
import type { ExpectationSubject, WantedValue } from "../expect/expectation-fields.ts";

/** Version of the scenario schema that this podsim reads. */
export const SCENARIO_API_VERSION = "podsim.dev/v1";

/** A whole scenario. Every field is present; `undefined` means "not asked for". */
export interface Scenario {
  readonly apiVersion: typeof SCENARIO_API_VERSION;
  readonly kind: "Scenario";
  readonly metadata: ScenarioMetadata;
  readonly run: RunSpec;
  readonly cluster: ClusterSpec;
  /** Undefined: only what pools say themselves. */
  readonly prices: PriceList | undefined;
  readonly workload: WorkloadSpec;
  /** At least one; without any in the file it is the default kube-scheduler. */
  readonly schedulers: readonly SchedulerSpec[];
  /** What differs between replications; empty = nothing, and no interval is printed. */
  readonly vary: readonly VariedPart[];
  readonly controlPlane: ControlPlaneSpec;
  readonly faults: readonly FaultSpec[];
  /** Measures to report; empty = all. */
  readonly measures: readonly string[];
  /** Gates as written, each known to parse, such as `pending.p99<30s`. */
  readonly thresholds: readonly string[];
  /** What the API must show at the end or at a time. */
  readonly expect: readonly Expectation[];
}

/** What the API must show of something, at an instant or at the end of the run. */
export interface Expectation {
  /** Undefined: at the end. */
  readonly at: Instant | undefined;
  readonly subject: ExpectationSubject;
  /** Selector, name, KIND/NAME, kind or reason, as written. */
  readonly name: string;
  /** Undefined: "default"; of Events, all namespaces. */
  readonly namespace: string | undefined;
  /** What narrows down what is counted. */
  readonly only: readonly WantedFact[];
  /** What must be so; at least one. Fields of maps are `status.readyReplicas`, `conditions.Failed`. */
  readonly facts: readonly WantedFact[];
  readonly path: DocumentPath;
}

/** A fact by its name and what it is wanted to be. */
export interface WantedFact {
  readonly fact: string;
  readonly wanted: WantedValue;
}

/** What the scenario is called; the description may be empty. */
export interface ScenarioMetadata {
  readonly name: string;
  readonly description: string;
}

/** How long, how often, under which seed. */
export interface RunSpec {
  readonly study: "terminating" | "steady-state";
  /** The run ends here at the latest; undefined only with `untilDrained`. */
  readonly horizon: Duration | undefined;
  /** The run ends as soon as nothing but periodic loops is left. */
  readonly untilDrained: boolean;
  /** Start of what is measured; 0 for terminating studies. */
  readonly warmup: Duration;
  /** The warm-up is to be found by a pilot; `warmup` is 0 until then. Undefined: it is as given. */
  readonly warmupAuto: true | undefined;
  /** Text; the integer 7 and the text "7" are the same seed. */
  readonly seed: string;
  readonly replications: number;
  readonly limits: RunLimits;
}

/** Limits that end a run with partial results; undefined = none. */
export interface RunLimits {
  readonly maxEvents: number | undefined;
  /** Wall-clock time, watched by the executor, never by the simulation. */
  readonly maxWall: Duration | undefined;
}

/** The cluster at time zero. */
export interface ClusterSpec {
  readonly manifests: readonly FileReference[];
  readonly objects: readonly EmbeddedObject[];
  readonly nodePools: readonly NodePool[];
}

/** A file named in the scenario, relative to the scenario's folder; checked to stay inside by name. */
export interface FileReference {
  /** As written. */
  readonly file: string;
  /** Where it is named, for problems found when it is read. */
  readonly path: DocumentPath;
}

/** A Kubernetes object, or a part of one, as a plain value. */
export interface EmbeddedObject {
  readonly value: PlainMap;
  /** Where it stands, so that its decoder can report positions. */
  readonly path: DocumentPath;
}

/** A map of a document: own keys only, never trusted. */
export type PlainMap = Readonly<Record<string, unknown>>;

/** Equal nodes named `NAME-0` to `NAME-(count-1)`, dealt to the zones in turn. */
export interface NodePool {
  readonly name: string;
  readonly count: number;
  /** Empty = no zone label. Node i is in zone i mod length. */
  readonly zones: readonly string[];
  readonly region: string | undefined;
  /** Quantities as text, each known to parse. */
  readonly allocatable: ReadonlyMap<string, string>;
  /** Equal to `allocatable` where the file gives none. */
  readonly capacity: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly taints: readonly NodeTaint[];
  /** Images on disk from the start. */
  readonly images: readonly NodeImageSpec[];
  /** How long before time zero the nodes were created. */
  readonly startAge: Duration;
  /** Of each node, in millionths of the currency; comes before the list's price of its type. */
  readonly pricePerHourMicros: number | undefined;
  /** Of each node; comes before the list's power of its type. */
  readonly power: PowerSpec | undefined;
  readonly path: DocumentPath;
}

/** What a machine draws: idle, and with all its cpu in use; linear between. */
export interface PowerSpec {
  readonly idleMilliwatts: number;
  /** Never below the idle power. */
  readonly fullMilliwatts: number;
}

/** Prices and power of machines by shape. */
export interface PriceList {
  /** As written, such as USD; "" = not said. */
  readonly currency: string;
  /** By instance type (label node.kubernetes.io/instance-type), or by the name of a node pool. */
  readonly shapes: ReadonlyMap<string, ShapeRate>;
}

/** One line of the list. */
export interface ShapeRate {
  readonly pricePerHourMicros: number | undefined;
  readonly power: PowerSpec | undefined;
}

/** A taint that every node of a pool has. */
export interface NodeTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** An image that is on a node's disk; size 0 where the file gives none. */
export interface NodeImageSpec {
  readonly name: string;
  readonly sizeBytes: number;
}

/** What comes to the cluster over time. */
export interface WorkloadSpec {
  readonly manifests: readonly ManifestStep[];
  readonly generators: readonly GeneratorPlan[];
  readonly traces: readonly TracePlan[];
  readonly edits: readonly EditStep[];
}

/** Objects applied at one instant: the files in order, then the inline objects. */
export interface ManifestStep {
  /** What others wait for it by. */
  readonly name: string | undefined;
  /** Steps whose Jobs and pods must have succeeded before; `at` is the earliest instant then. */
  readonly after: readonly string[] | undefined;
  readonly at: Instant;
  readonly files: readonly FileReference[];
  readonly objects: readonly EmbeddedObject[];
}

/** Open-ended arrivals of pods (`NAME-0`, `NAME-1`, ...). */
export interface GeneratorPlan {
  readonly name: string;
  readonly namespace: string;
  readonly process: "poisson" | "constant" | "renewal";
  /** Seconds between arrivals. */
  readonly gapSeconds: LawDescription;
  readonly from: Instant;
  /** No arrival at or after it; undefined = none. */
  readonly until: Instant | undefined;
  readonly countMax: number | undefined;
  /** Pods that are there at the start, in the middle of their runs; undefined = none. */
  readonly prefill: PrefillCount | undefined;
  /** Kinds of pods: at least one, weights above 0. The pod is `{ metadata?, spec }`. */
  readonly mix: readonly { readonly weight: number; readonly pod: EmbeddedObject }[];
  /** Seconds that a pod runs; undefined leaves it to the pod's annotations. */
  readonly durationSeconds: LawDescription | undefined;
  readonly path: DocumentPath;
}

/**
 * A law by name with its parameters beside it, as `lawFromSpec` reads it: `{ law: "weibull", shape:
 * 0.9, scale: 3600 }`. Known to be sound; values of time are seconds.
 */
export interface LawDescription {
  readonly law: LawName;
  readonly [parameter: string]: unknown;
}

/** A trace to replay, all its files together. */
export interface TracePlan {
  readonly format: string;
  readonly files: readonly FileReference[];
  /** Undefined: replayed as it is, in every replication. */
  readonly shake: ShakeSpec | undefined;
  readonly resample: ResampleSpec | undefined;
  readonly path: DocumentPath;
}

/** Something a user does to the cluster at one instant. */
export type EditStep = { readonly at: Instant; readonly path: DocumentPath } & (
  | { readonly kind: "scale"; readonly target: ObjectName; readonly replicas: number }
  | {
      readonly kind: "setImage";
      readonly target: ObjectName;
      /** Undefined = all containers. */
      readonly container: string | undefined;
      readonly image: string;
    }
  | {
      readonly kind: "resize";
      /** A pod. */
      readonly target: ObjectName;
      /** Undefined = all containers. */
      readonly container: string | undefined;
      readonly amounts: ResizeAmounts;
    }
  | { readonly kind: "delete"; readonly target: ObjectName }
  | {
      readonly kind: "switchService";
      readonly target: ObjectName;
      readonly selector: ReadonlyMap<string, string>;
    }
  | {
      readonly kind: "setEnv";
      readonly target: ObjectName;
      /** Undefined = all containers. */
      readonly container: string | undefined;
      readonly name: string;
      readonly value: string;
    }
  | {
      readonly kind: "pause" | "resume" | "suspend" | "unsuspend";
      readonly target: ObjectName;
    }
  | { readonly kind: "restart"; readonly target: ObjectName }
  | {
      readonly kind: "undo";
      readonly target: ObjectName;
      /** Undefined = the one before. */
      readonly toRevision: number | undefined;
    }
  | {
      readonly kind: "label";
      readonly target: ObjectName;
      readonly labels: ReadonlyMap<string, string>;
      readonly remove: readonly string[];
    }
  | {
      readonly kind: "taint";
      readonly node: string;
      readonly key: string;
      readonly value: string;
      readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
    }
  | {
      readonly kind: "untaint";
      readonly node: string;
      readonly key: string;
      /** Undefined = every effect. */
      readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute" | undefined;
    }
  | { readonly kind: "cordon" | "uncordon"; readonly node: string }
  | { readonly kind: "drain"; readonly node: string; readonly timeout: Duration | undefined }
  | {
      readonly kind: "set";
      readonly target: ObjectName;
      /** Undefined = all containers. */
      readonly container: string | undefined;
      readonly fields: readonly FieldValue[];
    }
  | ({ readonly kind: "upgrade" } & NodeRotation)
);

/** A field by its path and its new value; null takes it away. */
export interface FieldValue {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Nodes replaced by new ones, a few at a time: the old are cordoned, drained and deleted. */
export interface NodeRotation {
  /** By name, in the order in which their turn comes; undefined = those of the pool. */
  readonly nodes: readonly string[] | undefined;
  readonly pool: string | undefined;
  /** So many new nodes join before the old ones go. */
  readonly surge: number;
  /** So many old nodes go before their new ones join. */
  readonly maxUnavailable: number;
  /** After it what is left on a node goes with it; undefined = drains are tried for ever. */
  readonly timeout: Duration | undefined;
  /** From the order of a new node until it registers. */
  readonly join: Duration;
  /** What differs in the new nodes; undefined = nothing. */
  readonly shape: NewShape | undefined;
}

/** What another machine has: quantities as text, each known to parse; labels beside the node's own. */
export interface NewShape {
  readonly allocatable: ReadonlyMap<string, string>;
  readonly capacity: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
}

/** An object by kind, namespace and name; cluster-wide kinds have the empty namespace. */
export interface ObjectName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** One scheduler: what decides, and its arguments. */
export interface SchedulerSpec {
  readonly name: string;
  /**
   * Pods that name one of these are its, and it works beside the other schedulers of the list;
   * undefined: it takes the pods of its profiles, and the others are alternatives to it.
   */
  readonly schedulerNames: readonly string[] | undefined;
  /** Times and rate of its own; undefined = the control plane's. */
  readonly watchLatency: Duration | undefined;
  readonly schedulerCycle: Duration | undefined;
  readonly schedulerClient: ClientRate | undefined;
  readonly args: PlainMap;
  readonly source:
    | { readonly kind: "default" }
    /** A KubeSchedulerConfiguration inside the scenario or in a file. */
    | { readonly kind: "config"; readonly document: EmbeddedObject }
    | { readonly kind: "configFile"; readonly file: FileReference }
    | { readonly kind: "policy"; readonly policy: string }
    | { readonly kind: "module"; readonly file: FileReference };
  readonly path: DocumentPath;
}

/** A part of the world that replications draw anew. */
export type VariedPart = "arrivals" | "lifetimes" | "faults" | "order" | "ties";

/** Preset and the fields that differ from it; undefined = as the preset says. */
export interface ControlPlaneSpec {
  readonly preset: "instant" | "kubernetes-1.36";
  /** What the wall clock shows at time zero, in seconds since 1970: the civil time of CronJobs. */
  readonly wallStart: number | undefined;
  readonly apiWrite: Duration | undefined;
  readonly apiDelete: Duration | undefined;
  readonly watchLatency: Duration | undefined;
  readonly syncCost: Duration | undefined;
  readonly kubeletStatusDelay: Duration | undefined;
  readonly schedulerCycle: Duration | undefined;
  readonly controllerClient: ClientRate | undefined;
  readonly schedulerClient: ClientRate | undefined;
  readonly kubeletClient: ClientRate | undefined;
  /** kube-controller-manager flags under their camelCase names. */
  readonly nodeMonitorPeriod: Duration | undefined;
  readonly nodeMonitorGracePeriod: Duration | undefined;
  readonly nodeEvictionRate: number | undefined;
  readonly secondaryNodeEvictionRate: number | undefined;
  readonly unhealthyZoneThreshold: number | undefined;
  readonly largeClusterSizeThreshold: number | undefined;
  readonly terminatedPodGcThreshold: number | undefined;
  readonly kubelet: KubeletSpec;
  /** --cluster-cidr: nodes get ranges of pod addresses from it. */
  readonly clusterCidr: string | undefined;
  readonly nodeCidrMaskSize: number | undefined;
  readonly storage: StorageSpec;
  readonly binding: BindingSpec;
  readonly phases: PhaseSpec;
}

/** A client's token bucket: requests per second and how many may be saved. */
export type ClientRate = { readonly qps: number; readonly burst: number } | "unlimited";

/** Kubelets and container runtime; undefined = as the preset says. */
export interface KubeletSpec {
  readonly sandbox: Duration | undefined;
  readonly createContainer: Duration | undefined;
  readonly startContainer: Duration | undefined;
  readonly readyWithoutProbe: Duration | undefined;
  readonly stop: Duration | undefined;
  readonly boot: Duration | undefined;
  /** Until a pod that names volumes has them, and one that uses claims. */
  readonly volumeMount: Duration | undefined;
  readonly claimMount: Duration | undefined;
  readonly relistPeriod: Duration | undefined;
  /** False: all images are everywhere from the start. */
  readonly pullImages: boolean | undefined;
  readonly imageBytesPerSecond: number | undefined;
  readonly defaultImageBytes: number | undefined;
  readonly serializeImagePulls: boolean | undefined;
  readonly maxParallelImagePulls: number | undefined;
  /** Shared by all pulls of the cluster. */
  readonly registryBytesPerSecond: number | undefined;
  /** What the registry says of images. */
  readonly images: readonly RegistryImageSpec[] | undefined;
  readonly imageGcHighPercent: number | undefined;
  readonly imageGcLowPercent: number | undefined;
  /** Images that come and go are reported in the node's status. */
  readonly reportImages: boolean | undefined;
  readonly statusPeriod: Duration | undefined;
  /** How long an init container works. */
  readonly initRun: Duration | undefined;
  readonly restartBackoffMax: Duration | undefined;
  readonly restartJitter: boolean | undefined;
  /** All thresholds; undefined = the preset's. */
  readonly evictionThresholds: readonly EvictionThresholdSpec[] | undefined;
  readonly evictionPressureTransitionPeriod: Duration | undefined;
  readonly evictionMaxPodGracePeriod: Duration | undefined;
  readonly processesMax: number | undefined;
  readonly shutdownGracePeriod: Duration | undefined;
  readonly shutdownGracePeriodCriticalPods: Duration | undefined;
}

/** An image of the registry; compressed sizes in bytes. */
export interface RegistryImageSpec {
  readonly name: string;
  /** Undefined: the sum of the layers, or the default size. */
  readonly bytes: number | undefined;
  readonly layers: readonly { readonly digest: string; readonly bytes: number }[];
  readonly missing: boolean;
}

/** A threshold of node-pressure eviction. */
export interface EvictionThresholdSpec {
  readonly signal: string;
  /** A quantity such as 100Mi, or a percentage of the capacity such as 10%. */
  readonly below: string;
  /** Undefined: a hard threshold. */
  readonly grace: Duration | undefined;
  /** Quantity, in base units, that must be available beyond the threshold. */
  readonly minReclaim: number | undefined;
}

/** Controllers of claims and volumes, and the drivers that make volumes; undefined = as the preset says. */
export interface StorageSpec {
  /** --pvclaimbinder-sync-period. */
  readonly claimSyncPeriod: Duration | undefined;
  /** Time that a driver needs for one volume. */
  readonly provisionSeconds: LawDescription | undefined;
  /** Probability that an attempt to make a volume fails. */
  readonly provisionFailureRate: number | undefined;
  /** Classes of which no volume can be made. */
  readonly failingClasses: readonly string[];
  readonly onProvisionFailure: "retry" | "reschedule" | undefined;
}

/** What the steps from a decision to a bound pod take beside the writes; undefined = nothing. */
export interface BindingSpec {
  readonly reserveSeconds: LawDescription | undefined;
  readonly permitSeconds: LawDescription | undefined;
  readonly preBindSeconds: LawDescription | undefined;
  readonly bindSeconds: LawDescription | undefined;
  /** Probability that the API server loses a binding. */
  readonly bindFailureRate: number | undefined;
}

/** Where periodic loops stand on their grids; undefined = drawn from the seed. */
export interface PhaseSpec {
  readonly nodeMonitor: Duration | undefined;
  readonly taintPass: Duration | undefined;
  readonly podGc: Duration | undefined;
  readonly metrics: Duration | undefined;
  /** Of every node's lease renewals. */
  readonly lease: Duration | undefined;
}

/** A plan of faults. */
export type FaultSpec = { readonly path: DocumentPath } & (
  | {
      readonly kind: "NodeCrash";
      readonly node: string;
      readonly at: Instant;
      /** From the crash; undefined = never. */
      readonly repairAfter: Duration | undefined;
    }
  | {
      readonly kind: "ZoneOutage";
      readonly zone: string;
      readonly at: Instant;
      /** Undefined = for ever. */
      readonly duration: Duration | undefined;
    }
  | {
      readonly kind: "NodeReboot";
      readonly node: string;
      readonly at: Instant;
      /** Time without power. */
      readonly duration: Duration;
    }
  | {
      readonly kind: "NodeShutdown" | "KubeletStop";
      readonly node: string;
      readonly at: Instant;
      /** Undefined = for ever. */
      readonly duration: Duration | undefined;
    }
  | {
      /** Of one node or of all nodes of a zone. */
      readonly kind: "NetworkPartition";
      readonly node: string | undefined;
      readonly zone: string | undefined;
      readonly at: Instant;
      /** Undefined = for ever. */
      readonly duration: Duration | undefined;
    }
  | {
      readonly kind: "SlowNode";
      readonly node: string;
      readonly at: Instant;
      /** Undefined = for ever. */
      readonly duration: Duration | undefined;
      /** How many times as long everything takes. */
      readonly factor: number;
    }
  | {
      readonly kind: "DiskFull";
      readonly node: string;
      readonly at: Instant;
      /** Undefined = for ever. */
      readonly duration: Duration | undefined;
      /** Percent of the node's ephemeral storage. */
      readonly fillPercent: number;
    }
  | {
      readonly kind: "RegistryOutage";
      readonly at: Instant;
      /** Undefined = for ever. */
      readonly duration: Duration | undefined;
    }
  | {
      /** Each node of the pool fails and is repaired again and again, by itself. */
      readonly kind: "NodeFailures";
      readonly pool: string;
      readonly upTimeSeconds: LawDescription;
      readonly repairTimeSeconds: LawDescription;
      /** Nodes that are there at `from`: all new, or as they are found after long use. */
      readonly start: "new" | "stationary";
      readonly from: Instant;
      readonly until: Instant | undefined;
    }
);

/** Name of the node with this ordinal (from 0) of a pool. */
export function nodeNameOfPool(pool: NodePool, ordinal: number): string {
  return `${pool.name}-${ordinal}`;
}

/** Zone of the node with this ordinal of a pool; undefined where the pool has no zones. */
export function zoneOfPoolNode(pool: NodePool, ordinal: number): string | undefined {
  return pool.zones.length === 0 ? undefined : pool.zones[ordinal % pool.zones.length];
}
