// Claims about the importer of openb: every quirk on hand-made rows, and on the real lists the same pods
// and nodes as the format that scenarios read directly.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ImportLedger } from "../../src/workload/traces/import/importer.ts";
import { OPENB_IMPORTER } from "../../src/workload/traces/import/openb.ts";
import { readOpenb } from "../../src/workload/traces/openb.ts";
import { readTables } from "../../src/workload/traces/tables.ts";
import type { Trace, TracePod } from "../../src/workload/trace.ts";

const TRACE = new URL("../../../shared/data/openb/", import.meta.url);
const HEADER = [
  "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase",
  "creation_time,deletion_time,scheduled_time",
].join();
const FILES: Readonly<Record<string, string>> = {
  "openb_node_list_all_node.csv":
    "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,262144,0,\nn1,64000,524288,8,T4\n",
  "openb_node_list_gpu_node.csv": "sn,cpu_milli,memory_mib,gpu,model\nn1,64000,524288,8,T4\n",
  "openb_pod_list_default.csv": [
    HEADER,
    "p0,4000,1024,1,1000,T4|T4|P100,LS,Running,20,50,20",
    "p1,4000,1024,1,460,,BE,Running,10,10,10",
    "p2,4000,1024,0,0,T4,BE,Pending,10,40,",
    "p3,4000,1024,8,1000,,BE,Running,10,45,11",
  ].join("\n"),
  "openb_pod_list_multigpu20.csv":
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli\np0,4000,1024,2,1000\n",
};

/** Feeds the files in pieces; where they are cut must not matter. */
function imported(
  options: Readonly<Record<string, string>> = {},
  textOf: (name: string) => string | undefined = (name) => FILES[name],
  piece = 7,
) {
  const tables = { nodes: [] as string[], pods: [] as string[] };
  const sink = (lines: string[]) => ({
    columns: (names: readonly string[]) => void lines.push(names.join()),
    row: (cells: readonly string[]) => void lines.push(cells.join()),
  });
  const ledger = new ImportLedger();
  const chosen = new Map([...Object.entries({ workload: "default", nodes: "all", ...options })]);
  const [nodes, pods] = [sink(tables.nodes), sink(tables.pods)];
  const job = OPENB_IMPORTER.start({ options: chosen, nodes, pods, ledger });
  for (const file of OPENB_IMPORTER.files) {
    const text = textOf(file.name);
    if (text === undefined) continue;
    const reader = job.open(file, file.name);
    for (let at = 0; at < text.length; at += piece) reader.push(text.slice(at, at + piece));
    reader.end();
  }
  return { scenario: job.finish(), tables, ledger };
}

function readBack({ nodes, pods }: { nodes: string[]; pods: string[] }): Trace {
  return readTables([
    { name: "nodes.csv", text: nodes.join("\n") },
    { name: "pods.csv", text: pods.join("\n") },
  ]);
}

describe("the import of openb", () => {
  it("writes nodes and pods, and says what was assumed and repaired", () => {
    const { tables, ledger, scenario } = imported();
    expect(ledger.problems).toEqual([]);
    expect(scenario).toMatchObject({ name: "openb-default" });
    expect(tables.nodes.slice(1)).toEqual([
      "n0,32000m,262144Mi,1001,,",
      "n1,64000m,524288Mi,1001,8,T4",
    ]);
    expect(tables.pods.slice(1)).toEqual([
      "p0,20000000,30000000,4000m,1024Mi,1,,T4|P100",
      "p1,10000000,0,4000m,1024Mi,,460,",
      "p2,10000000,30000000,4000m,1024Mi,,,",
      "p3,10000000,35000000,4000m,1024Mi,8,,",
    ]);
    expect(
      ledger.notes().map(({ effect, count, firstLine }) => [effect, count, firstLine]),
    ).toEqual([
      ["repaired", 1, 2],
      ["repaired", 1, 4],
      ["assumed", 1, 4],
      ["assumed", 2, undefined],
    ]);
  });

  it("reads the list and the nodes that are asked for, and lists that stop after gpu_milli", () => {
    const { tables, ledger } = imported({ workload: "multigpu20", nodes: "gpu" });
    expect(tables.nodes.length).toBe(2);
    expect(tables.pods.slice(1)).toEqual(["p0,0,,4000m,1024Mi,2,,"]);
    expect(ledger.notes().map(({ what }) => what)).toContain(
      "no times in the list: comes at 0 and runs for ever",
    );
  });

  it.each([
    ["10,45,11", "50,45,11", "before creation_time 50", "deletion_time"],
    ["p1,4000,1024,1,460", "p1,4000,1024,1,0", "0 of each of 1 GPUs", "gpu_milli"],
    ["p1,4000,1024,1,460", "p1,4000,1024,1,1460", "1460 of each of 1 GPUs", "gpu_milli"],
    ["p3,4000,1024,8,1000", "p3,4000,1024,8,500", "500 of each of 8 GPUs", "gpu_milli"],
    ["p1,4000,1024", "p1,4000,1Gi", '"1Gi"', "memory_mib"],
  ])("refuses %s as %s", (good, bad, message, path) => {
    const { ledger } = imported({}, (name) => FILES[name]?.replace(good, bad));
    expect(ledger.problems).toMatchObject([{ path }]);
    expect(ledger.problems[0]!.message).toContain(message);
  });

  it("refuses a workload whose list is not there", () => {
    expect(imported({ workload: "cpu300" }).ledger.problems).toMatchObject([
      { file: "openb_pod_list_cpu300.csv", message: "is not there, or has no rows" },
    ]);
  });

  it("keeps the name of shares, and what must be said of them", () => {
    const { templates, pods, notes, problems } = readBack(imported().tables);
    expect(problems).toEqual([]);
    const share = templates[[...pods].find(({ name }) => name === "p1")!.template];
    expect(share).toMatchObject({
      metadata: { annotations: { "alibabacloud.com/gpu-milli": "460" } },
    });
    expect(notes).toMatchObject([
      { code: "GPU_SHARE_IGNORED", count: 1, simulatedBy: "GpuShare", changesScheduling: true },
    ]);
  });
});

describe.skipIf(!existsSync(TRACE))("the real lists (skipped: ../shared is absent)", () => {
  const textOf = (name: string): string | undefined => {
    const file = new URL(name, TRACE);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };

  it.each(["default", "gpuspec33", "multigpu50"])(
    "give the pods that the format openb reads: %s",
    (workload) => {
      const { tables, ledger } = imported({ workload }, textOf, 65_536);
      expect(ledger.problems).toEqual([]);
      const back = readBack(tables);
      const direct = readOpenb([
        { name: "nodes.csv", text: textOf("openb_node_list_all_node.csv")! },
        { name: "pods.csv", text: textOf(`openb_pod_list_${workload}.csv`)! },
      ]);
      expect(back.nodes).toEqual(direct.nodes);
      expect(back.pods.length).toBe(direct.pods.length);
      expect(Array.from(back.pods, (pod) => wishesOf(back, pod))).toEqual(
        Array.from(direct.pods, (pod) => wishesOf(direct, pod)),
      );
    },
  );
});

/** What a pod is and wants, whatever its image is called. */
function wishesOf(trace: Trace, pod: TracePod): unknown {
  const { template, ...identity } = pod;
  const { metadata, spec } = trace.templates[template] as {
    metadata: { annotations?: object };
    spec: { affinity?: object; restartPolicy: string; containers: { resources: object }[] };
  };
  return [
    identity,
    metadata.annotations,
    spec.affinity,
    spec.restartPolicy,
    spec.containers[0]!.resources,
  ];
}
