// Gates (scheduler-queue.md B1, B4): pods that PreEnqueue holds, how gates open, in which order the
// plugins are asked, and what gated pods do not hear.

import { describe, expect, it } from "vitest";
import { createDefaultRegistry, definePlugin } from "../../../src/scheduler/index.ts";
import { registryEntryOf } from "../../../src/scheduler/strategy/plugin-adapter.ts";
import { configurationOf } from "../configuration.ts";
import { milliseconds, QueueRig, type RigOptions } from "./rig.ts";

const gates = (...names: string[]): object => ({
  schedulingGates: names.map((name) => ({ name })),
});

describe("a pod with scheduling gates", () => {
  it("is not tried until its last gate is off, then at once", () => {
    const rig = new QueueRig().pod(100, "p", { spec: { ...gates("a", "b") } });
    rig.editPod(1_000, "p", { spec: { ...gates("a") } });
    rig.editPod(2_000, "p", { spec: { schedulingGates: [] } }).run(5_000);
    expect(rig.attempts).toEqual(["2001000 p scheduled n1"]);
    expect(rig.movesOf("p")).toEqual([
      "101000 unschedulable UnschedulablePodAdd",
      "2001000 active UnschedulablePodUpdatePodSchedulingGatesEliminated",
    ]);
  });

  it("keeps its first timestamp: it overtakes younger pods of its priority", () => {
    const rig = new QueueRig({ latencies: { schedulerCycle: milliseconds(100) } });
    rig.pod(100, "old", { spec: { ...gates("a") } }).pod(200, "busy");
    rig
      .pod(210, "young")
      .editPod(250, "old", { spec: { schedulingGates: [] } })
      .run(5_000);
    expect(rig.attempts).toEqual([
      "201000 busy scheduled n1",
      "301000 old scheduled n1",
      "401000 young scheduled n1",
    ]);
  });

  it("counts its waiting time from the opening", () => {
    const rig = new QueueRig().pod(100, "p", { spec: { ...gates("a") } });
    const initial: number[] = [];
    rig.scheduler.observe({ onDecision: ({ initialAttemptUs }) => initial.push(initialAttemptUs) });
    rig.editPod(2_000, "p", { spec: { schedulingGates: [] } }).run(5_000);
    expect(initial).toEqual([2_001_000]);
  });

  it("hears neither events of the cluster nor the flush, however long it waits", () => {
    const rig = new QueueRig().pod(100, "p", { spec: { ...gates("a") } });
    rig.node(200, "n2").pod(250, "q", { nodeName: "n1" }).deletePod(300, "q").run(1_000_000);
    expect(rig.attempts).toEqual([]);
    expect(rig.movesOf("p")).toHaveLength(1);
    expect(rig.scheduler.queue.nextLeftoverUs).toBeUndefined();
  });

  it("can change otherwise without being tried", () => {
    const rig = new QueueRig().pod(100, "p", { spec: { ...gates("a") } });
    rig.editPod(1_000, "p", { labels: { app: "b" } }).run(2_000);
    expect(rig.attempts).toEqual([]);
    expect(rig.podInfo("p").template.labels.get("app")).toBe("b");
  });
});

describe("several PreEnqueue plugins", () => {
  it("are asked in the profile's order, but the one that gated last time goes first", () => {
    const asked: string[] = [];
    const isOpen = { first: false, second: false };
    const rig = new QueueRig(
      withPlugins(
        ...(["first", "second"] as const).map((name) =>
          definePlugin({
            name,
            events: [{ resource: "Node", actions: ["Add"] }],
            preEnqueue: () => {
              asked.push(name);
              return isOpen[name] ? true : `${name} is shut`;
            },
          }),
        ),
      ),
    );
    rig.pod(100, "p");
    rig.at(200, () => {
      isOpen.first = true;
    });
    rig.node(300, "n2").node(400, "n3");
    rig.at(500, () => {
      isOpen.first = false;
      isOpen.second = true;
    });
    rig.node(600, "n4");
    rig.at(700, () => {
      isOpen.first = true;
    });
    rig.node(800, "n5").run(1_000);
    // Add: first shuts. n2: first opens, second shuts. n3: second shuts, nobody else is asked.
    // n4: second opens, first shuts. n5: first opens, then second.
    expect(asked.join(" ")).toBe("first first second second second first first second");
    expect(rig.attemptsOf("p").map((line) => line.split(" ")[0])).toEqual(["801000"]);
  });

  it("are asked again when a rejected pod comes out of the unschedulable pods", () => {
    let isOpen = true;
    const gate = definePlugin({
      name: "Gate",
      events: [{ resource: "Pod", actions: ["Delete"] }],
      preEnqueue: () => isOpen || "shut",
    });
    const rig = new QueueRig(withPlugins(gate)).pod(50, "q", { nodeName: "n1" });
    rig.pod(100, "p", { cpu: "2" });
    rig.at(200, () => {
      isOpen = false;
    });
    // The node would wake p, but its gate has shut: it stays, gated, and then hears only the gate's
    // own event.
    rig.node(300, "n2", "2").node(400, "n3", "2");
    rig.at(500, () => {
      isOpen = true;
    });
    rig.node(600, "n4", "2").deletePod(700, "q").run(1_000);
    expect(rig.movesOf("p")).toEqual([
      "101000 active UnschedulablePodAdd",
      "102000 unschedulable ScheduleAttemptFailure",
      "301000 unschedulable NodeAdd",
      "701000 backoff AssignedPodDelete",
      "701000 active PopFromBackoffQ",
    ]);
    expect(rig.attemptsOf("p")).toEqual([
      "101000 unschedulable",
      expect.stringMatching(/^701000 scheduled/),
    ]);
  });
});

function withPlugins(...plugins: ReturnType<typeof definePlugin>[]): RigOptions {
  const registry = createDefaultRegistry();
  for (const plugin of plugins) registry.register(registryEntryOf(plugin));
  const value = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    profiles: [{ plugins: { multiPoint: { enabled: plugins.map(({ name }) => ({ name })) } } }],
  };
  return { configuration: configurationOf(value, registry), registry };
}
