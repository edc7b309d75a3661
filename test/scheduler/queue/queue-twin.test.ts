// The queue against its naive twin: lists that are searched and sorted at every step.
//
// Random operations over random pods; the seed is printed by fast-check when they disagree.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Action, type PodInfo } from "../../../src/scheduler/index.ts";
import { createClusterEvent } from "../../../src/scheduler/queue/cluster-events.ts";
import type { RequeueJudge, RequeueStrategy } from "../../../src/scheduler/queue/requeue-judge.ts";
import { SchedulingQueue } from "../../../src/scheduler/queue/scheduling-queue.ts";
import { fakePod } from "./fake-pods.ts";

const SECOND = 1_000_000;
const EVENT = createClusterEvent("Node", Action.Add);

type Place = "active" | "backoff" | "errorBackoff" | "unschedulable" | "inFlight";

interface TwinPod {
  readonly pod: PodInfo;
  place: Place;
  timestampUs: number;
  arrival: number;
  rejections: number;
  errors: number;
  plugins: number;
  /** Events seen since the pod was popped, and whether a flush was among them. */
  flight: number;
  sawFlush: boolean;
}

/** What pod number k thinks of every event. */
function opinionOf(pod: PodInfo): RequeueStrategy {
  return Number(pod.uid) % 3 === 0 ? "skip" : "afterBackoff";
}

class Twin {
  readonly pods = new Map<PodInfo["uid"], TwinPod>();
  private arrivals = 0;

  add(pod: PodInfo, nowUs: number): void {
    this.pods.set(pod.uid, {
      pod,
      place: "active",
      timestampUs: nowUs,
      arrival: this.arrivals++,
      rejections: 0,
      errors: 0,
      plugins: 0,
      flight: 0,
      sawFlush: false,
    });
  }

  pop(): PodInfo | undefined {
    const head = this.sorted("active")[0] ?? this.sorted("backoff")[0];
    if (head === undefined) return undefined;
    head.place = "inFlight";
    head.flight = 0;
    head.sawFlush = false;
    return head.pod;
  }

  fail(uid: PodInfo["uid"], isError: boolean, nowUs: number): void {
    const entry = this.pods.get(uid)!;
    entry.plugins = isError ? 0 : 1;
    if (isError) entry.errors++;
    else {
      entry.rejections++;
      entry.errors = 0;
    }
    entry.timestampUs = nowUs;
    entry.arrival = this.arrivals++;
    const isWoken = entry.sawFlush || (entry.flight > 0 && opinionOf(entry.pod) !== "skip");
    if (isError || isWoken) this.wake(entry, nowUs);
    else entry.place = "unschedulable";
  }

  event(nowUs: number): void {
    for (const entry of this.pods.values()) {
      if (entry.place === "inFlight") entry.flight++;
      if (entry.place !== "unschedulable" || opinionOf(entry.pod) === "skip") continue;
      this.wake(entry, nowUs);
    }
  }

  flushBackoff(nowUs: number): void {
    for (const entry of this.pods.values()) {
      if (entry.place !== "backoff" && entry.place !== "errorBackoff") continue;
      if (expiryOf(entry) < floor(nowUs)) entry.place = "active";
    }
  }

  flushLeftover(nowUs: number): void {
    const old = [...this.pods.values()].filter(
      ({ place, timestampUs }) => place === "unschedulable" && nowUs - timestampUs > 300 * SECOND,
    );
    for (const entry of old) this.wake(entry, nowUs);
    for (const entry of this.pods.values()) entry.sawFlush ||= old.length > 0;
  }

  private wake(entry: TwinPod, nowUs: number): void {
    const isBackingOff = expiryOf(entry) >= floor(nowUs);
    if (!isBackingOff) entry.place = "active";
    else entry.place = entry.plugins === 0 ? "errorBackoff" : "backoff";
  }

  private sorted(place: Place): TwinPod[] {
    const key = (entry: TwinPod): number[] => [
      place === "backoff" ? expiryOf(entry) : 0,
      -entry.pod.priority,
      entry.timestampUs,
      entry.arrival,
    ];
    return [...this.pods.values()]
      .filter((entry) => entry.place === place)
      .sort((a, b) => {
        const [first, second] = [key(a), key(b)];
        const k = first.findIndex((value, index) => value !== second[index]);
        return k < 0 ? 0 : first[k]! - second[k]!;
      });
  }
}

