// The bad-input corpus: every file of test/corpus/scenario with the exact text it must give, beside
// it as NAME.txt (an empty text: accepted without a word). File names begin with the row of the
// fault model they prove. Set UPDATE_CORPUS=1 to write the texts anew, then read the difference.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatProblems } from "../../../src/base/index.ts";
import { readScenario } from "../../../src/experiment/scenario/read-scenario.ts";

const folder = join(import.meta.dirname, "../../corpus/scenario");
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => name.slice(0, -5));

describe("the scenario corpus", () => {
  it.each(names)("%s", (name) => {
    const bytes = readFileSync(join(folder, `${name}.yaml`));
    const { problems, scenario } = readScenario(bytes, { file: `${name}.yaml` });
    const text = problems.length === 0 ? "" : `${formatProblems(problems)}\n`;
    const expectedFile = join(folder, `${name}.txt`);
    if (process.env["UPDATE_CORPUS"] === "1") writeFileSync(expectedFile, text);
    expect(existsSync(expectedFile), `${name}.txt is missing`).toBe(true);
    expect(text).toBe(readFileSync(expectedFile, "utf8"));
    const isRefused = problems.some(({ severity }) => severity === "error");
    expect(scenario === undefined).toBe(isRefused);
    if (name.slice(4).startsWith("ok-")) expect(problems).toEqual([]);
  });

  it("places every error in a line and column, except where there is no text", () => {
    for (const name of names) {
      const bytes = readFileSync(join(folder, `${name}.yaml`));
      for (const problem of readScenario(bytes, { file: name }).problems) {
        const hasPlace = problem.line !== undefined && problem.column !== undefined;
        expect(hasPlace || ["E_EMPTY", "E_ENCODING"].includes(problem.code), name).toBe(true);
      }
    }
  });

  it("leaves Object.prototype as it was", () => {
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    for (const name of names) readScenario(readFileSync(join(folder, `${name}.yaml`)));
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  // Rows of the fault model for scenario files. What is not proven by a file is proven elsewhere.
  it.each([
    ...["s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08", "s09"],
    ...["s10", "s11", "s12", "s13", "s16", "s17", "s18"],
  ])("has at least one file for row %s", (row) => {
    expect(names.filter((name) => name.startsWith(`${row}-`)).length).toBeGreaterThan(0);
  });
});
