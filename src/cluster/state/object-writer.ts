// Object writer: the commits that a request about any kind but Pod and Node may make.
//
// Deletion has no grace: finalizers hold the object, else it goes at once. Dependants are the
// garbage collector's business; "Foreground" and "Orphan" only leave their finalizer for it.

import { checkNamespace } from "../admission/pod-admission.ts";
import { withDefaultClass, withProtection } from "../admission/storage-admission.ts";
import { refused, UNCHANGED } from "./api-result.ts";
import type { ApiRefusal, ApiResult } from "./api-result.ts";
import type { ApiState } from "./api-state.ts";
import { NEVER_US } from "./identity.ts";
import type { Uid } from "./identity.ts";
import type { StorableObject, StorableOfKind, StoredObject, StoreKind } from "./object-store.ts";
import type { OwnerRef } from "./owner-table.ts";
import { formatPodName, hashOfName, suffixIndexFor } from "./pod-names.ts";

/** Holds an owner until the garbage collector has deleted its dependants. */
export const FOREGROUND_FINALIZER = "foregroundDeletion";
/** Holds an owner until the garbage collector has released its dependants. */
export const ORPHAN_FINALIZER = "orphan";

/** What a new object has beside its metadata and spec. */
export interface NewObjectOptions {
  /** A uid taken before, when something already names the object as its owner. */
  readonly uid?: Uid;
  readonly owner?: OwnerRef;
  readonly finalizers?: readonly string[];
  readonly status?: unknown;
  /** It exists already (the initial state): admission does not judge it. */
  readonly isStored?: boolean;
}

/** Preconditions of an update. */
export interface ObjectUpdateOptions {
  /** Refuse with Conflict unless the object still has this version. */
  readonly resourceVersion?: number;
}

/** What becomes of the dependants of a deleted object. */
export type DeletionPropagation = "Background" | "Foreground" | "Orphan";

/** Commits about objects of the store. */
export class ObjectWriter {
  private readonly state: ApiState;
  private readonly createNamespace: (name: string) => void;
  /** Tells admission that its cached answers may be out of date. */
  private readonly onCommit: (kind: StoreKind) => void;
  /** Limit ranges and quotas: may refuse a new object, or charge it. */
  private readonly admit: (object: StorableObject, name: string) => ApiRefusal | undefined;

  constructor(
    state: ApiState,
    createNamespace: (name: string) => void,
    onCommit: (kind: StoreKind) => void,
    admit: (object: StorableObject, name: string) => ApiRefusal | undefined,
  ) {
    this.state = state;
    this.createNamespace = createNamespace;
    this.onCommit = onCommit;
    this.admit = admit;
  }

  /** POST: metadata's name, or generateName with five characters added. */
  create(object: StorableObject, options: NewObjectOptions = {}): ApiResult {
    const { kind } = object;
    const { namespace } = object.meta; // "" only for cluster-scoped kinds
    const name = object.meta.name || this.generateName(kind, namespace, object.meta.generateName);
    if (name === "") return refused("Invalid", `${kind}: name or generateName is required`);
    if (namespace !== "") {
      const place = checkNamespace(this.state.objects, namespace, `${kind} "${name}"`);
      if (place === "missing") this.createNamespace(namespace);
      else if (place !== undefined) return place;
    }
    if (this.state.objects.find(kind, namespace, name) !== undefined) {
      return refused("AlreadyExists", `${kind} "${name}" already exists`);
    }
    const refusal = options.isStored === true ? undefined : this.admit(object, name);
    if (refusal !== undefined) return refusal;
    const stored: StoredObject = {
      kind,
      namespace,
      name,
      uid: options.uid ?? this.state.takeUid(),
      resourceVersion: this.state.takeVersion(),
      generation: 1,
      createdUs: this.state.nowUs,
      deletionUs: NEVER_US,
      owner: options.owner,
      finalizers: withProtection(kind, options.finalizers ?? object.meta.finalizers),
      object: withDefaultClass(this.state.objects, object),
      status: options.status,
    };
    this.apply("Added", undefined, stored);
    return { ok: true, changed: true, uid: stored.uid };
  }

