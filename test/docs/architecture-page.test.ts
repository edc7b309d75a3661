// The tables of docs/architecture.md are those that the house obeys.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RANK } from "../../src/engine/index.ts";
import { MAY_IMPORT } from "../tidy/rules.ts";
import { readPage, ROOT } from "./pages.ts";

const { text } = readPage("docs/architecture.md");

/** Folders of src that hold files. */
const floors = readdirSync(join(ROOT, "src"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .filter((name) => readdirSync(join(ROOT, "src", name)).length > 0);

/** Cells of every table row whose first cell matches. */
function rows(first: RegExp): string[][] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell]) => cell !== undefined && first.test(cell));
}

describe("docs/architecture.md", () => {
  it("lists every floor with exactly what it may import", () => {
    const written = rows(/^`[a-z]+`$/).map(([name, , imports]) => [
      name!.replaceAll("`", ""),
      (imports ?? "")
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    ]);
    const standing = Object.entries(MAY_IMPORT).filter(([floor]) => floors.includes(floor));
    const sorted = (list: readonly string[]) => [...list].sort();
    const asMap = (list: readonly (readonly [string, readonly string[]])[]) =>
      Object.fromEntries(list.map(([floor, imports]) => [floor, sorted(imports)]));
    expect(asMap(written as [string, string[]][])).toEqual(asMap(standing));
    expect(sorted(written.map(([name]) => name as string))).toEqual(sorted(floors));
  });

  it("lists every rank with its number", () => {
    const written = rows(/^\d+$/).map(([number, name]) => [
      name!.replaceAll("`", ""),
      Number(number),
    ]);
    expect(Object.fromEntries(written)).toEqual(RANK);
  });
});
