// The audits of deep checks bite: a decider that errs on purpose is reported under the right number,
// the same run with a sound one is not.

import { describe, expect, it } from "vitest";
import type { Instant } from "../../../src/base/index.ts";
import { InvariantBroken } from "../../../src/engine/index.ts";
import {
  type Decider,
  type DeciderParts,
  NodeStatuses,
  PlainEvaluator,
  type PodInfo,
  ProfileDecider,
  registerSchedulerInvariants,
  type Scheduler,
  startScheduler,
  unschedulable,
  type Verdict,
} from "../../../src/scheduler/index.ts";
import { createWorld, meta, type World } from "../../cluster/state/fixture.ts";
import { configurationOf } from "../configuration.ts";

type Json = Readonly<Record<string, unknown>>;

/** Changes the verdict on the pod "p". */
class Erring extends ProfileDecider {
  private readonly err: (verdict: Verdict, parts: DeciderParts) => Verdict;
  private readonly parts: DeciderParts;

  constructor(parts: DeciderParts, err: (verdict: Verdict, parts: DeciderParts) => Verdict) {
    super(parts.profiles, new PlainEvaluator(parts.cache));
    this.parts = parts;
    this.err = err;
  }

  override decide(pod: PodInfo, cycle?: number): Verdict {
    const verdict = super.decide(pod, cycle);
    return pod.name === "p" ? this.err(verdict, this.parts) : verdict;
  }
}

interface Scene {
  readonly world: World;
  readonly scheduler: Scheduler;
  node(name: string, labels?: Json, capacity?: Json): void;
  pod(name: string, spec?: Json, labels?: Record<string, string>, nodeName?: string): void;
  run(seconds: number): void;
}

function sceneOf(createDecider: (parts: DeciderParts) => Decider): Scene {
  const world = createWorld(undefined, { check: "deep" });
  const { simulation, api } = world;
  const configuration = configurationOf();
  const { scheduler } = startScheduler(simulation, api, { configuration, createDecider });
  registerSchedulerInvariants(simulation.invariants, scheduler);
  for (const [name, value] of [
    ["low", 1],
    ["high", 9],
  ] as const) {
    api.initialState.addObject({
      kind: "PriorityClass",
      meta: meta(name),
      value,
      globalDefault: false,
      preemptionPolicy: "PreemptLowerPriority",
    });
  }
  return {
    world,
    scheduler,
    node: (name, labels = {}, capacity = {}) =>
      world.addNode(name, {
        metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
        status: {
          capacity: { cpu: "4", memory: "8Gi", pods: "110", ...capacity },
          conditions: [{ type: "Ready", status: "True" }],
        },
      }),
    pod: (name, spec = {}, labels = { app: "web" }, nodeName = "") => {
      const template = world.template(spec, labels);
      const place = nodeName === "" ? {} : { nodeName };
      world.ask("create", (writer) =>
        writer.createPod({ namespace: "default", name, template, ...place }),
      );
    },
    run: (seconds) => {
      simulation.runUntil((simulation.nowUs + seconds * 1_000_000) as Instant);
    },
  };
}

function brokenId(
  err: (verdict: Verdict, parts: DeciderParts) => Verdict,
  play: (scene: Scene) => void,
): string {
  try {
    const scene = sceneOf((parts) => new Erring(parts, err));
    play(scene);
    scene.run(2);
    scene.world.simulation.invariants.runAtEnd();
  } catch (thrown) {
    if (thrown instanceof InvariantBroken) return thrown.id;
    throw thrown;
  }
  return "none";
}

/** Puts the pod on this node, whatever was decided. */
function onto(name: string): (verdict: Verdict, parts: DeciderParts) => Verdict {
  return (verdict, { cache }) => {
    const node = cache.findRow(name)!;
    const decision = {
      ...verdict.decision,
      outcome: "placed" as const,
      node,
      feasible: [node],
      totals: [],
    };
    return { ...verdict, decision, postFilter: undefined, message: "" };
  };
}

