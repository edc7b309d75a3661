// `podsim import`: what it writes, what it says, what it refuses to replace.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, podsim } from "./command-line.ts";

const FILES = {
  "points.csv": "point,nodes,pods\n1,1,2\n2,2,3\n",
  "nodes.csv":
    "name,cpu_milli,memory_mib,pods,gpu_count,gpu_milli,gpu_model\na,1000,1024,10,0,0,\nb,1000,1024,10,2,2000,T4\n",
  "pods.csv": [
    "name,cpu_milli,memory_mib,gpu_count,gpu_milli,openb_name,openb_creation_s,openb_scheduled_s,openb_deletion_s",
    ...["p0", "p1", "p2"].map((name) => `${name},600,100,0,0,o,0,0,10`),
  ].join("\n"),
};
const TO = ["--output", "s.yaml"];

describe("podsim import", () => {
  it("writes a scenario with its tables, tells what it did, and the scenario runs", () => {
    const cwd = freshFolder(FILES);
    const made = podsim(["import", "kubesbs", ".", "--point", "1", ...TO], { cwd });
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(
      /^KubeSBS point 1: 1 nodes, 2 pods; all pods at 0, which never end\n/,
    );
    expect(made.stdout).toMatch(/\ndropped +1 +3 +nodes beyond point 1\n/);
    expect(made.stderr).toBe("wrote s.yaml, s.nodes.csv, s.pods.csv\nnext: podsim run s.yaml\n");
    expect(readFileSync(join(cwd, "s.yaml"), "utf8")).toContain(
      "# Made by: podsim import kubesbs --point 1 --workload k1\n",
    );
    const run = podsim(["run", "s.yaml", "-o", "json", "--output-dir", "out"], { cwd });
    expect(JSON.parse(run.stdout)).toMatchObject({
      counts: { nodes: 1, podsCreated: 2, podsBound: 1 },
    });
  });

  it("gives programs the same report", () => {
    const cwd = freshFolder(FILES);
    const args = [
      "import",
      "kubesbs",
      ".",
      "--point",
      "2",
      "--workload",
      "k3",
      ...TO,
      "-o",
      "json",
    ];
    const { stdout } = podsim(args, { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      nodesCount: 2,
      podsCount: 3,
      filesWritten: ["s.yaml", "s.nodes.csv", "s.pods.csv"],
      notes: expect.arrayContaining([expect.objectContaining({ effect: "assumed", count: 3 })]),
    });
  });

  it("leaves files alone that hold something else, and leaves nothing behind when it fails", () => {
    const cwd = freshFolder(FILES);
    const args = ["import", "kubesbs", ".", "--point", "1", ...TO];
    podsim(args, { cwd });
    expect(podsim(args, { cwd }).stderr).toContain("unchanged: s.yaml");
    writeFileSync(join(cwd, "s.yaml"), "mine\n");
    const refused = podsim(args, { cwd });
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain("exists with other content");
    expect(readFileSync(join(cwd, "s.yaml"), "utf8")).toBe("mine\n");
    expect(podsim([...args, "--force"], { cwd }).code).toBe(0);
    const before = readdirSync(cwd);
    const wrong = podsim(["import", "kubesbs", ".", "--point", "9", "--output", "t.yaml"], { cwd });
    expect([wrong.code, wrong.stderr.includes("points are 1, 2")]).toEqual([3, true]);
    expect(readdirSync(cwd)).toEqual(before);
  });

  it("asks for what a trace leaves out, with the reason and an example, before anything is read", () => {
    const cwd = freshFolder({ "vmtable.csv": "a,s,d,300,900,1,1,1,Interactive,2,4\n" });
    const refused = podsim(["import", "azure-vm", ".", ...TO], { cwd });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("azure-vm needs --node-count, --node-cpu, --node-memory\n");
    expect(refused.stderr).toContain("hint: the trace names no hosts: --node-count 100\n");
    const sizes = ["--node-count", "1", "--node-cpu", "4", "--node-memory", "8Gi"];
    const made = podsim(["import", "azure-vm", ".", ...sizes, ...TO, "-o", "json"], { cwd });
    expect(JSON.parse(made.stdout)).toMatchObject({
      rowsRead: { "vmtable.csv": 1 },
      units: [expect.stringContaining("time: seconds"), expect.stringContaining("GB as GiB")],
      nodesCount: 1,
      podsCount: 1,
    });
    const wrong = podsim(["import", "azure-vm", ".", ...sizes.with(1, "some"), ...TO], { cwd });
    expect([wrong.code, wrong.stderr.includes("--node-count some")]).toEqual([3, true]);
  });

  it("writes workflows as steps in the scenario, without a table of pods", () => {
    const task = (id: string, parents: string[]) => ({ name: id, id, parents, children: [] });
    const workflow = {
      name: "two",
      schemaVersion: "1.5",
      workflow: {
        specification: { tasks: [task("a", []), task("b", ["a"])] },
        execution: {
          tasks: ["a", "b"].map((id) => ({ id, runtimeInSeconds: 10 })),
          machines: [{ nodeName: "m", cpu: { coreCount: 2 } }],
        },
      },
    };
    const cwd = freshFolder({ "two.json": JSON.stringify(workflow) });
    const made = podsim(["import", "wfcommons", "two.json", ...TO], { cwd });
    expect(made.stderr).toContain("wrote s.yaml, s.nodes.csv\n");
    expect(made.stdout).toMatch(/\nwrote +2 +steps\n/);
    const run = podsim(["run", "s.yaml", "-o", "json", "--output-dir", "out"], { cwd });
    expect(JSON.parse(run.stdout)).toMatchObject({ counts: { podsCreated: 2, podsSucceeded: 2 } });
  });

  it("shows formats and their options, and refuses what it does not know", () => {
    expect(podsim(["import", "--help"]).stdout).toMatch(/\n +kubesbs .*benchmark/);
    expect(podsim(["help", "import"]).stdout).toContain("kubesbs");
    const help = podsim(["import", "kubesbs", "--help"]).stdout;
    for (const word of ["--point", "--workload", "points.csv", '"k2g"'])
      expect(help).toContain(word);
    expect(podsim(["import", "kubesb", "."]).code).toBe(2);
    expect(podsim(["import", "kubesbs", ".", ...TO]).stderr).toContain("--point");
    const where = podsim(["import", "kubesbs", "/nowhere", "--point", "1", ...TO]);
    expect([where.code, where.stderr.includes("no such file or folder")]).toEqual([3, true]);
    const cwd = freshFolder(FILES);
    const to = ["--point", "1", "--output", "none/s.yaml"];
    const folder = podsim(["import", "kubesbs", ".", ...to], { cwd });
    expect([folder.code, folder.stderr.includes("there is no folder none")]).toEqual([7, true]);
  });
});
