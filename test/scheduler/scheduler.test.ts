// Claims about the scheduling loop: what takes time, what waits for what, what happens to failures.

import { describe, expect, it } from "vitest";
import {
  Code,
  type PermitPlugin,
  type ReservePlugin,
  unschedulable,
} from "../../src/scheduler/index.ts";
import { SUCCESS } from "../../src/scheduler/index.ts";
import { FakeCluster, fakeNode, MS, ZERO_DELAY_STEPS } from "./cycle/fake-cluster.ts";
import { fakePod } from "./queue/fake-pods.ts";

const SECOND = 1_000_000;

function clusterWith(nodeCount: number, options = {}): FakeCluster {
  const cluster = new FakeCluster(options);
  for (let k = 1; k <= nodeCount; k++) cluster.scheduler.news.nodeAdded(fakeNode(`n${k}`));
  return cluster;
}

describe("a pod that fits", () => {
  it("is bound one cycle and one write after it was heard of", () => {
    const cluster = clusterWith(1);
    cluster.at(10, () => cluster.scheduler.news.podAdded(fakePod({ name: "a" })));
    cluster.simulation.runUntilDrained();
    expect(cluster.written).toEqual([{ atUs: 10 + 4 * MS, what: "bind a n1" }]);
    expect(cluster.events.map(({ reason, note }) => `${reason}: ${note}`)).toEqual([
      "Scheduled: Successfully assigned default/a to n1",
    ]);
    expect(cluster.scheduler.queue.size).toBe(0);
  });

  it("does not hold up the next one while it is being bound", () => {
    const cluster = clusterWith(3);
    cluster.at(0, () => {
      for (const name of ["a", "b", "c"]) cluster.scheduler.news.podAdded(fakePod({ name }));
    });
    cluster.simulation.runUntilDrained();
    expect(cluster.decisions.map(({ decidedUs }) => decidedUs)).toEqual([1 * MS, 2 * MS, 3 * MS]);
    expect(cluster.written.map(({ atUs }) => atUs)).toEqual([4 * MS, 5 * MS, 6 * MS]);
  });

  it("is decided on what was believed when its cycle began", () => {
    const cluster = clusterWith(0);
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod({ name: "a" })));
    cluster.at(MS / 2, () => cluster.scheduler.news.nodeAdded(fakeNode("late")));
    cluster.simulation.runUntil((900 * MS) as never);
    expect(cluster.decisions[0]?.message).toBe("no nodes available to schedule pods");
  });

  it("counts decisions in which other nodes were as good", () => {
    const cluster = clusterWith(2);
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod()));
    cluster.at(SECOND, () => cluster.scheduler.news.podAdded(fakePod()));
    cluster.simulation.runUntilDrained();
    const { tiedDecisions, scoredDecisions, bound } = cluster.scheduler.statistics;
    expect({ tiedDecisions, scoredDecisions, bound }).toEqual({
      tiedDecisions: 1,
      scoredDecisions: 1,
      bound: 2,
    });
  });

  it("may come in any number at one instant without looking like an endless loop", () => {
    const cluster = clusterWith(0, { cycleUs: 0 });
    cluster.writeUs = 0;
    for (let k = 0; k < 3; k++)
      cluster.scheduler.news.nodeAdded(fakeNode(`n${k}`, ZERO_DELAY_STEPS));
    cluster.at(0, () => {
      for (let k = 0; k < 3 * ZERO_DELAY_STEPS; k++) cluster.scheduler.news.podAdded(fakePod());
    });
    expect(cluster.simulation.runUntilDrained().reason).toBe("drained");
    expect(cluster.scheduler.statistics.bound).toBe(3 * ZERO_DELAY_STEPS);
  });
});

