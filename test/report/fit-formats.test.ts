// Claims about the answer on how many copies fit: every stop in words, every format from one record.

import { describe, expect, it } from "vitest";
import { FIT_SCHEMA_VERSION, type FitRecord } from "../../src/metrics/index.ts";
import { formatFit } from "../../src/report/index.ts";

const RECORD: FitRecord = {
  schemaVersion: FIT_SCHEMA_VERSION,
  scenario: { name: "s", inputHash: "h" },
  versions: { podsim: "1", kubernetes: "1.36" },
  scheduler: "default",
  pod: {
    namespace: "default",
    name: "web",
    requests: [
      { resource: "cpu", unit: "milli", amount: 1500 },
      { resource: "memory", unit: "bytes", amount: 8 * 1024 ** 3 },
    ],
  },
  copiesCount: 5,
  stoppedBy: "unschedulable",
  message: "0/3 nodes are available: 2 Insufficient cpu, 1 x.",
  preempting: null,
  cluster: { nodesCount: 3, boundCount: 7, placedFirstCount: 0, waitingCount: 0 },
  verdicts: [
    { plugin: "NodeResourcesFit", reasons: ["Insufficient cpu"], nodesCount: 2, copiesCount: 4 },
    { plugin: "TaintToleration", reasons: ["x"], nodesCount: 1, copiesCount: 1 },
  ],
  nodes: [
    { node: "a", copiesCount: 2, reasons: ["Insufficient cpu"] },
    { node: "b", copiesCount: 1, reasons: ["x", "y"] },
    { node: "c", copiesCount: 2, reasons: ["Insufficient cpu"] },
  ],
  notes: [],
};

describe("the answer on how many copies fit", () => {
  it("says number, cluster, reason, and how copies are shared out", () => {
    expect(formatFit(RECORD, "table")).toBe(`\
ANSWER   5 copies fit of default/web (cpu 1500m, memory 8Gi)
CLUSTER  3 nodes, 7 pods on them
STOPPED  0/3 nodes are available: 2 Insufficient cpu, 1 x.

NODES   COPIES   WHY NOT ONE MORE   PLUGIN
    2        4   Insufficient cpu   NodeResourcesFit
    1        1   x                  TaintToleration

COPIES PER NODE   NODES
              2       2
              1       1
`);
  });

  it("lists every node in the wide form and in CSV", () => {
    expect(formatFit(RECORD, "wide")).toContain("\nb           1   x, y\n");
    expect(formatFit(RECORD, "csv")).toBe(
      'node,copiesCount,reasons\n"a",2,"Insufficient cpu"\n"b",1,"x; y"\n"c",2,"Insufficient cpu"\n',
    );
  });

  it("gives programs the record, and scripts the number", () => {
    expect(JSON.parse(formatFit(RECORD, "json"))).toEqual(RECORD);
    expect(formatFit(RECORD, "yaml")).toContain("copiesCount: 5\n");
    expect(formatFit(RECORD, "name")).toBe("5\n");
  });

  it.each([
    ["limit", "as many as were asked for; more may fit"],
    ["preemption", "the next copy would push 2 pods off a: m"],
    ["refused", "the API refuses the next copy: m"],
    ["not-bound", "the next copy is not bound: m"],
    ["untried", "no scheduler tries the next copy: m"],
    ["error", "the cycle of the next copy failed: m"],
  ] as const)("words a stop by %s", (stoppedBy, text) => {
    const preempting = { node: "a", victimsCount: 2 };
    const record = { ...RECORD, stoppedBy, message: "m", preempting };
    expect(formatFit(record, "table")).toContain(`\nSTOPPED  ${text}\n`);
  });

  it("says what waited, in one line, and does not put one copy in the plural", () => {
    const cluster = { ...RECORD.cluster, placedFirstCount: 3, waitingCount: 1 };
    const text = formatFit({ ...RECORD, copiesCount: 1, cluster }, "table");
    expect(text).toContain("ANSWER   1 copy fits of");
    expect(text).toContain("7 pods on them, 3 placed first, 1 waiting\n");
  });
});
