// API writer: all commits of the API server under one name, as requests see them.
//
// A request's `commit` gets this object at the instant of the commit and makes any number of calls;
// each call is one API operation: validated, applied, versioned, announced. It must not be kept.

import type { NodeObject } from "../objects/node-and-pod.ts";
import type { PodTemplate } from "../pod-template.ts";
import type { ApiResult } from "./api-result.ts";
import type { Evictions } from "./eviction.ts";
import type { NodeIndex, PodIndex, Uid } from "./identity.ts";
import type { NodeWriter } from "./node-writer.ts";
import type { StorableObject, StorableOfKind, StoreKind } from "./object-store.ts";
import type { DeletionPropagation, NewObjectOptions } from "./object-writer.ts";
import type { ObjectUpdateOptions, ObjectWriter } from "./object-writer.ts";
import type { OwnerRef } from "./owner-table.ts";
import type { NewPod, PodDeletion, PodStatusPatch, PodWriter } from "./pod-writer.ts";

/** The operations of the API, to be called inside a commit. */
export class ApiWriter {
  private readonly pods: PodWriter;
  private readonly nodes: NodeWriter;
  private readonly objects: ObjectWriter;
  private readonly evictions: Evictions;

  constructor(pods: PodWriter, nodes: NodeWriter, objects: ObjectWriter, evictions: Evictions) {
    this.pods = pods;
    this.nodes = nodes;
    this.objects = objects;
    this.evictions = evictions;
  }

  createPod(pod: NewPod): ApiResult {
    return this.pods.create(pod);
  }

  /** Refused with Conflict if the pod has a node, is being deleted or is gated. */
  bindPod(pod: PodIndex, uid: Uid, node: NodeIndex): ApiResult {
    return this.pods.bind(pod, uid, node);
  }

  patchPodStatus(pod: PodIndex, uid: Uid, patch: PodStatusPatch): ApiResult {
    return this.pods.patchStatus(pod, uid, patch);
  }

  /** Puts another template (labels, gates, images) in place of the pod's. */
  updatePodTemplate(pod: PodIndex, uid: Uid, template: PodTemplate): ApiResult {
    return this.pods.updateTemplate(pod, uid, template);
  }

  /** Adoption and release; Conflict if the pod has another controller. `finalizers` replaces its list. */
  setPodOwner(
    pod: PodIndex,
    uid: Uid,
    owner: OwnerRef | undefined,
    finalizers?: readonly string[],
  ): ApiResult {
    return this.pods.setOwner(pod, uid, owner, finalizers);
  }

  removePodFinalizer(pod: PodIndex, uid: Uid, finalizer: string): ApiResult {
    return this.pods.removeFinalizer(pod, uid, finalizer);
  }

  /** DELETE with the given grace, or the pod's own. */
  deletePod(pod: PodIndex, uid: Uid, options?: PodDeletion): ApiResult {
    return this.pods.delete(pod, uid, options);
  }

  /** DELETE with grace 0: the kubelet when all containers have stopped, or force. */
  removePod(pod: PodIndex, uid: Uid): ApiResult {
    return this.pods.delete(pod, uid, { graceSeconds: 0 });
  }

  /** The Eviction API: DELETE if the disruption budgets allow it. */
  evictPod(pod: PodIndex, uid: Uid, options?: PodDeletion): ApiResult {
    return this.evictions.evict(pod, uid, options);
  }

  createNode(node: NodeObject): ApiResult {
    return this.nodes.create(node);
  }

  updateNode(node: NodeIndex, uid: Uid, change: (before: NodeObject) => NodeObject): ApiResult {
    return this.nodes.update(node, uid, change);
  }

  deleteNode(node: NodeIndex, uid: Uid): ApiResult {
    return this.nodes.delete(node, uid);
  }

  createObject(object: StorableObject, options?: NewObjectOptions): ApiResult {
    return this.objects.create(object, options);
  }

  updateObject<K extends StoreKind>(
    kind: K,
    uid: Uid,
    change: (before: StorableOfKind<K>) => StorableOfKind<K>,
    options?: ObjectUpdateOptions,
  ): ApiResult {
    return this.objects.update(kind, uid, change, options);
  }

  patchObjectStatus(kind: StoreKind, uid: Uid, status: unknown): ApiResult {
    return this.objects.patchStatus(kind, uid, status);
  }

  setObjectOwner(kind: StoreKind, uid: Uid, owner: OwnerRef | undefined): ApiResult {
    return this.objects.setOwner(kind, uid, owner);
  }

  removeObjectFinalizer(kind: StoreKind, uid: Uid, finalizer: string): ApiResult {
    return this.objects.removeFinalizer(kind, uid, finalizer);
  }

  deleteObject(kind: StoreKind, uid: Uid, propagation?: DeletionPropagation): ApiResult {
    return this.objects.delete(kind, uid, propagation);
  }
}
