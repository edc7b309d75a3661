// Claims about the scheduling queue, each a rule of the queue's specification (B1 to B9).

import { describe, expect, it } from "vitest";
import {
  Action,
  type ClusterEvent,
  type PodInfo,
  type SortablePod,
} from "../../../src/scheduler/index.ts";
import { createClusterEvent, FORCE_ACTIVATE } from "../../../src/scheduler/queue/cluster-events.ts";
import type { QueuedPod } from "../../../src/scheduler/queue/queued-pod.ts";
import type { RequeueJudge, RequeueStrategy } from "../../../src/scheduler/queue/requeue-judge.ts";
import { SchedulingQueue } from "../../../src/scheduler/queue/scheduling-queue.ts";
import { fakePod } from "./fake-pods.ts";

const SECOND = 1_000_000;
const POD_DELETE = createClusterEvent("AssignedPod", Action.Delete);
const NODE_ADD = createClusterEvent("Node", Action.Add);

class Bench {
  nowUs = 0;
  /** Names of pods that a gate holds. */
  readonly gated = new Set<string>();
  /** Answer per plugin to every event. */
  answer: (record: QueuedPod, event: ClusterEvent) => RequeueStrategy = () => "afterBackoff";
  isHeard = true;
  /** Every move into a place: pod, place, label. */
  readonly moves: string[] = [];
  readonly queue: SchedulingQueue;

  constructor(options: { popFromBackoff?: boolean; secondPhaseUs?: number } = {}) {
    const judge: RequeueJudge = {
      hearers: () => new Set(this.isHeard ? ["Fit", "Gate"] : []),
      isHeardByGate: (record, event) => event.resource !== "*" && record.gatingPlugin === "Gate",
      judge: (record, event) =>
        record.unschedulablePlugins.size + record.pendingPlugins.size === 0
          ? "afterBackoff"
          : this.answer(record, event),
    };
    this.queue = new SchedulingQueue({
      now: () => this.nowUs,
      less: byPriorityThenTime,
      gateOf: (pod) => (this.gated.has(pod.name) ? "Gate" : ""),
      judge,
      onMove: ({ pod }, place, label) => this.moves.push(`${pod.name} ${place} ${label}`),
      ...options,
    });
  }

  popName(): string | undefined {
    return this.queue.pop()?.pod.name;
  }

  /** Pops the head and fails it; `by` names the rejecting plugin, "" an error. */
  fail(by = "Fit"): QueuedPod {
    const record = this.queue.pop()!;
    record.unschedulablePlugins = new Set(by === "" ? [] : [by]);
    this.queue.returnFailed(record);
    return record;
  }
}

function byPriorityThenTime(a: SortablePod, b: SortablePod): boolean {
  if (a.pod.priority !== b.pod.priority) return a.pod.priority > b.pod.priority;
  return a.timestampUs < b.timestampUs;
}

describe("popping", () => {
  it("takes higher priority first, then the earlier timestamp, then the earlier arrival", () => {
    const bench = new Bench();
    bench.queue.add(fakePod({ name: "low" }));
    bench.queue.add(fakePod({ name: "high-1", priority: 5 }));
    bench.queue.add(fakePod({ name: "high-2", priority: 5 }));
    bench.nowUs = 7;
    bench.queue.add(fakePod({ name: "late", priority: 5 }));
    expect(Array.from({ length: 5 }, () => bench.popName())).toEqual([
      "high-1",
      "high-2",
      "late",
      "low",
      undefined,
    ]);
  });

  it("puts a pod that failed behind its peers of equal priority", () => {
    const bench = new Bench();
    bench.answer = () => "immediately";
    bench.queue.add(fakePod({ name: "first" }));
    bench.queue.add(fakePod({ name: "second" }));
    bench.nowUs = 1;
    bench.fail();
    bench.queue.moveAll(POD_DELETE, {});
    expect([bench.popName(), bench.popName()]).toEqual(["second", "first"]);
  });

  it("takes a pod out of back-off at once when nothing is active", () => {
    const bench = new Bench();
    bench.queue.add(fakePod({ name: "only" }));
    bench.fail();
    bench.queue.moveAll(POD_DELETE, {});
    expect(bench.queue.count("backoff")).toBe(1);
    expect(bench.queue.hasNext).toBe(true);
    expect(bench.popName()).toBe("only");
  });

  it("never takes a pod out of error back-off early", () => {
    const bench = new Bench();
    bench.queue.add(fakePod());
    bench.fail("");
    expect(bench.queue.count("errorBackoff")).toBe(1);
    expect(bench.queue.hasNext).toBe(false);
    expect(bench.popName()).toBeUndefined();
  });

  it("waits for the back-off when SchedulerPopFromBackoffQ is off", () => {
    const bench = new Bench({ popFromBackoff: false });
    bench.queue.add(fakePod());
    bench.fail();
    bench.queue.moveAll(POD_DELETE, {});
    expect(bench.queue.hasNext).toBe(false);
  });
});