function onPlaced(
  change: (decision: Verdict["decision"]) => Partial<Verdict["decision"]>,
): (verdict: Verdict) => Verdict {
  return (verdict) => ({
    ...verdict,
    decision: { ...verdict.decision, ...change(verdict.decision) },
  });
}

const term = (topologyKey: string, more: Json = {}): Json => ({
  topologyKey,
  labelSelector: { matchLabels: { app: "a" } },
  ...more,
});
const near = (...terms: Json[]): Json => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const away = (...terms: Json[]): Json => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const asking = (requests: Json, more: Json = {}): Json => ({
  containers: [{ name: "c", image: "i:1", resources: { requests, limits: requests } }],
  ...more,
});
const spread = (more: Json = {}): Json => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app: "a" } },
      ...more,
    },
  ],
});
const A = { app: "a" };

/** n1 in zone a with a pod of app a, n2 in zone b, n3 outside all zones. */
function zones(scene: Scene): void {
  scene.node("n1", { zone: "a" });
  scene.node("n2", { zone: "b" });
  scene.node("n3");
  scene.pod("first", {}, A, "n1");
}

interface Case {
  readonly id: string;
  readonly what: string;
  readonly err: (verdict: Verdict, parts: DeciderParts) => Verdict;
  readonly play: (scene: Scene) => void;
}

const cases: readonly Case[] = [
  {
    id: "I15",
    what: "a second pod gets the only device",
    err: onto("n1"),
    play: (scene) => {
      scene.node("n1", {}, { "example.com/gpu": "1" });
      scene.pod("first", asking({ "example.com/gpu": "1" }), {}, "n1");
      scene.pod("p", asking({ "example.com/gpu": "1" }));
    },
  },
  {
    id: "I38",
    what: "nobody is near in its domain",
    err: onto("n2"),
    play: (scene) => {
      zones(scene);
      scene.pod("p", near(term("zone")));
    },
  },
  {
    id: "I38",
    what: "the node lacks the key",
    err: onto("n3"),
    play: (scene) => {
      zones(scene);
      scene.pod("p", near(term("zone")));
    },
  },
  {
    id: "I38",
    what: "the first of a group stands where a key is missing",
    err: onto("n3"),
    play: (scene) => {
      scene.node("n1", { zone: "a" });
      scene.node("n3");
      scene.pod("p", near(term("zone")), A);
    },
  },
  {
    id: "I39",
    what: "beside a pod it wants away",
    err: onto("n1"),
    play: (scene) => {
      zones(scene);
      scene.pod("p", away(term("zone")));
    },
  },
  {
    id: "I39",
    what: "beside a pod that wants it away",
    err: onto("n1"),
    play: (scene) => {
      zones(scene);
      scene.pod("second", away(term("kubernetes.io/hostname")), { app: "b" }, "n1");
      scene.pod("p", {}, A);
    },
  },
  {
    id: "I40",
    what: "its domain has too many already",
    err: onto("n1"),
    play: (scene) => {
      zones(scene);
      scene.pod("p", spread(), A);
    },
  },
  {
    id: "I40",
    what: "too few domains, so that the smallest counts as empty",
    err: onto("n2"),
    play: (scene) => {
      zones(scene);
      scene.pod("second", {}, A, "n2");
      scene.pod("p", spread({ minDomains: 3 }), A);
    },
  },
  {
    id: "I17",
    what: "the room was promised to a pod of higher priority",
    err: onto("n1"),
    play: (scene) => {
      scene.node("n1");
      scene.pod("victim", asking({ cpu: "2" }, { priorityClassName: "low" }));
      scene.run(1);
      scene.pod("preemptor", asking({ cpu: "4" }, { priorityClassName: "high" }));
      scene.run(1);
      scene.pod("p", asking({ cpu: "1" }, { priorityClassName: "low" }));
    },
  },
  {
    id: "I41",
    what: "a term that selects namespaces is not met",
    err: onto("n2"),
    play: (scene) => {
      zones(scene);
      scene.pod("p", near(term("zone", { namespaceSelector: { matchLabels: { team: "x" } } })));
    },
  },
  {
    id: "I42",
    what: "another of the feasible nodes is taken",
    err: onPlaced(({ feasible, node }) => ({ node: feasible.find((row) => row !== node)! })),
    play: (scene) => {
      zones(scene);
      scene.pod("p");
    },
  },
  {
    id: "I42",
    what: "the last instead of the first among equals",
    err: onPlaced(({ feasible }) => ({ node: feasible.at(-1)! })),
    play: (scene) => {
      for (const name of ["n1", "n2", "n3"]) scene.node(name);
      scene.pod("p");
    },
  },
  {
    id: "I42",
    what: "a total is off by one",
    err: onPlaced(({ totals }) => ({ totals: totals.map((total) => total + 1) })),
    play: (scene) => {
      zones(scene);
      scene.pod("p");
    },
  },
  {
    id: "I44",
    what: "a pod that fits is refused everywhere",
    err: (verdict, { cache }) => refusedOn(verdict, cache.nodeList),
    play: (scene) => {
      zones(scene);
      scene.pod("p");
    },
  },
  {
    id: "I44",
    what: "a node was not looked at",
    err: (verdict, { cache }) => refusedOn(verdict, cache.nodeList.slice(1)),
    play: (scene) => {
      zones(scene);
      scene.pod("p", asking({ cpu: "9" }));
    },
  },
];

