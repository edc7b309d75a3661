// stdout and stderr: what goes where, to whom, and what happens when nobody takes it.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { freshFolder, MAIN, plainEnvironment, podsim, shell, SMALL } from "./command-line.ts";

const folder = freshFolder({ "s.yaml": SMALL });
const ESCAPE = "\u001b";

describe("U5, G4: a reader that goes away", () => {
  it.each(["run s.yaml -o yaml", "--help", "schema", "run nosuch.yaml -o json"])(
    "%s ends quietly with 0",
    (line) => {
      // The reader is gone before the first byte comes.
      const { stdout, stderr } = shell(
        `mkfifo pipe-$$; (exec 3< pipe-$$; exec 3<&-) & exec 4> pipe-$$; wait; $PODSIM ${line} -q >&4 2>err; code=$?; rm pipe-$$; grep -c " at \\|EPIPE" err; echo $code`.replace(
          line.startsWith("run") ? "\u0000" : " -q",
          "",
        ),
        { cwd: folder },
      );
      expect(stderr).toBe("");
      expect(stdout).toBe("0\n0\n");
    },
  );

  it("head gets its line", () => {
    const { stdout } = shell(`$PODSIM run s.yaml -q -o yaml | head -1; echo \${PIPESTATUS[0]}`, {
      cwd: folder,
    });
    expect(stdout).toBe("schemaVersion: podsim.dev/result/v1\n0\n");
  });
});

describe.skipIf(!existsSync("/dev/full"))("U6: a full device", () => {
  it.each(["run s.yaml -q", "schema", "--help", "version"])(
    "%s ends with 7 and says so",
    (line) => {
      const { code, stderr } = shell(`$PODSIM ${line} > /dev/full`, { cwd: folder });
      expect(code).toBe(7);
      expect(stderr).toContain("cannot write to stdout: ENOSPC");
    },
  );
});

describe("U7: colours and widths", () => {
  it("nothing but text goes into a pipe", () => {
    const { stdout, stderr } = podsim(["run", "s.yaml"], { cwd: folder });
    expect(stdout + stderr).not.toContain(ESCAPE);
    expect(stderr).not.toContain("\r");
  });

  it.each([
    ["FORCE_COLOR asks for it", { FORCE_COLOR: "1" }, [], true],
    ["NO_COLOR beats FORCE_COLOR", { FORCE_COLOR: "1", NO_COLOR: "1" }, [], false],
    ["an empty NO_COLOR says nothing", { FORCE_COLOR: "1", NO_COLOR: "" }, [], true],
    ["--color beats NO_COLOR", { NO_COLOR: "1" }, ["--color", "always"], true],
    ["--color never beats FORCE_COLOR", { FORCE_COLOR: "1" }, ["--color", "never"], false],
    ["CI alone changes nothing", { CI: "true" }, [], false],
  ] as const)("%s", (_, env, args, isColoured) => {
    const { stdout } = podsim(["run", "s.yaml", ...args], { cwd: folder, env });
    expect(stdout.includes(ESCAPE)).toBe(isColoured);
    expect(stdout).toMatch(/OK/);
  });

  it("formats for programs are never coloured", () => {
    const { stdout } = podsim(["run", "s.yaml", "-q", "-o", "json", "--color", "always"], {
      cwd: folder,
    });
    expect(JSON.parse(stdout)).toMatchObject({ schemaVersion: "podsim.dev/result/v1" });
  });

  it("a terminal of 20 columns gets the same table", () => {
    const inTerminal = (columns: number): string =>
      shell(
        `script -qec "stty cols ${columns}; $PODSIM run s.yaml -q --color never" /dev/null < /dev/null`,
        { cwd: folder },
      ).stdout;
    expect(inTerminal(20)).toMatch(/VERDICT/);
    expect(inTerminal(20)).toBe(inTerminal(10_000));
  });
});

describe("U8: much output", () => {
  it("every byte of 20 MB arrives at a slow reader", async () => {
    const wrong = Array.from(
      { length: 60_000 },
      (_, i) =>
        `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"UP-${i}"},"spec":{"containers":[{"name":"c","image":"i"}]}}`,
    );
    const big = freshFolder({
      "list.json": `{"apiVersion":"v1","kind":"List","items":[\n${wrong.join(",\n")}]}`,
    });
    const child = spawn(process.execPath, [MAIN, "validate", "list.json", "-o", "json"], {
      cwd: big,
      env: plainEnvironment(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const chunks: Buffer[] = [];
    let reads = 0;
    for await (const chunk of child.stdout) {
      chunks.push(chunk as Buffer);
      if (++reads % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const text = Buffer.concat(chunks);
    const { problems } = JSON.parse(text.toString("utf8")) as { problems: unknown[] };
    console.log(`${text.length} bytes, ${problems.length} problems, ${reads} reads`);
    expect(text.length).toBeGreaterThan(20_000_000);
    expect(problems.length).toBeGreaterThanOrEqual(60_000);
  });
});

describe("what goes where", () => {
  it("results go to stdout, everything else to stderr, and -q leaves only results", () => {
    const loud = podsim(["run", "s.yaml"], { cwd: folder });
    const quiet = podsim(["run", "s.yaml", "-q"], { cwd: folder });
    expect(quiet).toEqual({ code: 0, stdout: loud.stdout, stderr: "" });
    expect(loud.stderr).toMatch(/^fingerprint [0-9a-f]{16,}$/m);
    expect(loud.stdout).toContain("seed 1");
  });

  it.each([
    ["table", /^VERDICT {2}OK/],
    ["wide", /^VERDICT {2}OK/],
    ["json", /^\{\n {2}"schemaVersion": "podsim\.dev\/result\/v1"/],
    ["yaml", /^schemaVersion: podsim\.dev\/result\/v1\n/],
    ["csv", /^measure,value\n"/],
    ["jsonl", /^\{"schemaVersion":[^\n]*\}\n$/],
    ["markdown", /^\| small \| \|\n\|---\|---\|\n/],
    ["name", /^run\/small\n$/],
  ])("-o %s", (format, shape) => {
    const { code, stdout } = podsim(["run", "s.yaml", "-q", "-o", format], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(shape);
    expect(stdout).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(stdout.endsWith("\n")).toBe(true);
  });
});
