import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/base/index.ts";
import { Expectations } from "../../src/controllers/expectations.ts";
import { startSlowly } from "../../src/controllers/slow-start.ts";
import { toleratedUs } from "../../src/controllers/toleration-time.ts";
import { type SyncDone, WorkQueue } from "../../src/controllers/work-queue.ts";
import { Simulation } from "../../src/engine/index.ts";
import type { Toleration } from "../../src/cluster/index.ts";

/** A queue whose syncs are logged and answered by `answer`. */
function createQueue(answer: (key: string, done: SyncDone) => void, workers = 2, syncCostUs = 0) {
  const sim = new Simulation();
  const log: string[] = [];
  const queue = new WorkQueue<string>(sim, {
    name: "test",
    workers,
    syncCostUs,
    sync: (key, done) => {
      log.push(`${sim.nowUs} ${key}`);
      answer(key, done);
    },
  });
  return { sim, queue, log };
}

describe("a work queue", () => {
  it("merges a key that waits and looks once more at one that changed meanwhile", () => {
    const open: SyncDone[] = [];
    const { sim, queue, log } = createQueue((_key, done) => open.push(done));
    queue.add("a");
    queue.add("a");
    sim.runUntil(0 as Instant);
    queue.add("a");
    queue.add("a");
    sim.runUntil(5 as Instant);
    expect(log).toEqual(["0 a"]);
    open[0]!();
    sim.runUntil(9 as Instant);
    expect(log).toEqual(["0 a", "5 a"]);
  });

  it("works on no more keys at once than it has workers, in the order in which they came", () => {
    const open = new Map<string, SyncDone>();
    const { sim, queue, log } = createQueue((key, done) => open.set(key, done));
    for (const key of ["a", "b", "c"]) queue.add(key);
    sim.runUntil(1 as Instant);
    expect(log).toEqual(["0 a", "0 b"]);
    open.get("b")!();
    sim.runUntil(2 as Instant);
    expect(log).toEqual(["0 a", "0 b", "1 c"]);
    expect(queue.isKnown("a")).toBe(true);
    expect(queue.isKnown("b")).toBe(false);
  });

  it("tries a failing key again after 5, 10, 20, 40 ms and from 5 ms after a success", () => {
    let failures = 4;
    const { sim, queue, log } = createQueue((_key, done) =>
      done(failures-- > 0 ? "no" : undefined),
    );
    queue.add("a");
    sim.runUntil(200_000 as Instant);
    expect(log).toEqual(["0 a", "5000 a", "15000 a", "35000 a", "75000 a"]);
    failures = 1;
    queue.add("a");
    sim.runUntil(400_000 as Instant);
    expect(log.slice(5)).toEqual(["200000 a", "205000 a"]);
  });

  it("keeps the earlier of two timers of a key", () => {
    const { sim, queue, log } = createQueue((_key, done) => done());
    queue.addAfter("a", 50);
    queue.addAfter("a", 20);
    queue.addAfter("a", 80);
    sim.runUntil(200 as Instant);
    expect(log).toEqual(["20 a"]);
  });

  it("takes a sync's computing time before the sync reads anything", () => {
    const { sim, queue, log } = createQueue((_key, done) => done(), 1, 1000);
    queue.add("a");
    queue.add("b");
    sim.runUntil(10_000 as Instant);
    expect(log).toEqual(["1000 a", "2000 b"]);
  });
});

describe("slow start", () => {
  it("doubles its batches while all succeed", () => {
    const sent: number[] = [];
    const replies: (() => void)[] = [];
    const sizes: number[] = [];
    startSlowly(
      20,
      (index, reply) => {
        sent.push(index);
        replies.push(reply);
      },
      () => sizes.push(-1),
    );
    while (replies.length > 0) {
      sizes.push(replies.length);
      for (const reply of replies.splice(0)) reply();
    }
    expect(sizes).toEqual([1, 2, 4, 8, 5, -1]);
    expect(sent).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it("stops after the first batch with a failure, which costs one attempt when all fail", () => {
    let attempts = 0;
    let outcome: unknown;
    startSlowly(
      100,
      (_index, reply) => {
        attempts++;
        reply("quota");
      },
      (successes, error) => {
        outcome = { successes, error };
      },
    );
    expect(attempts).toBe(1);
    expect(outcome).toEqual({ successes: 0, error: "quota" });
  });
});

describe("expectations", () => {
  it("are open until every creation and every named deletion was seen, or for five minutes", () => {
    const expectations = new Expectations();
    expectations.expectCreations(1, 2, 0);
    expectations.expectDeletions(1, [7], 0);
    expectations.creationSeen(1);
    expectations.deletionSeen(1, 8);
    expect(expectations.areMet(1, 10)).toBe(false);
    expectations.creationSeen(1);
    expect(expectations.areMet(1, 10)).toBe(false);
    expect(expectations.areMet(1, 300_000_001)).toBe(true);
    expectations.deletionSeen(1, 7);
    expect(expectations.areMet(1, 10)).toBe(true);
  });
});

describe("how long a pod may stay on a tainted node", () => {
  const toleration = (key: string, tolerationSeconds?: number): Toleration => ({
    key,
    operator: "Exists",
    value: "",
    effect: "NoExecute",
    tolerationSeconds,
  });
  const taint = (key: string) => ({ key, value: "", effect: "NoExecute" as const });
  const rows: [what: string, taints: string[], tolerations: Toleration[], seconds: number][] = [
    ["not tolerated: not at all", ["a"], [], 0],
    ["one of two not tolerated: not at all", ["a", "b"], [toleration("a")], 0],
    ["tolerated without seconds: for ever", ["a"], [toleration("a")], Number.POSITIVE_INFINITY],
    [
      "the least of the tolerations in use",
      ["a", "b"],
      [toleration("a", 60), toleration("b", 30), toleration("c", 1)],
      30,
    ],
    ["a limit beats one without", ["a"], [toleration("a"), toleration("a", 300)], 300],
    ["a negative limit is none at all", ["a"], [toleration("a", -5)], 0],
    ["no taints: for ever", [], [], Number.POSITIVE_INFINITY],
  ];
  it.each(rows)("%s", (_what, taints, tolerations, seconds) => {
    expect(toleratedUs(taints.map(taint), tolerations)).toBe(seconds * 1e6);
  });
});
