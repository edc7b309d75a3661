// Recorded trajectories against the plain evaluator: sampling, rotation, ties, churn.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { verifyTrajectories } from "../../../src/experiment/verify/trajectories.ts";

const CORPUS = fileURLToPath(
  new URL("../../../../shared/conformance/trajectories/", import.meta.url),
);
const isHere = existsSync(CORPUS);
if (!isHere) console.log(`skipped: the recorded trajectories are not at ${CORPUS}`);

const linesOf = (file: string): string[] => readFileSync(`${CORPUS}${file}`, "utf8").split("\n");
const files = isHere ? readdirSync(CORPUS).filter((file) => file.endsWith(".jsonl")) : [];

// The largest files take a second or two each.
describe.skipIf(!isHere)("recorded trajectories of the real kube-scheduler", () => {
  it.each(files)("%s: every compared cycle agrees", (file) => {
    const lines = linesOf(file);
    const cycles = lines.filter((line) => /^\{"op":"(schedule|retry)"/.test(line)).length;
    const report = verifyTrajectories(lines, file);
    expect(report.differences).toEqual([]);
    expect(report.checked).toBe(cycles);
    expect([...report.unsupported.keys()]).toEqual([]);
  });

  it.each([
    ["start", /"start":(\d)/, '"start":9$1'],
    ["evaluated", /"evaluated":(\d)/, '"evaluated":9$1'],
    ["node", /"node":"n0007"/, '"node":"n0008"'],
    ["score", /"score":4(\d)1/, '"score":4$12'],
  ])("a change of %s is noticed", (what, pattern, replacement) => {
    const lines = linesOf("t06-plain-250.jsonl").slice(0, 400);
    let isChanged = false;
    const changed = lines.map((line, index) => {
      if (isChanged || index === 0 || !pattern.test(line)) return line;
      isChanged = true;
      return line.replace(pattern, replacement);
    });
    if (!isChanged) return expect.fail(`no line has ${pattern}`);
    expect(verifyTrajectories(lines, "t06").differ).toBe(0);
    const report = verifyTrajectories(changed, "t06");
    expect(report.differences.map((each) => each.what)).toContain(what);
    return undefined;
  });
});

describe("the order of the nodes at the beginning", () => {
  const init = {
    op: "init",
    templates: {
      t: { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
    objects: ["a", "b"].map((name) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      status: { allocatable: { cpu: "1", memory: "1Gi", pods: "1" } },
    })),
  };
  const cycle = { op: "schedule", pod: "default/q", template: "t", node: "a", score: 475 };
  const findings = (nodeOrder: readonly string[]): readonly string[] =>
    verifyTrajectories([JSON.stringify({ ...init, nodeOrder }), JSON.stringify(cycle)], "own")
      .differences.map(({ what }) => what)
      .filter((what) => what === "nodeOrder");

  it("is compared with the first cycle", () => {
    expect(findings(["a", "b"])).toEqual([]);
    expect(findings(["b", "a"])).toEqual(["nodeOrder"]);
  });
});

describe.skipIf(!isHere)("recorded hints of opportunistic batching", () => {
  it("are all given, and a hint that is missing is noticed", () => {
    const lines = linesOf("t19-batch-150.jsonl");
    const hinted = lines.filter((line) => line.includes('"hint":true'));
    expect(hinted).toHaveLength(232);
    const at = lines.indexOf(hinted[0]!);
    const changed = [...lines.slice(0, at), hinted[0]!.replace(',"hint":true', "")];
    expect(changed.at(-1)).not.toBe(hinted[0]);
    const report = verifyTrajectories(changed, "t19");
    expect(report.differences.map((each) => each.what)).toEqual(["hint"]);
  });
});

describe.skipIf(!isHere)("recorded preemptions", () => {
  it.each([
    ["victims", /"victims":\["default\/low-(\d)/, '"victims":["default/low-9$1'],
    ["nominated", /"nominated":"n0001"/, '"nominated":"n0002"'],
    ["cleared", /"victims":/, '"cleared":["default/x"],"victims":'],
    ["preempts", /"nominated":"[^"]+",/, ""],
  ])("a change of %s is noticed", (what, pattern, replacement) => {
    const lines = linesOf("t16-preempt-10.jsonl");
    const at = lines.findIndex((line, index) => index > 0 && pattern.test(line));
    expect(at).toBeGreaterThan(0);
    // What follows is not replayed on a changed outcome.
    const changed = [...lines.slice(0, at), lines[at]!.replace(pattern, replacement)];
    const report = verifyTrajectories(changed, "t16");
    expect(report.differences.map((each) => each.what)).toContain(what);
  });
});

describe("wrong trajectories are refused", () => {
  const init = '{"op":"init","templates":{},"objects":[]}';
  it.each<[string, string[], RegExp]>([
    ["the first line is an action", ['{"op":"delete"}'], /the first line must be op init/],
    ["an unknown op", [init, '{"op":"explode"}'], /case line 2: 'explode' is no op/],
    [
      "a pod without a template",
      [init, '{"op":"schedule","pod":"default/a","template":"gone"}'],
      /case line 2: pod default\/a names no template/,
    ],
    ["no templates", ['{"op":"init"}'], /case init: 'templates' must be an object/],
  ])("%s", (_title, lines, message) => {
    expect(() => verifyTrajectories(lines, "x")).toThrow(message);
  });
});
