// One long line as several that fit a terminal; words stay whole, and so do names.
//
// The lines that follow are indented like the text of the first: behind its label, its dash or its
// number.

/** A label and blanks, a list mark or a count, or blanks alone at the beginning of a line. */
const LEAD = /^(?:[A-Z]{3,}(?: [A-Z]+)* {1,2}|[a-z]+ {2,}|[-*] |\s*\d+ | +)/;

/** The line broken at blanks so that no part is longer than `width`, unless one word is. */
export function wrapLine(line: string, width: number): string {
  if (line.length <= width) return line;
  const lead = LEAD.exec(line)?.[0] ?? "";
  const indent = " ".repeat(lead.length === 0 ? 2 : lead.length);
  const parts: string[] = [];
  let part = lead;
  let isEmpty = true;
  for (const word of line.slice(lead.length).split(" ")) {
    const isTooLong = part.length + (isEmpty ? 0 : 1) + word.length > width;
    if (!isEmpty && isTooLong) {
      parts.push(part);
      part = indent + word;
    } else {
      part += isEmpty ? word : ` ${word}`;
    }
    isEmpty = false;
  }
  parts.push(part);
  return parts.join("\n");
}
