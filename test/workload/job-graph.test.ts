// Claims about graphs of jobs: a step begins when all it waits for has succeeded, once; cycles have a path.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycle, JobGraph } from "../../src/workload/job-graph.ts";

const step = (name: string, after: string[] = [], work: string[] = [name.toUpperCase()]) => ({
  name,
  after,
  work,
});

describe("a job graph", () => {
  it("lets a step begin when the last of those it waits for is done", () => {
    const graph = new JobGraph([step("a"), step("b"), step("c", ["a", "b"])]);
    expect([graph.apply(0), graph.apply(1), graph.succeed("A")]).toEqual([[], [], []]);
    expect(graph.succeed("B")).toEqual([2]);
    expect([graph.succeed("B"), graph.succeed("nobody's")]).toEqual([[], []]);
  });

  it("waits for all work of a step, and takes a step without work as done when it is applied", () => {
    const graph = new JobGraph([
      step("a", [], ["A1", "A2"]),
      step("b", [], []),
      step("c", ["a"]),
      step("d", ["b"]),
    ]);
    graph.apply(0);
    expect(graph.succeed("A1")).toEqual([]);
    expect(graph.succeed("A2")).toEqual([2]);
    expect(graph.apply(1)).toEqual([3]);
  });

  it("does not take work for done that succeeded before its step was applied again", () => {
    const graph = new JobGraph([step("a"), step("b", ["a"])]);
    expect(graph.succeed("A")).toEqual([]);
    expect(graph.apply(0)).toEqual([1]);
  });

  it("says who still waits for what", () => {
    const graph = new JobGraph([step("a"), step("b", ["a"])]);
    graph.apply(0);
    expect(graph.waiting()).toEqual([{ step: 1, names: ["a"] }]);
    expect(graph.openWorkOf("a")).toEqual(["A"]);
  });

  it("runs every random graph without a cycle to its end, each step once", () => {
    const graphs = fc.array(fc.array(fc.nat(20), { maxLength: 4 }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(graphs, (parents) => {
        const steps = parents.map((list, at) =>
          step(
            `s${at}`,
            [...new Set(list.filter((parent) => parent < at))].map((parent) => `s${parent}`),
          ),
        );
        const graph = new JobGraph(steps);
        const begun: number[] = [];
        const ready = steps.flatMap(({ after }, at) => (after.length === 0 ? [at] : []));
        for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
          begun.push(next);
          ready.push(...graph.apply(next), ...graph.succeed(`S${next}`));
        }
        expect(begun.toSorted((a, b) => a - b)).toEqual(steps.map((_, at) => at));
        for (const [at, { after }] of steps.entries())
          for (const name of after)
            expect(begun.indexOf(Number(name.slice(1)))).toBeLessThan(begun.indexOf(at));
      }),
    );
  });
});

describe("cycles", () => {
  it.each([
    ["a chain has none", { a: [], b: ["a"], c: ["b", "a"] }, undefined],
    ["a step that waits for itself", { a: ["a"] }, ["a", "a"]],
    ["a ring behind a tail", { t: ["a"], a: ["b"], b: ["c"], c: ["a"] }, ["a", "b", "c", "a"]],
    ["names that nobody has are passed over", { a: ["x"] }, undefined],
  ])("%s", (_, waits, cycle) => {
    expect(findCycle(new Map(Object.entries(waits)))).toEqual(cycle);
  });

  it("a chain of a hundred thousand is no trouble", () => {
    const chain = new Map(Array.from({ length: 100_000 }, (_, at) => [`s${at}`, [`s${at + 1}`]]));
    expect(findCycle(chain)).toBeUndefined();
  });
});
