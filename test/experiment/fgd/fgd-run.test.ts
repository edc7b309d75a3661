// Claims about a run of the FGD study: the scheduler's plugins decide as the plain twin does, with
// remembered verdicts or without, and the real trace gives the tables that are on record here.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../../src/base/index.ts";
import { arrivalOrder } from "../../../src/experiment/fgd/arrival-order.ts";
import { FGD_POLICIES, fgdConfiguration } from "../../../src/experiment/fgd/fgd-policies.ts";
import { runFgd } from "../../../src/experiment/fgd/fgd-run.ts";
import { FGD_TABLES, fgdTable } from "../../../src/experiment/fgd/fgd-tables.ts";
import { type FgdWorkload, readFgdWorkload } from "../../../src/experiment/fgd/fgd-workload.ts";
import { createGpuRegistry } from "../../../src/scheduler/index.ts";
import { runTwin } from "./plain-twin.ts";

const TRACE = new URL("../../../../shared/data/openb/", import.meta.url);
const DETERMINISTIC = [...FGD_POLICIES.keys()].filter((policy) => policy !== "random");

/** Lists of a small cluster and its pods, drawn from a seed. */
function smallLists(seed: number): { nodes: string; pods: string } {
  let state = seed;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const models = ["T4", "P100", "G2"];
  const nodes = Array.from({ length: 5 + below(6) }, (_, k) => {
    const gpus = [1, 2, 4, 8][below(4)]!;
    return `n${k},${16_000 * (1 + below(6))},${65_536 * (1 + below(4))},${gpus},${models[below(3)]}`;
  });
  const pods = Array.from({ length: 40 }, (_, k) => {
    const gpus = [0, 1, 1, 1, 2, 4][below(6)]!;
    const milli = gpus === 0 ? 0 : gpus > 1 || below(3) === 0 ? 1000 : 1 + below(999);
    const spec = gpus > 0 && below(4) === 0 ? `${models[below(3)]}|${models[below(3)]}` : "";
    const cpu = 500 * below(40);
    return `p${String(k).padStart(3, "0")},${cpu},${1024 * (1 + below(32))},${gpus},${milli},${spec}`;
  });
  return {
    nodes: ["sn,cpu_milli,memory_mib,gpu,model", ...nodes].join("\n"),
    pods: ["name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec", ...pods].join("\n"),
  };
}

function workloadOf(lists: { nodes: string; pods: string }, name = "small"): FgdWorkload {
  const nodes = { name: "nodes.csv", text: lists.nodes };
  return readFgdWorkload(name, nodes, { name: "pods.csv", text: lists.pods });
}

function orderOf(workload: FgdWorkload, seed: number) {
  const { pods, gpuCount, nodes } = workload;
  return arrivalOrder(pods, gpuCount * 1000, nodes.length, seed);
}

describe("a run of the FGD study", () => {
  it.each(DETERMINISTIC)("places every pod where the plain twin does under %s", (policy) => {
    for (let seed = 1; seed <= 20; seed++) {
      const lists = smallLists(seed);
      const workload = workloadOf(lists);
      const { placements, rows } = runFgd(workload, policy, seed);
      const order = orderOf(workload, seed);
      const twin = runTwin(lists.nodes, lists.pods, policy, order, order.arrivals.length);
      expect(placements, `seed ${seed}`).toEqual(twin.placements);
      const share = (100 * twin.allocatedMilli) / (workload.gpuCount * 1000);
      const last = rows.allocation.findLast((cell) => !Number.isNaN(cell))!;
      expect(last, `seed ${seed}`).toBeLessThanOrEqual(share + 0.01);
    }
  });

  it.each([...FGD_POLICIES.keys()])("is the same with remembered verdicts under %s", (policy) => {
    for (let seed = 1; seed <= 8; seed++) {
      const workload = workloadOf(smallLists(1000 + seed));
      const plain = runFgd(workload, policy, seed, "plain");
      expect(runFgd(workload, policy, seed), `seed ${seed}`).toEqual(plain);
    }
  });

  it("hands the weights of typical pods to the plugin bit for bit", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { typicalPods } = workloadOf(smallLists(seed));
      const registry = createGpuRegistry();
      const { profiles } = fgdConfiguration("fgd", typicalPods, "model", 1, registry);
      const args = profiles[0]!.args.get("GpuFragmentationDescent");
      expect(args, `seed ${seed}`).toEqual({ typicalPods, modelLabel: "model" });
    }
  });

  it("draws other nodes for another seed under random, on the same arrivals", () => {
    const workload = workloadOf(smallLists(7));
    const runs = [1, 2, 3].map((seed) => runFgd(workload, "random", seed).placements.join());
    expect(new Set(runs).size).toBe(3);
    expect(runFgd(workload, "random", 1).placements.join()).toBe(runs[0]);
  });

  it("refuses a cluster without GPUs and lists without pods", () => {
    const { nodes, pods } = smallLists(1);
    const bare = "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,262144,0,";
    expect(() => workloadOf({ nodes: bare, pods })).toThrow("no node has a GPU");
    expect(() => workloadOf({ nodes, pods: pods.split("\n")[0]! })).toThrow("no pods");
  });
});

