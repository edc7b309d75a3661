// The shipped scenarios about pods on their nodes hold what they expect, with every invariant checked
// on the way.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { prepareRun, readScenario, runToEnd } from "../../src/experiment/index.ts";

describe("shipped scenarios", () => {
  it.each([
    ["pod-life", 20],
    ["node-troubles", 12],
  ])("%s meets its expectations under --check", (name, least) => {
    const file = new URL(`../../scenarios/${name}.yaml`, import.meta.url);
    const reading = readScenario(readFileSync(file, "utf8"), { file: `${name}.yaml` });
    expect(reading.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    const prepared = prepareRun({ scenario: reading.scenario!, document: reading.document! });
    const { expectations } = runToEnd(prepared, { check: "deep" });
    expect(expectations.length).toBeGreaterThan(least);
    expect(expectations.filter(({ passed }) => !passed)).toEqual([]);
  });
});
