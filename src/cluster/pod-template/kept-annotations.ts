// Which annotations are kept: an allow-list, because annotations of dumps hold whole manifests,
// checksums of secrets and tokens. What Kubernetes' own components and podsim read is on it.

const KEPT_PREFIXES = [
  "podsim.dev/",
  "pv.kubernetes.io/",
  "volume.kubernetes.io/",
  "volume.beta.kubernetes.io/",
  "storageclass.kubernetes.io/",
  "storageclass.beta.kubernetes.io/",
  "storage.alpha.kubernetes.io/",
  "scheduling.k8s.io/",
  "scheduler.alpha.kubernetes.io/",
  "cluster-autoscaler.kubernetes.io/",
  "descheduler.alpha.kubernetes.io/",
  "karpenter.sh/",
  "controller.kubernetes.io/",
  "node.alpha.kubernetes.io/",
  "service.kubernetes.io/",
  "batch.kubernetes.io/",
] as const;

const KEPT_NAMES: ReadonlySet<string> = new Set([
  "deployment.kubernetes.io/revision",
  "deployment.kubernetes.io/desired-replicas",
  "deployment.kubernetes.io/max-replicas",
  "deprecated.daemonset.template.generation",
  "kubernetes.io/config.source",
  "kubernetes.io/config.mirror",
  "kubernetes.io/config.hash",
  "kubectl.kubernetes.io/restartedAt",
  "cronjob.kubernetes.io/instantiate",
  "endpoints.kubernetes.io/over-capacity",
  "alibabacloud.com/gpu-milli",
  "alibabacloud.com/gpu-count",
]);

/** True when an annotation with this key may be kept. */
export function isKeptAnnotation(key: string): boolean {
  return KEPT_NAMES.has(key) || KEPT_PREFIXES.some((prefix) => key.startsWith(prefix));
}
