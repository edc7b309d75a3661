// When pods are tried: pops, back-off, ticks and the flush, in whole runs (scheduler-queue.md B2, B3,
// B9). Every instant below follows from the rules by hand; the runs must give it to the microsecond.

import { describe, expect, it } from "vitest";
import { milliseconds, QueueRig } from "./rig.ts";

describe("a lone pod", () => {
  it("is heard after 1 ms, decided after 1 ms more and bound 3 ms later", () => {
    const rig = new QueueRig().pod(100, "p").run(1_000);
    expect(rig.attempts).toEqual(["101000 p scheduled n1"]);
    expect(rig.bound).toEqual(["105000 p n1"]);
  });

  it("is retried at each event at once: with nobody active the back-off does not hold it", () => {
    const rig = new QueueRig().pod(100, "p", { cpu: "2" });
    // Nodes that could hold it empty wake it; the cordon keeps it off.
    for (const ms of [200, 300, 400]) {
      rig.node(ms, `big-${ms}`, "2", { spec: { unschedulable: true } });
    }
    rig.run(1_000);
    expect(rig.attempts).toEqual([
      "101000 p unschedulable",
      "201000 p unschedulable",
      "301000 p unschedulable",
      "401000 p unschedulable",
    ]);
    expect(rig.movesOf("p").slice(2, 4)).toEqual([
      "201000 backoff NodeAdd",
      "201000 active PopFromBackoffQ",
    ]);
  });

  it("waits for the patch of its condition before the next pop, and not when nothing is new", () => {
    const rig = new QueueRig({ nodes: { n1: "1" } })
      .pod(100, "a", { cpu: "2" })
      .pod(100, "b", { cpu: "2" })
      .node(200, "n2", "2", { spec: { unschedulable: true } })
      .node(300, "n3", "2", { spec: { unschedulable: true } })
      .run(1_000);
    // Popped, 1 ms of cycle, 3 ms of patch; then the next one.
    expect(rig.attempts).toEqual([
      "101000 a unschedulable",
      "105000 b unschedulable",
      "201000 a unschedulable",
      "205000 b unschedulable",
      "301000 a unschedulable",
      "305000 b unschedulable",
    ]);
    const same = new QueueRig({ refusedBy: ["NodeResourcesFit"] })
      .pod(100, "p", { cpu: "1" })
      .pod(199, "q", { cpu: "2" })
      .node(299, "n2", "1")
      .run(1_000);
    // p is refused in the same words as before: no patch, so q follows after the cycle alone.
    expect(same.attempts).toEqual([
      "101000 p unschedulable",
      "200000 q unschedulable",
      "300000 p unschedulable",
    ]);
  });
});

