// What a recorded patch makes of an object: merge patches, JSON patches, and the conditions of a status.
//
// A patch does not say its type; it follows from its shape by the rules of REPLAY.md 1.2. A part that
// replays cannot change is named, and never left out in silence.

import {
  ConditionStatus,
  type NodeObject,
  type PodStatusPatch,
  type PodTemplate,
  type PodTemplateRegistry,
  type Taint,
} from "../../../cluster/index.ts";
import type { Json } from "./timeline-file.ts";

/** A change that replays do not know how to make. */
export class UnknownChange extends Error {}

/** Containers are merged by name; everything else as a merge patch (RFC 7386). */
function mergePatch(base: unknown, patch: unknown): Json {
  const merged: Record<string, unknown> = isObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch as Json)) {
    if (value === null) delete merged[key];
    else if (key === "containers" && Array.isArray(value)) {
      merged[key] = mergeBy("name", merged[key], value as readonly Json[]);
    } else merged[key] = isObject(value) ? mergePatch(merged[key], value) : value;
  }
  return merged;
}

/** Items of one name (or type) are merged, new ones come last. */
function mergeBy(member: string, base: unknown, changes: readonly Json[]): readonly Json[] {
  const list = Array.isArray(base) ? (base as readonly Json[]) : [];
  const known = list.map((item) => {
    const change = changes.find((one) => one[member] === item[member]);
    return change === undefined ? item : mergePatch(item, change);
  });
  const names = new Set(list.map((item) => item[member]));
  return [...known, ...changes.filter((change) => !names.has(change[member]))];
}

/** A merge patch, or a JSON patch if it is a list. */
export function patched(before: Json, patch: unknown): Json {
  return Array.isArray(patch)
    ? (patch as readonly Json[]).reduce(jsonPatchStep, before)
    : mergePatch(before, patch);
}

/** One step of a JSON patch (RFC 6902): add, replace, remove, test. */
function jsonPatchStep(document: Json, step: Json): Json {
  const path = String(step["path"])
    .split("/")
    .slice(1)
    .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
  const op = String(step["op"]);
  if (op === "test") return document;
  if (!["add", "replace", "remove"].includes(op) || path.length === 0)
    throw new UnknownChange(`JSON patch ${JSON.stringify(step)}`);
  return changedAt(document, path, op, step["value"]) as Json;
}

function changedAt(place: unknown, path: readonly string[], op: string, value: unknown): unknown {
  const [key = "", ...rest] = path;
  if (Array.isArray(place)) {
    const list = [...(place as readonly unknown[])];
    const at = key === "-" ? list.length : Number(key);
    if (rest.length > 0) list[at] = changedAt(list[at], rest, op, value);
    else if (op === "add") list.splice(at, 0, value);
    else if (op === "remove") list.splice(at, 1);
    else list[at] = value;
    return list;
  }
  const object: Record<string, unknown> = isObject(place) ? { ...place } : {};
  if (rest.length > 0) object[key] = changedAt(object[key], rest, op, value);
  else if (op === "remove") delete object[key];
  else object[key] = value;
  return object;
}

/** Which parts of an object replays can patch: below `metadata`, `spec` and `status`. */
interface KnownParts {
  readonly metadata: readonly string[];
  readonly spec: readonly string[];
  readonly status: readonly string[];
}
const NODE_PARTS: KnownParts = {
  metadata: ["labels", "annotations"],
  spec: ["taints", "unschedulable"],
  status: ["conditions"],
};
const POD_PARTS: KnownParts = {
  metadata: ["labels", "annotations"],
  spec: ["schedulingGates", "containers", "activeDeadlineSeconds", "tolerations"],
  status: [],
};

