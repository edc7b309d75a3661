// Who is woken by what: every event kind of scheduler-queue.md B8 with every hint of the table in
// scheduler-plugins.md part 3, once with a "Queue" and once with a "Skip", through API, watch, news,
// queue and loop. The pod "p" is refused by the plugin named, so that only its hint counts.

import { describe, expect, it } from "vitest";
import type { NodeObject, Taint } from "../../../src/cluster/index.ts";
import {
  attachment,
  claim,
  csiNode,
  storageClass,
  using,
  volume,
} from "../plugins/volumes/storage-objects.ts";
import { type Json, type PodOptions, QueueRig } from "./rig.ts";

/** Everything happens at this millisecond, when the first back-off is long over. */
const AT = 10_000;
const HEARD_US = 10_001_000;

interface Wake {
  readonly plugin: string;
  readonly what: string;
  readonly pod?: PodOptions;
  /** What is there before. */
  readonly given?: (rig: QueueRig) => unknown;
  readonly event: (rig: QueueRig) => unknown;
  /** The label under which the pod is moved; undefined: it stays. */
  readonly label?: string;
}

const TAINT: Taint = { key: "k", value: "v", effect: "NoSchedule" };
const tolerating = { tolerations: [{ key: "k", operator: "Exists" }] };
const labels = (rig: QueueRig, name: string, change: Record<string, string>): QueueRig =>
  rig.editNode(AT, name, (node) => withLabels(node, change));
const fit = "NodeResourcesFit";
const near = (topologyKey = "zone"): Json => ({
  affinity: {
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(topologyKey)] },
  },
});
const away = (topologyKey = "zone"): Json => ({
  affinity: {
    podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(topologyKey)] },
  },
});
const spread = {
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app: "a" } },
    },
  ],
};
const honoring = {
  topologySpreadConstraints: [
    { ...spread.topologySpreadConstraints[0], nodeTaintsPolicy: "Honor" },
  ],
};
const port = (hostPort: number): Json => ({
  containers: [{ name: "c", image: "i:1", ports: [{ containerPort: 80, hostPort }] }],
});
const bound = { nodeName: "n1" };
const app = { labels: { app: "a" } };

const inline: PodOptions = {
  spec: {
    containers: [{ name: "c", image: "i:1" }],
    volumes: [{ name: "v", csi: { driver: "csi.example.com" } }],
  },
};

function driver(storageCapacity: boolean): Json {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIDriver",
    metadata: { name: "csi.example.com" },
    spec: { storageCapacity },
  };
}

function capacity(size: string): Json {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIStorageCapacity",
    metadata: { name: "x", namespace: "default" },
    storageClassName: "slow",
    capacity: size,
  };
}

function term(topologyKey: string): Json {
  return { topologyKey, labelSelector: { matchLabels: { app: "a" } } };
}

function withLabels(node: NodeObject, change: Record<string, string>): NodeObject {
  const changed = new Map([...node.meta.labels, ...Object.entries(change)]);
  return { ...node, meta: { ...node.meta, labels: changed }, labels: changed } as NodeObject;
}

function requesting(requests: Json): Json {
  return { containers: [{ name: "c", image: "i:1", resources: { requests } }] };
}

