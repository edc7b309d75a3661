// What the page about sweeps shows is what podsim prints: its tables, line by line.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freshFolder, podsim } from "../cli/command-line.ts";
import { readPage } from "./pages.ts";

it("the tables of the page are those of its commands", () => {
  const { blocks } = readPage("docs/sweep.md");
  const cwd = freshFolder();
  // A CSV has no comments: the line with the name is the page's.
  for (const { fileName, text } of blocks)
    if (fileName !== undefined) writeFileSync(join(cwd, fileName), `${text}\n`);
  const shown = blocks.flatMap((block, at) =>
    block.language === "text" ? [{ command: blocks[at - 1]!.text, text: block.text }] : [],
  );
  expect(shown).toHaveLength(3);
  for (const { command, text } of shown) {
    const words = command.replaceAll("\\\n", " ").trim().split(/\s+/).slice(1);
    expect(podsim([...words, "-q"], { cwd }).stdout.trimEnd()).toBe(text);
  }
});
