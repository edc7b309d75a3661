// Changes: what a watcher or observer is shown of one commit.
//
// Flyweights over the journal: one object per kind is filled again for each call, so nothing is
// allocated per change. A change is valid only during the call; its values are those at the commit.

import type { NodeObject } from "../objects/node-and-pod.ts";
import type { PodTemplate } from "../pod-template.ts";
import type { ChangeJournal, ChangeKind } from "./change-journal.ts";
import { conditionIn, NEVER_US, PodConditionType } from "./identity.ts";
import type { ConditionStatus, NodeIndex, PodIndex, PodPhase, Uid } from "./identity.ts";
import type { StoredObject, StoreKind } from "./object-store.ts";
import type { PodTable } from "./pod-table.ts";

/**
 * A change of a pod. For `Added` the values before equal those after and the mask is 0; for
 * `Deleted` the values after are the last ones the object had. What never changes in a pod's life
 * (namespace, name, priority, creation) is read from the pod table by `pod`, whose row is held until
 * every watcher has seen the deletion; so is the owner, which changes only by adoption and release.
 */
export class PodChange {
  private readonly journal: ChangeJournal;
  private readonly pods: PodTable;
  private entry = 0;

  constructor(journal: ChangeJournal, pods: PodTable) {
    this.journal = journal;
    this.pods = pods;
  }

  /** Points this flyweight at an entry; for the watch alone. */
  show(entry: number): this {
    this.entry = entry;
    return this;
  }

  get kind(): ChangeKind {
    return this.journal.kind(this.entry);
  }

  get pod(): PodIndex {
    return this.journal.row(this.entry) as PodIndex;
  }

  get uid(): Uid {
    return this.journal.uid(this.entry);
  }

  /** CHANGED_ bits. */
  get mask(): number {
    return this.journal.mask(this.entry);
  }

  get resourceVersion(): number {
    return this.journal.version(this.entry);
  }

  /** When it was committed, which is a watch latency ago for watchers. */
  get committedUs(): number {
    return this.journal.atUs(this.entry);
  }

  get nodeBefore(): NodeIndex {
    return this.journal.nodeBefore(this.entry) as NodeIndex;
  }

  get nodeAfter(): NodeIndex {
    return this.journal.nodeAfter(this.entry) as NodeIndex;
  }

  get nominatedNodeBefore(): NodeIndex {
    return this.journal.nominatedBefore(this.entry) as NodeIndex;
  }

  get nominatedNodeAfter(): NodeIndex {
    return this.journal.nominatedAfter(this.entry) as NodeIndex;
  }

  get phaseBefore(): PodPhase {
    return this.journal.phaseBefore(this.entry) as PodPhase;
  }

  get phaseAfter(): PodPhase {
    return this.journal.phaseAfter(this.entry) as PodPhase;
  }

  get readyBefore(): ConditionStatus {
    return this.conditionBefore(PodConditionType.Ready);
  }

  get readyAfter(): ConditionStatus {
    return this.conditionAfter(PodConditionType.Ready);
  }

  conditionBefore(type: PodConditionType): ConditionStatus {
    return conditionIn(this.journal.conditionsBefore(this.entry), type);
  }

  conditionAfter(type: PodConditionType): ConditionStatus {
    return conditionIn(this.journal.conditionsAfter(this.entry), type);
  }

  get readyTransitionUsAfter(): number {
    return this.journal.readyTransitionUsAfter(this.entry);
  }

  get deletionUsBefore(): number {
    return this.journal.deletionUsBefore(this.entry);
  }

  get deletionUsAfter(): number {
    return this.journal.deletionUsAfter(this.entry);
  }

  get isDeletingBefore(): boolean {
    return this.deletionUsBefore !== NEVER_US;
  }

  get isDeletingAfter(): boolean {
    return this.deletionUsAfter !== NEVER_US;
  }

  /** deletionGracePeriodSeconds; meaningful while `isDeletingAfter`. */
  get deletionGraceSecondsAfter(): number {
    return this.journal.graceSecondsAfter(this.entry);
  }

  get templateBefore(): PodTemplate {
    return this.journal.templateBefore(this.entry);
  }

  get templateAfter(): PodTemplate {
    return this.journal.templateAfter(this.entry);
  }

  get startUsAfter(): number {
    return this.journal.startUsAfter(this.entry);
  }

  get restartCountBefore(): number {
    return this.journal.restartsBefore(this.entry);
  }

  get restartCountAfter(): number {
    return this.journal.restartsAfter(this.entry);
  }

  /** status.reason. */
  get reasonAfter(): string {
    return this.pods.reasonText(this.journal.reasonAfter(this.entry));
  }
}

/** A change of a Node object. `before` is missing for `Added`, `after` for `Deleted`. */
export class NodeChange {
  private readonly journal: ChangeJournal;
  private entry = 0;

  constructor(journal: ChangeJournal) {
    this.journal = journal;
  }

  /** Points this flyweight at an entry; for the watch alone. */
  show(entry: number): this {
    this.entry = entry;
    return this;
  }

  get kind(): ChangeKind {
    return this.journal.kind(this.entry);
  }

  get node(): NodeIndex {
    return this.journal.row(this.entry) as NodeIndex;
  }

  get uid(): Uid {
    return this.journal.uid(this.entry);
  }

  get resourceVersion(): number {
    return this.journal.version(this.entry);
  }

  get committedUs(): number {
    return this.journal.atUs(this.entry);
  }

  get before(): NodeObject | undefined {
    return this.journal.before(this.entry) as NodeObject | undefined;
  }

  get after(): NodeObject | undefined {
    return this.journal.after(this.entry) as NodeObject | undefined;
  }
}

/** A change of any other object. `before` is missing for `Added`, `after` for `Deleted`. */
export class ObjectChange {
  private readonly journal: ChangeJournal;
  private entry = 0;

  constructor(journal: ChangeJournal) {
    this.journal = journal;
  }

  /** Points this flyweight at an entry; for the watch alone. */
  show(entry: number): this {
    this.entry = entry;
    return this;
  }

  get kind(): ChangeKind {
    return this.journal.kind(this.entry);
  }

  get objectKind(): StoreKind {
    return ((this.after ?? this.before) as StoredObject).kind;
  }

  get uid(): Uid {
    return this.journal.uid(this.entry);
  }

  get resourceVersion(): number {
    return this.journal.version(this.entry);
  }

  get committedUs(): number {
    return this.journal.atUs(this.entry);
  }

  get before(): StoredObject | undefined {
    return this.journal.before(this.entry) as StoredObject | undefined;
  }

  get after(): StoredObject | undefined {
    return this.journal.after(this.entry) as StoredObject | undefined;
  }
}
