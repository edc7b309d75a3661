import { describe, expect, it } from "vitest";
import { ConditionStatus, PodPhase, quantityOf } from "../../../src/cluster/index.ts";
import { registerClusterInvariants } from "../../../src/cluster/index.ts";
import type { NodeIndex, PodIndex, Uid } from "../../../src/cluster/index.ts";
import type { ApiState } from "../../../src/cluster/state/api-state.ts";
import { InvariantBroken } from "../../../src/engine/index.ts";
import { durationFromSeconds, instant } from "../../../src/base/index.ts";
import { createWorld, meta, nodeObject } from "./fixture.ts";
import type { World } from "./fixture.ts";

// A faulty writer in each case: it reaches behind the ApiServer, as a bug inside it would.

interface Scene extends World {
  readonly state: ApiState;
  readonly node: NodeIndex;
  readonly other: NodeIndex;
  readonly pod: PodIndex;
  readonly uid: Uid;
}

/** Two nodes, one running pod on the first, checks on. */
function scene(): Scene {
  const world = createWorld(undefined, { check: true });
  registerClusterInvariants(world.simulation.invariants, world.api, world.machines);
  const node = world.addNode("n1");
  const other = world.addNode("n2");
  world.machines.install(node);
  world.machines.install(other);
  const { pod, uid } = world.createPod("a");
  world.ask("create", (writer) => writer.bindPod(pod, uid, node));
  world.ask("patch", (writer) => writer.patchPodStatus(pod, uid, { phase: PodPhase.Running }));
  world.api.watch({ name: "someone", onPod: () => {} });
  const { state } = world.api as unknown as { state: ApiState };
  return { ...world, state, node, other, pod, uid };
}

/** Runs a fault inside an event, then the end-of-run checks; the id of what broke. */
function brokenBy(fault: (scene: Scene) => void, world = scene()): string {
  try {
    world.ask("update", () => {
      fault(world);
      return { ok: true, changed: true };
    });
    world.simulation.invariants.runAtEnd();
  } catch (error) {
    if (error instanceof InvariantBroken) return error.id;
    throw error;
  }
  return "none";
}

function commit({ state, pod }: Scene, write: () => void): void {
  state.beginPod(pod);
  write();
  state.commitPod(pod, "Modified");
}

/** Reaches a private column. */
function column(owner: object, name: string): { set(row: number, value: number): void } {
  return (owner as unknown as Record<string, { set(row: number, value: number): void }>)[name]!;
}

describe("a sound run", () => {
  it("breaks nothing: bind, run, drain, delete, crash and repair", () => {
    expect(
      brokenBy((world) => {
        world.machines.admitPod(world.node, world.uid);
        world.machines.startProcess(world.node, world.uid);
        world.machines.powerOff(world.node);
        world.machines.powerOn(world.node);
      }),
    ).toBe("none");
  });
});

