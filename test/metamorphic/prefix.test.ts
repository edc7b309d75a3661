// What happens up to an instant depends only on what was before it (invariant 23): the fingerprint of a
// run to that instant is the one that a longer run has when it comes by, on 100 seeds.

import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/base/index.ts";
import {
  type ActiveRun,
  decodeScenario,
  prepareRun,
  type RunScheduler,
  startRun,
} from "../../src/experiment/index.ts";
import { mutantScheduler } from "./trace.ts";
import { randomWorld, scenarioOf, type World } from "./world.ts";

const SEEDS = 100;

function started(world: World, scheduler?: RunScheduler): ActiveRun {
  const { scenario, document } = decodeScenario(scenarioOf(world));
  return startRun(
    prepareRun({
      scenario: scenario!,
      document: document!,
      ...(scheduler === undefined ? {} : { scheduler }),
    }),
  );
}

/** The fingerprint at `atMs` of a run that goes on to the world's horizon. */
function passing(world: World, atMs: number, scheduler?: RunScheduler): string {
  const run = started(world, scheduler);
  run.simulation.runUntil((atMs * 1_000) as Instant);
  const fingerprint = run.api.fingerprint.hex();
  while (run.advance(10_000));
  return fingerprint;
}

/** The fingerprint of a run that ends there. */
function ending(world: World, scheduler?: RunScheduler): string {
  const run = started(world, scheduler);
  while (run.advance(10_000));
  return run.finish().fingerprint;
}

describe("I23: the future changes nothing", () => {
  it("a run's fingerprint is that of a longer run at the same instant", {
    timeout: 300_000,
  }, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = randomWorld(seed, { crashes: true });
      const atMs = 20_000 + ((seed * 631) % 60_000);
      expect(passing(world, atMs), `seed ${seed}`).toBe(ending({ ...world, horizonMs: atMs }));
    }
  });

  it("and a scheduler that looks at the horizon is noticed", () => {
    let differing = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const world = randomWorld(seed);
      const short = { ...world, horizonMs: 60_000 };
      const peek = (of: World): RunScheduler =>
        mutantScheduler((_feasible, facts) => (facts.world.horizonMs > 60_000 ? 1 : 0), of);
      if (passing(world, 60_000, peek(world)) !== ending(short, peek(short))) differing++;
    }
    expect(differing).toBeGreaterThan(0);
  });
});
