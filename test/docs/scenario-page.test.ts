// docs/scenario.md describes the scenarios that are really read: its tables are made from the schema,
// and every annotation, policy and trace format is named.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeRunAnnotations } from "../../src/cluster/pod-template/run-annotations.ts";
import { POLICIES } from "../../src/scheduler/index.ts";
import { TRACE_FORMATS } from "../../src/workload/index.ts";
import { ROOT } from "./pages.ts";
import { fieldTables, lawTable, measureTable } from "./scenario-reference.ts";

const PATH = join(ROOT, "docs", "scenario.md");
const TABLES = { fields: fieldTables, measures: measureTable, laws: lawTable };

function withTable(page: string, name: string, table: string): string {
  const begin = `<!-- made from the code: ${name} -->\n`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`no place for ${name}`);
  return `${before}${begin}\n${table}\n${end}${after}`;
}

describe("docs/scenario.md", () => {
  it("has the tables of the present schema (PODSIM_WRITE_DOCS=1 writes them)", () => {
    const page = readFileSync(PATH, "utf8");
    const made = Object.entries(TABLES).reduce(
      (text, [name, table]) => withTable(text, name, table()),
      page,
    );
    if (process.env["PODSIM_WRITE_DOCS"] === "1") writeFileSync(PATH, made);
    else expect(page).toBe(made);
  });

  it("names every annotation", () => {
    let known: readonly string[] = [];
    decodeRunAnnotations(new Map([["podsim.dev/nothing", ""]]), (_key, _message, keys) => {
      known = keys;
    });
    expect(known.length).toBeGreaterThan(5);
    const page = readFileSync(PATH, "utf8");
    expect(known.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });

  it("names every policy and trace format", () => {
    const page = readFileSync(PATH, "utf8");
    const names = [...POLICIES.keys(), ...TRACE_FORMATS.keys()];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
