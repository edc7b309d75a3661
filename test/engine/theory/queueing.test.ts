// Closed forms of queueing theory: M/M/1, M/M/c, M/G/1, D/M/1 and loss systems.
//
// Protocol: 40 replications with fixed seeds, a warm-up that is dropped, and every quantity within
// 4.5 standard errors of theory. Mutants show that the tests have power. The runs are shorter than
// a half-width of 1 % needs (13 million customers at load 0.8; here 1.6 million give 3 %), since the
// exact recursions of sample-path.test.ts already leave no room for small errors of the engine.

import { describe, expect, it } from "vitest";
import { constant, exponential, gamma, uniform } from "../../../src/base/index.ts";
import type { Law } from "../../../src/base/index.ts";
import { REPLICATIONS, worst, Z_MAX, zScores } from "./significance.ts";
import { runStation } from "./station.ts";
import type { StationHistory, StationSetting } from "./station.ts";

const unitExponential = exponential({ mean: 1 });

/** Mean over the customers after the warm-up, in seconds where the value is a time. */
function meanOver(
  history: StationHistory,
  warmUp: number,
  value: (waitSeconds: number, serviceSeconds: number, seenCount: number) => number,
): number {
  const { arrivedUs, startedUs, serviceUs, seenCount } = history;
  let sum = 0;
  for (let n = warmUp; n < arrivedUs.length; n++) {
    const waitSeconds = (startedUs[n]! - arrivedUs[n]!) / 1e6;
    sum += value(waitSeconds, serviceUs[n]! / 1e6, seenCount[n]!);
  }
  return sum / (arrivedUs.length - warmUp);
}

function replicate<T>(setting: StationSetting, estimate: (history: StationHistory) => T): T[] {
  return Array.from({ length: REPLICATIONS }, (_, r) => estimate(runStation(setting, r)));
}

describe("M/M/1 with load 0.8", () => {
  const warmUp = 2_000;
  const setting: StationSetting = {
    customers: 40_000,
    interarrival: exponential({ mean: 1 / 0.8 }),
    service: unitExponential,
    servers: 1,
  };
  const theory = {
    waitMean: 4,
    stayMean: 5,
    staySquareMean: 50,
    stayAbove10: 0.135335,
    sees0: 0.2,
    sees1: 0.16,
    sees2: 0.128,
    sees3: 0.1024,
  };
  const scoresOf = (mutant: Partial<StationSetting>, dropped = warmUp) =>
    zScores(
      replicate({ ...setting, ...mutant }, (history) => {
        const mean = (value: Parameters<typeof meanOver>[2]) => meanOver(history, dropped, value);
        const sees = (count: number) => mean((_w, _s, seen) => (seen === count ? 1 : 0));
        return {
          waitMean: mean((wait) => wait),
          stayMean: mean((wait, service) => wait + service),
          staySquareMean: mean((wait, service) => (wait + service) ** 2),
          stayAbove10: mean((wait, service) => (wait + service > 10 ? 1 : 0)),
          sees0: sees(0),
          sees1: sees(1),
          sees2: sees(2),
          sees3: sees(3),
        };
      }),
      theory,
    );

  it("means, second moment, tail and the law of what arrivals see", () => {
    expect(worst(scoresOf({}))).toBeLessThan(Z_MAX);
  });

  it("last in, first out keeps the mean and is caught by the second moment", () => {
    const scores = scoresOf({ wrongOrder: "lifo", customers: 20_000 });
    expect(Math.abs(scores.waitMean)).toBeLessThan(Z_MAX);
    expect(Math.abs(scores.staySquareMean)).toBeGreaterThan(Z_MAX);
  });

  it.each<[string, Partial<StationSetting>, number]>([
    ["one server more", { servers: 2 }, warmUp],
    ["service drawn from the stream of the arrivals", { wrongStream: true }, warmUp],
    ["time cut to seconds", { wrongPrecision: "seconds" }, warmUp],
    ["a crowded start without a warm-up", { wrongStart: 200 }, 0],
  ])("%s is caught", (_what, mutant, dropped) => {
    expect(worst(scoresOf({ ...mutant, customers: 10_000 }, dropped))).toBeGreaterThan(Z_MAX);
  });
});

