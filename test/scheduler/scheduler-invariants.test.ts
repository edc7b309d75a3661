// Every invariant of scheduling bites: a seeded fault is reported under its id, a sound run is not.

import { describe, expect, it } from "vitest";
import type { Instant } from "../../src/base/index.ts";
import { InvariantBroken } from "../../src/engine/index.ts";
import {
  type Decider,
  type DeciderParts,
  PlainEvaluator,
  ProfileDecider,
  type QueuedPod,
  registerSchedulerInvariants,
  type Scheduler,
  startScheduler,
  type Verdict,
} from "../../src/scheduler/index.ts";
import { createWorld, type World } from "../cluster/state/fixture.ts";
import { configurationOf } from "./configuration.ts";
import { FakeCluster, fakeNode, MS } from "./cycle/fake-cluster.ts";
import { fakePod } from "./queue/fake-pods.ts";

const SECOND = 1_000_000;

/** The id of the invariant that a run breaks; "none" when it ends well. */
function brokenId(run: () => void): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof InvariantBroken) return thrown.id;
    throw thrown;
  }
  return "none";
}

// --- Verdicts: the decider is the mutant -----------------------------------------------------------

/** Places every pod on the first node, whatever its plugins say. */
class FirstNodeDecider extends ProfileDecider {
  private readonly parts: DeciderParts;

  constructor(parts: DeciderParts) {
    super(parts.profiles, new PlainEvaluator(parts.cache));
    this.parts = parts;
  }

  override decide(pod: Parameters<Decider["decide"]>[0]): Verdict {
    const verdict = super.decide(pod);
    const node = this.parts.cache.nodeList[0]!;
    const decision = { ...verdict.decision, outcome: "placed" as const, node };
    return { ...verdict, decision };
  }
}

/** Turns the search one node too far. */
class SkippingDecider extends ProfileDecider {
  override decide(pod: Parameters<Decider["decide"]>[0]): Verdict {
    const verdict = super.decide(pod);
    const decision = { ...verdict.decision, nextStart: verdict.decision.nextStart + 1 };
    return { ...verdict, decision };
  }
}

interface Room {
  readonly node?: Readonly<Record<string, unknown>>;
  readonly first?: Readonly<Record<string, unknown>>;
  readonly second?: Readonly<Record<string, unknown>>;
}

function containersWith(resources: object, ports: object[] = []): object {
  return { containers: [{ name: "c", image: "i", resources: { requests: resources }, ports }] };
}

function runOnOneNode(createDecider: (parts: DeciderParts) => Decider, room: Room): void {
  const world: World = createWorld(undefined, { check: true });
  const { simulation, api } = world;
  const { scheduler } = startScheduler(simulation, api, {
    configuration: configurationOf(),
    createDecider,
  });
  registerSchedulerInvariants(simulation.invariants, scheduler);
  world.addNode("n1", {
    status: {
      capacity: { cpu: "2", memory: "4Gi", pods: "110" },
      conditions: [{ type: "Ready", status: "True" }],
    },
    ...room.node,
  });
  world.createPod("first", world.template(room.first ?? {}));
  simulation.runUntil(SECOND as Instant);
  world.createPod("second", world.template(room.second ?? {}));
  simulation.runUntil((2 * SECOND) as Instant);
}

const CAPACITY = { cpu: "2", memory: "4Gi" };
const READY = [{ type: "Ready", status: "True" }];
const HOST_PORT = containersWith({}, [{ containerPort: 80, hostPort: 80 }]) as never;

const placements: readonly (readonly [string, string, Room])[] = [
  ["I10", "cpu is overcommitted", { second: containersWith({ cpu: "1950m" }) as never }],
  ["I10", "memory is overcommitted", { second: containersWith({ memory: "5Gi" }) as never }],
  [
    "I13",
    "one pod too many",
    { node: { status: { capacity: { ...CAPACITY, pods: "1" }, conditions: READY } } },
  ],
  ["I14", "a host port is used twice", { first: HOST_PORT, second: HOST_PORT }],
  ["I36", "the node selector does not match", { second: { nodeSelector: { disk: "ssd" } } }],
  [
    "I37",
    "a taint repels the pod",
    { node: { spec: { taints: [{ key: "gpu", value: "", effect: "NoSchedule" }] } } },
  ],
  ["I37", "the node is cordoned", { node: { spec: { unschedulable: true } } }],
];

describe("a placement is caught where", () => {
  it.each(placements)("%s: %s", (id, _what, room) => {
    expect(brokenId(() => runOnOneNode((parts) => new FirstNodeDecider(parts), room))).toBe(id);
    const plain = (parts: DeciderParts): Decider =>
      new ProfileDecider(parts.profiles, new PlainEvaluator(parts.cache));
    expect(brokenId(() => runOnOneNode(plain, room))).toBe("none");
  });

  it("I43: the search turns too far", () => {
    const skipping = (parts: DeciderParts): Decider =>
      new SkippingDecider(parts.profiles, new PlainEvaluator(parts.cache));
    expect(brokenId(() => runOnOneNode(skipping, {}))).toBe("I43");
  });
});

// --- Loop and queue: one private part is the mutant --------------------------------------------------

