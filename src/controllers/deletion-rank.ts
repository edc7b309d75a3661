// The order in which a ReplicaSet gives up pods, and the simpler order that Jobs use.
//
// Both are comparators over plain facts about a pod, so that they can be checked against tables.
// Kubernetes leaves pods that tie in every rule in no order at all; here the older object goes last
// by its creation sequence. Times in the API have whole seconds, which is why pods made within one
// second tie.

/** What the deletion order looks at. Instants in microseconds; `nodeName` "" while unbound. */
export interface RankedPod {
  readonly uid: number;
  readonly bound: boolean;
  /** 0 Pending, 1 Unknown, 2 Running: the order in which phases are given up. */
  readonly phaseOrder: number;
  readonly ready: boolean;
  readonly readySinceUs: number;
  readonly deletionCost: number;
  /** Active pods of all ReplicaSets with the same owner on the same node. */
  readonly rank: number;
  /** Restarts of the main container, and of the sidecar, that had most. */
  readonly restartCount: number;
  readonly sidecarRestartCount: number;
  readonly createdUs: number;
}

const US_PER_SECOND = 1_000_000;

/** API time: whole seconds, cut down. */
export function wholeSeconds(us: number): number {
  return Math.floor(us / US_PER_SECOND) * US_PER_SECOND;
}

/** ReplicaSet order: negative when `a` is deleted before `b` (controllers.md section 1, victim order). */
export function compareForReplicaSet(a: RankedPod, b: RankedPod, nowUs: number): number {
  const first = compareBoundPhaseReady(a, b);
  if (first !== 0) return first;
  if (a.deletionCost !== b.deletionCost) return a.deletionCost - b.deletionCost;
  if (a.rank !== b.rank) return b.rank - a.rank;
  if (a.ready && b.ready) {
    const byReady = compareOnLogScale(a.readySinceUs, b.readySinceUs, nowUs, a.uid - b.uid);
    if (byReady !== 0) return byReady;
  }
  const byRestarts = compareRestarts(a, b);
  if (byRestarts !== 0) return byRestarts;
  const byAge = compareOnLogScale(a.createdUs, b.createdUs, nowUs, a.uid - b.uid);
  return byAge !== 0 ? byAge : b.uid - a.uid;
}

/** Job order: the same first rules, then plain times: ready for less time, more restarts, newer. */
export function compareForJob(a: RankedPod, b: RankedPod): number {
  const first = compareBoundPhaseReady(a, b);
  if (first !== 0) return first;
  if (a.ready && b.ready) {
    const byReady = wholeSeconds(b.readySinceUs) - wholeSeconds(a.readySinceUs);
    if (byReady !== 0) return byReady;
  }
  const byRestarts = compareRestarts(a, b);
  if (byRestarts !== 0) return byRestarts;
  const byAge = wholeSeconds(b.createdUs) - wholeSeconds(a.createdUs);
  return byAge !== 0 ? byAge : b.uid - a.uid;
}

function compareRestarts(a: RankedPod, b: RankedPod): number {
  return b.restartCount - a.restartCount || b.sidecarRestartCount - a.sidecarRestartCount;
}

function compareBoundPhaseReady(a: RankedPod, b: RankedPod): number {
  if (a.bound !== b.bound) return a.bound ? 1 : -1;
  if (a.phaseOrder !== b.phaseOrder) return a.phaseOrder - b.phaseOrder;
  if (a.ready !== b.ready) return a.ready ? 1 : -1;
  return 0;
}

/** 0 only if both times are the same second; equal buckets fall to `tieBreak` (smaller uid first). */
function compareOnLogScale(aUs: number, bUs: number, nowUs: number, tieBreak: number): number {
  const a = wholeSeconds(aUs);
  const b = wholeSeconds(bUs);
  if (a === b) return 0;
  const difference = logBucket(nowUs - a) - logBucket(nowUs - b);
  return difference !== 0 ? difference : tieBreak;
}

/** floor(log2(age in nanoseconds)); -1 for an age of zero or less. Halving is exact in doubles. */
function logBucket(ageUs: number): number {
  if (ageUs <= 0) return -1;
  let bucket = 0;
  for (let rest = ageUs * 1000; rest >= 2; rest /= 2) bucket++;
  return bucket;
}
