// NodeRow: a row of the scheduler's own node columns.
//
// Not the API's row: the scheduler learns of nodes late and forgets them late, so the two tables
// must never be mixed up. The brand makes that a type error.

declare const nodeRowBrand: unique symbol;

/** Row of one node in a SchedulerCache. */
export type NodeRow = number & { readonly [nodeRowBrand]: true };

/** The row on which a node with the pods nominated to it is built. */
export const SCRATCH_ROW: NodeRow = 0 as NodeRow;

/** The row on which preemption takes victims off a node; nominated pods go on a copy of that. */
export const DRY_RUN_ROW: NodeRow = 1 as NodeRow;

/** "No node". */
export const NO_ROW = -1;
