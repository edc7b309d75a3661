// RunningPreemptions: which pods' victims are still being asked to go.
//
// As long as a pod is marked here, PreEnqueue keeps it out of the active queue: it could only fail
// again. One exception: the last victim may be on its way already while the answer to its deletion
// is still out; its end must not be missed.

import type { PreemptionGate } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";

type PodUid = PodInfo["uid"];

/** Marks by preemptor. */
export class RunningPreemptions implements PreemptionGate {
  /** The last victim once it is the only one left to be evicted. */
  private readonly lastVictims = new Map<PodUid, PodUid | undefined>();
  private readonly findPod: (uid: PodUid) => PodInfo | undefined;

  /** `findPod` gives the pod as last heard of, undefined when it is gone or finished. */
  constructor(findPod: (uid: PodUid) => PodInfo | undefined) {
    this.findPod = findPod;
  }

  begin(preemptor: PodUid): void {
    this.lastVictims.set(preemptor, undefined);
  }

  /** Only this victim is left to be asked. */
  awaitLast(preemptor: PodUid, victim: PodUid): void {
    this.lastVictims.set(preemptor, victim);
  }

  end(preemptor: PodUid): void {
    this.lastVictims.delete(preemptor);
  }

  isPreempting({ uid }: PodInfo): boolean {
    if (!this.lastVictims.has(uid)) return false;
    const victim = this.lastVictims.get(uid);
    if (victim === undefined) return true;
    const known = this.findPod(victim);
    return known !== undefined && !known.deleting;
  }

  /** Preemptions under way. */
  get count(): number {
    return this.lastVictims.size;
  }
}