const faults: readonly [id: string, what: string, fault: (scene: Scene) => void][] = [
  ["I1", "a pod vanishes without a commit", ({ state, pod }) => state.pods.remove(pod)],
  [
    "I3",
    "a pod's node field changes and its list does not",
    ({ state, pod, other }) => column(state.pods, "nodeColumn").set(pod, other),
  ],
  ["I4", "a node vanishes without a commit", ({ state, node }) => state.nodes.remove(node)],
  [
    "I4",
    "a Ready status changes without a commit",
    ({ state, node }) => column(state.nodes, "readyColumn").set(node, ConditionStatus.Unknown),
  ],
  [
    "I9",
    "a restart count falls",
    (world) => {
      commit(world, () => world.state.pods.setRestartCount(world.pod, 3));
      commit(world, () => world.state.pods.setRestartCount(world.pod, 2));
    },
  ],
  [
    "I22",
    "a pod starts before it was bound",
    (world) => {
      column(world.state.pods, "scheduledUsColumn").set(world.pod, 1_000_000);
      commit(world, () => world.state.pods.setStartUs(world.pod, 0));
    },
  ],
  [
    "I28",
    "a finished pod runs again",
    (world) => {
      commit(world, () => world.state.pods.setPhase(world.pod, PodPhase.Failed));
      commit(world, () => world.state.pods.setPhase(world.pod, PodPhase.Running));
    },
  ],
  [
    "I28",
    "a phase changes without a commit",
    (world) => column(world.state.pods, "phaseColumn").set(world.pod, PodPhase.Pending),
  ],
  [
    "I30",
    "a Node is changed that does not exist",
    ({ state, node }) => {
      const facts = state.nodes.facts(node);
      const uid = state.nodes.uid(node);
      state.nodes.remove(node);
      state.commitNode(node, uid, "Deleted", facts, undefined);
      state.commitNode(node, uid, "Modified", facts, facts);
    },
  ],
  [
    "I32",
    "a deletionTimestamp is not request plus grace",
    (world) => commit(world, () => world.state.pods.setDeletion(world.pod, 5_000_000, 30)),
  ],
  [
    "I32",
    "a later request lengthens the grace",
    (world) => {
      commit(world, () => world.state.pods.setDeletion(world.pod, 30_000_000, 30));
      commit(world, () => world.state.pods.setDeletion(world.pod, 60_000_000, 60));
    },
  ],
  [
    "I32",
    "a finished pod lingers",
    (world) => {
      commit(world, () => world.state.pods.setPhase(world.pod, PodPhase.Succeeded));
      commit(world, () => world.state.pods.setDeletion(world.pod, 30_000_000, 30));
    },
  ],
  [
    "I33",
    "a deletion is told and the object stays",
    ({ state, pod }) => {
      state.beginPod(pod);
      state.commitPod(pod, "Deleted");
    },
  ],
  [
    "I34",
    "a bound pod moves",
    (world) =>
      commit(world, () => {
        const { pods } = world.state;
        (pods as unknown as { byNode: { remove(pod: PodIndex): void } }).byNode.remove(world.pod);
        pods.setNode(world.pod, world.other, 0);
      }),
  ],
  [
    "I54",
    "a budget goes below zero",
    ({ api, state }) => {
      const budget = api.objects.find("PodDisruptionBudget", "default", "b")!;
      const after = { ...budget, status: { disruptionsAllowed: -1 } };
      state.objects.put(after as never);
      state.commitObject("Modified", state.takeVersion(), budget as never, after as never);
    },
  ],
  [
    "I19",
    "a machine loses power and its processes live on",
    ({ machines, node, uid }) => {
      machines.admitPod(node, uid);
      machines.startProcess(node, uid);
      (machines as unknown as { killAll(): void }).killAll = () => {};
      machines.powerOff(node);
    },
  ],
  [
    "I29",
    "a process starts before admission",
    ({ machines, node }) =>
      (machines as unknown as { announceProcess(...args: unknown[]): void }).announceProcess(
        "started",
        node,
        77,
        0,
        0,
      ),
  ],
  [
    "I29",
    "a process is counted that never started",
    ({ machines }) => {
      (machines as unknown as { processCountNow: number }).processCountNow++;
    },
  ],
  [
    "I61",
    "a machine that is on is switched on again",
    ({ machines, node }) =>
      (machines as unknown as { announce(...args: unknown[]): void }).announce("powerOn", node),
  ],
  [
    "I67",
    "a node's column says more than its object",
    ({ state, node }) => column(state.nodes, "milliCpuAllocatableColumn").set(node, 4001),
  ],
  [
    "I73",
    "a removed machine's down time is lost",
    (world) => {
      world.machines.powerOff(world.other);
      world.simulation.callAfter(durationFromSeconds(1), 2, "later", () => {
        world.machines.remove(world.other);
        (world.machines as unknown as { removedDownUs: number }).removedDownUs = 0;
      });
    },
  ],
];

