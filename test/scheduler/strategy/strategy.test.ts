// Claims about users' own strategies and plugins: what they can do, and what they cannot break.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  definePlugin,
  defineStrategy,
  type PluginSource,
  type Strategy,
  StrategyError,
} from "../../../src/scheduler/index.ts";
import { type StrategyBench, strategyBench } from "./strategy-bench.ts";

type Decide = Strategy["decide"];

function benchOf(decide: Decide): StrategyBench {
  return strategyBench({ strategy: defineStrategy({ name: "mine", decide }).create() });
}

function failureOf(run: () => void): StrategyError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof StrategyError) return thrown;
    throw thrown;
  }
  throw new Error("nothing failed");
}

/** Runs one pod through plugins; gives the placement. */
function placeWith(...sources: PluginSource[]): StrategyBench {
  const bench = strategyBench({ plugins: sources.map((source) => definePlugin(source)) });
  bench.submit("a", "1", "1Gi");
  bench.run();
  return bench;
}

describe("a function as strategy", () => {
  it("sees the nodes that fit and places the pod where it says", () => {
    const seen: string[][] = [];
    const bench = benchOf((pod, { nodes, nowUs }) => {
      seen.push(nodes.map(({ name }) => name));
      expect([pod.name, pod.milliCpuRequested, nowUs]).toEqual(["a", 3_000, 0]);
      return { node: "deep" };
    });
    bench.submit("a", "3", "1Gi");
    bench.run();
    expect(seen).toEqual([["wide", "deep"]]);
    expect(bench.placements()).toEqual({ a: "deep" });
  });

  it("may decline; the pod says why and is tried again after the next event", () => {
    let isWilling = false;
    const bench = benchOf((_pod, { nodes }) =>
      isWilling ? { node: nodes[0]! } : { reasons: ["not on a Monday"] },
    );
    bench.submit("a", "1", "1Gi");
    bench.run();
    expect(bench.decisions[0]?.message).toMatch(/^0\/3 nodes are available: 3 not on a Monday\./);
    isWilling = true;
    bench.addNode("fourth");
    bench.run();
    expect(bench.placements()).toEqual({ a: "small" });
  });

  it("sees its own earlier decisions in the views at once", () => {
    const counts: number[] = [];
    const bench = benchOf((_pod, { nodes }) => {
      counts.push(nodes[0]!.podCount);
      return { node: nodes[0]! };
    });
    for (const name of ["a", "b", "c"]) bench.submit(name, "100m", "1Gi");
    bench.run();
    expect(counts).toEqual([0, 1, 2]);
  });
});

describe("a strategy that breaks its contract", () => {
  const wrong: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["undefined", () => undefined, /answered undefined; expected \{ node \} or \{ reasons \}/],
    ["NaN", () => Number.NaN, /answered NaN/],
    ["an unknown node", () => ({ node: "nowhere" }), /the unknown node "nowhere"/],
    [
      "a node that does not fit",
      () => ({ node: "small" }),
      /"small", on which the pod does not fit/,
    ],
    ["a promise", () => Promise.resolve({ node: "wide" }), /returned a promise/],
    ["a rejected promise", () => Promise.reject(new Error("no")), /returned a promise/],
    ["a foreign object", () => ({ place: "wide" }), /answered an object with keys place/],
    ["a NaN score", () => ({ node: "wide", score: Number.NaN }), /score NaN; it must be finite/],
    ["reasons that are no texts", () => ({ reasons: [1] }), /no list of texts/],
  ];

  it.each(wrong)("by answering %s is refused with name, time and pod", (_what, answer, text) => {
    const bench = benchOf(() => answer() as never);
    bench.submit("a", "3", "1Gi");
    const error = failureOf(() => bench.run());
    expect(error.message).toMatch(text);
    expect(error.message).toMatch(/^strategy mine \(decide at 0s, pod default\/a\): /);
    expect(bench.placements()).toEqual({ a: "" });
  });

  it("by any value at all never changes the cluster", () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        const bench = benchOf(() => answer as never);
        bench.submit("a", "1", "1Gi");
        expect(failureOf(() => bench.run()).strategy).toBe("mine");
        expect(bench.placements()).toEqual({ a: "" });
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ["an Error", new TypeError("boom"), /threw TypeError: boom/],
    ["a text", "boom", /threw "boom"/],
    ["null", null, /threw null/],
  ])("by throwing %s is named", (_what, thrown, text) => {
    const bench = benchOf(() => {
      throw thrown;
    });
    bench.submit("a", "1", "1Gi");
    const error = failureOf(() => bench.run());
    expect(error.message).toMatch(text);
    expect(error.cause).toBe(thrown);
  });

  const mutations: readonly (readonly [string, Decide])[] = [
    ["the pod", (pod) => Object.assign(pod, { priority: 9 }) as never],
    ["labels", (pod) => Object.assign(pod.labels, { a: "b" }) as never],
    ["tolerations", (pod) => (pod.tolerations as unknown[]).push({}) as never],
    ["the node list", (_pod, view) => (view.nodes as unknown[]).pop() as never],
    ["a node", (_pod, view) => Object.assign(view.nodes[0]!, { name: "x" }) as never],
    ["taints", (_pod, view) => (view.nodes[0]!.taints as unknown[]).push({}) as never],
    ["pods of a node", (_pod, view) => (view.nodes[0]!.pods() as unknown[]).push({}) as never],
    [
      "a view's class",
      (_pod, view) =>
        Object.defineProperty(Object.getPrototypeOf(view.nodes[0]), "name", { value: 1 }),
    ],
  ];
  it.each(mutations)("by changing %s fails at that line", (_what, decide) => {
    const bench = benchOf(decide);
    bench.submit("a", "1", "1Gi");
    expect(failureOf(() => bench.run()).message).toMatch(/threw TypeError: Cannot/);
  });
});

