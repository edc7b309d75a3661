// Decoding of Node and Pod objects.
//
// A pod's contents become an interned template; the pod itself keeps its name, node and status. Status
// is believed only where a simulation can start from it.

import type { InternedTemplate, PodTemplateRegistry } from "../pod-template-registry.ts";
import { resourceListOf } from "../quantity/resource-list.ts";
import { subdomainProblem } from "../selectors/qualified-name.ts";
import { decodeTaints } from "./decode-labels.ts";
import { decodeConditions, decodeMeta } from "./decode-meta.ts";
import type { FieldCursor } from "./field-cursor.ts";
import { isRecord } from "./field-cursor.ts";
import type { NodeImage, NodeObject, PodObject, PodStatus } from "./node-and-pod.ts";
import type { ShownContainer, ShownEnd } from "./node-and-pod.ts";

const SAFE = Number.MAX_SAFE_INTEGER;

/** Decodes a Node. */
export function decodeNode(object: FieldCursor): NodeObject {
  const meta = decodeMeta(object, false, "subdomain");
  const spec = object.objectOrEmpty("spec");
  const status = object.objectOrEmpty("status");
  const capacityQuantities = status.quantities("capacity");
  const given = status.quantities("allocatable");
  const isCopied = object.sink.options.defaulting && !status.has("allocatable");
  const allocatableQuantities = isCopied ? capacityQuantities : given;
  for (const [list, amounts] of [
    ["capacity", capacityQuantities],
    ["allocatable", given],
  ] as const) {
    for (const [name, amount] of amounts) {
      if (amount.sign >= 0 || !object.sink.options.validate) continue;
      const message = `Invalid value: "${amount}": must be greater than or equal to 0`;
      object.sink.error(status.at(list, name), message);
    }
  }
  const node: NodeObject = {
    kind: "Node",
    meta,
    taints: decodeTaints(spec, "taints"),
    unschedulable: spec.boolean("unschedulable"),
    podCidr: spec.text("podCIDR"),
    providerId: spec.text("providerID"),
    capacity: resourceListOf(capacityQuantities),
    allocatable: resourceListOf(allocatableQuantities),
    capacityQuantities,
    allocatableQuantities,
    images: status.objects("images").map(decodeImage),
    conditions: decodeConditions(status),
    declaredFeatures: status.texts("declaredFeatures"),
    volumesAttached: status.objects("volumesAttached").map((item) => item.text("name")),
  };
  spec.skip("podCIDRs", "externalID", "configSource");
  spec.close(true);
  status.skip("addresses", "daemonEndpoints", "nodeInfo", "phase", "volumesInUse", "config");
  status.skip("features", "runtimeHandlers");
  status.close();
  return node;
}

function decodeImage(item: FieldCursor): NodeImage {
  const image = { names: item.texts("names"), sizeBytes: item.integer("sizeBytes", 0, 0, SAFE) };
  item.close();
  return image;
}

/** Decodes a Pod; its template is interned. */
export function decodePod(
  object: FieldCursor,
  source: Readonly<Record<string, unknown>>,
  registry: PodTemplateRegistry,
): PodObject {
  const meta = decodeMeta(object, true, "subdomain");
  const interned = registry.internChecked(source, true);
  replay(interned, object);
  const nodeName = nodeNameOf(object);
  noteKubeletMatters(object, meta);
  const pod: PodObject = {
    kind: "Pod",
    meta,
    template: interned.template,
    nodeName,
    status: decodePodStatus(object.objectOrEmpty("status")),
  };
  return pod;
}

const MIRROR = "kubernetes.io/config.mirror";
const SOURCE = "kubernetes.io/config.source";
const RESIZES: readonly string[] = ["PodResizePending", "PodResizeInProgress"];

/**
 * Names what kubelets do with a pod that is not simulated: static pods, which they take from files and
 * show as mirrors, count as ordinary pods; a resize that waits is counted but never carried out.
 */
