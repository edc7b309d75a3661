// Preemption as the queue sees it (scheduler-queue.md B10, scheduler-preemption.md E5, E6): what
// happens in which order, who is held back meanwhile, and who is woken when a promise ends.

import { describe, expect, it } from "vitest";
import { PodConditionType } from "../../../src/cluster/index.ts";
import { milliseconds, QueueRig } from "./rig.ts";

describe("a preemption", () => {
  it("nominates, marks, deletes and frees in this order, each at its instant", () => {
    const rig = new QueueRig().pod(100, "low", { cpu: "1", priority: 1 });
    const seen: string[] = [];
    rig.world.api.observe({
      onPod: (change) => {
        const { pod, committedUs } = change;
        const name = rig.world.api.pods.name(pod);
        const type = PodConditionType.DisruptionTarget;
        const note = (what: string): unknown => seen.push(`${committedUs} ${name} ${what}`);
        if (change.nominatedNodeAfter !== change.nominatedNodeBefore) note("nominated");
        if (change.conditionAfter(type) !== change.conditionBefore(type)) note("marked");
        if (change.isDeletingAfter && !change.isDeletingBefore) note("deleting");
        if (change.kind === "Deleted") note("gone");
      },
    });
    rig.pod(1_000, "high", { cpu: "1", priority: 9 }).finishPod(3_000, "low").run(5_000);
    // Popped 1.001, decided 1.002: nomination and condition leave together (3 ms), the DELETE after
    // the mark (6 ms). The victim's end is heard at 3.001.
    expect(seen).toEqual([
      "1005000 high nominated",
      "1005000 low marked",
      "1011000 low deleting",
      "3005000 high nominated",
    ]);
    expect(rig.attemptsOf("high")).toEqual(["1001000 unschedulable", "3001000 scheduled n1"]);
    expect(rig.bound).toEqual(["105000 low n1", "3005000 high n1"]);
  });

  it("gates its pod until the last victim is on its way; a gated pod hears only of victims", () => {
    const rig = new QueueRig({ nodes: { n1: "2" } });
    rig.pod(100, "low-a", { cpu: "1", priority: 1 }).pod(110, "low-b", { cpu: "1", priority: 1 });
    rig.pod(1_000, "high", { cpu: "2", priority: 9 });
    // 1.002 decided; first victim deleted at 1.011, only then the last one is marked (1.014) and
    // deleted (1.020). The node of 1.009 finds the gate shut; that of 1.030 is not heard any more.
    rig.node(1_009, "n2", "2", { spec: { unschedulable: true } });
    rig.node(1_030, "n3", "2", { spec: { unschedulable: true } });
    rig.finishPod(1_500, "low-a").finishPod(1_600, "low-b").run(2_000);
    expect(rig.attemptsOf("high")).toEqual([
      "1001000 unschedulable",
      "1501000 unschedulable",
      "1601000 scheduled n1",
    ]);
    expect(rig.movesOf("high").slice(1, 5)).toEqual([
      "1002000 unschedulable ScheduleAttemptFailure",
      "1010000 unschedulable NodeAdd",
      "1501000 backoff AssignedPodDelete",
      "1501000 active PopFromBackoffQ",
    ]);
  });

  it("leaves its pod open to any event once all victims are on their way", () => {
    const rig = new QueueRig().pod(100, "low", { cpu: "1", priority: 1 });
    rig.pod(1_000, "high", { cpu: "1", priority: 9 });
    rig.node(1_500, "n2", "1", { spec: { unschedulable: true } }).run(2_000);
    expect(rig.attemptsOf("high")).toEqual(["1001000 unschedulable", "1501000 unschedulable"]);
    expect(rig.scheduler.statistics.preemptions).toBe(1);
  });

  it("brings its pod back when every victim has gone by itself", () => {
    const rig = new QueueRig().pod(100, "low", { cpu: "1", priority: 1 });
    // The victim goes after the verdict and before it could be marked.
    rig.pod(1_000, "high", { cpu: "1", priority: 9 }).deletePod(1_004, "low").run(3_000);
    expect(rig.bound.at(-1)).toMatch(/ high n1$/);
    expect(rig.attemptsOf("high")).toHaveLength(2);
    expect(Number(rig.attemptsOf("high")[1]!.split(" ")[0])).toBeLessThanOrEqual(1_006_000);
  });

  it("of a pod that is deleted meanwhile leaves no nomination behind", () => {
    const rig = new QueueRig().pod(100, "low", { cpu: "1", priority: 1 });
    rig.pod(1_000, "high", { cpu: "1", priority: 9 }).deletePod(2_000, "high").run(3_000);
    expect(rig.scheduler.cache.nominator.size).toBe(0);
    expect(rig.scheduler.preemptions.count).toBe(0);
  });
});

