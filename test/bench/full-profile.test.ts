// The full-profile workload is one fixed stream of changes that keeps the cluster as full as it was.

import { describe, expect, it } from "vitest";
import { appTraits, nodeFacts } from "../../bench/workloads/profile-objects.ts";
import {
  type FullProfileOptions,
  FullProfileRun,
  type Pattern,
} from "../../bench/workloads/full-profile.ts";
import { decisionDifference } from "../../bench/workloads/decision-digest.ts";
import type { Decision } from "../../src/scheduler/index.ts";

const PATTERNS: readonly Pattern[] = [
  "churn",
  "rolling",
  "fill",
  "preemption",
  "attempts",
  "crowd",
];

function options(pattern: Pattern): FullProfileOptions {
  return { nodes: 120, pattern, apps: 30, nodeChangeEvery: 50, editEvery: 7 };
}

/** Requested cpu over allocatable cpu. */
function cpuShare({ world, nodes }: FullProfileRun): number {
  const { cache } = world;
  let requested = 0;
  for (const { name } of nodes) {
    for (const pod of cache.podsOn(cache.findRow(name)!))
      requested += pod.template.requests.milliCpu;
  }
  return requested / nodes.reduce((sum, { milliCpu }) => sum + milliCpu, 0);
}

describe("the full-profile workload", () => {
  it.each(PATTERNS)("%s: equal options give equal decisions, another seed others", (pattern) => {
    const decide = (seed: number): string =>
      new FullProfileRun({ ...options(pattern), seed }).advance(50).hash;
    expect(decide(1)).toBe(decide(1));
    expect(decide(2)).not.toBe(decide(1));
  });

  it("how a stretch is cut does not change the stream", () => {
    const whole = new FullProfileRun(options("churn"));
    const parts = new FullProfileRun(options("churn"));
    const nodesOf = (run: FullProfileRun, counts: readonly number[]): number[] => {
      const nodes: number[] = [];
      for (const count of counts) run.advance(count, ({ decision }) => nodes.push(decision.node));
      return nodes;
    };
    expect(nodesOf(whole, [100])).toEqual(nodesOf(parts, [1, 33, 66]));
  });

  it.each([
    ["churn", 0.65],
    ["rolling", 0.65],
    ["preemption", 0.95],
  ] as const)("%s keeps the cluster about %d full", (pattern, share) => {
    const run = new FullProfileRun({ ...options(pattern), editEvery: 0 });
    expect(Math.abs(cpuShare(run) - share)).toBeLessThan(0.05);
    run.advance(300);
    expect(Math.abs(cpuShare(run) - share)).toBeLessThan(0.07);
  });

  it("fill starts empty and preemption evicts", () => {
    const fill = new FullProfileRun(options("fill"));
    expect(fill.world.cache.podCount).toBe(0);
    expect(fill.advance(100).placed).toBe(100);
    expect(new FullProfileRun(options("preemption")).advance(200).preempted).toBeGreaterThan(5);
  });

  it("preemptors and crowds want room and nothing else", () => {
    for (const pattern of ["preemption", "attempts", "crowd"] as const) {
      const run = new FullProfileRun(options(pattern));
      let refused = 0;
      run.advance(200, ({ decision, postFilter }) => {
        const { template, priority } = decision.pod;
        if (priority < 1_000 && template.requests.milliCpu < 14_000) return;
        if (postFilter !== undefined) refused++;
        const { hostPorts, podAntiAffinity, tolerations, requiredNodeAffinity } = template;
        expect([hostPorts, podAntiAffinity.required, requiredNodeAffinity]).toEqual([
          [],
          [],
          undefined,
        ]);
        expect(tolerations.filter(({ key }) => key === "dedicated")).toEqual([]);
      });
      expect(refused).toBeGreaterThan(0);
    }
  });

  it("every arrival may have a request of its own", () => {
    const run = new FullProfileRun({ ...options("churn"), uniqueRequests: true });
    run.prepare(50);
    const requests = new Set<string>();
    run.advance(50, ({ decision }) => {
      const { milliCpu, memoryBytes } = decision.pod.template.requests;
      requests.add(`${milliCpu} ${memoryBytes}`);
    });
    expect(requests.size).toBeGreaterThan(40);
  });

  it("shares are those of the model", () => {
    const traits = Array.from({ length: 1_000 }, (_, app) => appTraits(app));
    const percent = (has: (each: (typeof traits)[number]) => boolean): number =>
      traits.filter(has).length / 10;
    expect(percent(({ avoidsOwnZone }) => avoidsOwnZone)).toBe(30);
    expect(percent(({ seeksOther }) => seeksOther)).toBeCloseTo(10, 0);
    expect(percent(({ excludesOwnHost }) => excludesOwnHost)).toBe(10);
    expect(percent(({ hostPort }) => hostPort > 0)).toBe(3);
    expect(percent(({ requiresSsd }) => requiresSsd)).toBe(10);
    expect(percent(({ prefersSsd }) => prefersSsd)).toBe(15);
    expect(percent(({ tolerates }) => tolerates)).toBe(10);
    expect(percent(({ image }) => image !== -1)).toBe(10);
    const nodes = Array.from({ length: 5_000 }, (_, at) => nodeFacts(1, at, 0));
    const share = (has: (each: (typeof nodes)[number]) => boolean): number =>
      nodes.filter(has).length / 5_000;
    expect(share(({ isDedicated }) => isDedicated)).toBeCloseTo(0.1, 1);
    expect(share(({ isSpot }) => isSpot)).toBeCloseTo(0.15, 1);
    expect(share(({ hasSsd }) => hasSsd)).toBeCloseTo(0.4, 1);
  });

  it("an evaluator that decides otherwise is caught, and where", () => {
    const run = new FullProfileRun({ ...options("churn"), comparedWith: "plain" });
    run.advance(50);
    // The evaluator under test begins its next search elsewhere than the reference.
    (run.evaluator as { nextStart: number }).nextStart += 1;
    expect(() => run.advance(50)).toThrow(/Decision 51 about a\d+-\d+ differs in/);
  });

  it("two decisions are compared in everything that is read later", () => {
    const decisions: Decision[] = [];
    const run = new FullProfileRun(options("churn"));
    run.advance(1, ({ decision }) => decisions.push(decision));
    const [decision] = decisions as [Decision];
    expect(decisionDifference(decision, { ...decision })).toBe("");
    expect(decisionDifference(decision, { ...decision, tieCount: 99 })).toContain("ties");
    expect(decisionDifference(decision, { ...decision, totals: [1] })).toContain("totals");
  });
});
