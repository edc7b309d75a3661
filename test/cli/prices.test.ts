// `--prices`: what machines cost comes from a file, counts as an input, and can be a gate.

import { describe, expect, it } from "vitest";
import { freshFolder, podsim, SMALL } from "./command-line.ts";

const FILES = {
  "s.yaml": SMALL,
  "prices.csv": "shape,pricePerHour,currency\nn,0.6,EUR\n",
  "dear.csv": "shape,pricePerHour,currency\nn,6,EUR\n",
  "broken.csv": "shape,pricePerHour\nn,much\n",
};
const run = (...args: string[]): ReturnType<typeof podsim> =>
  podsim(["run", "s.yaml", "-o", "json", ...args], { cwd: freshFolder(FILES) });

interface Summary {
  readonly scenario: { readonly inputHash: string };
  readonly fingerprint: string;
  readonly cost?: { readonly currency: string; readonly totalMicros: number | null };
  readonly thresholds: readonly { readonly passed: boolean }[];
}
const summaryOf = ({ stdout }: { readonly stdout: string }): Summary =>
  JSON.parse(stdout) as Summary;

describe("podsim run --prices", () => {
  it("adds the cost, changes the input hash and nothing that happens", () => {
    const [plain, cheap, dear] = [
      ...[run(), run("--prices", "prices.csv"), run("--prices", "dear.csv")].map(summaryOf),
    ];
    expect(plain!.cost).toBeUndefined();
    expect(cheap!.cost!.currency).toBe("EUR");
    expect(dear!.cost!.totalMicros).toBe(10 * cheap!.cost!.totalMicros!);
    expect(new Set([plain, cheap, dear].map((one) => one!.fingerprint)).size).toBe(1);
    expect(new Set([plain, cheap, dear].map((one) => one!.scenario.inputHash)).size).toBe(3);
  });

  it("lets a gate fail", () => {
    const { code, stdout } = run("--prices", "dear.csv", "--threshold", "cost<0.000001");
    expect(code).toBe(1);
    expect(summaryOf({ stdout }).thresholds).toMatchObject([{ passed: false }]);
  });

  it("refuses a list that it cannot read, naming the line, and one that is not there", () => {
    const broken = run("--prices", "broken.csv");
    expect(broken.code).toBe(3);
    expect(broken.stdout).toContain("broken.csv");
    expect(broken.stdout).toContain("line 2: priceperhour: 'much' is no number");
    expect(run("--prices", "none.csv").code).toBe(3);
  });
});