/** The parts of an object after a patch; a part that is not known is named and not left out. */
function patchedParts(
  before: Readonly<Record<keyof KnownParts, Json>>,
  patch: unknown,
  known: KnownParts,
): Readonly<Record<keyof KnownParts, Json>> {
  const conditions = before.status["conditions"] as readonly Json[] | undefined;
  const after = patched(before, patch) as Readonly<Record<keyof KnownParts, Json>>;
  for (const part of ["metadata", "spec", "status"] as const) {
    const unknown = Object.keys(after[part]).find((name) => !known[part].includes(name));
    if (unknown !== undefined) throw new UnknownChange(`patch of ${part}.${unknown}`);
  }
  if (conditions === undefined || Array.isArray(patch)) return after;
  const changes = (after.status["conditions"] ?? []) as readonly Json[];
  const merged = mergeBy("type", conditions, changes);
  return { ...after, status: { ...after.status, conditions: merged } };
}

/** A node after a patch of its labels, taints, cordon or conditions. */
export function patchedNode(before: NodeObject, patch: unknown): NodeObject {
  const { metadata, spec, status } = patchedParts(
    {
      metadata: { labels: Object.fromEntries(before.meta.labels) },
      spec: { taints: before.taints, unschedulable: before.unschedulable },
      status: { conditions: before.conditions },
    },
    patch,
    NODE_PARTS,
  );
  return {
    ...before,
    meta: { ...before.meta, labels: mapOf(metadata["labels"]) },
    taints: ((spec["taints"] ?? []) as readonly Partial<Taint>[]).map(
      ({ key = "", value = "", effect }) => ({ key, value, effect: effect as "NoSchedule" }),
    ),
    unschedulable: spec["unschedulable"] === true,
    conditions: status["conditions"] as NodeObject["conditions"],
  };
}

function mapOf(labels: unknown): ReadonlyMap<string, string> {
  return new Map(Object.entries((labels ?? {}) as Readonly<Record<string, string>>));
}

/** A pod's template after a patch of its labels, annotations, gates, images, deadline or tolerations. */
export function patchedTemplate(
  before: PodTemplate,
  patch: unknown,
  templates: PodTemplateRegistry,
): PodTemplate {
  const labels = Object.fromEntries(before.labels);
  const annotations = Object.fromEntries(before.annotations);
  const source = before.source.spec as Json;
  const spec: Record<string, unknown> = {};
  for (const name of POD_PARTS.spec) if (source[name] !== undefined) spec[name] = source[name];
  const after = patchedParts(
    { metadata: { labels, annotations }, spec, status: {} },
    patch,
    POD_PARTS,
  );
  const gates = after.spec["schedulingGates"] as readonly unknown[] | undefined;
  const changed: Record<string, unknown> = {};
  for (const name of POD_PARTS.spec) {
    const value = name === "schedulingGates" && gates?.length === 0 ? undefined : after.spec[name];
    if (value !== spec[name]) changed[name] = value;
  }
  return templates.derive(before, {
    labels: changesOf(labels, after.metadata["labels"]),
    annotations: changesOf(annotations, after.metadata["annotations"]),
    ...(Object.keys(changed).length === 0 ? {} : { spec: changed }),
  });
}

/** What to set, and, as undefined, what to take off. */
function changesOf(
  before: Readonly<Record<string, string>>,
  after: unknown,
): Record<string, string | undefined> {
  const wanted = (after ?? {}) as Readonly<Record<string, string>>;
  const changes: Record<string, string | undefined> = {};
  for (const name of Object.keys(before)) if (wanted[name] === undefined) changes[name] = undefined;
  for (const [name, value] of Object.entries(wanted))
    if (before[name] !== value) changes[name] = value;
  return changes;
}

const CONDITION_MEMBERS: ReadonlyMap<string, keyof PodStatusPatch> = new Map([
  ["Ready", "ready"],
  ["ContainersReady", "containersReady"],
] as const);

/** Conditions of a pod's status. */
export function podStatusPatch(status: Json): PodStatusPatch {
  const patch: Record<string, unknown> = {};
  for (const { type, status: value, reason } of (status["conditions"] ?? []) as readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
  }[]) {
    const member = CONDITION_MEMBERS.get(type);
    if (member === undefined) throw new UnknownChange(`patch of pod condition ${type}`);
    patch[member] = {
      status: value === "True" ? ConditionStatus.True : ConditionStatus.False,
      reason: reason ?? "",
    };
  }
  return patch as PodStatusPatch;
}

/** A JSON object, no list. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
