// Door of cluster: what a Kubernetes cluster is, without anybody deciding anything.
//
// VALUES are what stands in manifests, decoded and compiled; STATE is what the API server shows
// and the machines are while time passes. The two sections have different owners.

// ======== VALUES =========================================================================

// ---- quantities and resources
export type { QuantityFormat } from "./quantity/quantity-suffix.ts";
export { Quantity, quantityOf, quantityOfMilli, ZERO_QUANTITY } from "./quantity/quantity.ts";
export type { QuantityError } from "./quantity/quantity-text.ts";
export { isQuantityError, parseQuantity } from "./quantity/quantity-text.ts";
export {
  isExtendedResource,
  isHugePageResource,
  isPodLevelResource,
  isScalarResource,
} from "./quantity/resource-names.ts";
export type {
  Amount,
  ExactResources,
  QuantityMap,
  ResourceList,
} from "./quantity/resource-list.ts";
export {
  exactResourcesOf,
  NO_RESOURCES,
  PRESENT,
  resourceListFromExact,
  resourceListOf,
} from "./quantity/resource-list.ts";

// ---- names, labels, selectors, taints
export {
  dnsLabelProblem,
  labelValueProblem,
  qualifiedNameProblem,
  subdomainProblem,
} from "./selectors/qualified-name.ts";
export type { Labels } from "./selectors/labels.ts";
export { areEqualLabels, formatLabels, labelsOf, NO_LABELS } from "./selectors/labels.ts";
export type { Requirement, SelectionOperator } from "./selectors/requirement.ts";
export {
  createRequirement,
  formatRequirement,
  formatRequirements,
  meetsRequirement,
  requirementProblem,
} from "./selectors/requirement.ts";
export {
  compileLabelSelector,
  LabelSelector,
  labelSelectorOfMap,
  SELECT_EVERYTHING,
  SELECT_NOTHING,
} from "./selectors/label-selector.ts";
export { parseLabelSelector } from "./selectors/label-selector-text.ts";
export type {
  NodeSelectorTerm,
  PreferredNodeTerms,
  RequiredNodeAffinity,
  SelectableNode,
} from "./selectors/node-selector.ts";
export {
  compileNodeRequirement,
  compileNodeSelector,
  compileNodeSelectorTerm,
  compilePreferredNodeTerms,
  matchesRequiredNodeAffinity,
  matchesTerm,
  NodeSelector,
  preferredNodeScore,
} from "./selectors/node-selector.ts";
export type { Taint, TaintEffect, Toleration } from "./selectors/taints.ts";
export {
  FILTERING_EFFECTS,
  findUntoleratedTaint,
  isTolerated,
  tolerates,
} from "./selectors/taints.ts";

// ---- pod templates
export type {
  AffinityTerm,
  AffinityTerms,
  Container,
  ContainerPort,
  ContainerResources,
  ContainerRunAnnotations,
  HostPort,
  PodResourceClaim,
  PodTemplate,
  PodTemplateSource,
  PreemptionPolicy,
  Probe,
  QosClass,
  RestartPolicy,
  RestartRule,
  RunAnnotations,
  RunSpan,
  TopologySpreadConstraint,
  UnsimulatedField,
  Volume,
} from "./pod-template.ts";

export type { InternedTemplate, PodTemplatePatch } from "./pod-template-registry.ts";
export { PodTemplateRegistry } from "./pod-template-registry.ts";
export type { ResizeAmounts } from "./pod-template/resize.ts";
export {
  isResizing,
  resizeDeferred,
  resizeDone,
  resized,
  resizePendingReason,
} from "./pod-template/resize.ts";
export { decodeRequestingPod } from "./pod-template/compile-pod-template.ts";
export { normalizeImageName } from "./pod-template/image-name.ts";
export type {
  ReportedResources,
  RequestingContainer,
  RequestingPod,
  RequestOptions,
} from "./pod-template/pod-requests.ts";
export {
  NON_ZERO_DEFAULTS,
  nonZeroPodRequests,
  podLimits,
  podRequests,
} from "./pod-template/pod-requests.ts";

// ---- API objects
export { parseTimestampSeconds } from "./objects/timestamp.ts";
export type {
  DecodeOptions,
  IgnoredField,
  ObjectProblem,
} from "./objects/field-cursor.ts";
export { AS_API_SERVER } from "./objects/field-cursor.ts";
export type {
  Condition,
  IntOrPercent,
  ObjectMeta,
  OwnerReference,
} from "./objects/object-meta.ts";
export { templatePlaceOf, type TemplatePlace } from "./objects/template-place.ts";
export { findControllerOf, objectKey, resolveIntOrPercent } from "./objects/object-meta.ts";
export type {
  NodeImage,
  NodeObject,
  PodObject,
  PodPhase as PodPhaseName,
  PodStatus,
} from "./objects/node-and-pod.ts";
export type {
  CronJobObject,
  DaemonSetObject,
  DeploymentObject,
  JobObject,
  JobSpec,
  PodFailureRule,
  ReplicaSetObject,
  ReplicationControllerObject,
  StatefulSetObject,
} from "./objects/workload-objects.ts";
export type {
  HorizontalPodAutoscalerObject,
  HpaMetric,
  HpaScalingRules,
  LimitRangeItem,
  LimitRangeObject,
  NamespaceObject,
  PodDisruptionBudgetObject,
  PriorityClassObject,
  QuotaScope,
  ResourceQuotaObject,
  RuntimeClassObject,
  ServiceObject,
  DynamicResourceObject,
} from "./objects/policy-objects.ts";
export type {
  AccessMode,
  CsiDriverObject,
  CsiNodeObject,
  CsiStorageCapacityObject,
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
  StorageClassObject,
  TopologySelectorTerm,
  VolumeAttachmentObject,
  VolumeSource,
} from "./objects/storage-objects.ts";
export type { ApiKind, ApiObject, ObjectOfKind } from "./objects/api-object.ts";
export { DecodeSink, FieldCursor } from "./objects/field-cursor.ts";
export type { FoundKind, KindEntry } from "./objects/kind-table.ts";
export { decodeObject, findKind, KINDS } from "./objects/kind-table.ts";

