// Marks on pods: a set of pods kept as one column by row, for controllers that mark every pod.
//
// A Set of uids would cost an entry per pod that passes through; here a row's next pod takes the
// place of the last one. A mark holds for one pod only: it names the uid.

import { Float64Column } from "../base/index.ts";
import type { PodIndex, Uid } from "../cluster/index.ts";

const UNMARKED = 0; // uids begin at 1

/** A set of pods; all operations are O(1). */
export class PodMarks {
  private readonly uidColumn = new Float64Column();
  private markedCount = 0;

  /** Pods marked. */
  get count(): number {
    return this.markedCount;
  }

  has(pod: PodIndex, uid: Uid): boolean {
    return pod < this.uidColumn.length && this.uidColumn.at(pod) === uid;
  }

  /** Marks a pod; an earlier pod of the same row loses its mark. */
  add(pod: PodIndex, uid: Uid): void {
    this.uidColumn.grow(pod + 1);
    if (this.uidColumn.at(pod) === UNMARKED) this.markedCount++;
    this.uidColumn.set(pod, uid);
  }

  delete(pod: PodIndex, uid: Uid): void {
    if (!this.has(pod, uid)) return;
    this.uidColumn.set(pod, UNMARKED);
    this.markedCount--;
  }

  /** Writes the rows with a marked pod to `out`, by row; how many there are. */
  collect(out: PodIndex[]): number {
    let found = 0;
    for (let row = 0; row < this.uidColumn.length; row++) {
      if (this.uidColumn.at(row) !== UNMARKED) out[found++] = row as PodIndex;
    }
    return found;
  }
}
