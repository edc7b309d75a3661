// What happens to a pod while it is being tried (scheduler-queue.md B5, B7): events in its cycle, its
// own updates, its deletion, bindings that fail.

import { describe, expect, it } from "vitest";
import { PodPhase } from "../../../src/cluster/index.ts";
import { createDefaultRegistry, definePlugin } from "../../../src/scheduler/index.ts";
import { registryEntryOf } from "../../../src/scheduler/strategy/plugin-adapter.ts";
import { configurationOf } from "../configuration.ts";
import { milliseconds, QueueRig, type RigOptions } from "./rig.ts";

const SLOW = { latencies: { schedulerCycle: milliseconds(100) } };
const CORDONED = { spec: { unschedulable: true } };

describe("an event during a cycle", () => {
  it("that the rejecting plugin wants brings the pod straight back", () => {
    const rig = new QueueRig(SLOW).pod(100, "p", { cpu: "2" }).node(150, "n2", "2").run(1_000);
    // Popped 0.101 without n2, decided 0.201: into back-off, and out of it in the same instant; the
    // patch of the condition takes 3 ms.
    expect(rig.attempts).toEqual(["101000 p unschedulable", "204000 p scheduled n2"]);
    expect(rig.movesOf("p").slice(1)).toEqual([
      "201000 backoff ScheduleAttemptFailure",
      "204000 active PopFromBackoffQ",
    ]);
  });

  it("that the rejecting plugin does not want leaves it where it is", () => {
    const rig = new QueueRig(SLOW).pod(100, "p", { cpu: "2" }).node(150, "n2", "1").run(1_000);
    expect(rig.attempts).toEqual(["101000 p unschedulable"]);
    expect(rig.placeOf("p")).toBe("unschedulable");
  });

  it("counts only for pods that were popped before it", () => {
    const rig = new QueueRig(SLOW)
      .pod(100, "p", { cpu: "2" })
      .pod(110, "q", { cpu: "3" })
      .node(150, "n2", "3", CORDONED)
      .run(1_000);
    // p was in flight when n2 came (and would fit it empty), q was waiting and has seen n2 itself.
    expect(rig.attempts).toEqual([
      "101000 p unschedulable",
      "204000 q unschedulable",
      "307000 p unschedulable",
    ]);
    expect(rig.scheduler.queue.inFlightEventCount).toBe(0);
  });

  it("may be the flush of a gated pod that has been there too long, at its 30 s tick", () => {
    const rig = new QueueRig(SLOW).pod(100, "gated", {
      spec: { schedulingGates: [{ name: "a" }] },
    });
    rig.pod(299_950, "early", { cpu: "2" }).pod(329_950, "p", { cpu: "2" });
    rig.pod(350_000, "late", { cpu: "2" }).run(365_000);
    // At 300 s the gated pod is not over five minutes old; at 330 s p is in flight, at 360 s nobody.
    expect(rig.attempts).toEqual([
      "299951000 early unschedulable",
      "329951000 p unschedulable",
      "330054000 p unschedulable",
      "350001000 late unschedulable",
    ]);
    expect(rig.movesOf("p").slice(1, 3)).toEqual([
      "330051000 backoff ScheduleAttemptFailure",
      "330054000 active PopFromBackoffQ",
    ]);
    expect(rig.movesOf("gated")).toHaveLength(1);
  });

  it("is kept for a pod whose binding waits on Permit as well", () => {
    const wait = permitPlugin(0.5);
    const rig = new QueueRig({ ...wait, nodes: { n1: "1" } });
    rig.pod(100, "gang", { cpu: "1" }).node(300, "n2", "1", CORDONED).run(700);
    // Held from 0.102 to 0.602, then rejected by its Permit plugin, which hears every event.
    expect(rig.movesOf("gang").slice(1)).toEqual([
      "602000 backoff ScheduleAttemptFailure",
      "602000 active PopFromBackoffQ",
    ]);
  });
});

describe("an update of the pod itself during its cycle", () => {
  it("is answered when it comes back, and the next attempt sees it", () => {
    const rig = new QueueRig(SLOW)
      .pod(100, "p", { spec: { nodeSelector: { disk: "ssd" } }, cpu: "2" })
      .node(140, "n2", "2", { metadata: { name: "n2", labels: { disk: "ssd" } } })
      .run(1_000);
    expect(rig.attempts).toEqual(["101000 p unschedulable", "204000 p scheduled n2"]);
    const scaled = new QueueRig(SLOW).pod(100, "p", { cpu: "2" });
    const containers = [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }];
    scaled.editPod(150, "p", { spec: { containers } }).run(1_000);
    expect(scaled.attempts).toEqual(["101000 p unschedulable", "204000 p scheduled n1"]);
  });

  it("that concerns nobody changes nothing", () => {
    const rig = new QueueRig(SLOW).pod(100, "p", { cpu: "2" });
    rig.editPod(150, "p", { labels: { note: "x" } }).run(1_000);
    expect(rig.attempts).toEqual(["101000 p unschedulable"]);
  });
});

