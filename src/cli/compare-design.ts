// From the options of a comparison to its design: how many replications, or until when.
//
// Apart from the options themselves, because this needs the names of all measures, and every command's
// help would load the whole simulator along with them.

import { COMPARED_MEASURES, type CompareDesign } from "../experiment/index.ts";
import { parseAmount } from "../metrics/index.ts";
import { type DesignOptions, REPLICATIONS_MAX } from "./compare-design-options.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";

/** The design of these options; `measures` are those that are compared. */
export function designOf(options: DesignOptions, measures: readonly string[]): CompareDesign {
  const {
    precision: ratio,
    select,
    indifference = "",
    maxReplications = REPLICATIONS_MAX,
  } = options;
  for (const name of measures) refuseUnknown(name, "--measure");
  if (ratio !== undefined) {
    if (measures.length === 0)
      throw usage("--precision needs --measure: which measures must be known so well?");
    return { kind: "precision", ratio, countMax: maxReplications };
  }
  if (select === undefined) return { kind: "fixed" };
  const unit = COMPARED_MEASURES.get(select);
  if (unit === undefined) throw usage(unknown(select, "--select"));
  const amount = parseAmount(indifference, unit);
  if (amount === undefined || amount <= 0)
    throw usage(`--indifference ${indifference}: expected an amount of ${select} above 0`);
  return { kind: "selection", measure: select, indifference: amount, countMax: maxReplications };
}

function refuseUnknown(name: string, option: string): void {
  const names = [...COMPARED_MEASURES.keys()];
  if (!names.some((known) => known === name || known.startsWith(`${name}.`)))
    throw usage(unknown(name, option));
}

function unknown(name: string, option: string): string {
  return `${option} ${name}: alternatives are compared on ${[...COMPARED_MEASURES.keys()].join(", ")}`;
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
