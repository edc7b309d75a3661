// The parts that an explanation's text is made of: sections, how much of each, and lists of names.
//
// What stands in a section is the business of the file that knows the subject.

import type { Alignment } from "./text-table.ts";

/** A heading with a table or lines under it; laid out as text or as Markdown. */
export interface ExplainSection {
  readonly title: string;
  readonly lines: readonly string[];
  readonly table?: {
    readonly header: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly alignment?: readonly Alignment[];
  };
}

/** How much is shown. */
export interface ExplainDetail {
  /** Every node and plugin, without regard to the width of the terminal. */
  readonly wide: boolean;
  /** How many names a list shows before it counts the rest. */
  readonly top: number;
}

/** So many names, and a count of the rest. */
export function nameList(
  names: readonly string[],
  top: number,
  total: number = names.length,
): string {
  const shown = names.slice(0, top);
  const more = total - shown.length;
  if (shown.length === 0) return `${total} nodes`;
  return more <= 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more (-o wide)`;
}
