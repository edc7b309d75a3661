// The values of the gate's own options: what they mean, and what is refused with which words.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  findBuild,
  readReportFile,
  readSeeds,
  readTiers,
} from "../../src/cli/bench/bench-request.ts";

describe("readSeeds", () => {
  it.each([
    ["1..3", ["1", "2", "3"]],
    ["7", ["7"]],
    ["7..7", ["7"]],
    ["a,b", ["a", "b"]],
  ])("%s", (text, seeds) => {
    expect(readSeeds(text)).toEqual(seeds);
  });

  it.each([
    ["3..1", "a range goes up"],
    ["1,,2", "a seed is not empty"],
    ["1,1", "a seed stands twice"],
  ])("refuses %s", (text, message) => {
    expect(() => readSeeds(text)).toThrow(message);
  });
});

describe("readTiers", () => {
  it("gives tiers in their order, each once", () => {
    expect(readTiers("D, A,D")).toEqual(["A", "D"]);
    expect(() => readTiers("A,E")).toThrow("tiers are A, B, C and D");
    expect(() => readTiers("a")).toThrow("tiers are A, B, C and D");
  });
});

describe("readReportFile", () => {
  it("splits at the first equals sign", () => {
    expect(readReportFile("junit=a=b.xml")).toEqual({ format: "junit", file: "a=b.xml" });
  });

  it.each(["junit", "junit=", "html=x", "=x"])("refuses %s", (text) => {
    expect(() => readReportFile(text)).toThrow("write FORMAT=FILE");
  });
});

describe("findBuild", () => {
  const folder = mkdtempSync(join(tmpdir(), "podsim-builds-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const place = (...path: string[]): string => {
    const main = join(folder, ...path);
    mkdirSync(join(main, ".."), { recursive: true });
    writeFileSync(main, "");
    return main;
  };

  it("finds the program of a checkout, of an installed package, and itself", () => {
    const checkout = place("checkout", "dist", "cli", "main.js");
    const installed = place("app", "node_modules", "podsim", "dist", "cli", "main.js");
    expect(findBuild(join(folder, "checkout"))).toBe(checkout);
    expect(findBuild(join(folder, "checkout", "dist"))).toBe(checkout);
    expect(findBuild(join(folder, "app"))).toBe(installed);
    expect(findBuild(checkout)).toBe(checkout);
  });

  it("takes what is no build for a strategy, and refuses a folder without one", () => {
    expect(findBuild("best-fit")).toBeUndefined();
    expect(findBuild(place("mine", "strategy.js"))).toBeUndefined();
    expect(() => findBuild(join(folder, "mine"))).toThrow("no build of podsim in that folder");
  });
});
