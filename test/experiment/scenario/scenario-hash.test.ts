import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readYaml } from "../../../src/base/index.ts";
import { decodeScenario, readScenario } from "../../../src/experiment/scenario/read-scenario.ts";
import {
  canonicalScenarioText,
  scenarioHash,
} from "../../../src/experiment/scenario/scenario-hash.ts";

const file = join(import.meta.dirname, "../../corpus/scenario/good-everything.yaml");
const text = readFileSync(file, "utf8");
const raw = readYaml(text).documents[0]!.value;
const hashOf = (input: unknown): string => {
  const { scenario, problems } =
    typeof input === "string" ? readScenario(input) : decodeScenario(input);
  expect(problems).toEqual([]);
  return scenarioHash(scenario!);
};
const expected = hashOf(text);

/** The value with the keys of every map in another order. */
function reorder(value: unknown, pick: (n: number) => number): unknown {
  if (Array.isArray(value)) return value.map((item) => reorder(item, pick));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const shuffled: [string, unknown][] = [];
  while (entries.length > 0) {
    const [entry] = entries.splice(pick(entries.length), 1);
    shuffled.push([entry![0], reorder(entry![1], pick)]);
  }
  return Object.fromEntries(shuffled);
}

describe("scenarioHash", () => {
  it("is the same for YAML, JSON and any order of keys", () => {
    expect(hashOf(JSON.stringify(raw))).toBe(expected);
    expect(hashOf(JSON.stringify(raw, null, 3))).toBe(expected);
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(1_000_000)), (stream) => {
        const shuffled = reorder(raw, (n) => Number(stream.next().value) % n);
        expect(hashOf(JSON.stringify(shuffled))).toBe(expected);
      }),
      { numRuns: 100, seed: 20 },
    );
  });

  it.each([
    ["seed: 7", 'seed: "7"'],
    ["horizon: 2h30m", "horizon: 150m"],
    ["warmup: 90s", "warmup: 1m30s"],
    ["cpu: 3920m", "cpu: 3.92"],
    ["memory: 14Gi", "memory: 14336Mi"],
    ["memory: 14Gi", "memory: 15032385536"],
    ['pods: "110"', "pods: 110"],
    ["cpu: 500m", 'cpu: "0.5"'],
    ["rate: 90/m", "rate: 1.5"],
    ["median: 15m", "median: 900"],
    ["object: deploy/web", "object: Deployments/web"],
    ['capacity: { cpu: "4" }', 'capacity: { cpu: "4", memory: 14Gi }'],
    ["[pending, utilization.cpu]", "[ pending,\n  utilization.cpu ] # a comment"],
  ])("takes %j as %j", (from, to) => {
    expect(text).toContain(from);
    expect(hashOf(text.replace(from, to))).toBe(expected);
  });

  it.each([
    ["seed: 7", "seed: 8"],
    ["count: 4", "count: 5"],
    ["cpu: 3920m", "cpu: 3921m"],
    ["[a, b, c]", "[b, a, c]"],
    ["name: everything", "name: something"],
    ["at: 10m, repairAfter: 20m", "at: 10m, repairAfter: 21m"],
    ["image: i", "image: j"],
    ["thresholds: [", "thresholds: [failed=0, "],
    ["weight: 1.5", "weight: 1.25"],
  ])("tells %j from %j", (from, to) => {
    expect(text).toContain(from);
    expect(hashOf(text.replace(from, to))).not.toBe(expected);
  });

  it("fills defaults in before hashing", () => {
    const head = "apiVersion: podsim.dev/v1\nkind: Scenario\nmetadata: { name: demo }\n";
    const spelled = `${head}run: { study: terminating, horizon: 1h, seed: 1, replications: 1 }\nvary: []\n`;
    expect(hashOf(spelled)).toBe(hashOf(head));
  });

  it("is taken over JSON that holds no places", () => {
    const canonical = canonicalScenarioText(readScenario(text).scenario!);
    expect(JSON.parse(canonical)).toMatchObject({ kind: "Scenario" });
    expect(canonical).not.toContain('"path":[');
  });
});
