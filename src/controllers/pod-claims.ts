// Which pods belong to an object of one kind: pods without a controller that its selector takes in
// are adopted, owned ones that it takes in no longer are released (upstream's ControllerRefManager).
//
// Labels come with templates, and few templates make many pods, so a selector is asked once per
// template. Nothing is looked for where nothing can have changed: releases after an owned pod's
// template stopped matching, adoptions after a pod without a controller began to.

import { carryOutClaims, type ClaimWriter } from "./carry-out-claims.ts";
import {
  CHANGED_OWNER,
  CHANGED_TEMPLATE,
  type LabelSelector,
  NO_OWNER,
  type PodChange,
  type PodIndex,
  type PodTemplate,
  refused,
  type StoredObject,
  type StoreKind,
  type Uid,
  UNCHANGED,
} from "../cluster/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";

/** What makes a pod one of an object's. */
export interface ClaimRules<K extends StoreKind> {
  readonly kind: K;
  /** undefined: pods are neither adopted nor released. */
  readonly selectorOf: (record: StoredObject<K>) => LabelSelector | undefined;
  /** Asked of pods whose labels match (a StatefulSet's names). */
  readonly isMember?: (record: StoredObject<K>, pod: PodIndex) => boolean;
  /** Pods that have ended or are being deleted are left as they are (a ReplicaSet's). */
  readonly onlyActive?: boolean;
  /** Put on adopted pods, taken off released ones (a Job's). */
  readonly finalizer?: string;
}

/** One patch of a pod's owner. */
interface Claim {
  readonly pod: PodIndex;
  readonly uid: Uid;
  readonly isAdoption: boolean;
}

/** Adopts and releases pods for one controller. */
export class PodClaims<K extends StoreKind> {
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly rules: ClaimRules<K>;
  private readonly enqueue: (uid: Uid) => void;
  /** Asked once per selector and template. */
  private readonly answers = new WeakMap<LabelSelector, Map<PodTemplate, boolean>>();
  /** Objects whose pods have been gone through, and by which selector. */
  private readonly settled = new Map<Uid, LabelSelector>();
  /** Pods without a controller that an object's selector takes in. */
  private readonly candidates = new Map<Uid, Map<Uid, PodIndex>>();

  constructor(
    context: ControllerContext,
    client: ControllerClient,
    rules: ClaimRules<K>,
    enqueue: (uid: Uid) => void,
  ) {
    this.context = context;
    this.client = client;
    this.rules = rules;
    this.enqueue = enqueue;
  }

  /** Wakes the owner of a pod that no longer matches, and whoever may want a pod without a controller. */
  onPod(change: PodChange): void {
    const { api, orphanTemplates } = this.context;
    if (change.kind === "Deleted") return;
    if (change.kind === "Modified" && (change.mask & (CHANGED_TEMPLATE | CHANGED_OWNER)) === 0)
      return;
    if (!api.pods.isLive(change.pod, change.uid)) return;
    const row = api.pods.owner(change.pod);
    const template = change.templateAfter;
    if (row === NO_OWNER) {
      const namespace = api.pods.namespace(change.pod);
      orphanTemplates.note(namespace, template);
      if (api.objects.count(this.rules.kind) > 0) this.offer(namespace, change, template);
      return;
    }
    if (change.kind === "Added") return; // settled with the object's first sync
    const owner = api.owners.ref(row);
    if (owner.kind !== this.rules.kind) return;
    const record = this.find(owner.uid);
    const selector = record && this.rules.selectorOf(record);
    if (selector === undefined || this.matches(selector, template)) return;
    this.settled.delete(owner.uid);
    this.enqueue(owner.uid);
  }

  /** Forgets an object that is gone. */
  forget(uid: Uid): void {
    this.settled.delete(uid);
    this.candidates.delete(uid);
  }

  /** Releases and adopts what is due, one patch after the other; `next` is called at once if nothing is. */
  settle(record: StoredObject<K>, next: (error?: string) => void): void {
    const selector = this.rules.selectorOf(record);
    if (selector === undefined || record.deletionUs >= 0) {
      next();
      return;
    }
    const isNew = this.settled.get(record.uid) !== selector;
    if (!isNew && !this.candidates.has(record.uid)) {
      next();
      return;
    }
    const claims = isNew
      ? [...this.releases(record, selector), ...this.adoptionsByLooking(record, selector)]
      : this.adoptions(record, selector);
    this.candidates.delete(record.uid);
    this.settled.set(record.uid, selector);
    this.carryOut(record, claims, next);
  }

  // ---- whose it is ---------------------------------------------------------------------------

  private find(uid: Uid): StoredObject<K> | undefined {
    const found = this.context.api.objects.findByUid(uid);
    return found?.kind === this.rules.kind ? (found as unknown as StoredObject<K>) : undefined;
  }

  private matches(selector: LabelSelector, template: PodTemplate): boolean {
    let answers = this.answers.get(selector);
    if (answers === undefined) {
      answers = new Map();
      this.answers.set(selector, answers);
    }
    let answer = answers.get(template);
    if (answer === undefined) {
      answer = selector.matches(template.labels);
      answers.set(template, answer);
    }
    return answer;
  }

