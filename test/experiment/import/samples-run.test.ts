// Every sample of shared data comes in and runs: the scenario that an import writes is read, prepared and
// run to its end. Samples are skipped where ../shared is absent.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { utf8Bytes } from "../../../src/base/index.ts";
import {
  importedScenarioText,
  IMPORTERS,
  prepareRun,
  readScenario,
  runToEnd,
} from "../../../src/experiment/index.ts";
import { runImport } from "../../../src/experiment/node.ts";

const DATA = new URL("../../../../shared/data/", import.meta.url);

async function importedRun(
  format: string,
  path: string,
  options: Readonly<Record<string, string>>,
) {
  const importer = IMPORTERS.find((each) => each.format === format)!;
  const texts = { nodes: "", pods: "" };
  const sink = (table: "nodes" | "pods") => {
    const row = (cells: readonly string[]) => {
      texts[table] += `${cells.join(",")}\n`;
    };
    return { columns: row, row };
  };
  const usual = importer.options.flatMap(({ name, default: value }) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const chosen = new Map([...usual, ...Object.entries(options)]);
  const [nodes, pods] = [sink("nodes"), sink("pods")];
  const found = path.startsWith("/") ? path : new URL(path, DATA).pathname;
  const outcome = await runImport(importer, [found], {
    options: chosen,
    nodes,
    pods,
  });
  const nameOf = (table: "nodes" | "pods") => (texts[table] === "" ? undefined : `${table}.csv`);
  const text = importedScenarioText({
    ...outcome,
    nodesFile: nameOf("nodes"),
    podsFile: nameOf("pods"),
    command: `podsim import ${format}`,
  });
  const { scenario, document, problems } = readScenario(utf8Bytes(text), { file: "s.yaml" });
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const files = new Map(
    Object.entries(texts).map(([table, csv]) => [
      `${table}.csv`,
      { name: `${table}.csv`, bytes: utf8Bytes(csv) },
    ]),
  );
  return runToEnd(prepareRun({ scenario: scenario!, document: document!, files }));
}

const NODES = { "node-count": "5", "node-cpu": "64", "node-memory": "256Gi" };

describe.skipIf(!existsSync(DATA))("samples (skipped: ../shared is absent)", () => {
  it.each([
    ["swf", "swf/NASA-iPSC-1993-3.1-cln.swf.gz", { until: "8h" }, 128, 679],
    [
      "swf",
      "swf/CTC-SP2-1996-3.1-cln.excerpt.swf",
      { "node-count": "338", "node-cpu": "1" },
      338,
      757,
    ],
    ["google-2011", "google-clusterdata-2011", { "cpu-unit": "64", "memory-unit": "256Gi" }, 3, 3],
    ["azure-vm", "azure-vm-v1", NODES, 5, 10],
    ["wfcommons", "wfcommons/pegasus/montage/montage-chameleon-dss-05d-001.json", {}, 1, 58],
    ["wfcommons", "wfcommons/eager-nextflow-schema-1.2.json", NODES, 5, 26],
    ["wfcommons", "wfcommons/makeflow/blast/blast-chameleon-small-001.json", {}, 2, 43],
    ["simkube", "simkube/bare-pods.sktrace", NODES, 5, 4],
    ["simkube", "simkube/cronjob.sktrace", NODES, 5, 3],
    ["simkube", "simkube/dsb-large_trace.json", NODES, 5, 59],
  ])("%s %s", async (format, path, options, nodes, pods) => {
    const { counts, end, notes } = await importedRun(format, path, options);
    expect(counts).toMatchObject({ nodes, podsCreated: pods, podsBound: pods });
    expect(end.partial).toBe(false);
    expect(notes.filter(({ code }) => code === "REFUSED" || code === "NEVER_APPLIED")).toEqual([]);
  });
});

describe("files of kube-scheduler-simulator", () => {
  const node = (name: string) => ({
    ...{ apiVersion: "v1", kind: "Node", metadata: { name, uid: `u-${name}` } },
    status: { allocatable: { cpu: "2", memory: "4Gi", pods: "10" } },
  });
  const pod = (name: string, nodeName?: string) => ({
    ...{
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default", uid: `u-${name}` },
    },
    spec: {
      ...(nodeName === undefined ? {} : { nodeName }),
      containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }],
    },
  });
  const folder = mkdtempSync(join(tmpdir(), "podsim-simulator-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const written = (value: unknown): string => {
    const path = join(folder, "file.json");
    writeFileSync(path, JSON.stringify(value));
    return path;
  };

  it("a snapshot is there at time zero, and its free pods are scheduled by its configuration", async () => {
    const profile = {
      schedulerName: "default-scheduler",
      plugins: { score: { disabled: [{ name: "NodeResourcesFit" }] } },
    };
    const snapshot = {
      ...{ nodes: [node("n")], pods: [pod("a", "n"), pod("b")], pvs: [], pvcs: [] },
      schedulerConfig: { profiles: [profile] },
    };
    const { counts, scheduler } = await importedRun("scheduler-simulator", written(snapshot), {});
    expect(counts).toMatchObject({ nodes: 1, podsRunningAtEnd: 2, podsBound: 2 });
    expect(scheduler).toBe("imported");
  });

  it("a record comes over time: a third pod finds room when one was deleted", async () => {
    const change = (second: number, event: string, resource: object) => ({
      ...{ time: `2025-01-01T00:00:${String(second).padStart(2, "0")}Z`, event, resource },
    });
    const record = [
      ...[change(0, "Add", node("n")), change(1, "Add", pod("a")), change(2, "Add", pod("b"))],
      ...[change(3, "Add", pod("c")), change(4, "Update", pod("a", "n"))],
      change(30, "Delete", pod("a", "n")),
    ];
    const { counts, notes } = await importedRun("scheduler-simulator", written(record), {});
    expect(counts).toMatchObject({ podsCreated: 3, podsBound: 3, podsPendingAtEnd: 0 });
    expect(notes.filter(({ code }) => code === "REFUSED")).toEqual([]);
  });
});