describe("an update of a pod that waits its turn", () => {
  const small = {
    containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }],
  };

  it("in the active queue changes the pod and not its place", () => {
    const rig = new QueueRig(SLOW).pod(100, "busy").pod(110, "p", { cpu: "2" }).pod(120, "q");
    rig.editPod(150, "p", { spec: small }).run(1_000);
    expect(rig.attempts).toEqual([
      "101000 busy scheduled n1",
      "201000 p scheduled n1",
      "301000 q scheduled n1",
    ]);
    expect(rig.movesOf("p")).toEqual(["111000 active UnschedulablePodAdd"]);
  });

  it("in back-off neither cuts the wait short nor prolongs it", () => {
    const rig = new QueueRig({ nodes: {} }).pod(100, "p", { cpu: "2" });
    rig.editPod(500, "p", { spec: small }).node(1_500, "n1").run(5_000);
    expect(rig.attempts).toEqual(["101000 p unschedulable", "2000000 p scheduled n1"]);
  });
});

describe("a waiting pod that somebody else binds", () => {
  it("leaves the queue, counts on its node, and wakes those that want it near", () => {
    const rig = new QueueRig({ nodes: { n1: "1" } });
    const term = { topologyKey: "host", labelSelector: { matchLabels: { app: "a" } } };
    const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    rig.node(10, "n2", "3", { metadata: { name: "n2", labels: { host: "n2" } } });
    rig.pod(100, "stray", { cpu: "9", labels: { app: "a" } });
    rig.pod(200, "fan", { spec: { affinity: { podAffinity } } });
    rig.commit(1_000, "create", (writer) => {
      const pod = rig.podRow("stray");
      const { api } = rig.world;
      return writer.bindPod(pod, api.pods.uid(pod), api.nodes.byName("n2"));
    });
    rig.pod(1_100, "late", { cpu: "1" }).run(2_000);
    expect(rig.attemptsOf("stray")).toEqual(["101000 unschedulable"]);
    expect(rig.placeOf("stray")).toBeUndefined();
    expect(rig.attemptsOf("fan")).toEqual(["201000 unschedulable", "1001000 scheduled n2"]);
    // n2 is overcommitted by the stray pod: whoever asks for cpu goes elsewhere.
    expect(rig.attemptsOf("late")).toEqual(["1101000 scheduled n1"]);
  });
});

describe("a bound pod whose status changes", () => {
  it("wakes nobody: to start is a general update", () => {
    const rig = new QueueRig().pod(100, "runs", { cpu: "1" }).pod(200, "p", { cpu: "1" });
    rig.commit(500, "patch", (writer) => {
      const pod = rig.podRow("runs");
      return writer.patchPodStatus(pod, rig.world.api.pods.uid(pod), { phase: PodPhase.Running });
    });
    rig.run(2_000);
    expect(rig.attemptsOf("p")).toEqual(["201000 unschedulable"]);
  });
});

describe("a pod that is deleted", () => {
  it("during its cycle is not bound: its place is free again when the DELETE is heard", () => {
    const rig = new QueueRig(SLOW)
      .pod(100, "p", { cpu: "1" })
      .pod(110, "q", { cpu: "1" })
      .deletePod(150, "p")
      .run(1_000);
    // p is assumed at 0.201 although it is gone since 0.151; its binding is refused at 0.204, in the
    // cycle of q, for whom the room is free again: back at 0.301, patched until 0.304.
    expect(rig.attempts).toEqual([
      "101000 p scheduled n1",
      "201000 q unschedulable",
      "304000 q scheduled n1",
    ]);
    expect(rig.bound).toEqual(["407000 q n1"]);
    expect(rig.scheduler.queue.size).toBe(0);
  });

  it("while it waits leaves every place of the queue", () => {
    const rig = new QueueRig().pod(100, "p", { cpu: "2" }).deletePod(500, "p");
    rig.node(600, "n2", "2").run(1_000);
    expect(rig.attempts).toEqual(["101000 p unschedulable"]);
    expect([rig.scheduler.queue.size, rig.scheduler.cache.nominator.size]).toEqual([0, 0]);
  });

  it("and has a finalizer is taken up, told, and left alone", () => {
    const rig = new QueueRig(SLOW).pod(100, "busy");
    const template = rig.world.template({}, {});
    rig.commit(110, "create", (writer) =>
      writer.createPod({
        namespace: "default",
        name: "p",
        template,
        finalizers: ["example.com/hold"],
      }),
    );
    rig.deletePod(120, "p").run(1_000);
    expect(rig.attempts).toEqual(["101000 busy scheduled n1"]);
    expect(rig.messages).toContain("p FailedScheduling: skip schedule deleting pod: default/p");
    expect(rig.scheduler.queue.size).toBe(0);
  });
});

