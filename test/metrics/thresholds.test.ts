// Gates: the grammar, what is refused and how, and the judgement at the limit itself.

import { describe, expect, it } from "vitest";
import { judgeThreshold, parseThreshold, type Threshold } from "../../src/metrics/thresholds.ts";

function parsed(text: string): Threshold {
  const threshold = parseThreshold(text);
  if (typeof threshold === "string") throw new Error(threshold);
  return threshold;
}

describe("thresholds", () => {
  it.each([
    ["pending.p99<30s", "pending", "p99", "<", 30_000_000],
    ["pending.p(99.9) <= 1m", "pending", "p99.9", "<=", 60_000_000],
    ["pending.med<250ms", "pending", "p50", "<", 250_000],
    ["pending.count>0", "pending", "count", ">", 0],
    ["unschedulable=0", "unschedulable", "", "=", 0],
    ["unschedulable==0", "unschedulable", "", "=", 0],
    ["availability>=99.9%", "availability", "", ">=", 0.9990000000000001],
    ["utilization.cpu>0.6", "utilization.cpu", "", ">", 0.6],
  ])("reads %s", (text, measure, statistic, operator, limit) => {
    const threshold = parsed(text);
    expect(threshold).toMatchObject({ measure, statistic, operator });
    expect(threshold.limit).toBeCloseTo(limit, 12);
  });

  it.each([
    ["pending<30s", "distribution"],
    ["unschedulable.p99=0", "takes no"],
    ["pendng.p99<30s", "no measure"],
    ["pending.p99<30", "duration"],
    ["pending.p101<30s", "between 0 and 100"],
    ["unschedulable=0.5", "whole number"],
    ["availability>1s", "ratio"],
    ["created(web)=1", "takes nothing in parentheses"],
    ["events=1", "needs to know which: write events([KIND/]REASON)"],
    ["", "no threshold"],
  ])("refuses %s", (text, why) => {
    expect(parseThreshold(text)).toContain(why);
  });

  it.each([
    ["ready=4", "ready", ""],
    ["ready(deploy/web)=4", "ready", "deploy/web"],
    ["events( CronJob/MissSchedule ) < 2", "events", "CronJob/MissSchedule"],
  ])("reads what %s is about", (text, measure, argument) => {
    expect(parsed(text)).toMatchObject({ measure, argument, statistic: "" });
    const verdict = judgeThreshold(parsed(text), () => 1);
    expect(verdict.measure).toBe(argument === "" ? measure : `${measure}(${argument})`);
  });

  it("holds strictly or not at the limit", () => {
    const at = (text: string) => judgeThreshold(parsed(text), () => 30_000_000).passed;
    expect([at("pending.max<30s"), at("pending.max<=30s"), at("pending.max=30s")]).toEqual([
      false,
      true,
      true,
    ]);
    expect([at("pending.max>30s"), at("pending.max>=30s"), at("pending.max!=30s")]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it("fails where there is nothing to measure", () => {
    expect(judgeThreshold(parsed("pending.p99<30s"), () => null)).toMatchObject({
      value: null,
      passed: false,
    });
  });
});
