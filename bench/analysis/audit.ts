// What an audit is: a statistical procedure run many thousand times where the right answer is known.
//
// An audit yields tables of how often the procedure was right. Draws come from named streams and exact
// math, so a table is the same bytes on every machine; its hash is printed with it.

import { sha256Hex } from "../../src/base/index.ts";

/** A table of findings; every cell is text already. */
export interface AuditTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** How much is run. `repeats` is 1 for the sizes in the documentation; tests take less. */
export interface AuditSize {
  /** Macro-replications per row. */
  readonly repeats: number;
}

/** One audit by name. */
export interface Audit {
  readonly name: string;
  readonly repeats: number;
  readonly run: (size: AuditSize) => AuditTable[];
}

/** Markdown, with the hash of the rows. */
export function formatTable({ title, header, rows }: AuditTable): string {
  const lines = [header, header.map(() => "---"), ...rows];
  const text = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return `${title}\n\n${text}\n\nhash ${sha256Hex(JSON.stringify(rows)).slice(0, 16)}\n`;
}

/** A share in percent with two decimals. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "none" : `${((100 * part) / whole).toFixed(2)} %`;
}
