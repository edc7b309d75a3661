// The compact form in which recorded timelines show an object: a few fields as texts, conditions as
// `Status/Reason`.
//
// Read from the API's tables at a commit. Counters that are zero are absent, as the API omits them.

import { compareText } from "../../../base/index.ts";
import {
  type ApiServer,
  ConditionStatus,
  type DisruptionBudgetStatus,
  formatConditionStatus,
  formatPhase,
  formatTimestamp,
  NO_NODE,
  type NodeObject,
  PodConditionType,
  type PodIndex,
  type StoredObject,
} from "../../../cluster/index.ts";
import type { AliasBook } from "./alias-book.ts";

/** Field names to texts. */
export type CompactFields = ReadonlyMap<string, string>;

const POD_CONDITIONS: readonly (readonly [string, PodConditionType])[] = [
  ["cond.PodScheduled", PodConditionType.PodScheduled],
  ["cond.Ready", PodConditionType.Ready],
  ["cond.DisruptionTarget", PodConditionType.DisruptionTarget],
];
const REVISION = "deployment.kubernetes.io/revision";
const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";

/** A pod as it is now. */
export function podFields(api: ApiServer, pod: PodIndex): CompactFields {
  const { pods, nodes } = api;
  const fields = new Map<string, string>();
  fields.set("phase", formatPhase(pods.phase(pod)));
  const node = pods.node(pod);
  if (node !== NO_NODE) fields.set("node", nodes.name(node));
  if (pods.isDeleting(pod)) fields.set("deleting", `grace=${pods.deletionGraceSeconds(pod)}`);
  for (const [name, type] of POD_CONDITIONS) {
    const status = pods.condition(pod, type);
    if (status === ConditionStatus.Absent) continue;
    fields.set(name, conditionText(formatConditionStatus(status), pods.conditionReason(pod, type)));
  }
  const nominated = pods.nominatedNode(pod);
  if (nominated !== NO_NODE) fields.set("nominated", nodes.name(nominated));
  if (pods.priority(pod) !== 0) fields.set("priority", String(pods.priority(pod)));
  const { schedulingGates, labels } = pods.template(pod);
  if (schedulingGates.length > 0) fields.set("gates", schedulingGates.join(","));
  const finalizers = pods.finalizers(pod);
  if (finalizers.length > 0) fields.set("finalizers", finalizers.join(","));
  const index = labels.get(COMPLETION_INDEX);
  if (index !== undefined) fields.set("jobIndex", index);
  return fields;
}

/** A node. */
export function nodeFields(facts: NodeObject): CompactFields {
  const fields = new Map<string, string>();
  for (const { type, status, reason } of facts.conditions) {
    if (type === "Ready") fields.set("cond.Ready", conditionText(status, reason));
  }
  const taints = facts.taints.map(({ key, effect }) => `${key}:${effect}`).sort(compareText);
  if (taints.length > 0) fields.set("taints", taints.join(","));
  if (facts.unschedulable) fields.set("unschedulable", "true");
  return fields;
}

/** Any other object; kinds that the recordings do not show have no fields. */
export function objectFields(
  stored: StoredObject,
  aliases: AliasBook,
  /** Of a Deployment: the revision of its newest ReplicaSet, as its own annotation has it. */
  newestRevision?: string,
): CompactFields {
  const fields = new Map<string, string>();
  const { object } = stored;
  const status = (stored.status ?? {}) as Readonly<Record<string, unknown>>;
  if (stored.deletionUs >= 0) fields.set("deleting", "grace=0");
  switch (object.kind) {
    case "Deployment":
      fields.set("generation", String(stored.generation));
      fields.set("spec.replicas", String(object.replicas));
      addRevision(fields, newestRevision);
      break;
    case "ReplicaSet":
      fields.set("spec.replicas", String(object.replicas));
      addRevision(fields, object.meta.annotations.get(REVISION));
      break;
    case "StatefulSet":
      fields.set("spec.replicas", String(object.replicas));
      addRevisionsEqual(fields, status);
      break;
    case "Job":
      fields.set("parallelism", String(object.spec.parallelism));
      fields.set("suspend", String(object.spec.suspend));
      if (object.spec.completions !== undefined)
        fields.set("completions", String(object.spec.completions));
      addIndexes(fields, status);
      break;
    case "CronJob":
      addCount(fields, "active", (status["active"] as readonly unknown[] | undefined)?.length);
      break;
    case "PersistentVolume":
      fields.set("phase", object.phase);
      if (object.claimRef !== undefined) fields.set("claim", object.claimRef.name);
      return fields;
    case "PersistentVolumeClaim":
      fields.set("phase", object.phase);
      if (object.volumeName !== "") fields.set("volume", object.volumeName);
      return fields;
    case "PodDisruptionBudget":
      return budgetFields(status as Partial<DisruptionBudgetStatus>);
    case "EndpointSlice":
      return endpointFields(object.content, aliases);
    default:
      break;
  }
  for (const [name, value] of Object.entries(status)) {
    if (typeof value !== "number" || UNSHOWN_COUNTERS.has(`${object.kind} ${name}`)) continue;
    const instant = INSTANTS.get(name);
    if (instant === undefined) addCount(fields, name, value);
    else if (value >= 0) fields.set(instant, formatTimestamp(value, 0));
  }
  addConditions(fields, status["conditions"]);
  if (object.kind === "ReplicaSet" && status["replicaFailure"] !== undefined) {
    const reason = String(status["replicaFailure"]);
    if (reason !== "") fields.set("cond.ReplicaFailure", conditionText("True", reason));
  }
  return fields;
}

