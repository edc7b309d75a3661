// Claims about news of pending pods: when the nomination that a pod's status carries begins to count.

import { describe, expect, it } from "vitest";
import { SchedulerCache } from "../../../src/scheduler/cache/scheduler-cache.ts";
import { ClusterNews } from "../../../src/scheduler/cycle/cluster-news.ts";
import { SchedulingQueue } from "../../../src/scheduler/queue/scheduling-queue.ts";
import { fakePod } from "../queue/fake-pods.ts";

/** A queue in which every pod with scheduling gates is held, and whatever happens is worth a try. */
function createDesk(): { news: ClusterNews; queue: SchedulingQueue; cache: SchedulerCache } {
  const cache = new SchedulerCache({});
  const queue = new SchedulingQueue({
    now: () => 0,
    less: () => false,
    gateOf: ({ template }) => (template.schedulingGates.length > 0 ? "Gate" : ""),
    judge: {
      hearers: () => new Set(["Gate"]),
      isHeardByGate: () => true,
      judge: () => "afterBackoff",
    },
  });
  const news = new ClusterNews({
    queue,
    cache,
    claims: () => true,
    onUnclaimed: () => undefined,
    rejectWaiting: () => false,
    onGone: () => undefined,
    onSettled: () => undefined,
  });
  return { news, queue, cache };
}

const nominatedTo = (nominatedNodeName: string, gates: readonly string[] = []) =>
  fakePod({ uid: "p", name: "p", nominatedNodeName, gates });

describe("the nomination in a pending pod's status", () => {
  it("counts when the pod arrives", () => {
    const { news, cache } = createDesk();
    news.podAdded(nominatedTo("n1"));
    expect(cache.nominator.nodeOf("p")).toBe("n1");
  });

  it("of a gated pod counts from its next update on, whether or not that opens the gate", () => {
    const { news, cache } = createDesk();
    const gated = nominatedTo("n1", ["a", "b"]);
    news.podAdded(gated);
    expect(cache.nominator.nodeOf("p")).toBeUndefined();
    news.podUpdated(gated, nominatedTo("n1", ["a"]));
    expect(cache.nominator.nodeOf("p")).toBe("n1");
  });

  it("does not change while the pod is in flight: the end of its attempt settles it", () => {
    const { news, queue, cache } = createDesk();
    const before = nominatedTo("n1");
    news.podAdded(before);
    queue.pop();
    news.podUpdated(before, nominatedTo("n2"));
    expect(cache.nominator.nodeOf("p")).toBe("n1");
  });

  it("counts for a pod that the queue had lost sight of", () => {
    const { news, queue, cache } = createDesk();
    const before = nominatedTo("n1");
    news.podAdded(before);
    queue.delete("p");
    cache.nominator.delete(before);
    news.podUpdated(before, nominatedTo("n2"));
    expect([cache.nominator.nodeOf("p"), queue.find("p")?.place]).toEqual(["n2", "active"]);
  });
});
