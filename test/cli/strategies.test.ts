// Claims about user code on the command line: whatever a strategy does, the command ends, says who
// it was, where and when, and leaves results that can be trusted or says that there are none.

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, type Outcome, podsim, ROOT, SMALL } from "./command-line.ts";

const FIXTURES = join(ROOT, "test/fixtures/strategies");
/** Long enough for a busy machine, short enough for a test. */
const DEADLINE = "500ms";

interface StrategyRun extends Outcome {
  readonly folder: string;
}

function runWith(file: string, args: readonly string[] = [], env = {}): StrategyRun {
  const folder = freshFolder({ "small.yaml": SMALL });
  const strategy = join(FIXTURES, file);
  const outcome = podsim(
    ["run", "small.yaml", "-s", strategy, "-o", "json", "--output-dir", "out", ...args],
    { cwd: folder, env },
  );
  return { ...outcome, folder };
}

function summaryIn(folder: string): {
  fingerprint: string;
  end: { reason: string; partial: boolean };
} {
  return JSON.parse(readFileSync(join(folder, "out/summary.json"), "utf8"));
}

function errorIn({ stderr }: Outcome): string {
  const errors = stderr.split("\n").filter((line) => line.startsWith("error: "));
  expect(errors, stderr).toHaveLength(1);
  return errors[0]!;
}

describe("a strategy that fails ends the run with exit 6, one line, and the results so far", () => {
  it.each<[row: string, file: string, message: RegExp]>([
    [
      "P1 throws in a decision",
      "p1-throws-in-decision.mjs",
      /strategy p1-throws-in-decision \(decide at \d+\.\d+s, pod default\/job-3\): threw RangeError: three is too many/,
    ],
    [
      "P3 gives a NaN score",
      "p3-nan-score.mjs",
      /strategy Scorer \(score at .*, pod default\/job-0\): gave the score NaN; expected an integer/,
    ],
    [
      "P3 answers an object that is all traps",
      "p3-foreign-object.mjs",
      /\(decide at .*\): threw SyntaxError: trapped/,
    ],
    [
      "P5 throws dice",
      "p5-dice.mjs",
      /threw ForbiddenCall: Math\.random is not for user code: .*seeded generator, random\.unit\(\)/,
    ],
    ["P9 leaves the process", "p9-exits.mjs", /threw ForbiddenCall: process\.exit is not/],
    ["P9 throws null", "p9-throws-null.mjs", /\(decide at .*, pod default\/job-0\): threw null/],
  ])("%s", (_row, file, message) => {
    const run = runWith(file);
    expect(errorIn(run)).toMatch(message);
    expect(run.code).toBe(6);
    expect(summaryIn(run.folder).end).toMatchObject({ reason: "failed", partial: true });
    expect(JSON.parse(run.stdout)).toMatchObject({ end: { partial: true } });
  });

  it("P1 leaves a rejected promise behind: told, though the run was over", () => {
    const run = runWith("p1-leaves-a-rejection.mjs");
    expect(errorIn(run)).toMatch(
      /a promise that nobody waits for was rejected: Error: nobody waits/,
    );
    expect(run.code).toBe(6);
  });
});

