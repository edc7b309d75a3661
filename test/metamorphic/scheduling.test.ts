// Metamorphic relations of scheduling on random worlds: no recorded truth, only what must not matter.
//
// 100 seeds per relation; a seed that fails is in the test's message. Each relation is also shown a
// fault that it has to notice, on the first seeds on which that fault has an effect.

import { describe, expect, it } from "vitest";
import { type Relation, RELATIONS } from "./relations.ts";
import { linesOf, mutantScheduler, run, type Trace } from "./trace.ts";
import { randomWorld, type World, type WorldOptions } from "./world.ts";

const SEEDS = 100;
const FAULTY_SEEDS_MAX = 40;

const kept = new Map<string, Trace>();

/** The unchanged world's run, shared by the relations that start from the same worlds. */
function baseRun(relation: Relation, world: World, seed: number): Trace {
  if (relation.prepare !== undefined) return run(world);
  const key = `${JSON.stringify(relation.worlds)} ${seed}`;
  const known = kept.get(key) ?? run(world);
  kept.set(key, known);
  return known;
}

function worldOf(relation: Relation, seed: number): World {
  const world = randomWorld(seed, relation.worlds satisfies WorldOptions);
  return relation.prepare?.(world) ?? world;
}

/** Both sides, ready to be compared. */
function sides(relation: Relation, seed: number, isFaulty = false): readonly [unknown, unknown] {
  const world = worldOf(relation, seed);
  const changed = relation.change(world);
  const { mutation } = relation;
  const faulty = (of: World) =>
    isFaulty && mutation !== undefined ? mutantScheduler(mutation, of) : undefined;
  const base = isFaulty ? run(world, faulty(world)) : baseRun(relation, world, seed);
  const after = (relation.runChanged ?? run)(changed, faulty(changed));
  if (relation.compare !== undefined) return relation.compare(base, after);
  return [linesOf(base, relation.readBase?.(world)), linesOf(after, relation.readChanged?.(world))];
}

function isNoticed(relation: Relation): boolean {
  for (let seed = 1; seed <= FAULTY_SEEDS_MAX; seed++) {
    const [base, changed] = sides(relation, seed, true);
    if (JSON.stringify(base) !== JSON.stringify(changed)) return true;
  }
  return false;
}

describe.each(RELATIONS)("$id: $what", (relation) => {
  it(`changes nothing, on ${SEEDS} seeds`, { timeout: 300_000 }, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const [base, changed] = sides(relation, seed);
      expect(changed, `seed ${seed}`).toEqual(base);
    }
  });

  it("notices a planted fault", { timeout: 300_000 }, () => {
    expect(isNoticed({ ...relation, ...relation.broken })).toBe(true);
  });
});

it("the worlds are worth it: pods wait, are evicted, end, and compete", () => {
  let [waited, evicted, ended, failed] = [0, 0, 0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { attempts, pods, result } = kept.get(`${JSON.stringify({ crashes: true })} ${seed}`)!;
    waited += attempts.filter((attempt) => attempt.result !== "scheduled").length;
    evicted += result.departures.preemptedCount;
    ended += pods.filter(({ finishedUs }) => finishedUs !== null).length;
    failed += pods.filter(({ phase }) => phase === "Failed").length;
  }
  const least = Math.min(waited / 500, evicted / 50, ended / 500, failed / 10);
  expect(least, `${waited} ${evicted} ${ended} ${failed}`).toBeGreaterThan(1);
});
