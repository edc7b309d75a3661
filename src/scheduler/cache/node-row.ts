// NodeRow: a row of the scheduler's own node columns.
//
// Not the API's row: the scheduler learns of nodes late and forgets them late, so the two tables
// must never be mixed up. The brand makes that a type error.

declare const nodeRowBrand: unique symbol;

/** Row of one node in a SchedulerCache. */
export type NodeRow = number & { readonly [nodeRowBrand]: true };

/** The row on which hypothetical nodes are built (nominated pods, preemption dry runs). */
export const SCRATCH_ROW: NodeRow = 0 as NodeRow;

/** "No node". */
export const NO_ROW = -1;
