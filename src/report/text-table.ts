// Plain text tables as kubectl prints them: columns padded with blanks, no boxes, nothing cut off.
//
// Control characters in cells are shown as escapes, so that a name cannot move the cursor or colour
// the terminal.

import { escapeControls } from "../base/index.ts";

/** How a column is aligned: text to the left, numbers to the right. */
export type Alignment = "left" | "right";

/** Lays out `rows` under `header`; three blanks between columns, no trailing blanks. */
export function formatTextTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  alignment: readonly Alignment[] = [],
): string {
  const lines = [header, ...rows].map((cells) => cells.map(escapeControls));
  const widths = header.map((_, column) =>
    Math.max(...lines.map((cells) => displayWidth(cells[column] ?? ""))),
  );
  return lines.map((cells) => `${joinCells(cells, widths, alignment)}\n`).join("");
}

function joinCells(
  cells: readonly string[],
  widths: readonly number[],
  alignment: readonly Alignment[],
): string {
  const padded = widths.map((width, column) => {
    const cell = cells[column] ?? "";
    const blanks = " ".repeat(width - displayWidth(cell));
    return alignment[column] === "right" ? blanks + cell : cell + blanks;
  });
  return padded.join("   ").trimEnd();
}

function displayWidth(text: string): number {
  let width = 0;
  for (const _ of text) width += 1;
  return width;
}
