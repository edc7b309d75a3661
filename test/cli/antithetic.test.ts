// `--antithetic`: the first pairs decide whether a study goes on in pairs, and the record says so.

import { describe, expect, it } from "vitest";
import type { CompareRecord, SweepRecord } from "../../src/analysis/index.ts";
import { freshFolder, podsim, SMALL } from "./command-line.ts";

// Lives alone vary: long ones fill the cluster, their mirrors leave it empty.
const FILES = { "s.yaml": `${SMALL}vary: [lifetimes]\n` };
const GRID = ["--param", "cluster.nodePools.0.count=3,4", "-n", "12"];

function study(command: string, ...args: string[]): string {
  const cwd = freshFolder(FILES);
  const { code, stdout } = podsim([command, "s.yaml", ...args, "--antithetic", "-q"], { cwd });
  expect(code).toBe(0);
  return stdout;
}

describe("--antithetic", () => {
  it("keeps pairs that oppose each other, in a sweep", () => {
    const args = [...GRID, "--measure", "utilization.cpu"];
    const record = JSON.parse(study("sweep", ...args, "-o", "json")) as SweepRecord;
    expect(record.antitheticPilot).toMatchObject({ pairsCount: 5, isKept: true });
    expect(record.antitheticPilot!.meanCorrelation).toBeLessThan(0);
    expect(record.rows.map(({ estimates }) => estimates[0]!.count)).toEqual([6, 6]);
    expect(study("sweep", ...args)).toContain("antithetic pairs: the first 5 opposed each other");
  });

  it("runs plain replications where the first pairs do not, in a sweep and a comparison", () => {
    const rows = JSON.parse(
      study("sweep", ...GRID, "--measure", "preemptions", "-o", "json"),
    ) as SweepRecord;
    expect(rows.antitheticPilot).toEqual({ pairsCount: 5, meanCorrelation: null, isKept: false });
    expect(rows.rows.map(({ estimates }) => estimates[0]!.count)).toEqual([12, 12]);
    expect(rows.rows[0]!.antithetic).toBeUndefined();

    const args = ["-s", "default", "-s", "best-fit", "-n", "12", "--measure", "preemptions"];
    const compared = JSON.parse(study("compare", ...args, "-o", "json")) as CompareRecord;
    expect(compared.antitheticPilot).toMatchObject({ isKept: false });
    expect(compared.antithetic).toBeUndefined();
    expect(compared.measures[0]!.estimates[0]!.count).toBe(12);
    expect(study("compare", ...args)).toContain("so plain replications were run");
  });

  it("gives the same bytes through shards", () => {
    const cwd = freshFolder(FILES);
    const args = ["sweep", "s.yaml", ...GRID, "--measure", "utilization.cpu", "--antithetic", "-q"];
    const once = podsim([...args, "-o", "json"], { cwd }).stdout;
    for (const shard of ["0/2", "1/2"])
      expect(podsim([...args, "--store", "both", "--shard", shard], { cwd }).code).toBe(0);
    expect(podsim(["merge", "both", "-o", "json", "-q"], { cwd }).stdout).toBe(once);
  });
});
