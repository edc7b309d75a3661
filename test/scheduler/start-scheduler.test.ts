// Claims about a whole scheduler on the simulated API server: pods come in, bindings come out.

import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/base/index.ts";
import {
  formatConditionStatus,
  LATENCIES_INSTANT,
  LATENCIES_KUBERNETES_1_36,
  NO_NODE,
  PodConditionType,
  type PodIndex,
} from "../../src/cluster/index.ts";
import {
  type DecisionRecord,
  registerSchedulerInvariants,
  startScheduler,
  type StartSchedulerOptions,
} from "../../src/scheduler/index.ts";
import { configurationOf } from "./configuration.ts";
import { createWorld, type World } from "../cluster/state/fixture.ts";

const MS = 1_000;
const SECOND = 1_000_000;

interface Bench extends World {
  readonly decisions: DecisionRecord[];
  readonly messages: string[];
  nodeOf(pod: PodIndex): string;
  submit(name: string, cpu?: string, more?: Readonly<Record<string, unknown>>): void;
  /** Runs up to an instant given in seconds. */
  runUntil(seconds: number): void;
}

function bench(
  latencies = LATENCIES_KUBERNETES_1_36,
  options: Partial<StartSchedulerOptions> = {},
): Bench {
  const world = createWorld(latencies, { check: true });
  const { simulation, api } = world;
  const decisions: DecisionRecord[] = [];
  const messages: string[] = [];
  api.events.listen(({ reason, message }) => messages.push(`${reason}: ${message}`));
  const configuration = configurationOf();
  const { scheduler } = startScheduler(simulation, api, { configuration, ...options });
  scheduler.observe({ onDecision: (record) => decisions.push(record) });
  registerSchedulerInvariants(simulation.invariants, scheduler);
  return {
    ...world,
    decisions,
    messages,
    nodeOf: (pod) => {
      const node = api.pods.node(pod);
      return node === NO_NODE ? "" : api.nodes.name(node);
    },
    submit: (name, cpu = "100m", more = {}) => {
      const containers = [{ name: "c", image: "i:1", resources: { requests: { cpu } } }];
      const template = world.template({ containers, ...more });
      api.request(world.client, "create", (writer) =>
        writer.createPod({ namespace: "default", name, template }),
      );
    },
    runUntil: (seconds) => {
      simulation.runUntil((seconds * SECOND) as Instant);
    },
  };
}

/** Nodes without the not-ready taint that admission gives to new ones. */
function addReadyNode(world: World, name: string, cpu = "4"): void {
  world.addNode(name, {
    status: {
      capacity: { cpu, memory: "8Gi", pods: "110" },
      conditions: [{ type: "Ready", status: "True" }],
    },
  });
}

