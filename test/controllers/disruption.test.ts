// Disruption budgets kept current: how many pods are expected, how many may go, and what evictions
// and marks that come to nothing do to that. Times are those of the stand-in kubelet.
import { describe, expect, it } from "vitest";
import {
  type ApiResult,
  ConditionStatus,
  type DisruptionBudgetStatus,
  PodConditionType,
  type PodIndex,
} from "../../src/cluster/index.ts";
import { RANK } from "../../src/engine/index.ts";
import { createRig, deployment, type Json, podTemplate, type Rig } from "./rig.ts";

const budget = (name: string, spec: Json, app = "web"): Json => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name },
  spec: { selector: { matchLabels: { app } }, ...spec },
});

function statusOf(rig: Rig, name = "b"): DisruptionBudgetStatus {
  const stored = rig.api.objects.find("PodDisruptionBudget", "default", name)!;
  return stored.status as DisruptionBudgetStatus;
}

const figures = (rig: Rig): readonly number[] => {
  const { expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed } = statusOf(rig);
  return [expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed];
};

function evict(rig: Rig, pod: PodIndex): () => ApiResult | undefined {
  const user = rig.api.client("drain", { limit: "unlimited", rank: RANK.workload });
  let answer: ApiResult | undefined;
  const uid = rig.api.pods.uid(pod);
  rig.api.request(
    user,
    "create",
    (writer) => writer.evictPod(pod, uid),
    (result) => {
      answer = result;
    },
  );
  return () => answer;
}

describe("the status of a budget over a Deployment of 5", () => {
  it.each<[spec: Json, expected: number, desired: number, allowed: number]>([
    [{ minAvailable: 3 }, 5, 3, 2],
    [{ minAvailable: 5 }, 5, 5, 0],
    [{ minAvailable: "50%" }, 5, 3, 2],
    [{ maxUnavailable: 1 }, 5, 4, 1],
    [{ maxUnavailable: "30%" }, 5, 3, 2],
    [{ maxUnavailable: 7 }, 5, 0, 5],
    [{}, 0, 0, 0],
  ])("%o: %i expected, %i wanted, %i may go", (spec, expected, desired, allowed) => {
    const rig = createRig({ check: true });
    rig.apply(deployment("web", 5), budget("b", spec));
    rig.runFor(5);
    expect(figures(rig)).toEqual([expected, desired, 5, allowed]);
    const isAllowed = allowed > 0;
    expect(statusOf(rig).conditions).toMatchObject([
      {
        type: "DisruptionAllowed",
        status: isAllowed ? "True" : "False",
        reason: isAllowed ? "SufficientPods" : "InsufficientPods",
      },
    ]);
  });

  it("follows pods that become ready, end and are replaced", () => {
    const rig = createRig();
    rig.apply(budget("b", { maxUnavailable: 1 }), deployment("web", 3));
    rig.runFor(0.5);
    expect(figures(rig)).toEqual([3, 2, 0, 0]);
    rig.runFor(2);
    expect(figures(rig)).toEqual([3, 2, 3, 1]);
    rig.deletePod(rig.podsOf("web")[0]!);
    rig.runFor(0.1);
    expect(figures(rig)).toEqual([3, 2, 2, 0]);
    rig.runFor(2);
    expect(figures(rig)).toEqual([3, 2, 3, 1]);
  });

  it("counts the scale of two ReplicaSets of one Deployment once", () => {
    const rig = createRig();
    rig.apply(deployment("web", 4), budget("b", { maxUnavailable: 1 }));
    rig.runFor(3);
    const template = podTemplate("web", { "podsim.dev/ready": "60" });
    const decoded = rig.decode({
      ...deployment("web", 4),
      spec: { ...(deployment("web", 4)["spec"] as object), template },
    });
    rig.edit("Deployment", "web", { template: (decoded as unknown as Json)["template"] });
    rig.runFor(5);
    expect(rig.podsOf("web").length).toBeGreaterThan(4);
    expect(figures(rig).slice(0, 2)).toEqual([4, 3]);
  });

  it("notices pods that take or lose the label", () => {
    const rig = createRig();
    rig.apply(deployment("web", 2), budget("b", { minAvailable: 1 }, "other"));
    rig.runFor(3);
    expect(figures(rig)).toEqual([0, 1, 0, 0]);
    const { uid } = rig.api.objects.find("PodDisruptionBudget", "default", "b")!;
    const changed = rig.decode(budget("b", { minAvailable: 1 }));
    const user = rig.api.client("u", { limit: "unlimited", rank: RANK.workload });
    rig.api.request(user, "update", (writer) =>
      writer.updateObject("PodDisruptionBudget", uid, () => changed as never),
    );
    rig.runFor(1);
    expect(figures(rig)).toEqual([2, 1, 2, 1]);
    expect(statusOf(rig).observedGeneration).toBe(2);
  });
});

