// Rollouts as a real control plane made them (timelines/s07-*): the same steps, about the same times.
//
// "Every run" facts must be met exactly; durations lie within the recorded range widened by the
// replay rules' tolerance for multi-step times.
import { describe, expect, it } from "vitest";
import { ConditionStatus, NO_OWNER, type StoredObject } from "../../src/cluster/index.ts";
import { deploymentStatusOf } from "../../src/controllers/index.ts";
import { createRig, deployment, type Json, type Rig } from "./rig.ts";

type Step = readonly [set: string, size: number, at: number];

/** Sizes of the ReplicaSets as they change, in seconds since the call; r1 is the oldest. */
function watchSizes(rig: Rig): Step[] {
  const steps: Step[] = [];
  const startUs = rig.sim.nowUs;
  const names = new Map<number, string>();
  for (const one of rig.api.objects.list("ReplicaSet")) names.set(one.uid, `r${names.size + 1}`);
  rig.api.observe({
    onObject: ({ objectKind, uid, before, after }) => {
      if (objectKind !== "ReplicaSet" || after === undefined) return;
      if (!names.has(uid)) names.set(uid, `r${names.size + 1}`);
      const size = (after as StoredObject<"ReplicaSet">).object.replicas;
      const old = (before as StoredObject<"ReplicaSet"> | undefined)?.object.replicas;
      if (size !== old) steps.push([names.get(uid)!, size, (rig.sim.nowUs - startUs) / 1e6]);
    },
  });
  return steps;
}

interface Extremes {
  aliveMax: number;
  allMax: number;
  readyMin: number;
}

function watchExtremes(rig: Rig): Extremes {
  const extremes: Extremes = { aliveMax: 0, allMax: 0, readyMin: Number.POSITIVE_INFINITY };
  rig.api.observe({
    onPod: () => {
      let all = 0;
      let alive = 0;
      let ready = 0;
      rig.api.pods.forEach((pod) => {
        if (rig.api.pods.owner(pod) === NO_OWNER || rig.api.pods.isFinished(pod)) return;
        all++;
        if (rig.api.pods.isDeleting(pod)) return;
        alive++;
        if (rig.api.pods.ready(pod) === ConditionStatus.True) ready++;
      });
      extremes.allMax = Math.max(extremes.allMax, all);
      extremes.aliveMax = Math.max(extremes.aliveMax, alive);
      extremes.readyMin = Math.min(extremes.readyMin, ready);
    },
  });
  return extremes;
}

function update(rig: Rig, version: string, spec: Json = {}): void {
  const stored = rig.api.objects.find("Deployment", "default", "web")!;
  const containers = [
    {
      name: "c",
      image: `img:${version}`,
      resources: { requests: { cpu: "100m", memory: "64Mi" } },
    },
  ];
  const template = rig.templates.derive(stored.object.template, {
    labels: { ver: version === "v1" ? undefined : version },
    spec: { containers, ...spec },
  });
  rig.edit("Deployment", "web", { template });
}

const sizesOf = (steps: readonly Step[]) => steps.map(([set, size]) => [set, size]);
const reason = (rig: Rig) =>
  deploymentStatusOf(rig.api.objects.find("Deployment", "default", "web")!).conditions.find(
    (one) => one.type === "Progressing",
  )?.reason;

interface Case {
  readonly name: string;
  readonly replicas: number;
  readonly spec?: Json;
  readonly annotations?: Json;
  readonly settleSeconds: number;
  /** All steps, where every recorded run made the same. */
  readonly steps?: readonly (readonly [string, number])[];
  readonly firstSteps?: readonly (readonly [string, number])[];
  /** Seconds of the whole rollout: least and most recorded. */
  readonly duration: readonly [number, number];
  readonly aliveMax: readonly [number, number];
  readonly readyMin: number;
}

const FIRST_10 = [
  ["r2", 3],
  ["r1", 8],
  ["r2", 5],
  ["r1", 7],
] as const;

