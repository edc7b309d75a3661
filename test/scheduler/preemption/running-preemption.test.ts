// Preemption in a running scheduler: on the simulated API server, with victims that take their time.

import { describe, expect, it } from "vitest";
import type { Duration, Instant } from "../../../src/base/index.ts";
import {
  type ControlPlaneLatencies,
  formatUid,
  LATENCIES_INSTANT,
  LATENCIES_KUBERNETES_1_36,
  NO_NODE,
  PodConditionType,
  type PodIndex,
  PodPhase,
} from "../../../src/cluster/index.ts";
import { RANK } from "../../../src/engine/index.ts";
import {
  type DecisionRecord,
  registerSchedulerInvariants,
  type Scheduler,
  startScheduler,
} from "../../../src/scheduler/index.ts";
import { configurationOf } from "../configuration.ts";
import { createWorld, meta, type World } from "../../cluster/state/fixture.ts";

const SECOND = 1_000_000;

interface Bench extends World {
  readonly scheduler: Scheduler;
  readonly decisions: DecisionRecord[];
  readonly messages: string[];
  pod(name: string): PodIndex;
  nodeOf(name: string): string;
  nominationOf(name: string): string;
  submit(name: string, cpu: string, priority: number, more?: Record<string, unknown>): void;
  run(seconds: number): void;
}

/** Pods run as soon as they are bound; a deleted one ends after its grace period, if `ends`. */
function bench(
  options: {
    latencies?: ControlPlaneLatencies;
    nodes?: Record<string, string>;
    ends?: boolean;
  } = {},
): Bench {
  const world = createWorld(options.latencies ?? LATENCIES_KUBERNETES_1_36, { check: "deep" });
  const { simulation, api } = world;
  const decisions: DecisionRecord[] = [];
  const messages: string[] = [];
  api.events.listen(({ reason, message, about }) =>
    messages.push(`${about.name} ${reason}: ${message}`),
  );
  const { scheduler } = startScheduler(simulation, api, { configuration: configurationOf() });
  scheduler.observe({ onDecision: (record) => decisions.push(record) });
  registerSchedulerInvariants(simulation.invariants, scheduler);
  for (const [name, cpu] of Object.entries(options.nodes ?? { n1: "1" })) {
    world.addNode(name, {
      status: {
        capacity: { cpu, memory: "8Gi", pods: "110" },
        conditions: [{ type: "Ready", status: "True" }],
      },
    });
  }
  api.watch({
    name: "kubelets",
    onPod: (change) => {
      const { pod, uid } = change;
      const isBound = change.nodeAfter !== NO_NODE;
      if (isBound && change.nodeBefore === NO_NODE) {
        api.request(world.client, "patch", (writer) =>
          writer.patchPodStatus(pod, uid, { phase: PodPhase.Running, startUs: simulation.nowUs }),
        );
      }
      if (options.ends === false || !isBound) return;
      if (change.kind !== "Modified" || change.isDeletingBefore || !change.isDeletingAfter) return;
      const graceUs = (change.deletionGraceSecondsAfter * SECOND) as Duration;
      simulation.callAfter(graceUs, RANK.kubelet, "the victim ends", () => {
        api.request(world.client, "patch", (writer) =>
          writer.patchPodStatus(pod, uid, { phase: PodPhase.Failed }),
        );
      });
    },
  });
  for (let value = 0; value < 10; value++) {
    for (const preemptionPolicy of ["PreemptLowerPriority", "Never"] as const) {
      api.initialState.addObject({
        kind: "PriorityClass",
        meta: meta(classOf(value, preemptionPolicy)),
        value,
        globalDefault: false,
        preemptionPolicy,
      });
    }
  }
  const pods = new Map<string, PodIndex>();
  const nodeName = (node: number): string =>
    node === NO_NODE ? "" : api.nodes.name(node as never);
  const podOf = (name: string): PodIndex => pods.get(name)!;
  return {
    ...world,
    scheduler,
    decisions,
    messages,
    pod: podOf,
    nodeOf: (name) => nodeName(api.pods.node(podOf(name))),
    nominationOf: (name) => nodeName(api.pods.nominatedNode(podOf(name))),
    submit: (name, cpu, priority, more = {}) => {
      const containers = [{ name: "c", image: "i:1", resources: { requests: { cpu } } }];
      const policy = String(more["preemptionPolicy"] ?? "PreemptLowerPriority");
      const priorityClassName = classOf(priority, policy);
      const template = world.template({ containers, priorityClassName, ...more });
      api.request(
        world.client,
        "create",
        (writer) => writer.createPod({ namespace: "default", name, template }),
        (result) => {
          if (!result.ok) throw new Error(result.message);
          pods.set(name, result.pod!);
        },
      );
    },
    run: (seconds) => {
      const atUs = simulation.nowUs + seconds * SECOND;
      const outcome = simulation.runUntil(atUs as Instant);
      if (outcome.reason !== "horizon" && outcome.reason !== "drained") {
        throw new Error(`the run ended with ${outcome.reason}`);
      }
    },
  };
}

