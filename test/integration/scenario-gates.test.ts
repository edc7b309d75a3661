// The shipped scenarios about controllers and admission hold what their thresholds promise, with every
// invariant checked on the way.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { prepareRun, readScenario, runToEnd } from "../../src/experiment/index.ts";

const NAMES = ["autoscaling", "blue-green", "canary", "cronjobs", "quota", "rollout"];

describe("shipped scenarios", () => {
  it.each(NAMES)("%s keeps its thresholds under --check", (name) => {
    const file = new URL(`../../scenarios/${name}.yaml`, import.meta.url);
    const reading = readScenario(readFileSync(file, "utf8"), { file: `${name}.yaml` });
    expect(reading.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    const prepared = prepareRun({ scenario: reading.scenario!, document: reading.document! });
    const { thresholds, notes } = runToEnd(prepared, { check: "deep" });
    expect(thresholds.length).toBeGreaterThan(3);
    expect(thresholds.filter(({ passed }) => !passed)).toEqual([]);
    expect(notes.filter(({ code }) => code !== "NAMESPACE_CREATED")).toEqual([]);
  });
});
