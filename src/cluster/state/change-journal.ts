// Change journal: what was committed, with the values at commit, until every watcher has been told.
//
//   entry (ring, by sequence)  ->  what | row | uid | mask | version | instant
//                                  pods: values before and after, one column per fact
//                                  nodes and objects: the immutable record before and after
//
// A watcher hears of a change a delay after the commit; by then the tables have moved on, so what
// it is shown comes from here. Entries are recycled when the last watcher has passed them, and with
// the entry of a deletion goes the pod's row. Only this file indexes these columns.

import { assert, Float64Column, Int32Column } from "../../base/index.ts";
import { Uint16Column, Uint32Column, Uint8Column } from "../../base/index.ts";
import type { PodTemplate } from "../pod-template.ts";
import type { PodIndex } from "./identity.ts";
import type { PodTable } from "./pod-table.ts";

/** Bits of a pod change's mask: which facts differ from before. */
export const CHANGED_NODE = 1;
/** The phase. */
export const CHANGED_PHASE = 2;
/** The Ready condition's status. */
export const CHANGED_READY = 4;
/** Any condition's status, Ready included. */
export const CHANGED_CONDITIONS = 8;
/** The deletionTimestamp. */
export const CHANGED_DELETION = 16;
/** status.nominatedNodeName. */
export const CHANGED_NOMINATED = 32;
/** Labels, annotations or spec, which come as another template. */
export const CHANGED_TEMPLATE = 64;
/** Anything else in status: reason, containers, restarts, start time, address, texts. */
export const CHANGED_STATUS = 128;
/** The list of finalizers. */
export const CHANGED_FINALIZERS = 256;
/** The controller owner: the pod was adopted or released. */
export const CHANGED_OWNER = 512;

/** What a commit did to the object. */
export type ChangeKind = "Added" | "Modified" | "Deleted";
const CHANGE_KINDS: readonly ChangeKind[] = ["Added", "Modified", "Deleted"];
const KIND_MASK = 3;

const SUBJECT_SHIFT = 2;
/** What an entry is about. */
export type ChangeSubject = "pod" | "node" | "object";
const SUBJECTS: readonly ChangeSubject[] = ["pod", "node", "object"];

/** The entry that is not in the ring: used to show an initial list. */
export const LIST_ENTRY = 0;

/** The commits that some watcher has not been told of yet. */
export class ChangeJournal {
  private capacityNow = 64; // entries in the ring; the columns have one more, LIST_ENTRY
  private firstSequence = 0; // oldest kept
  private nextSequence = 0;
  private readonly whatColumn = new Uint8Column();
  private readonly rowColumn = new Int32Column();
  private readonly uidColumn = new Float64Column();
  private readonly maskColumn = new Uint16Column();
  private readonly versionColumn = new Float64Column();
  private readonly atUsColumn = new Float64Column();
  private readonly nodeBeforeColumn = new Int32Column();
  private readonly nodeAfterColumn = new Int32Column();
  private readonly nominatedBeforeColumn = new Int32Column();
  private readonly nominatedAfterColumn = new Int32Column();
  private readonly phaseBeforeColumn = new Uint8Column();
  private readonly phaseAfterColumn = new Uint8Column();
  private readonly conditionsBeforeColumn = new Uint16Column();
  private readonly conditionsAfterColumn = new Uint16Column();
  private readonly deletionUsBeforeColumn = new Float64Column();
  private readonly deletionUsAfterColumn = new Float64Column();
  private readonly graceSecondsAfterColumn = new Float64Column();
  private readonly reasonAfterColumn = new Uint16Column();
  private readonly restartsBeforeColumn = new Uint32Column();
  private readonly restartsAfterColumn = new Uint32Column();
  private readonly startUsAfterColumn = new Float64Column();
  private readonly readyTransitionUsAfterColumn = new Float64Column();
  private readonly numberColumns: readonly (
    | Float64Column
    | Int32Column
    | Uint16Column
    | Uint32Column
    | Uint8Column
  )[];
  /** Template, Node object or stored object before and after. */
  private readonly recordBefore: unknown[] = [];
  private readonly recordAfter: unknown[] = [];

