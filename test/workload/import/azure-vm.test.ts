// Claims about the importer of the Azure VM traces: every quirk on hand-made rows, and the genuine ones.

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { AZURE_VM } from "../../../src/workload/traces/import/azure-vm.ts";
import { countOf, importRows } from "./import-rows.ts";

const DATA = new URL("../../../../shared/data/azure-vm-v1/", import.meta.url);
const NODES = { "node-count": "2", "node-cpu": "16", "node-memory": "112Gi" };

/** id, subscription, deployment, created, deleted, max, average, p95, category, cores, memory */
function vm(
  created: number,
  deleted: number,
  size = "2,3.5",
  category = "Interactive",
  subscription = "a/b+=",
) {
  return `x/+q=,${subscription},d,${created},${deleted},99,3,10,${category},${size}\n`;
}
const read = (text: string, options = {}) =>
  importRows(AZURE_VM, { "vmtable.csv": text }, { ...NODES, ...options });

describe("an Azure VM table", () => {
  it("makes a pod of a VM, on the nodes that the user gives", () => {
    const { nodes, pods, scenario, problems } = read(vm(300, 900));
    expect(problems).toEqual([]);
    expect(nodes).toEqual(
      ["node-0", "node-1"].map((node) => ({ node, cpu: "16", memory: "112Gi", pods: "110" })),
    );
    expect(pods).toEqual([
      {
        ...{ pod: "vm-1", namespace: "subscription-1", at_us: "300000000", run_us: "600000000" },
        ...{ "label:podsim.dev/category": "Interactive", cpu: "2", memory: "3584Mi" },
      },
    ]);
    expect(scenario.units?.[0]).toContain("time: seconds");
  });

  it("created 0 is before the trace: comes at 0", () => {
    const result = read(vm(0, 900));
    expect(result.pods).toMatchObject([{ at_us: "0", run_us: "900000000" }]);
    expect(countOf(result, "before the trace began")).toBe(1);
  });

  it("deleted at the very end is still running: there is no mark of an end", () => {
    const result = read(vm(300, 2_591_700) + vm(300, 2_591_400));
    expect(result.pods.map(({ run_us }) => run_us)).toEqual([undefined, "2591100000000"]);
    expect(countOf(result, "its end is not in the data")).toBe(1);
    expect(read(vm(300, 900), { "end-seconds": "900" }).pods[0]).not.toHaveProperty("run_us");
  });

  it("draws an end from finished VMs that ran at least as long", () => {
    const text = vm(0, 300) + vm(0, 3_000_000 - 600_000) + vm(2_591_100, 2_591_700);
    const result = read(text, { unfinished: "draw", "end-seconds": "2591700" });
    expect(result.pods.at(-1)).toMatchObject({ pod: "vm-3", run_us: "2400000000000" });
  });

  it("'Unkown' is spelt so in V1", () => {
    const result = read(vm(300, 900, "1,1.75", "Unkown"));
    expect(result.pods).toMatchObject([{ "label:podsim.dev/category": "Unknown" }]);
    expect(countOf(result, "'Unkown'")).toBe(1);
  });

  it("V2's top buckets are refused until the user says what they are, once each", () => {
    const text = vm(300, 900, ">24,>64") + vm(300, 900, ">24,>64");
    const { problems } = read(text);
    expect(problems).toMatchObject([
      { line: 1, path: "cores", hint: expect.stringContaining("--cores-above 32") },
      { line: 1, path: "memory", hint: expect.stringContaining("--memory-above 112Gi") },
    ]);
    const given = read(text, { "cores-above": "30", "memory-above": "70Gi" });
    expect(given.problems).toEqual([]);
    expect(given.pods[0]).toMatchObject({ cpu: "30", memory: "70Gi" });
  });

  it("ids in base64 are no names: VMs and subscriptions are numbered, equal ones alike", () => {
    const { pods, scenario } = read(
      vm(300, 900) + vm(300, 900, "1,1", "Interactive", "Z") + vm(600, 900),
    );
    expect(pods.map(({ pod, namespace }) => [pod, namespace])).toEqual([
      ["vm-1", "subscription-1"],
      ["vm-2", "subscription-2"],
      ["vm-3", "subscription-1"],
    ]);
    expect(scenario.namespaces).toEqual(["subscription-1", "subscription-2"]);
  });

  it("a header that somebody added is taken as one, whatever its order of columns", () => {
    const text =
      "vmid,subscriptionid,deploymentid,vmcreated,vmdeleted,maxcpu,avgcpu,p95maxcpu,vmcategory,vmcorecount,vmmemory\n";
    expect(read(text + vm(300, 900)).pods).toMatchObject([{ cpu: "2", at_us: "300000000" }]);
    const other =
      "vmmemory,vmcorecount,vmid,subscriptionid,deploymentid,vmcreated,vmdeleted,maxcpu,avgcpu,p95maxcpu,vmcategory\n3.5,2,x,s,d,300,900,1,1,1,Interactive\n";
    expect(read(other).pods).toMatchObject([{ cpu: "2", memory: "3584Mi", at_us: "300000000" }]);
    expect(read("vmid,vmcreated,vmdeleted\n").problems).toMatchObject([
      { line: 1, message: expect.stringContaining("no column 'subscription id'") },
    ]);
  });

  it("rows that are cut off, negative times and VMs that end before they begin do not pass silently", () => {
    expect(read("x,s,d,300\n").problems).toMatchObject([
      { line: 1, message: "4 columns where at least 11 were expected" },
    ]);
    expect(read(vm(-300, 900)).problems).toMatchObject([{ path: "created" }]);
    expect(countOf(read(vm(900, 300)), "deleted before it was created")).toBe(1);
  });

  it("nothing is guessed about hosts: all three options have a hint and no default", () => {
    const asked = AZURE_VM.options.filter(({ hint }) => hint !== undefined);
    expect(asked.map(({ name, default: usual }) => [name, usual])).toEqual([
      ["node-count", undefined],
      ["node-cpu", undefined],
      ["node-memory", undefined],
    ]);
  });
});

describe.skipIf(!existsSync(DATA))("genuine rows (skipped: ../shared is absent)", () => {
  it("V1: ten VMs, five of them there before, all but two to the end or near it", () => {
    const text = gunzipSync(readFileSync(new URL("vmtable.sample.csv.gz", DATA))).toString();
    const result = read(text);
    expect(result.problems).toEqual([]);
    expect(result.pods).toHaveLength(10);
    expect(countOf(result, "before the trace began")).toBe(7);
    expect(countOf(result, "its end is not in the data")).toBe(6);
    expect(countOf(result, "'Unkown'")).toBe(2);
  });
});
