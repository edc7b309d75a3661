// `podsim sweep` and `podsim merge`: rows, the same bytes by any way, resuming, stopping, wrong questions.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readYaml } from "../../src/base/index.ts";
import { ManifestReader, PodTemplateRegistry } from "../../src/cluster/index.ts";
import { freshFolder, podsim, SMALL, startPodsim } from "./command-line.ts";

const SCENARIO = `${SMALL}vary: [arrivals, lifetimes]\n`;
const FILES = { "s.yaml": SCENARIO };
const GRID = [
  ...["--param", "cluster.nodePools.0.count=3,4", "-s", "default", "-s", "best-fit"],
  ...["-n", "5", "-q", "-o", "json"],
];
const sweep = (args: readonly string[], cwd: string = freshFolder(FILES)) =>
  podsim(["sweep", "s.yaml", ...args], { cwd });
const cellsIn = (store: string): string[] =>
  readdirSync(join(store, "cells"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .sort((a, b) => (a < b ? -1 : 1));

describe("podsim sweep", () => {
  it("gives the same bytes with one thread, with two, through shards, and from the store", () => {
    const cwd = freshFolder(FILES);
    const once = sweep([...GRID, "--workers", "1", "--output-dir", "one"], cwd);
    expect([once.code, once.stderr]).toEqual([0, ""]);
    const record = JSON.parse(once.stdout) as { rows: { values: string[]; scheduler: string }[] };
    expect(record.rows.map(({ values, scheduler }) => `${values.join()} ${scheduler}`)).toEqual([
      ...["3 default", "3 best-fit", "4 default", "4 best-fit"],
    ]);
    expect(sweep([...GRID, "--workers", "2"], cwd).stdout).toBe(once.stdout);

    for (const shard of ["0/3", "2/3"]) {
      const { code, stdout } = sweep([...GRID, "--store", `s${shard[0]}`, "--shard", shard], cwd);
      expect([code, stdout]).toEqual([0, ""]);
    }
    const early = podsim(["merge", "s0", "s2"], { cwd });
    expect(early.code).toBe(4);
    expect(early.stderr).toContain("7 of 20 cells are missing");
    expect(early.stdout).toContain("PARTIAL: 7 cells are missing");
    sweep([...GRID, "--store", "s2", "--shard", "1/3"], cwd);
    const merge = ["merge", "s0", "s2", "-o", "json", "--output-dir", "merged", "-q"];
    expect(podsim(merge, { cwd }).stdout).toBe(once.stdout);
    for (const name of ["sweep.json", "sweep.csv", "replications.csv", "run.json"])
      expect(readFileSync(join(cwd, "merged", name), "utf8")).toBe(
        readFileSync(join(cwd, "one", name), "utf8"),
      );
  });

  it("runs only what the store lacks or has damaged", () => {
    const cwd = freshFolder(FILES);
    const args = ["--param", "cluster.nodePools.0.count=3,4", "-n", "3", "--store", "cells"];
    const first = sweep([...args, "-o", "csv"], cwd);
    const store = join(cwd, "cells");
    const names = cellsIn(store);
    expect(names).toHaveLength(6);
    const [gone, damaged] = names.map((name) => join(store, "cells", name));
    const whole = readFileSync(damaged!, "utf8");
    rmSync(gone!);
    writeFileSync(damaged!, whole.slice(0, 50));
    const again = sweep([...args, "-o", "csv"], cwd);
    expect([again.code, again.stdout]).toEqual([0, first.stdout]);
    expect(again.stderr).toContain("is damaged: its cell is run again");
    expect(readFileSync(damaged!, "utf8")).toBe(whole);
    // More replications: the cells that are there count.
    const more = [...args];
    more[3] = "4";
    expect(sweep([...more, "-q"], cwd).code).toBe(0);
    expect(cellsIn(store)).toHaveLength(8);
    const asked = podsim(["merge", "cells"], { cwd });
    expect([asked.code, asked.stderr.includes("the stores hold 2 studies")]).toEqual([2, true]);
  });

  it("an input that changed has other cells", () => {
    const cwd = freshFolder({
      ...FILES,
      "mine.mjs": STRATEGY,
      "part.mjs": "export const at = 0;\n",
    });
    const args = ["--param", "run.seed=1", "-s", "mine.mjs", "-n", "1", "--store", "cells", "-q"];
    const countAfter = (): number => {
      expect(sweep(args, cwd).code).toBe(0);
      return cellsIn(join(cwd, "cells")).length;
    };
    expect(countAfter()).toBe(1);
    expect(countAfter()).toBe(1);
    writeFileSync(join(cwd, "part.mjs"), "export const at = 1;\n");
    expect(countAfter()).toBe(2);
    writeFileSync(join(cwd, "s.yaml"), SCENARIO.replace("rate: 6/m", "rate: 7/m"));
    expect(countAfter()).toBe(3);
    writeFileSync(join(cwd, "s.yaml"), `# the same\n${SCENARIO.replace("6/m", "7/m")}`);
    expect(countAfter()).toBe(3);
  });

  it("takes listed combinations from CSV and JSON alike", () => {
    const csv = "# two of them\ncluster.nodePools.0.count,run.seed\n3,a\n4,b\n";
    const json = JSON.stringify([
      { "cluster.nodePools.0.count": 3, "run.seed": "a" },
      { "cluster.nodePools.0.count": 4, "run.seed": "b" },
    ]);
    const cwd = freshFolder({ ...FILES, "list.csv": csv, "list.json": json });
    const outputs = ["list.csv", "list.json"].map(
      (name) => sweep(["--params", name, "-n", "1", "-q", "-o", "csv"], cwd).stdout,
    );
    expect(outputs[1]).toBe(outputs[0]);
    expect(outputs[0]!.split(/\r?\n/).slice(0, 2)).toEqual([
      "cluster.nodePools.0.count,run.seed,scheduler,seed,measure,unit,count,mean,low,high,reason,method,skewness,bootstrapLow,bootstrapHigh",
      expect.stringMatching(/^"3","a","default-scheduler","a","pending.avg","us",1,/),
    ]);
    const plan = sweep(["--params", "list.csv", "--param", "run.horizon=1m,2m", "--plan"], cwd);
    expect(plan.stdout).toBe("4 rows x 20 replications = 80 cells\n");
  });

  it("stops after the present cells at the first signal, and says what is whole", async () => {
    const cwd = freshFolder(FILES);
    const args = ["sweep", "s.yaml", "--param", "cluster.nodePools.0.count=3,4", "-n", "400"];
    const { child, end } = startPodsim([...args, "--workers", "1", "--store", "cells"], { cwd });
    while (!existsSync(join(cwd, "cells", "cells")) || cellsIn(join(cwd, "cells")).length < 3)
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await end;
    expect(code).toBe(130);
    expect(stderr).toContain("stopping after the present cells");
    expect(stdout).toMatch(/PARTIAL: \d+ cells are missing/);
  });

  it.each([
    [[], "nothing to sweep over"],
    [["--param", "count"], "write path=a,b,c"],
    [["--param", "run.seed=1,1"], "'1' is there twice"],
    [["--param", "run.seed=1", "--shard", "3/3", "--store", "x"], "Shards are counted from 0"],
    [["--param", "run.seed=1", "--shard", "0/3"], "--shard needs --store"],
    [["--param", "run.seed=1", "--queue", "redis://127.0.0.1:1"], "--queue needs --store"],
    [["--param", "run.seed=1", "--emit-job", "3", "--image", "x"], "--emit-job needs --image"],
    [["--param", "run.seed=1", "--vary", "moods"], "--vary moods"],
  ])("refuses %j", (args, message) => {
    const { code, stderr, stdout } = sweep(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("refuses a value that the scenario cannot have before anything runs", () => {
    const cwd = freshFolder(FILES);
    const { code, stderr } = sweep(
      ["--param", "cluster.nodePools.0.count=3,many", "--store", "cells"],
      cwd,
    );
    expect(code).toBe(3);
    expect(stderr).toContain("--set cluster.nodePools.0.count=many");
    expect(existsSync(join(cwd, "cells"))).toBe(false);
  });

  it("says when a queue cannot be reached", () => {
    const args = ["--param", "run.seed=1", "--store", "cells", "--queue", "redis://127.0.0.1:1"];
    const { code, stderr } = sweep(args);
    expect(code).toBe(8);
    expect(stderr).toContain("cannot reach Redis at redis://127.0.0.1:1: connect ECONNREFUSED");
  });
});

describe("podsim sweep --emit-job", () => {
  it("prints an Indexed Job that podsim's own reader takes, one shard per index", () => {
    const place = ["--emit-job", "8", "--image", "podsim:1", "--volume", "data"];
    const { code, stdout } = sweep([...GRID, "--store", "cells", ...place]);
    expect(code).toBe(0);
    const [document] = readYaml(stdout).documents;
    const reader = new ManifestReader({
      registry: new PodTemplateRegistry(),
      inferOwners: false,
      checkReferences: false,
    });
    reader.add(document!);
    const { objects, problems } = reader.finish();
    expect(problems).toEqual([]);
    expect(objects[0]!.object).toMatchObject({
      kind: "Job",
      meta: { name: "podsim-small" },
      spec: { completions: 8, completionMode: "Indexed", backoffLimitPerIndex: 3 },
    });
    const [container] = (document!.value as EmittedJob).spec.template.spec.containers;
    expect(container!.args.join(" ")).toBe(
      "sweep s.yaml --param cluster.nodePools.0.count=3,4 -s default -s best-fit -n 5 --confidence 0.95 --store cells --workers 1 -q --shard $(JOB_COMPLETION_INDEX)/8",
    );
    const { rules } = (document!.value as EmittedJob).spec.podFailurePolicy;
    expect(rules[0]).toEqual({
      action: "FailIndex",
      onExitCodes: { containerName: "podsim", operator: "In", values: [2, 3] },
    });
  });

  it("a shard with those arguments is one of the sweep's", () => {
    const cwd = freshFolder(FILES);
    const args = ["--store", "cells", "--workers", "1", "--shard", "1/8", "--confidence", "0.95"];
    expect(sweep([...GRID, ...args], cwd).code).toBe(0);
    expect(cellsIn(join(cwd, "cells"))).toHaveLength(3);
  });
});

interface EmittedJob {
  readonly spec: {
    readonly podFailurePolicy: { readonly rules: readonly unknown[] };
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] };
    };
  };
}

const STRATEGY = `import { at } from "./part.mjs";
export const apiVersion = "podsim.dev/v1";
export default (_pod, view) => ({ node: view.nodes[at] });
`;
