// Rules are counted where a case shows them and agrees; docs/fidelity.md states the counts.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { countRules, type RuleCount } from "../../../src/experiment/verify/rule-counts.ts";
import { DEFAULT_PLUGINS } from "../../../src/scheduler/index.ts";

const SAMPLE = fileURLToPath(new URL("decisions-sample.jsonl", import.meta.url));
const PAGE = fileURLToPath(new URL("../../../docs/fidelity.md", import.meta.url));
const CORPUS = fileURLToPath(new URL("../../../../shared/conformance/", import.meta.url));
const isHere = existsSync(CORPUS);
if (!isHere) console.log(`skipped: the recorded decisions are not at ${CORPUS}`);

const linesOf = (path: string): string[] => readFileSync(path, "utf8").trim().split("\n");
const page = readFileSync(PAGE, "utf8");

function textOf({ plugin, point, rule, count }: RuleCount): string {
  return `| ${plugin} | ${point} | ${rule} | ${count} |`;
}

describe("counting rules", () => {
  const sample = linesOf(SAMPLE);
  const rules = countRules(new Map([["sample", sample]]));

  it("counts a case once per rule it shows", () => {
    const scored = rules.find(
      ({ plugin, point }) => plugin === "NodeResourcesFit" && point === "Score",
    );
    const showing = sample.filter((line) => /"NodeResourcesFit":\{"raw"/.test(line));
    expect(showing.length).toBeGreaterThan(0);
    expect(scored!.count).toBe(showing.length);
    for (const { count } of rules) expect(count).toBeLessThanOrEqual(sample.length);
  });

  it("does not count a case that differs anywhere", () => {
    const wrong = sample.map((line) => line.replaceAll(/"total":\d+/g, '"total":1'));
    const fewer = countRules(new Map([["sample", wrong]]));
    const scored = (all: readonly RuleCount[]): number =>
      all.filter(({ point }) => point === "Score").length;
    expect(scored(rules)).toBeGreaterThan(0);
    expect(scored(fewer)).toBe(0);
  });
});

it("docs/fidelity.md classes every default plugin", () => {
  const start = page.indexOf("## By plugin and extension point");
  const table = page.slice(start, page.indexOf("## Recorded cases by rule"));
  expect(start).toBeGreaterThan(0);
  const unclassed = DEFAULT_PLUGINS.filter(({ name }) => !table.includes(`\n| ${name} | `));
  expect(unclassed.map(({ name }) => name)).toEqual([]);
});

describe.skipIf(!isHere)("docs/fidelity.md against the recordings", () => {
  it("states the counts that podsim verify rules gives", { timeout: 60_000 }, () => {
    const folder = join(CORPUS, "decisions");
    const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
    const paths = files.map((name) => join(folder, name));
    paths.push(join(CORPUS, "cases", "queueing-hints.jsonl"));
    const rules = countRules(new Map(paths.map((path) => [path, linesOf(path)])));
    const [begin, end] = ["<!-- rules:begin -->", "<!-- rules:end -->"];
    const stated = page
      .slice(page.indexOf(begin) + begin.length, page.indexOf(end))
      .trim()
      .split("\n")
      .slice(2);
    expect(stated).toEqual(rules.map(textOf));
  });
});
