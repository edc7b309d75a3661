// Operation counts of a run: they follow from inputs and code alone, and hold what they claim to count.

import { describe, expect, it } from "vitest";
import { definePlugin, runScenario, strategyScheduler } from "../../src/index.ts";
import type { RunResult } from "../../src/metrics/index.ts";

const NODES = 5;
const PODS = 8;

function scenario(extra: object = {}): object {
  const pod = (index: number): object => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `p${index}`, annotations: { "podsim.dev/run": "30s" } },
    spec: {
      restartPolicy: "Never",
      containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }],
    },
  });
  return {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "counted" },
    run: { study: "terminating", horizon: "10m", seed: "1" },
    cluster: {
      nodePools: [
        { name: "n", count: NODES, allocatable: { cpu: "8", memory: "16Gi", pods: "110" } },
      ],
    },
    workload: { manifests: [{ objects: Array.from({ length: PODS }, (_, at) => pod(at)) }] },
    ...extra,
  };
}

function countsOf(result: RunResult): RunResult["operations"]["schedulers"][number] {
  return result.operations.schedulers[0]!;
}

const result = runScenario(scenario());

describe("operation counts", () => {
  it("are the same in two runs", () => {
    expect(runScenario(scenario()).operations).toEqual(result.operations);
  });

  it("of a scheduler do not count what invariants look at", () => {
    // The loop itself has more to do under --check: news that nobody else hears is delivered.
    const { schedulers, apiChanges } = runScenario(scenario(), { check: "deep" }).operations;
    expect(schedulers).toEqual(result.operations.schedulers);
    expect(apiChanges).toBe(result.operations.apiChanges);
  });

  it("hold one decision per attempt, and every node once where all are looked at", () => {
    for (const evaluator of ["plain", "fused"] as const) {
      const { decisions, nodesTouched, queuePops } = countsOf(
        runScenario(scenario(), { evaluator }),
      );
      expect(decisions).toBe(result.decisions.attemptsCount);
      expect(queuePops).toBe(PODS);
      expect(nodesTouched).toBe(PODS * NODES);
      expect(nodesTouched).toBe(result.decisions.nodesEvaluatedCount);
    }
    // The index looks at fewer nodes than it judges.
    expect(countsOf(result).decisions).toBe(result.decisions.attemptsCount);
    expect(countsOf(result).nodesTouched).toBeLessThan(PODS * NODES);
  });

  it("hold the events of the loop, by kind and in all", () => {
    const { events, eventsByKind } = result.operations;
    expect(eventsByKind.reduce((sum, { count }) => sum + count, 0)).toBe(events.fired);
    expect(events.heapPushes).toBeLessThanOrEqual(events.scheduled);
    expect(events.heapPops).toBeGreaterThan(0);
    expect(events.heapPops).toBeLessThanOrEqual(events.heapPushes);
    expect(
      eventsByKind.find(({ kind }) => kind === "scheduler: decision")?.count ?? 0,
    ).toBeLessThanOrEqual(countsOf(result).decisions);
  });

  it("count a needless plugin call by call, and the views it is given", () => {
    const calls = { preFilter: 0, filter: 0, score: 0 };
    const idle = definePlugin({
      name: "Idle",
      preFilter: () => {
        calls.preFilter++;
        return true;
      },
      filter: () => {
        calls.filter++;
        return true;
      },
      score: () => {
        calls.score++;
        return 0;
      },
    });
    const evaluator = "fused";
    const scheduler = strategyScheduler("idle", [idle]);
    const slower = runScenario(scenario(), { scheduler, evaluator });
    const before = countsOf(runScenario(scenario(), { evaluator }));
    const after = countsOf(slower);
    expect(slower.fingerprint).toBe(result.fingerprint);
    expect(calls.filter).toBe(PODS * NODES);
    expect(after.preFilterCalls - before.preFilterCalls).toBe(calls.preFilter);
    expect(after.filterCalls - before.filterCalls).toBe(calls.filter);
    expect(after.scoreCalls - before.scoreCalls).toBe(calls.score);
    expect(after.nodeViews).toBe(PODS * NODES);
    expect(before.nodeViews).toBe(0);
  });
});