  private takes(record: StoredObject<K>, selector: LabelSelector, pod: PodIndex): boolean {
    const { pods } = this.context.api;
    if (!this.matches(selector, pods.template(pod))) return false;
    return this.rules.isMember?.(record, pod) ?? true;
  }

  /** A ReplicaSet lets pods be that count no more. */
  private isOpen(pod: PodIndex): boolean {
    const { pods } = this.context.api;
    return this.rules.onlyActive !== true || !(pods.isFinished(pod) || pods.isDeleting(pod));
  }

  private offer(namespace: string, { pod, uid }: PodChange, template: PodTemplate): void {
    this.context.api.objects.forEach(this.rules.kind, (record) => {
      if (record.namespace !== namespace || record.deletionUs >= 0) return;
      const selector = this.rules.selectorOf(record);
      if (selector === undefined || !this.matches(selector, template)) return;
      let known = this.candidates.get(record.uid);
      if (known === undefined) {
        known = new Map();
        this.candidates.set(record.uid, known);
      }
      known.set(uid, pod);
      this.enqueue(record.uid);
    });
  }

  private releases(record: StoredObject<K>, selector: LabelSelector): Claim[] {
    const { api } = this.context;
    const claims: Claim[] = [];
    api.pods.forEachOfOwner(api.owners.find(record.uid), (pod) => {
      if (this.takes(record, selector, pod) || !this.isOpen(pod)) return;
      claims.push({ pod, uid: api.pods.uid(pod), isAdoption: false });
    });
    return claims;
  }

  private adoptions(record: StoredObject<K>, selector: LabelSelector): Claim[] {
    const { pods } = this.context.api;
    const claims: Claim[] = [];
    for (const [uid, pod] of this.candidates.get(record.uid) ?? []) {
      if (!pods.isLive(pod, uid) || !this.isFree(record, selector, pod)) continue;
      claims.push({ pod, uid, isAdoption: true });
    }
    return claims;
  }

  /** All pods are gone through only if one without a controller has ever had labels that match. */
  private adoptionsByLooking(record: StoredObject<K>, selector: LabelSelector): Claim[] {
    const { api, orphanTemplates } = this.context;
    const claims: Claim[] = [];
    const isPossible = orphanTemplates
      .of(record.namespace)
      .some((template) => this.matches(selector, template));
    if (!isPossible) return claims;
    api.pods.forEach((pod) => {
      if (api.pods.namespace(pod) !== record.namespace) return;
      if (!this.isFree(record, selector, pod)) return;
      claims.push({ pod, uid: api.pods.uid(pod), isAdoption: true });
    });
    return claims;
  }

  private isFree(record: StoredObject<K>, selector: LabelSelector, pod: PodIndex): boolean {
    const { pods } = this.context.api;
    if (pods.owner(pod) !== NO_OWNER || pods.isDeleting(pod) || !this.isOpen(pod)) return false;
    return this.takes(record, selector, pod);
  }

  // ---- doing it ------------------------------------------------------------------------------

  /** Before the first adoption the object is read again, lest it be adopted by one that is going. */
  private carryOut(
    record: StoredObject<K>,
    claims: readonly Claim[],
    next: (error?: string) => void,
  ): void {
    const writer: ClaimWriter<Claim> = {
      readOwner: (done) => this.client.read(done),
      patch: (claim, reply) => this.patch(record, claim, reply),
    };
    carryOutClaims(claims, writer, (error) => {
      if (error !== undefined) this.settled.delete(record.uid);
      next(error);
    });
  }

  private patch(
    record: StoredObject<K>,
    { pod, uid, isAdoption }: Claim,
    reply: (error?: string) => void,
  ): void {
    const { kind, namespace, name } = record;
    const { pods } = this.context.api;
    const { finalizer } = this.rules;
    this.client.request(
      "patch",
      (writer) => {
        const kept = pods.isLive(pod, uid)
          ? pods.finalizers(pod).filter((one) => one !== finalizer)
          : [];
        const finalizers = isAdoption && finalizer !== undefined ? [...kept, finalizer] : kept;
        const owner = isAdoption ? { kind, namespace, name, uid: record.uid } : undefined;
        const isOwn = isAdoption || this.context.ownerOf(pod)?.uid === record.uid;
        if (isAdoption && (this.find(record.uid)?.deletionUs ?? 0) >= 0)
          return refused("Conflict", `${namespace}/${name} has just been deleted`);
        return isOwn
          ? writer.setPodOwner(pod, uid, owner, finalizer === undefined ? undefined : finalizers)
          : UNCHANGED;
      },
      (error, result) => reply(!result.ok && result.reason === "NotFound" ? undefined : error),
    );
  }
}

/** Templates that pods without a controller have had, by namespace; shared by all who adopt. */
export class OrphanTemplates {
  private readonly byNamespace = new Map<string, Set<PodTemplate>>();

  note(namespace: string, template: PodTemplate): void {
    const known = this.byNamespace.get(namespace);
    if (known === undefined) this.byNamespace.set(namespace, new Set([template]));
    else known.add(template);
  }

  of(namespace: string): readonly PodTemplate[] {
    return [...(this.byNamespace.get(namespace) ?? [])];
  }
}
