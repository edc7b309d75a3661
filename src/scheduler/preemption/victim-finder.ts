// VictimFinder: a way to know victims without trying.
//
// An evaluator that keeps sums and earlier answers leaves one in the cycle's state. Whatever it answers
// is what the dry run (dry-run.ts), which is the specification, would have found; where it cannot tell,
// the dry run is made.

import type { NodeRow } from "../cache/node-row.ts";
import type { Status } from "../framework/status.ts";
import type { PreemptionCandidate } from "./candidate.ts";
import type { DryRunContext } from "./dry-run.ts";

/** Serves one cycle, until the cache changes. */
export interface VictimFinder {
  /** Whether no pod anywhere is of lower priority, so that every dry run ends with NO_VICTIMS. */
  isVain(context: DryRunContext): boolean;
  /** What the dry run on that node would give; undefined: only it can say. */
  find(context: DryRunContext, row: NodeRow): PreemptionCandidate | Status | undefined;
}
