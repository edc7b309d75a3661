// A decision's state as a case: what it holds is enough to decide alike.

import { describe, expect, it } from "vitest";
import {
  decisionCaseText,
  prepareRun,
  startRun,
  verifyDecisions,
} from "../../src/experiment/index.ts";
import { decodeScenario } from "../../src/experiment/scenario/read-scenario.ts";
import { EvaluatorDifference, type PodInfo } from "../../src/scheduler/index.ts";

const ZONES = ["a", "b", "a", "b", "a"];
const SCENARIO = {
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "case" },
  run: { study: "terminating", horizon: "5m" },
  schedulers: [{ name: "one", args: { evaluator: "fused" } }],
  cluster: {
    objects: [
      ...ZONES.map((zone, at) => ({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: `n${at}`, labels: { "topology.kubernetes.io/zone": zone } },
        spec: at === 4 ? { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] } : {},
        status: { allocatable: { cpu: "2", memory: "4Gi", pods: "110" } },
      })),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web", namespace: "default" },
        spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
      },
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { name: "web", namespace: "default" },
        spec: {
          replicas: 6,
          selector: {
            matchExpressions: [{ key: "app", operator: "In", values: ["web", "other"] }],
          },
          template: {
            metadata: { labels: { app: "web" } },
            spec: {
              containers: [{ name: "c", image: "i", resources: { requests: { cpu: "300m" } } }],
            },
          },
        },
      },
    ],
  },
};

describe("a decision's state as a case", () => {
  it("holds nodes in the list's order, pods, owners, services and where the search began", () => {
    const { scenario, problems } = decodeScenario(SCENARIO, { file: "s" });
    expect(problems).toEqual([]);
    const run = startRun(prepareRun({ scenario: scenario! }));
    const decided: PodInfo[] = [];
    while (run.advance(1_000));
    const { cache } = run.schedulerOf("default-scheduler");
    for (const row of cache.nodeList) decided.push(...cache.podsOn(row));
    expect(decided).toHaveLength(6);
    const pending = { ...decided[0]!, uid: "next", name: "next", nodeName: "" };
    const difference = { field: "node", left: "1", right: "2" };
    const text = decisionCaseText(run, new EvaluatorDifference(pending, difference, 7, 3));
    const written = JSON.parse(text) as {
      objects: { kind: string; metadata: { name: string }; spec?: { selector?: unknown } }[];
    };
    const ofKind = (kind: string) => written.objects.filter((object) => object.kind === kind);
    expect(ofKind("Node").map(({ metadata }) => metadata.name)).toEqual(
      cache.nodeList.map((row) => cache.nodeName(row)),
    );
    expect(ofKind("Pod")).toHaveLength(6);
    expect(ofKind("Service")).toHaveLength(1);
    expect(ofKind("ReplicaSet")[0]?.spec?.selector).toEqual({
      matchExpressions: [{ key: "app", operator: "In", values: ["other", "web"] }],
    });
    expect(written).toMatchObject({ config: null, start: 3, difference });
    const report = verifyDecisions(text.split("\n"), "case", { evaluator: "both" });
    expect([report.checked, report.differ]).toEqual([1, 0]);
  });

  it("says nothing of the truth, so the plain evaluator alone cannot be verified with it", () => {
    const lines = ['{"name":"x","objects":[],"pod":{"metadata":{"name":"p"},"spec":{}}}'];
    expect(() => verifyDecisions(lines, "case")).toThrow("expect");
  });
});