describe("a pod that does not fit", () => {
  it("holds up the loop for its status patch, but only when the patch says something new", () => {
    const cluster = clusterWith(1);
    cluster.at(0, () => {
      cluster.scheduler.news.podAdded(fakePod({ name: "big", priority: 1, uid: "big" }));
      cluster.scheduler.news.podAdded(fakePod({ name: "a", priority: 2 }));
      cluster.scheduler.news.podAdded(fakePod({ name: "b" }));
    });
    cluster.simulation.runUntil((SECOND / 2) as never);
    // a: 0-1 ms; big: 1-2 ms, patched until 5 ms; b: 5-6 ms, patched until 9 ms.
    expect(cluster.decisions.map(({ pod, decidedUs }) => [pod.name, decidedUs])).toEqual([
      ["a", 1 * MS],
      ["big", 2 * MS],
      ["b", 6 * MS],
    ]);
    const message = "0/1 nodes are available: 1 Too many pods.";
    const condition = { reason: "Unschedulable", message };
    expect(cluster.written[1]?.what).toBe(`patch big ${JSON.stringify({ condition })}`);
    const patches = (): number =>
      cluster.written.filter(({ what }) => what.startsWith("patch")).length;
    expect(patches()).toBe(2);
    // Another full node wakes both; the text names two nodes now, so both are patched again.
    cluster.at(SECOND, () => cluster.scheduler.news.nodeAdded(fakeNode("full", 0)));
    cluster.simulation.runUntil((2 * SECOND) as never);
    expect(patches()).toBe(4);
    // A deleted pod frees nothing for them on a node that is unknown: the same text, no patch.
    const gone = fakePod({ nodeName: "elsewhere" });
    cluster.at(30 * SECOND, () => cluster.scheduler.news.podAdded(gone));
    cluster.at(31 * SECOND, () => cluster.scheduler.news.podDeleted(gone));
    cluster.simulation.runUntil((40 * SECOND) as never);
    expect(cluster.decisions.length).toBe(7);
    expect(patches()).toBe(4);
  });

  it("waits for an event and is tried at once when one comes", () => {
    const cluster = clusterWith(1);
    const first = fakePod({ name: "first", uid: "first" });
    cluster.at(0, () => cluster.scheduler.news.podAdded(first));
    cluster.at(SECOND, () => cluster.scheduler.news.podAdded(fakePod({ name: "second" })));
    cluster.at(50 * SECOND, () =>
      cluster.scheduler.news.podDeleted(cluster.scheduler.news.findPod("first")!),
    );
    cluster.simulation.runUntil((60 * SECOND) as never);
    expect(cluster.decisions.at(-1)).toMatchObject({
      attempt: 2,
      result: "scheduled",
      decidedUs: 50 * SECOND + MS,
    });
  });

  it("is retried by the 30 s flush after more than five minutes", () => {
    const cluster = clusterWith(1);
    cluster.at(0, () => {
      cluster.scheduler.news.podAdded(fakePod({ priority: 1 }));
      cluster.scheduler.news.podAdded(fakePod({ name: "second" }));
    });
    cluster.simulation.runUntil((400 * SECOND) as never);
    // Returned at 2 ms; the first point of the 30 s grid later than 5 min after that is 330 s.
    expect(cluster.decisions.map(({ decidedUs }) => decidedUs)).toEqual([
      MS,
      2 * MS,
      330 * SECOND + MS,
    ]);
  });

  it("with no nodes at all is retried by the error back-off: 1, 2, 4, 8, 10 s and a tick", () => {
    const cluster = clusterWith(0);
    cluster.at(300 * MS, () => cluster.scheduler.news.podAdded(fakePod()));
    cluster.simulation.runUntil((40 * SECOND) as never);
    const seconds = cluster.decisions.map(({ poppedUs }) => poppedUs / SECOND);
    expect(seconds).toEqual([0.3, 2, 5, 10, 19, 30]);
    expect(cluster.scheduler.statistics.unschedulable).toBe(6);
  });

  it("with SchedulerPopFromBackoffQ off waits 2, 3, 5, 9, 11, 11 s, on ticks from the start", () => {
    const cluster = clusterWith(1, { popFromBackoff: false });
    cluster.at(0, () => {
      cluster.scheduler.news.podAdded(fakePod({ priority: 1 }));
      cluster.scheduler.news.podAdded(fakePod({ name: "waits" }));
    });
    // A node too small for anything wakes the pod again and again.
    for (let k = 1; k <= 200; k++) {
      cluster.at((k * SECOND) / 4, () => cluster.scheduler.news.nodeAdded(fakeNode(`s${k}`, 0)));
    }
    cluster.simulation.runUntil((45 * SECOND) as never);
    const poppedUs = cluster.decisions.slice(1).map((decision) => decision.poppedUs);
    expect(poppedUs).toEqual([MS, 2, 5, 10, 19, 30, 41].map((s) => (s === MS ? MS : s * SECOND)));
  });

  it("costs no events while nothing can happen", () => {
    const cluster = clusterWith(1);
    cluster.at(0, () => {
      cluster.scheduler.news.podAdded(fakePod({ priority: 1 }));
      cluster.scheduler.news.podAdded(fakePod());
    });
    const before = cluster.simulation.runUntil(SECOND as never);
    expect(before.firedCount).toBeGreaterThan(0);
    expect(cluster.simulation.runUntil((300 * SECOND) as never).firedCount).toBe(0);
    expect(cluster.simulation.runUntilDrained().reason).toBe("drained");
  });
});