const cases: readonly Case[] = [
  {
    name: "25 %/25 %, 10 replicas (s07-rolling-default)",
    replicas: 10,
    settleSeconds: 5,
    firstSteps: FIRST_10,
    duration: [2.3731, 2.8825],
    aliveMax: [13, 13],
    readyMin: 8,
  },
  {
    name: "pods that become ready one by one (s07-rolling-staggered)",
    replicas: 10,
    annotations: { "podsim.dev/ready": "2", "podsim.dev/ready-stagger": "0.7" },
    settleSeconds: 13,
    steps: [
      ...FIRST_10,
      ["r2", 6],
      ["r1", 6],
      ["r2", 7],
      ["r1", 5],
      ["r2", 8],
      ["r1", 4],
      ["r2", 9],
      ["r1", 3],
      ["r2", 10],
      ["r1", 2],
      ["r1", 1],
      ["r1", 0],
    ],
    duration: [15.3661, 15.4743],
    aliveMax: [13, 13],
    readyMin: 8,
  },
  {
    name: "20 replicas (s07-rolling-default-20)",
    replicas: 20,
    annotations: { "podsim.dev/ready": "5" },
    settleSeconds: 10,
    firstSteps: [
      ["r2", 5],
      ["r1", 15],
      ["r2", 10],
      ["r1", 14],
    ],
    duration: [12.9567, 13.8868],
    aliveMax: [25, 25],
    readyMin: 15,
  },
  {
    name: "maxSurge 1, maxUnavailable 0 (s07-rolling-surge1)",
    replicas: 6,
    spec: {
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    },
    annotations: { "podsim.dev/ready": "2" },
    settleSeconds: 7,
    steps: [
      ["r2", 1],
      ["r1", 5],
      ["r2", 2],
      ["r1", 4],
      ["r2", 3],
      ["r1", 3],
      ["r2", 4],
      ["r1", 2],
      ["r2", 5],
      ["r1", 1],
      ["r2", 6],
      ["r1", 0],
    ],
    duration: [18.4211, 18.865],
    aliveMax: [7, 8],
    readyMin: 6,
  },
  {
    name: "maxSurge 0, maxUnavailable 1 (s07-rolling-unavail1)",
    replicas: 6,
    spec: {
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    },
    annotations: { "podsim.dev/ready": "2" },
    settleSeconds: 7,
    steps: [
      ["r2", 0],
      ["r1", 5],
      ["r2", 1],
      ["r1", 4],
      ["r2", 2],
      ["r1", 3],
      ["r2", 3],
      ["r1", 2],
      ["r2", 4],
      ["r1", 1],
      ["r2", 5],
      ["r1", 0],
      ["r2", 6],
    ],
    duration: [18.3013, 18.4195],
    aliveMax: [6, 7],
    readyMin: 5,
  },
  {
    name: "minReadySeconds 10 (s07-rolling-minready)",
    replicas: 8,
    spec: { minReadySeconds: 10 },
    annotations: { "podsim.dev/ready": "2" },
    settleSeconds: 16,
    steps: [
      ["r2", 2],
      ["r1", 6],
      ["r2", 4],
      ["r1", 2],
      ["r2", 8],
      ["r1", 0],
    ],
    duration: [26.0214, 26.0388],
    aliveMax: [10, 10],
    readyMin: 6,
  },
];

