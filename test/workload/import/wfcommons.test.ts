// Claims about the importer of WfCommons workflows: both layouts, every quirk, and the real instances.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findCycle } from "../../../src/workload/job-graph.ts";
import { WFCOMMONS } from "../../../src/workload/traces/import/wfcommons.ts";
import { countOf, importRows, type ImportedRows } from "./import-rows.ts";

const DATA = new URL("../../../../shared/data/wfcommons/", import.meta.url);

const MACHINES = [{ nodeName: "m", memoryInBytes: 2 ** 30, cpu: { coreCount: 4, speedInMHz: 1 } }];
const task = (id: string, parents: string[] = [], children: string[] = []) => ({
  name: id,
  id,
  parents,
  children,
});
const ran = (id: string, more: object = {}) => ({
  id,
  runtimeInSeconds: 1.5,
  coreCount: 2,
  memoryInBytes: 1024,
  ...more,
});

function workflow(
  tasks: readonly object[],
  runs: readonly object[],
  machines: readonly object[] = MACHINES,
) {
  return {
    name: "Flow #1",
    schemaVersion: "1.5",
    workflow: { specification: { tasks, files: [] }, execution: { tasks: runs, machines } },
  };
}
const read = (value: object, options = {}) =>
  importRows(WFCOMMONS, { "workflow.json": JSON.stringify(value) }, options);
const graphOf = ({ scenario }: ImportedRows) =>
  scenario.steps!.map(({ name, after }) => [name, after]);

describe("a WfCommons workflow", () => {
  it("is a step with one Job per task, which waits for its parents; machines are nodes", () => {
    const result = read(workflow([task("A", [], ["B"]), task("B", ["A"])], [ran("A"), ran("B")]));
    expect(result.problems).toEqual([]);
    expect(graphOf(result)).toEqual([
      ["a", []],
      ["b", ["a"]],
    ]);
    expect(result.nodes).toEqual([{ node: "node-0", cpu: "4", memory: "1Gi", pods: "110" }]);
    expect(result.scenario.steps![1]!.objects).toMatchObject([
      {
        kind: "Job",
        metadata: { name: "b" },
        spec: {
          template: {
            metadata: { annotations: { "podsim.dev/run": "1.5s" } },
            spec: { containers: [{ resources: { requests: { cpu: "2", memory: "1Ki" } } }] },
          },
        },
      },
    ]);
    expect(result.scenario.name).toBe("flow--1");
  });

  it("takes edges from children, too, and leaves out parents that are no tasks", () => {
    const result = read(
      workflow([task("A", [], ["B"]), task("B", ["gone"])], [ran("A"), ran("B")]),
    );
    expect([graphOf(result)[1], countOf(result, "parents that are no tasks")]).toEqual([
      ["b", ["a"]],
      1,
    ]);
  });

  it("ids with dots, capitals and '#' become names, each its own", () => {
    const ids = ["NF.X.Y#1", "nf.x.y-1", "_z_"];
    expect(
      graphOf(
        read(
          workflow(
            ids.map((id) => task(id)),
            ids.map((id) => ran(id)),
          ),
        ),
      ).map(([name]) => name),
    ).toEqual(["nf.x.y-1", "nf.x.y-1-2", "z"]);
  });

  it("cores and memory may be missing: 1 core, no memory, said and counted", () => {
    const result = read(workflow([task("A")], [{ id: "A", runtimeInSeconds: 2 }]));
    expect([countOf(result, "asks for 1"), countOf(result, "no memory recorded")]).toEqual([1, 1]);
    expect(JSON.stringify(result.scenario.steps)).toContain('"requests":{"cpu":"1"}');
    expect(countOf(read(workflow([task("A")], [])), "no run time recorded")).toBe(1);
  });

  it("asks for memory only where machines have it, or the user gives it", () => {
    const bare = [{ nodeName: "m", cpu: { coreCount: 4 } }];
    const value = workflow([task("A")], [ran("A")], bare);
    expect(countOf(read(value), "memory is not asked for")).toBe(1);
    expect(read(value, { "node-memory": "2Gi" }).nodes).toMatchObject([{ memory: "2Gi" }]);
    expect(read(workflow([task("A")], [ran("A")], [])).problems[0]?.hint).toContain("--node-count");
  });

  it("old schemas have one list with parents by name, and memory without a unit", () => {
    const old = {
      ...{ name: "old", schemaVersion: "1.2" },
      workflow: {
        jobs: [
          { name: "x_1", id: "ID1", runtime: 3, cores: 1, memory: 5, parents: [], children: [] },
          { name: "x_2", id: "ID2", runtime: 4, cores: 2, parents: ["x_1"] },
        ],
      },
    };
    const nodes = { "node-count": "2", "node-cpu": "8", "node-memory": "8Gi" };
    const result = read(old, nodes);
    expect(graphOf(result)).toEqual([
      ["x-1", []],
      ["x-2", ["x-1"]],
    ]);
    expect(countOf(result, "in a unit that the file does not name")).toBe(1);
    const withUnit = read(old, { ...nodes, "memory-unit": "1Ki" });
    expect(JSON.stringify(withUnit.scenario.steps![0])).toContain('"memory":"5Ki"');
  });

  it("refuses what is no workflow and what is no JSON, with the place", () => {
    expect(read({ name: "x" }).problems[0]?.message).toContain("there are no tasks");
    expect(importRows(WFCOMMONS, { "workflow.json": "{" }).problems[0]).toMatchObject({
      line: 1,
      severity: "error",
    });
  });
});

describe.skipIf(!existsSync(DATA))("the real instances (skipped: ../shared is absent)", () => {
  const files = existsSync(DATA)
    ? readdirSync(DATA, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith(".json"))
    : [];
  it.each(files)("%s is a graph without a cycle, each task a step", (file) => {
    const text = readFileSync(new URL(file, DATA), "utf8");
    const sizes = file.includes("schema-1.2") ? { "node-count": "1", "node-cpu": "8" } : {};
    const { scenario, problems } = importRows(WFCOMMONS, { "workflow.json": text }, sizes, 65_536);
    expect(problems).toEqual([]);
    const steps = scenario.steps!;
    const graph = new Map(steps.map(({ name, after }) => [name!, after!]));
    expect(graph.size).toBe(steps.length);
    expect(findCycle(graph)).toBeUndefined();
    expect(text.match(/"parents"/g)).toHaveLength(steps.length);
    expect(steps.some(({ after }) => after!.length > 0)).toBe(true);
  });
});