describe("a crowd", () => {
  it("is tried by priority, then by age, then in the order of arrival", () => {
    const rig = new QueueRig({
      nodes: { n1: "9" },
      latencies: { schedulerCycle: milliseconds(10) },
    });
    for (const [name, ms, priority] of [
      ["first", 100, 0],
      ["old-low", 105, 1],
      ["young-low", 107, 1],
      ["twin-a", 108, 5],
      ["twin-b", 108, 5],
      ["high", 109, 9],
    ] as const) {
      rig.pod(ms, name, { priority });
    }
    rig.run(1_000);
    expect(rig.attempts).toEqual([
      "101000 first scheduled n1",
      "111000 high scheduled n1",
      "121000 twin-a scheduled n1",
      "131000 twin-b scheduled n1",
      "141000 old-low scheduled n1",
      "151000 young-low scheduled n1",
    ]);
  });

  it("holds a rejected pod in back-off while others are active", () => {
    // Cycles of 300 ms keep the queue busy until 2.6 s; p, woken in between, is due at the tick of 3 s
    // at the latest, but the queue runs empty before that and takes it early.
    const rig = new QueueRig({
      nodes: { n1: "9" },
      latencies: { schedulerCycle: milliseconds(300) },
      refusedBy: ["NodeResourcesFit"],
    });
    rig.pod(100, "p", { priority: 9, cpu: "1" });
    for (let k = 0; k < 7; k++) rig.pod(110, `crowd-${k}`);
    rig.node(1_000, "n2", "9").run(2_600);
    // p: popped 0.101, decided 0.401, patched 0.404; crowd from there, 300 ms each.
    expect(rig.attempts.map((line) => line.replace(/ n[12]$/, ""))).toEqual([
      "101000 p unschedulable",
      "404000 crowd-0 scheduled",
      "704000 crowd-1 scheduled",
      "1004000 crowd-2 scheduled",
      "1304000 crowd-3 scheduled",
      "1604000 crowd-4 scheduled",
      "1904000 crowd-5 scheduled",
      "2204000 p unschedulable",
    ]);
    // Failed at 0.401 s with 1 s of back-off: expiry 1.0 s (cut), so it leaves at the tick of 2.0 s,
    // ahead of crowd-6 because of its priority.
    expect(rig.movesOf("p")).toEqual([
      "101000 active UnschedulablePodAdd",
      "401000 unschedulable ScheduleAttemptFailure",
      "1001000 backoff NodeAdd",
      "2000000 active BackoffComplete",
      "2504000 unschedulable ScheduleAttemptFailure",
    ]);
  });

  it("pops out of back-off in the order of expiry, not of priority", () => {
    const rig = new QueueRig({ nodes: { n1: "1" } });
    rig.pod(100, "low", { cpu: "2", priority: 1 });
    rig.pod(2_000, "high", { cpu: "2", priority: 9 });
    rig.pod(2_200, "busy", { cpu: "500m" });
    rig.node(2_200, "n2", "2", { spec: { unschedulable: true } }).run(5_000);
    // At 2.2 s low's back-off (expiry 1 s) is over, high's (expiry 3 s) is not: low goes to active.
    expect(rig.attempts.slice(2)).toEqual([
      "2201000 low unschedulable",
      "2205000 busy scheduled n1",
      "2206000 high unschedulable",
    ]);
  });

  it("of pods in back-off takes the one whose expiry comes first", () => {
    const rig = new QueueRig({ nodes: { n1: "1" } });
    rig.pod(1_100, "low", { cpu: "2", priority: 1 });
    rig.pod(2_100, "high", { cpu: "2", priority: 9 });
    rig.node(2_200, "n2", "2", { spec: { unschedulable: true } }).run(5_000);
    // Expiries 2 s and 3 s; at 2.201 both still count as backing off, and nobody is active.
    expect(rig.movesOf("low")).toContain("2201000 backoff NodeAdd");
    expect(rig.attempts.slice(2)).toEqual([
      "2201000 low unschedulable",
      "2205000 high unschedulable",
    ]);
  });
});

describe("back-off without any early pop", () => {
  it("of errors grows 1, 2, 4, 8, 10, 10 s and ends on whole seconds, one second late", () => {
    const rig = new QueueRig({ nodes: {} }).pod(100, "p").run(55_000);
    expect(rig.attempts.map((line) => line.split(" ")[0])).toEqual([
      "101000",
      "2000000",
      "5000000",
      "10000000",
      "19000000",
      "30000000",
      "41000000",
      "52000000",
    ]);
    expect(rig.movesOf("p")[1]).toBe("102000 errorBackoff ScheduleAttemptFailure");
  });

  it("is not cut short by events: errors wait even when the queue is idle", () => {
    const rig = new QueueRig({ nodes: {} }).pod(100, "p").node(500, "n1").run(5_000);
    expect(rig.attempts).toEqual(["101000 p unschedulable", "2000000 p scheduled n1"]);
  });

  it("follows the wall clock's seconds, not the run's", () => {
    const rig = new QueueRig({ nodes: {}, secondPhaseUs: 400_000 }).pod(100, "p").run(6_000);
    // 0.102 s of the run is 0.502 on the wall: expiry 1.0, tick 2.0, which is 1.6 s of the run.
    expect(rig.attempts.map((line) => line.split(" ")[0])).toEqual([
      "101000",
      "1600000",
      "4600000",
    ]);
  });

  it.each([
    ["0.100 s", 98, 2_000_000],
    ["0.999 s", 997, 2_000_000],
    ["exactly 1 s", 998, 3_000_000],
  ])("is counted from the return, at %s", (_when, ms, retriedUs) => {
    const rig = new QueueRig({ nodes: {} }).pod(ms, "p").run(5_000);
    expect(rig.attempts[1]).toBe(`${retriedUs} p unschedulable`);
  });

  it("starts over with 1 s for errors after a rejection", () => {
    const rig = new QueueRig({ nodes: {} }).pod(100, "p", { cpu: "2" });
    rig.node(6_000, "small", "1").pod(6_100, "there", { nodeName: "small" });
    rig.deleteNode(12_000, "small").deletePod(13_000, "there").run(16_000);
    // Errors at 0.1, 2 and 5 s, a rejection at 10 s (after 4 s); without nodes again the pod that
    // goes wakes p: an error, and the delay after it is 1 s, not 8 s.
    expect(rig.attempts).toEqual([
      "101000 p unschedulable",
      "2000000 p unschedulable",
      "5000000 p unschedulable",
      "10000000 p unschedulable",
      "13001000 p unschedulable",
      "15000000 p unschedulable",
    ]);
  });
});