describe.skipIf(!existsSync(TRACE))("the FGD study on openb (skipped: ../shared is absent)", () => {
  const text = (name: string): string => readFileSync(new URL(name, TRACE), "utf8");
  const lists = (name: string) => ({
    nodes: text("openb_node_list_gpu_node.csv"),
    pods: text(`openb_pod_list_${name}.csv`),
  });

  it("finds the 35 kinds of pod that are typical of the default trace", () => {
    const { typicalPods, gpuCount, nodes, pods } = workloadOf(lists("default"));
    expect([typicalPods.length, gpuCount, nodes.length, pods.length]).toEqual([
      35, 6212, 1213, 8152,
    ]);
    const sum = typicalPods.reduce((total, { weight }) => total + weight, 0);
    expect(sum).toBeCloseTo(1, 12);
  });

  // The twin takes minutes for a whole run: PODSIM_FGD_TWIN=WORKLOAD:SEED asks for one.
  const asked = process.env["PODSIM_FGD_TWIN"];
  const [name = "gpuspec33", seed = "42"] = asked?.split(":") ?? [];
  const count = asked === undefined ? 100 : Number.POSITIVE_INFINITY;

  it.each(DETERMINISTIC)("places pods as the plain twin does under %s", (policy) => {
    const { nodes, pods } = lists(name);
    const workload = workloadOf({ nodes, pods });
    const order = orderOf(workload, Number(seed));
    const { placements } = runFgd(workload, policy, Number(seed));
    const twin = runTwin(nodes, pods, policy, order, count);
    expect(twin.placements.length).toBe(Math.min(count, order.arrivals.length));
    expect(placements.slice(0, count)).toEqual(twin.placements);
  });

  it("places gpuspec33 under fgd as the plain twin does to the end, ties of the last bit included", () => {
    const { placements } = runFgd(workloadOf(lists("gpuspec33")), "fgd", 42);
    expect(sha256Hex(placements.join())).toBe(
      "98b0a39773559ee566b1c9bf16df694b98dc902ec391fbe0d3813751b4af2415",
    );
  });

  it("gives these tables for the default trace and seed 42", () => {
    const workload = workloadOf(lists("default"), "default");
    const cells = DETERMINISTIC.map((policy) => ({ workload: "default", policy, seed: 42 }));
    const results = cells.map(({ policy, seed }) => runFgd(workload, policy, seed).rows);
    const at = results.map(({ allocation }) => [50, 80, 100, 130].map((k) => allocation[k]));
    expect(at).toEqual([
      [49.95, 79.99, 95.14, 95.29],
      [49.95, 79.99, 92.94, 93.13],
      [49.95, 79.99, 90.34, 90.54],
      [49.95, 79.99, 91.37, 91.57],
      [49.95, 79.99, 91.33, 91.53],
    ]);
    const hashes = FGD_TABLES.map(({ rows }) => sha256Hex(fgdTable(cells, results, rows)));
    expect(hashes).toEqual([
      "f4eadc91a666a147a1586e3068dc618e34fd9b5137fcddb4789736e11258eaaa",
      "d32059e1b294841acbacdb9c3e09db560fe219ce0e841181105756d440766de9",
      "2ca7ef8d18adc65370200eec0cda89f693691de82613a35c15cc600fef28f5d6",
    ]);
  });
});
