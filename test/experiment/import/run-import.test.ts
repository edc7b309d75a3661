// Claims about an import as a whole: files found, unpacked and streamed; the scenario reads and runs.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { InputError, utf8Bytes } from "../../../src/base/index.ts";
import {
  defaultScheduler,
  importedScenarioText,
  IMPORTERS,
  prepareRun,
  type RunScheduler,
  readScenario,
  runToEnd,
} from "../../../src/experiment/index.ts";
import { runImport } from "../../../src/experiment/node.ts";

const SHARED = new URL("../../../../shared/data/kubesbs/", import.meta.url);
const KUBESBS = IMPORTERS.find(({ format }) => format === "kubesbs")!;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});
function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), "podsim-import-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

async function imported(paths: readonly string[], options: Readonly<Record<string, string>>) {
  const tables = { nodes: "", pods: "" };
  const sink = (table: "nodes" | "pods") => {
    const row = (cells: readonly string[]) => {
      tables[table] += `${cells.join(",")}\n`;
    };
    return { columns: row, row };
  };
  const chosen = new Map(Object.entries(options));
  const [nodes, pods] = [sink("nodes"), sink("pods")];
  const outcome = await runImport(KUBESBS, paths, { options: chosen, nodes, pods });
  return { ...outcome, tables };
}

function prepared(
  { tables, ...outcome }: Awaited<ReturnType<typeof imported>>,
  evaluator?: RunScheduler["evaluator"],
) {
  const [nodesFile, podsFile, command] = ["n.csv", "p.csv", "podsim import kubesbs"];
  const text = importedScenarioText({ ...outcome, nodesFile, podsFile, command });
  const { scenario, document, problems } = readScenario(utf8Bytes(text), { file: "s.yaml" });
  expect(problems).toEqual([]);
  const files = new Map([
    ["n.csv", { name: "n.csv", bytes: utf8Bytes(tables.nodes) }],
    ["p.csv", { name: "p.csv", bytes: utf8Bytes(tables.pods) }],
  ]);
  const scheduler =
    evaluator === undefined ? {} : { scheduler: { ...defaultScheduler("default"), evaluator } };
  return prepareRun({ scenario: scenario!, document: document!, files, ...scheduler });
}

