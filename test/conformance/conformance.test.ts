// The recorded part that lives in this repository: a clone proves the claim without other data.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  type VerifyReport,
  verifyCases,
  verifyDecisions,
  verifyTrajectories,
} from "../../src/experiment/index.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const SIZE_MAX = 5_000_000;

const KINDS: readonly [
  folder: string,
  verify: (lines: Iterable<string>, file: string) => VerifyReport,
  fileCount: number,
][] = [
  ["decisions", verifyDecisions, 23],
  ["cases", verifyCases, 3],
  ["trajectories", verifyTrajectories, 18],
];

const filesOf = (folder: string): string[] =>
  readdirSync(`${HERE}${folder}`).filter((name) => name.endsWith(".jsonl"));

describe.each(KINDS)("recorded %s in this repository", (folder, verify, fileCount) => {
  it(`are ${fileCount} files`, () => {
    expect(filesOf(folder)).toHaveLength(fileCount);
  });

  it.each(filesOf(folder))("%s: nothing differs, nothing is left out", (file) => {
    const lines = readFileSync(`${HERE}${folder}/${file}`, "utf8").split("\n");
    const report = verify(lines, file);
    expect(report.differences).toEqual([]);
    expect([...report.unsupported.keys()]).toEqual([]);
    expect(report.checked).toBeGreaterThan(0);
  });
});

describe("the recorded part", () => {
  it("stays small enough to be cloned", () => {
    const sizes = KINDS.flatMap(([folder]) =>
      filesOf(folder).map((file) => statSync(`${HERE}${folder}/${file}`).size),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(SIZE_MAX);
  });
});
