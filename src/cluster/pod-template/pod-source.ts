// The part of a pod's source that may be kept, and the text that identifies it.
//
// Dumps hold secrets in environment values, arguments and annotations. What is kept is an allow-list;
// of the rest only a hash remains, so that two templates that differ in it are still two templates
// (a changed variable is a rollout) although nothing of it can leak into any output.

import { compareText, sha256Hex } from "../../base/index.ts";
import { isRecord } from "../objects/field-cursor.ts";
import type { PodTemplateSource } from "../pod-template.ts";
import { isKeptAnnotation } from "./kept-annotations.ts";

/** A source with the hash of what was left out. */
export interface KeptPodSource extends PodTemplateSource {
  /** 64 hex digits, "" when nothing was left out. */
  readonly hidden: string;
}

type Json = Readonly<Record<string, unknown>>;

const SPEC_FIELDS = [
  "activeDeadlineSeconds",
  "affinity",
  "hostNetwork",
  "hostUsers",
  "hostname",
  "nodeName",
  "nodeSelector",
  "os",
  "overhead",
  "preemptionPolicy",
  "priority",
  "priorityClassName",
  "readinessGates",
  "resourceClaims",
  "resources",
  "restartPolicy",
  "runtimeClassName",
  "schedulerName",
  "schedulingGates",
  "serviceAccountName",
  "subdomain",
  "terminationGracePeriodSeconds",
  "tolerations",
  "topologySpreadConstraints",
] as const;

const CONTAINER_FIELDS = [
  "name",
  "image",
  "imagePullPolicy",
  "ports",
  "resources",
  "restartPolicy",
  "restartPolicyRules",
] as const;

const PROBES = ["readinessProbe", "livenessProbe", "startupProbe"] as const;
const PROBE_FIELDS = [
  "initialDelaySeconds",
  "periodSeconds",
  "timeoutSeconds",
  "successThreshold",
  "failureThreshold",
  "terminationGracePeriodSeconds",
] as const;
/** Hooks whose being there is kept; of what they do only how long they sleep. */
const LIFECYCLE_HOOKS = ["postStart", "preStop"] as const;
const PROBE_KINDS = ["httpGet", "tcpSocket", "exec", "grpc"] as const;

/** Volume sources whose fields are kept; of the others only the kind. */
const KEPT_VOLUME_SOURCES: ReadonlyMap<string, readonly string[]> = new Map([
  ["persistentVolumeClaim", ["claimName", "readOnly"]],
  ["ephemeral", ["volumeClaimTemplate"]],
  ["emptyDir", ["medium", "sizeLimit"]],
  ["gcePersistentDisk", ["pdName", "readOnly"]],
  ["awsElasticBlockStore", ["volumeID", "readOnly"]],
  ["azureDisk", ["diskName", "diskURI", "kind"]],
  ["cinder", ["volumeID"]],
  ["iscsi", ["iqn", "lun", "readOnly"]],
  ["rbd", ["monitors", "pool", "image", "readOnly"]],
  ["portworxVolume", ["volumeID"]],
  ["vsphereVolume", ["volumePath"]],
  ["azureFile", ["shareName"]],
  ["csi", ["driver"]],
  ["image", ["reference", "pullPolicy"]],
  ["configMap", ["name", "optional"]],
  ["secret", ["secretName", "optional"]],
  ["hostPath", ["path"]],
]);

/** The kept part of a pod or pod template. The node of a bound pod must have been taken out before. */
export function keptPodSource(pod: Json): KeptPodSource {
  const metadata = isRecord(pod["metadata"]) ? pod["metadata"] : {};
  const spec = isRecord(pod["spec"]) ? pod["spec"] : {};
  const status = isRecord(pod["status"]) ? keptStatus(pod["status"]) : undefined;
  const kept: Record<string, unknown> = pick(spec, SPEC_FIELDS);
  for (const list of ["containers", "initContainers"]) {
    if (Array.isArray(spec[list])) kept[list] = spec[list].map(keptContainer);
  }
  if (Array.isArray(spec["volumes"])) kept["volumes"] = spec["volumes"].map(keptVolume);
  const source = {
    metadata: {
      labels: isRecord(metadata["labels"]) ? (metadata["labels"] as Record<string, string>) : {},
      annotations: keptAnnotations(metadata["annotations"]),
    },
    spec: kept,
  };
  const given = pod["hidden"];
  const hidden = typeof given === "string" ? given : hashOfRest(spec, kept);
  return status === undefined ? { ...source, hidden } : { ...source, status, hidden };
}

