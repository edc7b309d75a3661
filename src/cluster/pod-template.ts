// What all pods made from one template share: compiled once, interned, read everywhere.
//
// A simulated cluster has many pods and few distinct templates, so everything that can be worked
// out from labels, annotations and spec is worked out here, once, and pods carry an index. This file
// holds the types only; pod-template-registry.ts makes the values. What differs between the pods of
// one template (name, namespace, node, phase) is not in it.

import type { QuantityMap, ResourceList } from "./quantity/resource-list.ts";
import type { Labels } from "./selectors/labels.ts";
import type { LabelSelector } from "./selectors/label-selector.ts";
import type { PreferredNodeTerms, RequiredNodeAffinity } from "./selectors/node-selector.ts";
import type { Toleration } from "./selectors/taints.ts";

/** Compiled, immutable, shared. Equal contents have one `index` within one registry. */
export interface PodTemplate {
  /** Dense, from 0, in order of first appearance in the registry. */
  readonly index: number;
  /** 64 hex digits over the whole source (also over parts that are not kept, such as environment values). */
  readonly contentHash: string;
  /** The allowed part of the source as plain data, from which variants are derived; never environment values. */
  readonly source: PodTemplateSource;

  readonly labels: Labels;
  readonly annotations: Labels;
  readonly schedulerName: string;
  /** spec.priority as given or as admission resolved it; undefined before admission. */
  readonly priority: number | undefined;
  readonly priorityClassName: string;
  readonly preemptionPolicy: PreemptionPolicy;
  readonly runtimeClassName: string;
  /** A node demanded by the template itself; "" = none. The node of a bound pod is on the pod. */
  readonly nodeName: string;

  /** undefined when null: NodeAffinity's PreFilter tells null from empty. */
  readonly nodeSelector: Labels | undefined;
  /** nodeSelector and required terms together; undefined when the pod has neither. */
  readonly requiredNodeAffinity: RequiredNodeAffinity | undefined;
  /** undefined when null or absent; an empty list is kept distinct. */
  readonly preferredNodeAffinity: PreferredNodeTerms | undefined;
  /** Node names that matchFields leave, or undefined when nothing is narrowed; empty = conflict. */
  readonly nodeNamesAllowed: ReadonlySet<string> | undefined;
  readonly podAffinity: AffinityTerms;
  readonly podAntiAffinity: AffinityTerms;
  /** In source order. Default constraints of the plugin are not here. */
  readonly topologySpreadConstraints: readonly TopologySpreadConstraint[];
  readonly tolerations: readonly Toleration[];
  readonly schedulingGates: readonly string[];

  /** Wanted host ports (containers and sidecars, hostPort > 0), ip and protocol defaulted. */
  readonly hostPorts: readonly HostPort[];
  /** Normalised image names of init containers and containers, in that order, repeated names kept. */
  readonly images: readonly string[];
  /** Normalised references of image volumes; they add to the image score but not to its container count. */
  readonly volumeImages: readonly string[];

  /** Filter form: no status, pod level, no defaults, negative amounts as 0. */
  readonly requests: ResourceList;
  /** NodeResourcesFit's scoring form: no status, no pod level, 100m / 200Mi where a container names none. */
  readonly scoreRequests: ResourceList;
  /** What a pod on a node adds to NodeInfo.Requested: status and pod level included. */
  readonly nodeRequests: ResourceList;
  /** What a pod on a node adds to NodeInfo.NonZeroRequested. */
  readonly nonZeroRequests: ResourceList;
  /** NodeResourcesBalancedAllocation's form. */
  readonly balancedRequests: ResourceList;
  /** The quantities behind `requests`, and the limits likewise (for quota, LimitRange and printing). */
  readonly requestQuantities: QuantityMap;
  readonly limitQuantities: QuantityMap;
  /** spec.resources, undefined when absent. */
  readonly podLevel: ContainerResources | undefined;
  readonly overhead: QuantityMap;
  readonly qosClass: QosClass;

  readonly terminationGracePeriodSeconds: number;
  readonly activeDeadlineSeconds: number | undefined;
  readonly restartPolicy: RestartPolicy;
  readonly hostNetwork: boolean;
  readonly hostUsers: boolean;
  readonly serviceAccountName: string;
  readonly hostname: string;
  readonly subdomain: string;
  readonly readinessGates: readonly string[];
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly resourceClaims: readonly PodResourceClaim[];
  /** Features a node must declare (NodeDeclaredFeatures, P15). */
  readonly requiredNodeFeatures: readonly string[];
  /** How long it runs and how it ends, from podsim.dev annotations. */
  readonly run: RunAnnotations;
  /** What the source asks for and podsim does not simulate. */
  readonly unsimulated: readonly UnsimulatedField[];
}