  constructor() {
    this.numberColumns = [
      this.whatColumn,
      this.rowColumn,
      this.uidColumn,
      this.maskColumn,
      this.versionColumn,
      this.atUsColumn,
      this.nodeBeforeColumn,
      this.nodeAfterColumn,
      this.nominatedBeforeColumn,
      this.nominatedAfterColumn,
      this.phaseBeforeColumn,
      this.phaseAfterColumn,
      this.conditionsBeforeColumn,
      this.conditionsAfterColumn,
      this.deletionUsBeforeColumn,
      this.deletionUsAfterColumn,
      this.graceSecondsAfterColumn,
      this.reasonAfterColumn,
      this.restartsBeforeColumn,
      this.restartsAfterColumn,
      this.startUsAfterColumn,
      this.readyTransitionUsAfterColumn,
    ];
    for (const column of this.numberColumns) column.grow(this.capacityNow + 1);
  }

  /** Sequence that the next commit gets. */
  get end(): number {
    return this.nextSequence;
  }

  /** Sequence of the oldest entry still kept; equals `end` when there is none. */
  get begin(): number {
    return this.firstSequence;
  }

  /** Entries that memory is held for. */
  get capacity(): number {
    return this.capacityNow;
  }

  /** Where the values of a commit are. */
  entryOf(sequence: number): number {
    assert(sequence >= this.firstSequence, "A journal entry is read after it was recycled.");
    return 1 + (sequence % this.capacityNow);
  }

  /** Opens the next entry and gives its place. */
  append(): number {
    if (this.nextSequence - this.firstSequence === this.capacityNow) this.grow();
    return this.entryOf(this.nextSequence++);
  }

  /** Takes the newest entry back: what was begun turned out to change nothing. */
  dropLast(): void {
    this.nextSequence--;
    this.setRecords(1 + (this.nextSequence % this.capacityNow), undefined, undefined);
  }

  /** Forgets the oldest entry. */
  dropFirst(): void {
    const entry = this.entryOf(this.firstSequence);
    this.recordBefore[entry] = undefined;
    this.recordAfter[entry] = undefined;
    this.firstSequence++;
  }

  // ---- writing an entry --------------------------------------------------------------------

  setHead(
    entry: number,
    subject: ChangeSubject,
    kind: ChangeKind,
    row: number,
    uid: number,
    version: number,
    atUs: number,
  ): void {
    const what = CHANGE_KINDS.indexOf(kind) | (SUBJECTS.indexOf(subject) << SUBJECT_SHIFT);
    this.whatColumn.set(entry, what);
    this.rowColumn.set(entry, row);
    this.uidColumn.set(entry, uid);
    this.versionColumn.set(entry, version);
    this.atUsColumn.set(entry, atUs);
    this.maskColumn.set(entry, 0);
  }

  setMask(entry: number, mask: number): void {
    this.maskColumn.set(entry, mask);
  }

  setRecords(entry: number, before: unknown, after: unknown): void {
    this.recordBefore[entry] = before;
    this.recordAfter[entry] = after;
  }

  /** Copies a pod's present values as those before a change. */
  captureBefore(entry: number, pods: PodTable, pod: PodIndex): void {
    this.nodeBeforeColumn.set(entry, pods.node(pod));
    this.nominatedBeforeColumn.set(entry, pods.nominatedNode(pod));
    this.phaseBeforeColumn.set(entry, pods.phase(pod));
    this.conditionsBeforeColumn.set(entry, pods.conditions(pod));
    this.deletionUsBeforeColumn.set(entry, pods.deletionUs(pod));
    this.restartsBeforeColumn.set(entry, pods.restartCount(pod));
    this.recordBefore[entry] = pods.template(pod);
  }