describe("a binding that fails", () => {
  it("gives the room back, tells the pod, and comes again by the error back-off", () => {
    const cluster = clusterWith(1);
    cluster.refusals.set("a", "pod a is already assigned");
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod({ name: "a", uid: "a" })));
    cluster.simulation.runUntil((SECOND / 2) as never);
    expect(cluster.cache.isAssumed("a")).toBe(false);
    expect(cluster.scheduler.queue.count("errorBackoff")).toBe(1);
    expect(cluster.written.map(({ what }) => what)).toEqual([
      "bind a n1",
      `patch a ${JSON.stringify({
        condition: {
          reason: "SchedulerError",
          message: 'running Bind plugin "DefaultBinder": pod a is already assigned',
        },
      })}`,
    ]);
    cluster.refusals.clear();
    cluster.simulation.runUntil((3 * SECOND) as never);
    expect(cluster.decisions.map(({ poppedUs }) => poppedUs)).toEqual([0, 2 * SECOND]);
    expect(cluster.scheduler.statistics).toMatchObject({ bound: 1, bindingFailures: 1 });
  });

  it("wakes pods that may use the room", () => {
    const cluster = clusterWith(1);
    cluster.refusals.set("a", "no");
    cluster.at(0, () => {
      cluster.scheduler.news.podAdded(fakePod({ name: "a", priority: 1 }));
      cluster.scheduler.news.podAdded(fakePod({ name: "b" }));
    });
    cluster.simulation.runUntil((SECOND / 2) as never);
    expect(cluster.written.map(({ what }) => what)).toContain("bind b n1");
  });
});

describe("a pod that goes away", () => {
  it("is not tried when it is being deleted", () => {
    const cluster = clusterWith(1);
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod({ name: "d", deleting: true })));
    cluster.simulation.runUntilDrained();
    expect(cluster.decisions).toEqual([]);
    expect(cluster.events.map(({ note }) => note)).toEqual([
      "skip schedule deleting pod: default/d",
    ]);
  });

  it("while it is being bound frees the room it was promised", () => {
    const cluster = clusterWith(1);
    const pod = fakePod({ name: "a", uid: "a" });
    cluster.refusals.set("a", "the pod is gone");
    cluster.at(0, () => {
      cluster.scheduler.news.podAdded(pod);
      cluster.scheduler.news.podAdded(fakePod({ name: "b", priority: -1 }));
    });
    cluster.at(2 * MS, () => cluster.scheduler.news.podDeleted(pod));
    cluster.simulation.runUntilDrained();
    expect(cluster.written.map(({ what }) => what)).toContain("bind b n1");
    expect(cluster.scheduler.queue.size).toBe(0);
  });
});

describe("another scheduler that takes the same pod", () => {
  function race(atUs: number): FakeCluster {
    const cluster = clusterWith(2);
    const pod = fakePod({ name: "a", uid: "a" });
    cluster.refusals.set("a", "pod a is already assigned");
    cluster.at(0, () => cluster.scheduler.news.podAdded(pod));
    cluster.at(atUs, () => cluster.scheduler.news.podUpdated(pod, { ...pod, nodeName: "n2" }));
    cluster.simulation.runUntil(SECOND as never);
    return cluster;
  }

  it.each([
    ["during the cycle", MS / 2],
    ["during the binding", 2 * MS],
  ])("%s wins, and the pod counts where that one put it", (_when, atUs) => {
    const cluster = race(atUs);
    expect(cluster.cache.findPod("a")?.nodeName).toBe("n2");
    expect(cluster.scheduler.queue.size).toBe(0);
    expect(cluster.scheduler.statistics.bound).toBe(0);
  });
});

describe("a node that goes away during a cycle", () => {
  it("is still what was decided, even if another node takes its place in memory", () => {
    const cluster = clusterWith(1);
    cluster.refusals.set("a", "no such node");
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod({ name: "a" })));
    cluster.at(MS / 2, () => {
      cluster.scheduler.news.nodeDeleted(fakeNode("n1"));
      cluster.scheduler.news.nodeAdded(fakeNode("n9"));
    });
    cluster.simulation.runUntil((SECOND / 2) as never);
    expect(cluster.written[0]?.what).toBe("bind a n1");
  });
});

