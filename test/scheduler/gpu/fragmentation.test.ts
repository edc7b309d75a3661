// Claims about fragmentation, computed by hand, and about what counts as a typical pod.

import { describe, expect, it } from "vitest";
import { Fragmentation } from "../../../src/scheduler/index.ts";
import { descentScore } from "../../../src/scheduler/gpu/fragmentation-descent.ts";
import { gpuStateOf } from "../../../src/scheduler/gpu/gpu-state.ts";
import { type TypicalPod, typicalPodsOf } from "../../../src/scheduler/index.ts";

const ANY: ReadonlySet<string> = new Set();
const pod = (milliCpu: number, gpus: number, milliEach: number, weight: number): TypicalPod => ({
  ...{ milliCpu, gpus, milliEach, weight },
  models: ANY,
});
const of = (
  pods: readonly TypicalPod[],
  cpu: number,
  left: readonly number[],
  model = "",
): number => new Fragmentation(pods).of(cpu, gpuStateOf(left), model);

describe("fragmentation of a node", () => {
  it.each([
    ["nothing is left", [pod(0, 0, 0, 1)], 8000, [0, 0], 0],
    [
      "a share fits: only the device that is too small",
      [pod(4000, 1, 600, 1)],
      8000,
      [500, 1000],
      500,
    ],
    ["a share fits on all devices: nothing", [pod(4000, 1, 600, 1)], 8000, [600, 1000], 0],
    ["cpu is short: all", [pod(9000, 1, 600, 1)], 8000, [500, 1000], 1500],
    ["no device suffices: all", [pod(4000, 1, 600, 1)], 8000, [500, 500], 1000],
    ["too few idle devices: all", [pod(4000, 2, 1000, 1)], 8000, [999, 1000], 1999],
    ["two idle devices of three: the third", [pod(4000, 2, 1000, 1)], 8000, [999, 1000, 1000], 999],
    ["the pod wants no GPU: all, with cpu", [pod(4000, 0, 0, 1)], 8000, [500, 1000], 1500],
    ["the pod wants no GPU: all, without cpu", [pod(9000, 0, 0, 1)], 8000, [500, 1000], 1500],
  ])("when %s", (_case, pods, cpu, left, amount) => {
    expect(of(pods, cpu, left)).toBe(amount);
  });

  it("is the mean over the typical pods by weight", () => {
    const pods = [pod(4000, 1, 600, 0.5), pod(9000, 1, 1000, 0.25), pod(1000, 0, 0, 0.25)];
    // 0.5 x 500 (one device too small) + 0.25 x 1500 (no cpu) + 0.25 x 1500 (no GPU wanted)
    expect(of(pods, 8000, [500, 1000])).toBe(1000);
  });

  it("counts all where the model is not accepted, and does not know a node without model", () => {
    const pods = [{ ...pod(4000, 1, 600, 1), models: new Set(["T4", "P100"]) }];
    expect(of(pods, 8000, [700], "T4")).toBe(0);
    expect(of(pods, 8000, [700], "G2")).toBe(700);
    expect(of(pods, 8000, [700])).toBe(700);
  });

  it("does not depend on the order of the devices", () => {
    const pods = [pod(4000, 1, 600, 0.3), pod(4000, 1, 1000, 0.7)];
    expect(of(pods, 8000, [500, 1000, 0])).toBe(of(pods, 8000, [1000, 0, 500]));
  });
});

describe("the score of a placement", () => {
  it.each([
    [500, 500, 50],
    [1000, 0, 73],
    [0, 1000, 26],
    [8000, 0, 99],
    [0, 8000, 0],
    [500, 500 - 1e-13, 50],
    [500, 500.01, 49],
  ])("from %d to %d is %d", (before, after, score) => {
    expect(descentScore(before, after)).toBe(score);
  });
});

describe("typical pods", () => {
  const counted = (milliCpu: number, gpus: number, milliEach: number, gpuSpec = "") => ({
    ...{ milliCpu, gpus, milliEach, gpuSpec },
  });
  const repeat = (count: number, one: ReturnType<typeof counted>) =>
    Array.from({ length: count }, () => one);

  it("are the most frequent kinds up to 95 %, with weights that sum to 1", () => {
    const pods = [
      ...repeat(3, counted(1000, 1, 300)),
      ...repeat(90, counted(2000, 1, 1000)),
      ...repeat(5, counted(4000, 0, 0)),
      ...repeat(2, counted(8000, 8, 1000)),
    ];
    const typical = typicalPodsOf(pods);
    expect(typical.map(({ milliCpu }) => milliCpu)).toEqual([2000, 4000]);
    expect(typical[0]!.weight).toBeCloseTo(90 / 95, 15);
    expect(typical[1]!.weight).toBeCloseTo(5 / 95, 15);
  });

  it("are all kinds where none can be left out", () => {
    const typical = typicalPodsOf([counted(1, 0, 0), counted(2, 0, 0), counted(3, 0, 0)]);
    expect(typical.map(({ milliCpu, weight }) => [milliCpu, weight])).toEqual([
      [3, 1 / 3],
      [2, 1 / 3],
      [1, 1 / 3],
    ]);
  });

  it("stand, at equal counts, by cpu, share, number and models, the larger first", () => {
    const pods = [
      counted(1000, 1, 500),
      counted(1000, 1, 500, "T4"),
      counted(1000, 2, 500),
      counted(1000, 1, 600),
      counted(2000, 0, 0),
      counted(1000, 1, 500, "P100|T4"),
    ];
    const order = typicalPodsOf(pods).map(({ milliCpu, milliEach, gpus, models }) =>
      [milliCpu, milliEach, gpus, [...models].join("|")].join(" "),
    );
    expect(order).toEqual([
      "2000 0 0 ",
      "1000 600 1 ",
      "1000 500 2 ",
      "1000 500 1 T4",
      "1000 500 1 P100|T4",
      "1000 500 1 ",
    ]);
  });
});
