import { describe, expect, it } from "vitest";
import { ConditionStatus, PodConditionType, PodPhase } from "../../../src/cluster/index.ts";
import { labelSelectorOfMap } from "../../../src/cluster/index.ts";
import type { ApiResult, DisruptionBudgetStatus } from "../../../src/cluster/index.ts";
import type { PodDisruptionBudgetObject } from "../../../src/cluster/index.ts";
import { createWorld, meta } from "./fixture.ts";
import type { World } from "./fixture.ts";

const STATUS: DisruptionBudgetStatus = {
  observedGeneration: 1,
  disruptionsAllowed: 1,
  currentHealthy: 3,
  desiredHealthy: 2,
  expectedPods: 3,
  disruptedPods: new Map(),
  conditions: [],
};

function addBudget(world: World, name: string, status?: object, policy = "IfHealthyBudget") {
  const object = {
    kind: "PodDisruptionBudget",
    meta: meta(name, "default"),
    selector: labelSelectorOfMap(new Map([["app", "web"]])),
    minAvailable: { kind: "int", value: 2 },
    maxUnavailable: undefined,
    unhealthyPodEvictionPolicy: policy,
    disruptionsAllowed: undefined,
    disruptedPods: [],
  } as unknown as PodDisruptionBudgetObject;
  const result = world.ask("create", (w) => w.createObject(object, status ? { status } : {}));
  if (!result.ok) throw new Error(result.message);
  return () => world.api.objects.findByUid(result.uid!)?.status as DisruptionBudgetStatus;
}

/** A bound pod in that phase, Ready or not. */
function podIn(world: World, phase: PodPhase, isReady: boolean, name = "a") {
  const node = world.api.nodes.find("n1");
  const { pod, uid } = world.createPod(name);
  world.ask("create", (w) => w.bindPod(pod, uid, node === -1 ? world.addNode("n1") : node));
  const status = isReady ? ConditionStatus.True : ConditionStatus.False;
  world.ask("patch", (writer) => writer.patchPodStatus(pod, uid, { phase, ready: { status } }));
  return {
    pod,
    uid,
    evict: (): ApiResult => world.ask("create", (writer) => writer.evictPod(pod, uid)),
  };
}

const reasonOf = (result: ApiResult): string => (result.ok ? "ok" : result.reason);

describe("eviction", () => {
  it("without a budget deletes gracefully and says so in a condition", () => {
    const world = createWorld();
    const { pod, evict } = podIn(world, PodPhase.Running, true);
    expect(evict().ok).toBe(true);
    const { pods } = world.api;
    expect(pods.isDeleting(pod)).toBe(true);
    expect(pods.condition(pod, PodConditionType.DisruptionTarget)).toBe(ConditionStatus.True);
    expect(pods.conditionReason(pod, PodConditionType.DisruptionTarget)).toBe(
      "EvictionByEvictionAPI",
    );
  });

  it("takes one disruption from the budget, remembers the pod, and is refused when none is left", () => {
    const world = createWorld();
    const status = addBudget(world, "b", STATUS);
    const first = podIn(world, PodPhase.Running, true, "a");
    const second = podIn(world, PodPhase.Running, true, "b");
    expect(first.evict().ok).toBe(true);
    expect(status()).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: "DisruptionAllowed", status: "False", reason: "InsufficientPods" }],
    });
    expect([...status().disruptedPods.keys()]).toEqual(["a"]);
    expect(second.evict()).toMatchObject({ reason: "TooManyRequests", retryAfterSeconds: 0 });
    expect(world.api.pods.isDeleting(second.pod)).toBe(false);
  });

  it.each([
    ["Pending", PodPhase.Pending],
    ["Succeeded", PodPhase.Succeeded],
    ["Failed", PodPhase.Failed],
  ])("a %s pod asks no budget", (_, phase) => {
    const world = createWorld();
    const status = addBudget(world, "b", { ...STATUS, disruptionsAllowed: 0 });
    const { evict } = podIn(world, phase, false);
    expect(evict().ok).toBe(true);
    expect(status().disruptionsAllowed).toBe(0);
  });

  it.each([
    // policy, healthy, desired -> granted without using the budget
    ["IfHealthyBudget", 2, 2, true],
    ["IfHealthyBudget", 1, 2, false],
    ["IfHealthyBudget", 0, 0, false],
    ["AlwaysAllow", 0, 2, true],
  ])("a pod that is not Ready, %s, %i of %i healthy: %s", (policy, healthy, desired, isGranted) => {
    const world = createWorld();
    const counts = { disruptionsAllowed: 0, currentHealthy: healthy, desiredHealthy: desired };
    const status = addBudget(world, "b", { ...STATUS, ...counts }, policy);
    const { evict } = podIn(world, PodPhase.Running, false);
    expect(evict().ok).toBe(isGranted);
    expect(status().disruptionsAllowed).toBe(0);
  });

  it("is put off for 10 s while the budget's status is unknown or out of date", () => {
    for (const status of [undefined, { ...STATUS, observedGeneration: 0 }]) {
      const world = createWorld();
      addBudget(world, "b", status);
      const { evict } = podIn(world, PodPhase.Running, true);
      expect(evict()).toMatchObject({ reason: "TooManyRequests", retryAfterSeconds: 10 });
    }
  });

  it("is refused for good while too many evictions are unconfirmed", () => {
    const world = createWorld();
    const disruptedPods = new Map(Array.from({ length: 2001 }, (_, n) => [`p${n}`, 0] as const));
    addBudget(world, "b", { ...STATUS, disruptedPods });
    const { evict } = podIn(world, PodPhase.Running, true);
    expect(reasonOf(evict())).toBe("Forbidden");
  });

  it("fails with two budgets, always", () => {
    const world = createWorld();
    addBudget(world, "b", STATUS);
    addBudget(world, "c", STATUS);
    const { evict } = podIn(world, PodPhase.Running, true);
    expect(reasonOf(evict())).toBe("InternalError");
  });

  it("a budget of another namespace or selector does not count", () => {
    const world = createWorld();
    addBudget(world, "b", { ...STATUS, disruptionsAllowed: 0 });
    const db = world.createPod("db", world.template({}, { app: "db" }));
    const node = world.addNode("n9");
    world.ask("create", (writer) => writer.bindPod(db.pod, db.uid, node));
    world.ask("patch", (writer) =>
      writer.patchPodStatus(db.pod, db.uid, { phase: PodPhase.Running }),
    );
    expect(world.ask("create", (writer) => writer.evictPod(db.pod, db.uid)).ok).toBe(true);
  });
});
