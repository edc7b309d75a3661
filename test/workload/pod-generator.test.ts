// Arrivals are a function of name, ordinal and seed; rates and shares come out as asked.

import { describe, expect, it } from "vitest";
import { EntityDraws, exponential } from "../../src/base/index.ts";
import { type GeneratorSpec, PodGenerator } from "../../src/workload/pod-generator.ts";

function generator(change: Partial<GeneratorSpec> = {}, seed = "1"): PodGenerator {
  const spec: GeneratorSpec = {
    name: "jobs",
    gapSeconds: exponential({ rate: 10 }),
    fromUs: 0,
    untilUs: undefined,
    countMax: 20_000,
    weights: [3, 1],
    durationSeconds: exponential({ rate: 1 / 60 }),
    ...change,
  };
  const draws = (purpose: string) => new EntityDraws(`${seed}/0/${purpose}`);
  return new PodGenerator(spec, {
    gaps: draws("gaps"),
    kinds: draws("kinds"),
    durations: draws("durations"),
  });
}

function arrivals(source: PodGenerator): [number, number][] {
  const out: [number, number][] = [];
  while (source.next()) out.push([source.atUs, source.b]);
  return out;
}

describe("PodGenerator", () => {
  it("gives the same arrivals for the same seed and others for another", () => {
    expect(arrivals(generator())).toEqual(arrivals(generator()));
    expect(arrivals(generator())).not.toEqual(arrivals(generator({}, "2")));
  });

  it("keeps rate and shares within four standard errors", () => {
    const drawn = arrivals(generator());
    expect(drawn.length).toBe(20_000);
    const meanGap = drawn[drawn.length - 1]![0] / drawn.length / 1e6;
    expect(Math.abs(meanGap - 0.1)).toBeLessThan((4 * 0.1) / Math.sqrt(20_000));
    const share = drawn.filter(([, kind]) => kind === 0).length / drawn.length;
    expect(Math.abs(share - 0.75)).toBeLessThan(4 * Math.sqrt((0.75 * 0.25) / 20_000));
  });

  it("never goes back in time and stops where it is told", () => {
    const drawn = arrivals(generator({ untilUs: 5_000_000, countMax: undefined }));
    expect(drawn.every(([atUs], index) => index === 0 || atUs >= drawn[index - 1]![0])).toBe(true);
    expect(drawn[drawn.length - 1]![0]).toBeLessThan(5_000_000);
    expect(arrivals(generator({ countMax: 0 }))).toEqual([]);
  });

  it("draws a pod's duration by its ordinal, whoever asked before", () => {
    const one = generator();
    const other = generator();
    other.durationUs(7);
    expect(one.durationUs(12)).toBe(other.durationUs(12));
    expect(generator({ durationSeconds: undefined }).durationUs(3)).toBeUndefined();
  });
});
