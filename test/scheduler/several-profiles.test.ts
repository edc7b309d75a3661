// Several profiles of one scheduler: one queue, one cache, one rotation, and a way of judging each.

import { describe, expect, it } from "vitest";
import { durationFromMillis, type Instant } from "../../src/base/index.ts";
import { LATENCIES_INSTANT, LATENCIES_KUBERNETES_1_36 } from "../../src/cluster/index.ts";
import {
  type DecisionRecord,
  registerSchedulerInvariants,
  startScheduler,
} from "../../src/scheduler/index.ts";
import { createWorld, type World } from "../cluster/state/fixture.ts";
import { configurationOf } from "./configuration.ts";

type Json = Readonly<Record<string, unknown>>;

interface Bench extends World {
  readonly decisions: DecisionRecord[];
  readonly events: { readonly from: string; readonly reason: string; readonly pod: string }[];
  readonly unclaimed: string[];
  readonly hinted: () => number;
  submit(name: string, schedulerName: string, cpu?: string, more?: Json): void;
}

function bench(profiles: readonly Json[], more: Json = {}, latencies = LATENCIES_INSTANT): Bench {
  const world = createWorld(latencies, { check: "deep" });
  const { simulation, api } = world;
  const decisions: DecisionRecord[] = [];
  const events: Bench["events"] = [];
  const unclaimed: string[] = [];
  api.events.listen(({ from, reason, about }) => events.push({ from, reason, pod: about.name }));
  const configuration = configurationOf({
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    profiles,
    ...more,
  });
  const { scheduler } = startScheduler(simulation, api, { configuration });
  scheduler.observe({
    onDecision: (record) => decisions.push(record),
    onUnclaimed: ({ name }) => unclaimed.push(name),
  });
  registerSchedulerInvariants(simulation.invariants, scheduler);
  return {
    ...world,
    decisions,
    events,
    unclaimed,
    hinted: () => scheduler.statistics.hinted,
    submit: (name, schedulerName, cpu = "100m", spec = {}) => {
      const containers = [{ name: "c", image: "i:1", resources: { requests: { cpu } } }];
      const template = world.template({ containers, schedulerName, ...spec });
      api.request(world.client, "create", (writer) =>
        writer.createPod({ namespace: "default", name, template }),
      );
    },
  };
}

function addNodes(world: World, count: number, cpu = "4"): void {
  for (let at = 0; at < count; at++) {
    world.addNode(`n${String(at).padStart(3, "0")}`, {
      status: {
        capacity: { cpu, memory: "8Gi", pods: "110" },
        conditions: [{ type: "Ready", status: "True" }],
      },
    });
  }
}

const run = ({ simulation }: World, seconds: number): void => {
  simulation.runUntil((seconds * 1_000_000) as Instant);
};

const PACKING = {
  schedulerName: "packing",
  pluginConfig: [
    {
      name: "NodeResourcesFit",
      args: { scoringStrategy: { type: "MostAllocated", resources: [{ name: "cpu" }] } },
    },
  ],
};

describe("pods choose a profile by name", () => {
  it("judges each by its own plugins and arguments, on one cache", () => {
    const world = bench([{ schedulerName: "default-scheduler" }, PACKING]);
    addNodes(world, 3);
    run(world, 1);
    world.submit("a", "default-scheduler", "1");
    world.submit("b", "packing", "1");
    world.submit("c", "packing", "1");
    world.submit("d", "default-scheduler", "1");
    run(world, 2);
    const [a, b, c, d] = world.decisions.map(({ nodeName }) => nodeName);
    // Packing follows the first pod although another profile put it there; spreading avoids them all.
    expect([b, c]).toEqual([a, a]);
    expect(d).not.toBe(a);
  });

  it("names the profile in events", () => {
    const world = bench([{ schedulerName: "default-scheduler" }, PACKING]);
    addNodes(world, 1);
    run(world, 1);
    world.submit("a", "default-scheduler");
    world.submit("b", "packing");
    world.submit("big", "packing", "99");
    run(world, 2);
    expect(world.events).toEqual(
      expect.arrayContaining([
        { from: "default-scheduler", reason: "Scheduled", pod: "a" },
        { from: "packing", reason: "Scheduled", pod: "b" },
        { from: "packing", reason: "FailedScheduling", pod: "big" },
      ]),
    );
  });

  it("leaves a pod alone that names none, and says so once", () => {
    const world = bench([{ schedulerName: "default-scheduler" }, PACKING]);
    addNodes(world, 1);
    run(world, 1);
    world.submit("lost", "nobody");
    run(world, 700);
    expect(world.decisions).toEqual([]);
    expect(world.unclaimed).toEqual(["lost"]);
  });

  it("serves all profiles by one queue, by priority first", () => {
    const world = bench(
      [{ schedulerName: "default-scheduler" }, PACKING],
      {},
      LATENCIES_KUBERNETES_1_36,
    );
    addNodes(world, 1);
    run(world, 1);
    world.submit("busy", "default-scheduler");
    world.submit("low", "packing");
    world.submit("high", "packing", "100m", { priorityClassName: "system-cluster-critical" });
    run(world, 2);
    expect(world.decisions.map(({ pod }) => pod.name)).toEqual(["high", "busy", "low"]);
  });

  it("rotates over the nodes in one count, each profile by its own percentage", () => {
    const world = bench(
      [
        { schedulerName: "default-scheduler", percentageOfNodesToScore: 60 },
        { schedulerName: "other" },
      ],
      { percentageOfNodesToScore: 90 },
    );
    addNodes(world, 200);
    run(world, 1);
    world.submit("a", "default-scheduler");
    world.submit("b", "other");
    world.submit("c", "default-scheduler");
    run(world, 2);
    const spans = world.decisions.map(({ decision }) => [decision.start, decision.evaluatedCount]);
    expect(spans).toEqual([
      [0, 120],
      [120, 180],
      [100, 120],
    ]);
  });
});