  /** PUT or PATCH of metadata and spec: the same object again means no change. */
  update<K extends StoreKind>(
    kind: K,
    uid: Uid,
    change: (before: StorableOfKind<K>) => StorableOfKind<K>,
    options: ObjectUpdateOptions = {},
  ): ApiResult {
    const before = this.find(kind, uid);
    if (before === undefined) return goneRefusal(kind);
    const { resourceVersion } = options;
    if (resourceVersion !== undefined && resourceVersion !== before.resourceVersion) {
      return refused("Conflict", `${kind} "${before.name}": the object has been modified`);
    }
    const object = change(before.object);
    if (object === before.object) return UNCHANGED;
    const generation = before.generation + 1;
    return this.replace(before as unknown as StoredObject, { object, generation });
  }

  /** PATCH status: the whole status is replaced; the same value again means no change. */
  patchStatus(kind: StoreKind, uid: Uid, status: unknown): ApiResult {
    const before = this.find(kind, uid);
    if (before === undefined) return goneRefusal(kind);
    return before.status === status ? UNCHANGED : this.replace(before, { status });
  }

  /** Sets or clears the controller owner (adoption and release). */
  setOwner(kind: StoreKind, uid: Uid, owner: OwnerRef | undefined): ApiResult {
    const before = this.find(kind, uid);
    if (before === undefined) return goneRefusal(kind);
    return before.owner?.uid === owner?.uid ? UNCHANGED : this.replace(before, { owner });
  }

  delete(kind: StoreKind, uid: Uid, propagation: DeletionPropagation = "Background"): ApiResult {
    const before = this.find(kind, uid);
    if (before === undefined) return goneRefusal(kind);
    const finalizers = withPropagation(before.finalizers, propagation);
    if (finalizers.length === 0) return this.remove(before);
    if (before.deletionUs !== NEVER_US && finalizers === before.finalizers) return UNCHANGED;
    const deletionUs = before.deletionUs === NEVER_US ? this.state.nowUs : before.deletionUs;
    return this.replace(before, { deletionUs, finalizers });
  }

  /** Takes a finalizer off; a deleted object goes with its last one. */
  removeFinalizer(kind: StoreKind, uid: Uid, finalizer: string): ApiResult {
    const before = this.find(kind, uid);
    if (before === undefined) return goneRefusal(kind);
    if (!before.finalizers.includes(finalizer)) return UNCHANGED;
    const finalizers = before.finalizers.filter((other) => other !== finalizer);
    const isEnd = finalizers.length === 0 && before.deletionUs !== NEVER_US;
    return isEnd ? this.remove(before) : this.replace(before, { finalizers });
  }

  private find<K extends StoreKind>(kind: K, uid: Uid): StoredObject<K> | undefined {
    const found = this.state.objects.findByUid(uid);
    return found?.kind === kind ? (found as unknown as StoredObject<K>) : undefined;
  }

  private replace(before: StoredObject, change: Partial<StoredObject>): ApiResult {
    const version = this.state.takeVersion();
    const after: StoredObject = { ...before, ...change, resourceVersion: version };
    this.apply("Modified", before, after);
    return { ok: true, changed: true, uid: after.uid };
  }

  private apply(
    kind: "Added" | "Modified",
    before: StoredObject | undefined,
    after: StoredObject,
  ): void {
    this.state.objects.put(after);
    if (kind === "Added") this.state.owners.markLive(after.uid);
    this.state.commitObject(kind, after.resourceVersion, before, after);
    this.onCommit(after.kind);
  }

  private remove(before: StoredObject): ApiResult {
    this.state.objects.remove(before);
    this.state.owners.markGone(before.uid);
    this.state.commitObject("Deleted", this.state.takeVersion(), before, undefined);
    this.onCommit(before.kind);
    return { ok: true, changed: true, uid: before.uid };
  }

  private generateName(kind: StoreKind, namespace: string, base: string): string {
    if (base === "") return "";
    const hash = hashOfName(namespace, base);
    const ordinal = this.state.lastUid;
    for (let attempt = 0; attempt < 8; attempt++) {
      const name = formatPodName(base, suffixIndexFor(hash, ordinal, attempt) + 1);
      if (this.state.objects.find(kind, namespace, name) === undefined) return name;
    }
    return "";
  }
}

function withPropagation(
  finalizers: readonly string[],
  propagation: DeletionPropagation,
): readonly string[] {
  if (propagation === "Background") return finalizers;
  const added = propagation === "Foreground" ? FOREGROUND_FINALIZER : ORPHAN_FINALIZER;
  return finalizers.includes(added) ? finalizers : [...finalizers, added];
}

function goneRefusal(kind: StoreKind): ApiRefusal {
  return refused("NotFound", `the ${kind} is gone`);
}
