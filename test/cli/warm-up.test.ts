// `run.warmup: auto` from the command line: the same bytes by any way, the horizon doubled, who refuses it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, podsim } from "./command-line.ts";

const scenario = (rate: number): string => `apiVersion: podsim.dev/v1
kind: Scenario
metadata: { name: farm }
run: { study: steady-state, horizon: 5m, warmup: auto, seed: "1" }
controlPlane: { preset: instant }
cluster:
  nodePools:
    - { name: n, count: 2, allocatable: { cpu: "4", memory: 8Gi, pods: "110" } }
workload:
  generators:
    - name: job
      arrivals: { process: poisson, rate: ${rate} }
      pod:
        spec:
          restartPolicy: Never
          containers:
            - { name: main, image: "job:1", resources: { requests: { cpu: "1" } } }
      duration: { law: exponential, mean: 20s }
vary: [arrivals, lifetimes]
`;
const FILES = { "s.yaml": scenario(0.2), "full.yaml": scenario(0.8) };
const COMPARE = ["compare", "s.yaml", "-s", "default", "-s", "best-fit", "-n", "5", "-q"];
const cellsIn = (store: string): number =>
  readdirSync(join(store, "cells"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".json"),
  ).length;

interface Found {
  readonly warmUpUs: number;
  readonly horizonUs: number;
  readonly command: string;
  readonly warmUp: { readonly warmUpUs: number; readonly lengthFactor: number };
}

describe("a warm-up that is found", () => {
  it("is that of a comparison with the same bytes in threads, from stores and in shards", () => {
    const cwd = freshFolder(FILES);
    const once = podsim([...COMPARE, "-o", "json", "--workers", "1", "--output-dir", "out"], {
      cwd,
    });
    expect([once.code, once.stderr]).toEqual([0, ""]);
    const { warmUpUs, horizonUs, warmUp, command } = JSON.parse(once.stdout) as Found;
    expect(warmUp.warmUpUs).toBe(warmUpUs);
    expect(warmUpUs).toBeGreaterThan(0);
    expect(horizonUs).toBe(300_000_000 * warmUp.lengthFactor);
    expect(command).not.toContain("run.warmup");
    expect(readFileSync(join(cwd, "out/warm-up.svg"), "utf8")).toContain(
      "utilization.cpu of best-fit",
    );
    const json = [...COMPARE, "-o", "json"];
    const two = [...json, "--workers", "2", "--store", "cells"];
    expect(podsim(two, { cwd }).stdout).toBe(once.stdout);
    // Ten runs that are measured, and as many of a pilot for every length that was tried.
    const lengths = 1 + Math.log2(warmUp.lengthFactor);
    expect(cellsIn(join(cwd, "cells"))).toBe(10 * (1 + lengths));
    expect(podsim(two, { cwd }).stdout).toBe(once.stdout);
    for (const shard of ["0/2", "1/2"])
      podsim([...json, "--store", `s${shard[0]}`, "--shard", shard], { cwd });
    const merged = podsim(["merge", "s0", "s1", "-o", "json", "-q"], { cwd });
    expect(merged.stdout).toBe(once.stdout);
  });

  it("measures what the same duration, written down, measures", () => {
    const cwd = freshFolder(FILES);
    const auto = podsim([...COMPARE, "-o", "json"], { cwd }).stdout;
    const { warmUpUs, horizonUs } = JSON.parse(auto) as Found;
    const given = ["--warmup", `${warmUpUs}us`, "--for", `${horizonUs}us`, "-o", "json"];
    const plain = podsim([...COMPARE, ...given], { cwd }).stdout;
    const parts = (text: string): unknown => {
      const { measures, comparisons, alternatives } = JSON.parse(text) as Record<string, unknown>;
      return { measures, comparisons, alternatives };
    };
    expect(parts(plain)).toEqual(parts(auto));
  });

  it("doubles the horizon, and is refused by name where the load is too much", () => {
    const cwd = freshFolder(FILES);
    const full = ["sweep", "full.yaml", "--param", "run.seed=1", "-n", "5", "-q", "--for", "20s"];
    const { code, stdout, stderr } = podsim(full, { cwd });
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toContain("run.seed=1: no warm-up is found: within 5m20s, 16 times the horizon");
    expect(stderr).toContain("queue of default-scheduler");
  });

  it("has its own for every combination of a sweep", () => {
    const cwd = freshFolder(FILES);
    const sweep = ["sweep", "s.yaml", "--param", "cluster.nodePools.0.count=2,3", "-n", "5"];
    const { code, stdout } = podsim([...sweep, "-q", "-o", "json", "--output-dir", "out"], { cwd });
    expect(code).toBe(0);
    const { rows, warmUps } = JSON.parse(stdout) as {
      rows: { warmUpUs: number; values: string[] }[];
      warmUps: { warmUpUs: number; values: string[] }[];
    };
    expect(warmUps.map(({ values }) => values)).toEqual([["2"], ["3"]]);
    expect(rows.map(({ warmUpUs }) => warmUpUs)).toEqual(warmUps.map(({ warmUpUs }) => warmUpUs));
    expect(existsSync(join(cwd, "out/warm-up-1.svg"))).toBe(true);
    expect(podsim([...sweep, "--plan"], { cwd }).stdout).toBe(
      "2 rows x 5 replications = 10 cells, and 10 or more of a pilot before them\n",
    );
  });

  it("of one run is found on that run, which is then one long run", () => {
    const cwd = freshFolder(FILES);
    const run = ["run", "s.yaml", "--for", "2h", "--output-dir", "out", "-o", "json"];
    const { code, stdout } = podsim(run, { cwd });
    expect(code).toBe(0);
    const { steadyState } = JSON.parse(stdout) as {
      steadyState: { warmUp: object; isUnstable: boolean; longRun: { measure: string }[] };
    };
    expect(steadyState).toMatchObject({ warmUp: { method: "MSER-5" }, isUnstable: false });
    expect(steadyState.longRun.map(({ measure }) => measure)).toContain("pending.avg");
    const pod = podsim(["explain", "out", "default/job-3", "-o", "name"], { cwd });
    expect(pod.code).toBe(0);
  });

  it.each([
    ["plan", "--require", "pending.p95<30s"],
    ["whatif", "--do", "drain n-0"],
  ])("is refused by %s, which makes no pilot", (command, flag, value) => {
    const cwd = freshFolder(FILES);
    const { code, stderr } = podsim([command, "s.yaml", flag, value], { cwd });
    expect(code).toBe(3);
    expect(stderr).toContain("error[E_WARMUP_AUTO]: run.warmup");
    expect(stderr).toContain("hint: run, compare and sweep find it");
  });
});

