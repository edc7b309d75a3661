// docs/whatif.md shows the answer that is really given, and names every change, outcome and field.

import { describe, expect, it } from "vitest";
import {
  changedWorld,
  CHANGE_FORMS,
  parseChanges,
  type PreparedRun,
  prepareRun,
  readScenario,
  studyWhatif,
} from "../../src/experiment/index.ts";
import type { WhatifAnswer } from "../../src/analysis/index.ts";
import { formatWhatif } from "../../src/report/index.ts";
import { readPage } from "./pages.ts";

const page = readPage("docs/whatif.md");
const scenario = page.blocks.find(({ fileName }) => fileName === "shop.yaml")!.text;

function prepared(): PreparedRun {
  const reading = readScenario(scenario, { file: "shop.yaml" });
  return prepareRun({ scenario: reading.scenario!, document: reading.document! });
}

function answer(texts: readonly string[], replicationsCount = 1): WhatifAnswer {
  const world = changedWorld(prepared(), { changes: parseChanges(texts), reschedule: false });
  const varied = replicationsCount > 1 ? (["ties"] as const) : [];
  return studyWhatif(world, { varied, replicationsCount });
}

function keysOf(value: unknown, into: Set<string> = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return into;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) into.add(key);
    if (key !== "comparison" && key !== "estimate") keysOf(inner, into);
  }
  return into;
}

describe("docs/whatif.md", () => {
  it("shows the answer to its first question", () => {
    const shown = page.blocks.find(({ language }) => language === "text")!.text;
    expect(`${shown}\n`).toBe(formatWhatif(answer(["drain general-0 at 10m"]), "table"));
  });

  it("names every field of a record, and every outcome", () => {
    const record = answer(["drain general-0 at 10m"], 2);
    expect(record.budgets.length * record.pods.length * record.workloads.length).toBeGreaterThan(0);
    const keys = [...keysOf(record)];
    expect(keys).toContain("not-made");
    expect(keys.filter((key) => !page.text.includes(`\`${key}\``))).toEqual([]);
  });

  it("has an example of every change, each of which its scenario takes", () => {
    const lines = page.text
      .split("\n")
      .filter((line) => line.startsWith("podsim whatif shop.yaml"));
    const asked = lines.map((line) =>
      [...line.matchAll(/--do '([^']+)'/g)].map(([, text]) => text!),
    );
    const run = prepared();
    const packing = page.blocks.find(({ fileName }) => fileName === "packing.yaml")!.text;
    const bytes = new TextEncoder().encode(packing);
    const files = new Map([["packing.yaml", { name: "packing.yaml", bytes }]]);
    for (const one of asked) {
      const { draft } = changedWorld(run, { changes: parseChanges(one), reschedule: false, files });
      expect(draft.taken.map(({ text }) => text)).toEqual(one);
    }
    const texts = asked.flat();
    expect(texts.length).toBeGreaterThan(15);
    const shown = new Set(texts.map((text) => text.split(" ")[0]));
    const verbs = CHANGE_FORMS.map(({ form }) => form.split(" ")[0]);
    expect(verbs.filter((verb) => verb !== "uncordon" && !shown.has(verb))).toEqual([]);
  });
});
