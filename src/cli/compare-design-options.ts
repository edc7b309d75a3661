// Options that say when a comparison has seen enough; what becomes of them is in compare-design.ts.
//
// A precision and a choice add replications as they go; either is judged on one or a few measures, since
// a target for everything is a target for the noisiest.

import { type Command, InvalidArgumentError } from "./commander.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { positiveCount } from "./option-parts.ts";
import { refuseConflicts } from "./option-rules.ts";

/** What `addDesignOptions` leaves in a command's options. */
export interface DesignOptions {
  readonly precision?: number;
  readonly maxReplications?: number;
  readonly select?: string;
  /** As written: its unit is the measure's. */
  readonly indifference?: string;
  readonly tieAudit?: boolean;
  readonly controls?: boolean;
}

/** Most replications of a design that adds them as it goes. */
export const REPLICATIONS_MAX = 500;

/** Adds the options. */
export function addDesignOptions(command: Command): Command {
  return command
    .option(
      "--precision <percent>",
      "add replications until each --measure's difference is known so well, of the baseline",
      precision,
    )
    .option("--select <measure>", "add replications until one alternative is best (Kim and Nelson)")
    .option("--indifference <amount>", "smallest difference that matters for --select, such as 2s")
    .option(
      "--max-replications <count>",
      `most that --precision and --select add up to (default: ${REPLICATIONS_MAX})`,
      positiveCount,
    )
    .option(
      "--controls",
      "also correct differences for the number of arrivals, where its mean is known",
    )
    .option("--tie-audit", "run all again with ties drawn, and warn if that alone moves a result");
}

/** Refuses combinations that cannot do what they say. */
export function refuseDesignOptions(
  options: DesignOptions & { readonly replications?: number },
): void {
  const { precision: ratio, select, indifference, maxReplications, replications } = options;
  const adds = ratio !== undefined || select !== undefined;
  refuseConflicts([
    {
      given: ratio !== undefined && select !== undefined,
      names: "'--precision' and '--select'",
      why: "each says when to stop",
    },
    {
      given: adds && replications !== undefined,
      names: `'--replications' and '${ratio === undefined ? "--select" : "--precision"}'`,
      why: "both say how many replications; --max-replications bounds them",
    },
  ]);
  if (select !== undefined && indifference === undefined)
    throw usage("--select needs --indifference: below which difference does it not matter?");
  if (select === undefined && indifference !== undefined)
    throw usage("--indifference is for --select");
  if (!adds && maxReplications !== undefined)
    throw usage("--max-replications is for --precision and --select; else give --replications");
}

function precision(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s?%$/.exec(text);
  const ratio = Number(match?.[1]) / 100;
  if (!(ratio > 0)) throw new InvalidArgumentError("A share of the baseline, such as 5%.");
  return ratio;
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
