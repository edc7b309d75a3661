// What the page about steady states shows is what podsim prints: its table and curves, line by line.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freshFolder, podsim } from "../cli/command-line.ts";
import { readPage } from "./pages.ts";

it("the table and the curves of the page are those of its command", () => {
  const { blocks } = readPage("docs/steady-state.md");
  const cwd = freshFolder();
  for (const { fileName, text } of blocks)
    if (fileName !== undefined) writeFileSync(join(cwd, fileName), `${text}\n`);
  const shown = blocks.flatMap((block, at) =>
    block.language === "text" ? [{ command: blocks[at - 1]!.text, text: block.text }] : [],
  );
  expect(shown).toHaveLength(1);
  for (const { command, text } of shown) {
    const words = command.trim().split(/\s+/).slice(1);
    expect(podsim([...words, "-q"], { cwd }).stdout.trimEnd()).toBe(text);
  }
});
