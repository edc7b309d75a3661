// Claims about pods that are there at the start: how many, what is left of them, and that no transient is.

import { describe, expect, it } from "vitest";
import { EntityDraws, lawFromSpec } from "../../src/base/index.ts";
import { decodeScenario, prepareRun, runStudyCell } from "../../src/experiment/index.ts";
import { prefilledPods } from "../../src/workload/index.ts";

const law = (spec: object) => lawFromSpec(spec).law!;
const SEED = "prefill test";

function prefilled(durationSeconds: ReturnType<typeof law>, run: number, count?: number) {
  const draws = (purpose: string) => new EntityDraws(`${SEED}/${run}/${purpose}`);
  return prefilledPods(
    {
      ...{ name: "q", gapSeconds: law({ law: "exponential", mean: 0.5 }), fromUs: 0 },
      ...{ untilUs: undefined, countMax: undefined, weights: [3, 1], durationSeconds },
    },
    true,
    count ?? "stationary",
    { gaps: draws("arrivals"), kinds: draws("kinds"), durations: draws("durations") },
  );
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, one) => sum + one, 0) / values.length;

describe(`pods that a random instant finds (seed "${SEED}")`, () => {
  it.each([10, 700])("are Poisson in number around Little's law (runs of %d s)", (seconds) => {
    const runs = 150;
    const counts = Array.from(
      { length: runs },
      (_, run) => prefilled(law({ law: "exponential", mean: seconds }), run).length,
    );
    const expected = 2 * seconds;
    const variance = mean(counts.map((count) => (count - expected) ** 2));
    expect(Math.abs(mean(counts) - expected)).toBeLessThan(4 * Math.sqrt(expected / runs));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(4 * Math.sqrt(2 / runs));
  });

  it.each([
    ["exponential", { law: "exponential", mean: 30 }, 30],
    ["constant", { law: "constant", value: 30 }, 15],
    // Residual lives last E[S^2] / (2 E[S]): (1 + 1/4) / 2 of the mean for a gamma of shape 4.
    ["gamma", { law: "gamma", shape: 4, scale: 7.5 }, 18.75],
  ])("have residual lives left of a run by law: %s", (_name, spec, expected) => {
    const pods = prefilled(law(spec), 0, 8_000);
    const lives = pods.map(({ durationUs }) => durationUs / 1e6);
    const deviation = Math.sqrt(mean(lives.map((life) => (life - mean(lives)) ** 2)));
    expect(Math.abs(mean(lives) - expected)).toBeLessThan(
      (4 * deviation) / Math.sqrt(lives.length),
    );
    const share = pods.filter(({ kind }) => kind === 0).length / pods.length;
    expect(Math.abs(share - 0.75)).toBeLessThan(0.02);
  });
});

const SPANS = 20;

/** Mean of what is requested over what is there in each twentieth of the horizon, over replications. */
function load(prefill: object, cores: string): number[] {
  const scenario = {
    ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "farm" } },
    run: { study: "steady-state", horizon: "200s", warmup: "auto", seed: SEED },
    controlPlane: { preset: "instant" },
    cluster: {
      nodePools: [
        { name: "n", count: 1, allocatable: { cpu: cores, memory: "32Gi", pods: "500" } },
      ],
    },
    workload: {
      generators: [
        {
          ...{ name: "q", arrivals: { process: "poisson", rate: 0.25 }, ...prefill },
          duration: { law: "exponential", mean: "80s" },
          pod: {
            spec: {
              restartPolicy: "Never",
              containers: [{ name: "c", image: "q:1", resources: { requests: { cpu: "1" } } }],
            },
          },
        },
      ],
    },
  };
  const prepared = prepareRun({ scenario: decodeScenario(scenario, { file: "s" }).scenario! });
  const sums = new Array<number>(SPANS).fill(0);
  const runs = 60;
  for (let replication = 0; replication < runs; replication++) {
    const { series } = runStudyCell(prepared, { replication, varied: ["arrivals", "lifetimes"] });
    const cpu = series!.find(({ measure }) => measure === "utilization.cpu")!;
    for (const [bin, sum] of cpu.sums.entries())
      sums[Math.floor((bin * SPANS) / cpu.sums.length)]! += sum / cpu.weights[bin]!;
  }
  return sums.map((sum) => (sum * SPANS) / (400 * runs));
}

describe(`a farm that begins in the middle (seed "${SEED}")`, () => {
  it("has no transient without a bound on its servers (M/M/infinity)", () => {
    // 20 pods on average, with a deviation of sqrt(20), in 60 runs.
    const spread = (4 * Math.sqrt(20 / 60)) / 200;
    for (const share of load({ prefill: "stationary" }, "200"))
      expect(Math.abs(share - 0.1)).toBeLessThan(spread);
    expect(load({}, "200")[0]).toBeLessThan(0.02);
  });

  it("has none at moderate load with 32 servers either (M/M/c)", () => {
    const spread = (4 * Math.sqrt(20 / 60)) / 32;
    for (const share of load({ prefill: "stationary" }, "32"))
      expect(Math.abs(share - 20 / 32)).toBeLessThan(spread);
  });

  it("has as many pods as asked for, under names of their own, and moves no arrival", () => {
    const [few, none] = [load({ prefill: 40 }, "200"), load({}, "200")];
    expect(few[0]! - none[0]!).toBeGreaterThan(0.15);
    expect(Math.abs(few[SPANS - 1]! - none[SPANS - 1]!)).toBeLessThan(0.05);
  });
});

describe("a prefill in a scenario", () => {
  const problemsOf = (change: object): string[] =>
    decodeScenario(
      {
        ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "farm" } },
        workload: {
          generators: [
            {
              ...{ name: "q", arrivals: { process: "poisson", rate: 1 } },
              ...{ duration: { law: "exponential", mean: "1m" }, prefill: "stationary" },
              pod: { spec: { containers: [{ name: "c", image: "q:1" }] } },
              ...change,
            },
          ],
        },
      },
      { file: "s" },
    ).problems.map(({ message }) => message);

  it("needs to know how long pods run, and arrivals from the start", () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ duration: undefined }).join()).toContain("`duration`, which is missing");
    const later = { process: "poisson", rate: 1, from: "10m" };
    expect(problemsOf({ arrivals: later }).join()).toContain("arrivals begin later");
    expect(problemsOf({ prefill: "full" }).join()).toContain("'stationary'");
    expect(problemsOf({ prefill: -1 }).join()).toContain("whole number from 0");
  });
});
