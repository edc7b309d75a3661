// Claims about the importer of kube-scheduler-simulator's snapshots and records.

import { describe, expect, it } from "vitest";
import { SCHEDULER_SIMULATOR } from "../../../src/workload/traces/import/scheduler-simulator.ts";
import { countOf, importRows } from "./import-rows.ts";

const read = (value: unknown, options = {}) =>
  importRows(
    SCHEDULER_SIMULATOR,
    { "snapshot.json": JSON.stringify(value, undefined, 1) },
    options,
  );
const meta = (name: string, more: object = {}) => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: "7",
  creationTimestamp: "2025-01-01T00:00:00Z",
  managedFields: [],
  ...more,
});
const NODE = { metadata: meta("n"), status: { allocatable: { cpu: "4", pods: "10" } } };
const POD = {
  metadata: meta("p", { namespace: "default" }),
  spec: { nodeName: "n", priority: 0, containers: [{ name: "c", image: "i" }] },
};

describe("a snapshot", () => {
  const snapshot = {
    ...{
      pods: [POD],
      nodes: [NODE],
      pvs: [],
      pvcs: [],
      storageClasses: [],
      namespaces: [{ metadata: meta("x") }],
    },
    priorityClasses: [
      { metadata: meta("system-node-critical"), value: 2_000_001_000 },
      { metadata: meta("high"), value: 10 },
    ],
    schedulerConfig: { profiles: [{ schedulerName: "default-scheduler" }] },
  };

  it("is the cluster at time zero, with kinds and without what the API server writes", () => {
    const { scenario, problems } = read(snapshot);
    expect(problems).toEqual([]);
    const objects = scenario.objects as {
      kind: string;
      metadata: { name: string; uid?: string };
    }[];
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "Namespace x",
      "PriorityClass high",
      "Node n",
      "Pod p",
    ]);
    expect(objects[2]!.metadata).toEqual({ name: "n" });
    expect(scenario.schedulerConfiguration).toMatchObject({
      kind: "KubeSchedulerConfiguration",
      profiles: [{ schedulerName: "default-scheduler" }],
    });
    expect(scenario.steps).toEqual([]);
  });

  it("keeps pods on their nodes, or lets them be scheduled anew", () => {
    expect(read(snapshot).scenario.objects!.at(-1)).toMatchObject({ spec: { nodeName: "n" } });
    const free = read(snapshot, { bound: "free" });
    expect(free.scenario.objects!.at(-1)).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "default" },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    expect(countOf(free, "scheduled anew")).toBe(1);
  });

  it("may come without a scheduler configuration", () => {
    expect(read({ ...snapshot, schedulerConfig: null }).scenario).not.toHaveProperty(
      "schedulerConfiguration",
    );
  });
});

describe("a record", () => {
  const change = (time: string, event: string, resource: object) => ({ time, event, resource });
  const node = { apiVersion: "v1", kind: "Node", ...NODE };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    ...POD,
    metadata: meta("p", {
      namespace: "default",
      ownerReferences: [{ kind: "ReplicaSet", name: "r" }],
    }),
  };

  it("is steps over time: what users did, without nodes, status and owners", () => {
    const result = read([
      change("2025-01-01T00:00:00Z", "Add", node),
      change("2025-01-01T00:00:01.25Z", "Add", pod),
      change("2025-01-01T00:00:02Z", "Update", pod),
      change("2025-01-01T01:00:00+01:00", "Update", node),
      change("2025-01-01T00:01:01Z", "Delete", pod),
    ]);
    expect(result.problems).toEqual([]);
    expect(result.scenario.steps).toEqual([
      { atUs: 0, objects: [{ ...node, metadata: { name: "n" } }] },
      {
        atUs: 1_250_000,
        objects: [
          {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "p", namespace: "default" },
            spec: { containers: POD.spec.containers },
          },
        ],
      },
    ]);
    expect(result.scenario.edits).toEqual([
      { at: "1m1s", delete: { object: "pod/p", namespace: "default" } },
    ]);
    expect([
      countOf(result, "updates of pods and nodes"),
      countOf(result, "with an owner"),
    ]).toEqual([2, 1]);
  });

  it("refuses changes without a time, an event or an object, with the line", () => {
    expect(read([change("today", "Add", node)]).problems).toMatchObject([
      { line: 2, message: expect.stringContaining("RFC 3339") },
    ]);
    expect(read([change("2025-01-01T00:00:00Z", "Move", node)]).problems[0]?.message).toContain(
      '"Move"',
    );
    expect(read([]).problems[0]?.message).toContain("neither a snapshot");
  });
});
