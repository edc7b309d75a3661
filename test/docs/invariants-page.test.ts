// The page on invariants lists exactly those that a run registers, and each row's test names its number.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeScenario, prepareRun, startRun } from "../../src/experiment/index.ts";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/invariants.md"), "utf8");
const rows = [...page.matchAll(/^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \| (\S+) \|$/gm)].map(
  ([, number, , mode, , test]) => ({ id: `I${number}`, mode: mode!, test: test! }),
);
/** Of results and their accounts; the page says so. */
const isAccounting = (id: string): boolean => Number(id.slice(1)) >= 66;

describe("the page on invariants", () => {
  it("lists what a run registers, and nothing else", () => {
    const nodePools = [
      { name: "n", count: 1, allocatable: { cpu: "1", memory: "1Gi", pods: "9" } },
    ];
    const { scenario } = decodeScenario({
      apiVersion: "podsim.dev/v1",
      kind: "Scenario",
      metadata: { name: "t" },
      run: { horizon: "1s" },
      cluster: { nodePools },
    });
    const run = startRun(prepareRun({ scenario: scenario! }), { check: "deep" });
    const registered = run.simulation.invariants.all.map(({ id }) => id);
    const listed = rows.filter(({ mode }) => mode !== "by test").map(({ id }) => id);
    const byNumber = (a: string, b: string): number => Number(a.slice(1)) - Number(b.slice(1));
    const wanted = [...new Set(registered)].filter((id) => !isAccounting(id)).sort(byNumber);
    expect(listed).toEqual(wanted);
  });

  it("names a test for each that mentions its number", () => {
    expect(rows.length).toBeGreaterThan(50);
    for (const { id, test } of rows) {
      expect(existsSync(join(ROOT, test)), test).toBe(true);
      const text = readFileSync(join(ROOT, test), "utf8");
      expect(new RegExp(`\\b${id}\\b`).test(text), `${id} in ${test}`).toBe(true);
    }
  });
});