/** Instants of statuses as the API names them. */
const INSTANTS: ReadonlyMap<string, string> = new Map([
  ["startUs", "startTime"],
  ["completionUs", "completionTime"],
  ["lastScheduleUs", "lastScheduleTime"],
  ["lastSuccessfulUs", "lastSuccessfulTime"],
  ["lastScaleUs", "lastScaleTime"],
]);
/** What the recorder left out. */
const UNSHOWN_COUNTERS: ReadonlySet<string> = new Set([
  "ReplicaSet observedGeneration",
  "StatefulSet observedGeneration",
  "HorizontalPodAutoscaler observedGeneration",
  "HorizontalPodAutoscaler lastScaleUs",
]);

function addCount(fields: Map<string, string>, name: string, value: number | undefined): void {
  if (value !== undefined && value !== 0) fields.set(name, String(value));
}

function addRevision(fields: Map<string, string>, revision: string | undefined): void {
  if (revision !== undefined) fields.set("revision", revision);
}

/** Whether the pods are all to be of one revision; absent before the first status. */
function addRevisionsEqual(
  fields: Map<string, string>,
  { currentRevision, updateRevision }: Readonly<Record<string, unknown>>,
): void {
  if (currentRevision === undefined) return;
  fields.set("revisionsEqual", String(currentRevision === updateRevision));
}

/** Indexes as the API writes them: "0,2-4". */
function addIndexes(fields: Map<string, string>, status: Readonly<Record<string, unknown>>): void {
  for (const name of ["completedIndexes", "failedIndexes"]) {
    const indexes = (status[name] ?? []) as readonly number[];
    if (indexes.length > 0) fields.set(name, rangesOf(indexes));
  }
}

function rangesOf(indexes: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => textOfRange(from, to)).join(",");
}

function textOfRange(from: number, to: number): string {
  if (from === to) return String(from);
  return to === from + 1 ? `${from},${to}` : `${from}-${to}`;
}

function budgetFields(status: Partial<DisruptionBudgetStatus>): CompactFields {
  const count = (value: number | undefined): string => String(value ?? 0);
  return new Map([
    ["currentHealthy", count(status.currentHealthy)],
    ["desiredHealthy", count(status.desiredHealthy)],
    ["disruptedPods", count(status.disruptedPods?.size)],
    ["disruptionsAllowed", count(status.disruptionsAllowed)],
    ["expectedPods", count(status.expectedPods)],
  ]);
}

/** One endpoint as the controller of slices keeps it, as far as it is shown. */
interface ShownEndpoint {
  readonly podUid: number;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

function endpointFields(content: unknown, aliases: AliasBook): CompactFields {
  const { endpoints = [] } = (content ?? {}) as { readonly endpoints?: readonly ShownEndpoint[] };
  const flag = (isSet: boolean, letter: string): string => (isSet ? letter : "-");
  return new Map(
    endpoints.map(({ podUid, ready, serving, terminating }) => [
      `ep.${aliases.of(podUid as never)}`,
      flag(ready, "r") + flag(serving, "s") + flag(terminating, "t"),
    ]),
  );
}

function addConditions(fields: Map<string, string>, conditions: unknown): void {
  if (!Array.isArray(conditions)) return;
  for (const { type, status, reason } of conditions as readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
  }[]) {
    fields.set(`cond.${type}`, conditionText(status, reason));
  }
}

function conditionText(status: string, reason: string): string {
  return reason === "" ? status : `${status}/${reason}`;
}

/** What changed from one form to the next; null = removed. */
export function changedFields(
  before: CompactFields,
  after: CompactFields,
): Readonly<Record<string, string | null>> {
  const changes: Record<string, string | null> = {};
  for (const [name, value] of after) if (before.get(name) !== value) changes[name] = value;
  for (const name of before.keys()) if (!after.has(name)) changes[name] = null;
  return changes;
}
