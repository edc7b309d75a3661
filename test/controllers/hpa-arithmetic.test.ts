import { describe, expect, it } from "vitest";
import type { HorizontalPodAutoscalerObject, PodIndex } from "../../src/cluster/index.ts";
import { createHistory, limitSize, recordChange } from "../../src/controllers/hpa-limits.ts";
import {
  type HpaTarget,
  type PodGroups,
  proposeReplicas,
} from "../../src/controllers/hpa-replica-count.ts";

const TOLERANCE = { up: 0.1, down: 0.1 };
const HALF: HpaTarget = { kind: "utilization", percent: 50 };
const FULL: HpaTarget = { kind: "utilization", percent: 100 };

/** Pods with these usages in thousandths, then unready and missing ones; each requests 100m. */
function groups(usages: readonly number[], unready = 0, missing = 0): PodGroups {
  const indexes = (from: number, count: number): PodIndex[] =>
    Array.from({ length: count }, (_, k) => (from + k) as PodIndex);
  return {
    ready: new Map(usages.map((usage, k) => [k as PodIndex, BigInt(usage)])),
    unready: indexes(1_000, unready),
    missing: indexes(2_000, missing),
  };
}

function requests(each: number): ReadonlyMap<PodIndex, bigint> {
  return new Map(Array.from({ length: 3_000 }, (_, k) => [k as PodIndex, BigInt(each)]));
}

function propose(current: number, of: PodGroups, target = HALF, each = 100): number | string {
  const proposal = proposeReplicas(current, of, requests(each), target, TOLERANCE);
  return typeof proposal === "string" ? proposal : proposal.replicas;
}

describe("replicas that a metric asks for", () => {
  // Vectors run through the real function: usage of 600 requested, whole percents cut off.
  it.each([
    [665, FULL, 6],
    [545, FULL, 6],
    [539, FULL, 6],
    [667, FULL, 7],
    [299, HALF, 6],
  ])("usage %i of 600 at %j gives %i of 6", (usage, target, expected) => {
    const each = [0, 0, 0, 0, 0, usage];
    expect(propose(6, groups(each), target)).toBe(expected);
  });

  it("89 percent is outside the tolerance, 90 is not", () => {
    const at = (usage: number) =>
      propose(20, groups(Array.from({ length: 20 }, () => usage)), FULL);
    expect([at(90), at(89)]).toEqual([20, 18]);
  });

  it.each<[what: string, current: number, of: PodGroups, target: HpaTarget, expected: number]>([
    ["unready pods count as idle on the way up", 4, groups([100, 100], 2), HALF, 4],
    ["... and still less than without them", 4, groups([300, 300], 2), HALF, 12],
    ["unready pods do not matter on the way down", 4, groups([10, 10], 2), HALF, 1],
    ["missing pods count as full on the way down", 4, groups([10, 10], 0, 2), HALF, 4],
    ["... by the target where it is above 100", 3, groups([100, 100], 0, 1), pct(150), 3],
    ["missing pods count as idle on the way up", 4, groups([200, 200], 0, 2), HALF, 8],
    ["a ratio of one keeps the size", 4, groups([50, 50], 0, 2), HALF, 4],
  ])("%s", (_, current, of, target, expected) => {
    expect(propose(current, of, target)).toBe(expected);
  });

  it("average values are per pod, cut off to whole thousandths", () => {
    const target: HpaTarget = { kind: "average", milli: 100n };
    expect(propose(2, groups([250, 351]), target)).toBe(6);
    expect(propose(2, groups([110, 111]), target)).toBe(2);
  });

  it("without any sample there is no proposal", () => {
    expect(propose(2, groups([], 2))).toBe(
      "did not receive metrics for targeted pods (pods might be unready)",
    );
  });
});

function pct(percent: number): HpaTarget {
  return { kind: "utilization", percent };
}

const autoscaler = (more: Partial<HorizontalPodAutoscalerObject> = {}) =>
  ({
    minReplicas: 2,
    maxReplicas: 40,
    scaleUp: undefined,
    scaleDown: undefined,
    ...more,
  }) as HorizontalPodAutoscalerObject;

/** Sizes set for proposals that come every 15 s; the size set is the current one of the next. */
function sizes(hpa: HorizontalPodAutoscalerObject, start: number, proposals: readonly number[]) {
  const history = createHistory(0, start);
  let current = start;
  return proposals.map((proposed, k) => {
    const nowUs = (k + 1) * 15_000_000;
    const size = limitSize(hpa, history, current, proposed, nowUs, 300_000_000);
    if (size.replicas !== current) recordChange(history, current, size.replicas, nowUs);
    current = size.replicas;
    return `${size.replicas} ${size.ableReason} ${size.limitReason}`;
  });
}