/** The kept part of a pod's or pod template's source. Plain JSON data. */
export interface PodTemplateSource {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
  /** Only the parts that change requests (in-place resize). */
  readonly status?: Readonly<Record<string, unknown>>;
}

/** Whether a pending pod may preempt others. */
export type PreemptionPolicy = "PreemptLowerPriority" | "Never";
/** When the kubelet restarts a container. */
export type RestartPolicy = "Always" | "OnFailure" | "Never";
/** Quality-of-service class, fixed at creation. */
export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** Required and preferred terms of one kind of pod affinity, in source order. */
export interface AffinityTerms {
  readonly required: readonly AffinityTerm[];
  readonly preferred: readonly { readonly weight: number; readonly term: AffinityTerm }[];
}

/** One pod (anti-)affinity term; (mis)matchLabelKeys are already merged into the selector (Q9). */
export interface AffinityTerm {
  readonly topologyKey: string;
  readonly labelSelector: LabelSelector;
  /** Listed namespaces. */
  readonly namespaces: ReadonlySet<string>;
  /** No namespace listed and no namespaceSelector: the pod's own namespace is meant. */
  readonly isOwnNamespace: boolean;
  /** Selects nothing when null. */
  readonly namespaceSelector: LabelSelector;
}

/** One topology spread constraint; matchLabelKeys are already merged into the selector. */
export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  /** 1 when not given. */
  readonly minDomains: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway";
  readonly selector: LabelSelector;
  readonly nodeAffinityPolicy: "Honor" | "Ignore";
  readonly nodeTaintsPolicy: "Honor" | "Ignore";
}

/** A port on the node itself. ip "" became 0.0.0.0, protocol "" became TCP. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** Requests and limits as API quantities, in source order, after "requests follow limits". */
export interface ContainerResources {
  readonly requests: QuantityMap;
  readonly limits: QuantityMap;
}

/** A container or init container, decoded. */
export interface Container extends ContainerResources {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  readonly ports: readonly ContainerPort[];
  /** Its own policy; a sidecar is an init container with "Always". undefined = the pod's. */
  readonly restartPolicy: RestartPolicy | undefined;
  readonly isSidecar: boolean;
  /** Exit codes for which it is restarted whatever its policy says, in source order. */
  readonly restartRules: readonly RestartRule[];
  readonly readinessProbe: Probe | undefined;
  readonly livenessProbe: Probe | undefined;
  readonly startupProbe: Probe | undefined;
  readonly hasPreStop: boolean;
  /** preStop.sleep.seconds; undefined when there is none or it is another action. */
  readonly preStopSleepSeconds: number | undefined;
  readonly hasPostStart: boolean;
  /** postStart.sleep.seconds; undefined when there is none or it is another action. */
  readonly postStartSleepSeconds: number | undefined;
}

/** A restart rule by exit code: the container is restarted when it matches. */
export interface RestartRule {
  readonly operator: "In" | "NotIn";
  readonly exitCodes: readonly number[];
}

/** A port a container listens on. */
export interface ContainerPort {
  readonly name: string;
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp: string;
  readonly protocol: string;
}

/** Timing of a probe; what it asks is not simulated beyond its kind. */
export interface Probe {
  readonly kind: "httpGet" | "tcpSocket" | "exec" | "grpc" | "none";
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  readonly terminationGracePeriodSeconds: number | undefined;
}

/** A pod's volume; `kind` names the one source it has. Kinds that hold nothing the simulator reads are "other". */
export type Volume =
  | {
      readonly kind: "persistentVolumeClaim";
      readonly name: string;
      readonly claimName: string;
      readonly readOnly: boolean;
    }
  | {
      readonly kind: "ephemeral";
      readonly name: string;
      /** metadata and spec of the claim to be made, as plain data. */
      readonly claimTemplate: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: "emptyDir";
      readonly name: string;
      /** "Memory" counts against memory limits. */
      readonly medium: string;
      /** The kubelet evicts a pod whose volume grows beyond it. */
      readonly sizeLimitBytes: number | undefined;
    }
  | {
      readonly kind: "gcePersistentDisk";
      readonly name: string;
      readonly pdName: string;
      readonly readOnly: boolean;
    }
  | {
      readonly kind: "awsElasticBlockStore";
      readonly name: string;
      readonly volumeId: string;
      readonly readOnly: boolean;
    }
  | {
      readonly kind: "azureDisk";
      readonly name: string;
      readonly diskName: string;
      readonly diskUri: string;
      /** Managed, Dedicated or Shared (the default); only the first has a CSI form. */
      readonly diskKind: string;
    }
  | {
      readonly kind: "cinder";
      readonly name: string;
      readonly volumeId: string;
    }
  | {
      readonly kind: "iscsi";
      readonly name: string;
      readonly iqn: string;
      readonly lun: number;
      readonly readOnly: boolean;
    }
  | {
      readonly kind: "rbd";
      readonly name: string;
      readonly monitors: readonly string[];
      readonly pool: string;
      readonly image: string;
      readonly readOnly: boolean;
    }
  | {
      readonly kind: "portworxVolume" | "vsphereVolume" | "azureFile";
      readonly name: string;
      /** volumeID, volumePath or shareName. */
      readonly handle: string;
    }
  | { readonly kind: "csi"; readonly name: string; readonly driver: string }
  | {
      readonly kind: "image";
      readonly name: string;
      readonly reference: string;
      readonly pullPolicy: string;
    }
  | {
      readonly kind: "configMap" | "secret";
      readonly name: string;
      readonly objectName: string;
      readonly optional: boolean;
    }
  | { readonly kind: "hostPath"; readonly name: string; readonly path: string }
  | { readonly kind: "other"; readonly name: string; readonly source: string };

