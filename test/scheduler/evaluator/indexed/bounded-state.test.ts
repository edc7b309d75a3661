// Pods of their own kind: found by bounds of blocks, the same node as by looking at all.

import { describe, expect, it } from "vitest";
import { FullProfileRun } from "../../../../bench/workloads/full-profile.ts";
import { createEvaluator } from "../../../../src/scheduler/evaluator/create-evaluator.ts";
import { BlockSummaries } from "../../../../src/scheduler/evaluator/indexed/block-summaries.ts";
import { BoundedState } from "../../../../src/scheduler/evaluator/indexed/bounded-state.ts";
import type { NodeSlots } from "../../../../src/scheduler/evaluator/indexed/node-slots.ts";
import type { NodeValues } from "../../../../src/scheduler/evaluator/indexed/node-value.ts";
import { CycleState } from "../../../../src/scheduler/index.ts";
import { Dice, RandomWorld } from "../random-world.ts";

describe("pods that ask for what no other asks for", () => {
  it.each([1, 2])("go where the plain evaluator puts them, seed %i", (seed) => {
    const run = new FullProfileRun({
      ...{ nodes: 200, evaluator: "indexed", comparedWith: "plain", sampling: "all", seed },
      ...{ uniqueRequests: true, apps: 40, nodeChangeEvery: 17, editEvery: 5 },
    });
    expect(run.advance(40).placed).toBeGreaterThan(30);
  });

  it("cost a look at few of the nodes", () => {
    const run = new FullProfileRun({
      ...{ nodes: 1_500, evaluator: "indexed", sampling: "all", uniqueRequests: true },
      ...{ apps: 100, nodeChangeEvery: 0 },
    });
    run.advance(20);
    const { operations } = run.world.cache;
    const before = operations.nodesTouched;
    run.advance(100);
    expect((operations.nodesTouched - before) / 100).toBeLessThan(500);
  });
});

/** What a bound is checked with: every node's value by the index itself. */
interface Internals {
  readonly slots: NodeSlots;
  readonly bounded: {
    readonly values: NodeValues;
    readonly bounds: Float64Array;
    readonly partitionBest: readonly number[];
    valueAt(slot: number): number;
  };
}

describe("the bound of a block", () => {
  it("is never below the value of a node in it, whatever the cluster looks like (25 seeds)", () => {
    let checked = 0;
    for (let seed = 1; seed <= 25; seed++) {
      const random = new RandomWorld(seed, { profile: 0, nodesMax: 40 });
      const { cache, objects } = random.world;
      const index = createEvaluator("indexed", cache, objects, { percentageOfNodesToScore: 100 });
      const { slots, bounded } = index as unknown as Internals;
      for (let step = 0; step < 15; step++) {
        const pod = random.next();
        const kept = bounded.values;
        const decision = index.decide(pod, random.profileOf(pod), new CycleState());
        const wasAsked = bounded.values !== undefined && bounded.values !== kept;
        for (let slot = 0; wasAsked && slot < slots.slotCount; slot++) {
          const value = bounded.valueAt(slot);
          if (value === 0) continue;
          checked++;
          const where = `seed ${seed}, step ${step}, slot ${slot}`;
          expect(bounded.bounds[slot >> 6]!, where).toBeGreaterThanOrEqual(value);
          expect(
            bounded.partitionBest[slots.partitionOfBlock[slot >> 6]!]!,
            where,
          ).toBeGreaterThanOrEqual(value);
        }
        random.conclude(pod, decision.node === -1 ? undefined : cache.nodeName(decision.node));
      }
    }
    expect(checked).toBeGreaterThan(500);
  });

  it("holds on nodes with more asked for than there is, for any pair of requests (seeded)", () => {
    const dice = new Dice(7);
    for (let round = 0; round < 200; round++) checkBlock(dice);
  });
});

