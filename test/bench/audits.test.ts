// Every audit runs at a small size, gives the same tables again, and finds what it must.

import { describe, expect, it } from "vitest";
import { formatTable } from "../../bench/analysis/audit.ts";
import { AUDITS, runAudits } from "../../bench/analysis/audits.ts";
import { LAWS, meanWait, waitingTimes, waitQuantile } from "../../bench/analysis/laws.ts";
import { meanOf, skewnessOf } from "../../src/analysis/index.ts";
import { seededStream } from "../../src/base/index.ts";

describe.each(AUDITS)("the $name audit", (audit) => {
  it("fills its tables", () => {
    const tables = audit.run({ repeats: 1 });
    expect(tables.length).toBeGreaterThan(0);
    for (const table of tables) {
      expect(table.rows.length).toBeGreaterThan(1);
      for (const row of table.rows) expect(row).toHaveLength(table.header.length);
      expect(formatTable(table)).toMatch(/hash [0-9a-f]{16}\n$/);
    }
  });
});

it.each(["verdicts", "selection"])("the %s audit finds the same again", (name) => {
  const printed: string[][] = [[], []];
  for (const texts of printed) runAudits(name, 20, (text) => texts.push(text));
  expect(printed[0]!.length).toBeGreaterThan(0);
  expect(printed[1]).toEqual(printed[0]);
});

it("an unknown audit is told apart from one that found nothing", () => {
  expect(runAudits("moods", 1, () => undefined)).toBe(false);
});

describe("the laws that audits rest on", () => {
  it.each(LAWS)("$name has its mean and skewness", (law) => {
    const stream = seededStream(`laws/${law.name}`);
    const values = Array.from({ length: 100_000 }, () => law.draw(stream));
    expect(Math.abs(meanOf(values) - law.mean)).toBeLessThan(0.02 * Math.max(1, law.mean));
    const tolerance = law.skewness > 2 ? 3 : 0.15;
    expect(Math.abs(skewnessOf(values)! - law.skewness)).toBeLessThan(tolerance);
  });

  it("the queue has its long-run mean and quantile", () => {
    const waits = waitingTimes(seededStream("laws/queue"), 0.5, 400_000, false);
    const beyond = waits.filter((wait) => wait > waitQuantile(0.5, 0.9)).length / waits.length;
    expect(Math.abs(meanOf(waits) / meanWait(0.5) - 1)).toBeLessThan(0.05);
    expect(Math.abs(beyond - 0.1)).toBeLessThan(0.01);
  });
});
