// Claims about what nobody acts on: told before the run with the weight it has, told once, and never
// for what would do nothing in a real cluster either.

import { describe, expect, it } from "vitest";
import {
  decodeScenario,
  type PreparedRun,
  prepareRun,
  type RunOptions,
  runToEnd,
} from "../../src/experiment/index.ts";
import type { ResultNote } from "../../src/metrics/index.ts";

type Parts = Readonly<Record<string, unknown>>;

function scenario(parts: Parts = {}): object {
  return {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "t" },
    run: { horizon: "2m" },
    cluster: {
      nodePools: [{ name: "n", count: 2, allocatable: { cpu: "4", memory: "8Gi", pods: "10" } }],
    },
    ...parts,
  };
}

function prepare(objects: readonly object[], parts: Parts = {}): PreparedRun {
  const reading = decodeScenario(scenario(parts), { file: "t" });
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const extra = objects.length === 0 ? [] : [{ name: "o.json", bytes: Buffer.from(text) }];
  return prepareRun({ scenario: reading.scenario!, document: reading.document!, extra });
}

/** Notes before and after; what the run adds must be no repetition. */
function notesOf(
  objects: readonly object[],
  parts: Parts = {},
  options: RunOptions = { check: "deep" },
): { readonly before: readonly ResultNote[]; readonly added: readonly ResultNote[] } {
  const prepared = prepare(objects, parts);
  const before = prepared.notes;
  const after = runToEnd(prepared, options).notes;
  const told = new Set(before.map(({ code, message }) => `${code} ${message}`));
  const added = after.filter(({ code, message }) => !told.has(`${code} ${message}`));
  expect(after).toHaveLength(before.length + added.length);
  return { before, added };
}

const meta = { name: "x", namespace: "default" };
const container = { name: "c", image: "i:1", resources: { requests: { cpu: "1" } } };
const podSpec = (more: Parts = {}): Parts => ({ containers: [container], ...more });
const pod = (name: string, more: Parts = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: podSpec(more),
});
describe("what only the run finds out is added to its notes", () => {
  it("a field of a Job that has no effect", () => {
    const job = {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: meta,
      spec: {
        completions: 2,
        managedBy: "example.com/queue",
        template: { spec: podSpec({ restartPolicy: "Never" }) },
      },
    };
    const { added } = notesOf([job]);
    expect(added).toMatchObject([{ code: "UNSIMULATED_FIELD", count: 1, changesScheduling: true }]);
    expect(added[0]!.message).toBe("Job: field spec.managedBy has no effect");
  });

  it("an autoscaler whose pods nobody says anything about", () => {
    const workload = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web" },
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: { metadata: { labels: { app: "web" } }, spec: podSpec() },
      },
    };
    const autoscaler = {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: meta,
      spec: {
        maxReplicas: 5,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      },
    };
    const { added } = notesOf([workload, autoscaler]);
    expect(added).toMatchObject([{ code: "UNSIMULATED_FIELD", count: 1 }]);
    expect(added[0]!.message).toBe(
      "HorizontalPodAutoscaler: field spec.metrics (its pods have no podsim.dev/usage) has no effect",
    );
  });

  it("a fault that finds no node any more", () => {
    const { added } = notesOf([], {
      workload: { edits: [{ at: "10s", delete: { object: "node/n-0" } }] },
      faults: [{ kind: "NodeCrash", node: "n-0", at: "1m" }],
    });
    expect(added).toMatchObject([{ code: "FAULT", changesScheduling: false }]);
    expect(added[0]!.message).toMatch(/^at 1m0s: NodeCrash: there is no node "n-0" at that time/);
  });

  it("pods that no profile claims are told once, whoever found them", () => {
    const { before, added } = notesOf([pod("a", { schedulerName: "nobody" })]);
    expect(before).toMatchObject([{ code: "NO_SCHEDULER", count: 1 }]);
    expect(added).toEqual([]);
  });
});

describe("the rule about capacity", () => {
  const full = [pod("a", {}), pod("b", {}), pod("c", {})];
  const small = {
    nodePools: [{ name: "n", count: 1, allocatable: { cpu: "1", memory: "8Gi", pods: "10" } }],
  };
  const profile = (disabled: readonly object[]): Parts => ({
    schedulers: [
      {
        name: "mine",
        config: {
          apiVersion: "kubescheduler.config.k8s.io/v1",
          kind: "KubeSchedulerConfiguration",
          profiles: [{ plugins: { multiPoint: { disabled } } }],
        },
      },
    ],
  });
  const bound = (parts: Parts): number =>
    runToEnd(prepare(full, { cluster: small, ...parts }), { check: "deep" }).counts.podsBound;

  it("is kept with NodeResourcesFit and excused without it, under every check", () => {
    expect(bound(profile([]))).toBe(1);
    expect(bound(profile([{ name: "NodeResourcesFit" }]))).toBe(3);
  });
});
