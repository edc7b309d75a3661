// Claims about arrival orders: Go's numbers, known answers, and the orders that were published.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { arrivalOrder } from "../../../src/experiment/fgd/arrival-order.ts";
import { goConstants } from "../../../src/experiment/fgd/go-constants.ts";
import { GoRandom } from "../../../src/experiment/fgd/go-random.ts";

const TRACE = new URL("../../../../shared/data/openb/", import.meta.url);
const ORDERS = new URL("derived-orders/", TRACE);
const GPU_CAPACITY_MILLI = 6_212_000;

describe("Go's random numbers", () => {
  it("begin with these for seed 1", () => {
    const random = new GoRandom(1);
    expect([random.int63(), random.int63(), random.int63()]).toEqual([
      5577006791947779410n,
      8674665223082153551n,
      6129484611666145821n,
    ]);
  });

  it("are these permutations and bounded numbers", () => {
    const random = new GoRandom(1);
    const below100 = Array.from({ length: 10 }, () => random.intn(100));
    expect(below100).toEqual([81, 87, 47, 59, 81, 18, 25, 40, 56, 0]);
    expect([...new GoRandom(3).perm(20)].sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
    expect(new GoRandom(0).int63()).not.toBe(new GoRandom(1).int63());
  });

  it.skipIf(!existsSync(ORDERS))("start from Go's own 607 constants", () => {
    const file = readFileSync(new URL("go-mathrand-table.json", ORDERS), "utf8");
    const { values } = JSON.parse(file) as { values: string[] };
    expect(goConstants()).toEqual(values.map((value) => BigInt.asUintN(64, BigInt(value))));
  });
});

describe("tuning", () => {
  const share = { milliEach: 500, milliTotal: 500 };
  const large = { milliEach: 1000, milliTotal: 8000 };

  it("appends clones of any pod until one GPU more would pass 1.3 times the cluster", () => {
    const { arrivals, firstClone, removed } = arrivalOrder([share, share], 10_000, 3, 1);
    expect([firstClone, removed]).toEqual([2, 0]);
    expect(arrivals.length * 500).toBe(13_000);
  });

  it("may pass the aim by the further GPUs of the last clone", () => {
    const demands = Array.from(
      { length: 30 },
      (_, seed) => arrivalOrder([large], 10_000, 1, seed).arrivals.length * 8000,
    );
    expect(new Set(demands)).toEqual(new Set([16_000]));
  });

  it("deletes pods while more than 1.3 times the cluster is asked for", () => {
    const { arrivals, firstClone, removed } = arrivalOrder([large, large, large], 10_000, 1, 5);
    expect([arrivals.length, firstClone, removed]).toEqual([1, -1, 2]);
  });

  it("ranks every node once", () => {
    const { nodeRanks } = arrivalOrder([large], 10_000, 9, 5);
    expect([...nodeRanks].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe.skipIf(!existsSync(ORDERS))("published orders (skipped: ../shared is absent)", () => {
  const files = existsSync(ORDERS)
    ? readdirSync(ORDERS).filter((name) => name.includes("-seed"))
    : [];

  it("are there", () => {
    expect(files.length).toBe(26);
  });

  it.each(files)("are found again: %s", (name) => {
    const known = JSON.parse(readFileSync(new URL(name, ORDERS), "utf8"));
    const [header, ...rows] = readFileSync(new URL(known.podCsv, TRACE), "utf8")
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(","));
    const at = (column: string): number => header!.indexOf(column);
    const pods = rows.map((row) => {
      const milliEach = Number(row[at("gpu_milli")]);
      return { milliEach, milliTotal: milliEach * Number(row[at("num_gpu")]) };
    });
    const order = arrivalOrder(pods, GPU_CAPACITY_MILLI, known.nodeRank.length, known.seed);
    expect(order.arrivals).toEqual(known.order);
    expect(order.nodeRanks).toEqual(known.nodeRank);
    expect([order.firstClone, order.removed]).toEqual([
      known.firstTunedPosition,
      known.removedByTuning,
    ]);
  });
});
