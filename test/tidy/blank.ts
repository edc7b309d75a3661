// Source text with comments, or comments and strings, replaced by spaces.
//
// Positions and line numbers stay, so rules can search with regular expressions and still report
// the right line. A tokenizer for this purpose only: it knows where text begins and ends, no more.

/** What to blank: comments only, or strings and regular expressions as well. */
export type Blanked = "comments" | "comments and strings";

/** `text` with the chosen parts replaced by spaces; line breaks stay. */
export function blank(text: string, what: Blanked): string {
  const out: string[] = [];
  const templates: number[] = []; // depth of braces at which each open template resumes
  let depth = 0;
  let index = 0;
  const keep = (end: number): void => {
    out.push(text.slice(index, end));
    index = end;
  };
  const wipe = (end: number, isComment: boolean): void => {
    if (!isComment && what === "comments") {
      keep(end);
      return;
    }
    out.push(text.slice(index, end).replaceAll(/[^\n]/g, " "));
    index = end;
  };
  while (index < text.length) {
    const char = text[index]!;
    const pair = text.slice(index, index + 2);
    if (pair === "//") wipe(endOf(text, "\n", index), true);
    else if (pair === "/*") wipe(endOf(text, "*/", index + 2) + 2, true);
    else if (char === '"' || char === "'") wipe(endOfString(text, index + 1, char), false);
    else if (char === "`" || (char === "}" && templates.at(-1) === depth)) {
      if (char === "}") templates.pop();
      const end = endOfTemplatePart(text, index + 1);
      if (text.slice(end - 2, end) === "${") templates.push(depth);
      wipe(end, false);
    } else if (char === "/" && startsRegExp(text, index)) {
      wipe(endOfRegExp(text, index + 1), false);
    } else {
      if (char === "{") depth++;
      if (char === "}") depth--;
      keep(index + 1);
    }
  }
  return out.join("");
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

function endOfString(text: string, from: number, quote: string): number {
  let index = from;
  while (index < text.length && text[index] !== quote && text[index] !== "\n") {
    index += text[index] === "\\" ? 2 : 1;
  }
  return Math.min(index + 1, text.length);
}

function endOfTemplatePart(text: string, from: number): number {
  let index = from;
  while (index < text.length && text[index] !== "`") {
    if (text.slice(index, index + 2) === "${") return index + 2;
    index += text[index] === "\\" ? 2 : 1;
  }
  return Math.min(index + 1, text.length);
}

/** A slash begins a regular expression where a value is expected, else it divides. */
function startsRegExp(text: string, index: number): boolean {
  const before = text.slice(Math.max(0, index - 40), index).trimEnd();
  return /(^|[(,=:[!&|?{};+>]|\breturn|\btypeof|\bcase)$/.test(before);
}

function endOfRegExp(text: string, from: number): number {
  let isInClass = false;
  let index = from;
  while (index < text.length && text[index] !== "\n") {
    const char = text[index];
    if (char === "\\") index++;
    else if (char === "[") isInClass = true;
    else if (char === "]") isInClass = false;
    else if (char === "/" && !isInClass) break;
    index++;
  }
  const flags = /^\/?[a-z]*/.exec(text.slice(index, index + 10))!;
  return index + flags[0].length;
}
