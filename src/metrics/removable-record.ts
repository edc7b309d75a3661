// RemovableRecord: which nodes a cluster can do without, one after the other, and why the others stay.
//
// Made by draining in the mind: a node's pods are placed elsewhere by the real scheduling cycle, or the
// node stays. Plain data in stable order; it holds names, never rows or handles.

/** Version of this record's shape; stands in every answer. */
export const REMOVABLE_SCHEMA_VERSION = "podsim.dev/removable/v1";

/** Why a node stays. */
export type RemovalObstacle =
  /** A disruption budget allows no eviction of a pod there: `name` is the budget. */
  | "budget"
  /** A pod keeps data on the node (emptyDir on disk, hostPath): `name` is the volume. */
  | "local-volume"
  /** A pod has no controller that would make it again. */
  | "no-owner"
  /** A pod finds no other node: `message` is the scheduler's. */
  | "no-place"
  /** The API refuses the pod that would take its place: `message` is the API's. */
  | "refused";

/** One node. */
export interface RemovalNode {
  readonly node: string;
  readonly isRemovable: boolean;
  /** Pods that would move; those of DaemonSets and mirrors go with the node. */
  readonly podsCount: number;
  /** Null: it can be removed. */
  readonly obstacle: RemovalObstacle | null;
  /** As namespace/name: the first pod that keeps the node; "" for none. */
  readonly pod: string;
  /** The budget as namespace/name, or the volume; "" for none. */
  readonly name: string;
  readonly message: string;
}

/** The answer. Key order is the order of this declaration. */
export interface RemovableRecord {
  readonly schemaVersion: string;
  readonly scenario: { readonly name: string; readonly inputHash: string };
  readonly versions: { readonly podsim: string; readonly kubernetes: string };
  readonly scheduler: string;
  readonly nodesCount: number;
  /** All of them together, each after those before it. */
  readonly removableCount: number;
  /** In the order in which they were tried: least requested cpu first. */
  readonly nodes: readonly RemovalNode[];
  readonly notes: readonly string[];
}
