// Expectations: every subject and every field has one that is met and one that is not, on a small
// cluster whose state is known; instants, things that are not there, and what a run says of them.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../../src/experiment/index.ts";
import {
  EXPECTATION_FIELDS,
  EXPECTATION_SUBJECTS,
  isWanted,
  parseWanted,
} from "../../../src/experiment/expect/expectation-fields.ts";
import type { ExpectationVerdict } from "../../../src/metrics/index.ts";
import { formatSummary, verdictLine } from "../../../src/report/index.ts";

const pod = (image: string, extra: object = {}): object => ({
  ...extra,
  spec: { containers: [{ name: "main", image, resources: { requests: { cpu: "1" } } }] },
});

/** Two nodes in two zones; three web pods, one of them on a second image; a pod that fits nowhere; a quota. */
const WORLD = {
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "expectations" },
  run: { horizon: "5m" },
  cluster: {
    nodePools: [
      {
        name: "n",
        count: 2,
        zones: ["a", "b"],
        allocatable: { cpu: "4", memory: "8Gi", pods: "20" },
      },
    ],
    objects: [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "small" } },
      {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "few", namespace: "small" },
        spec: { hard: { pods: "1" } },
      },
    ],
  },
  workload: {
    manifests: [
      {
        at: "0s",
        objects: [
          deployment("web", "default", 3),
          deployment("web", "small", 3),
          {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "web" },
            spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
          },
          { apiVersion: "v1", kind: "Pod", metadata: { name: "big" }, ...bigPod() },
          {
            apiVersion: "v1",
            kind: "Pod",
            metadata: {
              name: "fails",
              annotations: { "podsim.dev/run": "1", "podsim.dev/exit": "3" },
            },
            ...pod("job:1"),
          },
        ],
      },
    ],
    edits: [
      { at: "4m", cordon: "n-1" },
      { at: "4m", delete: { object: "pod/big" } },
    ],
  },
};

function deployment(name: string, namespace: string, replicas: number): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: pod(`${name}:1`, { metadata: { labels: { app: name } } }),
    },
  };
}

function bigPod(): object {
  const resources = { requests: { cpu: "100" } };
  return { spec: { containers: [{ name: "main", image: "big:1", resources }] } };
}