describe("with SchedulerPopFromBackoffQ off", () => {
  it("a woken pod waits for the tick after its exact expiry", () => {
    const rig = new QueueRig({ popFromBackoff: false })
      .pod(100, "p", { cpu: "2" })
      .node(200, "n2", "2")
      .run(5_000);
    // Failed at 0.102 s, so until 1.102 s, which is not cut; the ticker runs from the start: 2.0 s.
    expect(rig.attempts).toEqual(["101000 p unschedulable", "2000000 p scheduled n2"]);
  });

  it("a pod whose back-off is over goes at once", () => {
    const rig = new QueueRig({ popFromBackoff: false })
      .pod(100, "p", { cpu: "2" })
      .node(1_500, "n2", "2")
      .run(5_000);
    expect(rig.attempts).toEqual(["101000 p unschedulable", "1501000 p scheduled n2"]);
  });
});

describe("the flush of what waits too long", () => {
  it("takes a pod at the first half minute after five minutes", () => {
    const rig = new QueueRig().pod(100, "p", { cpu: "2" }).run(700_000);
    // Returned at 0.102 s: older than 300 s at 330 s; returned again then, flushed at 660 s.
    expect(rig.attempts.map((line) => line.split(" ")[0])).toEqual([
      "101000",
      "330000000",
      "660000000",
    ]);
    expect(rig.movesOf("p")).toContain("330000000 active UnschedulableTimeout");
  });

  it("does not take one that is exactly five minutes old", () => {
    const rig = new QueueRig().pod(29_998, "p", { cpu: "2" }).run(400_000);
    // Returned at exactly 30 s: at 330 s it is not older than five minutes.
    expect(rig.attempts.map((line) => line.split(" ")[0])).toEqual(["29999000", "360000000"]);
  });

  it("is not put off by events that did not wake the pod", () => {
    const rig = new QueueRig().pod(100, "p", { cpu: "2" });
    for (let k = 1; k < 10; k++) rig.node(k * 30_000, `small-${k}`, "1");
    rig.run(331_000);
    expect(rig.attempts.map((line) => line.split(" ")[0])).toEqual(["101000", "330000000"]);
  });
});

describe("pods that wait for a node which joins with the not-ready taint", () => {
  it("are inverted in priority: those tried before the taint goes lose to those that were not", () => {
    const rig = new QueueRig({
      nodes: { full: "1" },
      latencies: { schedulerCycle: milliseconds(50) },
    });
    rig.pod(10, "filler", { cpu: "1", priority: 9 });
    for (let k = 1; k <= 6; k++) rig.pod(100 + k, `p${k}`, { cpu: "500m", priority: k });
    rig.joinNode(10_000, "n2", "1");
    rig.editNode(10_200, "n2", (node) => ({ ...node, taints: [] })).run(11_000);
    const after = rig.attempts.filter((line) => Number(line.split(" ")[0]) > 10_000_000);
    // 53 ms each (a new message costs a patch): p6 to p3 are tried before the taint goes at 10.201 s;
    // p2 and p1 are still active then and take all of the node, though of the lowest priority.
    expect(after.slice(0, 6).map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
      "10001000 p6 unschedulable",
      "10054000 p5 unschedulable",
      "10107000 p4 unschedulable",
      "10160000 p3 unschedulable",
      "10213000 p2 scheduled",
      "10263000 p1 scheduled",
    ]);
  });
});
