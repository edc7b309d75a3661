// Second intervals are told where they say something else, and not where both read alike.

import { describe, expect, it } from "vitest";
import type { BootstrapBeside, Estimate } from "../../src/analysis/index.ts";
import { bootstrapText } from "../../src/report/beside-text.ts";

function student(low: number, high: number): Estimate & { readonly kind: "interval" } {
  return {
    ...{ kind: "interval", method: "student", confidence: 0.95, count: 20, degreesOfFreedom: 19 },
    ...{ value: (low + high) / 2, standardError: (high - low) / 4, low, high },
  };
}

function beside(low: number, high: number, more: Partial<BootstrapBeside> = {}): BootstrapBeside {
  return {
    ...{ reason: "skewed", skewness: 2, isBeyondBounds: false },
    interval: { ...student(low, high), method: "bootstrap" },
    ...more,
  };
}

describe("a second interval", () => {
  it("is told beside the first, with why", () => {
    expect(bootstrapText(student(-12_000, 73_000), beside(7_000, 126_000), "us")).toEqual([
      "replications are skewed (2.0); bootstrap (BCa) says [7ms, 126ms] beside [-12ms, 73ms]",
    ]);
    const share = beside(0, 0.02, { reason: "bounded", isBeyondBounds: true });
    expect(bootstrapText(student(-0.01, 0.02), share, "ratio")[0]).toMatch(
      /^the interval holds what cannot be; /,
    );
  });

  it("is left out where it reads the same, or where the first keeps within its bounds", () => {
    expect(bootstrapText(student(1e-7, 2e-7), beside(2e-7, 3e-7), "ratio")).toEqual([]);
    const share = beside(0.1, 0.2, { reason: "bounded" });
    expect(bootstrapText(student(0.1, 0.3), share, "ratio")).toEqual([]);
  });
});