describe("M/M/c: Erlang C and the mean wait", () => {
  it.each([
    [2, 1.6, 0.711111, 1.777778],
    [5, 4, 0.554113, 0.554113],
    [10, 8, 0.40918, 0.20459],
    [50, 45, 0.363864, 0.072773],
  ])("%i servers, load %d", (servers, load, waits, waitMean) => {
    const setting = {
      customers: 25_000,
      interarrival: exponential({ mean: 1 / load }),
      service: unitExponential,
      servers,
    };
    const theory = { waits, waitMean, waitAbove1: waits * Math.exp(-(servers - load)) };
    const runs = replicate(setting, (history) => ({
      waits: meanOver(history, 2_000, (wait) => (wait > 0 ? 1 : 0)),
      waitMean: meanOver(history, 2_000, (wait) => wait),
      waitAbove1: meanOver(history, 2_000, (wait) => (wait > 1 ? 1 : 0)),
    }));
    const { waitAbove1, ...others } = zScores(runs, theory);
    expect(worst(others)).toBeLessThan(Z_MAX);
    if (servers <= 10) expect(Math.abs(waitAbove1)).toBeLessThan(Z_MAX); // too rare beyond
  });
});

describe("other service and arrival laws with load 0.8", () => {
  const poisson = exponential({ mean: 1 / 0.8 });
  it.each<[string, Law, Law, number]>([
    ["M/D/1", poisson, constant({ value: 1 }), 2],
    ["M/E2/1", poisson, gamma({ shape: 2, scale: 0.5 }), 3],
    ["M/U(0,2)/1", poisson, uniform({ min: 0, max: 2 }), 2.666667],
    ["D/M/1", constant({ value: 1 / 0.8 }), unitExponential, 1.692731],
  ])("%s: mean wait", (_name, interarrival, service, waitMean) => {
    const customers = service.name === "gamma" ? 12_000 : 25_000; // inverting a gamma law is slow
    const setting = { customers, interarrival, service, servers: 1 };
    const runs = replicate(setting, (history) => ({
      waitMean: meanOver(history, 2_000, (wait) => wait),
    }));
    expect(worst(zScores(runs, { waitMean }))).toBeLessThan(Z_MAX);
  });
});

describe("loss systems: Erlang B and Markov queues of bounded length", () => {
  const refusedShare = (setting: StationSetting, refused: number): number => {
    const { capacity = 0 } = setting;
    const runs = replicate(setting, (history) => ({
      refused: meanOver(history, 1_000, (_w, _s, seen) => (seen >= capacity ? 1 : 0)),
    }));
    return worst(zScores(runs, { refused }));
  };
  const loss = (servers: number, load: number, service: Law, capacity = servers) => ({
    customers: 15_000,
    interarrival: exponential({ mean: 1 / load }),
    service,
    servers,
    capacity,
  });

  it.each<[string, StationSetting, number]>([
    ["1 server, load 1", loss(1, 1, unitExponential), 0.5],
    ["5 servers, load 4", loss(5, 4, unitExponential), 0.199067],
    ["10 servers, load 8", loss(10, 8, unitExponential), 0.121661],
    ["20 servers, load 18", loss(20, 18, unitExponential), 0.109213],
    ["100 servers, load 100", loss(100, 100, unitExponential), 0.0757],
    ["10 servers, load 8, constant service", loss(10, 8, constant({ value: 1 })), 0.121661],
    ["M/M/4/10, load 3.6", loss(4, 3.6, unitExponential, 10), 0.067174],
    ["M/M/1/5, load 0.8", loss(1, 0.8, unitExponential, 5), 0.088819],
    ["M/M/1/10, load 1", loss(1, 1, unitExponential, 10), 1 / 11],
  ])("%s", (_name, setting, refused) => {
    expect(refusedShare(setting, refused)).toBeLessThan(Z_MAX);
  });

  it("one place more is caught", () => {
    expect(refusedShare(loss(11, 8, unitExponential), 0.121661)).toBeGreaterThan(Z_MAX);
  });
});
