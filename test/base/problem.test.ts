import { describe, expect, it } from "vitest";
import { nearest } from "../../src/base/nearest.ts";
import {
  formatProblem,
  formatProblems,
  InputError,
  type Problem,
  sortProblems,
} from "../../src/base/problem.ts";

const problem = (change: Partial<Problem>): Problem => ({
  ...{ code: "E_X", severity: "error", message: "wrong", file: "f.yaml", line: 1, column: 1 },
  ...change,
});

describe("formatProblem", () => {
  it("prints place, code, path, source line, carets and hint", () => {
    const text = formatProblem({
      ...{
        code: "E_UNKNOWN_FIELD",
        severity: "error",
        message: "unknown field",
        file: "scenario.yaml",
      },
      ...{ line: 14, column: 9, width: 7, path: "workload.deployments[0].replica" },
      ...{ hint: "did you mean 'replicas'?", sourceLine: "        replica: 3" },
    });
    expect(
      text,
    ).toBe(`scenario.yaml:14:9: error[E_UNKNOWN_FIELD]: workload.deployments[0].replica: unknown field
   14 |         replica: 3
      |         ^^^^^^^
hint: did you mean 'replicas'?`);
  });

  it("lets no control character through", () => {
    const text = formatProblem(
      problem({
        message: "\u001b[31m\u0007",
        sourceLine: "\u001b]0;x\u0007: \u202ey",
        path: "a\u009b",
        hint: "\n\n",
      }),
    );
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it("cuts long lines around the fault", () => {
    const text = formatProblem(
      problem({ column: 5001, width: 2, sourceLine: `${"x".repeat(5000)}!!${"y".repeat(9000)}` }),
    );
    const [, line, carets] = text.split("\n");
    expect(line!.length).toBeLessThan(120);
    expect(line!.slice(carets!.indexOf("^"), carets!.lastIndexOf("^") + 1)).toBe("!!");
  });
});

describe("formatProblems", () => {
  it("shows at most twenty, errors first in the choice, and counts all", () => {
    const warnings = Array.from({ length: 30 }, (_, i) =>
      problem({ severity: "warning", line: i + 1 }),
    );
    const text = formatProblems([...warnings, problem({ line: 99, message: "the error" })]);
    expect(text.match(/^f\.yaml/gm)).toHaveLength(20);
    expect(text).toContain("f.yaml:99:1: error[E_X]: the error");
    expect(text.endsWith("... and 11 more (1 error, 30 warnings in all)")).toBe(true);
  });

  it("sorts by file in order of appearance, line and column", () => {
    const sorted = sortProblems([
      problem({ line: 3 }),
      problem({ file: "b", line: 1 }),
      problem({ line: 1, column: 9 }),
      problem({ line: 1, column: 2 }),
    ]);
    expect(sorted.map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual([
      "f.yaml:1:2",
      "f.yaml:1:9",
      "f.yaml:3:1",
      "b:1:1",
    ]);
  });
});

describe("InputError", () => {
  it("exits with 4 when an error is a limit, else with 3", () => {
    expect(new InputError([problem({})]).exitCode).toBe(3);
    expect(new InputError([problem({}), problem({ code: "E_LIMIT_DEPTH" })]).exitCode).toBe(4);
  });
});

describe("nearest", () => {
  it.each([
    ["replica", "replicas"],
    ["Replicas", "replicas"],
    ["nodePool", "nodePools"],
    ["clutser", "cluster"],
    ["seeed", "seed"],
    ["wolkload", "workload"],
    ["x", undefined],
    ["entirelyDifferent", undefined],
  ])("takes %s for %s", (word, expected) => {
    expect(
      nearest(word, ["metadata", "cluster", "workload", "replicas", "nodePools", "seed"]),
    ).toBe(expected);
  });
});