/** Private parts that mutants replace. */
interface Insides {
  loop: string;
  begin(record: QueuedPod): void;
  settle(): void;
  cycleLengthUs(): number;
  isToBeSkipped(): boolean;
  readonly queue: {
    readonly records: Map<unknown, QueuedPod>;
    readonly backoff: { isBackingOff(): boolean };
    unschedulableUsMax: number;
    find(uid: unknown): QueuedPod | undefined;
  };
  readonly timers: { armLeftover(): void };
}

function insidesOf(scheduler: Scheduler): Insides {
  return scheduler as unknown as Insides;
}

interface Mutant {
  readonly id: string;
  readonly what: string;
  readonly nodes: number;
  readonly plugins?: object;
  mutate(cluster: FakeCluster, insides: Insides): void;
}

const mutants: readonly Mutant[] = [
  {
    id: "I2",
    what: "a record is lost",
    nodes: 1,
    mutate: (cluster, { queue }) => cluster.at(2_500, () => queue.records.delete("b")),
  },
  {
    id: "I2",
    what: "a record says it is elsewhere",
    nodes: 1,
    mutate: (cluster, { queue }) =>
      cluster.at(SECOND, () => {
        queue.records.get("b")!.place = "errorBackoff";
      }),
  },
  {
    id: "I22",
    what: "a pod is tried before it was active",
    nodes: 1,
    mutate: (cluster, { queue }) =>
      cluster.at(1, () => {
        queue.find("b")!.initialAttemptUs = SECOND;
      }),
  },
  {
    id: "I25",
    what: "a cycle takes longer than declared",
    nodes: 1,
    mutate: (_cluster, insides) => {
      insides.cycleLengthUs = () => 2 * MS;
    },
  },
  {
    id: "I26",
    what: "the loop does not wait for the decision",
    nodes: 1,
    mutate: (cluster, insides) => {
      const begin = insides.begin.bind(cluster.scheduler);
      insides.begin = (record) => {
        begin(record);
        insides.loop = "idle";
        insides.settle();
      };
    },
  },
  {
    id: "I33",
    what: "a pod being deleted gets a cycle",
    nodes: 1,
    mutate: (cluster, insides) => {
      insides.isToBeSkipped = () => false;
      cluster.at(1, () => cluster.scheduler.news.podAdded(fakePod({ uid: "d", deleting: true })));
    },
  },
  {
    id: "I45",
    what: "a pod with a preset node gets a cycle",
    nodes: 1,
    mutate: (cluster) =>
      cluster.at(1, () => cluster.scheduler.queue.add(fakePod({ uid: "x", nodeName: "n1" }))),
  },
  {
    id: "I46",
    what: "the active queue is out of order",
    nodes: 1,
    mutate: (cluster, { queue }) =>
      cluster.at(1, () => {
        for (const uid of ["c", "b"]) cluster.scheduler.news.podAdded(fakePod({ uid }));
        const record = queue.find("b")!;
        record.pod = { ...record.pod, priority: 10 };
      }),
  },
  {
    id: "I47",
    what: "a back-off is cut short",
    nodes: 0,
    mutate: (cluster, { queue }) => {
      cluster.at(SECOND / 2, () => {
        queue.backoff.isBackingOff = () => false;
        cluster.scheduler.queue.flushBackoffCompleted();
      });
    },
  },
  {
    id: "I48",
    what: "the flush comes too early",
    nodes: 1,
    mutate: (cluster, { queue }) =>
      cluster.at(10 * SECOND, () => {
        queue.unschedulableUsMax = 0;
        cluster.scheduler.queue.flushUnschedulableLeftover();
      }),
  },
  {
    id: "I48",
    what: "the flush never comes",
    nodes: 1,
    mutate: (_cluster, { timers }) => {
      timers.armLeftover = () => undefined;
    },
  },
  {
    id: "I51",
    what: "the last to come is first",
    nodes: 1,
    plugins: {
      queueSort: {
        name: "Lifo",
        less: (a: QueuedPod, b: QueuedPod) => a.timestampUs > b.timestampUs,
      },
    },
    mutate: () => undefined,
  },
];

describe("scheduling is caught where", () => {
  function run({ nodes, plugins = {}, mutate }: Mutant): void {
    const cluster = new FakeCluster({ plugins, check: "deep" });
    registerSchedulerInvariants(cluster.simulation.invariants, cluster.scheduler);
    for (let k = 1; k <= nodes; k++) cluster.scheduler.news.nodeAdded(fakeNode(`n${k}`));
    cluster.at(0, () => cluster.scheduler.news.podAdded(fakePod({ uid: "a" })));
    cluster.at(1, () => cluster.scheduler.news.podAdded(fakePod({ uid: "b" })));
    cluster.at(2, () => cluster.scheduler.news.podAdded(fakePod({ uid: "e" })));
    mutate(cluster, insidesOf(cluster.scheduler));
    cluster.simulation.runUntil((400 * SECOND) as Instant);
    cluster.simulation.invariants.runAtEnd();
  }

  it.each(mutants)("$id: $what", (mutant) => {
    expect(brokenId(() => run(mutant))).toBe(mutant.id);
  });

  it("nothing: the same run without a mutant holds all of them", () => {
    for (const nodes of [0, 1, 2]) {
      const sound: Mutant = { id: "none", what: "", nodes, mutate: () => undefined };
      expect(brokenId(() => run(sound))).toBe("none");
    }
  });
});
