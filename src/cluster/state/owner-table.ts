// Owner table: the controllers that pods and objects name as their owner.
//
// One record per controller owner reference in use, shared by all its children, with the ordinal
// that its next child gets. Ordinals are never given twice while the owner lives: names of pods and
// keyed random draws hang on them. A record goes when its owner is gone and no child row is left.

import { assert } from "../../base/index.ts";
import { NO_OWNER } from "./identity.ts";
import type { OwnerIndex, Uid } from "./identity.ts";

/** A controller owner reference (the one with controller=true; an object has at most one). */
export interface OwnerRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: Uid;
}

interface OwnerRecord {
  readonly ref: OwnerRef;
  nextOrdinal: number;
  /** Child rows that still name it. */
  holds: number;
  ownerIsGone: boolean;
}

/** Owner records by row; rows are used again. */
export class OwnerTable {
  private readonly records: (OwnerRecord | undefined)[] = [];
  private readonly freeRows: OwnerIndex[] = [];
  private readonly rowByUid = new Map<Uid, OwnerIndex>();

  /** The record's row, made if this is the first child; holds it once. */
  hold(ref: OwnerRef, ownerExists: boolean): OwnerIndex {
    let row = this.rowByUid.get(ref.uid);
    if (row === undefined) {
      row = this.freeRows.pop() ?? (this.records.length as OwnerIndex);
      this.records[row] = { ref, nextOrdinal: 0, holds: 0, ownerIsGone: !ownerExists };
      this.rowByUid.set(ref.uid, row);
    }
    this.record(row).holds++;
    return row;
  }

  /** Gives one hold back. */
  release(row: OwnerIndex): void {
    const record = this.record(row);
    assert(record.holds > 0, "An owner record is released more often than it was held.");
    record.holds--;
    this.dropIfUnused(row, record);
  }

  /** Told when the owner object itself appears, which may be after its children did. */
  markLive(uid: Uid): void {
    const row = this.rowByUid.get(uid);
    if (row !== undefined) this.record(row).ownerIsGone = false;
  }

  /** Told when the owner object itself is removed. */
  markGone(uid: Uid): void {
    const row = this.rowByUid.get(uid);
    if (row === undefined) return;
    const record = this.record(row);
    record.ownerIsGone = true;
    this.dropIfUnused(row, record);
  }

  /** The next creation ordinal within the owner, from 0. */
  takeOrdinal(row: OwnerIndex): number {
    return this.record(row).nextOrdinal++;
  }

  /** Gives back the ordinal taken last, whose pod was refused. */
  returnOrdinal(row: OwnerIndex): void {
    this.record(row).nextOrdinal--;
  }

  ref(row: OwnerIndex): OwnerRef {
    return this.record(row).ref;
  }

  /** Row of the owner with this uid while children name it, else `NO_OWNER`. */
  find(uid: Uid): OwnerIndex {
    return this.rowByUid.get(uid) ?? NO_OWNER;
  }

  /** Rows that memory is held for. */
  get capacity(): number {
    return this.records.length;
  }

  private record(row: OwnerIndex): OwnerRecord {
    const record = this.records[row];
    assert(record !== undefined, "An owner row is used after it was given back.");
    return record;
  }

  private dropIfUnused(row: OwnerIndex, record: OwnerRecord): void {
    if (record.holds > 0 || !record.ownerIsGone) return;
    this.rowByUid.delete(record.ref.uid);
    this.records[row] = undefined;
    this.freeRows.push(row);
  }
}
