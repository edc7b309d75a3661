// The documents of the project and the code blocks in them, for the tests that run what is documented.
//
// A block whose first line is a comment with a file name (`// shop.js`, `# shop.yaml`) is also saved
// under that name, so that later blocks and commands of the page can use it.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** A fenced block of code. */
export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** Line of the page on which its text begins, from 1. */
  readonly line: number;
  /** Name that the first line gives it; undefined for none. */
  readonly fileName: string | undefined;
}

/** A document. */
export interface Page {
  /** Path in the project, such as docs/library.md. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
}

/** README.md and every page of docs/, decisions left out: those are records, not instructions. */
export function readPages(): Page[] {
  const docs = readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .sort();
  return ["README.md", ...docs.map((name) => `docs/${name}`)].map(readPage);
}

/** One page by its path in the project. */
export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, text, blocks: blocksOf(text) };
}

function blocksOf(text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^```(\w*)$/.exec(line.trimEnd());
    if (fence === null) open?.lines.push(line);
    else if (open === undefined) open = { language: fence[1]!, line: index + 2, lines: [] };
    else {
      const { language, line: first, lines } = open;
      const fileName = /^(?:\/\/|#) ([\w.-]+\.\w+)$/.exec(lines[0] ?? "")?.[1];
      blocks.push({ language, text: lines.join("\n"), line: first, fileName });
      open = undefined;
    }
  }
  return blocks;
}

/** Languages that are run as modules. */
export function isProgram(block: CodeBlock): boolean {
  return ["ts", "js"].includes(block.language);
}

/**
 * What a program should print: the comment behind each `console.log`, and lines below it that begin
 * with `//   `. A print without a comment promises nothing and is therefore an error.
 */
export function promisedOutput(block: CodeBlock): string[] {
  const promised: string[] = [];
  let isPrinting = false;
  for (const line of block.text.split("\n")) {
    const more = /^\s*\/\/ {3}(.*)$/.exec(line);
    if (more !== null && isPrinting) {
      promised.push(more[1]!);
      continue;
    }
    isPrinting = line.includes("console.log(");
    if (!isPrinting) continue;
    const value = /;\s*\/\/ (.*)$/.exec(line)?.[1];
    if (value === undefined) throw new Error(`no promised output behind: ${line.trim()}`);
    promised.push(value);
  }
  return promised;
}

/** A command line of a page, with the exit code that a comment behind it promises. */
export interface DocumentedCommand {
  readonly command: string;
  readonly exitCode: number;
}

/** The podsim commands of a block; what needs a cluster, a package registry or a terminal is left out. */
export function podsimCommands(block: CodeBlock): DocumentedCommand[] {
  const lines = block.text.replaceAll("\\\n", " ").split("\n");
  return lines.flatMap((line) => {
    const [, written = "", comment = ""] = /^(.*?)(?:\s#\s(.*))?$/.exec(line.trim()) ?? [];
    const command = written.trim().replaceAll(/\bnpx podsim\b/g, "podsim");
    if (!/(^|\| )podsim\b/.test(command) || /\b(kubectl|npm)\b/.test(command)) return [];
    return [{ command, exitCode: Number(/\bexit (\d+)\b/.exec(comment)?.[1] ?? 0) }];
  });
}
