// Convergence (invariant 50): when arrivals, edits and crashes are over and the machines repaired, the
// cluster comes to rest. Whoever fits is bound within the time of invariant 49, which deep checks test
// at the end as well; and what is left costs one attempt per flush, not a loop. 60 seeds.

import { describe, expect, it } from "vitest";
import { defaultScheduler, type RunScheduler } from "../../src/experiment/index.ts";
import { type Decider, PlainEvaluator, ProfileDecider } from "../../src/scheduler/index.ts";
import { run, type Trace } from "./trace.ts";
import { randomWorld, type World } from "./world.ts";

const SEEDS = 60;
/** Arrivals end at 41 s, edits at 75 s, repaired machines are Ready before 130 s. */
const QUIET_US = 130_000_000;
const FLUSH_US = 330_000_000;
const BACKOFF_US = 12_000_000;

function calmed(world: World): World {
  const crashes = world.crashes.map((crash) => ({ ...crash, repairMs: 15_000 }));
  return { ...world, crashes, horizonMs: 600_000 };
}

/** Attempts between the last disturbance and the end; lifetimes that end still wake pods. */
function lateAttempts({ attempts, pods }: Trace): number {
  const lastEndUs = Math.max(QUIET_US, ...pods.map(({ finishedUs }) => finishedUs ?? 0));
  return attempts.filter(({ atUs }) => atUs > lastEndUs + BACKOFF_US).length;
}

/** Calls a pod that fits nowhere an error, which is tried again and again instead of at the flush. */
function restlessScheduler(): RunScheduler {
  return {
    ...defaultScheduler("restless"),
    createDecider: ({ profiles, cache }): Decider => {
      const inner = new ProfileDecider(profiles, new PlainEvaluator(cache));
      return {
        profiles: inner.profiles,
        decide: (pod, cycle) => {
          const verdict = inner.decide(pod, cycle);
          if (verdict.decision.outcome !== "unschedulable") return verdict;
          return { ...verdict, decision: { ...verdict.decision, outcome: "error" } };
        },
      };
    },
  };
}

/** Whether every pod that waits at the end costs at most one attempt per flush. */
function isQuiet(trace: Trace): boolean {
  const pending = trace.pods.filter(({ boundUs, deletedUs }) => (boundUs ?? deletedUs) === null);
  const flushes = Math.ceil((600_000_000 - QUIET_US) / FLUSH_US);
  return lateAttempts(trace) <= pending.length * flushes;
}

describe("I50: after the last fault", () => {
  it("everybody who fits is bound, and the rest waits quietly", { timeout: 300_000 }, () => {
    let waiting = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const trace = run(calmed(randomWorld(seed, { crashes: true })), undefined, { check: "deep" });
      const pending = trace.pods.filter(
        ({ boundUs, deletedUs }) => (boundUs ?? deletedUs) === null,
      );
      expect(isQuiet(trace), `seed ${seed}`).toBe(true);
      waiting += pending.length;
    }
    expect(waiting).toBeGreaterThan(10);
  });

  it("a scheduler that never rests is noticed", { timeout: 300_000 }, () => {
    const restless: number[] = [];
    for (let seed = 1; seed <= SEEDS && restless.length === 0; seed++) {
      const world = calmed(randomWorld(seed, { crashes: true }));
      if (!isQuiet(run(world, restlessScheduler()))) restless.push(seed);
    }
    expect(restless).not.toEqual([]);
  });
});