/** JSON text with keys in code-unit order, so that equal contents are equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isRecord(value)) {
    const fields = Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort(compareText)
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
    return `{${fields.join(",")}}`;
  }
  return typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? "null");
}

/** Equal whenever the kept parts are equal and the left-out parts differ nowhere. */
function hashOfRest(spec: Json, kept: Json): string {
  const whole = canonicalJson(spec);
  return whole === canonicalJson(kept) ? "" : sha256Hex(whole);
}

function keptAnnotations(annotations: unknown): Record<string, string> {
  const kept: Record<string, string> = Object.create(null) as Record<string, string>;
  if (!isRecord(annotations)) return kept;
  for (const key of Object.keys(annotations)) {
    const value = annotations[key];
    if (isKeptAnnotation(key) && typeof value === "string") kept[key] = value;
  }
  return kept;
}

function keptContainer(container: unknown): unknown {
  if (!isRecord(container)) return container;
  const kept: Record<string, unknown> = pick(container, CONTAINER_FIELDS);
  for (const name of PROBES) {
    const probe = container[name];
    if (isRecord(probe)) kept[name] = keptHandler(probe);
  }
  const lifecycle = container["lifecycle"];
  if (!isRecord(lifecycle)) return kept;
  const hooks = LIFECYCLE_HOOKS.flatMap((name) => {
    const hook = lifecycle[name];
    return isRecord(hook)
      ? [[name, isRecord(hook["sleep"]) ? pick(hook, ["sleep"]) : {}] as const]
      : [];
  });
  if (hooks.length > 0) kept["lifecycle"] = Object.fromEntries(hooks);
  return kept;
}

function keptHandler(probe: Json): Json {
  const kept: Record<string, unknown> = pick(probe, PROBE_FIELDS);
  for (const kind of PROBE_KINDS) {
    if (isRecord(probe[kind])) kept[kind] = {};
  }
  return kept;
}

function keptVolume(volume: unknown): unknown {
  if (!isRecord(volume)) return volume;
  const kept = Object.assign(
    Object.create(null) as Record<string, unknown>,
    pick(volume, ["name"]),
  );
  for (const kind of Object.keys(volume)) {
    const source = volume[kind];
    if (isRecord(source)) kept[kind] = pick(source, KEPT_VOLUME_SOURCES.get(kind) ?? []);
  }
  return kept;
}

/** Only what changes a pod's requests: resources reported for an in-place resize. */
function keptStatus(status: Json): Json | undefined {
  const kept: Record<string, unknown> = pick(status, ["resources", "allocatedResources"]);
  for (const list of ["containerStatuses", "initContainerStatuses"]) {
    const statuses = status[list];
    if (!Array.isArray(statuses)) continue;
    const reported = statuses
      .filter((item) => isRecord(item) && isRecord(item["resources"]))
      .map((item) => pick(item as Json, ["name", "resources", "allocatedResources"]));
    if (reported.length > 0) kept[list] = reported;
  }
  if (Object.keys(kept).length === 0) return undefined;
  const conditions = Array.isArray(status["conditions"]) ? status["conditions"] : [];
  const resize = conditions.find((item) => isRecord(item) && item["type"] === "PodResizePending");
  if (resize !== undefined) kept["conditions"] = [pick(resize as Json, ["type", "reason"])];
  return kept;
}

function pick(source: Json, fields: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const field of fields) {
    const value = Object.hasOwn(source, field) ? source[field] : undefined;
    if (value !== undefined && value !== null) picked[field] = value;
  }
  return picked;
}