/** One expectation, and the same with another value that must fail. */
const CASES: readonly (readonly [object, object])[] = [
  [{ pods: "app=web", count: 3 }, { count: 2 }],
  [{ pods: "app=web", ready: ">=3" }, { ready: ">3" }],
  [{ pods: "app=web", terminating: 0 }, { terminating: 1 }],
  [{ pods: "app=web", nodes: 2 }, { nodes: 3 }],
  [{ pods: "app=web", zoneSkew: "<=1" }, { zoneSkew: 0 }],
  [{ pods: "app=web", nodeSkew: 1 }, { nodeSkew: 2 }],
  [{ pods: "app=web", image: "web:1", count: 3 }, { image: "web:2" }],
  [{ pods: "", phase: "Running", count: 4 }, { phase: "Pending" }],
  [{ pods: "", status: "CrashLoopBackOff", count: 1 }, { status: "Completed" }],
  [{ pods: "", restarts: ">0", count: 1 }, { restarts: 0 }],
  [{ pods: "", reason: "!=Evicted", count: ">=4" }, { reason: "Evicted" }],
  [{ pods: "app=web", readyContainers: "1/1", count: 3 }, { readyContainers: "0/1" }],
  [{ pods: "app=web", onNode: "!=n-7", count: 3 }, { onNode: "n-7" }],
  [
    { at: "1m", pods: "", pending: "Insufficient cpu", count: 1 },
    { pending: "Insufficient memory" },
  ],
  [{ at: "1m", pod: "big", pending: "Insufficient cpu" }, { pending: "Insufficient memory" }],
  [{ pod: "default/fails", exists: true }, { exists: false }],
  [{ pod: "big", exists: false }, { exists: true }],
  [{ pod: "fails", ready: false }, { ready: true }],
  [{ pod: "fails", phase: "Running" }, { phase: "Failed" }],
  [{ pod: "fails", status: "CrashLoopBackOff" }, { status: "Running" }],
  [{ pod: "fails", image: "job:1" }, { image: "job:2" }],
  [{ pod: "fails", restarts: ">=1" }, { restarts: 0 }],
  [{ pod: "fails", onNode: "!=n-7" }, { onNode: "n-7" }],
  [{ pod: "fails", reason: "!=Evicted" }, { reason: "Evicted" }],
  [{ pod: "fails", readyContainers: "0/1" }, { readyContainers: "1/1" }],
  [
    { pod: "fails", conditions: { Ready: "ContainersNotReady", Initialized: "True" } },
    { conditions: { Ready: "PodFailed", Initialized: "False" } },
  ],
  [{ node: "n-1", exists: true }, { exists: false }],
  [{ node: "n-1", ready: "True" }, { ready: "Unknown" }],
  [{ node: "n-1", cordoned: true }, { at: "3m" }],
  [{ node: "n-1", taint: "node.kubernetes.io/unschedulable:NoSchedule" }, { taint: "NoExecute" }],
  [{ node: "n-0", holds: "<=4" }, { holds: 0 }],
  [{ node: "n-0", conditions: { Ready: "True" } }, { conditions: { Ready: "False" } }],
  [{ object: "deploy/web", exists: true }, { exists: false }],
  [{ object: "deploy/web", status: { readyReplicas: 3 } }, { status: { readyReplicas: 2 } }],
  [
    { object: "deploy/web", conditions: { Available: "True" } },
    { conditions: { Available: "False" } },
  ],
  [
    { object: "deploy/web", conditions: { Available: "MinimumReplicasAvailable" } },
    { conditions: { Available: "Other" } },
  ],
  [
    { object: "quota/few", namespace: "small", status: { "used.pods": 1 } },
    { status: { "used.pods": 2 } },
  ],
  [{ objects: "deploy", count: 1 }, { count: 2 }],
  [{ objects: "pod", namespace: "small", count: 1 }, { count: 2 }],
  [{ objects: "node", count: 2 }, { count: 3 }],
  [{ service: "web", ready: 3 }, { ready: 2 }],
  [{ service: "web", serving: 3 }, { serving: 2 }],
  [{ service: "web", terminating: 0 }, { terminating: 1 }],
  [{ service: "web", image: "web:1", ready: 3 }, { image: "web:2" }],
  [{ events: "FailedCreate", count: ">0" }, { count: 0 }],
  [{ events: "FailedCreate", namespace: "small", count: ">0" }, { namespace: "default" }],
  [{ events: "FailedCreate", about: "rs", count: ">0" }, { about: "sts" }],
  [{ events: "ScalingReplicaSet", about: "deploy/web", count: 2 }, { about: "deploy/db" }],
  [{ events: "FailedCreate", message: "exceeded quota: few", count: ">0" }, { message: "other" }],
];

function verdictsOf(expectations: readonly object[]): readonly ExpectationVerdict[] {
  return runScenario({ ...WORLD, expect: expectations }).expectations;
}