describe("a seeded fault is reported under its number", () => {
  it.each(faults)("%s: %s", (id, _, fault) => {
    const world = scene();
    world.ask("create", (writer) =>
      writer.createObject({
        kind: "PodDisruptionBudget",
        meta: meta("b", "default"),
      } as never),
    );
    const broken = brokenBy((inside) => fault(inside), world);
    if (broken !== "none") {
      expect(broken).toBe(id);
      return;
    }
    world.simulation.runUntil(instant(2_000_000));
    expect(() => world.simulation.invariants.runAtEnd()).toThrow(
      expect.objectContaining({ id }) as Error,
    );
  });

  it("I12: a bind that overcommits cpu, once nothing on record excuses it", () => {
    const world = scene();
    const big = world.createPod("big", world.template({ containers: [container("3900m")] }));
    const more = world.createPod("more", world.template({ containers: [container("200m")] }));
    world.ask("create", (writer) => writer.bindPod(big.pod, big.uid, world.node));
    const bind = () =>
      world.ask("create", (writer) => writer.bindPod(more.pod, more.uid, world.node));
    expect(bind).toThrow(expect.objectContaining({ id: "I12" }) as Error);
  });

  it("I13: one pod more than the node takes, on a node where cpu does not matter", () => {
    const world = scene();
    const small = { status: { capacity: { cpu: "4", memory: "8Gi", pods: "1" } } };
    const node = world.addNode("small", small);
    const none = world.template({ containers: [{ name: "c", image: "img:1" }] });
    const [first, second] = [world.createPod("x", none), world.createPod("y", none)];
    world.ask("create", (writer) => writer.bindPod(first.pod, first.uid, node));
    expect(() =>
      world.ask("create", (writer) => writer.bindPod(second.pod, second.uid, node)),
    ).toThrow(expect.objectContaining({ id: "I13" }) as Error);
  });

  it.each([
    ["3", "I12"],
    ["5", "none"],
  ])("I12 with an initial pod of %s cpu on a node of 4: %s", (cpu, id) => {
    const world = createWorld(undefined, { check: true });
    registerClusterInvariants(world.simulation.invariants, world.api, world.machines);
    const node = world.addNode("n1");
    world.api.initialState.addPod({
      kind: "Pod",
      meta: meta("old", "default"),
      template: world.template({ containers: [container(cpu)] }),
      nodeName: "n1",
      status: {
        ...{ phase: "Running", reason: "", startTimeSeconds: undefined, nominatedNodeName: "" },
        ...{
          conditions: [],
          restartCount: 0,
          podIp: "",
          resourceClaimStatuses: [],
          containers: new Map(),
        },
      },
    });
    const { pod, uid } = world.createPod("new", world.template({ containers: [container("2")] }));
    const bind = () => world.ask("create", (writer) => writer.bindPod(pod, uid, node));
    if (id === "none") expect(bind().ok).toBe(true);
    else expect(bind).toThrow(expect.objectContaining({ id }) as Error);
  });

  it("I12 is silent where a node shrank or a pod came with its node", () => {
    const world = scene();
    const small = nodeObject("n1", { status: { capacity: { cpu: "1", pods: "110" } } });
    world.ask("update", (writer) =>
      writer.updateNode(world.node, world.api.nodes.uid(world.node), () => small),
    );
    const big = world.createPod("big", world.template({ containers: [container("3")] }));
    expect(world.ask("create", (writer) => writer.bindPod(big.pod, big.uid, world.node)).ok).toBe(
      true,
    );
  });

  it.each([
    ["none", "one disruption for one eviction", 2, 1, ["x"]],
    ["I54", "an eviction that costs nothing", 2, 2, ["x"]],
    ["I54", "an eviction where none is allowed", 0, 0, ["x"]],
    ["I54", "two evictions for the price of one", 2, 1, ["x", "y"]],
    ["none", "a new count by the controller", 2, 0, []],
  ] as const)("%s: %s", (id, _what, before, after, evicted) => {
    const world = scene();
    const status = (disruptionsAllowed: number, names: readonly string[]) => ({
      disruptionsAllowed,
      disruptedPods: new Map(names.map((name) => [name, 0])),
    });
    const fault = ({ state }: Scene): void => {
      const whole = { objectKind: "PodDisruptionBudget", kind: "PodDisruptionBudget" };
      const stored = { ...whole, namespace: "default", name: "b", uid: 9_999, deletionUs: -1 };
      const old = { ...stored, status: status(before, []) };
      const changed = { ...stored, status: status(after, evicted) };
      state.commitObject("Modified", state.takeVersion(), old as never, changed as never);
    };
    expect(brokenBy(fault, world)).toBe(id);
  });

  it.each([
    ["I16", "a creation is charged beyond the bound", 3, 2, true],
    ["none", "a creation is charged up to the bound", 2, 2, true],
    ["none", "a recount finds more than the bound", 3, 2, false],
  ])("%s: %s", (id, _what, used, hard, creates) => {
    const world = scene();
    const status = (amount: number) => ({
      hard: new Map([["pods", quantityOf(hard)]]),
      used: new Map([["pods", quantityOf(amount)]]),
    });
    const fault = ({ state }: Scene): void => {
      const whole = { objectKind: "ResourceQuota", kind: "ResourceQuota" };
      const stored = { ...whole, namespace: "default", name: "q", uid: 9_999, deletionUs: -1 };
      const old = { ...stored, status: status(1) };
      const changed = { ...stored, status: status(used) };
      state.commitObject("Modified", state.takeVersion(), old as never, changed as never);
      if (!creates) return;
      const created = { ...stored, kind: "Service", name: "s", uid: 10_000, status: undefined };
      state.commitObject("Added", state.takeVersion(), undefined as never, created as never);
    };
    expect(brokenBy(fault, world)).toBe(id);
  });

  it("I32 is silent where a grace that is over is shortened, which ends it now", () => {
    const world = scene();
    let pod = world.pod;
    let uid = world.uid;
    world.ask("create", (writer) => {
      const held = { ...{ namespace: "default", name: "held" }, finalizers: ["example.com/hold"] };
      const made = writer.createPod({ ...held, template: world.api.pods.template(world.pod) });
      if (made.ok) [pod, uid] = [made.pod!, made.uid!];
      return made;
    });
    world.ask("create", (writer) => writer.bindPod(pod, uid, world.node));
    world.ask("delete", (writer) => writer.deletePod(pod, uid, { graceSeconds: 2 }));
    world.simulation.runUntil(instant(60_000_000));
    world.ask("delete", (writer) => writer.removePod(pod, uid));
    expect(world.api.pods.deletionUs(pod)).toBe(60_000_000);
    expect(brokenBy(() => undefined, world)).toBe("none");
  });

  it("I35: a uid that was given before", () => {
    const world = scene();
    expect(
      brokenBy(({ state }) => {
        (state as unknown as { uidCount: number }).uidCount = 0;
        world.api.request(world.client, "create", (writer) =>
          writer.createPod({ namespace: "default", name: "z", template: world.template() }),
        );
      }, world),
    ).toBe("I35");
  });

  it("I45: a scheduler binds a pod whose node was preset", () => {
    const world = scene();
    const preset = world.template({ nodeName: "n2" });
    const fault = ({ state }: Scene): void => {
      const pod = state.pods.add({
        uid: state.takeUid(),
        namespace: "default",
        nameBase: "preset",
        nameSuffix: 0,
        template: preset,
        priority: 0,
        preemptionPolicy: "PreemptLowerPriority",
        owner: -1 as never,
        ownerOrdinal: 0,
        finalizers: [],
        createdUs: 0,
      });
      state.beginPod(pod);
      state.commitPod(pod, "Added");
      state.beginPod(pod);
      state.pods.setNode(pod, world.other, 0);
      state.commitPod(pod, "Modified");
    };
    expect(brokenBy(fault, world)).toBe("I45");
  });

  it("I11: a template that was swapped without a commit leaves the sums behind", () => {
    const world = scene();
    const test = world.simulation.invariants.all.find((invariant) => invariant.id === "I11")!;
    expect(test.test()).toBeUndefined();
    world.state.pods.setTemplate(world.pod, world.template({ containers: [container("2")] }));
    expect(test.test()).toContain("n1");
  });

  it("I69: an arrival that nobody counted", () => {
    const world = scene();
    const test = world.simulation.invariants.all.find((invariant) => invariant.id === "I69")!;
    world.state.pods.remove(world.pod);
    expect(test.test()).toContain("is not 0");
  });
});

function container(cpu: string): object {
  return { name: "c", image: "img:1", resources: { requests: { cpu } } };
}