  /** Copies a pod's present values as those after a change. */
  captureAfter(entry: number, pods: PodTable, pod: PodIndex): void {
    this.nodeAfterColumn.set(entry, pods.node(pod));
    this.nominatedAfterColumn.set(entry, pods.nominatedNode(pod));
    this.phaseAfterColumn.set(entry, pods.phase(pod));
    this.conditionsAfterColumn.set(entry, pods.conditions(pod));
    this.deletionUsAfterColumn.set(entry, pods.deletionUs(pod));
    this.graceSecondsAfterColumn.set(entry, pods.deletionGraceSeconds(pod));
    this.reasonAfterColumn.set(entry, pods.reasonCode(pod));
    this.restartsAfterColumn.set(entry, pods.restartCount(pod));
    this.startUsAfterColumn.set(entry, pods.startUs(pod));
    this.readyTransitionUsAfterColumn.set(entry, pods.readyTransitionUs(pod));
    this.recordAfter[entry] = pods.template(pod);
  }

  // ---- reading an entry --------------------------------------------------------------------

  subject(entry: number): ChangeSubject {
    return SUBJECTS[this.whatColumn.at(entry) >> SUBJECT_SHIFT]!;
  }

  kind(entry: number): ChangeKind {
    return CHANGE_KINDS[this.whatColumn.at(entry) & KIND_MASK]!;
  }

  row(entry: number): number {
    return this.rowColumn.at(entry);
  }

  uid(entry: number): number {
    return this.uidColumn.at(entry);
  }

  mask(entry: number): number {
    return this.maskColumn.at(entry);
  }

  version(entry: number): number {
    return this.versionColumn.at(entry);
  }

  atUs(entry: number): number {
    return this.atUsColumn.at(entry);
  }

  nodeBefore(entry: number): number {
    return this.nodeBeforeColumn.at(entry);
  }

  nodeAfter(entry: number): number {
    return this.nodeAfterColumn.at(entry);
  }

  nominatedBefore(entry: number): number {
    return this.nominatedBeforeColumn.at(entry);
  }

  nominatedAfter(entry: number): number {
    return this.nominatedAfterColumn.at(entry);
  }

  phaseBefore(entry: number): number {
    return this.phaseBeforeColumn.at(entry);
  }

  phaseAfter(entry: number): number {
    return this.phaseAfterColumn.at(entry);
  }

  conditionsBefore(entry: number): number {
    return this.conditionsBeforeColumn.at(entry);
  }

  conditionsAfter(entry: number): number {
    return this.conditionsAfterColumn.at(entry);
  }

  deletionUsBefore(entry: number): number {
    return this.deletionUsBeforeColumn.at(entry);
  }

  deletionUsAfter(entry: number): number {
    return this.deletionUsAfterColumn.at(entry);
  }

  graceSecondsAfter(entry: number): number {
    return this.graceSecondsAfterColumn.at(entry);
  }

  reasonAfter(entry: number): number {
    return this.reasonAfterColumn.at(entry);
  }

  restartsBefore(entry: number): number {
    return this.restartsBeforeColumn.at(entry);
  }

  restartsAfter(entry: number): number {
    return this.restartsAfterColumn.at(entry);
  }

  startUsAfter(entry: number): number {
    return this.startUsAfterColumn.at(entry);
  }

  readyTransitionUsAfter(entry: number): number {
    return this.readyTransitionUsAfterColumn.at(entry);
  }

  templateBefore(entry: number): PodTemplate {
    return this.recordBefore[entry] as PodTemplate;
  }

  templateAfter(entry: number): PodTemplate {
    return this.recordAfter[entry] as PodTemplate;
  }

  before(entry: number): unknown {
    return this.recordBefore[entry];
  }

  after(entry: number): unknown {
    return this.recordAfter[entry];
  }

  /** Doubles the ring; entries whose place depends on its size move. */
  private grow(): void {
    const old = this.capacityNow;
    this.capacityNow = old * 2;
    for (const column of this.numberColumns) column.grow(this.capacityNow + 1);
    for (let sequence = this.firstSequence; sequence < this.nextSequence; sequence++) {
      const from = 1 + (sequence % old);
      const to = this.entryOf(sequence);
      if (from === to) continue;
      for (const column of this.numberColumns) column.set(to, column.at(from));
      this.recordBefore[to] = this.recordBefore[from];
      this.recordAfter[to] = this.recordAfter[from];
      this.recordBefore[from] = undefined;
      this.recordAfter[from] = undefined;
    }
  }
}
