// Claims about ratio measures over replications: one ratio of all of them, by the jackknife.

import { describe, expect, it } from "vitest";
import { estimateRatio } from "../../../src/analysis/index.ts";
import {
  type CellResult,
  decodeScenario,
  prepareRun,
  runStudyCell,
  sweepCells,
  type SweepPlan,
} from "../../../src/experiment/index.ts";

const POD = {
  spec: {
    restartPolicy: "Never",
    containers: [
      { name: "c", image: "job:1", resources: { requests: { cpu: "3", memory: "5Gi" } } },
    ],
  },
};

function cells(count: number, measures: readonly string[]): CellResult[] {
  const reading = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "jobs" },
    run: { study: "terminating", until: "drained", seed: "1" },
    cluster: {
      nodePools: [
        {
          ...{ name: "n", count: 3, pricePerHour: 2 },
          allocatable: { cpu: "4", memory: "16Gi", pods: "50" },
        },
      ],
    },
    workload: {
      generators: [
        {
          name: "jobs",
          arrivals: { process: "poisson", rate: 1 / 5, count: 30 },
          duration: { law: "exponential", mean: "20s" },
          mix: [{ weight: 1, pod: POD }],
        },
      ],
      manifests: [],
    },
    measures,
  });
  expect(reading.problems).toEqual([]);
  const prepared = prepareRun({ scenario: reading.scenario! });
  return Array.from({ length: count }, (_, replication) =>
    runStudyCell(prepared, { replication, varied: ["arrivals", "lifetimes"] }),
  );
}

const PLAN: SweepPlan = {
  parameters: ["n"],
  rows: [
    {
      values: ["1"],
      scheduler: "default",
      world: {
        metadata: { name: "w" },
        run: { seed: "1", study: "terminating", warmup: 0 as never, horizon: undefined },
      },
    },
  ],
  varied: ["arrivals"],
  replicationsCount: 6,
  confidence: 0.95,
  measures: [],
};

describe("ratios over replications", () => {
  const runs = cells(6, ["fragmentation.cpu", "stranded.memory", "cost"]);
  const { rows, measures } = sweepCells(PLAN, runs);
  const estimateOf = (name: string) =>
    rows[0]!.estimates[measures.findIndex(({ measure }) => measure === name)]!;
  const partsOf = (name: string) =>
    runs.map((run) => run.measures.find(({ measure }) => measure === name)!);

  it.each([
    ...["utilization.cpu", "utilization.memory", "fragmentation.cpu", "stranded.memory"],
    "cost.perPod",
  ])("%s is used over offered in each run, and over all of them", (name) => {
    const parts = partsOf(name);
    for (const { value, quotient } of parts)
      expect(quotient!.numerator / quotient!.denominator).toBeCloseTo(
        value!,
        name === "cost.perPod" ? -1 : 9,
      );
    const numerators = parts.map(({ quotient }) => quotient!.numerator);
    const denominators = parts.map(({ quotient }) => quotient!.denominator);
    expect(new Set([...numerators, ...denominators]).size).toBeGreaterThan(2);
    expect(estimateOf(name)).toEqual(estimateRatio(numerators, denominators, 0.95));
    if (name !== "stranded.memory") expect(estimateOf(name)).toMatchObject({ method: "jackknife" });
  });

  it("means of what is no ratio stay Student's", () => {
    expect(estimateOf("cost")).toMatchObject({ method: "student" });
    expect(partsOf("pending.avg").every(({ quotient }) => quotient === undefined)).toBe(true);
  });

  it("is missing where one run has none", () => {
    const holed = runs.map((run, at) => ({
      ...run,
      measures: run.measures.map((one) => {
        if (at !== 2 || one.measure !== "utilization.cpu") return one;
        const { quotient: _, ...rest } = one;
        return { ...rest, value: null };
      }),
    }));
    const record = sweepCells(PLAN, holed);
    const at = record.measures.findIndex(({ measure }) => measure === "utilization.cpu");
    expect(record.rows[0]!.estimates[at]).toMatchObject({
      ...{ kind: "absent", reason: "missing-values", affectedCount: 1 },
    });
  });
});