describe("a scheduler on the API server", () => {
  it("binds a lone pod 5 ms after it was created: watch 1, cycle 1, write 3", () => {
    const world = bench();
    addReadyNode(world, "n1");
    world.runUntil(1);
    const { pod } = world.createPod("a");
    const createdUs = world.api.pods.createdUs(pod);
    world.runUntil(2);
    expect(world.nodeOf(pod)).toBe("n1");
    expect(world.api.pods.scheduledUs(pod) - createdUs).toBe(5 * MS);
    expect(world.messages).toEqual(["Scheduled: Successfully assigned default/a to n1"]);
  });

  it("binds about 150 pods in the first second and 50 in each later one, by its client's rate", () => {
    const world = bench();
    for (let k = 0; k < 10; k++) addReadyNode(world, `n${k}`, "64");
    for (let k = 0; k < 400; k++) world.submit(`p${k}`);
    const boundAfter = (seconds: number): number => {
      world.runUntil(seconds);
      return world.messages.filter((text) => text.startsWith("Scheduled")).length;
    };
    const first = boundAfter(1);
    expect(first).toBeGreaterThanOrEqual(145);
    expect(first).toBeLessThanOrEqual(151);
    expect(boundAfter(2) - first).toBe(50);
    expect(boundAfter(3) - first).toBe(100);
  });

  it("tells a pod that fits nowhere why, in its condition and in an event", () => {
    const world = bench();
    addReadyNode(world, "n1");
    world.runUntil(1);
    const template = world.template({
      containers: [{ name: "c", image: "i", resources: { requests: { cpu: "9" } } }],
    });
    const { pod } = world.createPod("big", template);
    world.runUntil(2);
    const { pods } = world.api;
    expect(formatConditionStatus(pods.podScheduled(pod))).toBe("False");
    expect(pods.conditionReason(pod, PodConditionType.PodScheduled)).toBe("Unschedulable");
    const message = pods.conditionMessage(pod, PodConditionType.PodScheduled);
    expect(message).toMatch(/^0\/1 nodes are available: 1 Insufficient cpu\./);
    expect(world.messages).toEqual([`FailedScheduling: ${message}`]);
    // Its own status patch comes back as an update and wakes nobody.
    world.runUntil(200);
    expect(world.decisions.length).toBe(1);
  });

  it("places a waiting pod as soon as room is made", () => {
    const world = bench();
    addReadyNode(world, "n1", "1");
    world.submit("first", "800m");
    world.runUntil(1);
    world.submit("second", "800m");
    world.runUntil(10);
    const first = world.api.pods.find("default", "first");
    const second = world.api.pods.find("default", "second");
    expect([world.nodeOf(first), world.nodeOf(second)]).toEqual(["n1", ""]);
    world.api.request(world.client, "delete", (writer) =>
      writer.deletePod(first, world.api.pods.uid(first), { graceSeconds: 0 }),
    );
    world.runUntil(11);
    expect(world.nodeOf(second)).toBe("n1");
    expect(world.decisions.at(-1)).toMatchObject({ attempt: 2, result: "scheduled" });
  });

  it("places a waiting pod when a node joins, and leaves gated and preset pods alone", () => {
    const world = bench();
    world.submit("waits");
    world.submit("gated", "100m", { schedulingGates: [{ name: "hold" }] });
    world.runUntil(1);
    world.api.request(world.client, "create", (writer) =>
      writer.createPod({
        namespace: "default",
        name: "preset",
        template: world.template(),
        nodeName: "n1",
      }),
    );
    world.runUntil(5);
    addReadyNode(world, "n1");
    world.runUntil(40);
    const { pods } = world.api;
    expect(world.nodeOf(pods.find("default", "waits"))).toBe("n1");
    expect(world.nodeOf(pods.find("default", "gated"))).toBe("");
    expect(new Set(world.decisions.map(({ pod }) => pod.name))).toEqual(new Set(["waits"]));
  });

  it("spreads over nodes exactly as the least allocated score says", () => {
    const world = bench(LATENCIES_INSTANT);
    for (const name of ["n1", "n2", "n3"]) addReadyNode(world, name);
    for (let k = 0; k < 6; k++) world.submit(`p${k}`, "500m");
    world.simulation.runUntilDrained();
    const counts = new Map<string, number>();
    world.api.pods.forEach((pod) => {
      counts.set(world.nodeOf(pod), (counts.get(world.nodeOf(pod)) ?? 0) + 1);
    });
    expect([...counts.values()]).toEqual([2, 2, 2]);
  });

  it("ends with the same fingerprint every time", () => {
    const run = (): string => {
      const world = bench();
      for (let k = 0; k < 4; k++) addReadyNode(world, `n${k}`, "2");
      for (let k = 0; k < 60; k++) world.submit(`p${k}`, "200m");
      world.runUntil(60);
      return world.api.fingerprint.hex();
    };
    expect(run()).toBe(run());
  });
});

describe("several profiles in one scheduler", () => {
  const configuration = configurationOf({
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    profiles: [
      { schedulerName: "default-scheduler" },
      {
        schedulerName: "packer",
        pluginConfig: [
          {
            name: "NodeResourcesFit",
            args: { scoringStrategy: { type: "MostAllocated", resources: [{ name: "cpu" }] } },
          },
        ],
        plugins: {
          score: {
            disabled: [{ name: "NodeResourcesBalancedAllocation" }, { name: "PodTopologySpread" }],
          },
        },
      },
    ],
  });

  it("each decide about the pods that name them, on one queue and one cache", () => {
    const world = bench(LATENCIES_INSTANT, { configuration });
    for (const name of ["n1", "n2"]) addReadyNode(world, name);
    world.submit("first");
    world.runUntil(1);
    const [spread, packed] = [1, 2].map((k) => `p${k}`);
    world.submit(spread!, "100m");
    world.submit(packed!, "100m", { schedulerName: "packer" });
    world.runUntil(2);
    const { pods } = world.api;
    const nodeOf = (name: string): string => world.nodeOf(pods.find("default", name));
    expect(nodeOf(spread!)).not.toBe(nodeOf("first"));
    world.submit("p3", "2", { schedulerName: "packer" });
    world.runUntil(3);
    world.submit("p4", "100m", { schedulerName: "packer" });
    world.submit("p5", "100m");
    world.runUntil(4);
    expect(nodeOf("p4")).toBe(nodeOf("p3"));
    expect(nodeOf("p5")).not.toBe(nodeOf("p3"));
  });

  it("leave a pod that names none of them pending, and say so", () => {
    const world = createWorld(LATENCIES_INSTANT, { check: true });
    const { scheduler } = startScheduler(world.simulation, world.api, { configuration });
    const unclaimed: string[] = [];
    scheduler.observe({ onUnclaimed: ({ name }) => unclaimed.push(name) });
    addReadyNode(world, "n1");
    const { pod } = world.createPod("lost", world.template({ schedulerName: "nobody" }));
    world.simulation.runUntilDrained();
    expect(world.api.pods.node(pod)).toBe(NO_NODE);
    expect([unclaimed, scheduler.statistics.unclaimedPods]).toEqual([["lost"], 1]);
  });
});
