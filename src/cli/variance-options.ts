// Options that ask for narrower intervals from as many runs, and when they cannot be had.
//
// Pairs block a comparison: both alternatives meet both worlds of a pair, and pairs are compared. Designs
// that count single replications, or draw what cannot be opposed, are refused by name.

import type { ComparePlan, SweepPlan } from "../experiment/index.ts";
import type { Command } from "./commander.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";

/** What `addVarianceOptions` leaves in a command's options. */
export interface VarianceOptions {
  readonly antithetic?: boolean;
}

/** Adds the options. */
export function addVarianceOptions(command: Command): Command {
  return command.option(
    "--antithetic",
    "replications in pairs with opposed draws, if the first five pairs show a gain",
  );
}

/** Refuses antithetic pairs where there are none, or where something else counts replications. */
export function refuseUnpaired(plan: ComparePlan | SweepPlan): void {
  const { varied, replicationsCount } = plan;
  if (varied.length === 0) throw usage("nothing varies, so nothing can be opposed");
  if (varied.includes("ties"))
    throw usage(
      "ties and the draws of strategies come in turn, not by inversion, and cannot be opposed: leave 'ties' out of --vary",
    );
  if (replicationsCount % 2 === 1)
    throw usage(`pairs need an even number of replications, not ${replicationsCount}`);
  if (!("design" in plan || "hasTieAudit" in plan || "control" in plan)) return;
  const { design, hasTieAudit, control } = plan;
  const kind = design?.kind ?? "fixed";
  if (kind !== "fixed")
    throw usage(
      `${kind === "precision" ? "--precision" : "--select"} counts single replications, not pairs`,
    );
  if (hasTieAudit === true) throw usage("--tie-audit draws ties, which cannot be opposed");
  if (control !== undefined)
    throw usage("--controls corrects single replications; opposed arrivals do that already");
}

function usage(why: string): CommandFailure {
  return new CommandFailure(EXIT.usage, `--antithetic: ${why}`);
}