const rows: readonly Wake[] = [
  // --- Nodes come, change and go -----------------------------------------------------------------
  {
    plugin: fit,
    what: "a node that could hold it empty",
    pod: { cpu: "2" },
    event: (r) => r.node(AT, "n2", "2"),
    label: "NodeAdd",
  },
  {
    plugin: fit,
    what: "a node that is too small",
    pod: { cpu: "2" },
    event: (r) => r.node(AT, "n2", "1"),
  },
  {
    plugin: "NodeUnschedulable",
    what: "a node that is not cordoned",
    event: (r) => r.node(AT, "n2"),
    label: "NodeAdd",
  },
  {
    plugin: "NodeUnschedulable",
    what: "a node that is cordoned",
    event: (r) => r.node(AT, "n2", "1", { spec: { unschedulable: true } }),
  },
  {
    plugin: "NodeUnschedulable",
    what: "a node that is uncordoned",
    given: (r) => r.node(5_000, "n2", "1", { spec: { unschedulable: true } }),
    event: (r) => r.editNode(AT, "n2", (node) => ({ ...node, unschedulable: false })),
    label: "NodeUpdateNodeTaint",
  },
  {
    plugin: "NodeUnschedulable",
    what: "a node that is cordoned later",
    event: (r) => r.editNode(AT, "n1", (node) => ({ ...node, unschedulable: true })),
  },
  { plugin: "NodeName", what: "any node", event: (r) => r.node(AT, "n2"), label: "NodeAdd" },
  {
    plugin: "NodeName",
    what: "a change of any taint, by the registration that is added",
    event: (r) => r.editNode(AT, "n1", (node) => ({ ...node, taints: [TAINT] })),
    label: "NodeUpdateNodeTaint",
  },
  {
    plugin: "NodeName",
    what: "a change of labels",
    event: (r) => labels(r, "n1", { disk: "ssd" }),
  },
  {
    plugin: "TaintToleration",
    what: "a node without a taint",
    event: (r) => r.node(AT, "n2"),
    label: "NodeAdd",
  },
  {
    plugin: "TaintToleration",
    what: "a node with a taint",
    event: (r) => r.node(AT, "n2", "1", { spec: { taints: [TAINT] } }),
  },
  {
    plugin: "TaintToleration",
    what: "a node with a taint that it tolerates",
    pod: { spec: tolerating },
    event: (r) => r.node(AT, "n2", "1", { spec: { taints: [TAINT] } }),
    label: "NodeAdd",
  },
  {
    plugin: "TaintToleration",
    what: "a node whose taint goes",
    given: (r) => r.node(5_000, "n2", "1", { spec: { taints: [TAINT] } }),
    event: (r) => r.editNode(AT, "n2", (node) => ({ ...node, taints: [] })),
    label: "NodeUpdateNodeTaint",
  },
  {
    plugin: "TaintToleration",
    what: "a node it could use before as well",
    event: (r) =>
      r.editNode(AT, "n1", (node) => ({
        ...node,
        taints: [{ ...TAINT, effect: "PreferNoSchedule" }],
      })),
  },
  {
    plugin: "NodeAffinity",
    what: "a node that matches",
    pod: { spec: { nodeSelector: { disk: "ssd" } } },
    event: (r) => r.node(AT, "n2", "1", { metadata: { name: "n2", labels: { disk: "ssd" } } }),
    label: "NodeAdd",
  },
  {
    plugin: "NodeAffinity",
    what: "a node that does not match",
    pod: { spec: { nodeSelector: { disk: "ssd" } } },
    event: (r) => r.node(AT, "n2"),
  },
  {
    plugin: "NodeAffinity",
    what: "a node that comes to match",
    pod: { spec: { nodeSelector: { disk: "ssd" } } },
    event: (r) => labels(r, "n1", { disk: "ssd" }),
    label: "NodeUpdateNodeLabel",
  },
  {
    plugin: "NodeAffinity",
    what: "a label that does not matter",
    pod: { spec: { nodeSelector: { disk: "ssd" } } },
    event: (r) => labels(r, "n1", { disk: "hdd" }),
  },
  {
    plugin: "NodeAffinity",
    what: "a change of any taint",
    pod: { spec: { nodeSelector: { disk: "ssd" } } },
    event: (r) => r.editNode(AT, "n1", (node) => ({ ...node, taints: [TAINT] })),
    label: "NodeUpdateNodeTaint",
  },
  {
    plugin: fit,
    what: "a node that grows in what it wants",
    pod: { cpu: "2" },
    event: (r) =>
      r.editNode(AT, "n1", (node) => ({
        ...node,
        allocatable: { ...node.allocatable, milliCpu: 2_000 },
      })),
    label: "NodeUpdateNodeAllocatable",
  },
  {
    plugin: fit,
    what: "a node that grows in something else",
    pod: { cpu: "1" },
    event: (r) =>
      r.editNode(AT, "n1", (node) => ({
        ...node,
        allocatable: { ...node.allocatable, memoryBytes: 2 ** 40 },
      })),
  },
  {
    plugin: fit,
    what: "a node that allows more pods",
    pod: { cpu: "1" },
    event: (r) =>
      r.editNode(AT, "n1", (node) => ({
        ...node,
        allocatable: { ...node.allocatable, pods: 120 },
      })),
    label: "NodeUpdateNodeAllocatable",
  },
  {
    plugin: fit,
    what: "a change of labels",
    pod: { cpu: "1" },
    event: (r) => labels(r, "n1", { disk: "ssd" }),
  },
  {
    plugin: fit,
    what: "a change of any taint of any node",
    pod: { cpu: "9" },
    event: (r) => r.editNode(AT, "n1", (node) => ({ ...node, taints: [TAINT] })),
    label: "NodeUpdateNodeTaint",
  },
  {
    plugin: fit,
    what: "a node that goes",
    pod: { cpu: "1" },
    event: (r) => r.deleteNode(AT, "n1"),
  },
  {
    plugin: fit,
    what: "another condition of a node",
    pod: { cpu: "1" },
    event: (r) =>
      r.editNode(AT, "n1", (node) => ({
        ...node,
        conditions: [{ ...node.conditions[0]!, status: "False" }],
      })),
  },
  {
    plugin: "NodePorts",
    what: "any node",
    pod: { spec: port(80) },
    event: (r) => r.node(AT, "n2"),
    label: "NodeAdd",
  },
  {
    plugin: "PodTopologySpread",
    what: "a node with the topology key",
    pod: { spec: spread },
    event: (r) => r.node(AT, "n2", "1", { metadata: { name: "n2", labels: { zone: "b" } } }),
    label: "NodeAdd",
  },
  {
    plugin: "PodTopologySpread",
    what: "a node without the key",
    pod: { spec: spread },
    event: (r) => r.node(AT, "n2"),
  },
  {
    plugin: "PodTopologySpread",
    what: "a node with the key that goes",
    pod: { spec: spread },
    given: (r) => r.node(50, "n2", "1", { metadata: { name: "n2", labels: { zone: "b" } } }),
    event: (r) => r.deleteNode(AT, "n2"),
    label: "NodeDelete",
  },
  {
    plugin: "PodTopologySpread",
    what: "a node that gets the key",
    pod: { spec: spread },
    event: (r) => labels(r, "n1", { zone: "a" }),
    label: "NodeUpdateNodeLabel",
  },
  {
    plugin: "PodTopologySpread",
    what: "a label that is no key",
    pod: { spec: spread },
    event: (r) => labels(r, "n1", { disk: "ssd" }),
  },
  {
    plugin: "InterPodAffinity",
    what: "a node with the topology key",
    pod: { spec: near() },
    event: (r) => r.node(AT, "n2", "1", { metadata: { name: "n2", labels: { zone: "b" } } }),
    label: "NodeAdd",
  },
  {
    plugin: "InterPodAffinity",
    what: "a node without the key, wanted near",
    pod: { spec: near() },
    event: (r) => r.node(AT, "n2"),
  },
  {
    plugin: "InterPodAffinity",
    what: "any node, wanted away",
    pod: { spec: away() },
    event: (r) => r.node(AT, "n2"),
    label: "NodeAdd",
  },
  {
    plugin: "InterPodAffinity",
    what: "a node that gets the key",
    pod: { spec: near() },
    event: (r) => labels(r, "n1", { zone: "a" }),
    label: "NodeUpdateNodeLabel",
  },
  {
    plugin: "InterPodAffinity",
    what: "a label that is no key",
    pod: { spec: near() },
    event: (r) => labels(r, "n1", { disk: "ssd" }),
  },
  {
    plugin: "InterPodAffinity",
    what: "a node that gets the key, wanted away",
    pod: { spec: away() },
    event: (r) => labels(r, "n1", { zone: "a" }),
  },
  {
    plugin: "InterPodAffinity",
    what: "a node whose key changes, wanted away",
    pod: { spec: away() },
    given: (r) => r.editNode(5_000, "n1", (node) => withLabels(node, { zone: "a" })),
    event: (r) => labels(r, "n1", { zone: "b" }),
    label: "NodeUpdateNodeLabel",
  },
  // --- Other pods --------------------------------------------------------------------------------
  {
    plugin: fit,
    what: "a bound pod that is deleted",
    given: (r) => r.pod(50, "q", bound),
    event: (r) => r.deletePod(AT, "q"),
    label: "AssignedPodDelete",
  },
  {
    plugin: fit,
    what: "a bound pod that finishes, its object still there",
    given: (r) => r.pod(50, "q", bound),
    event: (r) => r.finishPod(AT, "q"),
    label: "AssignedPodDelete",
  },
  {
    plugin: fit,
    what: "a bound pod whose grace begins",
    given: (r) => r.pod(50, "q", bound),
    event: (r) => r.deletePod(AT, "q", 30),
  },
  {
    plugin: fit,
    what: "a waiting pod that is deleted",
    given: (r) => r.pod(50, "q", { cpu: "8" }),
    event: (r) => r.deletePod(AT, "q"),
  },
  { plugin: fit, what: "a pod that is bound", event: (r) => r.pod(AT, "q", bound) },
  {
    plugin: fit,
    what: "a bound pod that asks for less of what it wants",
    pod: { cpu: "1" },
    given: (r) => r.pod(50, "q", { ...bound, cpu: "1" }),
    event: (r) => r.editPod(AT, "q", { spec: requesting({ cpu: "500m" }) }),
    label: "AssignedPodUpdatePodScaleDown",
  },
  {
    plugin: fit,
    what: "a bound pod that asks for less of something else",
    pod: { cpu: "1" },
    given: (r) => r.pod(50, "q", { ...bound, spec: requesting({ memory: "1Gi" }) }),
    event: (r) => r.editPod(AT, "q", { spec: requesting({ memory: "1Mi" }) }),
  },
  {
    plugin: "NodePorts",
    what: "the pod that holds its port goes",
    pod: { spec: port(80) },
    given: (r) => r.pod(50, "q", { ...bound, spec: port(80) }),
    event: (r) => r.deletePod(AT, "q"),
    label: "AssignedPodDelete",
  },
  {
    plugin: "NodePorts",
    what: "a pod with another port goes",
    pod: { spec: port(80) },
    given: (r) => r.pod(50, "q", { ...bound, spec: port(81) }),
    event: (r) => r.deletePod(AT, "q"),
  },
  {
    plugin: "PodTopologySpread",
    what: "a pod of the group is bound",
    pod: { spec: spread },
    event: (r) => r.pod(AT, "q", { ...bound, ...app }),
    label: "AssignedPodAdd",
  },
  {
    plugin: "PodTopologySpread",
    what: "a pod of no group is bound",
    pod: { spec: spread },
    event: (r) => r.pod(AT, "q", bound),
  },
  {
    plugin: "PodTopologySpread",
    what: "a pod of the group goes",
    pod: { spec: spread },
    given: (r) => r.pod(50, "q", { ...bound, ...app }),
    event: (r) => r.deletePod(AT, "q"),
    label: "AssignedPodDelete",
  },
  {
    plugin: "PodTopologySpread",
    what: "a bound pod joins the group",
    pod: { spec: spread },
    given: (r) => r.pod(50, "q", bound),
    event: (r) => r.editPod(AT, "q", { labels: { app: "a" } }),
    label: "AssignedPodUpdatePodLabel",
  },
  {
    plugin: "PodTopologySpread",
    what: "a bound pod changes another label",
    pod: { spec: spread },
    given: (r) => r.pod(50, "q", { ...bound, ...app }),
    event: (r) => r.editPod(AT, "q", { labels: { tier: "x" } }),
  },
  {
    plugin: "InterPodAffinity",
    what: "the pod it wants near is bound",
    pod: { spec: near() },
    event: (r) => r.pod(AT, "q", { ...bound, ...app }),
    label: "AssignedPodAdd",
  },
  {
    plugin: "InterPodAffinity",
    what: "a pod it does not care for is bound",
    pod: { spec: near() },
    event: (r) => r.pod(AT, "q", bound),
  },
  {
    plugin: "InterPodAffinity",
    what: "the pod it wants away goes",
    pod: { spec: away() },
    given: (r) => r.pod(50, "q", { ...bound, ...app }),
    event: (r) => r.deletePod(AT, "q"),
    label: "AssignedPodDelete",
  },
  {
    plugin: "InterPodAffinity",
    what: "a pod that wanted it away goes",
    pod: app,
    given: (r) => r.pod(50, "q", { ...bound, spec: away() }),
    event: (r) => r.deletePod(AT, "q"),
    label: "AssignedPodDelete",
  },
  {
    plugin: "InterPodAffinity",
    what: "a pod that wanted others away goes",
    given: (r) => r.pod(50, "q", { ...bound, spec: away() }),
    event: (r) => r.deletePod(AT, "q"),
  },
  {
    plugin: "InterPodAffinity",
    what: "a bound pod becomes the one it wants near",
    pod: { spec: near() },
    given: (r) => r.pod(50, "q", bound),
    event: (r) => r.editPod(AT, "q", { labels: { app: "a" } }),
    label: "AssignedPodUpdatePodLabel",
  },
  {
    plugin: "InterPodAffinity",
    what: "a bound pod stops being the one it wants away",
    pod: { spec: away() },
    given: (r) => r.pod(50, "q", { ...bound, ...app }),
    event: (r) => r.editPod(AT, "q", { labels: { app: "b" } }),
    label: "AssignedPodUpdatePodLabel",
  },
  {
    plugin: "DefaultPreemption",
    what: "a bound pod that goes",
    given: (r) => r.pod(50, "q", bound),
    event: (r) => r.deletePod(AT, "q"),
  },
  // --- The pod itself ----------------------------------------------------------------------------
  {
    plugin: "NodeUnschedulable",
    what: "it tolerates cordons now",
    event: (r) =>
      r.editPod(AT, "p", {
        spec: { tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }] },
      }),
    label: "UnschedulablePodUpdatePodToleration",
  },
  {
    plugin: "NodeUnschedulable",
    what: "it tolerates something else",
    event: (r) => r.editPod(AT, "p", { spec: tolerating }),
  },
  {
    plugin: "TaintToleration",
    what: "it tolerates more",
    event: (r) => r.editPod(AT, "p", { spec: tolerating }),
    label: "UnschedulablePodUpdatePodToleration",
  },
  {
    plugin: "TaintToleration",
    what: "it gets a label",
    event: (r) => r.editPod(AT, "p", { labels: { app: "b" } }),
  },
  {
    plugin: fit,
    what: "it asks for less",
    pod: { cpu: "2" },
    event: (r) => r.editPod(AT, "p", { spec: requesting({ cpu: "1" }) }),
    label: "UnschedulablePodUpdatePodScaleDown",
  },
  {
    plugin: fit,
    what: "it gets a label",
    pod: { cpu: "2" },
    event: (r) => r.editPod(AT, "p", { labels: { app: "b" } }),
  },
  {
    plugin: fit,
    what: "a status of its own, a general update",
    pod: { cpu: "2" },
    event: (r) => r.nominate(AT, "p", "n1"),
  },
  {
    plugin: "InterPodAffinity",
    what: "it gets a label",
    pod: { spec: near() },
    event: (r) => r.editPod(AT, "p", { labels: { app: "b" } }),
    label: "UnschedulablePodUpdatePodLabel",
  },
  {
    plugin: "PodTopologySpread",
    what: "it joins its own group",
    pod: { spec: spread },
    event: (r) => r.editPod(AT, "p", { labels: { app: "a" } }),
    label: "UnschedulablePodUpdatePodLabel",
  },
  {
    plugin: "PodTopologySpread",
    what: "it gets another label",
    pod: { spec: spread },
    event: (r) => r.editPod(AT, "p", { labels: { tier: "x" } }),
  },
  {
    plugin: "PodTopologySpread",
    what: "it tolerates more, and taints count",
    pod: { spec: honoring },
    event: (r) => r.editPod(AT, "p", { spec: tolerating }),
    label: "UnschedulablePodUpdatePodToleration",
  },
  {
    plugin: "PodTopologySpread",
    what: "it tolerates more, and taints do not count",
    pod: { spec: spread },
    event: (r) => r.editPod(AT, "p", { spec: tolerating }),
  },
  // --- Volumes -----------------------------------------------------------------------------------
  {
    plugin: "VolumeRestrictions",
    what: "its claim appears",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, claim("c")),
    label: "PersistentVolumeClaimAdd",
  },
  {
    plugin: "VolumeRestrictions",
    what: "another claim appears",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, claim("d")),
  },
  {
    plugin: "VolumeRestrictions",
    what: "a pod with its claim goes",
    pod: { spec: using("c") },
    given: (r) => r.pod(50, "q", { ...bound, spec: using("c") }),
    event: (r) => r.deletePod(AT, "q"),
    label: "AssignedPodDelete",
  },
  {
    plugin: "VolumeRestrictions",
    what: "a pod without volumes goes",
    pod: { spec: using("c") },
    given: (r) => r.pod(50, "q", bound),
    event: (r) => r.deletePod(AT, "q"),
  },
  {
    plugin: "NodeVolumeLimits",
    what: "a node reports its drivers",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, csiNode("n1", { d: 1 })),
    label: "CSINodeAdd",
  },
  {
    plugin: "NodeVolumeLimits",
    what: "a limit rises",
    pod: { spec: using("c") },
    given: (r) => r.object(5_000, csiNode("n1", { d: 1 })),
    event: (r) => r.editObject(AT, csiNode("n1", { d: 2 })),
    label: "CSINodeUpdate",
  },
  {
    plugin: "NodeVolumeLimits",
    what: "a limit falls",
    pod: { spec: using("c") },
    given: (r) => r.object(50, csiNode("n1", { d: 2 })),
    event: (r) => r.editObject(AT, csiNode("n1", { d: 1 })),
  },
  {
    plugin: "NodeVolumeLimits",
    what: "a volume is detached",
    pod: { spec: using("c") },
    given: (r) => r.object(50, attachment("v", "n1")),
    event: (r) => r.deleteObject(AT, attachment("v", "n1")),
    label: "VolumeAttachmentDelete",
  },
  {
    plugin: "NodeVolumeLimits",
    what: "a volume is attached",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, attachment("v", "n1")),
  },
  {
    plugin: "VolumeBinding",
    what: "any volume appears",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, volume("v")),
    label: "PersistentVolumeAdd",
  },
  {
    plugin: "VolumeBinding",
    what: "a volume is to go: its protection makes that an update",
    pod: { spec: using("c") },
    given: (r) => r.object(50, volume("v")),
    event: (r) => r.deleteObject(AT, volume("v")),
    label: "PersistentVolumeUpdate",
  },
  {
    plugin: "VolumeBinding",
    what: "a class goes",
    pod: { spec: using("c") },
    given: (r) => r.object(50, storageClass("s")),
    event: (r) => r.deleteObject(AT, storageClass("s")),
  },
  {
    plugin: "VolumeBinding",
    what: "its claim is bound",
    pod: { spec: using("c") },
    given: (r) => r.object(50, claim("c")),
    event: (r) => r.editObject(AT, claim("c", { volume: "v" })),
    label: "PersistentVolumeClaimUpdate",
  },
  {
    plugin: "VolumeBinding",
    what: "another claim is bound",
    pod: { spec: using("c") },
    given: (r) => r.object(50, claim("d")),
    event: (r) => r.editObject(AT, claim("d", { volume: "v" })),
  },
  {
    plugin: "VolumeBinding",
    what: "a class appears",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, storageClass("s")),
    label: "StorageClassAdd",
  },
  {
    plugin: "VolumeBinding",
    what: "a class changes nothing that matters",
    pod: { spec: using("c") },
    given: (r) => r.object(50, storageClass("s")),
    event: (r) => r.editObject(AT, storageClass("s", { reclaimPolicy: "Retain" })),
  },
  {
    plugin: "VolumeBinding",
    what: "a change of a node's labels",
    pod: { spec: using("c") },
    event: (r) => labels(r, "n1", { disk: "ssd" }),
    label: "NodeUpdateNodeLabel",
  },
  {
    plugin: "VolumeZone",
    what: "a class that waits for pods appears",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, storageClass("s")),
    label: "StorageClassAdd",
  },
  {
    plugin: "VolumeZone",
    what: "a class that does not wait appears",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, storageClass("s", { volumeBindingMode: "Immediate" })),
  },
  {
    plugin: "VolumeZone",
    what: "a volume in another zone",
    pod: { spec: using("c") },
    given: (r) => r.object(5_000, volume("v", {}, { "topology.kubernetes.io/zone": "a" })),
    event: (r) => r.editObject(AT, volume("v", {}, { "topology.kubernetes.io/zone": "b" })),
    label: "PersistentVolumeUpdate",
  },
  {
    plugin: "VolumeZone",
    what: "a volume with another label",
    pod: { spec: using("c") },
    given: (r) => r.object(50, volume("v")),
    event: (r) => r.editObject(AT, volume("v", {}, { tier: "x" })),
  },
  {
    plugin: "NodeVolumeLimits",
    what: "its claim appears",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, claim("c")),
    label: "PersistentVolumeClaimAdd",
  },
  {
    plugin: "VolumeBinding",
    what: "a node reports its drivers",
    pod: { spec: using("c") },
    event: (r) => r.object(AT, csiNode("n1", { d: 1 })),
    label: "CSINodeAdd",
  },
  {
    plugin: "VolumeBinding",
    what: "a limit of drivers rises",
    pod: { spec: using("c") },
    given: (r) => r.object(50, csiNode("n1", { d: 1 })),
    event: (r) => r.editObject(AT, csiNode("n1", { d: 2 })),
  },
  {
    plugin: "VolumeBinding",
    what: "its inline driver stops publishing capacity",
    pod: inline,
    given: (r) => r.object(50, driver(true)),
    event: (r) => r.editObject(AT, driver(false)),
    label: "CSIDriverUpdate",
  },
  {
    plugin: "VolumeBinding",
    what: "its inline driver begins to publish capacity",
    pod: inline,
    given: (r) => r.object(50, driver(false)),
    event: (r) => r.editObject(AT, driver(true)),
  },
  {
    plugin: "VolumeBinding",
    what: "capacity grows",
    pod: { spec: using("c") },
    given: (r) => r.object(50, capacity("1Gi")),
    event: (r) => r.editObject(AT, capacity("2Gi")),
    label: "CSIStorageCapacityUpdate",
  },
  {
    plugin: "VolumeBinding",
    what: "capacity shrinks",
    pod: { spec: using("c") },
    given: (r) => r.object(50, capacity("2Gi")),
    event: (r) => r.editObject(AT, capacity("1Gi")),
  },
  {
    plugin: "VolumeZone",
    what: "its claim changes",
    pod: { spec: using("c") },
    given: (r) => r.object(50, claim("c")),
    event: (r) => r.editObject(AT, claim("c", { volume: "v" })),
    label: "PersistentVolumeClaimUpdate",
  },
  // --- Devices and features ----------------------------------------------------------------------
  {
    plugin: "DynamicResources",
    what: "any node",
    event: (r) => r.node(AT, "n2"),
    label: "NodeAdd",
  },
  {
    plugin: "DynamicResources",
    what: "a change of labels",
    event: (r) => labels(r, "n1", { disk: "ssd" }),
    label: "NodeUpdateNodeLabel",
  },
  {
    plugin: "DynamicResources",
    what: "a pod that goes",
    given: (r) => r.pod(50, "q", bound),
    event: (r) => r.deletePod(AT, "q"),
  },
  {
    plugin: "NodeDeclaredFeatures",
    what: "any node",
    event: (r) => r.node(AT, "n2"),
    label: "NodeAdd",
  },
  {
    plugin: "NodeDeclaredFeatures",
    what: "a node that declares more",
    event: (r) => r.editNode(AT, "n1", (node) => ({ ...node, declaredFeatures: ["x"] })),
    label: "NodeUpdateNodeDeclaredFeature",
  },
  {
    plugin: "NodeDeclaredFeatures",
    what: "a change of labels",
    event: (r) => labels(r, "n1", { disk: "ssd" }),
  },
  // --- What nobody registers for -----------------------------------------------------------------
  {
    plugin: fit,
    what: "a Service",
    event: (r) =>
      r.object(AT, {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "s", namespace: "default" },
        spec: { selector: { app: "a" } },
      }),
  },
  {
    plugin: "InterPodAffinity",
    what: "a Namespace",
    pod: { spec: near() },
    event: (r) =>
      r.object(AT, { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } }),
  },
  {
    plugin: fit,
    what: "a budget",
    event: (r) =>
      r.object(AT, {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "b", namespace: "default" },
        spec: { minAvailable: 1, selector: { matchLabels: { app: "a" } } },
      }),
  },
];

