// Identity: how API objects are told apart.
//
// Three things must not be confused. A *row* (PodIndex, NodeIndex) is a place in a table and is
// used again. A *name* is unique among live objects only and may come back. A *uid* is the creation
// sequence number over all kinds and never comes back; where Kubernetes' order is undefined, podsim
// orders by it.

declare const podIndexBrand: unique symbol;
declare const nodeIndexBrand: unique symbol;
declare const ownerIndexBrand: unique symbol;

/** Row of the pod table; names one pod only together with its uid. */
export type PodIndex = number & { readonly [podIndexBrand]: true };
/** Row of the node table: one node *name*; the Node object of that name may come and go. */
export type NodeIndex = number & { readonly [nodeIndexBrand]: true };
/** Row of the owner table: one controller (kind, namespace, name, uid) that pods or objects name. */
export type OwnerIndex = number & { readonly [ownerIndexBrand]: true };

/** No pod, no node, no owner. */
export const NO_POD: PodIndex = -1 as PodIndex;
/** No node. */
export const NO_NODE: NodeIndex = -1 as NodeIndex;
/** No owner. */
export const NO_OWNER: OwnerIndex = -1 as OwnerIndex;

/** Creation sequence number over objects of all kinds, from 1; never used twice in a run. */
export type Uid = number;

/** An instant that has not come. */
export const NEVER_US = -1;

/**
 * The uid as Kubernetes would print it. A function of the sequence number alone, and in the same
 * order as text, so that upstream's tie-breaks by uid end in the creation sequence.
 */
export function formatUid(uid: Uid): string {
  return `00000000-0000-4000-8000-${uid.toString(16).padStart(12, "0")}`;
}

/** Pod phases; the numbers are the table's encoding. */
export const PodPhase = {
  Pending: 0,
  Running: 1,
  Succeeded: 2,
  Failed: 3,
  Unknown: 4,
} as const;
Object.freeze(PodPhase);
export type PodPhase = (typeof PodPhase)[keyof typeof PodPhase];

const PHASE_NAMES = ["Pending", "Running", "Succeeded", "Failed", "Unknown"] as const;

/** The phase as the API spells it. */
export function formatPhase(phase: PodPhase): string {
  return PHASE_NAMES[phase];
}

/** True for Succeeded and Failed: such a pod never runs again and holds nothing. */
export function isFinishedPhase(phase: PodPhase): boolean {
  return phase === PodPhase.Succeeded || phase === PodPhase.Failed;
}

/** Status of a condition; `Absent` where the API would have no such entry. */
export const ConditionStatus = {
  Absent: 0,
  False: 1,
  True: 2,
  Unknown: 3,
} as const;
Object.freeze(ConditionStatus);
export type ConditionStatus = (typeof ConditionStatus)[keyof typeof ConditionStatus];

const CONDITION_STATUS_NAMES = ["", "False", "True", "Unknown"] as const;

/** The status as the API spells it; empty for `Absent`. */
export function formatConditionStatus(status: ConditionStatus): string {
  return CONDITION_STATUS_NAMES[status];
}

/** Pod conditions that are modelled; the numbers are positions in the table's packed column. */
export const PodConditionType = {
  PodScheduled: 0,
  PodReadyToStartContainers: 1,
  Initialized: 2,
  ContainersReady: 3,
  Ready: 4,
  DisruptionTarget: 5,
} as const;
Object.freeze(PodConditionType);
export type PodConditionType = (typeof PodConditionType)[keyof typeof PodConditionType];

/** The types in the order in which `-o json` lists them. */
export const POD_CONDITION_NAMES: readonly string[] = [
  "PodScheduled",
  "PodReadyToStartContainers",
  "Initialized",
  "ContainersReady",
  "Ready",
  "DisruptionTarget",
];
/** How many condition types there are. */
export const POD_CONDITION_COUNT = 6;

/** Width of one condition in the packed column. */
const CONDITION_BITS = 2;
const CONDITION_MASK = 3;

/** One condition out of a packed set. */
export function conditionIn(packed: number, type: PodConditionType): ConditionStatus {
  return ((packed >> (type * CONDITION_BITS)) & CONDITION_MASK) as ConditionStatus;
}

/** The packed set with one condition replaced. */
export function withCondition(
  packed: number,
  type: PodConditionType,
  status: ConditionStatus,
): number {
  const shift = type * CONDITION_BITS;
  return (packed & ~(CONDITION_MASK << shift)) | (status << shift);
}
