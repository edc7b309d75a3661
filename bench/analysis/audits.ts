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

/** Prints the tables of the audits whose names start so, or of all; false if there is none. */
export function runAudits(name: string, isSmall: boolean, print: (text: string) => void): boolean {
  const chosen = AUDITS.filter((audit) => name === "all" || audit.name.startsWith(name));
  for (const audit of chosen) {
    const repeats = isSmall ? Math.ceil(audit.repeats / 100) : audit.repeats;
    for (const table of audit.run({ repeats })) print(`${formatTable(table)}\n`);
  }
  return chosen.length > 0;
}
