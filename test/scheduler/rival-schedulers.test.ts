// Two schedulers with one name on one API server: who comes second, and what is left of its attempt.

import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/base/index.ts";
import { LATENCIES_KUBERNETES_1_36 } from "../../src/cluster/index.ts";
import {
  registerSchedulerInvariants,
  type Scheduler,
  startScheduler,
} from "../../src/scheduler/index.ts";
import { createWorld } from "../cluster/state/fixture.ts";
import { configurationOf } from "./configuration.ts";

/** What a scheduler believes, in words: nodes with their sums and pods, nominations, queue places. */
function beliefsOf({ cache, queue }: Scheduler): unknown {
  const rows = cache.refreshSnapshot();
  return {
    nodes: rows.map((row) => [
      cache.nodeName(row),
      cache.podsOn(row).map(({ name, nodeName }) => `${name} on ${nodeName}`),
      cache.resources.requestedMilliCpu(row),
      cache.resources.requestedMemoryBytes(row),
      cache.resources.nonZeroMilliCpu(row),
      cache.resources.podCount(row),
    ]),
    podCount: cache.podCount,
    nominated: rows.map((row) => cache.nominator.podsForNode(cache.nodeName(row)).length),
    waiting: ["active", "unschedulable", "inFlight"].map((place) => queue.count(place as "active")),
  };
}

describe("two replicas that both try a pod", () => {
  function rivals() {
    const world = createWorld(LATENCIES_KUBERNETES_1_36, { check: "deep" });
    const { simulation, api } = world;
    const start = (name: string) => {
      const { scheduler } = startScheduler(simulation, api, {
        name,
        configuration: configurationOf(),
      });
      registerSchedulerInvariants(simulation.invariants, scheduler, { name });
      return scheduler;
    };
    const [first, second] = [start("first"), start("second")];
    for (const name of ["n1", "n2", "n3"]) {
      world.addNode(name, {
        status: {
          capacity: { cpu: "4", memory: "8Gi", pods: "110" },
          conditions: [{ type: "Ready", status: "True" }],
        },
      });
    }
    simulation.runUntil(1_000_000 as Instant);
    const failures: string[] = [];
    second.observe({ onBindingFailed: (_pod, _node, reason) => failures.push(reason) });
    const create = (name: string): void => {
      const containers = [
        { name: "c", image: "i:1", resources: { requests: { cpu: "1", memory: "1Gi" } } },
      ];
      const template = world.template({ containers });
      api.request(world.client, "create", (writer) =>
        writer.createPod({ namespace: "default", name, template }),
      );
    };
    return { world, first, second, failures, create };
  }

  it("the second one is told of the conflict and believes what it believed before", () => {
    const { world, second, failures, create } = rivals();
    const { simulation } = world;
    const before = beliefsOf(second);
    create("p");
    // Created after 3 ms, heard of after 4, decided after 5, refused after 8; the news of the binding
    // arrives at 9 ms.
    simulation.runUntil(1_006_000 as Instant);
    expect(beliefsOf(second)).not.toEqual(before);
    simulation.runUntil(1_008_500 as Instant);
    expect(failures).toEqual([expect.stringContaining("is already assigned to node")]);
    expect(beliefsOf(second)).toEqual(before);
    expect(second.statistics).toMatchObject({ bindingFailures: 1, bindingConflicts: 1, bound: 0 });
  });

  it("both believe the same as soon as the news has arrived, and the pod is in no queue", () => {
    const { world, first, second, create } = rivals();
    for (const name of ["p", "q", "r"]) create(name);
    world.simulation.runUntil(1_200_000 as Instant);
    expect(beliefsOf(first)).toEqual(beliefsOf(second));
    expect(first.queue.size + second.queue.size).toBe(0);
    expect(first.statistics.bound + second.statistics.bound).toBe(3);
    expect(first.statistics.bindingConflicts + second.statistics.bindingConflicts).toBe(3);
  });

  it("a pod that is gone before its binding arrives is no conflict", () => {
    const { world, first, second, create } = rivals();
    const { simulation, api } = world;
    create("p");
    simulation.runUntil(1_003_500 as Instant);
    const pod = api.pods.find("default", "p");
    // Gone at 6.5 ms, when both bindings are under way.
    api.request(world.client, "patch", (writer) => writer.deletePod(pod, api.pods.uid(pod)));
    simulation.runUntil(1_200_000 as Instant);
    for (const { statistics } of [first, second]) {
      expect(statistics).toMatchObject({ bindingFailures: 1, bindingConflicts: 0, bound: 0 });
    }
  });
});
