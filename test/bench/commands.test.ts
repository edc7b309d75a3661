// Programs of the bench folder beside the benchmarks: what they measure is really measured.

import { describe, expect, it } from "vitest";
import { compareCommands, cpuSecondsOf } from "../../bench/harness/child-costs.ts";
import { measureGarbage } from "../../bench/harness/garbage-command.ts";

const spin = (steps: number): string[] => [
  process.execPath,
  "-e",
  `let x = 0; for (let i = 0; i < ${steps}; i++) x = Math.imul(x + i, 31);`,
];

describe("costs of commands", () => {
  it("are the processor time of the children", () => {
    expect(cpuSecondsOf(spin(0), 1)).toBeGreaterThan(0.01);
  });

  it("are more for a command that does more", () => {
    const { base, head, ratio } = compareCommands(spin(0), spin(1e8), 2, 1);
    expect(ratio).toBeGreaterThan(1.2);
    expect(head).toBeGreaterThan(base);
  }, 120_000);

  it("of a command that fails are an error", () => {
    expect(() => cpuSecondsOf([process.execPath, "-e", "process.exit(3)"], 1)).toThrow();
  });
});

describe("the collector's share", () => {
  it("is measured over one run of a variant", async () => {
    const { collectionsCount, pausesMs, runMs } = await measureGarbage(
      "engine/event-loop",
      "podsim",
      100_000,
    );
    expect(collectionsCount).toBeGreaterThan(0);
    expect(pausesMs).toBeGreaterThan(0);
    expect(pausesMs).toBeLessThan(runMs);
  });

  it("of a variant that is not there is an error", async () => {
    await expect(measureGarbage("engine/event-loop", "none", 10)).rejects.toThrow(/no variant/);
  });
});
