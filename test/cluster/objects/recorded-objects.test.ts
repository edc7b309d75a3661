// Claims about decoding: all legal objects of the recorded decisions are accepted without a word.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  decodeObject,
  DecodeSink,
  FieldCursor,
  findKind,
  PodTemplateRegistry,
  resolveIntOrPercent,
} from "../../../src/cluster/index.ts";
import { parseTimestampSeconds } from "../../../src/cluster/objects/timestamp.ts";

const DECISIONS = new URL("../../../../shared/conformance/decisions/", import.meta.url);

describe.skipIf(!existsSync(DECISIONS))(
  "objects of recorded decisions (skipped: ../shared is absent)",
  () => {
    it("are decoded as the API server accepted them", () => {
      const options = { defaulting: true, validate: true, int64: true };
      const found: string[] = [];
      let count = 0;
      for (const file of readdirSync(DECISIONS).sort()) {
        if (!file.endsWith(".jsonl")) continue;
        for (const line of readFileSync(new URL(file, DECISIONS), "utf8").split("\n")) {
          if (line === "") continue;
          const { name, objects, pod } = JSON.parse(line);
          const registry = new PodTemplateRegistry(options);
          for (const object of [...objects, pod]) {
            const sink = new DecodeSink(options);
            const kind = findKind(object.apiVersion, object.kind);
            expect(kind, object.kind).toBeDefined();
            decodeObject(kind!, object, new FieldCursor(object, [], sink), registry);
            found.push(...sink.problems.map(({ code }) => `${name} ${object.kind} ${code}`));
            expect(sink.ignored.filter((field) => field.isUnknown)).toEqual([]);
            count++;
          }
        }
      }
      expect(count).toBeGreaterThan(45_000);
      // Three pods have `Lt -1`, which the API takes and the scheduler cannot parse.
      expect(found).toEqual([
        "mixed-1-0099 Pod E_UNPARSABLE_TERM",
        "nodeaffinity-1-0091 Pod E_UNPARSABLE_TERM",
        "nodeaffinity-1-0113 Pod E_UNPARSABLE_TERM",
      ]);
    });
  },
);

describe("times", () => {
  it.each([
    ["1970-01-01T00:00:00Z", 0],
    ["2000-02-29T12:34:56Z", 951827696],
    ["2026-01-31T00:00:00.999999Z", 1769817600],
    ["2026-01-31T01:00:00+01:00", 1769817600],
    ["1969-12-31T23:59:59Z", -1],
    ["2100-03-01T00:00:00Z", 4107542400],
  ])("%s is second %i", (text, seconds) => {
    expect(parseTimestampSeconds(text)).toBe(seconds);
  });

  it.each([
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01",
    "now",
  ])("%s is none", (text) => {
    expect(parseTimestampSeconds(text)).toBeUndefined();
  });
});

describe("numbers or percentages", () => {
  it("round as their field says", () => {
    const quarter = { kind: "percent", value: 25 } as const;
    expect(resolveIntOrPercent(quarter, 10, "up")).toBe(3);
    expect(resolveIntOrPercent(quarter, 10, "down")).toBe(2);
    expect(resolveIntOrPercent({ kind: "int", value: 4 }, 10, "up")).toBe(4);
  });
});
