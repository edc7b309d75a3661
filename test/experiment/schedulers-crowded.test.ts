// Schedulers that fight for one cluster: whatever they do to each other, every rule holds.
//
// Random lists of schedulers (replicas, policies, slow minds, old views) on few nodes with preemption,
// departures and failing nodes, every invariant tested after every event.

import { describe, expect, it } from "vitest";
import { InputError } from "../../src/base/index.ts";
import { decodeScenario, prepareRun, runToEnd } from "../../src/experiment/index.ts";
import type { RunResult } from "../../src/metrics/index.ts";

type Json = Record<string, unknown>;

/** A small generator of its own, so that the seeds mean the same for ever. */
function numbers(seed: number): (below: number) => number {
  let state = Math.imul(seed + 7, 2654435761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const CLASSES = ["low", "high"].map((name, at) => ({
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name },
  value: at * 1000,
}));

function schedulersOf(draw: (below: number) => number): Json[] {
  const sources: Json[] = [{}, {}, { policy: "first-fit" }, { policy: "random" }];
  const count = 2 + draw(2);
  const own = Array.from({ length: count }, (_, at) => ({
    name: `s${at}`,
    schedulerName: `team-${at}`,
    ...sources[draw(sources.length)],
    ...timesOf(draw),
  }));
  // A replica of the first one, with times of its own.
  const [first] = own;
  const { name: _name, watchLatency: _w, schedulerCycle: _c, ...made } = first as Json;
  return draw(2) === 0 ? own : [...own, { name: "again", ...made, ...timesOf(draw) }];
}

function timesOf(draw: (below: number) => number): Json {
  return {
    ...(draw(2) === 0 ? { watchLatency: `${draw(300)}ms` } : {}),
    ...(draw(2) === 0 ? { schedulerCycle: `${draw(200)}ms` } : {}),
    ...(draw(3) === 0 ? { schedulerClient: { qps: 2 + draw(10), burst: 1 + draw(5) } } : {}),
  };
}

function run(seed: number): RunResult {
  const draw = numbers(seed);
  const schedulers = schedulersOf(draw);
  const names = [...new Set(schedulers.map((each) => each["schedulerName"]))];
  const generators = names.map((schedulerName, at) => ({
    name: `g${at}`,
    arrivals: { process: "poisson", interval: `${1 + draw(3)}s`, count: 8 + draw(10) },
    duration: { law: "exponential", mean: `${10 + draw(40)}s` },
    mix: CLASSES.map(({ metadata: { name } }) => ({
      weight: 1 + draw(3),
      pod: {
        metadata: { labels: { app: `g${at}` } },
        spec: {
          schedulerName,
          priorityClassName: name,
          restartPolicy: "Never",
          terminationGracePeriodSeconds: 2,
          containers: [
            {
              name: "c",
              image: "app:1",
              ...(draw(3) === 0 ? { ports: [{ containerPort: 80, hostPort: 80 }] } : {}),
              resources: { requests: { cpu: `${500 + 250 * draw(6)}m` } },
            },
          ],
        },
      },
    })),
  }));
  const { scenario, document, problems } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "crowded" },
    run: { study: "terminating", horizon: "150s", seed: String(seed) },
    cluster: {
      objects: CLASSES,
      nodePools: [{ name: "n", count: 2 + draw(3), allocatable: { cpu: "3", pods: "8" } }],
    },
    workload: { generators },
    schedulers,
    faults: [{ kind: "NodeCrash", node: "n-1", at: "20s", repairAfter: "70s" }],
  });
  if (scenario === undefined || problems.length > 0) throw new InputError(problems);
  return runToEnd(prepareRun({ scenario, document: document! }), { check: "deep" });
}

describe("schedulers in a crowd", () => {
  it("keep every invariant, bind each pod once and account for all they did (20 seeds)", () => {
    let conflicts = 0;
    let overcommits = 0;
    let preemptions = 0;
    for (let seed = 0; seed < 20; seed++) {
      const result = run(seed);
      const sum = (count: (each: RunResult["schedulers"][number]) => number): number =>
        result.schedulers.reduce((total, each) => total + count(each), 0);
      const where = `seed ${seed}`;
      expect(
        sum((each) => each.boundCount),
        where,
      ).toBe(result.counts.podsBound);
      expect(
        sum((each) => each.attemptsCount),
        where,
      ).toBe(result.decisions.attemptsCount);
      for (const each of result.schedulers) {
        expect(each.conflictsCount, where).toBeLessThanOrEqual(each.bindingFailedCount);
        expect(each.scheduledCount, where).toBeGreaterThanOrEqual(
          each.boundCount + each.bindingFailedCount,
        );
      }
      conflicts += sum((each) => each.conflictsCount);
      overcommits += sum((each) => each.overcommitsCount);
      preemptions += sum((each) => each.preemptionsCount);
      if (seed % 5 === 0) expect(run(seed).fingerprint, where).toBe(result.fingerprint);
    }
    expect(conflicts).toBeGreaterThan(10);
    expect(overcommits).toBeGreaterThan(10);
    expect(preemptions).toBeGreaterThan(10);
  });
});