/** Attempts and moves of p from the event on. */
function outcome({ plugin, pod, given, event }: Wake): { attempts: string[]; labels: string[] } {
  const rig = new QueueRig({ refusedBy: [plugin] });
  given?.(rig);
  rig.pod(100, "p", pod);
  event(rig);
  rig.run(20_000);
  const isLate = (line: string): boolean => Number(line.split(" ")[0]) > 9_000_000;
  return {
    attempts: rig
      .attemptsOf("p")
      .filter(isLate)
      .map((line) => line.split(" ")[0]!),
    labels: rig
      .movesOf("p")
      .filter(isLate)
      .map((line) => line.split(" ").slice(1).join(" ")),
  };
}

describe("a pod refused by", () => {
  const woken = rows.filter(({ label }) => label !== undefined);
  const asleep = rows.filter(({ label }) => label === undefined);

  it.each(woken)("$plugin is tried again after: $what", (row) => {
    const { attempts, labels: moves } = outcome(row);
    expect(attempts).toEqual([`${HEARD_US}`]);
    expect(moves[0]).toBe(`active ${row.label}`);
  });

  it.each(asleep)("$plugin sleeps on after: $what", (row) => {
    expect(outcome(row)).toEqual({ attempts: [], labels: [] });
  });
});

describe("several properties of a node that change at once", () => {
  it("are announced one by one: allocatable, labels, taints", () => {
    // Each pod is woken by the first announcement that its plugin wants, in one instant.
    const change = (rig: QueueRig): QueueRig =>
      rig.editNode(AT, "n1", (node) => ({
        ...withLabels(node, { disk: "ssd", zone: "a" }),
        taints: [TAINT],
        allocatable: { ...node.allocatable, milliCpu: 4_000 },
      }));
    const by = (plugin: string, pod: PodOptions): string | undefined =>
      outcome({ plugin, what: "", pod, event: change }).labels[0];
    expect(by(fit, { cpu: "2" })).toBe("active NodeUpdateNodeAllocatable");
    expect(by("NodeAffinity", { spec: { nodeSelector: { disk: "ssd" } } })).toBe(
      "active NodeUpdateNodeLabel",
    );
    expect(by("NodePorts", { spec: port(80) })).toBe("active NodeUpdateNodeTaint");
    expect(by(fit, { cpu: "8" })).toBe("active NodeUpdateNodeTaint");
  });
});

describe("a pod that nobody refused", () => {
  it("is woken by no event but its own back-off, whatever happens", () => {
    const rig = new QueueRig({ nodes: {} }).pod(100, "p");
    rig.node(300, "n1").pod(400, "q").deletePod(600, "q").run(5_000);
    expect(rig.attemptsOf("p")).toEqual(["101000 unschedulable", "2000000 scheduled n1"]);
  });
});
