// `podsim compare`: verdicts on the terminal, the same bytes for any number of threads, wrong questions.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CompareRecord } from "../../src/analysis/index.ts";
import { freshFolder, podsim, SMALL } from "./command-line.ts";

const FIRST = `export const apiVersion = "podsim.dev/v1";
export default (_pod, view) => ({ node: view.nodes[0] });
`;
const FILES = { "s.yaml": SMALL, "mine.mjs": FIRST };
const compare = (args: readonly string[], cwd: string = freshFolder(FILES)) =>
  podsim(["compare", "s.yaml", ...args], { cwd });
const TWO = ["-s", "default", "-s", "best-fit", "--vary", "arrivals,lifetimes", "-n", "5"];

describe("podsim compare", () => {
  it("gives the same bytes with one thread and with three, files included", () => {
    const outcomes = ["1", "3"].map((workers) => {
      const cwd = freshFolder(FILES);
      const args = ["-s", "default", "-s", "mine.mjs", "-s", "best-fit", "--vary", "arrivals,ties"];
      args.push("-n", "5", "--workers", workers, "-o", "json", "--output-dir", "out");
      const { code, stdout } = compare(args, cwd);
      expect(code).toBe(0);
      const files = ["compare.json", "replications.csv", "run.json"].map((name) =>
        readFileSync(join(cwd, "out", name), "utf8"),
      );
      expect(files[0]).toBe(stdout);
      expect(files[1]!.trim().split("\n")).toHaveLength(16);
      return [stdout, ...files];
    });
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  it.each([
    [["--measure", "utilization.cpu", "--precision", "30%"], "reached"],
    [["--measure", "pending.avg", "--precision", "0.1%", "--max-replications", "12"], "capped"],
    [["--select", "fragmentation.cpu", "--indifference", "5%", "--tie-audit"], "selected"],
  ])("adds replications as it goes, the same with one thread and with two: %j", (design, end) => {
    const args = ["-s", "default", "-s", "best-fit", "--for", "90s", "-o", "json"];
    args.push("--vary", "arrivals,lifetimes");
    const outputs = ["1", "2"].map((workers) => {
      const { code, stdout } = compare([...args, ...design, "--workers", workers]);
      expect(code).toBe(0);
      return stdout;
    });
    expect(outputs[1]).toBe(outputs[0]);
    const record = JSON.parse(outputs[0]!) as CompareRecord;
    expect((record.stopping ?? record.selection)?.kind).toBe(end);
    expect(record.command).toBe(
      `podsim compare s.yaml -s default -s best-fit --for 90s --vary arrivals,lifetimes ${design.join(" ")}`,
    );
  });

  it("keeps the runs of a tie audit under their alternatives' names", () => {
    const cwd = freshFolder(FILES);
    const args = [...TWO.slice(0, -1), "2", "--tie-audit", "--workers", "1", "--output-dir", "out"];
    expect(compare(args, cwd).code).toBe(0);
    const rows = readFileSync(join(cwd, "out", "replications.csv"), "utf8")
      .trim()
      .split("\n");
    expect(rows.slice(1).map((row) => row.split(",")[0])).toEqual(
      [0, 1].flatMap(() => [
        ...['"default"', '"best-fit"', '"default (ties drawn)"', '"best-fit (ties drawn)"'],
      ]),
    );
  });

  it("compares settings as well: the scenario as it stands against the control plane and the size", () => {
    const args = ["--alternative", "instant: controlPlane.preset=instant", "--vary", "arrivals"];
    args.push("--alternative", "more: cluster.nodePools.0.count=9", "-n", "5", "-o", "json");
    args.push("--alternative", "instant: run.warmup=0s");
    const { code, stdout } = compare([...args, "--measure", "startup.avg"]);
    expect(code).toBe(0);
    const record = JSON.parse(stdout) as CompareRecord;
    expect(record.baseline).toBe("unchanged");
    expect(record.alternatives.map(({ name }) => name)).toEqual(["unchanged", "instant", "more"]);
    expect(new Set(record.scenario.inputHashes).size).toBe(3);
    expect(record.command).toContain("--alternative 'instant: controlPlane.preset=instant'");
    const instant = record.comparisons.find(({ alternative }) => alternative === "instant");
    expect(instant?.verdict?.kind).toBe("better");
  });

  it("refuses settings that are none, before anything runs", () => {
    const wrong = compare(["--alternative", "instant: controlPlane.presett=instant"]);
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain("presett");
    expect(compare(["--alternative", "instant"]).code).toBe(2);
    expect(compare(["--alternative", "unchanged: run.seed=2"]).code).toBe(2);
  });

  it("says what varied, and that nothing did where nothing is named", () => {
    const varied = compare([...TWO, "--workers", "1", "--measure", "utilization"]);
    expect(varied.stdout).toMatch(/^COMPARE {2}best-fit against default on small, seed 1\n/);
    expect(varied.stdout).toContain("5 replications, varied: arrivals, lifetimes");
    expect(varied.stdout).not.toContain("pending");
    const fixed = compare(["-s", "default", "-s", "best-fit", "--workers", "1"]);
    expect(fixed.stdout).toContain("nothing varies between replications: one run of each");
  });

  it("ends with 5 where a verdict is open and that was asked to fail", () => {
    const few = [...TWO.slice(0, -1), "2", "--workers", "1", "-q"];
    expect(compare(few).code).toBe(0);
    expect(compare([...few, "--fail-on-inconclusive"]).code).toBe(5);
  });

  it.each([
    [["-s", "default"], "needs two alternatives"],
    [["-s", "default", "-s", "default"], "given twice"],
    [[...TWO, "--baseline", "other"], "no alternative is called 'other'"],
    [["-s", "default", "-s", "best-fit", "--vary", "moods"], "--vary moods"],
    [[...TWO, "--margin", "wide"], "A share of the baseline is expected"],
    [[...TWO, "--precision", "5%", "--measure", "pending"], "--max-replications bounds them"],
    [[...TWO.slice(0, -2), "--precision", "5%"], "--precision needs --measure"],
    [[...TWO, "--measure", "pendng"], "alternatives are compared on pending.avg"],
    [[...TWO, "--confidence", "100%"], "A share from 50% to below 100% is expected"],
  ])("refuses %j", (args, message) => {
    const { code, stderr, stdout } = compare(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
  });

  it("an alternative that does not exist, or a run that hits its limit, ends it without a folder", () => {
    const cwd = freshFolder(FILES);
    const unknown = compare(["-s", "default", "-s", "nobody", "--output-dir", "out"], cwd);
    expect([unknown.code, unknown.stderr.includes("no scheduler is called 'nobody'")]).toEqual([
      3,
      true,
    ]);
    const limited = compare(
      [...TWO, "--set", "run.limits.maxEvents=50", "--output-dir", "out"],
      cwd,
    );
    expect(limited.code).toBe(4);
    expect(limited.stderr).toContain("partial runs are not compared");
    expect(existsSync(join(cwd, "out"))).toBe(false);
  });
});