function classOf(priority: number, policy: string): string {
  return `p${priority}${policy === "Never" ? "-never" : ""}`;
}

const GRACE = { terminationGracePeriodSeconds: 5 };

describe("a pod of higher priority on a full node", () => {
  it("gets a nomination, evicts with a reason, waits out the grace, and is bound there", () => {
    const world = bench();
    world.submit("low", "1", 1, GRACE);
    world.run(1);
    world.submit("high", "1", 9);
    world.run(1);
    const { api } = world;
    const low = world.pod("low");
    expect(world.nominationOf("high")).toBe("n1");
    expect(world.nodeOf("high")).toBe("");
    expect(api.pods.isDeleting(low)).toBe(true);
    const type = PodConditionType.DisruptionTarget;
    expect(api.pods.conditionReason(low, type)).toBe("PreemptionByScheduler");
    expect(api.pods.conditionMessage(low, type)).toBe(
      "default-scheduler: preempting to accommodate a higher priority pod",
    );
    const uid = formatUid(api.pods.uid(world.pod("high")));
    expect(world.messages).toContain(`low Preempted: Preempted by pod ${uid} on node n1`);
    expect(world.messages).toContain(
      "high FailedScheduling: 0/1 nodes are available: 1 Insufficient cpu.",
    );
    world.run(4);
    expect(world.nodeOf("high")).toBe("");
    world.run(1);
    expect(world.nodeOf("high")).toBe("n1");
    expect(world.decisions.map(({ pod, result }) => `${pod.name} ${result}`)).toEqual([
      "low scheduled",
      "high unschedulable",
      "high scheduled",
    ]);
    expect(world.decisions.at(-1)?.decision.viaNominated).toBe(true);
    expect(world.scheduler.statistics).toMatchObject({ preemptions: 1, preemptionVictims: 1 });
    expect(world.scheduler.preemptions.count).toBe(0);
  });

  it("writes the nomination first, then the condition, then the deletion", () => {
    const world = bench();
    world.submit("low", "1", 1);
    world.run(1);
    const seen: string[] = [];
    world.api.observe({
      onPod: (change) => {
        const at = change.committedUs - SECOND;
        const type = PodConditionType.DisruptionTarget;
        if (change.nominatedNodeAfter !== change.nominatedNodeBefore) seen.push(`nominated ${at}`);
        if (change.conditionAfter(type) !== change.conditionBefore(type)) seen.push(`marked ${at}`);
        if (change.isDeletingAfter && !change.isDeletingBefore) seen.push(`deleted ${at}`);
      },
    });
    world.submit("high", "1", 9);
    world.run(1);
    // Created at 3 ms, seen at 4, decided at 5; the patches take 3 ms, the deletion 6.
    expect(seen).toEqual(["nominated 8000", "marked 8000", "deleted 14000"]);
  });

  it("with several victims the last one is asked after all the others", () => {
    const world = bench({ nodes: { n1: "3" } });
    for (const name of ["a", "b", "c"]) world.submit(name, "1", 1, GRACE);
    world.run(1);
    const deletedUs: number[] = [];
    world.api.observe({
      onPod: (change) => {
        if (change.isDeletingAfter && !change.isDeletingBefore) deletedUs.push(change.committedUs);
      },
    });
    world.submit("high", "3", 9);
    world.run(10);
    expect(deletedUs).toHaveLength(3);
    expect(deletedUs[1]).toBe(deletedUs[0]);
    expect(deletedUs[2]! - deletedUs[1]!).toBe(9_000);
    expect(world.nodeOf("high")).toBe("n1");
  });

  it("does not evict others while its victims are still terminating, whatever wakes it", () => {
    const world = bench({ nodes: { n1: "1", n2: "1" }, ends: false });
    world.submit("low", "1", 1);
    world.submit("low-2", "1", 2);
    world.run(1);
    world.submit("high", "1", 9);
    world.run(1);
    // A pod on another node ends and wakes the preemptor, but something else takes that room.
    world.addNode("n3", {
      status: {
        capacity: { cpu: "500m", memory: "8Gi", pods: "110" },
        conditions: [{ type: "Ready", status: "True" }],
      },
    });
    world.run(1);
    world.run(400);
    const deleting = ["low", "low-2"].filter((name) => world.api.pods.isDeleting(world.pod(name)));
    expect(deleting).toEqual(["low"]);
    expect(world.decisions.filter(({ pod }) => pod.name === "high").length).toBeGreaterThan(1);
    expect(world.decisions.at(-1)?.message).toContain(
      "preemption: not eligible due to a terminating pod on the nominated node.",
    );
    expect(world.nominationOf("high")).toBe(world.nodeOf("low"));
  });

  it("that is higher still takes the nomination over: the lower one is cleared and looks again", () => {
    const world = bench({ ends: false });
    world.submit("low", "1", 1);
    world.run(1);
    world.submit("middle", "1", 5);
    world.run(1);
    expect(world.nominationOf("middle")).toBe("n1");
    world.submit("high", "500m", 9);
    world.run(1);
    expect(world.nominationOf("high")).toBe("n1");
    // Its only victim was being deleted already: nothing is evicted, so nothing is cleared either.
    expect(world.nominationOf("middle")).toBe("n1");
    expect(world.scheduler.statistics.preemptions).toBe(1);
  });

  it("clears nominations of lower priority on the node whose pods it evicts", () => {
    const world = bench({ nodes: { n1: "2" }, ends: false });
    world.submit("low-1", "1", 1);
    world.submit("low-2", "1", 2);
    world.run(1);
    world.submit("middle", "1", 5);
    world.run(1);
    expect(world.nominationOf("middle")).toBe("n1");
    world.submit("high", "2", 9);
    world.run(1);
    expect(world.nominationOf("high")).toBe("n1");
    expect(world.nominationOf("middle")).toBe("");
    expect(world.api.pods.isDeleting(world.pod("low-2"))).toBe(true);
  });

  it("leaves everybody alone with preemptionPolicy Never, and among equals", () => {
    const world = bench();
    world.submit("low", "1", 1);
    world.run(1);
    world.submit("polite", "1", 9, { preemptionPolicy: "Never" });
    world.submit("equal", "1", 1);
    world.run(30);
    expect(world.api.pods.isDeleting(world.pod("low"))).toBe(false);
    expect(world.scheduler.statistics.preemptions).toBe(0);
  });
});

