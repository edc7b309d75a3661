// Relations of what is drawn: another strategy or another class of pods meets the same arrivals, sizes,
// durations and failures (MR27, MR30, MR31), on 100 seeds.

import { describe, expect, it } from "vitest";
import { policyScheduler, type RunScheduler } from "../../src/experiment/index.ts";
import { runScenarioValue, type Trace } from "./trace.ts";
import type { Json } from "./world.ts";

const SEEDS = 100;
const HOUR_US = 3_600_000_000;

function generator(name: string, more: Json = {}): Json {
  const requests = { cpu: "300m", memory: "256Mi" };
  const pod = {
    spec: {
      restartPolicy: "Never",
      containers: [{ name: "c", image: "i:1", resources: { requests } }],
    },
  };
  return {
    name,
    arrivals: { process: "poisson", rate: "12/m" },
    pod,
    duration: { law: "lognormal", median: "12s", sigma: 1 },
    ...more,
  };
}

function scenario(seed: number, generators: readonly Json[], faults: readonly Json[]): Json {
  return {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "draws" },
    run: { horizon: "90s", seed: String(seed) },
    cluster: {
      nodePools: [
        {
          name: "n",
          count: 4,
          zones: ["a", "b"],
          allocatable: { cpu: "2", memory: "4Gi", pods: "20" },
        },
      ],
    },
    workload: { generators },
    faults,
  };
}

const failures = (mean: string): Json => ({
  kind: "NodeFailures",
  pool: "n",
  upTime: { law: "exponential", mean },
  repairTime: { law: "exponential", mean: "20s" },
});

/** Arrivals with sizes, and the durations of pods that ran undisturbed. */
function exogenous(
  trace: Trace,
  prefix: string,
): { arrivals: string[]; runs: Map<string, number> } {
  const own = trace.pods.filter(({ name }) => name.startsWith(prefix));
  const runs = new Map<string, number>();
  for (const { name, phase, departure, startedUs, finishedUs } of own) {
    if (phase !== "Succeeded" || departure !== "" || finishedUs === null) continue;
    runs.set(name, finishedUs - (startedUs ?? 0));
  }
  const arrivals = own.map(
    ({ name, createdUs, milliCpuRequested }) => `${name} ${createdUs} ${milliCpuRequested}`,
  );
  return { arrivals, runs };
}

/** Relists see an end up to 2 s late; what both runs saw may differ by that. */
function expectSameDraws(one: Trace, other: Trace, prefix: string, seed: number): number {
  const first = exogenous(one, prefix);
  const second = exogenous(other, prefix);
  expect(second.arrivals, `seed ${seed}`).toEqual(first.arrivals);
  let compared = 0;
  for (const [name, us] of first.runs) {
    const otherUs = second.runs.get(name);
    if (otherUs === undefined) continue;
    compared++;
    expect(Math.abs(otherUs - us), `seed ${seed}, ${name}`).toBeLessThan(1);
  }
  return compared;
}

function down(trace: Trace): unknown {
  return trace.result.availabilityRatio;
}

const run = (value: Json, scheduler?: RunScheduler): Trace =>
  runScenarioValue({ ...value, controlPlane: { preset: "instant" } }, scheduler);

describe("MR30: another strategy", () => {
  it("meets the same arrivals, sizes, durations and failures", { timeout: 300_000 }, () => {
    let compared = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const value = scenario(seed, [generator("jobs")], [failures("90s")]);
      const other = policyScheduler(["first-fit", "worst-fit", "random"][seed % 3]!)!;
      const [one, two] = [run(value), run(value, other)];
      compared += expectSameDraws(one, two, "jobs-", seed);
      expect(down(two), `seed ${seed}`).toBe(down(one));
    }
    expect(compared).toBeGreaterThan(SEEDS * 5);
  });
});

describe("MR31: one more class of pods", () => {
  it("leaves the draws of the others alone", { timeout: 300_000 }, () => {
    let compared = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const alone = run(scenario(seed, [generator("jobs")], []));
      const both = run(scenario(seed, [generator("guests"), generator("jobs")], []));
      compared += expectSameDraws(alone, both, "jobs-", seed);
    }
    expect(compared).toBeGreaterThan(SEEDS * 5);
  });

  it("is not what another name, another seed or another law gives", () => {
    const draws = (value: Json, prefix = "jobs-") => exogenous(run(value), prefix);
    const base = draws(scenario(1, [generator("jobs")], []));
    const named = draws(scenario(1, [generator("tasks")], []), "tasks-");
    expect(named.arrivals[0]?.split(" ")[1]).not.toBe(base.arrivals[0]?.split(" ")[1]);
    expect(draws(scenario(2, [generator("jobs")], [])).arrivals).not.toEqual(base.arrivals);
    const duration = { law: "lognormal", median: "13s", sigma: 1 };
    const longer = draws(scenario(1, [generator("jobs", { duration })], []));
    expect(longer.arrivals).toEqual(base.arrivals);
    expect(longer.runs).not.toEqual(base.runs);
  });
});

describe("MR27: failures so rare that none happens", () => {
  it("are the same as none, and others are not", { timeout: 300_000 }, () => {
    let differing = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const rows = (faults: readonly Json[]): string =>
        JSON.stringify(run(scenario(seed, [generator("jobs")], faults)).pods);
      const none = rows([]);
      expect(rows([{ ...failures("90s"), from: `${HOUR_US}us` }]), `seed ${seed}`).toBe(none);
      if (seed <= 10 && rows([failures("30s")]) !== none) differing++;
    }
    expect(differing).toBeGreaterThan(0);
  });
});