describe("an assumed pod that is deleted", () => {
  it("before its binding commits gives its room back and wakes who waits for it", () => {
    const rig = new QueueRig({ latencies: { apiWrite: milliseconds(50) } })
      .pod(100, "p", { cpu: "1" })
      .pod(101, "q", { cpu: "1" })
      .deletePod(130, "p")
      .run(1_000);
    // p assumed at 0.102, its binding would commit at 0.152; q fails at 0.103 (patch until 0.153).
    // The DELETE commits at 0.130 and is heard at 0.131: q is woken into back-off then.
    expect(rig.movesOf("q")).toEqual([
      "102000 active UnschedulablePodAdd",
      "103000 unschedulable ScheduleAttemptFailure",
      "131000 backoff AssignedPodDelete",
      "153000 active PopFromBackoffQ",
    ]);
    expect(rig.bound).toEqual(["204000 q n1"]);
  });
});

describe("a binding that fails", () => {
  it("takes the error path: 1 s and a tick, whatever events say", () => {
    const rig = new QueueRig({ nodes: { n1: "1" } });
    // Bound by somebody else between decision and commit.
    rig.pod(100, "p", { cpu: "1" });
    rig.commit(103, "create", (writer) => {
      const pod = rig.podRow("p");
      const { api } = rig.world;
      return writer.bindPod(pod, api.pods.uid(pod), api.nodes.byName("n1"));
    });
    rig.run(3_000);
    expect(rig.attempts).toEqual(["101000 p scheduled n1"]);
    expect(rig.bound).toEqual(["103000 p n1"]);
    expect(rig.scheduler.statistics.bindingFailures).toBe(1);
    expect(rig.scheduler.queue.size).toBe(0);
  });

  it("of a pod that still has no node is retried after the error back-off", () => {
    const rig = new QueueRig({ nodes: { n1: "1" } }).pod(100, "p", { cpu: "1" });
    rig.at(103, () => rig.world.api.setAnswering(false));
    rig.at(110, () => rig.world.api.setAnswering(true)).run(3_000);
    // Refused at 0.105; the error's patch goes out at once and is not waited for.
    expect(rig.attempts).toEqual(["101000 p scheduled n1", "2000000 p scheduled n1"]);
    expect(rig.movesOf("p")[1]).toBe("105000 errorBackoff ScheduleAttemptFailure");
    expect(rig.bound).toEqual(["2004000 p n1"]);
  });
});

describe("a plugin that waits for its own event (Pending)", () => {
  it("has its pod back at once, without any back-off, even in a crowd", () => {
    const rig = new QueueRig({
      nodes: { n1: "9" },
      latencies: { schedulerCycle: milliseconds(100) },
      ...pendingPlugin(),
    });
    rig.pod(100, "p", { labels: { hold: "yes" }, priority: 9 });
    for (let k = 0; k < 4; k++) rig.pod(150, `q${k}`);
    rig.node(350, "n2", "1").run(1_000);
    // Put on hold at 0.201; the node of 0.351 is its event: active at once, popped after the cycle
    // that runs (q1's, until 0.404), before the rest of the crowd.
    expect(rig.attempts.slice(0, 4).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "101000 p",
      "204000 q0",
      "304000 q1",
      "404000 p",
    ]);
    expect(rig.movesOf("p")[2]).toBe("351000 active NodeAdd");
  });
});

/** Holds every pod for so long and then rejects it. */
function permitPlugin(waitSeconds: number): RigOptions {
  return withPlugin(definePlugin({ name: "Gang", permit: () => ({ waitSeconds }) }));
}

/** Puts labelled pods on hold until a second node is there. */
function pendingPlugin(): RigOptions {
  const plugin = definePlugin({
    name: "Hold",
    events: [{ resource: "Node", actions: ["Add"] }],
    preFilter: (pod, nodes) =>
      pod.labels["hold"] === "yes" && nodes.length < 2
        ? { reasons: ["held"], pending: true }
        : true,
    filter: () => true,
  });
  return withPlugin(plugin);
}

function withPlugin(plugin: ReturnType<typeof definePlugin>): RigOptions {
  const registry = createDefaultRegistry();
  registry.register(registryEntryOf(plugin));
  const enabled = [{ name: plugin.name }];
  const value = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    profiles: [{ plugins: { multiPoint: { enabled } } }],
  };
  return { configuration: configurationOf(value, registry), registry };
}
