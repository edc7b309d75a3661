// Flushes of the scheduling queue that are left out would have moved nothing: a twin whose two flushes
// come every second and every 30 seconds makes the same API changes and
// the same attempts.
import { afterEach, describe, expect, it } from "vitest";
import type { Duration } from "../../../src/base/index.ts";
import { RANK, type Simulation } from "../../../src/engine/index.ts";
import { decodeScenario, prepareRun, startRun } from "../../../src/experiment/index.ts";
import { QueueTimers } from "../../../src/scheduler/cycle/queue-timers.ts";

const SEEDS = 50;
const END_US = 600_000_000;

interface Timers {
  readonly simulation: Simulation;
  arm(): void;
  backoffDue(): void;
  leftoverDue(): void;
}
const proto = QueueTimers.prototype as unknown as Timers;
const { arm, backoffDue, leftoverDue } = proto;

afterEach(() => {
  Object.assign(proto, { arm, backoffDue, leftoverDue });
});

/** Every tick of both flushes happens, from the first time the queue is looked at. */
function everyFlush(count: () => void): void {
  const started = new Set<Timers>();
  proto.arm = function (this: Timers) {
    if (!started.has(this)) {
      started.add(this);
      const every = (us: number, act: () => void): void => {
        const tick = (): void => {
          if (this.simulation.nowUs >= END_US) return;
          count();
          act();
          this.simulation.callAfter(us as Duration, RANK.scheduler, "every flush", tick);
        };
        this.simulation.callAfter(us as Duration, RANK.scheduler, "every flush", tick);
      };
      every(1_000_000, () => backoffDue.call(this));
      every(30_000_000, () => leftoverDue.call(this));
    }
    arm.call(this);
  };
}

function live(seed: string, isQuiet = false): string {
  const { scenario, problems } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "flushes" },
    run: { horizon: "10m", seed },
    cluster: { nodePools: [{ name: "n", count: 3, allocatable: { cpu: "4", pods: "20" } }] },
    workload: {
      // Fits nowhere, so that only the flush of what has waited too long tries it again.
      manifests: [
        {
          at: "1s",
          objects: [
            {
              apiVersion: "v1",
              kind: "Pod",
              metadata: { name: "wide" },
              spec: {
                containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "9" } } }],
              },
            },
          ],
        },
      ],
      generators: [
        {
          name: "job",
          arrivals: { process: "poisson", rate: isQuiet ? 0.000001 : 0.08 },
          pod: {
            spec: {
              restartPolicy: "Never",
              containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "1500m" } } }],
            },
          },
          duration: { law: "exponential", mean: "60s" },
        },
      ],
    },
    faults: isQuiet ? [] : [{ kind: "NodeCrash", node: "n-1", at: "2m", repairAfter: "5m" }],
  });
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  const run = startRun(prepareRun({ scenario: scenario! }));
  while (run.advance(100_000));
  const { fingerprint, decisions } = run.finish();
  return `${fingerprint} ${JSON.stringify(decisions)}`;
}

describe("flushes of the scheduling queue", () => {
  it(`that are left out would have moved nothing (${SEEDS} seeds)`, () => {
    let ticks = 0;
    for (let number = 1; number <= SEEDS; number++) {
      const seed = `flushes-${number}`;
      const elided = live(seed);
      everyFlush(() => {
        ticks++;
      });
      expect(live(seed), seed).toBe(elided);
      Object.assign(proto, { arm, backoffDue, leftoverDue });
    }
    expect(ticks).toBeGreaterThan(550 * SEEDS);
  });

  it("that never come are noticed, where nothing else wakes a pod", () => {
    const before = live("flushes-1", true);
    proto.arm = () => {};
    expect(live("flushes-1", true)).not.toBe(before);
  });
});
