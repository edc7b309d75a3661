// Whether a result depends on how ties of one instant are broken, which no real cluster repeats.
//
// The same replications are run with shuffled ties; if the measure moves further than its interval is
// wide, the order of ties is part of the result and the report has to warn.

import type { Estimate } from "./estimate.ts";

/** What shuffling ties did to a measure. */
export type TieAudit =
  /** Without an interval there is nothing to hold the movement against. */
  | { readonly kind: "unknown"; readonly movement: number | null }
  | { readonly kind: "insensitive"; readonly movement: number; readonly halfWidth: number }
  | { readonly kind: "sensitive"; readonly movement: number; readonly halfWidth: number };

/** Compares the estimate with the one under shuffled ties. */
export function auditTies(estimate: Estimate, shuffled: Estimate): TieAudit {
  if (estimate.kind === "absent" || shuffled.kind === "absent")
    return { kind: "unknown", movement: null };
  const movement = Math.abs(shuffled.value - estimate.value);
  if (estimate.kind === "point") return { kind: "unknown", movement };
  const halfWidth = (estimate.high - estimate.low) / 2;
  return { kind: movement > halfWidth ? "sensitive" : "insensitive", movement, halfWidth };
}
