// Each invariant of controllers holds on an eventful honest run, and is broken, by its own id, by a
// seeded defect.
import { describe, expect, it } from "vitest";
import type { EntityDraws } from "../../../src/base/index.ts";
import { constant } from "../../../src/base/index.ts";
import { PodPhase, type PodIndex } from "../../../src/cluster/index.ts";
import { registerControllerInvariants } from "../../../src/controllers/index.ts";
import { InvariantBroken } from "../../../src/engine/index.ts";
import { type Fault, registerFaultInvariants, startFaults } from "../../../src/faults/index.ts";
import { createRig, deployment, type Json, podTemplate, type Rig } from "../rig.ts";

function checkedRig(seed = "1", nodes = 6): Rig {
  const rig = createRig({ seed, nodes, check: true, zoneOf: (index) => `z${index % 3}` });
  registerControllerInvariants(rig.sim, rig.api, rig.machines, rig.controllers);
  return rig;
}

/** Runs and gives the id of the invariant that broke, if one did. */
function brokenId(rig: Rig, seconds: number, act: () => void = () => {}): string | undefined {
  try {
    act();
    rig.runUntil(seconds);
    rig.sim.invariants.runAtEnd();
  } catch (error) {
    if (error instanceof InvariantBroken) return `${error.id}`;
    throw error;
  }
  return undefined;
}

const workloads: Json[] = [
  deployment("web", 10),
  deployment("crash", 3, {}, { "podsim.dev/run": "7", "podsim.dev/exit": "1" }),
  deployment("whole", 4, { strategy: { type: "Recreate" } }),
  {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent" },
    spec: { selector: { matchLabels: { app: "agent" } }, template: podTemplate("agent") },
  },
  {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db" },
    spec: {
      replicas: 3,
      serviceName: "db",
      selector: { matchLabels: { app: "db" } },
      template: podTemplate("db"),
    },
  },
  {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "sum" },
    spec: {
      completions: 12,
      parallelism: 3,
      template: podTemplate("sum", { "podsim.dev/run": "20" }, { restartPolicy: "OnFailure" }),
    },
  },
];

