import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readYaml } from "../../../src/base/index.ts";
import { scenarioJsonSchema } from "../../../src/experiment/scenario/scenario-schema.ts";

type Schema = {
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly const?: unknown;
};

const schema = scenarioJsonSchema() as Schema & { $schema: string };
const file = join(import.meta.dirname, "../../corpus/scenario/good-everything.yaml");
const everything = readYaml(readFileSync(file, "utf8")).documents[0]!.value;

/** Why the value does not fit the schema: the few words of JSON Schema that the export uses. */
function mismatch(value: unknown, at: Schema, path: string): string | undefined {
  const options = at.oneOf ?? at.anyOf;
  if (options !== undefined) {
    const faults = options.map((option) => mismatch(value, option, path));
    return faults.includes(undefined) ? undefined : faults.join(" | ");
  }
  if (at.const !== undefined && at.const !== value) return `${path}: not ${String(at.const)}`;
  if (at.enum !== undefined && !at.enum.includes(value)) return `${path}: not in the enum`;
  if (at.pattern !== undefined && !new RegExp(at.pattern, "u").test(String(value)))
    return `${path}: pattern`;
  if (Array.isArray(value)) {
    if (at.items === undefined) return `${path}: no items`;
    return value
      .map((item, i) => mismatch(item, at.items!, `${path}[${i}]`))
      .find((fault) => fault);
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (at.additionalProperties !== false) return undefined;
  const missing = (at.required ?? []).find((key) => !(key in value));
  if (missing !== undefined) return `${path}: ${missing} is missing`;
  return Object.entries(value)
    .map(([key, child]) => {
      const inner = at.properties?.[key];
      return inner === undefined
        ? `${path}.${key}: unknown`
        : mismatch(child, inner, `${path}.${key}`);
    })
    .find((fault) => fault);
}

describe("scenarioJsonSchema", () => {
  it("is draft 7 and closed", () => {
    expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
    expect(schema.additionalProperties).toBe(false);
    expect([...(schema.required ?? [])].sort()).toEqual(["apiVersion", "kind", "metadata"]);
  });

  it("fits the scenario with every field, and knows no field that it lacks", () => {
    expect(mismatch(everything, schema, "")).toBeUndefined();
    const sections = Object.keys(schema.properties ?? {});
    expect(Object.keys(everything as object).sort()).toEqual(sections.sort());
  });

  it("does not fit misspelt fields, wrong choices and wrong durations", () => {
    const change = (patch: object): unknown => ({ ...(everything as object), ...patch });
    expect(mismatch(change({ wokload: {} }), schema, "")).toBe(".wokload: unknown");
    expect(mismatch(change({ run: { horizon: "2 hours" } }), schema, "")).toBe(
      ".run.horizon: pattern",
    );
    expect(mismatch(change({ vary: ["moods"] }), schema, "")).toBe(".vary[0]: not in the enum");
    expect(mismatch(change({ faults: [{ kind: "NodeCrash", at: "1m" }] }), schema, "")).toContain(
      "node is missing",
    );
  });

  it("is the one in docs, which editors are pointed to (UPDATE_CORPUS=1 writes it anew)", () => {
    const shipped = join(import.meta.dirname, "../../../docs/scenario.schema.json");
    const text = `${JSON.stringify(schema, null, 2)}\n`;
    if (process.env["UPDATE_CORPUS"] === "1") writeFileSync(shipped, text);
    expect(readFileSync(shipped, "utf8")).toBe(text);
  });

  it("holds nothing that JSON cannot", () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});