describe("back-off", () => {
  /** Instants of failure and return to active as measured with a fake clock on the real queue. */
  const measured = [
    { failedUs: 3.3 * SECOND, attempt: 1, activeUs: 5 * SECOND },
    { failedUs: 3.3 * SECOND, attempt: 2, activeUs: 6 * SECOND },
    { failedUs: 3.3 * SECOND, attempt: 3, activeUs: 8 * SECOND },
    { failedUs: 3.3 * SECOND, attempt: 5, activeUs: 14 * SECOND },
    { failedUs: 3 * SECOND, attempt: 1, activeUs: 5 * SECOND },
    { failedUs: 3.95 * SECOND, attempt: 1, activeUs: 5 * SECOND },
  ];

  for (const plugin of ["Fit", ""]) {
    const path = plugin === "" ? "an error" : "a rejection";
    it.each(measured)(
      `after ${path} number $attempt at $failedUs us lets the pod go at $activeUs us`,
      ({ failedUs, attempt, activeUs }) => {
        const bench = new Bench({ popFromBackoff: true });
        bench.queue.add(fakePod({ name: "p" }));
        const record = bench.queue.pop()!;
        record.unschedulableCount = plugin === "" ? 0 : attempt - 1;
        record.consecutiveErrors = plugin === "" ? attempt - 1 : 0;
        bench.nowUs = failedUs;
        record.unschedulablePlugins = new Set(plugin === "" ? [] : [plugin]);
        bench.queue.returnFailed(record);
        bench.queue.moveAll(POD_DELETE, {});
        expect(bench.queue.count("active")).toBe(0);
        expect(bench.queue.nextBackoffFlushUs).toBe(activeUs);
        bench.nowUs = activeUs - SECOND;
        bench.queue.flushBackoffCompleted();
        expect(bench.queue.count("active")).toBe(0);
        bench.nowUs = activeUs;
        bench.queue.flushBackoffCompleted();
        expect(bench.queue.count("active")).toBe(1);
      },
    );
  }

  it("cuts to whole seconds of the wall clock, not of the simulation", () => {
    const bench = new Bench({ secondPhaseUs: 400_000 });
    bench.queue.add(fakePod());
    bench.nowUs = 2.7 * SECOND; // 3.1 s on the wall
    bench.fail("");
    expect(bench.queue.nextBackoffFlushUs).toBe(4.6 * SECOND); // 5.0 s on the wall
  });

  it("sums to 75 s over the first ten delays", () => {
    const bench = new Bench();
    bench.queue.add(fakePod());
    let sumUs = 0;
    for (let k = 1; k <= 10; k++) {
      const record = bench.fail("");
      sumUs += bench.queue.nextBackoffFlushUs! - SECOND - bench.nowUs;
      bench.nowUs = bench.queue.nextBackoffFlushUs!;
      bench.queue.flushBackoffCompleted();
      expect(record.place).toBe("active");
    }
    expect(sumUs).toBe(75 * SECOND);
  });

  it("starts again from the first delay of errors after a rejection", () => {
    const bench = new Bench();
    bench.queue.add(fakePod());
    bench.fail("");
    bench.nowUs = bench.queue.nextBackoffFlushUs!;
    bench.queue.flushBackoffCompleted();
    const record = bench.fail();
    expect([record.consecutiveErrors, record.unschedulableCount]).toEqual([0, 1]);
  });
});

