// ApiSchedulerClient: a scheduler's writes as requests to the simulated API server.
//
// Bindings and status patches share one token bucket, first come first served; events go beside it.
// A pod that is gone or changed meanwhile is the API's to refuse; the refusal comes back in words.

import { assert } from "../../base/index.ts";
import { RANK } from "../../engine/index.ts";
import {
  type ApiClient,
  type ApiResult,
  type ApiServer,
  type ClientLimit,
  ConditionStatus,
  NO_NODE,
  type PersistentVolumeClaimObject,
  type PersistentVolumeObject,
  type PodIndex,
  type StoredObject,
} from "../../cluster/index.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type {
  PodStatusPatch,
  SchedulerClient,
  SchedulerEvent,
  VictimWrite,
  WriteError,
} from "./scheduler-client.ts";

type StorageObject = PersistentVolumeClaimObject | PersistentVolumeObject;

/** One token bucket for bindings and patches; replies arrive at the scheduler's rank. */
export class ApiSchedulerClient implements SchedulerClient {
  private readonly api: ApiServer;
  private readonly client: ApiClient;
  private readonly onConflict: () => void;

  /** `onConflict` is told of every binding that came too late: the pod had a node already. */
  constructor(api: ApiServer, name: string, limit: ClientLimit, onConflict: () => void) {
    this.api = api;
    this.onConflict = onConflict;
    this.client = api.client(name, { limit, rank: RANK.scheduler });
  }

  bind(pod: PodInfo, nodeName: string, onDone: (error: WriteError) => void): void {
    const uid = uidOf(pod);
    this.api.request(
      this.client,
      "create",
      (writer) => writer.bindPod(pod.pod as PodIndex, uid, this.api.nodes.byName(nodeName)),
      (result) => {
        if (!result.ok && this.hasNode(pod.pod as PodIndex, uid)) this.onConflict();
        onDone(bindingErrorOf(result, pod));
      },
    );
  }

  private hasNode(pod: PodIndex, uid: number): boolean {
    const { pods } = this.api;
    return pods.isLive(pod, uid) && pods.node(pod) !== NO_NODE;
  }

  patchPodStatus(pod: PodInfo, patch: PodStatusPatch, onDone: (error: WriteError) => void): void {
    const { condition, nominatedNodeName } = patch;
    const podScheduled = condition && { status: ConditionStatus.False, ...condition };
    this.api.request(
      this.client,
      "patch",
      (writer) =>
        writer.patchPodStatus(pod.pod as PodIndex, uidOf(pod), {
          ...(podScheduled === undefined ? {} : { podScheduled }),
          ...(nominatedNodeName === undefined
            ? {}
            : {
                nominatedNode:
                  nominatedNodeName === "" ? NO_NODE : this.api.nodes.byName(nominatedNodeName),
              }),
        }),
      (result) => onDone(errorOf(result)),
    );
  }

  markDisrupted(
    pod: PodInfo,
    condition: { readonly reason: string; readonly message: string },
    onDone: (result: VictimWrite) => void,
  ): void {
    const disruptionTarget = { status: ConditionStatus.True, ...condition };
    this.api.request(
      this.client,
      "patch",
      (writer) => writer.patchPodStatus(pod.pod as PodIndex, uidOf(pod), { disruptionTarget }),
      (result) => onDone(victimWriteOf(result)),
    );
  }

  deletePod(pod: PodInfo, onDone: (result: VictimWrite) => void): void {
    this.api.request(
      this.client,
      "delete",
      (writer) => writer.deletePod(pod.pod as PodIndex, uidOf(pod)),
      (result) => onDone(victimWriteOf(result)),
    );
  }

  /** PUT of a claim or volume of which `stored` is the version that was looked at. */
  updateStorage<T extends StorageObject>(
    stored: StoredObject,
    change: (object: T) => T,
    onDone: (error: WriteError, isChanged: boolean) => void,
  ): void {
    const { kind, uid, resourceVersion } = stored;
    this.api.request(
      this.client,
      "update",
      (writer) =>
        writer.updateObject(kind as T["kind"], uid, (object) => change(object as T) as never, {
          resourceVersion,
        }),
      (result) => onDone(storageErrorOf(result, stored), result.ok && result.changed),
    );
  }

  recordEvent({ type, reason, action, note, pod, from }: SchedulerEvent): void {
    const { namespace, name } = pod;
    const about = { kind: "Pod", namespace, name, uid: uidOf(pod) };
    this.api.recordEvent({ type, reason, action, about, from, message: note });
  }
}

function uidOf(pod: PodInfo): number {
  assert(typeof pod.uid === "number", "a pod of a run has a number as uid");
  return pod.uid;
}

function victimWriteOf(result: ApiResult): VictimWrite {
  if (result.ok) return "done";
  return result.reason === "NotFound" ? "gone" : "failed";
}

/** The API says of a refused binding which pod it was about. */
function bindingErrorOf(result: ApiResult, { name }: PodInfo): WriteError {
  if (result.ok) return undefined;
  if (result.reason === "NotFound") return `pods "${name}" not found`;
  if (result.reason !== "Conflict") return result.message;
  return `Operation cannot be fulfilled on pods/binding "${name}": ${result.message}`;
}

/** Refusals in the API's own words, which end up in a pod's condition. */
function storageErrorOf(result: ApiResult, { kind, name }: StoredObject): WriteError {
  if (result.ok) return undefined;
  const what = `${kind.toLowerCase()}s "${name}"`;
  if (result.reason === "NotFound") return `${what} not found`;
  if (result.reason !== "Conflict") return result.message;
  const advice = "please apply your changes to the latest version and try again";
  return `Operation cannot be fulfilled on ${what}: the object has been modified; ${advice}`;
}

function errorOf(result: ApiResult): WriteError {
  return result.ok ? undefined : result.message;
}