function floor(us: number): number {
  return Math.floor(us / SECOND) * SECOND;
}

function expiryOf({ errors, rejections, timestampUs }: TwinPod): number {
  const count = errors > 0 ? errors : rejections;
  return floor(timestampUs + Math.min(10, 2 ** (count - 1)) * SECOND);
}

type Step =
  | { readonly op: "add"; readonly priority: number }
  | { readonly op: "fail"; readonly isError: boolean }
  | { readonly op: "pop" | "done" | "delete" | "event" | "backoff" | "leftover" }
  | { readonly op: "wait"; readonly us: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant("add" as const), priority: fc.nat(2) }) },
  { weight: 12, arbitrary: fc.constant({ op: "pop" as const }) },
  { weight: 12, arbitrary: fc.record({ op: fc.constant("fail" as const), isError: fc.boolean() }) },
  ...(["done", "delete", "leftover", "event", "backoff"] as const).map((op, k) => ({
    weight: k < 3 ? 1 : 8,
    arbitrary: fc.constant({ op }),
  })),
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant("wait" as const),
      us: fc.oneof(fc.nat(3 * SECOND), fc.constant(0), fc.constant(400 * SECOND)),
    }),
  },
);

function replay(script: readonly Step[]): void {
  let nowUs = 0;
  let uidCount = 0;
  const twin = new Twin();
  const judge: RequeueJudge = {
    hearers: () => new Set(["Fit"]),
    isHeardByGate: () => true,
    judge: ({ pod }, event) => (event.resource === "*" ? "afterBackoff" : opinionOf(pod)),
  };
  const queue = new SchedulingQueue({
    now: () => nowUs,
    less: (a, b) =>
      a.pod.priority === b.pod.priority
        ? a.timestampUs < b.timestampUs
        : a.pod.priority > b.pod.priority,
    gateOf: () => "",
    judge,
  });
  const flying: PodInfo[] = [];
  for (const step of script) {
    if (step.op === "wait") nowUs += step.us;
    if (step.op === "add") {
      const pod = fakePod({ uid: uidCount++, priority: step.priority });
      queue.add(pod);
      twin.add(pod, nowUs);
    } else if (step.op === "pop") {
      const popped = queue.pop()?.pod;
      expect(popped?.uid).toBe(twin.pop()?.uid);
      if (popped !== undefined) flying.push(popped);
    } else if (step.op === "fail" && flying.length > 0) {
      const pod = flying.shift()!;
      const record = queue.find(pod.uid)!;
      record.unschedulablePlugins = new Set(step.isError ? [] : ["Fit"]);
      queue.returnFailed(record);
      twin.fail(pod.uid, step.isError, nowUs);
    } else if (step.op === "done" && flying.length > 0) {
      const pod = flying.shift()!;
      queue.done(pod.uid);
      twin.pods.delete(pod.uid);
    } else if (step.op === "delete") {
      const queued = [...twin.pods.values()].find(({ place }) => place !== "inFlight");
      if (queued === undefined) continue;
      queue.delete(queued.pod.uid);
      twin.pods.delete(queued.pod.uid);
    } else if (step.op === "event") {
      queue.moveAll(EVENT, {});
      twin.event(nowUs);
    } else if (step.op === "backoff") {
      queue.flushBackoffCompleted();
      twin.flushBackoff(nowUs);
    } else if (step.op === "leftover") {
      queue.flushUnschedulableLeftover();
      twin.flushLeftover(nowUs);
    }
    const places = new Map([...twin.pods].map(([uid, { place }]) => [uid, place]));
    expect(new Map([...queue.all()].map(({ pod, place }) => [pod.uid, place]))).toEqual(places);
  }
}

describe("the scheduling queue", () => {
  it("agrees with a queue of plain lists after every operation", () => {
    fc.assert(fc.property(fc.array(steps, { minLength: 1, maxLength: 250, size: "max" }), replay), {
      numRuns: 300,
    });
  });
});
