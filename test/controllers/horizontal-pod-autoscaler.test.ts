import { describe, expect, it } from "vitest";
import { ConditionStatus, type PodIndex } from "../../src/cluster/index.ts";
import { hpaStatusOf, type PodMetric, type PodMetrics } from "../../src/controllers/index.ts";
import { createRig, deployment, type Json, type Rig, STAND_IN_OPTIONS } from "./rig.ts";

const autoscaler = (spec: Json = {}, name = "web"): Json => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name },
  spec: {
    minReplicas: 2,
    maxReplicas: 40,
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    metrics: [
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
      },
    ],
    ...spec,
  },
});

/** The recorder's metrics: a total load shared by the ready pods, window 30 s, stamped at the query. */
class SharedLoad implements PodMetrics {
  totalMilliCpu = 100;
  rig: Rig | undefined;

  query(selected: readonly PodIndex[]): ReadonlyMap<PodIndex, PodMetric> {
    const { pods } = this.rig!.api;
    const serving = selected.filter(
      (pod) => pods.ready(pod) === ConditionStatus.True && !pods.isDeleting(pod),
    );
    const milliCpu = Math.floor(this.totalMilliCpu / serving.length);
    const memoryBytes = 10 * 1024 * 1024;
    const metric: PodMetric = {
      containers: [{ name: "c", milliCpu, memoryBytes }],
      atUs: this.rig!.sim.nowUs,
      windowUs: 30_000_000,
    };
    return new Map(serving.map((pod) => [pod, metric]));
  }
}

function loadedRig(): { rig: Rig; load: SharedLoad; sizes: [number, number][]; reasons: string[] } {
  const load = new SharedLoad();
  const rig = createRig({ podMetrics: load });
  load.rig = rig;
  const sizes: [number, number][] = [];
  const reasons: string[] = [];
  rig.api.observe({
    onObject: ({ objectKind, after }) => {
      if (objectKind === "Deployment" && after !== undefined) {
        const { replicas } = after.object as unknown as { replicas: number };
        if (sizes[sizes.length - 1]?.[1] !== replicas) sizes.push([rig.sim.nowUs / 1e6, replicas]);
      }
      if (objectKind !== "HorizontalPodAutoscaler" || after === undefined) return;
      for (const { type, status, reason } of hpaStatusOf(after).conditions) {
        const text = `${type} ${status}/${reason}`;
        if (!reasons.includes(text)) reasons.push(text);
      }
    },
  });
  return { rig, load, sizes, reasons };
}