describe("opportunistic batching in a run", () => {
  const LIST = {
    schedulerName: "default-scheduler",
    pluginConfig: [{ name: "PodTopologySpread", args: { defaultingType: "List" } }],
  };

  /** Pods that each fill a node, so many microseconds apart. */
  function crowd(profile: Json, gapUs: number, more: Json = {}): Bench {
    const world = bench([profile], more);
    addNodes(world, 6, "1");
    run(world, 1);
    for (let at = 0; at < 3; at++) {
      world.simulation.runUntil((1_000_000 + at * gapUs) as Instant);
      world.submit(`p${at}`, "default-scheduler", "900m");
    }
    run(world, 10);
    expect(world.decisions.map(({ result }) => result)).toEqual(Array(3).fill("scheduled"));
    return world;
  }

  it("places pods by hints while they come within half a second of the one that was scored", () => {
    expect(crowd(LIST, 250_000).hinted()).toBe(2);
    expect(crowd(LIST, 250_001).hinted()).toBe(1);
    expect(crowd(LIST, 500_000).hinted()).toBe(1);
    expect(crowd(LIST, 500_001).hinted()).toBe(0);
  });

  it("counts the half second from the end of the cycle, however long that took", () => {
    const latencies = { ...LATENCIES_INSTANT, schedulerCycle: durationFromMillis(600) };
    const world = bench([LIST], {}, latencies);
    addNodes(world, 6, "1");
    run(world, 1);
    for (const name of ["a", "b", "c"]) world.submit(name, "default-scheduler", "900m");
    run(world, 10);
    // Each is popped at the instant at which the one before it is decided; the ranking is that of the first.
    expect(world.decisions.map(({ poppedUs }) => poppedUs)).toEqual([
      1_000_000, 1_600_000, 2_200_000,
    ]);
    expect(world.decisions.map(({ decision }) => decision.viaHint)).toEqual([false, true, false]);
  });

  it("looks at one node then, and leaves the rotation where it is", () => {
    const { decisions } = crowd(LIST, 1_000);
    expect(decisions.map(({ evaluatedCount }) => evaluatedCount)).toEqual([6, 1, 1]);
    expect(decisions.map(({ decision }) => decision.viaHint)).toEqual([false, true, true]);
  });

  it("sleeps in the default profile, and with extenders", () => {
    expect(crowd({ schedulerName: "default-scheduler" }, 1_000).hinted()).toBe(0);
    const extenders = [{ urlPrefix: "http://extender", filterVerb: "filter" }];
    expect(crowd(LIST, 1_000, { extenders }).hinted()).toBe(0);
  });

  it("counts pods that are passed over: a ranking is for the very next one", () => {
    const hintedWhen = (isDeleted: boolean): number => {
      const latencies = { ...LATENCIES_KUBERNETES_1_36, schedulerCycle: durationFromMillis(20) };
      const world = bench([LIST], {}, latencies);
      addNodes(world, 6, "1");
      run(world, 1);
      for (const name of ["a", "b", "c"]) world.submit(name, "default-scheduler", "900m");
      const { simulation, api } = world;
      simulation.runUntil(1_003_500 as Instant);
      const pod = api.pods.find("default", "b");
      if (isDeleted) {
        api.request(world.client, "delete", (writer) => writer.deletePod(pod, api.pods.uid(pod)));
      }
      run(world, 3);
      return world.hinted();
    };
    expect(hintedWhen(false)).toBe(2);
    // Gone from the queue before its turn: the third one is the next.
    expect(hintedWhen(true)).toBe(1);
  });
});
