// API state: the tables of one cluster and the one way a commit becomes known.
//
// Writers change the tables between `beginPod` and `commitPod` (or through `commitNode`,
// `commitObject`); here each commit gets its version, its row in the fingerprint and its entry in
// the journal, and watchers and observers are told. Nothing outside cluster/state sees this class.

import { assert } from "../../base/index.ts";
import type { Instant } from "../../base/index.ts";
import { Fingerprint } from "../../engine/index.ts";
import type { Simulation } from "../../engine/index.ts";
import type { NodeObject } from "../objects/node-and-pod.ts";
import { CHANGED_CONDITIONS, CHANGED_DELETION, CHANGED_FINALIZERS } from "./change-journal.ts";
import { CHANGED_NODE, CHANGED_NOMINATED, CHANGED_OWNER } from "./change-journal.ts";
import {
  CHANGED_PHASE,
  CHANGED_READY,
  CHANGED_STATUS,
  CHANGED_TEMPLATE,
  ChangeJournal,
} from "./change-journal.ts";
import type { ChangeKind } from "./change-journal.ts";
import { addValueToFingerprint } from "./fingerprint-value.ts";
import { conditionIn, NO_NODE, NO_OWNER } from "./identity.ts";
import { PodConditionType } from "./identity.ts";
import type { NodeIndex, OwnerIndex, PodIndex, Uid } from "./identity.ts";
import { MutableNodeTable } from "./node-table.ts";
import { MutableObjectStore } from "./object-store.ts";
import type { StoredObject } from "./object-store.ts";
import { OwnerTable } from "./owner-table.ts";
import { MutablePodTable } from "./pod-table.ts";
import { WatchHub } from "./watch.ts";

