import { describe, expect, it } from "vitest";
import { replicasOf } from "../../src/experiment/end-measures.ts";
import { decodeScenario, prepareRun, runToEnd } from "../../src/experiment/index.ts";
import type { WorkloadSummary } from "../../src/metrics/index.ts";

const workload = (kind: string, name: string, desired: number, ready: number): WorkloadSummary => ({
  kind,
  namespace: "default",
  name,
  desiredCount: desired,
  readyAtEndCount: ready,
  availabilityRatio: null,
  degradedUs: 0,
  longestDegradedUs: null,
  firstCompleteUs: null,
  podsCreatedCount: 0,
  podsLostCount: 0,
});

describe("measures of the end", () => {
  it("sum up replicas of all workloads or of one; an unknown one has no value", () => {
    const all = [workload("Deployment", "web", 3, 2), workload("StatefulSet", "web", 5, 5)];
    expect(replicasOf(all, "", "desiredCount")).toBe(8);
    expect(replicasOf(all, "deploy/web", "readyAtEndCount")).toBe(2);
    expect(replicasOf(all, "sts/web", "readyAtEndCount")).toBe(5);
    expect(replicasOf(all, "deploy/shop", "readyAtEndCount")).toBeNull();
  });

  it("count Events by reason and kind, and ready endpoints", () => {
    const reading = decodeScenario({
      apiVersion: "podsim.dev/v1",
      kind: "Scenario",
      metadata: { name: "t" },
      run: { horizon: "1m" },
      cluster: { nodePools: [{ name: "n", count: 1, allocatable: { cpu: "4", pods: "9" } }] },
      workload: {
        manifests: [
          {
            objects: [
              {
                apiVersion: "apps/v1",
                kind: "Deployment",
                metadata: { name: "web" },
                spec: {
                  replicas: 3,
                  selector: { matchLabels: { app: "web" } },
                  template: {
                    metadata: { labels: { app: "web" } },
                    spec: { containers: [{ name: "c", image: "i:1" }] },
                  },
                },
              },
              {
                apiVersion: "v1",
                kind: "Service",
                metadata: { name: "web" },
                spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
              },
            ],
          },
        ],
      },
      thresholds: [
        "events(SuccessfulCreate)=3",
        "events(ReplicaSet/SuccessfulCreate)=3",
        "events(Job/SuccessfulCreate)=0",
        "endpoints=3",
        "endpoints(web)=3",
        "endpoints(shop)=0",
        "created=3",
        "running=3",
        "waiting=0",
        "succeeded=0",
      ],
    });
    expect(reading.problems.filter(({ severity }) => severity === "error")).toEqual([]);
    const prepared = prepareRun({ scenario: reading.scenario!, document: reading.document! });
    const { thresholds } = runToEnd(prepared);
    const failed = thresholds.filter(({ passed }) => !passed);
    expect(failed.map(({ measure, value }) => [measure, value])).toEqual([
      ["endpoints(shop)", null],
    ]);
  });
});