describe("a nominated pod", () => {
  /** "high" is promised n1, whose victim takes its time; n1 holds 2 cpu, 1 of them free. */
  function promised(): QueueRig {
    const rig = new QueueRig({ nodes: { n1: "2" } });
    rig.pod(100, "low", { cpu: "1", priority: 1 });
    return rig.pod(1_000, "high", { cpu: "2", priority: 5 });
  }

  it("keeps lower and equal priorities off the free room, and higher ones not", () => {
    const rig = promised().pod(2_000, "lower", { cpu: "1", priority: 4 });
    rig.pod(2_100, "equal", { cpu: "1", priority: 5 });
    rig.pod(2_200, "higher", { cpu: "1", priority: 6 }).run(3_000);
    expect(rig.attemptsOf("lower")[0]).toBe("2001000 unschedulable");
    expect(rig.attemptsOf("equal")[0]).toBe("2101000 unschedulable");
    expect(rig.attemptsOf("higher")).toEqual(["2201000 scheduled n1"]);
  });

  it("that is deleted wakes pods of at most its priority, at once", () => {
    const rig = promised().pod(2_000, "lower", { cpu: "1", priority: 4 });
    rig.pod(2_050, "big", { cpu: "3", priority: 7 }).deletePod(4_000, "high").run(5_000);
    expect(rig.attemptsOf("lower")).toEqual(["2001000 unschedulable", "4001000 scheduled n1"]);
    expect(rig.attemptsOf("big")).toEqual(["2051000 unschedulable"]);
  });

  it("whose nomination is cleared wakes them too, itself included", () => {
    const rig = promised().pod(2_000, "lower", { cpu: "1", priority: 4 });
    rig.nominate(4_000, "high", "").run(4_500);
    expect(rig.attemptsOf("high")).toEqual(["1001000 unschedulable", "4001000 unschedulable"]);
    expect(rig.movesOf("lower")).toContain("4001000 active AssignedPodDelete");
  });

  it("in its own cycle is a stub to others: priority 0 and no requests", () => {
    // Two schedulers' worth of cycles never overlap, so the stub shows only through the nominator.
    const rig = promised().run(2_000);
    const { queue, cache } = rig.scheduler;
    expect(cache.nominator.podsForNode("n1").map(({ name, priority }) => [name, priority])).toEqual(
      [["high", 5]],
    );
    queue.activate([rig.podInfo("high")]);
    queue.pop();
    expect(
      cache.nominator
        .podsForNode("n1")
        .map(({ priority, template }) => [priority, template.nodeRequests.milliCpu]),
    ).toEqual([[0, 0]]);
  });

  it("tries its node first and alone, and drops the promise when it is assumed", () => {
    const rig = promised().node(1_500, "n2", "2").finishPod(3_000, "low");
    const via: boolean[] = [];
    rig.scheduler.observe({ onDecision: ({ decision }) => via.push(decision.viaNominated) });
    rig.run(4_000);
    // n2 fits it empty and wakes it at 1.501: n1 does not let it in yet, so all nodes are looked at.
    expect(rig.attemptsOf("high")).toEqual(["1001000 unschedulable", "1501000 scheduled n2"]);
    expect(via).toEqual([false, false, false]);
    expect(rig.scheduler.cache.nominator.size).toBe(0);
  });
});

describe("a slow preemption", () => {
  it("does not hold the loop: others are decided between its writes", () => {
    const rig = new QueueRig({ latencies: { apiDelete: milliseconds(500) } });
    rig.pod(100, "low", { cpu: "900m", priority: 1 });
    rig
      .pod(1_000, "high", { cpu: "1", priority: 9 })
      .pod(1_050, "small", { cpu: "50m", priority: 9 });
    rig.run(3_000);
    // The mark goes out at 1.002 and the DELETE commits at 1.505; "small" is decided in between. It
    // is of equal priority and finds the room promised.
    expect(rig.attemptsOf("small")[0]).toBe("1051000 unschedulable");
    expect(rig.world.api.pods.isDeleting(rig.podRow("low"))).toBe(true);
  });
});