/** No node fits, with a verdict for these rows. */
function refusedOn(verdict: Verdict, rows: readonly number[]): Verdict {
  const statuses = new NodeStatuses();
  for (const row of rows) statuses.set(row as never, unschedulable("NodeName", "no"));
  const decision = {
    ...verdict.decision,
    outcome: "unschedulable" as const,
    node: -1 as const,
    feasible: [],
    totals: [],
    statuses,
    rejectingPlugins: new Set(["NodeName"]),
  };
  return { ...verdict, decision, postFilter: undefined };
}

describe("a verdict is caught where", () => {
  it.each(cases)("$id: $what", ({ id, err, play }) => {
    expect(brokenId(err, play)).toBe(id);
    expect(brokenId((verdict) => verdict, play)).toBe("none");
  });

  it("not where ties are drawn and one of the best is taken", () => {
    const scene = sceneOf(
      (parts) =>
        new Erring(
          parts,
          onPlaced(({ feasible }) => ({ node: feasible.at(-1)! })),
        ),
    );
    const { invariants } = scene.world.simulation;
    expect(invariants.all.some(({ id }) => id === "I42")).toBe(true);
    registerSchedulerInvariants(invariants, scene.scheduler, { hasDrawnTies: true });
    for (const name of ["n1", "n2", "n3"]) scene.node(name);
    scene.pod("p");
    scene.run(1);
    expect(scene.scheduler.statistics.bound).toBe(1);
  });
});

describe("the scheduler's state is caught where", () => {
  it("I11: a sum drifts from its pods", () => {
    const corrupt = (scene: Scene): void => {
      zones(scene);
      scene.pod("p");
      scene.run(1);
      const { cache } = scene.scheduler;
      cache.resources.count(cache.findRow("n2")!, scene.world.template(), 1);
    };
    expect(brokenId((verdict) => verdict, corrupt)).toBe("I11");
    expect(brokenId((verdict) => verdict, zones)).toBe("none");
  });

  it("I49: a pod that fits is forgotten in the active queue", () => {
    const stuck = (scene: Scene): void => {
      zones(scene);
      scene.pod("q");
      scene.run(1);
      (scene.scheduler as unknown as { loop: string }).loop = "patching";
      scene.pod("p");
      scene.run(400);
    };
    expect(brokenId((verdict) => verdict, stuck)).toBe("I49");
  });

  it("I49 is patient with a pod that fits nowhere", () => {
    const hopeless = (scene: Scene): void => {
      zones(scene);
      scene.pod("p", asking({ cpu: "9" }));
      scene.run(1_000);
    };
    expect(brokenId((verdict) => verdict, hopeless)).toBe("none");
  });
});