describe("limits without behavior", () => {
  it("double at most, from four on, up to the maximum", () => {
    expect(sizes(autoscaler(), 2, [60, 60, 60, 60, 60])).toEqual([
      "4 ReadyForNewScale ScaleUpLimit",
      "8 ReadyForNewScale ScaleUpLimit",
      "16 ReadyForNewScale ScaleUpLimit",
      "32 ReadyForNewScale ScaleUpLimit",
      "40 ReadyForNewScale TooManyReplicas",
    ]);
  });

  it("hold the highest proposal of 300 seconds, then go down in one step", () => {
    const proposals = [10, ...Array.from({ length: 22 }, () => 3)];
    const seen = sizes(autoscaler(), 10, proposals);
    expect(seen[1]).toBe("10 ScaleDownStabilized DesiredWithinRange");
    expect(seen[20]).toBe("10 ScaleDownStabilized DesiredWithinRange");
    expect(seen[21]).toBe("3 ReadyForNewScale DesiredWithinRange");
  });

  it("never go below the minimum", () => {
    const window = autoscaler();
    const seen = sizes(window, 2, [1]);
    expect(seen).toEqual(["2 ScaleDownStabilized DesiredWithinRange"]);
    const history = createHistory(0, 0);
    expect(limitSize(window, history, 3, 1, 1, 300_000_000)).toMatchObject({
      replicas: 2,
      limitReason: "TooFewReplicas",
    });
  });
});

describe("limits with behavior", () => {
  const rules = (more: object) => ({
    stabilizationWindowSeconds: undefined,
    selectPolicy: undefined,
    policies: [],
    toleranceMilli: undefined,
    ...more,
  });
  const pods = (value: number, periodSeconds: number) => ({
    type: "Pods" as const,
    value,
    periodSeconds,
  });
  const percent = (value: number, periodSeconds: number) => ({
    type: "Percent" as const,
    value,
    periodSeconds,
  });

  it("grow by four pods or double per 15 s by default", () => {
    const hpa = autoscaler({ scaleUp: rules({}) });
    expect(sizes(hpa, 2, [60, 60, 60]).map((text) => parseInt(text, 10))).toEqual([6, 12, 24]);
  });

  it("grow by a policy's pods per period", () => {
    const hpa = autoscaler({ scaleUp: rules({ policies: [pods(3, 30)] }) });
    expect(sizes(hpa, 2, [60, 60, 60, 60]).map((text) => parseInt(text, 10))).toEqual([5, 5, 8, 8]);
  });

  it("take the smaller policy with Min and none with Disabled", () => {
    const min = rules({ selectPolicy: "Min", policies: [pods(2, 15), percent(100, 15)] });
    expect(sizes(autoscaler({ scaleUp: min }), 10, [60])).toEqual([
      "12 ReadyForNewScale ScaleUpLimit",
    ]);
    const off = rules({ selectPolicy: "Disabled" });
    expect(sizes(autoscaler({ scaleUp: off }), 10, [60])).toEqual([
      "10 ReadyForNewScale ScaleUpLimit",
    ]);
  });

  it("shrink by a policy's percent per period, cut off", () => {
    const down = rules({ stabilizationWindowSeconds: 0, policies: [percent(30, 15)] });
    expect(sizes(autoscaler({ scaleDown: down }), 20, [1, 1, 1, 1, 1, 1, 1])).toEqual(
      [
        "14 ReadyForNewScale ScaleDownLimit",
        "9 ReadyForNewScale ScaleDownLimit",
        "6 ReadyForNewScale ScaleDownLimit",
        "4 ReadyForNewScale ScaleDownLimit",
        "2 ReadyForNewScale DesiredWithinRange",
        "2 ReadyForNewScale DesiredWithinRange",
        "2 ReadyForNewScale DesiredWithinRange",
      ].map((text, k) =>
        k === 4
          ? "2 ReadyForNewScale TooFewReplicas"
          : k > 4
            ? text.replace("DesiredWithinRange", "TooFewReplicas")
            : text,
      ),
    );
  });

  it("wait on the way up for the lowest proposal of the window", () => {
    const hpa = autoscaler({ scaleUp: rules({ stabilizationWindowSeconds: 40 }) });
    const seen = sizes(hpa, 4, [6, 8, 7, 9]);
    expect(seen[0]).toBe("4 ScaleUpStabilized DesiredWithinRange");
    expect(seen[1]).toBe("4 ScaleUpStabilized DesiredWithinRange");
    expect(seen[2]).toBe("6 ScaleUpStabilized DesiredWithinRange");
    expect(seen[3]).toBe("7 ScaleUpStabilized DesiredWithinRange");
  });
});