describe("gates", () => {
  it("hold a pod among the unschedulable ones until its own update opens them", () => {
    const bench = new Bench();
    bench.gated.add("g");
    const gated = fakePod({ uid: "g", name: "g", gates: ["hold"] });
    bench.queue.add(gated);
    bench.nowUs = 5 * SECOND;
    bench.queue.add(fakePod({ name: "younger" }));
    expect(bench.queue.find("g")?.gatingPlugin).toBe("Gate");
    bench.gated.clear();
    bench.queue.update(gated, fakePod({ uid: "g", name: "g" }));
    expect(bench.queue.find("g")?.gatingPlugin).toBe("");
    expect(bench.popName()).toBe("g"); // Its creation timestamp overtakes the younger pod.
  });

  it("are not opened by an event that the gating plugin does not hear, nor by the flush", () => {
    const bench = new Bench();
    bench.gated.add("g");
    bench.queue.add(fakePod({ name: "g" }));
    bench.gated.clear();
    bench.nowUs = 400 * SECOND;
    bench.queue.flushUnschedulableLeftover();
    expect(bench.queue.count("unschedulable")).toBe(1);
    expect(bench.queue.nextLeftoverUs).toBeUndefined();
    expect(bench.queue.recordsIn("unschedulable")[0]?.wasFlushed).toBe(true);
  });

  it("keep an activated pod back while they hold", () => {
    const bench = new Bench();
    const pod = fakePod({ name: "g" });
    bench.gated.add("g");
    bench.queue.add(pod);
    bench.queue.activate([pod]);
    expect(bench.queue.count("unschedulable")).toBe(1);
    expect(bench.moves).toEqual(["g unschedulable UnschedulablePodAdd"]); // Staying is no move.
  });

  it("that an update does not open leave no trace of a move, those met by an event do", () => {
    const bench = new Bench();
    const pod = fakePod({ uid: "g", name: "g" });
    bench.gated.add("g");
    bench.queue.add(pod);
    bench.moves.length = 0;
    bench.queue.update(pod, fakePod({ uid: "g", name: "g", labels: { app: "b" } }));
    expect(bench.moves).toEqual([]);
    bench.queue.moveAll(NODE_ADD, {});
    expect(bench.moves).toEqual(["g unschedulable NodeAdd"]);
  });
});

describe("events", () => {
  it("wake only the pods whose rejecting plugin wants the event", () => {
    const bench = new Bench();
    bench.answer = ({ pod }) => (pod.name === "awake" ? "afterBackoff" : "skip");
    bench.queue.add(fakePod({ name: "awake" }));
    bench.queue.add(fakePod({ name: "asleep" }));
    bench.fail();
    bench.fail();
    bench.nowUs = 10 * SECOND;
    bench.queue.moveAll(POD_DELETE, {});
    expect(bench.queue.recordsIn("active").map(({ pod }) => pod.name)).toEqual(["awake"]);
    expect(bench.queue.count("unschedulable")).toBe(1);
  });

  it("that arrive during an attempt are answered when the pod comes back", () => {
    const bench = new Bench();
    bench.queue.add(fakePod({ name: "p" }));
    const record = bench.queue.pop()!;
    bench.queue.moveAll(NODE_ADD, {});
    record.unschedulablePlugins = new Set(["Fit"]);
    bench.queue.returnFailed(record);
    expect(record.place).toBe("backoff");
    expect(bench.queue.inFlightEventCount).toBe(0);
  });

  it("before the pod was popped do not count", () => {
    const bench = new Bench();
    bench.queue.add(fakePod({ name: "other", priority: 1 }));
    bench.queue.add(fakePod({ name: "p" }));
    bench.queue.pop();
    bench.queue.moveAll(NODE_ADD, {});
    const record = bench.queue.pop()!;
    record.unschedulablePlugins = new Set(["Fit"]);
    bench.queue.returnFailed(record);
    expect(record.place).toBe("unschedulable");
    expect(bench.queue.inFlightEventCount).toBe(1);
  });

  it("that nobody registered are not even remembered", () => {
    const bench = new Bench();
    bench.isHeard = false;
    bench.queue.add(fakePod());
    bench.queue.pop();
    bench.queue.moveAll(NODE_ADD, {});
    expect(bench.queue.inFlightEventCount).toBe(0);
  });

  it("of a pod's own update during its attempt are remembered", () => {
    const bench = new Bench();
    const pod = fakePod({ uid: "u", name: "p" });
    bench.queue.add(pod);
    const record = bench.queue.pop()!;
    bench.queue.update(pod, fakePod({ uid: "u", name: "p", labels: { a: "b" } }));
    record.unschedulablePlugins = new Set(["Fit"]);
    bench.queue.returnFailed(record);
    expect(record.place).toBe("backoff");
  });

  it("bring a pod with a pending plugin forward without back-off", () => {
    const bench = new Bench();
    bench.answer = () => "immediately";
    bench.queue.add(fakePod());
    const record = bench.queue.pop()!;
    record.pendingPlugins = new Set(["Fit"]);
    bench.queue.returnFailed(record);
    bench.queue.moveAll(NODE_ADD, {});
    expect(record.place).toBe("active");
  });
});

