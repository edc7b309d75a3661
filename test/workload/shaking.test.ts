// Claims about shaken and resampled traces: small keyed changes; whole users, moved by whole days or weeks.

import { describe, expect, it } from "vitest";
import { EntityDraws, streamName } from "../../src/base/index.ts";
import { resampledPods, spanOf } from "../../src/workload/resampling.ts";
import { shakenPods } from "../../src/workload/shaking.ts";
import type { TracePod } from "../../src/workload/trace.ts";

const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;
const draws = (replication: number, purpose = "arrivals") =>
  new EntityDraws(streamName("1", replication, purpose));
const both = (replication: number) => ({
  arrivals: draws(replication),
  durations: draws(replication, "durations"),
});
const pod = (name: string, atUs: number, durationUs?: number, namespace = "u"): TracePod => ({
  name,
  namespace,
  submittedUs: atUs,
  durationUs,
  template: 0,
});
const many = Array.from({ length: 2000 }, (_, at) => pod(`p${at}`, at * 10 * SECOND, 100 * SECOND));

describe("a shaken trace", () => {
  const spec = { arrivalsUs: 60 * SECOND, durationsRatio: 0.1 };

  it("moves submissions and run times within their bounds, evenly to both sides", () => {
    const shaken = shakenPods(many, spec, "t", both(1));
    const byName = new Map(shaken.map((each) => [each.name, each]));
    let sum = 0;
    for (const before of many.slice(10)) {
      const after = byName.get(before.name)!;
      const moved = after.submittedUs - before.submittedUs;
      expect(Math.abs(moved)).toBeLessThanOrEqual(60 * SECOND);
      expect(Math.abs(after.durationUs! - 100 * SECOND)).toBeLessThanOrEqual(10 * SECOND);
      sum += moved;
    }
    // The mean of 1,990 uniform values of standard deviation 34.6 s: 4 standard errors are 3.1 s.
    expect(Math.abs(sum / 1990)).toBeLessThan(3.1 * SECOND);
    expect(
      shaken.every((each, at) => at === 0 || each.submittedUs >= shaken[at - 1]!.submittedUs),
    ).toBe(true);
  });

  it("is the same for one replication and another for the next", () => {
    expect(shakenPods(many, spec, "t", both(1))).toEqual(shakenPods(many, spec, "t", both(1)));
    expect(shakenPods(many, spec, "t", both(1))).not.toEqual(shakenPods(many, spec, "t", both(2)));
  });

  it("pods that one user submits at one instant stay together, others at that instant do not", () => {
    const job = [
      ...["a", "b"].map((name) => pod(name, 500 * SECOND, 100)),
      pod("c", 500 * SECOND, 100, "other"),
    ];
    const byName = new Map(shakenPods(job, spec, "t", both(1)).map((each) => [each.name, each]));
    expect(byName.get("a")).toEqual({ ...byName.get("b"), name: "a" });
    expect(byName.get("c")!.submittedUs).not.toBe(byName.get("a")!.submittedUs);
  });

  it("a pod's change hangs on its position alone: more pods behind it change nothing", () => {
    const [first] = shakenPods(many.slice(50, 51), spec, "t", both(1));
    const again = shakenPods([many[50]!, pod("late", 9e15)], spec, "t", both(1));
    expect(again[0]).toEqual(first);
  });

  it("never comes before 0, leaves what is for ever, and changes only what it is told to", () => {
    const odd = [pod("a", 0), pod("b", 5, 7)];
    const shaken = shakenPods(odd, { arrivalsUs: 1000, durationsRatio: 0 }, "t", both(3));
    expect(shaken.every(({ submittedUs }) => submittedUs >= 0)).toBe(true);
    expect(shaken.map(({ durationUs }) => durationUs).toSorted()).toEqual([7, undefined]);
    expect(shakenPods(odd, { arrivalsUs: 0, durationsRatio: 0 }, "t", both(3))).toEqual(odd);
  });
});

describe("a resampled trace", () => {
  const users = ["a", "b", "c"];
  const trace = users
    .flatMap((user, at) => [
      pod(`${user}1`, at * DAY + 9 * 3600 * SECOND, 5, user),
      pod(`${user}2`, (at + 1) * DAY + 17 * 3600 * SECOND, 5, user),
    ])
    .toSorted((x, y) => x.submittedUs - y.submittedUs);
  const spec = { usersCount: 40, align: "day" } as const;

  it("holds whole users: each with all its pods, at the hours they had, apart as they were", () => {
    const pods = resampledPods(trace, spec, "t", draws(0));
    expect(pods).toHaveLength(80);
    expect(new Set(pods.map(({ name }) => name)).size).toBe(80);
    const hourOf = (atUs: number) => (atUs % DAY) / 3600 / SECOND;
    for (const each of pods) expect(hourOf(each.submittedUs)).toBe(each.name[1] === "1" ? 9 : 17);
    const length = spanOf(trace, "day") * DAY;
    for (const first of pods.filter(({ name }) => name[1] === "1")) {
      const second = pods.find(({ name }) => name === first.name.replace("1", "2"))!;
      const apart = (second.submittedUs - first.submittedUs + length) % length;
      expect(apart).toBe(DAY + 8 * 3600 * SECOND);
    }
  });

  it("draws every user, moves them by every number of days, and stays within the length", () => {
    const pods = resampledPods(trace, { ...spec, usersCount: 500 }, "t", draws(0));
    const days = spanOf(trace, "day");
    expect(days).toBe(4);
    for (const user of users) {
      const starts = pods
        .filter(({ name, namespace }) => namespace === user && name[1] === "1")
        .map(({ submittedUs }) => Math.floor(submittedUs / DAY));
      expect(starts.length).toBeGreaterThan(120);
      expect(new Set(starts)).toEqual(new Set([0, 1, 2, 3]));
    }
  });

  it("has as many users as the trace unless told otherwise; another in each replication", () => {
    const usual = { ...spec, usersCount: undefined };
    expect(resampledPods(trace, usual, "t", draws(0))).toHaveLength(6);
    expect(resampledPods(trace, usual, "t", draws(0))).not.toEqual(
      resampledPods(trace, usual, "t", draws(1)),
    );
  });
});
