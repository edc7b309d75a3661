// A race gives figures only where all evaluators decided alike.

import { afterEach, expect, it } from "vitest";
import { type CreateEvaluator, EVALUATORS } from "../../bench/workloads/evaluators.ts";
import { formatRace } from "../../bench/workloads/race-command.ts";
import { measureDriver, race, type RaceOptions } from "../../bench/workloads/race.ts";

const OPTIONS: RaceOptions = {
  workload: { nodes: 20, apps: 10, sampling: "all" },
  evaluators: ["plain", "fused"],
  slices: 2,
  sliceMs: 1,
  warmUpMs: 50,
};

const evaluators = EVALUATORS as Record<string, CreateEvaluator>;
const { fused } = EVALUATORS;

afterEach(() => {
  evaluators["fused"] = fused;
});

it("equal decisions give one hash and figures for each", () => {
  const result = race(OPTIONS);
  expect(result.hash).toMatch(/^[0-9a-f]{8}$/);
  expect(result.sharedDecisions).toBeGreaterThanOrEqual(200);
  expect(result.figures.map(({ evaluator }) => evaluator)).toEqual(["plain", "fused"]);
  for (const { cpuUs, decisions, placed } of result.figures) {
    expect(cpuUs).toBeGreaterThan(0);
    expect(placed).toBeLessThanOrEqual(decisions);
  }
  expect(formatRace(result)).toContain(`hash ${result.hash} over the first`);
});

it("the workload alone is the same stream, and costs less than with an evaluator", () => {
  const workload = { ...OPTIONS.workload, nodes: 100 };
  const driverUs = measureDriver(workload, 600);
  const { figures } = race({ ...OPTIONS, workload, evaluators: ["plain"] });
  expect(driverUs).toBeGreaterThan(0);
  expect(driverUs).toBeLessThan(figures[0]!.cpuUs);
});

it("an evaluator that decides otherwise gets no figures but the place where it did", () => {
  evaluators["fused"] = (...parts) => {
    const evaluator = fused(...parts);
    let count = 0;
    return {
      get nextStart() {
        return evaluator.nextStart;
      },
      decide: (...pod) => {
        const decision = evaluator.decide(...pod);
        return ++count === 90 ? { ...decision, tieCount: decision.tieCount + 1 } : decision;
      },
    };
  };
  expect(() => race(OPTIONS)).toThrow(/fused and plain differ within decisions 81 to 100/);
});