describe("the leftover flush", () => {
  it("takes what has waited strictly more than five minutes", () => {
    const bench = new Bench();
    bench.answer = (_record, event) => (event.resource === "*" ? "afterBackoff" : "skip");
    bench.queue.add(fakePod());
    const record = bench.fail();
    expect(bench.queue.nextLeftoverUs).toBe(300 * SECOND);
    bench.nowUs = 300 * SECOND;
    bench.queue.flushUnschedulableLeftover();
    expect(record.place).toBe("unschedulable");
    bench.nowUs = 300 * SECOND + 1;
    bench.queue.flushUnschedulableLeftover();
    expect([record.place, record.wasFlushed]).toEqual(["active", true]);
  });
});

describe("activation", () => {
  it("brings a pod forward from back-off and from the unschedulable pods", () => {
    const bench = new Bench();
    const pods = [fakePod({ name: "a" }), fakePod({ name: "b" })];
    for (const pod of pods) bench.queue.add(pod);
    bench.fail("");
    bench.fail();
    expect([bench.queue.count("errorBackoff"), bench.queue.count("unschedulable")]).toEqual([1, 1]);
    bench.queue.activate(pods);
    expect(bench.queue.count("active")).toBe(2);
  });

  it("of a pod in flight is remembered as an event for that pod", () => {
    const bench = new Bench();
    const heard: ClusterEvent[] = [];
    bench.answer = (_record, event) => {
      heard.push(event);
      return "afterBackoff";
    };
    const pod = fakePod();
    bench.queue.add(pod);
    const record = bench.queue.pop()!;
    bench.queue.activate([pod]);
    record.unschedulablePlugins = new Set(["Fit"]);
    bench.queue.returnFailed(record);
    expect(heard).toEqual([FORCE_ACTIVATE]);
    expect(record.place).toBe("backoff");
  });
});

describe("leaving", () => {
  it("forgets a bound pod and a deleted one", () => {
    const bench = new Bench();
    const [bound, deleted] = [fakePod({ name: "bound" }), fakePod({ name: "deleted" })];
    bench.queue.add(bound);
    bench.queue.add(deleted);
    bench.queue.pop();
    bench.queue.done(bound.uid);
    bench.queue.delete(deleted.uid);
    expect(bench.queue.size).toBe(0);
    expect(bench.popName()).toBeUndefined();
  });

  it("during an attempt leaves the end of it to the failure handler", () => {
    const bench = new Bench();
    const pod: PodInfo = fakePod();
    bench.queue.add(pod);
    bench.queue.pop();
    bench.queue.delete(pod.uid);
    expect(bench.queue.find(pod.uid)?.place).toBe("inFlight");
    bench.queue.done(pod.uid);
    expect(bench.queue.size).toBe(0);
  });
});
