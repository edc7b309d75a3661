// `podsim export` and `podsim fit`: what they write and say, and what they refuse.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, podsim } from "./command-line.ts";

const scenario = (workload: string): string => `apiVersion: podsim.dev/v1
kind: Scenario
metadata: { name: waves }
run: { study: terminating, until: drained }
cluster:
  nodePools: [{ name: n, count: 2, allocatable: { cpu: "4", memory: 8Gi, pods: "110" } }]
workload:
${workload}
`;
const GENERATORS = `  generators:
    - name: wave
      arrivals: { process: poisson, rate: 1, count: 30 }
      duration: { law: exponential, mean: 20s }
      pod: { spec: { restartPolicy: Never, containers: [{ name: c, image: i, resources: { requests: { cpu: "1" } } }] } }`;

const fingerprintOf = (cwd: string, file: string): unknown =>
  (
    JSON.parse(
      podsim(["run", file, "-o", "json", "--output-dir", `out-${file}`], { cwd }).stdout,
    ) as { fingerprint: unknown }
  ).fingerprint;

describe("podsim export", () => {
  it("writes a trace that gives the same run in place of what it came from", () => {
    const cwd = freshFolder({ "a.yaml": scenario(GENERATORS) });
    const { code, stdout, stderr } = podsim(["export", "a.yaml", "--output", "t.jsonl"], { cwd });
    expect([code, stdout]).toEqual([0, "30 pods of 1 templates, 0 nodes\n"]);
    const line = stderr.split("\n").find((text) => text.includes("traces:"))!;
    writeFileSync(join(cwd, "b.yaml"), scenario(line));
    expect(fingerprintOf(cwd, "b.yaml")).toBe(fingerprintOf(cwd, "a.yaml"));
  });

  it("leaves files alone that hold something else, and writes other replications", () => {
    const cwd = freshFolder({ "a.yaml": scenario(GENERATORS) });
    const args = ["export", "a.yaml", "--output", "t.jsonl"];
    podsim(args, { cwd });
    const before = readFileSync(join(cwd, "t.jsonl"), "utf8");
    expect(podsim(args, { cwd }).code).toBe(0);
    const other = podsim([...args, "--replication", "1"], { cwd });
    expect([other.code, other.stderr.includes("exists with other content")]).toEqual([7, true]);
    const forced = podsim([...args, "--replication", "1", "--force", "-o", "json"], { cwd });
    expect(JSON.parse(forced.stdout)).toEqual({
      output: "t.jsonl",
      podCount: 30,
      templateCount: 1,
      nodeCount: 0,
    });
    expect(readFileSync(join(cwd, "t.jsonl"), "utf8")).not.toBe(before);
    expect(podsim([...args, "--replication", "x"], { cwd }).code).toBe(2);
    expect(podsim(["export", "--output", "t.jsonl"], { cwd }).code).toBe(2);
  });
});

describe("podsim fit", () => {
  const VALUES = Array.from(
    { length: 200 },
    (_, at) => `j${at},${(-Math.log((at + 0.5) / 200) * 60_000).toFixed(0)}`,
  );
  const files = { "jobs.csv": `job,ms\n${VALUES.join("\n")}\nlast,\n` };

  it("prints laws with their distances, the observed values first, in seconds", () => {
    const cwd = freshFolder(files);
    const { stdout } = podsim(["fit", "jobs.csv", "--column", "ms", "--unit", "ms"], { cwd });
    expect(stdout).toMatch(/^200 values of ms in jobs.csv, in seconds; 1 empty cells\n/);
    expect(stdout).toMatch(/\nLAW +PARAMETERS +KS +AD\nempirical +100 values +0\.00\d\d +-\n/);
    const record = JSON.parse(
      podsim(["fit", "jobs.csv", "--column", "ms", "--unit", "ms", "-o", "json"], { cwd }).stdout,
    ) as { laws: { spec: { law: string; mean: number } }[] };
    const { mean } = record.laws.find(({ spec }) => spec.law === "exponential")!.spec;
    expect(mean).toBeGreaterThan(58);
    expect(mean).toBeLessThan(61);
  });

  it("guesses no unit, and refuses what is no number and no column, with the place", () => {
    const cwd = freshFolder({ ...files, "bad.csv": "ms\n5\nsoon\n" });
    expect(podsim(["fit", "jobs.csv", "--column", "ms"], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--unit"),
    });
    const column = podsim(["fit", "jobs.csv", "--column", "s", "--unit", "s"], { cwd });
    expect([column.code, column.stderr.includes("the column 's' is missing")]).toEqual([3, true]);
    const value = podsim(["fit", "bad.csv", "--column", "ms", "--unit", "ms"], { cwd });
    expect(value.stderr).toContain("bad.csv:3: error[E_COLUMN_VALUE]");
    expect(podsim(["fit", "none.csv", "--column", "ms", "--unit", "ms"], { cwd }).code).toBe(3);
  });
});