describe("a user's plugin", () => {
  it("filters, and its reasons stand in the message", () => {
    const bench = placeWith({
      name: "NoWide",
      filter: (_pod, node) => (node.name === "wide" ? "too wide" : true),
    });
    expect(["small", "deep"]).toContain(bench.placements()["a"]);
    const none = placeWith({ name: "None", filter: () => ["a", "b"] });
    expect(none.decisions[0]?.message).toMatch(/^0\/3 nodes are available: 3 a, 3 b\./);
  });

  it("scores with its weight, normalised by itself", () => {
    const bench = placeWith({
      name: "Small",
      weight: 50,
      score: (_pod, node) => -node.milliCpuAllocatable,
      normalizeScores: (_pod, _nodes, scores) => {
        const lowest = Math.min(...scores);
        return scores.map((score) => Math.trunc((100 * (score - lowest)) / (0 - lowest)));
      },
    });
    expect(bench.placements()).toEqual({ a: "small" });
  });

  it("gates pods, narrows nodes, remembers things within a cycle", () => {
    const bench = placeWith({
      name: "Picky",
      preEnqueue: (pod) => (pod.name === "held" ? "held back" : true),
      preFilter: (_pod, nodes, memory) => {
        memory.set("count", nodes.length);
        return { nodes: ["deep"] };
      },
      filter: (_pod, _node, memory) => (memory.get("count") === 3 ? true : "memory lost"),
    });
    bench.submit("held", "1", "1Gi");
    bench.run();
    expect(bench.placements()).toEqual({ a: "deep", held: "" });
  });

  it("reserves and is told of the undoing when a later one refuses", () => {
    const calls: string[] = [];
    const bench = placeWith({
      name: "Book",
      reserve: (_pod, node) => {
        calls.push(`reserve ${node}`);
        return "the book is full";
      },
      unreserve: (_pod, node) => {
        calls.push(`unreserve ${node}`);
      },
    });
    expect(calls[0]).toMatch(/^reserve /);
    expect(calls[1]).toBe(calls[0]!.replace("reserve", "unreserve"));
    expect(bench.decisions[0]?.message).toBe("0/1 nodes are available: 1 the book is full.");
  });

  it("holds a pod on Permit until its time is over", () => {
    const bench = placeWith({ name: "Wait", permit: () => ({ waitSeconds: 30 }) });
    expect(bench.placements()).toEqual({ a: "" });
    bench.run(31);
    expect(bench.placements()).toEqual({ a: "" });
    expect(bench.decisions.length).toBeGreaterThan(1);
  });

  it("lets a group of pods go on together, or sends all of it back when one is refused", () => {
    const source: PluginSource = {
      name: "Gang",
      permit: (_pod, _node, _memory, waiting) => {
        const others = waiting.pods();
        if (others.length < 2) return { waitSeconds: 30 };
        for (const other of others) waiting.allow(other);
        return true;
      },
      unreserve: (_pod, _node, _memory, waiting) => {
        for (const other of waiting.pods()) waiting.reject(other, "the group is not complete");
      },
    };
    const bench = strategyBench({ plugins: [definePlugin(source)] });
    const texts: string[] = [];
    bench.api.events.listen(({ message }) => texts.push(message));
    for (const name of ["a", "b"]) bench.submit(name, "100m", "64Mi");
    bench.run(10);
    expect(Object.values(bench.placements())).toEqual(["", ""]);
    bench.submit("c", "100m", "64Mi");
    bench.run(11);
    expect(Object.values(bench.placements())).not.toContain("");
    for (const name of ["d", "e"]) bench.submit(name, "100m", "64Mi");
    bench.run(50);
    expect(texts).toContain(
      "0/1 nodes are available: 1 rejected due to timeout after waiting 30s at plugin Gang.",
    );
    expect(texts).toContain("0/1 nodes are available: 1 the group is not complete.");
  });

  it.each<[string, PluginSource, RegExp]>([
    ["no verdict", { name: "P", filter: () => undefined as never }, /answered undefined; expected/],
    ["half a score", { name: "P", score: () => 0.5 }, /gave the score 0.5; expected an integer/],
    ["a score above 100", { name: "P", score: () => 101 }, /expected an integer from 0 to 100/],
    [
      "too few scores",
      { name: "P", score: () => 1, normalizeScores: () => [1] },
      /answered an array of 1; expected 3 scores/,
    ],
    ["a promise", { name: "P", filter: async () => true as const } as never, /returned a promise/],
    ["an endless wait", { name: "P", permit: () => ({ waitSeconds: Infinity }) }, /waitSeconds/],
  ])("that answers %s ends the run with its name and point", (_what, source, text) => {
    const error = failureOf(() => placeWith(source));
    expect(error.strategy).toBe("P");
    expect(error.message).toMatch(text);
    expect(error.pod).toBe("default/a");
  });
});
