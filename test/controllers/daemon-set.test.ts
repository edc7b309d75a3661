// DaemonSets against a kubelet that refuses their pods: a rolling update with surge waits with the pod it
// has, and the pods that failed go with growing delays.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../src/experiment/index.ts";

const SCENARIO = {
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "surge" },
  run: { horizon: "15m" },
  cluster: {
    nodePools: [
      {
        ...{ name: "n", count: 2 },
        allocatable: { cpu: "4", memory: "8Gi", "ephemeral-storage": "20Gi", pods: "20" },
      },
    ],
  },
  workload: {
    manifests: [
      {
        objects: [
          {
            apiVersion: "apps/v1",
            kind: "DaemonSet",
            metadata: { name: "agent" },
            spec: {
              updateStrategy: {
                type: "RollingUpdate",
                rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
              },
              selector: { matchLabels: { app: "agent" } },
              template: {
                metadata: { labels: { app: "agent" } },
                spec: { containers: [{ name: "main", image: "agent:1" }] },
              },
            },
          },
        ],
      },
    ],
    edits: [{ at: "2m", setImage: { object: "ds/agent", image: "agent:2" } }],
  },
  faults: [{ kind: "DiskFull", node: "n-0", at: "1m", duration: "3m", fillPercent: 95 }],
};

describe("a rolling update with surge", () => {
  const expectations = [
    { pods: "app=agent", at: "3m", image: "agent:1", onNode: "n-0", ready: 1 },
    { pods: "app=agent", at: "3m", phase: "Failed", count: "<=1" },
    { object: "ds/agent", status: { updatedNumberScheduled: 2, numberReady: 2 } },
  ];
  const result = runScenario({ ...SCENARIO, expect: expectations });

  it("keeps the old pod while its node refuses the new one, and goes on afterwards", () => {
    expect(result.expectations.filter(({ passed }) => !passed)).toEqual([]);
  });

  it("does not make one pod after the other while they are refused", () => {
    // Two old, two new, and the refused ones at growing delays of 1, 2, 4 ... s.
    expect(result.counts.podsCreated).toBeGreaterThan(4);
    expect(result.counts.podsCreated).toBeLessThan(20);
  });
});