describe("other schedulers' pods", () => {
  it("are left alone and reported", () => {
    const cluster = clusterWith(1);
    const unclaimed: string[] = [];
    cluster.scheduler.observe({ onUnclaimed: (pod) => unclaimed.push(pod.name) });
    const pod = fakePod({ name: "x", schedulerName: "someone-else" });
    cluster.at(0, () => cluster.scheduler.news.podAdded(pod));
    cluster.simulation.runUntilDrained();
    expect(unclaimed).toEqual(["x"]);
    expect(cluster.decisions).toEqual([]);
  });

  it("still take room once they are assigned", () => {
    const cluster = clusterWith(1);
    cluster.at(0, () =>
      cluster.scheduler.news.podAdded(fakePod({ schedulerName: "else", nodeName: "n1" })),
    );
    cluster.at(1, () => cluster.scheduler.news.podAdded(fakePod({ name: "mine" })));
    cluster.simulation.runUntil(SECOND as never);
    expect(cluster.decisions[0]?.result).toBe("unschedulable");
  });
});

describe("Reserve and Permit", () => {
  it("undo what was reserved, in reverse order, when one refuses", () => {
    const calls: string[] = [];
    const reserve = (name: string, isWilling: boolean): ReservePlugin => ({
      name,
      reserve: () => (isWilling ? SUCCESS : unschedulable(name, "no room in my books")),
      unreserve: () => calls.push(`unreserve ${name}`),
    });
    const plugins = { reservePlugins: [reserve("A", true), reserve("B", false)] };
    const cluster = clusterWith(1, { plugins });
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod({ name: "a", uid: "a" })));
    cluster.simulation.runUntil(SECOND as never);
    expect(calls).toEqual(["unreserve B", "unreserve A"]);
    expect(cluster.decisions[0]).toMatchObject({
      result: "unschedulable",
      message: "0/1 nodes are available: 1 no room in my books.",
    });
    expect([...cluster.scheduler.queue.find("a")!.unschedulablePlugins]).toEqual(["B"]);
    expect(cluster.cache.isAssumed("a")).toBe(false);
  });

  it("hold a pod until a plugin allows it, or reject it when the wait is over", () => {
    const permit: PermitPlugin = {
      name: "Gang",
      permit: () => ({
        status: { code: Code.Wait, plugin: "Gang", reasons: [] },
        timeoutUs: 10 * SECOND,
      }),
    };
    const cluster = clusterWith(2, { plugins: { permitPlugins: [permit] } });
    cluster.at(0, () => {
      cluster.scheduler.news.podAdded(fakePod({ name: "a", uid: "a" }));
      cluster.scheduler.news.podAdded(fakePod({ name: "b", uid: "b", priority: -1 }));
    });
    cluster.at(5 * SECOND, () => cluster.scheduler.binding.allow("a", "Gang"));
    cluster.simulation.runUntil((11 * SECOND) as never);
    expect(cluster.written.filter(({ what }) => what.startsWith("bind"))).toEqual([
      { atUs: 5 * SECOND + 3 * MS, what: "bind a n1" },
    ]);
    expect(cluster.scheduler.statistics.bindingFailures).toBe(1);
    expect([...cluster.scheduler.queue.find("b")!.unschedulablePlugins]).toEqual(["Gang"]);
  });

  it("ends when a pod of higher priority takes the room of a waiting pod", () => {
    const wait = { code: Code.Wait, plugin: "Gang", reasons: [] };
    const permit = { name: "Gang", permit: () => ({ status: wait, timeoutUs: 10 * SECOND }) };
    const cluster = clusterWith(1, { plugins: { permitPlugins: [permit] } });
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod({ name: "a", uid: "a" })));
    let answers: boolean[] = [];
    cluster.at(SECOND / 2, () => {
      const { binding, cache } = cluster.scheduler;
      answers = [binding.preempt("a"), binding.preempt("a"), cache.isAssumed("a")];
    });
    cluster.simulation.runUntil((SECOND / 2) as never);
    expect(answers).toEqual([true, false, false]);
    expect(cluster.events.map(({ note }) => note)).toEqual([
      "waiting on permit for pod: preempted",
    ]);
    expect(cluster.scheduler.queue.find("a")?.place).toBe("errorBackoff");
  });
});
