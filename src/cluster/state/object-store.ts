// Object store: every kind but Pod and Node, as immutable records.
//
// There are few of them and they change rarely, so they are plain records in Maps, replaced at each
// change; what a reader holds never changes under it. Lists are in creation order. Only the
// ApiServer's writers put and remove.

import { assert } from "../../base/index.ts";
import type { ApiObject } from "../objects/api-object.ts";
import type { NodeObject, PodObject } from "../objects/node-and-pod.ts";
import type { ObjectMeta } from "../objects/object-meta.ts";
import { formatUid, type Uid } from "./identity.ts";
import type { OwnerRef } from "./owner-table.ts";

/** An object of a kind that only controllers make and no manifest reader decodes. */
export interface DerivedObject {
  readonly kind: "ControllerRevision" | "EndpointSlice" | "Lease";
  readonly meta: ObjectMeta;
  /** What the controller keeps in it, as an immutable plain value. */
  readonly content: unknown;
}

/** Everything the store can hold. */
export type StorableObject = Exclude<ApiObject, NodeObject | PodObject> | DerivedObject;
/** A kind the store can hold. */
export type StoreKind = StorableObject["kind"];
/** The object type of a kind. */
export type StorableOfKind<K extends StoreKind> = Extract<StorableObject, { readonly kind: K }>;

/** One object as the API has it at one resourceVersion. */
export interface StoredObject<K extends StoreKind = StoreKind> {
  readonly kind: K;
  /** "" for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: Uid;
  readonly resourceVersion: number;
  /** 1 at creation, one more at each change of `object`, none for status. */
  readonly generation: number;
  readonly createdUs: number;
  /** Set while finalizers hold a deleted object, else `NEVER_US`. */
  readonly deletionUs: number;
  /** The controller owner, if any. */
  readonly owner: OwnerRef | undefined;
  readonly finalizers: readonly string[];
  /** The decoded object: metadata and spec. */
  readonly object: StorableOfKind<K>;
  /** What the kind's controller last wrote; its type is the controller's business. */
  readonly status: unknown;
}

/** The uid that other objects name it by: its text where a dump had one, else that of the run's number. */
export function shownUid({ object, uid }: Pick<StoredObject, "object" | "uid">): string {
  return object.meta.uid ?? formatUid(uid);
}

const NO_OBJECTS: ReadonlyMap<string, StoredObject> = new Map();

/** The store with its writes; the ApiServer hands out only the reading part. */
export class MutableObjectStore {
  private readonly byKind = new Map<StoreKind, Map<string, StoredObject>>();
  private readonly byUid = new Map<Uid, StoredObject>();
  private readonly childrenOf = new Map<Uid, Set<Uid>>();

  /** The live object of that name. `namespace` is "" for cluster-scoped kinds. */
  find<K extends StoreKind>(kind: K, namespace: string, name: string): StoredObject<K> | undefined {
    const found = this.byKind.get(kind)?.get(storeKey(namespace, name));
    return found as unknown as StoredObject<K> | undefined;
  }

  findByUid(uid: Uid): StoredObject | undefined {
    return this.byUid.get(uid);
  }

  /** All live objects of a kind in creation order. */
  list<K extends StoreKind>(kind: K): readonly StoredObject<K>[] {
    return [...(this.byKind.get(kind) ?? NO_OBJECTS).values()] as unknown as StoredObject<K>[];
  }

  /** Calls `visit` for all live objects of a kind in creation order; the visitor must not write. */
  forEach<K extends StoreKind>(kind: K, visit: (object: StoredObject<K>) => void): void {
    for (const object of (this.byKind.get(kind) ?? NO_OBJECTS).values()) {
      visit(object as unknown as StoredObject<K>);
    }
  }

  count(kind: StoreKind): number {
    return this.byKind.get(kind)?.size ?? 0;
  }

  /** Every live object of every kind in creation order. */
  all(): readonly StoredObject[] {
    return [...this.byUid.values()];
  }

  /** Objects (not pods) whose controller is this uid, in creation order. */
  childrenOfOwner(uid: Uid): readonly StoredObject[] {
    const children: StoredObject[] = [];
    for (const child of this.childrenOf.get(uid) ?? []) {
      const object = this.byUid.get(child);
      assert(object !== undefined, "The children index names an object that is gone.");
      children.push(object);
    }
    return children;
  }

  // ---- writing: only for the ApiServer's writers --------------------------------------------

  /** Adds an object or replaces the one of the same uid; a replaced one keeps its place in lists. */
  put(object: StoredObject): void {
    let objects = this.byKind.get(object.kind);
    if (objects === undefined) {
      objects = new Map();
      this.byKind.set(object.kind, objects);
    }
    const before = this.byUid.get(object.uid);
    objects.set(storeKey(object.namespace, object.name), object);
    this.byUid.set(object.uid, object);
    if (before?.owner?.uid === object.owner?.uid) return;
    if (before !== undefined) this.dropChild(before);
    if (object.owner !== undefined) this.addChild(object.owner.uid, object.uid);
  }

  remove(object: StoredObject): void {
    this.byKind.get(object.kind)?.delete(storeKey(object.namespace, object.name));
    this.byUid.delete(object.uid);
    this.dropChild(object);
  }

  private addChild(owner: Uid, child: Uid): void {
    const children = this.childrenOf.get(owner);
    if (children === undefined) this.childrenOf.set(owner, new Set([child]));
    else children.add(child);
  }

  private dropChild(object: StoredObject): void {
    if (object.owner === undefined) return;
    const children = this.childrenOf.get(object.owner.uid);
    children?.delete(object.uid);
    if (children?.size === 0) this.childrenOf.delete(object.owner.uid);
  }
}

/** The object store as everyone but the ApiServer sees it: reading only. */
export type ObjectStore = Omit<MutableObjectStore, "put" | "remove">;

function storeKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
