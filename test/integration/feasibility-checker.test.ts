// The checker itself: a scheduler whose filters are switched off must be caught by it.
import { describe, expect, it } from "vitest";
import { decodeScenario, prepareRun, startRun } from "../../src/experiment/index.ts";
import { FeasibilityChecker } from "./feasibility-checker.ts";

function pod(name: string, spec: object, container: object = {}): object {
  const containers = [{ name: "c", image: "i", ...container }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers, ...spec } };
}

function node(name: string, labels: object, spec: object = {}): object {
  const allocatable = { cpu: "2", memory: "1Gi", pods: "4", "example.com/gpu": "1" };
  const metadata = { name, labels };
  return { apiVersion: "v1", kind: "Node", metadata, spec, status: { allocatable } };
}

const PODS: readonly (readonly [what: string, pod: object, fault: RegExp])[] = [
  ["cpu", pod("p", {}, { resources: { requests: { cpu: "2100m" } } }), /cpu: asks 2100, free 2000/],
  [
    "the largest of init containers",
    pod("p", {
      initContainers: [{ name: "i", image: "i", resources: { limits: { memory: "2Gi" } } }],
    }),
    /memory: asks/,
  ],
  [
    "whole GPUs",
    pod("p", {}, { resources: { limits: { "example.com/gpu": "2" } } }),
    /example\.com\/gpu: asks 2000, free 1000/,
  ],
  ["node selectors", pod("p", { nodeSelector: { disk: "ssd" } }), /node selector disk=ssd/],
  [
    "required node affinity",
    pod("p", {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] },
            ],
          },
        },
      },
    }),
    /no required node affinity term/,
  ],
  ["taints", pod("p", {}), /taint dedicated:NoSchedule/],
];

const UNFILTERED = {
  apiVersion: "kubescheduler.config.k8s.io/v1",
  kind: "KubeSchedulerConfiguration",
  profiles: [
    {
      schedulerName: "default-scheduler",
      plugins: {
        multiPoint: {
          disabled: [
            { name: "NodeResourcesFit" },
            { name: "NodeResourcesBalancedAllocation" },
            { name: "TaintToleration" },
            { name: "NodeAffinity" },
            { name: "NodeUnschedulable" },
          ],
        },
      },
    },
  ],
};

function faultsOf(objects: readonly object[]): string[] {
  const { scenario, document, problems } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "check" },
    run: { study: "terminating", horizon: "1m", seed: "1" },
    cluster: { objects: objects.slice(0, 1) },
    workload: { manifests: [{ at: "0s", objects: objects.slice(1) }] },
    schedulers: [{ name: "unfiltered", config: UNFILTERED }],
  });
  expect(problems).toEqual([]);
  const run = startRun(prepareRun({ scenario: scenario!, document: document! }));
  const checker = new FeasibilityChecker(run.api);
  while (run.advance(10_000));
  expect(checker.bindCount).toBe(objects.length - 1);
  return checker.faults;
}

describe("the feasibility checker", () => {
  it.each(PODS)("sees a bind that breaks %s", (what, wrong, fault) => {
    const spec = what === "taints" ? { taints: [{ key: "dedicated", effect: "NoSchedule" }] } : {};
    expect(faultsOf([node("n", { zone: "a" }, spec), wrong])).toEqual([
      expect.stringMatching(fault),
    ]);
  });

  it("sees the fifth pod on a node for four, and has nothing against the others", () => {
    const pods = ["a", "b", "c", "d", "e"].map((name) => pod(name, {}));
    expect(faultsOf([node("n", {}), ...pods])).toEqual(["default/e on n: pods: asks 1000, free 0"]);
  });
});