describe("controller invariants", () => {
  it.each(["1", "2", "3"])("hold through faults, rollouts and resizes, seed %s", (seed) => {
    const rig = checkedRig(seed);
    const plan: Fault[] = [
      {
        kind: "NodeFailures",
        name: "all",
        upTimeSeconds: constant({ value: 700 }),
        repairSeconds: constant({ value: 90 }),
      },
      { kind: "ZoneOutage", zone: "z1", atUs: 100e6, durationUs: 500e6 },
      { kind: "NetworkPartition", node: "n3", atUs: 60e6, durationUs: 420e6 },
    ];
    const faults = startFaults(rig.sim, rig.api, rig.machines, plan, rig.draws);
    registerFaultInvariants(rig.sim, rig.api, rig.machines, faults);
    rig.apply(...workloads);
    const units: EntityDraws = rig.draws("test/edits");
    for (let step = 1; step <= 12; step++) {
      rig.runUntil(step * 120);
      const stored = rig.api.objects.find("Deployment", "default", "web")!;
      const replicas = 2 + Math.floor(units.unit(1, step) * 16);
      const template = rig.templates.derive(stored.object.template, {
        labels: { v: String(step >> 1) },
      });
      rig.edit("Deployment", "web", { replicas, template });
    }
    expect(brokenId(rig, 2400)).toBeUndefined();
    expect(rig.sim.invariants.testsRun).toBeGreaterThan(50_000);
    const web = rig.podsOf("web").filter((pod) => !rig.api.pods.isDeleting(pod));
    expect(web).toHaveLength(rig.api.objects.find("Deployment", "default", "web")!.object.replicas);
  });

  it("I7 is broken by a ReplicaSet that makes one pod too many", () => {
    const rig = checkedRig();
    const controller = rig.controllers.replicaSets as unknown as {
      create(record: unknown, missing: number, finish: unknown): void;
    };
    const honest = controller.create.bind(controller);
    controller.create = (record, missing, finish) => honest(record, missing + 1, finish);
    expect(brokenId(rig, 10, () => rig.apply(deployment("web", 3)))).toBe("I7");
  });

  it("I7 is broken by a Deployment that surges without bound", () => {
    const rig = checkedRig();
    rig.apply(deployment("web", 4));
    rig.runUntil(10);
    const controller = rig.controllers.deployments as unknown as {
      grownNewest(rollout: { newest?: { object: { replicas: number } } }): unknown;
    };
    controller.grownNewest = ({ newest }) =>
      newest && { record: newest, size: newest.object.replicas + 3 };
    const stored = rig.api.objects.find("Deployment", "default", "web")!;
    const template = rig.templates.derive(stored.object.template, { labels: { v: "2" } });
    expect(brokenId(rig, 30, () => rig.edit("Deployment", "web", { template }))).toBe("I7");
  });

  it("I7 is broken by a work queue that loses a key", () => {
    const rig = checkedRig();
    rig.apply(deployment("web", 4));
    rig.runUntil(10);
    rig.controllers.replicaSets.queue.add = () => {};
    expect(brokenId(rig, 20, () => rig.deletePod(rig.podsOf("web")[0]!))).toBe("I7");
  });

  it("I9 is broken by a restart that nobody counts", () => {
    const rig = checkedRig();
    rig.apply(deployment("web", 1));
    rig.runUntil(10);
    const [pod] = rig.podsOf("web");
    const node = rig.api.pods.node(pod!);
    const uid = rig.api.pods.uid(pod!);
    expect(
      brokenId(rig, 100, () => {
        rig.machines.exitProcess(node, uid, 1);
        rig.machines.startProcess(node, uid);
      }),
    ).toBe("I9");
  });

  it("I29 is broken by a process on a machine that its pod is not bound to", () => {
    const rig = checkedRig();
    rig.apply(deployment("web", 1));
    rig.runUntil(10);
    const uid = rig.api.pods.uid(rig.podsOf("web")[0]!);
    const other = rig.nodes.find((node) => rig.api.pods.countOnNode(node) === 0)!;
    expect(
      brokenId(rig, 20, () => {
        rig.machines.admitPod(other, uid);
        rig.machines.startProcess(other, uid);
      }),
    ).toBe("I29");
  });

  it("I31 is broken by an eviction before its time, and by one that never comes", () => {
    for (const defect of ["early", "never"] as const) {
      const rig = checkedRig();
      rig.apply(deployment("web", 12));
      rig.runUntil(10);
      const controller = rig.controllers.taintEviction as unknown as {
        judge(pod: PodIndex, taints: readonly unknown[]): void;
        evict(pod: PodIndex, uid: number, sinceUs: number): void;
      };
      controller.judge = (pod) => {
        if (defect === "early") controller.evict(pod, rig.api.pods.uid(pod), 0);
      };
      expect(brokenId(rig, 500, () => rig.machines.powerOff(rig.nodes[0]!))).toBe("I31");
    }
  });

  it("I32 is broken by a kubelet that forgets to stop a deleted pod", () => {
    const rig = checkedRig();
    rig.apply(deployment("web", 2));
    rig.runUntil(10);
    const { stops } = rig.controllers.kubelets as unknown as { stops: { stop(): void } };
    stops.stop = () => {};
    expect(brokenId(rig, 60, () => rig.deletePod(rig.podsOf("web")[0]!))).toBe("I32");
  });

  it("I35 is broken by a second daemon pod, by too many pods of a Job, and by a finished pod that runs again", () => {
    const daemons = checkedRig();
    daemons.apply(workloads[3]!);
    daemons.runUntil(5);
    const daemonController = daemons.controllers.daemonSets as unknown as {
      podsByNode(): ReadonlyMap<number, readonly number[]>;
    };
    daemonController.podsByNode = () => new Map();
    const uid = daemons.api.objects.find("DaemonSet", "default", "agent")!.uid;
    expect(brokenId(daemons, 10, () => daemons.controllers.daemonSets.queue.add(uid))).toBe("I35");

    const jobs = checkedRig();
    const jobController = jobs.controllers.jobs as unknown as {
      createPods(
        record: unknown,
        status: unknown,
        view: unknown,
        count: number,
        finish: unknown,
      ): void;
    };
    const honest = jobController.createPods.bind(jobController);
    jobController.createPods = (record, status, view, count, finish) =>
      honest(record, status, view, count + 1, finish);
    expect(brokenId(jobs, 10, () => jobs.apply(workloads[5]!))).toBe("I35");

    const finished = checkedRig();
    finished.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "once" },
      spec: { ...(podTemplate("once", {})["spec"] as object), restartPolicy: "Never" },
    });
    finished.runUntil(5);
    const pod = finished.api.pods.find("default", "once");
    const node = finished.api.pods.node(pod);
    const podUid = finished.api.pods.uid(pod);
    const kubelet = finished.api.client("kubelet", { limit: "unlimited", rank: 3 });
    finished.machines.exitProcess(node, podUid, 0);
    finished.api.request(kubelet, "patch", (writer) =>
      writer.patchPodStatus(pod, podUid, { phase: PodPhase.Succeeded }),
    );
    finished.runUntil(6);
    expect(brokenId(finished, 10, () => finished.machines.startProcess(node, podUid))).toBe("I35");
  });
});