/** A tar archive of regular files. */
function tarOf(files: readonly (readonly [name: string, text: string])[]): Buffer {
  const blocks = files.flatMap(([name, text]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${text.length.toString(8).padStart(11, "0")} `, 124);
    header.write("0", 156);
    header.write("ustar", 257);
    const content = Buffer.alloc(Math.ceil(text.length / 512) * 512);
    content.write(text);
    return [header, content];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const SMALL = {
  "points.csv": "point,nodes,pods\n1,2,3\n",
  "nodes.csv":
    "name,cpu_milli,memory_mib,pods,gpu_count,gpu_milli,gpu_model\na,1000,1024,10,0,0,\nb,1000,1024,10,0,0,\n",
  "pods.csv": [
    "name,cpu_milli,memory_mib,gpu_count,gpu_milli,openb_name,openb_creation_s,openb_scheduled_s,openb_deletion_s",
    ...["p0", "p1", "p2"].map((name) => `${name},600,100,0,0,o,0,0,10`),
  ].join("\n"),
};

async function refusal(attempt: Promise<unknown>): Promise<InputError> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InputError);
  return error as InputError;
}

describe("an import", () => {
  it("writes a scenario that runs: two pods of 600m on two nodes of 1000m, the third waits", async () => {
    const small = await imported([folderWith(SMALL)], { point: "1", workload: "k1" });
    const { counts } = runToEnd(prepared(small));
    expect(counts).toMatchObject({ nodes: 2, podsCreated: 3, podsBound: 2, podsPendingAtEnd: 1 });
    const sixty = await imported([folderWith(SMALL)], { point: "1", workload: "k2" });
    const after = runToEnd(prepared(sixty));
    expect(after.counts).toMatchObject({ podsBound: 3, podsSucceeded: 3 });
    expect(after.end.atUs).toBe(120_000_000);
  });

  it("takes gzip, by name or only by content, and files one by one, to the same tables", async () => {
    const { "pods.csv": pods, ...rest } = SMALL;
    const plain = folderWith(SMALL);
    const packed = folderWith({ ...rest, "pods.csv.gz": gzipSync(pods) });
    const hidden = folderWith({ ...rest, "pods.csv": gzipSync(pods) });
    const options = { point: "1", workload: "k3" };
    const { tables } = await imported([plain], options);
    expect((await imported([packed], options)).tables).toEqual(tables);
    expect((await imported([hidden], options)).tables).toEqual(tables);
    const single = Object.keys(SMALL).map((name) => join(plain, name));
    expect((await imported(single.toReversed(), options)).tables).toEqual(tables);
  });

  it("takes a table out of a tar archive, packed or not, and refuses one that is cut off", async () => {
    const { "pods.csv": pods, ...rest } = SMALL;
    const options = { point: "1", workload: "k3" };
    const { tables } = await imported([folderWith(SMALL)], options);
    const archive = tarOf([
      ["._pods.csv", "not a table"],
      ["data/pods.csv", pods],
    ]);
    for (const packed of [{ "pods.csv.tar": archive }, { "pods.csv.tar.gz": gzipSync(archive) }])
      expect((await imported([folderWith({ ...rest, ...packed })], options)).tables).toEqual(
        tables,
      );
    const cut = folderWith({ ...rest, "pods.csv.tar": archive.subarray(0, 1600) });
    expect((await refusal(imported([cut], options))).message).toContain("no whole tar archive");
  });

  it("reads the parts of a table in the order of their names, from the folder they are published in", async () => {
    const folder = folderWith({});
    mkdirSync(join(folder, "machine_events"));
    mkdirSync(join(folder, "task_events"));
    writeFileSync(join(folder, "machine_events/part-00000-of-00001.csv"), "0,5,0,p,0.5,0.25\n");
    const event = (time: number, code: number) => `${time},,1,0,,${code},u,0,0,0.1,0.1,0,0\n`;
    const part = (at: number) => join(folder, `task_events/part-0000${at}-of-00003.csv.gz`);
    writeFileSync(part(0), gzipSync(event(601e6, 0)));
    writeFileSync(part(2), gzipSync(event(609e6, 4)));
    writeFileSync(part(1), gzipSync(event(602e6, 1)));
    const rows: string[] = [];
    const sink = {
      columns: () => undefined,
      row: (cells: readonly string[]) => void rows.push(cells.join()),
    };
    const google = IMPORTERS.find(({ format }) => format === "google-2011")!;
    const options = new Map([
      ["cpu-unit", "10"],
      ["memory-unit", "10Gi"],
      ["unfinished", "run"],
    ]);
    const { rowsRead, filesRead } = await runImport(google, [folder], {
      options,
      nodes: sink,
      pods: sink,
    });
    expect(filesRead).toHaveLength(4);
    expect([...rowsRead.values()]).toEqual([1, 1, 1, 1]);
    expect(rows).toContain("1-0-1000000,user-u,1000000,7000000,priority-0,1,1Gi");
  });

  it("names every file that is missing, a damaged gzip, what is no UTF-8, and what is not there", async () => {
    const { "pods.csv": pods, "points.csv": _, ...rest } = SMALL;
    const options = { point: "1", workload: "k1" };
    const none = await refusal(imported([folderWith(rest)], options));
    expect(none.message).toContain(
      "points.csv (rows of nodes and pods per point), pods.csv (pods)",
    );
    const cut = folderWith({ ...SMALL, "pods.csv": gzipSync(pods).subarray(0, 60) });
    expect((await refusal(imported([cut], options))).message).toContain("no whole gzip file");
    const bad = folderWith({ ...SMALL, "nodes.csv": Buffer.from([0x6e, 0xff, 0xfe]) });
    expect((await refusal(imported([bad], options))).message).toContain("no UTF-8 text");
    expect((await refusal(imported(["/nowhere/x"], options))).message).toContain("no such file");
  });
});

describe.skipIf(!existsSync(SHARED))("KubeSBS (skipped: ../shared is absent)", () => {
  const folder = SHARED.pathname;

  it.each([
    ["100", 100, 1067],
    ["1200", 1213, 7064],
  ])("has the nodes, pods and totals of its own list at point %s", async (point, nodes, pods) => {
    const { tables } = await imported([folder], { point, workload: "k2g" });
    const rows = (text: string) => text.trim().split("\n").slice(1);
    expect([rows(tables.nodes).length, rows(tables.pods).length]).toEqual([nodes, pods]);
    const [header, ...points] = readFileSync(new URL("points.csv", SHARED), "utf8").split("\n");
    const listed = points.find((line) => line.startsWith(`${point},`))!.split(",");
    const total = (text: string, at: number) =>
      rows(text).reduce((sum, row) => sum + Number.parseInt(row.split(",")[at] || "0", 10), 0);
    const expected = (name: string) => Number(listed[header!.split(",").indexOf(name)]);
    expect(total(tables.nodes, 1)).toBe(expected("cpu_milli_nodes"));
    expect(total(tables.nodes, 2)).toBe(expected("memory_mib_nodes"));
    expect(total(tables.nodes, 4)).toBe(expected("gpus_nodes"));
    expect(total(tables.pods, 6)).toBe(expected("cpu_milli_pods"));
    expect(total(tables.pods, 7)).toBe(expected("memory_mib_pods"));
    expect(total(tables.pods, 8)).toBe(expected("gpus_pods_whole"));
  });

  it.each([
    // Upstream spreads by cpu and memory, so that a few large pods find no node of their own.
    ["k1", 1061, 0],
    ["k2", 1067, 120],
    ["k2g", 1067, 180],
    ["k3", 1067, 12_902_960],
  ])("runs %s at point 100: %i pods find a node, the last ends after %i s", async (...row) => {
    const [workload, bound, seconds] = row;
    const { counts, end } = runToEnd(
      prepared(await imported([folder], { point: "100", workload })),
    );
    expect(counts).toMatchObject({ nodes: 100, podsCreated: 1067, podsBound: bound });
    expect(end).toMatchObject({ reason: "drained", atUs: seconds * 1e6 });
    if (workload !== "k1") expect(counts.podsSucceeded).toBe(1067);
  });

  it.each([
    ["k1", "fused"],
    ["k2g", "fused"],
    ["k1", "indexed"],
    ["k2g", "indexed"],
  ] as const)("decides %s at point 100 under %s as the plain evaluator does", async (...row) => {
    const [workload, evaluator] = row;
    const data = await imported([folder], { point: "100", workload });
    const fast = runToEnd(prepared(data, evaluator));
    const plain = runToEnd(prepared(data, "plain"));
    // Every placement, with its instant, is in the fingerprint.
    expect(fast.fingerprint).toBe(plain.fingerprint);
    expect(fast.schedulers[0]?.attemptsCount).toBe(plain.schedulers[0]?.attemptsCount);
  });
});