describe("pods without a scale", () => {
  const bare = (name: string): Json => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "web" } },
    spec: podTemplate("web")["spec"],
  });

  it("count by their number for minAvailable, and for nothing where the scale is asked", () => {
    for (const [spec, figuresWanted] of [
      [{ minAvailable: 1 }, [2, 1, 2, 1]],
      [{ maxUnavailable: 1 }, [0, 0, 2, 0]],
    ] as const) {
      const rig = createRig();
      rig.apply(bare("a"), bare("b"), budget("b", spec));
      rig.runFor(3);
      expect(figures(rig)).toEqual(figuresWanted);
    }
  });

  it("of a Job make the budget refuse and say so", () => {
    const rig = createRig();
    const template = podTemplate("web", { "podsim.dev/run": "60" }, { restartPolicy: "Never" });
    rig.apply(budget("b", { maxUnavailable: 1 }), {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "j" },
      spec: { parallelism: 2, completions: 2, template },
    });
    rig.runFor(5);
    expect(statusOf(rig)).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ status: "False", reason: "SyncFailed" }],
    });
  });
});

describe("an eviction", () => {
  it("is granted while the budget allows and again when the replacement is ready", () => {
    const rig = createRig({ check: true });
    rig.apply(deployment("web", 3), budget("b", { maxUnavailable: 1 }));
    rig.runFor(5);
    const [first, second] = rig.podsOf("web") as [PodIndex, PodIndex];
    const granted = evict(rig, first);
    const refused = evict(rig, second);
    rig.runFor(0.01);
    expect(granted()?.ok).toBe(true);
    expect(refused()).toMatchObject({ ok: false, reason: "TooManyRequests" });
    rig.runFor(3);
    const later = evict(rig, second);
    rig.runFor(0.01);
    expect(later()?.ok).toBe(true);
    rig.runFor(3);
    expect(statusOf(rig).disruptedPods.size).toBe(0);
  });
});

describe("a pod marked for disruption that nobody deletes", () => {
  it("loses the mark after two minutes, not if it is being deleted", () => {
    const rig = createRig();
    rig.apply(deployment("web", 2));
    rig.runFor(5);
    const [kept, going] = rig.podsOf("web") as [PodIndex, PodIndex];
    const { pods } = rig.api;
    const user = rig.api.client("u", { limit: "unlimited", rank: RANK.workload });
    const reason = "PreemptionByScheduler";
    for (const pod of [kept, going]) {
      const disruptionTarget = { status: ConditionStatus.True, reason };
      rig.api.request(user, "patch", (writer) =>
        writer.patchPodStatus(pod, pods.uid(pod), { disruptionTarget }),
      );
    }
    const goingUid = pods.uid(going);
    rig.runFor(119);
    rig.deletePod(going);
    expect(pods.condition(kept, PodConditionType.DisruptionTarget)).toBe(ConditionStatus.True);
    rig.runFor(2);
    expect(pods.condition(kept, PodConditionType.DisruptionTarget)).toBe(ConditionStatus.False);
    expect(pods.isLive(going, goingUid)).toBe(false);
  });

  it("and an eviction that no deletion followed is forgotten after as long", () => {
    const rig = createRig();
    rig.apply(deployment("web", 2), budget("b", { minAvailable: 1 }));
    rig.runFor(5);
    const pod = rig.podsOf("web")[0]!;
    const { uid } = rig.api.objects.find("PodDisruptionBudget", "default", "b")!;
    const user = rig.api.client("u", { limit: "unlimited", rank: RANK.workload });
    const disruptedPods = new Map([[rig.api.pods.name(pod), rig.sim.nowUs]]);
    rig.api.request(user, "patch", (writer) =>
      writer.patchObjectStatus("PodDisruptionBudget", uid, { ...statusOf(rig), disruptedPods }),
    );
    rig.runFor(1);
    // The other pod is evicted, so that the budget is looked at again and plans its next look.
    evict(rig, rig.podsOf("web")[1]!);
    rig.runFor(10);
    expect(statusOf(rig)).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 });
    rig.runFor(115);
    expect(statusOf(rig)).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    expect(statusOf(rig).disruptedPods.size).toBe(0);
  });
});
