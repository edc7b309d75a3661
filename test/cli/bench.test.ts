// The regression gate on the command line: planted faults are caught, unchanged builds pass, and every
// way to use it wrongly is told.

import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freshFolder, MAIN, type Outcome, podsim, ROOT, SMALL, shell } from "./command-line.ts";
import { compile } from "../docs/installed-package.ts";

const folder = freshFolder({ "s.yaml": SMALL });
const bench = (...args: string[]): Outcome => podsim(["bench", "s.yaml", ...args], { cwd: folder });

const whole = freshFolder();

/** The sources compiled with one line of the scheduler changed; in the bundled program it is not found. */
function patchedMain(before: string, after: string): string {
  const copy = freshFolder();
  cpSync(join(whole, "dist"), join(copy, "dist"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  cpSync(join(ROOT, "package.json"), join(copy, "package.json"));
  const path = join(copy, "dist/scheduler/scheduler.js");
  const text = readFileSync(path, "utf8");
  expect(text.split(before), `the line to change is gone: ${before}`).toHaveLength(2);
  writeFileSync(path, text.replace(before, after));
  return join(copy, "dist/cli/main.js");
}

const benchOf = (main: string, ...args: string[]): Outcome =>
  shell(`${process.execPath} ${main} bench s.yaml ${args.join(" ")}`, { cwd: folder });

beforeAll(() => {
  compile(["-p", join(ROOT, "tsconfig.json"), "--outDir", join(whole, "dist"), "--noCheck"]);
  const { code, stderr } = bench("--update-baseline");
  expect(code, stderr).toBe(0);
});

describe("against a baseline", () => {
  it("an unchanged build passes, and the file stays as it is", () => {
    const before = readFileSync(join(folder, "podsim-baseline.json"), "utf8");
    const { code, stdout } = bench("--report", "junit=j.xml");
    expect(code).toBe(0);
    expect(stdout).toContain("1 of 1 seeds gave the same results");
    expect(stdout).toMatch(/pass: compared with the baseline podsim-baseline.json\n$/);
    expect(readFileSync(join(folder, "podsim-baseline.json"), "utf8")).toBe(before);
    expect(readFileSync(join(folder, "j.xml"), "utf8")).toContain('tests="2" failures="0"');
  });

  it("an update keeps the seeds that the baseline holds", () => {
    const read = (): string => readFileSync(join(folder, "other.json"), "utf8");
    expect(bench("--baseline", "other.json", "--update-baseline", "--seeds", "2").code).toBe(0);
    const before = read();
    expect(before).toContain('"seed": "2"');
    expect(bench("--baseline", "other.json", "--update-baseline").code).toBe(0);
    expect(read()).toBe(before);
  });

  it("a planted scan over the nodes is caught by tier B, and by tier B alone", () => {
    const main = patchedMain(
      "const verdict = this.decider.decide(",
      "for (const row of this.cache.refreshSnapshot()) { this.cache.operations.nodesTouched++; this.cache.podsOn(row); }\n        const verdict = this.decider.decide(",
    );
    const { code, stdout } = benchOf(main);
    expect(code).toBe(1);
    expect(stdout).toMatch(/s\.yaml +A +pass/);
    expect(stdout).toMatch(/s\.yaml +B +FAIL +more than 0\.5 % up: nodesTouched\n/);
  });

  it("a planted change of decisions is caught by tier A", () => {
    const main = patchedMain(
      'node === -1 ? "" : this.cache.nodeName(node)',
      'node === -1 ? "" : this.cache.nodeName(this.cache.nodeList.at(-1))',
    );
    const { code, stdout } = benchOf(main);
    expect(code).toBe(1);
    expect(stdout).toMatch(/s\.yaml +A +FAIL +decisions\.csv, /);
  });

  it.each([
    ["a seed that it does not hold", ["--seeds", "9"], "no seed '9'"],
    ["no such file", ["--baseline", "none.json"], "none.json: there is no baseline yet"],
    ["another entry for other schedulers", ["-s", "best-fit"], "no scenario 's.yaml -s best-fit'"],
  ])("%s", (_, args, message) => {
    const { code, stderr } = bench(...args);
    expect(code).toBe(3);
    expect(stderr).toContain(message);
    expect(stderr).toContain("hint: --update-baseline");
  });
});

describe("against a build", () => {
  it("the same build passes every tier that this machine has", () => {
    const { code, stdout } = bench("--against", MAIN, "--pairs", "1", "-o", "json");
    expect(code).toBe(0);
    const { scenarios } = JSON.parse(stdout);
    const tiers = scenarios[0].tiers as { tier: string; verdict: string }[];
    expect(tiers.map(({ tier }) => tier)).toEqual(["A", "B", "C", "D"]);
    expect(tiers[0]?.verdict).toBe("pass");
    expect(tiers[1]?.verdict).toBe("pass");
    expect(tiers.map(({ verdict }) => verdict)).not.toContain("fail");
  });

  it("counts instructions where perf can, and leaves the start-up out", () => {
    // A stand-in for perf: a whole run counts three times what its start counts.
    const bin = freshFolder();
    const script = `#!/usr/bin/env bash
while [ "$1" != "-o" ]; do shift; done
file="$2"; shift 2
case "$*" in *--max-events*) n=1000;; *run*) n=3000;; *) n=10;; esac
echo "$n,,instructions:u,1,100.00,," > "$file"
"$@"
`;
    writeFileSync(join(bin, "perf"), script, { mode: 0o755 });
    const { code, stdout } = podsim(["bench", "s.yaml", "--against", MAIN, "--tier", "C"], {
      cwd: folder,
      env: { PATH: `${bin}:${process.env["PATH"] ?? ""}` },
    });
    expect(stdout).toMatch(/s\.yaml +C +pass +\+0\.0 % instructions in user space/);
    expect(code).toBe(0);
  });
});

describe("an audit", () => {
  it("finds nothing between a build and itself", () => {
    const { code, stdout } = bench("--audit", "2");
    expect(stdout).toMatch(/A,B +2 +0 +0 +0 % +pass/);
    expect(code).toBe(0);
  });
});

describe("wrong usage", () => {
  it.each([
    [["--tier", "D"], "tier D compares two builds side by side: give --against"],
    [["--audit", "2", "--against", "best-fit"], "exclude each other"],
  ])("%j", (args, message) => {
    const { code, stderr } = bench(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("a run that fails ends the gate with its own code and words", () => {
    const { code, stderr } = podsim(["bench", "nosuch.yaml", "--update-baseline"], { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toContain("nosuch.yaml");
  });
});