describe("a rollout", () => {
  it.each(cases)("$name", (rollout) => {
    const rig = createRig();
    rig.apply(deployment("web", rollout.replicas, rollout.spec ?? {}, rollout.annotations ?? {}));
    rig.runUntil(rollout.settleSeconds);
    const steps = watchSizes(rig);
    const extremes = watchExtremes(rig);
    const startUs = rig.sim.nowUs;
    let doneUs = 0;
    rig.api.observe({
      onObject: ({ objectKind }) => {
        if (objectKind === "Deployment" && reason(rig) === "NewReplicaSetAvailable")
          doneUs = rig.sim.nowUs;
        else if (objectKind === "Deployment") doneUs = 0;
      },
    });
    update(rig, "v2");
    rig.runFor(60);
    if (rollout.steps !== undefined) expect(sizesOf(steps)).toEqual(rollout.steps);
    if (rollout.firstSteps !== undefined)
      expect(sizesOf(steps).slice(0, 4)).toEqual(rollout.firstSteps);
    expect(steps.at(-1)!.slice(0, 2)).toEqual(rollout.steps?.at(-1) ?? ["r1", 0]);
    const seconds = (doneUs - startUs) / 1e6;
    const [least, most] = rollout.duration;
    expect(seconds).toBeGreaterThanOrEqual(least - Math.min(1.5, Math.max(0.5, 0.08 * least)));
    expect(seconds).toBeLessThanOrEqual(most + Math.min(1, Math.max(0.25, 0.04 * most)));
    expect(extremes.aliveMax).toBeGreaterThanOrEqual(rollout.aliveMax[0]);
    expect(extremes.aliveMax).toBeLessThanOrEqual(rollout.aliveMax[1]);
    expect(extremes.readyMin).toBe(rollout.readyMin);
  });

  it("by Recreate waits until the last old pod's object is gone (s07-recreate)", () => {
    const rig = createRig();
    rig.apply(
      deployment(
        "web",
        8,
        { strategy: { type: "Recreate" } },
        { "podsim.dev/ready": "2", "podsim.dev/stop": "3" },
      ),
    );
    rig.runUntil(7);
    const steps = watchSizes(rig);
    const created: number[] = [];
    let lastGone = 0;
    rig.api.observe({
      onPod: ({ kind }) => {
        if (kind === "Added") created.push(rig.sim.nowUs / 1e6 - 7);
        if (kind === "Deleted") lastGone = rig.sim.nowUs / 1e6 - 7;
      },
    });
    update(rig, "v2");
    rig.runFor(20);
    expect(sizesOf(steps)).toEqual([
      ["r1", 0],
      ["r2", 8],
    ]);
    expect(created).toHaveLength(8);
    expect(lastGone).toBeGreaterThan(3);
    expect(created[0]! - lastGone).toBeGreaterThan(0);
    expect(created[0]! - lastGone).toBeLessThan(0.026 + 0.25);
  });

  it("turned back midway gives up the unready half of the new one at once (s07-rollback-midway)", () => {
    const rig = createRig();
    rig.apply(deployment("web", 10, {}, { "podsim.dev/ready": "5" }));
    rig.runUntil(9);
    const steps = watchSizes(rig);
    update(rig, "v2");
    rig.runFor(8);
    update(rig, "v1");
    rig.runFor(30);
    const sizes = sizesOf(steps);
    expect(sizes.slice(0, 4)).toEqual(FIRST_10);
    expect(sizes.slice(-7)).toEqual([
      ["r2", 10],
      ["r2", 5],
      ["r1", 8],
      ["r2", 4],
      ["r1", 9],
      ["r2", 0],
      ["r1", 10],
    ]);
    expect(
      rig.api.objects
        .list("ReplicaSet")
        .map((one) => one.object.meta.annotations.get("deployment.kubernetes.io/revision")),
    ).toEqual(["3", "2"]);
  });

  it("that cannot go on is reported after its deadline and not undone (s07-rolling-deadline)", () => {
    const rig = createRig();
    rig.apply(deployment("web", 8, { progressDeadlineSeconds: 20 }));
    rig.runUntil(5);
    const steps = watchSizes(rig);
    let exceeded = 0;
    rig.api.observe({
      onObject: ({ objectKind }) => {
        if (objectKind !== "Deployment" || exceeded > 0) return;
        if (reason(rig) === "ProgressDeadlineExceeded") exceeded = rig.sim.nowUs / 1e6 - 5;
      },
    });
    update(rig, "v2", { nodeSelector: { nowhere: "true" } });
    rig.runFor(60);
    expect(sizesOf(steps)).toEqual([
      ["r2", 2],
      ["r1", 6],
      ["r2", 4],
    ]);
    expect(exceeded).toBeGreaterThan(20);
    expect(exceeded).toBeLessThan(21.3);
    update(rig, "v1", { nodeSelector: undefined });
    rig.runFor(10);
    expect(sizesOf(steps).slice(3)).toEqual([
      ["r2", 0],
      ["r1", 8],
    ]);
    expect(reason(rig)).toBe("NewReplicaSetAvailable");
  });

  it("keeps as many old ReplicaSets as its history limit says, the latest ones", () => {
    const rig = createRig();
    rig.apply(deployment("web", 2, { revisionHistoryLimit: 2 }));
    for (let version = 2; version <= 6; version++) {
      rig.runFor(10);
      update(rig, `v${version}`);
    }
    rig.runFor(10);
    const revisions = rig.api.objects
      .list("ReplicaSet")
      .map((one) => one.object.meta.annotations.get("deployment.kubernetes.io/revision"));
    expect(revisions).toEqual(["4", "5", "6"]);
  });

  it("that is paused changes size but not template, and goes on when resumed", () => {
    const rig = createRig();
    rig.apply(deployment("web", 4));
    rig.runUntil(5);
    rig.edit("Deployment", "web", { paused: true });
    rig.runFor(2);
    update(rig, "v2");
    rig.edit("Deployment", "web", { replicas: 6 });
    rig.runFor(10);
    expect(rig.api.objects.list("ReplicaSet").map((one) => one.object.replicas)).toEqual([6]);
    expect(reason(rig)).toBe("DeploymentPaused");
    rig.edit("Deployment", "web", { paused: false });
    rig.runFor(20);
    expect(rig.api.objects.list("ReplicaSet").map((one) => one.object.replicas)).toEqual([0, 6]);
  });
});
