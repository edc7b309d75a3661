// The verdict of a run: gates decide where there are any, otherwise what is pending or short does.

import { describe, expect, it } from "vitest";
import { decodeScenario, prepareRun, startRun } from "../../src/experiment/index.ts";
import type { RunResult } from "../../src/metrics/index.ts";
import { verdictLine } from "../../src/report/index.ts";

function runWith(more: object): RunResult {
  const container = { name: "c", image: "i:1", resources: { requests: { cpu: "3" } } };
  const { scenario } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "verdict" },
    run: { horizon: "2m", seed: "1" },
    cluster: { nodePools: [{ name: "n", count: 1, allocatable: { cpu: "4", pods: "10" } }] },
    workload: {
      manifests: ["one", "two"].map((name) => ({
        objects: [
          { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers: [container] } },
        ],
      })),
    },
    ...more,
  });
  const run = startRun(prepareRun({ scenario: scenario! }), {});
  while (run.advance(10_000));
  return run.finish();
}

describe("the verdict", () => {
  it.each([
    ["without gates a pod that fits nowhere is not OK", {}, "NOT OK   1 pod fits on no node"],
    [
      "gates that hold make it OK, and it is still told",
      { thresholds: ["unschedulable=1"] },
      "OK       all gates hold; 1 pod fits on no node",
    ],
    [
      "a gate that fails makes it not OK",
      { thresholds: ["unschedulable=0", "pending.max<1h"] },
      "NOT OK   1 of 2 thresholds failed; 1 pod fits on no node",
    ],
  ])("%s", (_claim, more, line) => {
    expect(verdictLine(runWith(more))).toBe(line);
  });
});
