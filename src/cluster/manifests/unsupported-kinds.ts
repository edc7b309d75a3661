// Kinds that podsim does not decode: can leaving them out change what the scheduler decides?
//
// A kind that makes pods or nodes, changes pods on their way in, or holds them back can; most others
// cannot. Of a kind that nobody listed the contents decide: whatever holds a pod spec can make pods.

import { isRecord } from "../objects/field-cursor.ts";

/** API groups whose kinds cannot change scheduling. "" is the core group. */
const HARMLESS_GROUPS: ReadonlySet<string> = new Set([
  "rbac.authorization.k8s.io",
  "networking.k8s.io",
  "gateway.networking.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "snapshot.storage.k8s.io",
  "metrics.k8s.io",
  "cert-manager.io",
  "networking.istio.io",
  "security.istio.io",
  "metallb.io",
]);

/** Its kinds are instructions for kubectl; they matter when they change the objects beside them. */
const KUSTOMIZE_GROUP = "kustomize.config.k8s.io";

/** What a Kustomization may say without changing what its resources ask of a scheduler. */
const HARMLESS_KUSTOMIZE_FIELDS: ReadonlySet<string> = new Set([
  "apiVersion",
  "kind",
  "metadata",
  "resources",
  "bases",
  "configMapGenerator",
  "secretGenerator",
  "generatorOptions",
  "commonAnnotations",
  "buildMetadata",
  "sortOptions",
]);

/** Kinds, as group/kind, that cannot change scheduling although their group holds others that can. */
const HARMLESS_KINDS: ReadonlySet<string> = new Set([
  "/ConfigMap",
  "/Secret",
  "/ServiceAccount",
  "/Endpoints",
  "/Event",
  "/PodTemplate",
  "/ComponentStatus",
  "apps/ControllerRevision",
  "extensions/Ingress",
  "extensions/NetworkPolicy",
  "policy/PodSecurityPolicy",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "monitoring.coreos.com/ServiceMonitor",
  "monitoring.coreos.com/PodMonitor",
  "monitoring.coreos.com/PrometheusRule",
  "monitoring.coreos.com/Probe",
  "monitoring.coreos.com/ScrapeConfig",
  "monitoring.coreos.com/AlertmanagerConfig",
]);

/** Groups whose controllers make pods or nodes, or hold pods back. */
const SCHEDULING_GROUPS: ReadonlySet<string> = new Set([
  "karpenter.sh",
  "karpenter.k8s.aws",
  "cluster.x-k8s.io",
  "autoscaling.k8s.io",
  "keda.sh",
  "kueue.x-k8s.io",
  "jobset.x-k8s.io",
  "leaderworkerset.x-k8s.io",
  "scheduling.x-k8s.io",
  "scheduling.incubator.k8s.io",
  "scheduling.volcano.sh",
  "batch.volcano.sh",
  "flow.volcano.sh",
  "kubeflow.org",
  "ray.io",
  "sparkoperator.k8s.io",
  "argoproj.io",
  "tekton.dev",
  "agents.x-k8s.io",
  "apps.kruise.io",
  "kwok.x-k8s.io",
  "descheduler",
]);

/** Kinds that change scheduling although nothing in them looks like a pod. */
const SCHEDULING_KINDS: ReadonlySet<string> = new Set([
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
  "monitoring.coreos.com/Prometheus",
  "monitoring.coreos.com/PrometheusAgent",
  "monitoring.coreos.com/Alertmanager",
  "monitoring.coreos.com/ThanosRuler",
  "resource.k8s.io/DeviceTaintRule",
  "scheduling.k8s.io/Workload",
]);

/** The group of an apiVersion; "" for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

/** Whether leaving this object out can change what is scheduled where. */
export function canChangeScheduling(apiVersion: string, kind: string, object: unknown): boolean {
  const group = groupOf(apiVersion);
  const name = `${group}/${kind}`;
  if (group === KUSTOMIZE_GROUP) {
    return (
      isRecord(object) && !Object.keys(object).every((key) => HARMLESS_KUSTOMIZE_FIELDS.has(key))
    );
  }
  if (SCHEDULING_KINDS.has(name) || SCHEDULING_GROUPS.has(group)) return true;
  if (HARMLESS_KINDS.has(name) || HARMLESS_GROUPS.has(group)) return false;
  return holdsPodSpec(object, 0);
}

const SEARCH_DEPTH_MAX = 8;

/** Looks for a list of containers, which is the mark of a pod spec. */
function holdsPodSpec(value: unknown, depth: number): boolean {
  if (depth > SEARCH_DEPTH_MAX || typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => holdsPodSpec(item, depth + 1));
  if (!isRecord(value)) return false;
  const containers = value["containers"];
  if (Array.isArray(containers) && containers.some(isContainer)) return true;
  return Object.keys(value).some((key) => holdsPodSpec(value[key], depth + 1));
}

function isContainer(item: unknown): boolean {
  return isRecord(item) && (typeof item["image"] === "string" || typeof item["name"] === "string");
}