describe("an expectation", () => {
  const met = verdictsOf(CASES.map(([one]) => one));
  const unmet = verdictsOf(CASES.map(([one, change]) => ({ ...one, ...change })));

  it.each(
    CASES.map(([one, change], at): [string, string, number] => [
      JSON.stringify(one),
      JSON.stringify(change),
      at,
    ]),
  )("%s is met, and is not with %s", (_one, _change, at) => {
    expect(met[at]).toMatchObject({ passed: true });
    expect(unmet[at]).toMatchObject({ passed: false });
  });

  it("has a case above for every field of every subject", () => {
    const missing = [...EXPECTATION_SUBJECTS.keys()].flatMap((subject) =>
      [...EXPECTATION_FIELDS]
        .filter(([, { uses }]) => uses[subject] !== undefined)
        .filter(([name]) => !CASES.some(([one]) => subject in one && name in one))
        .map(([name]) => `${subject}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it("fails, with no value, where what it is about is not there", () => {
    const verdicts = verdictsOf([
      { pod: "nobody", restarts: 0 },
      { node: "nowhere", ready: "True" },
      { object: "job/none", status: { failed: 0 } },
      { object: "deploy/web", status: { noSuchField: 0 } },
      { object: "deploy/web", conditions: { NoSuchCondition: "False" } },
      { service: "none", ready: 0 },
      { pods: "app=none", zoneSkew: 0 },
    ]);
    expect(verdicts.map(({ value, passed }) => [value, passed])).toEqual(
      verdicts.map(() => [null, false]),
    );
  });

  it("fails where the run ends before its instant", () => {
    const [verdict] = verdictsOf([{ at: "6m", node: "n-0", exists: true }]);
    expect(verdict).toEqual({
      ...{ about: "node n-0", atUs: 360_000_000, fact: "exists", wanted: "= true" },
      ...{ value: null, passed: false },
    });
  });

  it("is looked at after everything else of its instant", () => {
    const [verdict] = verdictsOf([{ at: "4m", node: "n-1", cordoned: true }]);
    // The edit's request is under way at 4 min and has not committed yet.
    expect(verdict!.value).toBe("false");
    const [later] = verdictsOf([{ at: "4m1s", node: "n-1", cordoned: true }]);
    expect(later!.value).toBe("true");
  });

  it("changes nothing in the run, and a run without any says nothing of them", () => {
    const without = runScenario(WORLD);
    const withSome = runScenario({ ...WORLD, expect: CASES.map(([one]) => one) });
    expect(withSome.fingerprint).toBe(without.fingerprint);
    expect(without.expectations).toEqual([]);
    expect(formatSummary(without)).not.toContain("expectations");
  });

  it("is printed with what it found, and the verdict counts those not met", () => {
    const result = runScenario({
      ...WORLD,
      expect: [
        { pods: "app=web", image: "web:1", ready: 3 },
        { object: "deploy/web", at: "1m", status: { readyReplicas: 4 } },
      ],
    });
    const text = formatSummary(result);
    expect(text).toContain("pass  pods app=web, image = web:1: ready = 3  (is 3)\n");
    expect(text).toContain("FAIL  object deploy/web at 1m0s: status.readyReplicas = 4  (is 3)\n");
    expect(verdictLine(result)).toContain("1 of 2 expectations not met");
  });
});

describe("a wanted value", () => {
  it.each([
    [3, "count", { operator: "=", value: 3 }],
    ["<= 4", "count", { operator: "<=", value: 4 }],
    ["!=Running", "text", { operator: "!=", value: "Running" }],
    ["7", "text", { operator: "=", value: "7" }],
    ["7", "any", { operator: "=", value: 7 }],
    ["a < b", "part", { operator: "has", value: "a < b" }],
    [false, "flag", { operator: "=", value: "false" }],
  ] as const)("%j as a %s is read", (given, form, wanted) => {
    expect(parseWanted(given, form)).toEqual(wanted);
  });

  it.each([
    [-1, "count"],
    [0.5, "any"],
    ["many", "count"],
    ["<many", "any"],
    ["true", "flag"],
    [3, "text"],
    [true, "part"],
    ["", "text"],
    [null, "any"],
  ] as const)("%j as a %s is refused", (given, form) => {
    expect(parseWanted(given, form)).toMatch(/^expected /);
  });

  it("is never met by what is not there, nor a number by a text", () => {
    expect(isWanted(null, { operator: "!=", value: 3 })).toBe(false);
    expect(isWanted("three", { operator: "!=", value: 3 })).toBe(false);
  });
});
