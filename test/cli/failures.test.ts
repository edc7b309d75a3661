// What fails half-way: a broken invariant, a failing strategy, a limit. What is left, and what is said.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { executeRunJob } from "../../src/cli/run-job.ts";
import { createRunControl, type RunRequest } from "../../src/cli/run-request.ts";
import { freshFolder, podsim, SMALL } from "./command-line.ts";

const request = (folder: string): RunRequest => ({
  inputs: [join(folder, "s.yaml")],
  ...{ recursive: false, allowOutside: false, allowUnsimulated: false, strict: false },
  ...{ overrides: ["run.horizon=4m"], schedulers: [], thresholds: ["unschedulable=0"] },
  ...{ seed: "it's", horizon: undefined, maxWall: undefined, maxInputBytes: undefined },
  ...{ check: "check", force: false, format: "table", debug: false },
  ...{ verifyDeterminism: false, noPlugins: false },
  outputDir: join(folder, "out"),
});

describe("exit 70: an invariant that does not hold", () => {
  it("says id, seed, virtual time, the last 50 events, and leaves a bundle that reproduces it", async () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    const report = await executeRunJob(request(folder), createRunControl(), {
      started: (run) => {
        const test = (): string | undefined =>
          run.nowUs < 120_000_000 ? undefined : "two minutes are enough";
        run.simulation.invariants.register({
          id: "I99",
          mode: "check",
          title: "short",
          when: "event",
          test,
        });
      },
    });
    expect(report.exitCode).toBe(70);
    expect(report.output).toBe("");
    expect(report.closing).toContain("I99 (short) is broken: two minutes are enough");
    expect(report.closing).toMatch(/at 2m\S* of virtual time, seed it's/);
    expect(report.closing.match(/^ {2}.* rank \d+ #\d+ /gm)).toHaveLength(50);
    expect(readdirSync(join(folder, "out"))).toEqual(["bundle.json"]);
    const bundle = JSON.parse(readFileSync(join(folder, "out/bundle.json"), "utf8")) as {
      command: string;
      lastEvents: string[];
    };
    expect(bundle).toMatchObject({
      schemaVersion: "podsim.dev/bundle/v1",
      invariant: "I99",
      seed: "it's",
      options: { set: ["run.horizon=4m"], thresholds: ["unschedulable=0"] },
      versions: { fingerprint: "1" },
    });
    expect(bundle.lastEvents).toHaveLength(50);
    expect(bundle.command).toContain("--set run.horizon=4m --threshold unschedulable=0");
    expect(bundle.command).toContain(`--seed 'it'\\''s'`);
    expect(report.closing).toContain(`again       ${bundle.command}`);

    // The command is what it says: it runs in the same folder, and a good end takes the bundle away.
    const again = await executeRunJob(request(folder), createRunControl());
    expect(again.exitCode).toBe(0);
    expect(readdirSync(join(folder, "out"))).not.toContain("bundle.json");
  });

  it("any other fault of podsim is told the same way, and old results stay", async () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    expect((await executeRunJob(request(folder), createRunControl())).exitCode).toBe(0);
    const before = readdirSync(join(folder, "out"));
    const report = await executeRunJob(request(folder), createRunControl(), {
      started: (run) => {
        run.simulation.callAfter(1_000_000 as never, 6, "bug", () => {
          throw new TypeError("cannot read properties of nothing");
        });
      },
    });
    expect(report.exitCode).toBe(70);
    expect(report.closing).toContain("internal error: cannot read properties of nothing");
    expect(report.closing).not.toMatch(/\n\s+at .*\.ts/);
    expect(readdirSync(join(folder, "out")).sort()).toEqual([...before, "bundle.json"].sort());
  });
});

describe("exit 6: a strategy that fails", () => {
  const STRATEGY = `export const apiVersion = "podsim.dev/v1";
export default (pod, view) => {
  console.log("thinking");
  if (pod.name === "job-9")
    throw new Error("enough");
  return { node: view.nodes[0] };
};
`;

  it("keeps what came before, names the pod, and keeps stdout clean", () => {
    const folder = freshFolder({ "s.yaml": SMALL, "moody.mjs": STRATEGY });
    const args = ["run", "s.yaml", "-s", "moody.mjs", "-o", "json", "--output-dir", "out"];
    const { code, stdout, stderr } = podsim(args, { cwd: folder });
    expect(stderr).toMatch(/error: strategy .*job-9/);
    expect(code).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({ end: { reason: "failed", partial: true } });
    expect(stderr).toMatch(/thinking/);
    expect(stderr).toMatch(/^\s+at .*moody\.mjs:5/m);
    expect(stderr).not.toMatch(/^\s+at .*dist\//m);
    expect(readFileSync(join(folder, "out/decisions.csv"), "utf8")).toContain("job-8");
  });

  it("is not loaded under --no-plugins", () => {
    const folder = freshFolder({ "s.yaml": SMALL, "moody.mjs": STRATEGY });
    const { code, stderr } = podsim(["run", "s.yaml", "-s", "moody.mjs", "--no-plugins"], {
      cwd: folder,
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/moody\.mjs is user code, and --no-plugins was given/);
  });
});

describe("exit 4 and 1: limits and gates", () => {
  const folder = freshFolder({ "s.yaml": SMALL });

  it.each([
    ["events", ["--max-events", "100"], /limit of events was hit/],
    ["wall time", ["--max-wall", "1us", "--output-dir", "wall"], /limit of wall time was hit/],
  ])("a limit of %s leaves partial results", (_, args, message) => {
    const { code, stdout, stderr } = podsim(["run", "s.yaml", "-o", "json", ...args], {
      cwd: folder,
    });
    expect(code).toBe(4);
    expect(stderr).toMatch(message);
    expect(JSON.parse(stdout)).toMatchObject({ end: { reason: "limit", partial: true } });
  });

  it("a gate that fails is printed with its value and ends with 1", () => {
    const args = ["run", "s.yaml", "--threshold", "attempts<1", "--threshold", "unschedulable=0"];
    const { code, stdout } = podsim(args, { cwd: folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}attempts<1 {2}\(attempts is \d+\)$/m);
    expect(stdout).toMatch(/^pass {2}unschedulable=0/m);
  });

  it("an expectation that is not met is printed with what was found and ends with 1", () => {
    const own = freshFolder({
      "s.yaml": `${SMALL}\nexpect: [{ objects: node, count: 5 }, { node: n-0, ready: "True" }]\n`,
    });
    const { code, stdout } = podsim(["run", "s.yaml"], { cwd: own });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^VERDICT {2}NOT OK .*1 of 2 expectations not met/m);
    expect(stdout).toContain("FAIL  objects node: count = 5  (is 4)\n");
    expect(stdout).toContain("pass  node n-0: ready = True  (is True)\n");
    const record = JSON.parse(
      podsim(["run", "s.yaml", "-o", "json"], { cwd: own }).stdout,
    ) as object;
    expect(record).toMatchObject({
      expectations: [
        { about: "objects node", atUs: null, wanted: "= 5", value: 4, passed: false },
        { about: "node n-0", fact: "ready", value: "True", passed: true },
      ],
    });
  });

  it("a repeated run is the same run", () => {
    const { code, stderr } = podsim(["run", "s.yaml", "--verify-determinism", "--check"], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(stderr).toContain("the second run gave the same fingerprint");
  });
});
