// The parts of a pod that the default plugins sign, as texts.
//
// Two texts are equal just when upstream's fragments are: lists whose order means nothing are sorted,
// ports are bare numbers, configMaps and secrets are no part of the volumes. Volume sources that a
// template keeps only in part count as equal among pods of one template alone.

import { compareText } from "../../base/index.ts";
import type { PodTemplate, ResourceList, Volume } from "../../cluster/index.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";

type Signature = readonly SignedPart[];

/** Nothing of the pod matters to the plugin. */
export const SIGN_NOTHING: Signature = [];

/** What the pod asks for, in the filter's form. */
export function signResources({ template }: PodInfo): Signature {
  return [["resources", textOfRequests(template.requests)]];
}

/** Labels, whoever's affinity terms may select by them. */
export function signLabels({ template }: PodInfo): Signature {
  return [["labels", textOfPairs(template.labels)]];
}

/** Names of images, each once; images that are volumes are not among them. */
export function signImages({ template }: PodInfo): Signature {
  return [["images", JSON.stringify([...new Set(template.images)].sort(compareText))]];
}

/** Host ports as numbers: neither address nor protocol tells two pods apart here. */
export function signHostPorts({ template }: PodInfo): Signature {
  const ports = new Set<number>();
  for (const container of [...template.containers, ...template.initContainers]) {
    for (const { hostPort } of container.ports) if (hostPort !== 0) ports.add(hostPort);
  }
  return [["hostPorts", [...ports].sort((a, b) => a - b).join()]];
}

/** Tolerations by key and value; those that share both keep their order. */
export function signTolerations({ template }: PodInfo): Signature {
  const sorted = [...template.tolerations].sort(
    (a, b) => compareText(a.key, b.key) || compareText(a.value, b.value),
  );
  const rows = sorted.map(({ key, operator, value, effect, tolerationSeconds }) => [
    key,
    operator,
    value,
    effect,
    tolerationSeconds ?? null,
  ]);
  return [["tolerations", JSON.stringify(rows)]];
}

/** A node that the pod itself demands. */
export function signNodeName({ nodeName, template }: PodInfo): Signature {
  return [["nodeName", nodeName !== "" ? nodeName : template.nodeName]];
}

/** Features that a node must declare. */
export function signFeatures({ template }: PodInfo): Signature {
  return [["features", JSON.stringify(template.requiredNodeFeatures)]];
}

/** Node selector and node affinity, terms in any order. */
export function signNodeAffinity({ template }: PodInfo): Signature {
  const { nodeSelector, source } = template;
  return [
    ["nodeAffinity", textOfAffinity(source.spec["affinity"])],
    ["nodeSelector", nodeSelector === undefined ? "" : textOfPairs(nodeSelector)],
  ];
}

/** Whether the pod names pod affinity or anti-affinity at all, be it without any term. */
export function namesPodAffinity({ template }: PodInfo): boolean {
  const affinity = plainOf(template.source.spec["affinity"]);
  const isNamed = (field: string): boolean => (affinity[field] ?? undefined) !== undefined;
  return isNamed("podAffinity") || isNamed("podAntiAffinity");
}

/** Whether devices may serve a resource that the pod asks for. */
export function asksForDevices({ template }: PodInfo, objects: ClusterObjects): boolean {
  const { scalars } = template.requests;
  return [...scalars].some(([name, amount]) => amount !== 0 && objects.hasDeviceClassFor(name));
}

/** Volume sources in any order, without their names. */
export function signVolumes({ template }: PodInfo): Signature {
  const texts: string[] = [];
  for (const volume of template.volumes) {
    if (volume.kind === "configMap" || volume.kind === "secret") continue;
    texts.push(textOfVolume(volume, template));
  }
  return [["volumes", JSON.stringify(texts.sort(compareText))]];
}

/** The token that the API server mounts into every pod: the same source under a name of its own. */
const TOKEN_VOLUME_PREFIX = "kube-api-access-";

function textOfVolume(volume: Volume, template: PodTemplate): string {
  const { name, ...source } = volume;
  switch (volume.kind) {
    case "persistentVolumeClaim":
    case "emptyDir":
    case "image":
      return JSON.stringify(source);
    case "ephemeral":
      return `ephemeral ${canonicalText(volume.claimTemplate)}`;
    default: {
      if (name.startsWith(TOKEN_VOLUME_PREFIX)) return TOKEN_VOLUME_PREFIX;
      return `${JSON.stringify(source)} ${template.contentHash}`;
    }
  }
}

function textOfRequests(requests: ResourceList): string {
  const { milliCpu, memoryBytes, ephemeralStorageBytes, scalars } = requests.exact ?? requests;
  const named = [...scalars].map(([name, amount]) => `${name}=${amount}`);
  return [milliCpu, memoryBytes, ephemeralStorageBytes, ...named].join();
}

function textOfPairs(pairs: ReadonlyMap<string, string>): string {
  return JSON.stringify([...pairs].sort(([a], [b]) => compareText(a, b)));
}

// --- Node affinity, from the source: compiled terms do not say how they were written -----------

type Plain = Readonly<Record<string, unknown>>;

function textOfAffinity(affinity: unknown): string {
  const nodeAffinity = plainOf(affinity)["nodeAffinity"];
  if (nodeAffinity === undefined || nodeAffinity === null) return "";
  const required = plainOf(nodeAffinity)["requiredDuringSchedulingIgnoredDuringExecution"];
  const preferred = plainOf(nodeAffinity)["preferredDuringSchedulingIgnoredDuringExecution"];
  return JSON.stringify([
    listOf(plainOf(required)["nodeSelectorTerms"]).map(textOfTerm).sort(compareText),
    listOf(preferred)
      .map((term) => `${String(term["weight"])} ${textOfTerm(plainOf(term["preference"]))}`)
      .sort(compareText),
  ]);
}

function textOfTerm(term: Plain): string {
  const texts = (field: string): string[] =>
    listOf(term[field]).map(textOfRequirement).sort(compareText);
  return JSON.stringify([texts("matchExpressions"), texts("matchFields")]);
}

function textOfRequirement(requirement: Plain): string {
  const values = Array.isArray(requirement["values"]) ? requirement["values"].map(String) : [];
  return JSON.stringify([requirement["key"], requirement["operator"], values.sort(compareText)]);
}

function plainOf(value: unknown): Plain {
  return typeof value === "object" && value !== null ? (value as Plain) : {};
}

function listOf(value: unknown): Plain[] {
  return Array.isArray(value) ? value.map(plainOf) : [];
}

/** JSON with keys in one order. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part as Plain).sort(([a], [b]) => compareText(a, b)))
      : part,
  );
}