/** Tables, journal and commits; private to the API server. */
export class ApiState {
  readonly simulation: Simulation;
  readonly pods: MutablePodTable = new MutablePodTable();
  readonly nodes: MutableNodeTable = new MutableNodeTable();
  readonly objects: MutableObjectStore = new MutableObjectStore();
  readonly owners: OwnerTable = new OwnerTable();
  readonly journal: ChangeJournal = new ChangeJournal();
  readonly hub: WatchHub;
  readonly fingerprint: Fingerprint = new Fingerprint();
  private uidCount = 0;
  private version = 0;
  private openEntry = -1;
  private statusEditsBefore = 0;
  private finalizersBefore: readonly string[] = [];
  private ownerBefore: OwnerIndex = NO_OWNER;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.hub = new WatchHub(simulation, this.journal, this);
    this.hub.onPodForgotten = (pod) => this.forgetPod(pod);
  }

  get nowUs(): Instant {
    return this.simulation.nowUs;
  }

  /** The version of the latest commit; strictly increasing over all kinds. */
  get resourceVersion(): number {
    return this.version;
  }

  /** Uids given so far; the latest one. */
  get lastUid(): Uid {
    return this.uidCount;
  }

  takeUid(): Uid {
    return ++this.uidCount;
  }

  takeVersion(): number {
    return ++this.version;
  }

  // ---- pods --------------------------------------------------------------------------------

  /** Notes a pod's values before it is changed. Exactly one `commitPod` follows. */
  beginPod(pod: PodIndex): void {
    assert(this.openEntry < 0, "A pod is changed while another change is open.");
    this.openEntry = this.journal.append();
    this.journal.captureBefore(this.openEntry, this.pods, pod);
    this.statusEditsBefore = this.pods.statusEdits;
    this.finalizersBefore = this.pods.finalizers(pod);
    this.ownerBefore = this.pods.owner(pod);
  }

  /** Commits what was written since `beginPod`; a modification without a difference is none. */
  commitPod(pod: PodIndex, kind: ChangeKind): boolean {
    const entry = this.openEntry;
    assert(entry >= 0, "A pod change is committed that was not begun.");
    this.openEntry = -1;
    const { pods, journal } = this;
    journal.captureAfter(entry, pods, pod);
    const mask = kind === "Added" ? 0 : this.maskOf(entry, pod);
    if (mask === 0 && kind === "Modified") {
      journal.dropLast();
      return false;
    }
    const version = this.takeVersion();
    pods.setResourceVersion(pod, version);
    journal.setHead(entry, "pod", kind, pod, pods.uid(pod), version, this.nowUs);
    journal.setMask(entry, mask);
    this.fingerprintPod(pod, kind, mask);
    this.hub.announce();
    return true;
  }

  // ---- nodes and other objects -------------------------------------------------------------

  /** Commits a change that was already applied to the node table. */
  commitNode(
    node: NodeIndex,
    uid: Uid,
    kind: ChangeKind,
    before: NodeObject | undefined,
    after: NodeObject | undefined,
  ): void {
    const version = this.takeVersion();
    this.nodes.setResourceVersion(node, version);
    const entry = this.journal.append();
    this.journal.setHead(entry, "node", kind, node, uid, version, this.nowUs);
    this.journal.setRecords(entry, before, after);
    this.fingerprintRecord("Node", this.nodes.name(node), uid, kind, before, after);
    this.hub.announce();
  }

  /** Commits a change that was already applied to the object store, under a version taken before. */
  commitObject(
    kind: ChangeKind,
    version: number,
    before: StoredObject | undefined,
    after: StoredObject | undefined,
  ): void {
    const object = (after ?? before) as StoredObject;
    const entry = this.journal.append();
    this.journal.setHead(entry, "object", kind, -1, object.uid, version, this.nowUs);
    this.journal.setRecords(entry, before, after);
    const path = `${object.namespace}/${object.name}`;
    this.fingerprintRecord(
      object.kind,
      path,
      object.uid,
      kind,
      before && { ...before.object, status: before.status, deletionUs: before.deletionUs },
      after && { ...after.object, status: after.status, deletionUs: after.deletionUs },
    );
    this.hub.announce();
  }

  // ---- private -----------------------------------------------------------------------------

  /** Every watcher knows that the pod is gone: its row and its hold on the owner go too. */
  private forgetPod(pod: PodIndex): void {
    const owner = this.pods.owner(pod);
    this.pods.recycle(pod);
    if (owner !== NO_OWNER) this.owners.release(owner);
  }

  private maskOf(entry: number, pod: PodIndex): number {
    const { journal, pods } = this;
    const conditionsBefore = journal.conditionsBefore(entry);
    const conditionsAfter = journal.conditionsAfter(entry);
    let mask = 0;
    if (journal.nodeBefore(entry) !== journal.nodeAfter(entry)) mask |= CHANGED_NODE;
    if (journal.phaseBefore(entry) !== journal.phaseAfter(entry)) mask |= CHANGED_PHASE;
    if (conditionsBefore !== conditionsAfter) mask |= CHANGED_CONDITIONS;
    const { Ready } = PodConditionType;
    if (conditionIn(conditionsBefore, Ready) !== conditionIn(conditionsAfter, Ready)) {
      mask |= CHANGED_READY;
    }
    if (journal.deletionUsBefore(entry) !== journal.deletionUsAfter(entry)) {
      mask |= CHANGED_DELETION;
    }
    if (journal.nominatedBefore(entry) !== journal.nominatedAfter(entry)) mask |= CHANGED_NOMINATED;
    if (journal.templateBefore(entry) !== journal.templateAfter(entry)) mask |= CHANGED_TEMPLATE;
    if (this.finalizersBefore !== pods.finalizers(pod)) mask |= CHANGED_FINALIZERS;
    if (this.ownerBefore !== pods.owner(pod)) mask |= CHANGED_OWNER;
    if (this.statusEditsBefore !== pods.statusEdits) mask |= CHANGED_STATUS;
    return mask;
  }

  private fingerprintPod(pod: PodIndex, kind: ChangeKind, mask: number): void {
    const { fingerprint: digest, pods } = this;
    digest.beginRow(this.nowUs, "Pod");
    digest.addNumber(pods.uid(pod));
    digest.addText(kind);
    digest.addNumber(mask);
    if (kind === "Deleted") return;
    if (kind === "Added") {
      digest.addText(pods.namespace(pod));
      digest.addText(pods.name(pod));
      digest.addNumber(pods.priority(pod));
    }
    if (kind === "Added" || mask & CHANGED_TEMPLATE) {
      digest.addText(pods.template(pod).contentHash);
    }
    if (kind === "Added" || mask & CHANGED_NODE) digest.addText(this.nodeName(pods.node(pod)));
    if (mask & CHANGED_NOMINATED) digest.addText(this.nodeName(pods.nominatedNode(pod)));
    if (kind === "Added" || mask & CHANGED_PHASE) digest.addNumber(pods.phase(pod));
    if (kind === "Added" || mask & CHANGED_CONDITIONS) digest.addNumber(pods.conditions(pod));
    if (kind === "Added" || mask & CHANGED_DELETION) digest.addNumber(pods.deletionUs(pod));
    if (mask & CHANGED_FINALIZERS) digest.addText(pods.finalizers(pod).join(","));
    if (mask & CHANGED_OWNER) digest.addNumber(this.ownerUid(pods.owner(pod)));
    if ((mask & CHANGED_STATUS) === 0) return;
    digest.addText(pods.reason(pod));
    digest.addNumber(pods.restartCount(pod));
    digest.addNumber(pods.startUs(pod));
    digest.addText(pods.conditionMessage(pod, PodConditionType.PodScheduled));
    pods.addContainersTo(digest, pod);
  }

  private ownerUid(owner: OwnerIndex): Uid {
    return owner === NO_OWNER ? 0 : this.owners.ref(owner).uid;
  }

  private nodeName(node: NodeIndex): string {
    return node === NO_NODE ? "" : this.nodes.name(node);
  }

  /** Adds the members of a record that differ from before, by name. */
  private fingerprintRecord(
    objectKind: string,
    path: string,
    uid: Uid,
    kind: ChangeKind,
    before: object | undefined,
    after: object | undefined,
  ): void {
    const { fingerprint: digest } = this;
    digest.beginRow(this.nowUs, objectKind);
    digest.addText(path);
    digest.addNumber(uid);
    digest.addText(kind);
    if (after === undefined) return;
    const old = (before ?? {}) as Readonly<Record<string, unknown>>;
    for (const [member, value] of Object.entries(after)) {
      if (before !== undefined && old[member] === value) continue;
      digest.addText(member);
      addValueToFingerprint(digest, value);
    }
  }
}