function noteKubeletMatters(object: FieldCursor, { annotations }: PodObject["meta"]): void {
  const note = (path: readonly string[], changesScheduling: boolean): void => {
    object.sink.ignored.push({ path: object.at(...path), changesScheduling, isUnknown: false });
  };
  const source = annotations.get(SOURCE) ?? "api";
  if (annotations.has(MIRROR)) note(["metadata", "annotations", MIRROR], false);
  else if (source !== "api") note(["metadata", "annotations", SOURCE], false);
  const status = object.raw("status");
  const conditions = isRecord(status) ? status["conditions"] : undefined;
  if (!Array.isArray(conditions)) return;
  for (const condition of conditions) {
    const type: unknown = isRecord(condition) ? condition["type"] : undefined;
    if (typeof type === "string" && RESIZES.includes(type))
      note(["status", "conditions", type], true);
  }
}

function nodeNameOf(object: FieldCursor): string {
  const spec = object.object("spec");
  const nodeName = spec?.text("nodeName") ?? "";
  const problem = nodeName === "" ? undefined : subdomainProblem(nodeName);
  if (problem !== undefined)
    spec?.refuse("nodeName", `Invalid value: "${nodeName}": ${problem}`, "E_INVALID_NAME");
  return nodeName;
}

/** Repeats what was found in a template at the place where it stands now; metadata was reported already. */
export function replay(interned: InternedTemplate, at: FieldCursor, includeMetadata = false): void {
  for (const problem of interned.problems) {
    if (!includeMetadata && problem.path[0] === "metadata" && problem.path[1] === "labels")
      continue;
    at.sink.problems.push({ ...problem, path: [...at.path, ...problem.path] });
  }
  for (const field of interned.ignored) {
    at.sink.ignored.push({ ...field, path: [...at.path, ...field.path] });
  }
}

const PHASES = ["Pending", "Running", "Succeeded", "Failed", "Unknown"] as const;

/** The parts of a pod's status that a simulation can start from. The rest is the kubelet's diary. */
function decodePodStatus(status: FieldCursor): PodStatus {
  const listed = [
    ...status.objects("initContainerStatuses"),
    ...status.objects("containerStatuses"),
  ];
  const containers = new Map(listed.map((item) => [item.text("name"), decodeContainer(item)]));
  return {
    phase: status.oneOf("phase", PHASES, "Pending"),
    reason: status.text("reason"),
    startTimeSeconds: status.timestamp("startTime"),
    nominatedNodeName: status.text("nominatedNodeName"),
    conditions: decodeConditions(status),
    restartCount: [...containers.values()].reduce((sum, each) => sum + each.restartCount, 0),
    containers,
    podIp: status.text("podIP"),
    resourceClaimStatuses: status.objects("resourceClaimStatuses").map((item) => ({
      name: item.text("name"),
      resourceClaimName: item.optionalText("resourceClaimName"),
    })),
  };
}

function decodeContainer(item: FieldCursor): ShownContainer {
  const state = item.objectOrEmpty("state");
  const running = state.object("running");
  return {
    isReady: item.boolean("ready"),
    isStarted: item.boolean("started"),
    restartCount: item.integer("restartCount", 0, 0),
    waitingReason: state.objectOrEmpty("waiting").text("reason"),
    running: running && { startedSeconds: running.shownTimestamp("startedAt") },
    terminated: decodeEnd(state.object("terminated")),
    last: decodeEnd(item.objectOrEmpty("lastState").object("terminated")),
  };
}

function decodeEnd(end: FieldCursor | undefined): ShownEnd | undefined {
  return (
    end && {
      reason: end.text("reason"),
      exitCode: end.integer("exitCode", 0),
      startedSeconds: end.shownTimestamp("startedAt"),
      finishedSeconds: end.shownTimestamp("finishedAt"),
    }
  );
}
