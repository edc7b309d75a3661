// Claims about objects that a later step applies again: they change as under kubectl apply.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../src/experiment/index.ts";

const web = (replicas: number, image: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "c", image }] },
    },
  },
});

function run(manifests: readonly object[]) {
  return runScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "again" },
    run: { study: "terminating", horizon: "10m" },
    cluster: {
      nodePools: [{ name: "n", count: 2, allocatable: { cpu: "8", memory: "8Gi", pods: "110" } }],
    },
    workload: { manifests },
  });
}

describe("an object that is applied again", () => {
  it("takes the new number of replicas, and a new template rolls out", () => {
    const { workloads, counts, notes } = run([
      { objects: [web(2, "a")] },
      { at: "1m", objects: [web(5, "a")] },
      { at: "3m", objects: [web(5, "b")] },
    ]);
    expect(notes.filter(({ code }) => code === "REFUSED")).toEqual([]);
    expect(workloads).toMatchObject([{ desiredCount: 5, readyAtEndCount: 5 }]);
    expect(counts.podsCreated).toBe(10);
  });

  it("is refused where the API refuses it: a pod, a Job", () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { containers: [{ name: "c", image: "i" }] },
    };
    const { notes, counts } = run([{ objects: [pod] }, { at: "1m", objects: [pod] }]);
    expect(notes.filter(({ code }) => code === "REFUSED")).toHaveLength(1);
    expect(counts.podsCreated).toBe(1);
  });
});
