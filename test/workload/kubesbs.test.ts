// Claims about the importer of KubeSBS on a hand-made benchmark of three points.

import { describe, expect, it } from "vitest";
import { ImportLedger } from "../../src/workload/traces/import/importer.ts";
import { KUBESBS } from "../../src/workload/traces/import/kubesbs.ts";

const FILES: Readonly<Record<string, string>> = {
  "points.csv": "point,nodes,pods\n1,1,2\n2,2,4\n3,9,9\n",
  "nodes.csv":
    "name,cpu_milli,memory_mib,pods,gpu_count,gpu_milli,gpu_model\nn0,64000,262144,1001,2,2000,P100\nn1,96000,524288,1001,0,0,\n",
  "pods.csv": [
    "name,cpu_milli,memory_mib,gpu_count,gpu_milli,openb_name,openb_creation_s,openb_scheduled_s,openb_deletion_s",
    "p0,12000,16384,1,1000,o0,5,7,107",
    "p1,6000,12288,0,0,o1,3,,4",
    "p2,6000,12288,1,460,o2,9,9,9",
    "p3,6000,12288,8,1000,o3,9,11,10",
  ].join("\n"),
};

function imported(options: Readonly<Record<string, string>>, files = FILES) {
  const tables = { nodes: [] as string[][], pods: [] as string[][] };
  const sink = (rows: string[][]) => ({
    columns: (names: readonly string[]) => void rows.push([...names]),
    row: (cells: readonly string[]) => void rows.push([...cells]),
  });
  const ledger = new ImportLedger();
  const chosen = new Map([["workload", "k1"], ...Object.entries(options)]);
  const [nodes, pods] = [sink(tables.nodes), sink(tables.pods)];
  const job = KUBESBS.start({ options: chosen, nodes, pods, ledger });
  for (const file of KUBESBS.files) {
    const reader = job.open(file, file.name);
    // One character at a time: where pieces are cut must not matter.
    for (const letter of files[file.name]!) reader.push(letter);
    reader.end();
  }
  return { scenario: job.finish(), tables, ledger };
}

describe("kubesbs", () => {
  it("takes as many rows as the point has, and counts the others", () => {
    const { tables, ledger, scenario } = imported({ point: "1" });
    expect(ledger.problems).toEqual([]);
    expect(scenario).toMatchObject({ name: "kubesbs-k1-1", namespaces: ["paib-gpu"] });
    expect(tables.nodes.slice(1)).toEqual([["n0", "64000m", "262144Mi", "1001", "P100"]]);
    expect(tables.pods.map(([name]) => name)).toEqual(["pod", "p0", "p1"]);
    expect(ledger.notes().filter((note) => note.effect === "dropped")).toEqual([
      { effect: "dropped", what: "nodes beyond point 1", count: 1, firstLine: 3 },
      { effect: "dropped", what: "pods beyond point 1", count: 2, firstLine: 4 },
    ]);
  });

  it.each([
    ["k1", ["0", ""]],
    ["k2", ["0", "60000000"]],
    ["k2g", ["0", "60000000"]],
    ["k3", ["5000000", "100000000"]],
  ])("gives %s its times", (workload, times) => {
    const { tables } = imported({ point: "2", workload });
    const [header, first] = tables.pods;
    expect(header!.slice(2, 4)).toEqual(["at_us", "run_us"]);
    expect(first!.slice(2, 4)).toEqual(times);
    expect(first!.slice(4, 8)).toEqual(["tensorflow:latest", "OnFailure", "12000m", "16384Mi"]);
  });

  it("makes whole GPUs a request of k2g only", () => {
    const { tables } = imported({ point: "2", workload: "k2g" });
    expect(tables.nodes.map((row) => row[4])).toEqual(["alibabacloud.com/gpu-count", "2", ""]);
    expect(tables.pods.map((row) => row[8])).toEqual([
      ...["alibabacloud.com/gpu-count", "1", "", "1", "8"],
    ]);
    expect(imported({ point: "2" }).tables.pods[0]).toHaveLength(8);
  });

  it("lets k3 run from the creation where nothing was scheduled, and for at least a second", () => {
    const { tables, ledger } = imported({ point: "2", workload: "k3" });
    expect(tables.pods.slice(1).map((row) => row.slice(2, 4))).toEqual([
      ["5000000", "100000000"],
      ["3000000", "1000000"],
      ["9000000", "1000000"],
      ["9000000", "1000000"],
    ]);
    const counted = ledger
      .notes()
      .map(({ effect, count, firstLine }) => [effect, count, firstLine]);
    expect(counted.slice(0, 2)).toEqual([
      ["repaired", 2, 4],
      ["assumed", 1, 3],
    ]);
  });

  it.each([
    ["an unknown point", { point: "4" }, {}, "points are 1, 2, 3"],
    ["a point of more rows than there are", { point: "3" }, {}, "needs 9 rows, the file has 2"],
    ["a unit", { point: "2" }, { "pods.csv": /12288/ }, '"12 GiB": a whole number'],
    ["a missing column", { point: "2" }, { "nodes.csv": /memory_mib/ }, "'memory_mib' is missing"],
  ])("refuses %s", (_, options, damage, message) => {
    const files = { ...FILES };
    for (const [name, part] of Object.entries(damage as Record<string, RegExp>))
      files[name] = files[name]!.replace(part, "12 GiB");
    const { ledger } = imported(options, files);
    expect(ledger.problems[0]?.message).toContain(message);
  });
});
