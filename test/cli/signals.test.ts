// Signals: what is there is kept and marked, the exit code is the signal's, and nobody waits.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, type Outcome, SMALL, startPodsim } from "./command-line.ts";

const LONG = ["run", "s.yaml", "--for", "99999h", "--output-dir", "out", "-o", "json"];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the run writes its files, so it is certainly under way. */
async function isUnderWay(folder: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    await pause(50);
    try {
      if (readdirSync(join(folder, "out")).some((name) => name.includes("decisions"))) break;
    } catch {
      // The folder is not there yet.
    }
  }
  await pause(300);
}

async function interrupted(
  signals: readonly NodeJS.Signals[],
): Promise<{ folder: string; outcome: Outcome; ms: number }> {
  const folder = freshFolder({ "s.yaml": SMALL });
  const { child, end } = startPodsim(LONG, { cwd: folder });
  await isUnderWay(folder);
  const start = performance.now();
  for (const signal of signals) child.kill(signal);
  const outcome = await end;
  return { folder, outcome, ms: performance.now() - start };
}

describe("G1, G3: once", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 143],
  ] as const)("%s leaves partial results, marked, with code %i", async (signal, code) => {
    const { folder, outcome, ms } = await interrupted([signal]);
    console.log(`${signal}: ended after ${Math.round(ms)} ms`);
    expect(outcome.code).toBe(code);
    expect(ms).toBeLessThan(2_000);
    expect(outcome.stderr).toContain("stopping: partial results follow");
    expect(JSON.parse(outcome.stdout)).toMatchObject({ end: { reason: "stopped", partial: true } });
    const out = join(folder, "out");
    expect(readdirSync(out).filter((name) => name.startsWith("."))).toEqual([]);
    expect(JSON.parse(readFileSync(join(out, "run.json"), "utf8"))).toMatchObject({
      end: { partial: true },
    });
    const rows = readFileSync(join(out, "decisions.csv"), "utf8").trimEnd().split("\n");
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.at(-1)!.split(",").length).toBeGreaterThanOrEqual(13);
  });
});

describe("G2: twice", () => {
  it("leaves at once; what stands under a result's name is whole", async () => {
    const { folder, outcome, ms } = await interrupted(["SIGINT", "SIGTERM"]);
    expect([130, 143]).toContain(outcome.code);
    expect(ms).toBeLessThan(2_000);
    for (const name of readdirSync(join(folder, "out"))) {
      if (name.startsWith(".") || !name.endsWith(".json")) continue;
      expect(
        () => JSON.parse(readFileSync(join(folder, "out", name), "utf8")) as unknown,
      ).not.toThrow();
    }
  });
});

describe("G1: before there is a run", () => {
  it("waiting for stdin ends within a second, with nothing written", async () => {
    const folder = freshFolder();
    const { child, end } = startPodsim(["run", "-f", "-"], { cwd: folder });
    await pause(700);
    const start = performance.now();
    child.kill("SIGINT");
    const { code, stderr } = await end;
    expect(code).toBe(130);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(stderr).toContain("stopped before there were any results");
    expect(readdirSync(folder)).toEqual([]);
  });
});
