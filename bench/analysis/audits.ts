// Every audit, one line each; run by name: npm run bench -- --audit coverage

import { type Audit, formatTable } from "./audit.ts";
import { coverageAudits } from "./coverage-audit.ts";
import { longRunAudit } from "./long-run-audit.ts";
import { selectionAudit } from "./selection-audit.ts";
import { verdictAudit } from "./verdict-audit.ts";

/** Audits in the order of docs/statistics.md. */
export const AUDITS: readonly Audit[] = [
  ...coverageAudits,
  verdictAudit,
  longRunAudit,
  selectionAudit,
];

/**
 * Prints the tables of the audits whose names start so, or of all; false if there is none. `repeats`
 * is the number of macro-replications; undefined = each audit's own.
 */
export function runAudits(
  name: string,
  repeats: number | undefined,
  print: (text: string) => void,
): boolean {
  const chosen = AUDITS.filter((audit) => name === "all" || audit.name.startsWith(name));
  for (const audit of chosen) {
    const size = { repeats: repeats ?? audit.repeats };
    for (const table of audit.run(size)) print(`${formatTable(table)}\n`);
  }
  return chosen.length > 0;
}
