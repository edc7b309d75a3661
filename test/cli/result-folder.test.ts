// The result folder: who may overwrite what, and what is left when a write fails.

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { freshFolder, podsim, SMALL } from "./command-line.ts";

const FILES = [
  ...["decisions.csv", "events.csv", "nodes.csv", "pods.csv", "run.json", "summary.json"],
  ...["timeseries.csv", "timing.json"],
];

/** Every result file's bytes; timing.json holds wall times and is left out. */
function bytesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name !== "timing.json");
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

const run = (cwd: string, ...args: string[]): ReturnType<typeof podsim> =>
  podsim(["run", "s.yaml", "-q", "-o", "name", "--output-dir", "out", ...args], { cwd });

describe("F4: results that exist", () => {
  const folder = freshFolder({ "s.yaml": SMALL });
  const out = join(folder, "out");

  it("are overwritten by the same inputs with the same bytes", () => {
    expect(run(folder).code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(FILES);
    const first = bytesOf(out);
    expect(run(folder).code).toBe(0);
    expect(bytesOf(out)).toEqual(first);
  });

  it("are kept from other inputs, unless --force", () => {
    const first = bytesOf(out);
    const refused = run(folder, "--seed", "2");
    expect(refused.code).toBe(7);
    expect(refused.stderr).toMatch(/out holds the results of other inputs.*--output-dir.*--force/);
    expect(bytesOf(out)).toEqual(first);
    expect(run(folder, "--seed", "2", "--force").code).toBe(0);
    expect(JSON.parse(readFileSync(join(out, "run.json"), "utf8"))).toMatchObject({ seed: "2" });
    expect(readdirSync(out).sort()).toEqual(FILES);
  });

  it("that are whole are not replaced by partial ones", () => {
    const whole = freshFolder({ "s.yaml": SMALL });
    expect(run(whole).code).toBe(0);
    const first = bytesOf(join(whole, "out"));
    const partial = run(whole, "--max-wall", "1us");
    expect(partial.code).toBe(4);
    expect(partial.stderr).toContain("holds the whole results of these inputs, which stay");
    expect(bytesOf(join(whole, "out"))).toEqual(first);
  });

  it("by default go to results/NAME-HASH, which depends on the inputs alone", () => {
    const names = [freshFolder({ "s.yaml": SMALL }), freshFolder({ "s.yaml": SMALL })].map(
      (cwd) => {
        podsim(["run", join(cwd, "s.yaml"), "-q"], { cwd });
        return readdirSync(join(cwd, "results"));
      },
    );
    expect(names[0]).toHaveLength(1);
    expect(names[0]![0]).toMatch(/^small-[0-9a-f]{8}$/);
    expect(names[1]).toEqual(names[0]);
  });
});

describe("F5: something else in the way", () => {
  it("a folder that is no result is refused and left alone", () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    mkdirSync(join(folder, "out"));
    writeFileSync(join(folder, "out/thesis.txt"), "years of work");
    const { code, stderr } = run(folder);
    expect(code).toBe(7);
    expect(stderr).toMatch(/out exists and holds no results of podsim/);
    expect(bytesOf(join(folder, "out"))).toEqual({ "thesis.txt": "years of work" });
    expect(run(folder, "--force").code).toBe(0);
    expect(readFileSync(join(folder, "out/thesis.txt"), "utf8")).toBe("years of work");
  });

  it("a file is refused", () => {
    const { code, stderr } = run(freshFolder({ "s.yaml": SMALL, out: "x" }));
    expect({ code, says: stderr.includes("out exists and is no folder") }).toEqual({
      code: 7,
      says: true,
    });
  });

  it("a link to a folder is followed; a link in place of a file is replaced", () => {
    const folder = freshFolder({ "s.yaml": SMALL, "precious.txt": "keep" });
    mkdirSync(join(folder, "real"));
    symlinkSync("real", join(folder, "out"));
    symlinkSync("../precious.txt", join(folder, "real/pods.csv"));
    expect(run(folder, "--force").code).toBe(0);
    expect(readFileSync(join(folder, "precious.txt"), "utf8")).toBe("keep");
    expect(lstatSync(join(folder, "real/pods.csv")).isSymbolicLink()).toBe(false);
    expect(readdirSync(join(folder, "real")).sort()).toEqual(FILES);
  });

  it("a dangling link is refused", () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    symlinkSync("nowhere", join(folder, "out"));
    expect(run(folder).code).toBe(7);
  });

  it.each(["/proc/podsim", "s.yaml/x"])("%s cannot be made, and nothing hangs", (out) => {
    const cwd = freshFolder({ "s.yaml": SMALL });
    const { code, stderr } = podsim(["run", "s.yaml", "-q", "--output-dir", out], { cwd });
    expect(code).toBe(7);
    expect(stderr).toMatch(new RegExp(`cannot open the output folder ${out}: .*\\(E[A-Z]+\\)`));
  });

  it.skipIf(process.getuid?.() === 0)("a read-only folder is refused with path and cause", () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    chmodSync(folder, 0o555);
    const { code, stderr } = run(folder);
    chmodSync(folder, 0o755);
    expect(code).toBe(7);
    expect(stderr).toMatch(/out.*permission denied \(EACCES\)/);
  });
});

describe("F1: a full disk", () => {
  const disk = freshFolder();
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=96k", "tmpfs", disk]).status === 0;
  if (!mounted) console.log("no right to mount a small disk: F1 is left out");
  afterAll(() => {
    if (mounted) spawnSync("umount", [disk]);
  });

  it.skipIf(!mounted)("ends with 7, names the file, and leaves the old results whole", () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    const args = ["run", "s.yaml", "-q", "--output-dir", join(disk, "out")];
    expect(podsim(args, { cwd: folder }).code).toBe(0);
    const before = bytesOf(join(disk, "out"));
    const { code, stderr } = podsim([...args, "--force", "--for", "3h"], { cwd: folder });
    expect(code).toBe(7);
    expect(stderr).toMatch(/cannot write .*\.csv: no space left on the device \(ENOSPC\)/);
    expect(bytesOf(join(disk, "out"))).toEqual(before);
  });
});

describe("F10: what a killed process left", () => {
  it("temporary files of the dead are removed, others are not", () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    run(folder);
    const out = join(folder, "out");
    writeFileSync(join(out, ".pods.csv.podsim-999999999.tmp"), "torn");
    writeFileSync(join(out, `.pods.csv.podsim-${process.pid}.tmp`), "of a living process");
    writeFileSync(join(out, ".mine.tmp"), "not of podsim");
    expect(run(folder).code).toBe(0);
    const left = readdirSync(out).filter((name) => !FILES.includes(name));
    expect(left.sort()).toEqual([".mine.tmp", `.pods.csv.podsim-${process.pid}.tmp`]);
  });

  it("a folder that was being finished belongs to its inputs still", () => {
    const folder = freshFolder({ "s.yaml": SMALL });
    run(folder);
    const out = join(folder, "out");
    writeFileSync(join(out, ".run.json.podsim-999999999.tmp"), readFileSync(join(out, "run.json")));
    spawnSync("rm", [join(out, "run.json")]);
    expect(run(folder, "--seed", "2").code).toBe(7);
    expect(run(folder).code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(FILES);
  });
});