// ---- manifests
export type {
  IgnoredFieldCount,
  InferredOwner,
  ManifestSet,
  SourcedObject,
  LeftOut,
  UnsupportedKind,
} from "./manifests/manifest-set.ts";
export { hasUnsimulated } from "./manifests/manifest-set.ts";
export type { ReadManifestsOptions } from "./manifests/read-manifests.ts";
export { ManifestReader, readManifests } from "./manifests/read-manifests.ts";

// ======== STATE ==========================================================================

// ---- identity and encodings
export type { NodeIndex, OwnerIndex, PodIndex, Uid } from "./state/identity.ts";
export {
  ConditionStatus,
  conditionIn,
  formatConditionStatus,
  POD_CONDITION_NAMES,
  formatPhase,
  formatUid,
  isFinishedPhase,
  NEVER_US,
  NO_NODE,
  NO_OWNER,
  NO_POD,
  PodConditionType,
  PodPhase,
} from "./state/identity.ts";

// ---- tables (reading)
export type { PodTable } from "./state/pod-table.ts";
export type { ContainerEnd, ContainerStatus } from "./state/container-statuses.ts";
export { ContainerState } from "./state/container-statuses.ts";
export type { NodeTable } from "./state/node-table.ts";
export { REGION_LABEL, readyStatusOf, ZONE_LABEL, zoneKeyOf } from "./state/node-table.ts";
export type { OwnerRef } from "./state/owner-table.ts";
export type {
  DerivedObject,
  ObjectStore,
  StorableObject,
  StorableOfKind,
  StoredObject,
  StoreKind,
} from "./state/object-store.ts";
export { shownUid } from "./state/object-store.ts";
export { defaultStorageClass } from "./admission/storage-admission.ts";

// ---- the API server: time, requests, commits, watch
export type { RateLimit } from "./state/token-bucket.ts";
export { TokenBucket } from "./state/token-bucket.ts";
export type { ClientLimit, ControlPlaneLatencies } from "./state/latencies.ts";
export {
  LATENCIES_INSTANT,
  LATENCIES_KUBERNETES_1_36,
  LATENCY_PRESETS,
} from "./state/latencies.ts";
export type { ApiClientOptions, ApiServerOptions } from "./state/api-server.ts";
export { ApiServer } from "./state/api-server.ts";
export type { ApiClient, ApiCommit, ApiVerb } from "./state/api-requests.ts";
export type { ApiRefusal, ApiRefusalReason, ApiResult, ApiSuccess } from "./state/api-result.ts";
export { CHANGED, httpCodeOf, refused, UNCHANGED } from "./state/api-result.ts";
export type { ApiWriter } from "./state/api-writer.ts";
export type { ConditionPatch, NewPod, PodDeletion, PodStatusPatch } from "./state/pod-writer.ts";
export type {
  DeletionPropagation,
  NewObjectOptions,
  ObjectUpdateOptions,
} from "./state/object-writer.ts";
export { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from "./state/object-writer.ts";
export type { DisruptionBudgetCondition, DisruptionBudgetStatus } from "./state/eviction.ts";
export type { InitialState } from "./state/initial-state.ts";
export type { ChangeListener, Subscription, Watcher } from "./state/watch.ts";
export type { ChangeKind } from "./state/change-journal.ts";
export {
  CHANGED_CONDITIONS,
  CHANGED_DELETION,
  CHANGED_FINALIZERS,
  CHANGED_NODE,
  CHANGED_NOMINATED,
  CHANGED_OWNER,
  CHANGED_PHASE,
  CHANGED_READY,
  CHANGED_STATUS,
  CHANGED_TEMPLATE,
} from "./state/change-journal.ts";
export type { NodeChange, ObjectChange, PodChange } from "./state/changes.ts";
export type {
  KubernetesEventSubject,
  KubernetesEvent,
  NewKubernetesEvent,
} from "./state/kubernetes-events.ts";
export { KubernetesEvents } from "./state/kubernetes-events.ts";

// ---- admission
export {
  DEFAULT_TOLERATION_SECONDS,
  NOT_READY_TAINT_KEY,
  UNREACHABLE_TAINT_KEY,
} from "./admission/pod-admission.ts";
export type { ResourceQuotaStatus } from "./admission/quota-admission.ts";
export type { CountedPods } from "./admission/quota-usage.ts";
export { quotaUsage } from "./admission/quota-usage.ts";

// ---- the physical side
export type {
  MachineChange,
  MachineChangeKind,
  MachineListener,
  Process,
  ProcessChange,
  ProcessCut,
  ProcessState,
} from "./state/machine-changes.ts";
export { EXIT_KILLED } from "./state/machine-changes.ts";
export { Machines } from "./state/machines.ts";
export type { ContainerHealth, ContainerUsage, PodBehavior } from "./state/pod-behavior.ts";
export { podUsageAt } from "./state/pod-usage.ts";

// ---- what people see
export { formatPodReady, formatPodStatus, podRestartsShown } from "./state/pod-status-text.ts";
export type { JsonObject } from "./state/container-json.ts";
export { nodeToJson, podToJson } from "./state/object-json.ts";
export { formatTimestamp } from "./state/timestamp-text.ts";

// ---- what must hold
export type { ClusterInvariantOptions } from "./state/invariants/register.ts";
export { registerClusterInvariants } from "./state/invariants/register.ts";