describe("a single steady run", () => {
  it("has intervals by batch means in a comparison and a sweep, or says why not", () => {
    const cwd = freshFolder(FILES);
    const long = [
      "--warmup",
      "10m",
      "--for",
      "6h",
      "-n",
      "1",
      "-q",
      "--measure",
      "utilization.cpu",
    ];
    const compared = podsim(["compare", "s.yaml", "-s", "default", "-s", "best-fit", ...long], {
      cwd,
    });
    expect(compared.stdout).toMatch(/default, utilization\.cpu: (\d|no interval by batch means)/);
    const sweep = ["sweep", "s.yaml", "--param", "run.seed=1", ...long, "-o", "json"];
    const { rows, longRuns } = JSON.parse(podsim(sweep, { cwd }).stdout) as {
      rows: { estimates: { kind: string; method?: string }[] }[];
      longRuns: { row: number; measure: string; estimate: { kind: string } }[];
    };
    const batched = longRuns.find(({ measure }) => measure === "utilization.cpu")!;
    expect(rows[0]!.estimates[0]!.kind).toBe(
      batched.estimate.kind === "interval" ? "interval" : "point",
    );
    // Replications are independent already.
    const many = podsim(
      ["sweep", "s.yaml", "--param", "run.seed=1", "--warmup", "1m", "-n", "5", "-o", "json"],
      { cwd },
    ).stdout;
    expect(JSON.parse(many)).not.toHaveProperty("longRuns");
    expect(many).not.toContain("batch-means");
  });
});