describe("a strategy that fails before the run leaves no results", () => {
  it.each<[row: string, file: string, message: RegExp]>([
    ["P1 throws at load", "p1-throws-at-load.mjs", /\(load\): RangeError: not today/],
    [
      "P1 throws when it is made",
      "p1-throws-at-create.mjs",
      /strategy maker \(create at 0s\): threw/,
    ],
    ["P2 never finishes loading", "p2-waits-at-load.mjs", /\(load\): .*waits for what never comes/],
    ["P12 another API version", "p12-other-version.mjs", /written against podsim\.dev\/v9/],
    [
      "P13 no default export",
      "p13-no-default.mjs",
      /has no default export \(it exports apiVersion/,
    ],
    ["P13 CommonJS called .mjs", "p13-require.mjs", /module is not defined.*call it \.cjs/],
  ])("%s", (_row, file, message) => {
    const run = runWith(file);
    expect(errorIn(run)).toMatch(message);
    expect(run.code).toBe(6);
    expect(run.stdout).toBe("");
    expect(existsSync(join(run.folder, "out/run.json"))).toBe(false);
  });

  it("P13 TypeScript that cannot be read is one line; what can be read runs", () => {
    const folder = freshFolder({
      "small.yaml": SMALL,
      "broken.ts": 'export const apiVersion = "podsim.dev/v1";\nexport default (pod: => {};\n',
    });
    const broken = podsim(["run", "small.yaml", "-s", "broken.ts"], { cwd: folder });
    expect(broken.code).toBe(6);
    expect(broken.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(errorIn(broken)).toMatch(/^error: strategy broken\.ts \(load\): /);
    expect(runWith("p13-types.ts").code).toBe(0);
    expect(runWith("p13-common.cjs").code).toBe(0);
  });
});

describe("P2: a call that does not return is ended from outside", () => {
  it.each<[what: string, file: string, place: RegExp]>([
    [
      "an endless loop",
      "p2-endless-loop.mjs",
      /p2-endless-loop \(decide at 23\.961508s, pod default\/job-3\)/,
    ],
    [
      "a catastrophic regular expression",
      "p2-catastrophic-regex.mjs",
      /Matcher \(filter at .*job-3\)/,
    ],
    ["Atomics.wait", "p2-waits.mjs", /p2-waits \(decide at 23\.961508s, pod default\/job-3\)/],
    [
      "an answer that cannot be read",
      "p2-endless-answer.mjs",
      /p2-endless-answer \(decide at .*job-0\)/,
    ],
  ])("%s: exit 6, and what came before is kept", (_what, file, place) => {
    const run = runWith(file, ["--plugin-deadline", DEADLINE]);
    const error = errorIn(run);
    expect(error).toMatch(place);
    expect(error).toMatch(/did not return within 500ms \(--plugin-deadline allows more\)$/);
    expect(run.code).toBe(6);
    expect(summaryIn(run.folder).end).toMatchObject({ reason: "failed", partial: true });
    const leftovers = readdirSync(join(run.folder, "out")).filter((name) => name.startsWith("."));
    expect(leftovers).toEqual([]);
  });

  it("keeps exactly what a strategy that throws at that call leaves, and shows its frames", () => {
    const endless = runWith("p2-endless-loop.mjs", ["--plugin-deadline", DEADLINE]);
    const thrown = runWith("p1-throws-in-decision.mjs");
    expect(summaryIn(endless.folder).fingerprint).toBe(summaryIn(thrown.folder).fingerprint);
    const frames = thrown.stderr.split("\n").filter((line) => line.startsWith("    at "));
    expect(frames[0]).toMatch(/at choose .*p1-throws-in-decision\.mjs:3:/);
    expect(frames.every((line) => line.includes("p1-throws-in-decision.mjs"))).toBe(true);
  });

  it("explains a pod of a run that was ended, and is not held up by the same call", () => {
    const { folder } = runWith("p2-endless-loop.mjs", ["--plugin-deadline", DEADLINE]);
    const args = ["explain", "out", "job-0", "--plugin-deadline", DEADLINE];
    const { code, stdout, stderr } = podsim(args, { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PLACED {5}default\/job-0 went to n-0/);
    expect(stderr).toMatch(/^note: the run ended there: .*pod default\/job-3\): did not return/m);
  });

  it("a deadline that is kept changes nothing; one that is none is refused", () => {
    const fingerprint = ({ stdout }: Outcome): unknown => JSON.parse(stdout).fingerprint;
    const short = runWith("first.mjs", ["--plugin-deadline", "200ms", "--verify-determinism"]);
    expect(fingerprint(short)).toBe(fingerprint(runWith("first.mjs", ["--plugin-deadline", "1h"])));
    expect(runWith("first.mjs", ["--plugin-deadline", "0s"]).code).toBe(2);
  });

  it("P8 a heap that is full during a call names the strategy", () => {
    const run = runWith("p8-heap.mjs", ["--plugin-deadline", "1m"], {
      NODE_OPTIONS: "--max-old-space-size=60",
    });
    expect(errorIn(run)).toMatch(
      /p8-heap \(decide at .*\): ran out of memory; no results are kept/,
    );
    expect(run.code).toBe(6);
  });
});

describe("a strategy is held to what every run must share", () => {
  it("P5 clocks, chance, timers, network and ways out say what to use instead", () => {
    const { code, stderr } = runWith("p5-forbidden.mjs");
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/ALLOWED/);
    const names = [
      ...stderr.matchAll(/^ForbiddenCall: (\S+(?: Date\(\))?) is not for user code: ./gm),
    ];
    expect(names.map(([, name]) => name)).toEqual([
      ...["Date.now", "new Date()", "Date()", "performance.now", "process.hrtime", "Math.random"],
      ...["crypto.getRandomValues", "crypto.randomUUID", "crypto.randomBytes", "crypto.randomInt"],
      ...["setTimeout", "setInterval", "setImmediate", "timers.setTimeout", "fetch"],
      ...["process.exit", "process.abort", "process.kill"],
    ]);
  });

  it("P5 the generator it is given comes out the same again, and differs by seed", () => {
    const fingerprint = (seed: string): unknown =>
      JSON.parse(runWith("p5-seeded.mjs", ["--seed", seed]).stdout).fingerprint;
    const [once, again, other] = [fingerprint("7"), fingerprint("7"), fingerprint("8")];
    expect(again).toBe(once);
    expect(other).not.toBe(once);
  });

  it("P4 nothing it was given can be changed", () => {
    const run = runWith("p4-mutates.mjs");
    expect(run.code).toBe(0);
    expect(run.stderr).not.toMatch(/changed something/);
    expect(JSON.parse(run.stdout).fingerprint).toBe(
      JSON.parse(runWith("first.mjs").stdout).fingerprint,
    );
  });

  it("P6 state in the module starts anew with the process, and is found by the double run", () => {
    expect(runWith("p6-remembers.mjs").stdout).toBe(runWith("p6-remembers.mjs").stdout);
    const twice = runWith("p6-remembers.mjs", ["--verify-determinism"]);
    expect(twice.code).toBe(1);
    expect(twice.stderr).toMatch(/the second run differs/);
  });

  it("P10 what it prints goes to stderr, from its first line on, and stdout stays JSON", () => {
    const { code, stdout, stderr } = runWith("p10-prints.mjs");
    expect(code).toBe(0);
    expect(() => JSON.parse(stdout)).not.toThrow();
    expect(stderr).toMatch(/^hello from load\nlog job-0\nwrite job-0\n/);
  });

  it("P14 a flood is cut, what was dropped is counted, and messages of its own do not pass", () => {
    const { code, stdout, stderr } = runWith("p14-floods.mjs");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).schemaVersion).toBe("podsim.dev/result/v1");
    expect(stderr.match(/^line \d+$/gm)).toHaveLength(1_000);
    expect(stderr).toMatch(/^user code printed 4000 lines more, which were dropped$/m);
  });

  it("P11 --no-plugins loads no user code, given by name or by a scenario", () => {
    const byName = runWith("p10-prints.mjs", ["--no-plugins"]);
    expect(byName.code).toBe(3);
    expect(byName.stderr + byName.stdout).toMatch(/is user code, and --no-plugins was given/);
    expect(byName.stderr).not.toMatch(/hello from load/);
    const folder = freshFolder({
      "own.mjs": readFileSync(join(FIXTURES, "p10-prints.mjs"), "utf8"),
      "s.yaml": `${SMALL}schedulers: [{ name: mine, module: own.mjs }]\n`,
    });
    const byScenario = podsim(["run", "s.yaml", "--no-plugins"], { cwd: folder });
    expect(byScenario.code).toBe(3);
    expect(byScenario.stderr).not.toMatch(/hello from load/);
    expect(podsim(["run", "s.yaml"], { cwd: folder }).stderr).toMatch(/^hello from load\n/);
  });
});

describe("a strategy's file is an input", () => {
  it("another byte gives another input hash; imports are noted as not followed", () => {
    const folder = freshFolder({ "small.yaml": SMALL });
    const run = (text: string): { scenario: { inputHash: string }; notes: { code: string }[] } => {
      writeFileSync(join(folder, "own.mjs"), text);
      const { stdout } = podsim(
        ["run", "small.yaml", "-s", "own.mjs", "-o", "json", "--output-dir", "out", "--force"],
        { cwd: folder },
      );
      return JSON.parse(stdout);
    };
    const text = readFileSync(join(FIXTURES, "first.mjs"), "utf8");
    const [plain, commented, importing] = [
      run(text),
      run(`${text}// changed\n`),
      run(`import "node:path";\n${text}`),
    ] as const;
    expect(commented.scenario.inputHash).not.toBe(plain.scenario.inputHash);
    expect(plain.notes).toEqual([]);
    expect(importing.notes).toMatchObject([{ code: "USER_CODE" }]);
  });
});
