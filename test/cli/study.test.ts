// `podsim study fgd`: its tables, the same bytes from any number of threads, and what it refuses.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, podsim } from "./command-line.ts";

const NODES = [
  "sn,cpu_milli,memory_mib,gpu,model",
  ...Array.from({ length: 6 }, (_, k) => `n${k},64000,262144,${[2, 4, 8][k % 3]},T4`),
].join("\n");
const PODS = [
  "name,cpu_milli,memory_mib,num_gpu,gpu_milli",
  ...Array.from({ length: 90 }, (_, k) => {
    const gpus = k % 7 === 0 ? 2 : 1;
    return `p${100 + k},${1000 + 100 * (k % 9)},4096,${gpus},${gpus === 2 ? 1000 : 100 + 10 * (k % 80)}`;
  }),
].join("\n");
const FILES = {
  "openb_node_list_gpu_node.csv": NODES,
  "openb_pod_list_tiny.csv": PODS,
  "openb_pod_list_odd.csv": PODS.replace("4096", "4 GiB"),
};
const ALL = "fgd,bestfit,dotprod,gpupacking,gpuclustering,random";

const study = (cwd: string, ...args: string[]) =>
  podsim(["study", "fgd", "--data", ".", "--output-dir", "out", ...args], { cwd });

const tablesIn = (folder: string): string[] =>
  ["allocation", "fragmentation", "fragmentation-ratio"].map((name) =>
    readFileSync(join(folder, "out", `${name}.csv`), "utf8"),
  );

describe("podsim study fgd", () => {
  it("writes one row per run in the order asked for, whatever the number of threads", () => {
    const outputs = ["1", "2", "5"].map((workers) => {
      const cwd = freshFolder(FILES);
      const args = ["--workloads", "tiny", "--seeds", "43,42", "--workers", workers];
      const { code, stdout, stderr } = study(cwd, ...args);
      expect([code, stdout]).toEqual([0, ""]);
      expect(stderr).toContain("12/12 ");
      expect(readdirSync(join(cwd, "out")).length).toBe(3);
      return tablesIn(cwd);
    });
    expect(outputs[1]).toEqual(outputs[0]);
    expect(outputs[2]).toEqual(outputs[0]);
    for (const table of outputs[0]!) {
      const [header, ...rows] = table.trimEnd().split("\n");
      const columns = ["workload", "policy", "seed", ...Array(131).keys()];
      expect(header).toBe(columns.join(","));
      expect(rows.map((row) => row.split(",").slice(0, 3).join())).toEqual(
        ALL.split(",").flatMap((policy) => [`tiny,${policy},43`, `tiny,${policy},42`]),
      );
      expect(rows.every((row) => row.split(",").length === columns.length)).toBe(true);
    }
  });

  it("takes the name of a pod list for its workload", () => {
    const cwd = freshFolder(FILES);
    const args = ["--policies", "fgd", "--seeds", "42", "-q"];
    study(cwd, "--workloads", "tiny", ...args);
    const [short] = tablesIn(cwd);
    study(cwd, "--workloads", "openb_pod_list_tiny", ...args);
    expect(tablesIn(cwd)[0]).toBe(short!.replace("\ntiny,", "\nopenb_pod_list_tiny,"));
  });

  it.each([
    [["--workloads", "tiny", "--policies", "fgd,best"], 2, "'best' is none of fgd, bestfit"],
    [["--workloads", "../tiny"], 2, "'../tiny' is no name of a pod list"],
    [["--workloads", "tiny,tiny"], 2, "'tiny' is there twice"],
    [["--workloads", "tiny", "--seeds", "4.2"], 2, "'4.2' is no seed"],
    [["--workloads", "tiny,huge"], 3, ". has no file openb_pod_list_huge.csv"],
    [
      ["--workloads", "odd", "--workers", "2"],
      3,
      'odd.csv:2: error[E_TRACE_VALUE]: memory_mib: "4 GiB"',
    ],
    [["--workloads", "odd", "--workers", "1"], 3, "4 GiB"],
  ])("refuses %j", (args, code, message) => {
    const cwd = freshFolder(FILES);
    const outcome = study(cwd, ...args);
    expect(outcome.code, outcome.stderr).toBe(code);
    expect(outcome.stderr).toContain(message);
    expect(existsSync(join(cwd, "out", "allocation.csv"))).toBe(false);
  });
});