/** A claim on devices (dynamic resource allocation). */
export interface PodResourceClaim {
  readonly name: string;
  readonly resourceClaimName: string | undefined;
  readonly resourceClaimTemplateName: string | undefined;
}

/** The podsim.dev annotations of a pod, parsed where the form is fixed, as text where a law reads them. */
export interface RunAnnotations {
  /** podsim.dev/run: microseconds from Running to exit; undefined = runs until deleted. */
  readonly runUs: number | undefined;
  /** podsim.dev/run-law: name and parameters of the law around `run`, as written. */
  readonly runLaw: string | undefined;
  /** podsim.dev/usage, as written. */
  readonly usage: string | undefined;
  /** podsim.dev/exit: exit code of a finished run; 0 when absent. */
  readonly exitCode: number;
  /** podsim.dev/fail-index: completion indexes that exit with `failCode`. */
  readonly failIndexes: readonly number[];
  readonly failCode: number;
  /** podsim.dev/start: microseconds from bound to Running; undefined = by the container runtime's model. */
  readonly startUs: number | undefined;
  /** podsim.dev/ready: microseconds from Running to Ready; undefined = by probes. */
  readonly readyUs: number | undefined;
  /** podsim.dev/ready-stagger: adds this times ((creation ordinal - 1) mod 10). */
  readonly readyStaggerUs: number;
  /** podsim.dev/post-start and pre-stop: microseconds that such a hook takes; absent = none. */
  readonly postStartUs?: number;
  readonly preStopUs?: number;
  /** podsim.dev/post-start-exit: codes of the hook at the first, second ... start; the last one repeats. */
  readonly postStartCodes?: readonly number[];
  /** podsim.dev/stop: microseconds from deletion to stopped; undefined = by the model. */
  readonly stopUs: number | undefined;
  /** podsim.dev/stop-exit: exit code of a pod stopped by deletion. */
  readonly stopExitCode: number;
  /** podsim.dev/exit as a list: codes of the first, second ... run; the last one repeats. */
  readonly exitCodes: readonly number[];
  /** podsim.dev/started: microseconds from the start until a startup probe would succeed. */
  readonly startedUs: number;
  /** podsim.dev/unhealthy: spans after each start in which liveness and readiness probes fail. */
  readonly unhealthy: readonly RunSpan[];
  /** podsim.dev/not-ready: spans after each start in which readiness probes alone fail. */
  readonly notReady: readonly RunSpan[];
  /** podsim.dev/cpu-bound: `run` is the time with all the cpu it wants; with less it takes longer. */
  readonly isCpuBound: boolean;
  /** podsim.dev/gates: microseconds from ContainersReady until all readiness gates are True; undefined = never. */
  readonly gatesUs: number | undefined;
  /** What is said of one container alone (`podsim.dev/NAME.CONTAINER`), by its name. */
  readonly containers: ReadonlyMap<string, ContainerRunAnnotations>;
}

/** Annotations of one container; absent members are as the pod's. */
export type ContainerRunAnnotations = Partial<
  Pick<
    RunAnnotations,
    | "runUs"
    | "usage"
    | "exitCodes"
    | "readyUs"
    | "stopUs"
    | "stopExitCode"
    | "postStartUs"
    | "postStartCodes"
    | "preStopUs"
    | "startedUs"
    | "unhealthy"
    | "notReady"
    | "isCpuBound"
  >
>;

/** A part of a container's run, in microseconds after its start; `toUs` undefined = to its end. */
export interface RunSpan {
  readonly fromUs: number;
  readonly toUs: number | undefined;
}

/** A field that is read and named but has no effect in the simulation. */
export interface UnsimulatedField {
  /** Path without indexes, such as spec.resourceClaims. */
  readonly field: string;
  readonly changesScheduling: boolean;
}
