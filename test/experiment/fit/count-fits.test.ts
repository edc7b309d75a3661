// Claims about "how many more fit": arithmetic where arithmetic is enough, and each rule that stops it.

import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../../../src/base/index.ts";
import { countFits, decodeScenario, prepareRun } from "../../../src/experiment/index.ts";
import type { FitRecord } from "../../../src/metrics/index.ts";

const SHARED = new URL("../../../../shared/data/kubesbs/", import.meta.url);

interface Question {
  readonly nodes?: readonly object[];
  readonly objects?: readonly object[];
  readonly spec?: object;
  readonly metadata?: object;
  readonly limit?: number;
  readonly cpu?: string;
}

function node(
  name: string,
  cpu: string,
  extra: object = {},
  memory = "64Gi",
  pods = "110",
): object {
  const allocatable = { cpu, memory, pods };
  const labels = { "kubernetes.io/hostname": name };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    spec: extra,
    status: { capacity: allocatable, allocatable },
  };
}

function podSpec(cpu: string, memory = "1Gi"): object {
  const requests = { cpu, memory };
  return { containers: [{ name: "main", image: "a:1", resources: { requests } }] };
}

function bound(name: string, on: string, cpu: string, extra: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-${name}` },
    spec: { ...podSpec(cpu), nodeName: on, ...extra },
    status: { phase: "Running" },
  };
}

function ask({ nodes, objects = [], spec, metadata, limit, cpu = "2" }: Question): FitRecord {
  const cluster = { objects: [...(nodes ?? [node("a", "5"), node("b", "4")]), ...objects] };
  const reading = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "fit" },
    cluster,
  });
  expect(reading.problems).toEqual([]);
  const prepared = prepareRun({ scenario: reading.scenario!, document: reading.document! });
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", ...metadata },
    spec: spec ?? podSpec(cpu),
  };
  const bytes = utf8Bytes(JSON.stringify(pod));
  return countFits(prepared, { pod: { name: "pod.json", bytes }, limit }).record;
}

const copiesOf = (record: FitRecord) =>
  Object.fromEntries(record.nodes.map(({ node: name, copiesCount }) => [name, copiesCount]));

describe("how many copies fit", () => {
  it("is what arithmetic says on empty nodes of any shape, and every node says why no more", () => {
    const shape = fc.record({
      milli: fc.integer({ min: 0, max: 9000 }),
      mib: fc.integer({ min: 0, max: 9000 }),
      pods: fc.integer({ min: 1, max: 12 }),
    });
    const request = fc.record({
      milli: fc.integer({ min: 0, max: 3000 }),
      mib: fc.integer({ min: 1, max: 3000 }),
    });
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 6 }), request, (shapes, asked) => {
        const nodes = shapes.map(({ milli, mib, pods }, at) =>
          node(`n${at}`, `${milli}m`, {}, `${mib}Mi`, String(pods)),
        );
        const record = ask({ nodes, spec: podSpec(`${asked.milli}m`, `${asked.mib}Mi`) });
        const expected = shapes.map(({ milli, mib, pods }) =>
          Math.min(
            asked.milli === 0 ? pods : Math.floor(milli / asked.milli),
            Math.floor(mib / asked.mib),
            pods,
          ),
        );
        expect(record.nodes.map(({ copiesCount }) => copiesCount)).toEqual(expected);
        expect(record.copiesCount).toBe(expected.reduce((sum, count) => sum + count, 0));
        expect(record.stoppedBy).toBe("unschedulable");
        for (const [at, { reasons }] of record.nodes.entries()) {
          const { milli, mib, pods } = shapes[at]!;
          const count = expected[at]!;
          const wanted = [
            ...(count === pods ? ["Too many pods"] : []),
            ...(asked.milli > 0 && milli - count * asked.milli < asked.milli
              ? ["Insufficient cpu"]
              : []),
            ...(mib - count * asked.mib < asked.mib ? ["Insufficient memory"] : []),
          ];
          expect(reasons).toEqual(wanted);
        }
        const counted = record.verdicts.reduce((sum, each) => sum + each.copiesCount, 0);
        expect(counted).toBe(record.copiesCount);
      }),
      { numRuns: 40, seed: 6 },
    );
  });

  it("counts what is bound, and schedules what waits before the first copy", () => {
    const waiting = {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "w" }, spec: podSpec("2") },
    };
    const stuck = { ...waiting, metadata: { name: "s" }, spec: podSpec("50") };
    const record = ask({ objects: [bound("old", "a", "3"), waiting, stuck] });
    expect(record.cluster).toEqual({
      nodesCount: 2,
      boundCount: 1,
      placedFirstCount: 1,
      waitingCount: 1,
    });
    expect(record.copiesCount).toBe(2);
  });

  it("stops at the limit without a word of why not more", () => {
    const record = ask({ limit: 3 });
    expect(record).toMatchObject({ copiesCount: 3, stoppedBy: "limit", message: "", verdicts: [] });
    expect(ask({ limit: 4 })).toMatchObject({ copiesCount: 4, stoppedBy: "limit" });
    expect(ask({ limit: 5 })).toMatchObject({ copiesCount: 4, stoppedBy: "unschedulable" });
  });

  it("tells nodes apart by their reasons", () => {
    const taints = [{ key: "gpu", value: "yes", effect: "NoSchedule" }];
    const nodes = [
      node("a", "5"),
      node("b", "4", { taints }),
      node("c", "4", { unschedulable: true }),
    ];
    const record = ask({ nodes });
    expect(record.message).toMatch(
      /^0\/3 nodes are available: 1 Insufficient cpu, 1 node\(s\) had untolerated taint\(s\), 1 node\(s\) were unschedulable\./,
    );
    expect(record.verdicts).toEqual([
      { plugin: "NodeResourcesFit", reasons: ["Insufficient cpu"], nodesCount: 1, copiesCount: 2 },
      {
        plugin: "TaintToleration",
        reasons: ["node(s) had untolerated taint(s)"],
        nodesCount: 1,
        copiesCount: 0,
      },
      {
        plugin: "NodeUnschedulable",
        reasons: ["node(s) were unschedulable"],
        nodesCount: 1,
        copiesCount: 0,
      },
    ]);
  });

  it.each([
    ["a host port: one per node", { hostPort: 80 }, {}, [1, 1]],
    [
      "anti-affinity with itself: one per node",
      {},
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              {
                topologyKey: "kubernetes.io/hostname",
                labelSelector: { matchLabels: { app: "web" } },
              },
            ],
          },
        },
      },
      [1, 1],
    ],
    [
      "even spreading: the fuller node waits for the other",
      {},
      {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: { matchLabels: { app: "web" } },
          },
        ],
      },
      [3, 2],
    ],
    ["a node selector", {}, { nodeSelector: { "kubernetes.io/hostname": "b" } }, [0, 2]],
  ])("obeys %s", (_, { hostPort }: { hostPort?: number }, rules, expected) => {
    const requests = { cpu: "2" };
    const ports = hostPort === undefined ? [] : [{ containerPort: 80, hostPort }];
    const containers = [{ name: "main", image: "a:1", ports, resources: { requests } }];
    const nodes = [node("a", "20"), node("b", "5")];
    const record = ask({
      nodes,
      spec: { ...rules, containers },
      metadata: { labels: { app: "web" } },
    });
    expect(Object.values(copiesOf(record))).toEqual(expected);
  });

  it("stops before it pushes anybody out, and says who would have to go", () => {
    const high = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", value: 1000 };
    const objects = [
      { ...high, metadata: { name: "high" } },
      bound("low-1", "a", "3"),
      bound("low-2", "b", "1"),
    ];
    const record = ask({ objects, spec: { ...podSpec("2"), priorityClassName: "high" } });
    expect(record).toMatchObject({ copiesCount: 2, stoppedBy: "preemption" });
    expect(record.preempting?.victimsCount).toBe(1);
    expect(["a", "b"]).toContain(record.preempting?.node);
  });

  it("stops at a quota with the API's words", () => {
    const metadata = { name: "q", namespace: "default" };
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata,
      spec: { hard: { pods: "3" } },
    };
    const record = ask({ objects: [quota] });
    expect(record).toMatchObject({ copiesCount: 3, stoppedBy: "refused" });
    expect(record.message).toContain(
      "exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3",
    );
  });

  it("says why nobody tries a copy: gates, or a scheduler that is not there", () => {
    const gated = ask({ spec: { ...podSpec("1"), schedulingGates: [{ name: "hold" }] } });
    expect(gated).toMatchObject({ copiesCount: 0, stoppedBy: "untried" });
    const stranger = ask({ spec: { ...podSpec("1"), schedulerName: "mine" } });
    expect(stranger).toMatchObject({ copiesCount: 0, stoppedBy: "untried" });
    expect(stranger.message).toContain("no profile is called so");
  });

  it("takes a pod out of a dump for what it asks, not for where it runs", () => {
    const spec = { ...podSpec("2"), nodeName: "a" };
    const ownerReferences = [
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "u", controller: true },
    ];
    const record = ask({ spec, metadata: { uid: "x", resourceVersion: "5", ownerReferences } });
    expect(copiesOf(record)).toEqual({ a: 2, b: 2 });
  });

  it("refuses a file that holds no single Pod", () => {
    const reading = decodeScenario({
      ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "fit" } },
      cluster: { objects: [node("a", "4")] },
    });
    const prepared = prepareRun({ scenario: reading.scenario!, document: reading.document! });
    const attempt = (text: string) => () =>
      countFits(prepared, { pod: { name: "p.yaml", bytes: utf8Bytes(text) } });
    expect(attempt("kind: Deployment\napiVersion: apps/v1\n")).toThrow("holds Deployment");
    expect(attempt("kind: Pod\n---\nkind: Pod\n")).toThrow("holds Pod, Pod");
    expect(attempt("")).toThrow("holds nothing");
    expect(attempt("kind: Pod\napiVersion: v1\nmetadata: {name: x}\nspec: {}\n")).toThrow(
      "containers",
    );
  });
});

describe.skipIf(!existsSync(SHARED))("K4 on KubeSBS (skipped: ../shared is absent)", () => {
  function nodesOf(count: number, cores: number): { nodes: object[]; expected: number } {
    const [header, ...lines] = readFileSync(new URL("nodes.csv", SHARED), "utf8")
      .trim()
      .split("\n");
    const names = header!.split(",");
    const rows = lines.slice(0, count).map((line) => line.split(","));
    const cell = (row: string[], name: string) => Number(row[names.indexOf(name)]);
    const expected = rows.reduce(
      (sum, row) =>
        sum +
        Math.min(
          Math.floor(cell(row, "cpu_milli") / (1000 * cores)),
          Math.floor(cell(row, "memory_mib") / (2048 * cores)),
          cell(row, "pods"),
        ),
      0,
    );
    const nodes = rows.map((row) =>
      node(row[0]!, `${row[1]!}m`, {}, `${row[2]!}Mi`, String(cell(row, "pods"))),
    );
    return { nodes, expected };
  }

  // 26,754 copies of the small pod are as right, and take a while: docs/plan.md has the command.
  it.each([
    [100, "4", "8Gi", 2028],
    [1213, "32", "64Gi", 3183],
  ])(
    "counts on %i nodes what arithmetic counts, of %s cpu and %s: %i",
    (count, cpu, memory, known) => {
      const { nodes, expected } = nodesOf(count, Number(cpu));
      expect(expected).toBe(known);
      const record = ask({ nodes, spec: podSpec(cpu, memory) });
      expect(record).toMatchObject({ copiesCount: known, stoppedBy: "unschedulable" });
      expect(record.message).toContain(`0/${count} nodes are available: `);
    },
    60_000,
  );
});
