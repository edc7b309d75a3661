// Baseline files: what is written is read back, and a wrong file is refused with the place of its fault.

import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/base/index.ts";
import { baselineText, readBaseline } from "../../../src/experiment/bench/bench-baseline.ts";
import { benchSampleOf } from "../../../src/experiment/bench/bench-sample.ts";
import { runScenario } from "../../../src/experiment/index.ts";

const result = runScenario({
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "two" },
  run: { study: "terminating", horizon: "1m", seed: "7" },
  cluster: {
    nodePools: [
      {
        name: "n",
        count: 2,
        allocatable: { cpu: "4", memory: "8Gi", pods: "110" },
      },
    ],
  },
});
const sample = benchSampleOf(result, "atUs,pod\n");
const text = baselineText(new Map([["a.yaml", [sample]]]));

describe("a baseline", () => {
  it("comes back as it was written", () => {
    expect(readBaseline(text, "b.json").get("a.yaml")).toEqual([sample]);
    expect(baselineText(readBaseline(text, "b.json"))).toBe(text);
  });

  it("holds hashes and counts, no times of a real clock", () => {
    expect([...sample.parts.keys()]).toContain("pending");
    expect([...sample.parts.keys()]).not.toContain("operations");
    expect(sample.operations?.get("events.fired")).toBe(result.operations.events.fired);
    for (const count of sample.operations?.values() ?? [])
      expect(Number.isInteger(count)).toBe(true);
    expect(text).not.toMatch(/Ms"|wall|cpuUs/);
  });

  it("tells one byte of the decisions apart", () => {
    const other = benchSampleOf(result, "atUs,pod\n1,a\n");
    expect(other.parts.get("decisions.csv")).not.toBe(sample.parts.get("decisions.csv"));
  });

  it.each([
    ["not json", "{"],
    ["another version", text.replace("bench-baseline/v1", "bench-baseline/v9")],
    ["an unknown field", text.replace('"seed"', '"sead"')],
    ["a count that is none", text.replace(/"events.fired": \d+/, '"events.fired": 1.5')],
    ["no scenarios", '{"schemaVersion":"podsim.dev/bench-baseline/v1"}'],
  ])("is refused: %s", (_, wrong) => {
    expect(() => readBaseline(wrong, "b.json")).toThrow(InputError);
  });
});
