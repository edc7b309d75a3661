// docs/explain.md names every field of the record and every kind of change.

import { describe, expect, it } from "vitest";
import { explainRun, explainSnapshot } from "../../src/experiment/index.ts";
import { node, pod, prepareObjects } from "../experiment/explain/explain-fixtures.ts";
import { readPage } from "./pages.ts";

const { text } = readPage("docs/explain.md");

/** All keys anywhere in a value; keys of maps do not occur in the record. */
function keysOf(value: unknown, into: Set<string> = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return into;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) into.add(key);
    // The pod's own status is the API's: its fields are not the record's.
    if (key !== "status") keysOf(inner, into);
  }
  return into;
}

const classes = [
  { name: "high", value: 100 },
  { name: "low", value: 1 },
].map(({ name, value }) => ({
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name },
  value,
}));

/** A preemption with several nodes; a placed pod with scores; a node asked about; a gated pod. */
function records(): unknown[] {
  const objects = [
    ...classes,
    node("a"),
    node("b"),
    node("full"),
    pod("p", { node: "a", cpu: "4", spec: { priorityClassName: "low" } }),
    pod("q", { node: "full", cpu: "4", spec: { priorityClassName: "high" } }),
    pod("gated", { spec: { schedulingGates: [{ name: "x" }] } }),
  ];
  const crowd = pod("r", { node: "b", cpu: "4", spec: { priorityClassName: "low" } });
  const web = pod("web", { cpu: "2", spec: { priorityClassName: "high" } });
  const question = { attempt: 1, atUs: undefined, maxEvents: undefined, untilUs: undefined };
  const run = { ...question, fingerprint: undefined, pod: "web", node: "full" };
  const gated = { pod: "gated", node: undefined };
  return [
    explainRun(prepareObjects([...objects, crowd, web]), run),
    explainSnapshot(prepareObjects([...objects, node("c"), web]), { pod: "web", node: "b" }),
    explainSnapshot(prepareObjects(objects), gated),
  ];
}

describe("docs/explain.md", () => {
  it("names every field that a record has", () => {
    const keys = new Set(records().flatMap((record) => [...keysOf(record)]));
    expect(keys.size).toBeGreaterThan(80);
    for (const key of ["lack", "changes", "victims", "againstWinner", "moves"])
      expect([...keys]).toContain(key);
    expect([...keys].filter((key) => !text.includes(`\`${key}\``))).toEqual([]);
  });
});