describe("a HorizontalPodAutoscaler", () => {
  it("goes 2, 4, 8, 16, 32, 40 under load and down to 4 in one step, at the recorded times", () => {
    const { rig, load, sizes, reasons } = loadedRig();
    rig.apply(deployment("web", 2));
    rig.runUntil(10.0474);
    rig.apply(autoscaler());
    rig.runUntil(60);
    load.totalMilliCpu = 3_000;
    rig.runUntil(240);
    load.totalMilliCpu = 200;
    rig.runUntil(560);
    expect(sizes.map(([, replicas]) => replicas)).toEqual([2, 4, 8, 16, 32, 40, 4]);
    const recorded = [0, 70.1, 85.1, 100.1, 115.2, 130.2, 535.5];
    for (const [index, [at]] of sizes.entries()) {
      expect(Math.abs(at - recorded[index]!)).toBeLessThan(0.5);
    }
    expect(reasons.sort()).toEqual([
      "AbleToScale True/ReadyForNewScale",
      "AbleToScale True/ScaleDownStabilized",
      "AbleToScale True/SucceededGetScale",
      "AbleToScale True/SucceededRescale",
      "ScalingActive False/FailedGetResourceMetric",
      "ScalingActive True/ValidMetricFound",
      "ScalingLimited False/DesiredWithinRange",
      "ScalingLimited True/ScaleUpLimit",
      "ScalingLimited True/TooManyReplicas",
    ]);
  });

  it("says why it sets a size, and nothing when only the window makes it", () => {
    const { rig, load } = loadedRig();
    const said: string[] = [];
    rig.api.events.listen(({ reason, message }) => {
      if (reason === "SuccessfulRescale") said.push(message);
    });
    rig.apply(deployment("web", 2), autoscaler());
    rig.runUntil(60);
    load.totalMilliCpu = 3_000;
    rig.runUntil(140);
    expect(said[0]).toBe(
      "New size: 4; reason: cpu resource utilization (percentage of request) above target",
    );
    expect(said[said.length - 1]).toBe("New size: 40; reason: ");
  });

  it("brings a size outside its bounds inside without any metric", () => {
    const { rig, load } = loadedRig();
    load.totalMilliCpu = 0;
    rig.apply(deployment("web", 9), autoscaler({ maxReplicas: 5 }));
    rig.runUntil(16);
    expect(rig.api.objects.list("Deployment")[0]!.object.replicas).toBe(5);
    rig.edit("Deployment", "web", { replicas: 1 });
    rig.runUntil(32);
    expect(rig.api.objects.list("Deployment")[0]!.object.replicas).toBe(2);
  });

  it("rests while its target has no replicas", () => {
    const { rig, reasons } = loadedRig();
    rig.apply(deployment("web", 0), autoscaler());
    rig.runUntil(40);
    expect(reasons).toContain("ScalingActive False/ScalingDisabled");
    expect(rig.api.objects.list("Deployment")[0]!.object.replicas).toBe(0);
  });

  it.each<[what: string, spec: Json, template: Json, reason: string]>([
    [
      "no such target",
      { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "other" } },
      {},
      "FailedGetScale",
    ],
    [
      "a kind without a scale",
      { scaleTargetRef: { apiVersion: "apps/v1", kind: "DaemonSet", name: "web" } },
      {},
      "FailedGetScale",
    ],
    [
      "a container without the request",
      {
        metrics: [
          {
            type: "Resource",
            resource: { name: "ephemeral-storage", target: { averageUtilization: 50 } },
          },
        ],
      },
      {},
      "FailedGetResourceMetric",
    ],
    [
      "a metric without a source",
      {
        metrics: [
          {
            type: "External",
            external: { metric: { name: "queue" }, target: { type: "Value", value: "5" } },
          },
        ],
      },
      {},
      "FailedGetExternalMetric",
    ],
  ])("%s: nothing is scaled, the condition says why", (_, spec, template, reason) => {
    const { rig, reasons } = loadedRig();
    rig.apply(deployment("web", 3, template), autoscaler(spec));
    rig.runUntil(80);
    expect(reasons.some((text) => text.endsWith(`False/${reason}`))).toBe(true);
    expect(rig.api.objects.list("Deployment")[0]!.object.replicas).toBe(3);
  });

  it("takes the highest of several metrics, and does not shrink while one of them fails", () => {
    const metric = (name: string, target: Json): Json => ({
      type: "Resource",
      resource: { name, target },
    });
    const two = [
      metric("cpu", { type: "Utilization", averageUtilization: 50 }),
      metric("memory", { type: "AverageValue", averageValue: "2Mi" }),
    ];
    const { rig, load } = loadedRig();
    load.totalMilliCpu = 100;
    rig.apply(deployment("web", 2), autoscaler({ metrics: two, maxReplicas: 6 }));
    rig.runUntil(60);
    expect(rig.api.objects.list("Deployment")[0]!.object.replicas).toBe(6);
  });
});

describe("the metrics server", () => {
  /** A pod that uses 20m for a minute of its life and 200m after that, of 100m requested. */
  const busy = { "podsim.dev/usage": "cpu=20m memory=32Mi; 100s cpu=200m" };

  it("tells what containers used between two scrapes; the autoscaler follows the usage model", () => {
    const options = {
      ...STAND_IN_OPTIONS,
      phases: { ...STAND_IN_OPTIONS.phases, metricsUs: 0 },
    };
    const rig = createRig({ options });
    const at: [number, number][] = [];
    rig.api.observe({
      onObject: ({ objectKind, after }) => {
        if (objectKind !== "Deployment" || after === undefined) return;
        const { replicas } = after.object as unknown as { replicas: number };
        if (at[at.length - 1]?.[1] !== replicas) at.push([rig.sim.nowUs / 1e6, replicas]);
      },
    });
    rig.apply(deployment("web", 2, {}, busy), autoscaler({ maxReplicas: 6 }));
    rig.runUntil(200);
    // Containers start at about 1 s, so usage rises at 101 s. The scrape of 105 s sees a quarter of
    // its window risen: 68m of the 100m requested, 68 percent, 1.36 times the target: 3 pods.
    expect(at.map(([, replicas]) => replicas)).toEqual([2, 3, 6]);
    expect(at[1]![0]).toBeGreaterThan(105);
    expect(at[1]![0]).toBeLessThan(136);
  });
});
