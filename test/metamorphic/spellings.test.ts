// Relations of how a scenario is written (MR22, MR23): other spellings have the same hash and give the
// same run, on 100 random scenarios each; other meanings have another hash.

import { describe, expect, it } from "vitest";
import {
  decodeScenario,
  prepareRun,
  readScenario,
  runToEnd,
  scenarioHash,
} from "../../src/experiment/index.ts";
import { drawsOf, type Draw, type Json, randomWorld, scenarioOf } from "./world.ts";
import { linesOf, runScenarioValue } from "./trace.ts";

const SEEDS = 100;

function hashOf(text: string): string {
  const { scenario, problems } = readScenario(text, { file: "scenario.yaml" });
  const errors = problems.filter(({ severity }) => severity === "error");
  if (scenario === undefined || errors.length > 0) throw new Error(errors[0]?.message ?? "none");
  return scenarioHash(scenario);
}

/** The value with the keys of every map in another order; lists keep theirs. */
function reordered(value: unknown, draw: Draw): unknown {
  if (Array.isArray(value)) return value.map((each) => reordered(each, draw));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, reordered(inner, draw)]);
  for (let k = entries.length - 1; k > 0; k--) {
    const other = draw(k + 1);
    [entries[k], entries[other]] = [entries[other]!, entries[k]!];
  }
  return Object.fromEntries(entries) as unknown;
}

/** The value as block YAML, with comments. */
function yamlOf(value: unknown, indent = ""): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return " []\n";
    const items = value.map((each) => `${indent}-${inline(each, `${indent}  `)}`);
    return `\n${items.join("")}`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return " {}\n";
    const lines = entries.map(
      ([key, inner]) => `${indent}${JSON.stringify(key)}:${inline(inner, `${indent}  `)}`,
    );
    return `\n${lines.join("")}`;
  }
  return ` ${JSON.stringify(value)} # a comment\n`;
}

function inline(value: unknown, indent: string): string {
  return yamlOf(value, indent);
}

/** Quantities and durations written otherwise. */
function respelled(value: unknown, draw: Draw): unknown {
  if (Array.isArray(value)) return value.map((each) => respelled(each, draw));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, respelled(inner, draw)]),
    );
  }
  if (typeof value !== "string") return value;
  const milli = /^(\d+)m$/.exec(value)?.[1];
  if (milli !== undefined) return draw(2) === 0 ? `${Number(milli) / 1_000}` : `${milli}000u`;
  const mebi = /^(\d+)Mi$/.exec(value)?.[1];
  if (mebi !== undefined) {
    const kibi = `${Number(mebi) * 1_024}Ki`;
    return draw(2) === 0 ? kibi : `${Number(mebi) * 1_024 * 1_024}`;
  }
  const ms = /^(\d+)ms$/.exec(value)?.[1];
  if (ms !== undefined) {
    const seconds = Math.floor(Number(ms) / 1_000);
    return draw(2) === 0 ? `${ms}000us` : `${seconds}s${Number(ms) % 1_000}ms`;
  }
  return value;
}

/** The fingerprint of a run whose cluster comes from files beside the scenario. */
function runWithFiles(scenario: Json, files: readonly (readonly Json[])[]): string {
  const reading = decodeScenario({ ...scenario, cluster: {} }, { file: "scenario" });
  const extra = files.map((items, k) => {
    const text = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    return { name: `file-${k}.json`, bytes: new TextEncoder().encode(text) };
  });
  const { scenario: read, document } = reading;
  return runToEnd(prepareRun({ scenario: read!, document: document!, extra }), {}).fingerprint;
}

/** Lifetimes stand in annotations, whose text is a pod's own and no spelling. */
function withoutRuns(seed: number): Json {
  const world = randomWorld(seed, { crashes: true });
  const pods = world.pods.map((pod) => ({ ...pod, runMs: undefined }));
  return scenarioOf({ ...world, pods });
}

describe("MR22: the same scenario", () => {
  it("as YAML, JSON, reordered, with CRLF, mark and comments has one hash", () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const value = scenarioOf(randomWorld(seed, { crashes: true }));
      const json = JSON.stringify(value);
      const hash = hashOf(json);
      const other = reordered(value, drawsOf(seed));
      const texts = {
        indented: JSON.stringify(value, undefined, 2),
        reordered: JSON.stringify(other),
        yaml: yamlOf(value).trimStart(),
        crlf: yamlOf(other).trimStart().replaceAll("\n", "\r\n"),
        marked: `\ufeff# a comment\n---\n${yamlOf(value).trimStart()}`,
      };
      for (const [how, text] of Object.entries(texts)) {
        expect(hashOf(text), `seed ${seed}, ${how}`).toBe(hash);
      }
    }
  });

  it("with its objects in one file or dealt to several gives the same run", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { cluster, ...rest } = scenarioOf(randomWorld(seed)) as Record<string, Json>;
      const objects = cluster!["objects"] as readonly Json[];
      const cut = 1 + (seed % (objects.length - 1));
      const one = runWithFiles(rest, [objects]);
      const two = runWithFiles(rest, [objects.slice(0, cut), objects.slice(cut)]);
      expect(two, `seed ${seed}`).toBe(one);
      expect(runWithFiles(rest, [objects.slice(0, -1)])).not.toBe(one);
    }
  });

  it("reordered gives the same run", () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const value = scenarioOf(randomWorld(seed, { crashes: true }));
      const other = reordered(value, drawsOf(seed)) as Json;
      if (seed % 5 !== 0) continue;
      const [one, two] = [runScenarioValue(value), runScenarioValue(other)];
      expect(linesOf(two), `seed ${seed}`).toEqual(linesOf(one));
      expect(two.result.fingerprint).toBe(one.result.fingerprint);
    }
  });
});

describe("MR23: quantities and durations spelled otherwise", () => {
  it("have the same hash", () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const value = withoutRuns(seed);
      const other = JSON.stringify(respelled(value, drawsOf(seed)));
      expect(other).not.toBe(JSON.stringify(value));
      expect(hashOf(other), `seed ${seed}`).toBe(hashOf(JSON.stringify(value)));
    }
  });

  it("a changed amount, name or order of a list has another hash", () => {
    const value = JSON.stringify(withoutRuns(1));
    const changes = [
      value.replace(/"cpu":"(\d+)m"/, '"cpu":"$1001m"'),
      value.replace('"pod-3"', '"pod-33"'),
      value.replace(/"at":"(\d+)ms"/, '"at":"9$1ms"'),
    ];
    for (const changed of changes) {
      expect(changed).not.toBe(value);
      expect(hashOf(changed)).not.toBe(hashOf(value));
    }
  });
});