/** One block of made-up nodes and one made-up pod. */
function checkBlock(dice: Dice): void {
  const nodes = Array.from({ length: 40 }, () => {
    const cpu = 1_000 * (1 + dice.below(64));
    const memory = 1_024 * (1 + dice.below(256));
    const used = [dice.below(cpu), dice.below(memory)] as const;
    // Defaults for pods that ask for nothing may come to more than the node has.
    const taken = used.map((each) => each + (dice.percent(30) ? dice.below(60_000) : 0));
    return [cpu, memory, ...used, ...taken, 5] as const;
  });
  const facts = new Float64Array(64 * 8);
  for (const [at, node] of nodes.entries()) {
    facts.set(node, at * 8);
    facts[at * 8 + 7] = balanceOf(node[2] / node[0], node[3] / node[1]);
  }
  const rowAt = new Int32Array(64).fill(-1);
  for (const at of nodes.keys()) rowAt[at] = at;
  const asked = { milliCpu: dice.below(4_000), memoryBytes: dice.below(8_000) };
  const scored = dice.percent(50) ? asked : { milliCpu: 100, memoryBytes: asked.memoryBytes + 200 };
  const fit = 1 + dice.below(3);
  const weight = 1 + dice.below(6);
  const totalOf = (slot: number): number => {
    const at = slot * 8;
    const [cpu, memory, usedCpu, usedMemory, takenCpu, takenMemory] = nodes[slot]!;
    const room = usedCpu + asked.milliCpu <= cpu && usedMemory + asked.memoryBytes <= memory;
    if (!room) return 0;
    const least = (all: number, part: number): number =>
      part > all ? 0 : Math.trunc(((all - part) * 100) / all);
    const sum =
      least(cpu, takenCpu! + scored.milliCpu) + least(memory, takenMemory! + scored.memoryBytes);
    const after = balanceOf(
      (usedCpu + asked.milliCpu) / cpu,
      (usedMemory + asked.memoryBytes) / memory,
    );
    const balanced = 50 + Math.trunc((50 + after - facts[at + 7]!) / 2);
    return fit * Math.trunc(sum / 2) + weight * balanced + 1;
  };
  const slots = {
    ...{ slotCount: 64, facts, rowAt, journal: new Int32Array(64), journalEnd: 0, layoutEpoch: 0 },
    partitions: [{ number: 0, begin: 0, end: 64 }],
  } as unknown as NodeSlots;
  const values = {
    ...{ offset: -1, needsRoom: true, wantsMore: false, isBalanced: true, images: undefined },
    isAlike: scored === asked,
    ...asked,
    ...{ scoreMilliCpu: scored.milliCpu, scoreMemoryBytes: scored.memoryBytes },
    ...{ balancedMilliCpu: asked.milliCpu, balancedMemoryBytes: asked.memoryBytes },
    valueOf: totalOf,
  } as unknown as NodeValues;
  const operations = { treeSteps: 0, nodesTouched: 0 };
  const cache = { operations } as unknown as ConstructorParameters<typeof BoundedState>[0];
  const state = new BoundedState(cache, slots, new BlockSummaries(slots));
  const weights = { fit, balance: weight, images: 0 } as Parameters<BoundedState["begin"]>[1];
  state.begin(values, weights);
  const totals = [...nodes.keys()].map(totalOf);
  const best = Math.max(...totals);
  expect(state.fitting[0]).toBe(totals.filter((total) => total > 0).length);
  if (best === 0) return;
  expect(state.partitionBest[0]).toBeGreaterThanOrEqual(best);
  const tied: number[] = [];
  const none = new Int32Array(64);
  expect(state.scan(0, 0, -1, none, 1, tied)).toBe(best);
  const wanted = [...totals.keys()].filter((at) => totals[at] === best);
  expect([...tied].sort((a, b) => a - b)).toEqual(wanted);
}

function balanceOf(a: number, b: number): number {
  return Math.trunc((1 - Math.abs((Math.min(1, a) - Math.min(1, b)) / 2)) * 100);
}
