// Claims about stores: what is whole is found again, what is not is named and made again, and no cell
// ever has two results.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { CellResult } from "../../../src/experiment/index.ts";
import { cellText, CellStore, resultIn } from "../../../src/experiment/node.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const HASH = "ab".repeat(32);
const RESULT: CellResult = {
  end: "drained",
  fingerprint: "f",
  inputHash: "i",
  podsCreatedCount: 3,
  podsPendingAtEndCount: 0,
  attemptsCount: 3,
  tiedCount: 1,
  isUnstable: false,
  measures: [
    { measure: "pending.avg", unit: "us", direction: "lower", value: 0.1 + 0.2, isThin: false },
  ],
};
const FILE = join("cells", "ab", `${HASH}.json`);

function freshStore(): { store: CellStore; folder: string; damage: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "podsim-store-"));
  folders.push(folder);
  const damage: string[] = [];
  return { store: new CellStore(folder, (line) => damage.push(line)), folder, damage };
}

describe("a store", () => {
  it("gives back what was kept, to the last bit, and leaves nothing beside it", () => {
    const { store, folder } = freshStore();
    expect(store.read(HASH)).toBeUndefined();
    store.write(HASH, RESULT);
    store.write(HASH, RESULT);
    expect(store.read(HASH)).toEqual(RESULT);
    expect(readdirSync(join(folder, "partial"))).toEqual([]);
    expect(readFileSync(join(folder, FILE), "utf8")).toBe(cellText(HASH, RESULT));
  });

  it("refuses a second result that differs, names the cell, and keeps the first", () => {
    const { store } = freshStore();
    store.write(HASH, RESULT);
    expect(() => store.write(HASH, { ...RESULT, tiedCount: 2 })).toThrow(
      `cell ${HASH} has two different results`,
    );
    expect(store.read(HASH)).toEqual(RESULT);
  });

  it.each([
    ["cut off", (text: string) => text.slice(0, -20)],
    ["empty", () => ""],
    [
      "with one digit changed",
      (text: string) => text.replace('"attemptsCount":3', '"attemptsCount":4'),
    ],
    ["of another cell", (text: string) => text.replace(HASH, "cd".repeat(32))],
    ["not JSON", () => "half"],
  ])("a file %s is named, counts as missing, and is made again", (_what, spoil) => {
    const { store, folder, damage } = freshStore();
    store.write(HASH, RESULT);
    writeFileSync(join(folder, FILE), spoil(cellText(HASH, RESULT)));
    expect(store.read(HASH)).toBeUndefined();
    expect(damage.join("")).toContain(`${HASH}.json is damaged: its cell is run again`);
    store.write(HASH, RESULT);
    expect(store.read(HASH)).toEqual(RESULT);
  });

  it("keeps a study once, under the hash of what it says, and leaves out a damaged one", () => {
    const { store, folder, damage } = freshStore();
    const id = store.keepStudy({ command: "sweep", cells: [HASH] });
    expect(store.keepStudy({ command: "sweep", cells: [HASH] })).toBe(id);
    expect(store.studies()).toEqual([
      { id, value: { schemaVersion: "podsim.dev/study/v1", command: "sweep", cells: [HASH] } },
    ]);
    writeFileSync(join(folder, "studies", `${id}.json`), "{}");
    expect(store.studies()).toEqual([]);
    expect(damage).toHaveLength(1);
  });

  it("says which file it could not write", () => {
    const { folder } = freshStore();
    writeFileSync(join(folder, "cells"), "a file where a folder belongs");
    const store = new CellStore(folder, () => undefined);
    expect(() => store.write(HASH, RESULT)).toThrow(/cannot write .*ab.*json: E/);
    expect(existsSync(join(folder, "cells", "ab"))).toBe(false);
  });
});

it("a text is a result of its own cell only", () => {
  expect(resultIn(cellText(HASH, RESULT), HASH)).toEqual(RESULT);
  expect(resultIn(cellText(HASH, RESULT), "cd".repeat(32))).toBeUndefined();
});
