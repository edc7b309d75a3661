// Recorded decisions against the plain evaluator: the real corpus where it is at hand, a small
// hand-made sample always, and changed expectations that must be noticed.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { verifyDecisions } from "../../../src/experiment/verify/decisions.ts";

const CORPUS = fileURLToPath(new URL("../../../../shared/conformance/decisions/", import.meta.url));
const isHere = existsSync(CORPUS);
if (!isHere) console.log(`skipped: the recorded decisions are not at ${CORPUS}`);
const SAMPLE = fileURLToPath(new URL("decisions-sample.jsonl", import.meta.url));

const linesOf = (path: string): string[] => readFileSync(path, "utf8").split("\n");

/** Families that must agree entirely, with their number of cases. */
const WHOLE_FAMILIES: readonly [string, number][] = [
  ["fit", 220],
  ["balanced", 70],
  ["strategy", 170],
  ["taint", 130],
  ["nodeaffinity", 150],
  ["nodename", 40],
  ["nodeports", 80],
  ["unschedulable", 30],
  ["image", 70],
  ["declaredfeatures", 12],
  ["edge", 90],
  ["gates", 20],
  ["interpod", 230],
  ["spread", 230],
  ["spread-default", 60],
  ["config", 110],
  ["nominated", 70],
  ["preemption", 270],
  ["volumebinding", 120],
  ["volumelimits", 60],
  ["volumerestrictions", 50],
  ["volumezone", 40],
  ["mixed", 180],
];

/** Families that need what is only registered (resource claims): nothing may differ in what is compared. */
const PARTIAL_FAMILIES = ["dra"];

describe.skipIf(!isHere)("recorded decisions of the real kube-scheduler", () => {
  it.each(WHOLE_FAMILIES)("%s: all %i cases agree", (family, count) => {
    const report = verifyDecisions(linesOf(`${CORPUS}${family}.jsonl`), family);
    expect(report.differences).toEqual([]);
    expect(report).toMatchObject({ checked: count, differ: 0, unsupportedCases: 0 });
  });

  it.each(PARTIAL_FAMILIES)("%s: what is not modelled is named, the rest agrees", (family) => {
    const lines = linesOf(`${CORPUS}${family}.jsonl`).filter((line) => line !== "");
    const report = verifyDecisions(lines, family);
    expect(report.differences).toEqual([]);
    expect(report.checked + report.unsupportedCases).toBe(lines.length);
    if (report.unsupportedCases > 0) expect(report.unsupported.size).toBeGreaterThan(0);
  });

  it.each([
    ["victims", /"victims":\["other\/b2"/, '"victims":["other/b3"', "preemption.candidates"],
    ["violations", /"pdbViolations":1/, '"pdbViolations":0', "preemption.candidates"],
    ["nominated", /"nominated":"n2"/, '"nominated":"n0"', "preemption.nominated"],
    ["cleared", /"nominated":""/, '"nominated":"n0"', "preemption.nominated"],
    ["acceptable", /"acceptable":\["n0",/, '"acceptable":["n9",', "preemption.acceptable"],
    ["verdict", /(rejected":\{.*)"No preemption victims/, '$1"Some victims', "preemption.rejected"],
    ["message", /(\d) No preemption victims/, "9$1 No preemption victims", "message"],
  ])("preemption: a change of %s is noticed", (_title, pattern, replacement, what) => {
    const lines = linesOf(`${CORPUS}preemption.jsonl`).filter((line) => pattern.test(line));
    expect(lines.length).toBeGreaterThan(0);
    const changed = lines.map((line) => line.replace(pattern, replacement));
    const report = verifyDecisions(changed, "preemption");
    expect(report.differences.map((each) => each.what)).toContain(what);
  });
});

describe("a small sample of our own", () => {
  const lines = linesOf(SAMPLE).filter((line) => line !== "");

  it("agrees", () => {
    const report = verifyDecisions(lines, "sample");
    expect(report.differences).toEqual([]);
    expect(report).toMatchObject({ checked: 4, differ: 0, unsupportedCases: 1 });
    expect([...report.unsupported.keys()]).toContain("DynamicResources");
  });

  it.each<[string, RegExp, string, string]>([
    ["a score", /"raw":87/, '"raw":88', "score"],
    ["a total", /"total":462/, '"total":463', "total"],
    ["the choice", /"choice":"big"/, '"choice":"small"', "choice"],
    ["the winners", /"winners":\["big"\]/, '"winners":["small"]', "winners"],
    [
      "a reason",
      /"reasons":\["Insufficient cpu"\]/,
      '"reasons":["Too many pods"]',
      "verdict.reasons",
    ],
    ["a code", /"code":"Unschedulable",/, '"code":"UnschedulableAndUnresolvable",', "verdict.code"],
    ["a plugin", /"plugin":"NodeResourcesFit"/, '"plugin":"NodePorts"', "verdict.plugin"],
    ["the message", /1 Insufficient cpu, 1 node/, "2 Insufficient cpu, 1 node", "message"],
    ["the node order", /"nodeOrder":\["small","big"\]/, '"nodeOrder":["big","small"]', "nodeOrder"],
    ["a skipped filter", /"NodePorts","NodeVol/, '"NodeVol', "skipFilter"],
    [
      "a skipped score",
      /"PodTopologySpread","VolumeBinding"\],"winners"/,
      '"VolumeBinding"],"winners"',
      "skipScore",
    ],
    ["a node that fits", /"big":\{"fits":true/, '"big":{"fits":false', "fits"],
    ["a nomination", /"viaNominated":true/, '"viaNominated":false', "viaNominated"],
    [
      "an error",
      /"message":null,"preemption":null/,
      '"error":"x","message":null,"preemption":null',
      "error",
    ],
  ])("a change of %s is noticed", (_title, pattern, replacement, what) => {
    const changed = lines.map((line) => line.replace(pattern, replacement));
    expect(changed).not.toEqual(lines);
    const report = verifyDecisions(changed, "sample");
    expect(report.differ).toBeGreaterThan(0);
    expect(report.differences.map((each) => each.what)).toContain(what);
  });

  it.each<[string, string, RegExp]>([
    ["is no JSON", "{", /sample:6/],
    ["is no object", "[]", /sample:6.*expected one JSON object per line/],
    ["has no pod", '{"name":"x","expect":{"nodes":{}}}', /case x: 'pod' must be an object/],
    ["has no expectation", '{"name":"x","pod":{}}', /case x: 'expect' must be an object/],
    ["has no nodes", '{"name":"x","pod":{},"expect":{}}', /case x: 'nodes' must be an object/],
    [
      "has an object of an unknown kind",
      '{"name":"x","pod":{},"expect":{"nodes":{}},"objects":[{"apiVersion":"v9","kind":"Gadget"}]}',
      /case x: kind Gadget \(v9\) is not known/,
    ],
    [
      "has a wrong configuration",
      '{"name":"x","pod":{},"expect":{"nodes":{}},"config":{"profiles":[{"plugins":{"filter":{"enabled":[{"name":"X"}]}}}]}}',
      /case x: no plugin is named 'X'/,
    ],
  ])("a line that %s is refused with its place", (_title, line, message) => {
    expect(() => verifyDecisions([...lines, line], "sample")).toThrow(message);
  });
});
