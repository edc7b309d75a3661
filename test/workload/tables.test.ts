// Claims about podsim's own tables: what each kind of column becomes, and what is refused with its place.

import { describe, expect, it } from "vitest";
import { readTables } from "../../src/workload/traces/tables.ts";

function read(nodes: string, pods: string): ReturnType<typeof readTables> {
  return readTables([
    { name: "pods.csv", text: pods },
    { name: "nodes.csv", text: nodes },
  ]);
}

const NODES = [
  "node,cpu,memory,pods,nvidia.com/gpu,label:zone,taints",
  "n0,4,8Gi,110,,a,",
  "n1,8,16Gi,110,2,b,gpu=yes:NoSchedule spot:PreferNoSchedule",
].join("\n");

describe("tables", () => {
  it("make nodes of resources, labels and taints; an empty cell says nothing", () => {
    const { nodes, problems } = read(NODES, "pod\np0\n");
    expect(problems).toEqual([]);
    expect(nodes).toEqual([
      {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "n0", labels: { "kubernetes.io/hostname": "n0", zone: "a" } },
        status: {
          capacity: { cpu: "4", memory: "8Gi", pods: "110" },
          allocatable: { cpu: "4", memory: "8Gi", pods: "110" },
        },
      },
      expect.objectContaining({
        spec: {
          taints: [
            { key: "gpu", value: "yes", effect: "NoSchedule" },
            { key: "spot", value: "", effect: "PreferNoSchedule" },
          ],
        },
      }),
    ]);
  });

  it("make pods: an amount is request and limit, a prefix makes it one of them", () => {
    const pods =
      "pod,cpu,request:memory,limit:memory,label:app,node:zone,priority,scheduler,image\n";
    const { templates } = read(NODES, `${pods}p0,1,1Gi,2Gi,web,a|b,7,mine,web:1\n`);
    expect(templates).toEqual([
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { labels: { app: "web" } },
        spec: {
          restartPolicy: "Never",
          schedulerName: "mine",
          priority: 7,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: "zone", operator: "In", values: ["a", "b"] }] },
                ],
              },
            },
          },
          containers: [
            {
              name: "main",
              image: "web:1",
              resources: {
                requests: { cpu: "1", memory: "1Gi" },
                limits: { cpu: "1", memory: "2Gi" },
              },
            },
          ],
        },
      },
    ]);
  });

  it("share a template between pods that differ in name, namespace and times only", () => {
    const rows = ["a,x,0,5,1", "b,y,7,,1", "c,,3,1,2"].join("\n");
    const { pods, templates, notes } = read(NODES, `pod,namespace,at_us,run_us,cpu\n${rows}\n`);
    expect(templates).toHaveLength(2);
    // By instant, then by row.
    expect([...pods]).toEqual([
      { name: "a", namespace: "x", submittedUs: 0, durationUs: 5, template: 0 },
      { name: "c", namespace: "default", submittedUs: 3, durationUs: 1, template: 1 },
      { name: "b", namespace: "y", submittedUs: 7, durationUs: undefined, template: 0 },
    ]);
    expect(notes).toMatchObject([{ code: "TRACE_ENDLESS", count: 1, changesScheduling: false }]);
  });

  it.each([
    ["a column that is nothing", "node,cpus\nn0,4\n", "pod\np\n", "'cpus' is no field", 1],
    ["a label without a key", "node,label:\nn0,4\n", "pod\np\n", "'label:' is no field", 1],
    ["a taint without an effect", "node,taints\nn0,spot\n", "pod\np\n", "KEY=VALUE:EFFECT", 2],
    ["a node without a name", "node,cpu\n,4\n", "pod\np\n", "a node has a name", 2],
    ["a pod without a name", NODES, "pod,cpu\n,4\n", "a pod has a name", 2],
    ["half a microsecond", NODES, "pod,at_us\np,0\nq,1.5\n", '"1.5": whole microseconds', 3],
    ["a time before the start", NODES, "pod,run_us\np,-1\n", '"-1": whole microseconds', 2],
    ["another table", NODES, "name,cpu\np,1\n", "begins with 'node' or 'pod'", 1],
    ["a row that is too short", NODES, "pod,cpu\np\n", "1 columns where the header has 2", 2],
  ])("refuse %s, with the line", (_, nodes, pods, message, line) => {
    const { problems } = read(nodes, pods);
    expect(problems).toMatchObject([
      { severity: "error", line, message: expect.stringContaining(message) },
    ]);
  });
});
