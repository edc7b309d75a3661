// How a controller talks to the API server: requests through the rate limit of its name, and Events,
// which go through the same limit one at a time behind its back.
//
// Every request takes a token; the Events of a busy controller compete with its real work, which is
// visible in recorded timelines. The recorder sends one Event at a time and, of one object, at most
// 25 at once and one more every five minutes; podsim's own log of Events gets all of them, at once.

import {
  type ApiClient,
  type ApiResult,
  type ApiServer,
  type ApiWriter,
  type DeletionPropagation,
  type NodeIndex,
  type NodeObject,
  type PodIndex,
  type PodStatusPatch,
  type PodTemplate,
  refused,
  type StorableObject,
  type Uid,
  UNCHANGED,
} from "../cluster/index.ts";
import { RANK, type Simulation } from "../engine/index.ts";
import type { StoredHead } from "./workload-status.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Called at the reply; the text says why the request was refused. */
export type Reply = (error?: string) => void;

/** What an Event is about. */
export interface EventSubject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: Uid;
}

/** Event recorder: Events of one object that pass at once, and per second after that. */
const EVENT_BURST = 25;
const EVENTS_PER_SECOND = 1 / 300;
/** Buckets below which sweeping is not worth it. */
const EVENT_BUCKETS_MIN = 256;

/** One controller's client. */
export class ControllerClient {
  readonly name: string;
  private readonly sim: Simulation;
  private readonly api: ApiServer;
  private readonly client: ApiClient;
  private readonly isUnlimited: boolean;
  /** By object; full buckets are as good as none and are swept out as their number grows. */
  private readonly eventBuckets = new Map<Uid, TokenBucket>();
  private eventBucketsMax = EVENT_BUCKETS_MIN;
  private eventsWaiting = 0;

  constructor(sim: Simulation, api: ApiServer, name: string) {
    this.name = name;
    this.sim = sim;
    this.api = api;
    const limit = api.latencies.controllerClient;
    this.client = api.client(name, { limit, rank: RANK.controller });
    this.isUnlimited = limit === "unlimited";
  }

  /** Any request; refusals become texts. */
  request(
    verb: "create" | "update" | "patch" | "delete",
    commit: (writer: ApiWriter) => ApiResult,
    reply?: (error: string | undefined, result: ApiResult) => void,
  ): void {
    this.api.request(this.client, verb, commit, (result) => {
      reply?.(result.ok ? undefined : result.message, result);
    });
  }

  /** A GET costs a token and a round trip and changes nothing. */
  read(reply: () => void): void {
    this.request("patch", () => UNCHANGED, reply);
  }

  // ---- pods --------------------------------------------------------------------------------

  /** Creates a pod with a generated name for an owner; `reply` gets the name it was given. */
  createOwnedPod(
    owner: StoredHead,
    template: PodTemplate,
    name: { readonly generateName: string } | { readonly name: string },
    reply: (error: string | undefined, podName: string) => void,
    finalizers: readonly string[] = [],
  ): void {
    const { kind, namespace, uid } = owner;
    const ref = { kind, namespace, name: owner.name, uid };
    this.request(
      "create",
      (writer) => {
        const isOwned = this.api.objects.findByUid(uid) !== undefined;
        if (!isOwned) return refused("NotFound", "the owner is gone");
        return writer.createPod({ namespace, ...name, template, owner: ref, finalizers });
      },
      (error, result) => {
        const pod = result.ok ? result.pod : undefined;
        reply(error, pod === undefined ? "" : this.api.pods.name(pod));
      },
    );
  }

  deletePod(pod: PodIndex, uid: Uid, reply: Reply, graceSeconds?: number): void {
    const options = graceSeconds === undefined ? {} : { graceSeconds };
    this.request(
      "delete",
      (writer) => writer.deletePod(pod, uid, options),
      (error, result) => reply(!result.ok && result.reason === "NotFound" ? undefined : error),
    );
  }

  patchPodStatus(pod: PodIndex, uid: Uid, patch: PodStatusPatch, reply?: Reply): void {
    this.request("patch", (writer) => writer.patchPodStatus(pod, uid, patch), reply);
  }

  // ---- nodes and other objects -------------------------------------------------------------

  updateNode(
    node: NodeIndex,
    uid: Uid,
    change: (before: NodeObject) => NodeObject,
    reply?: Reply,
  ): void {
    this.request("patch", (writer) => writer.updateNode(node, uid, change), reply);
  }

  createOwnedObject(owner: StoredHead, object: StorableObject, reply: Reply): void {
    const { kind, namespace, name, uid } = owner;
    const ref = { kind, namespace, name, uid };
    this.request(
      "create",
      (writer) =>
        this.api.objects.findByUid(uid) === undefined
          ? refused("NotFound", "the owner is gone")
          : writer.createObject(object, { owner: ref }),
      reply,
    );
  }

  updateObject<T extends StorableObject>(record: StoredHead, object: T, reply: Reply): void {
    const { kind, uid } = record;
    this.request("update", (writer) => writer.updateObject(kind, uid, () => object), reply);
  }

  writeStatus(record: StoredHead, status: unknown, reply: Reply): void {
    const { kind, uid } = record;
    this.request(
      "patch",
      (writer) => writer.patchObjectStatus(kind, uid, status),
      (error, result) => reply(!result.ok && result.reason === "NotFound" ? undefined : error),
    );
  }

  deleteObject(record: StoredHead, reply: Reply, propagation?: DeletionPropagation): void {
    const { kind, uid } = record;
    this.request("delete", (writer) => writer.deleteObject(kind, uid, propagation), reply);
  }

  // ---- Events ------------------------------------------------------------------------------

  event(about: EventSubject, reason: string, message: string): void {
    this.record("Normal", about, reason, message);
  }

  warning(about: EventSubject, reason: string, message: string): void {
    this.record("Warning", about, reason, message);
  }

  private record(
    type: "Normal" | "Warning",
    { kind, namespace, name, uid }: EventSubject,
    reason: string,
    message: string,
  ): void {
    const about = { kind, namespace, name, uid };
    this.api.recordEvent({ type, reason, about, from: this.name, message });
    if (this.isUnlimited) return; // sending it would delay nobody
    let bucket = this.eventBuckets.get(uid);
    if (bucket === undefined) {
      bucket = new TokenBucket(EVENTS_PER_SECOND, EVENT_BURST);
      if (this.eventBuckets.size >= this.eventBucketsMax) this.sweepEventBuckets();
      this.eventBuckets.set(uid, bucket);
    }
    if (!bucket.tryTake(this.sim.nowUs)) return;
    if (this.eventsWaiting++ === 0) this.sendNextEvent();
  }

  private sweepEventBuckets(): void {
    for (const [uid, bucket] of this.eventBuckets) {
      if (bucket.isFull(this.sim.nowUs)) this.eventBuckets.delete(uid);
    }
    this.eventBucketsMax = Math.max(EVENT_BUCKETS_MIN, this.eventBuckets.size * 2);
  }

  private sendNextEvent(): void {
    this.read(() => {
      if (--this.eventsWaiting > 0) this.sendNextEvent();
    });
  }
}