describe("preemption without any delays", () => {
  it.each([0, 3])("ends, with a grace period of %i s", (grace) => {
    const world = bench({ latencies: LATENCIES_INSTANT, nodes: { n1: "4", n2: "4" } });
    for (let k = 0; k < 8; k++) {
      world.submit(`low-${k}`, "1", 1, { terminationGracePeriodSeconds: grace });
    }
    world.run(1);
    for (let k = 0; k < 4; k++) world.submit(`high-${k}`, "2", 9);
    world.run(60);
    for (let k = 0; k < 4; k++) expect(world.nodeOf(`high-${k}`)).not.toBe("");
    expect(world.scheduler.statistics.preemptions).toBeGreaterThanOrEqual(4);
    expect(world.scheduler.preemptions.count).toBe(0);
  });

  it("does not spin while the API server is down, and goes on when it is back", () => {
    const world = bench({ latencies: LATENCIES_INSTANT });
    world.submit("low", "1", 1, { terminationGracePeriodSeconds: 0 });
    world.run(1);
    world.submit("high", "1", 9);
    world.simulation.callAfter(0 as Duration, RANK.watch, "outage", () =>
      world.api.setAnswering(false),
    );
    world.run(60);
    expect(world.nodeOf("high")).toBe("");
    expect(world.decisions.length).toBeLessThan(100);
    world.api.setAnswering(true);
    world.run(60);
    expect(world.nodeOf("high")).toBe("n1");
  });
});

describe("random clusters", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("keep every invariant and come to rest (seed %i)", (seed) => {
    let word = seed * 7919;
    const draw = (below: number): number => {
      word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
      return Math.floor((word / 4294967296) * below);
    };
    const latencies = seed % 2 === 0 ? LATENCIES_INSTANT : LATENCIES_KUBERNETES_1_36;
    const world = bench({ latencies, nodes: { n1: "4", n2: "3", n3: "6" } });
    const names: string[] = [];
    for (let k = 0; k < 60; k++) {
      const grace = { terminationGracePeriodSeconds: draw(4) };
      const policy = draw(8) === 0 ? { preemptionPolicy: "Never" } : {};
      names.push(`p${k}`);
      world.submit(`p${k}`, `${1 + draw(20)}00m`, draw(10), { ...grace, ...policy });
      if (draw(3) === 0) world.run(draw(3));
    }
    world.run(120);
    expect(world.scheduler.statistics.preemptions).toBeGreaterThan(0);
    expect(world.scheduler.preemptions.count).toBe(0);
    // At rest nobody waits for whom room could be made, and nobody is still being evicted.
    const attempts = world.scheduler.statistics.attempts;
    world.run(60);
    expect(world.scheduler.statistics.attempts).toBe(attempts);
  });
});
