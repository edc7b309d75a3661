// Plain text tables as kubectl prints them: columns padded with blanks, no boxes, nothing cut off.
//
// Control characters in cells are shown as escapes, so that a name cannot move the cursor or colour
// the terminal.

/** How a column is aligned: text to the left, numbers to the right. */
export type Alignment = "left" | "right";

/** Lays out `rows` under `header`; three blanks between columns, no trailing blanks. */
export function formatTextTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  alignment: readonly Alignment[] = [],
): string {
  const lines = [header, ...rows].map((cells) => cells.map(withoutControls));
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => displayWidth(cells[column] ?? ""))));
  return lines.map((cells) => `${joinCells(cells, widths, alignment)}\n`).join("");
}

/** The text with control characters (C0, DEL, C1) written as visible escapes. */
export function withoutControls(text: string): string {
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029;
    out += isControl ? `\\u${code.toString(16).padStart(4, "0")}` : character;
  }
  return out;
}

function joinCells(cells: readonly string[], widths: readonly number[], alignment: readonly Alignment[]): string {
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
