// From a Deployment to running pods and back, through a lost node.
import { describe, expect, it } from "vitest";
import { ConditionStatus, PodPhase } from "../../src/cluster/index.ts";
import { deploymentStatusOf } from "../../src/controllers/index.ts";
import { createRig, deployment } from "./rig.ts";

describe("a Deployment", () => {
  it("becomes a ReplicaSet, pods, and running processes", () => {
    const rig = createRig();
    rig.apply(deployment("web", 10));
    rig.runFor(5);
    const pods = rig.podsOf("web");
    expect(pods).toHaveLength(10);
    for (const pod of pods) {
      expect(rig.api.pods.phase(pod)).toBe(PodPhase.Running);
      expect(rig.api.pods.ready(pod)).toBe(ConditionStatus.True);
    }
    expect(rig.machines.processCount).toBe(10);
    const status = deploymentStatusOf(rig.api.objects.find("Deployment", "default", "web")!);
    expect(status).toMatchObject({
      replicas: 10,
      readyReplicas: 10,
      availableReplicas: 10,
      updatedReplicas: 10,
    });
    expect(status.conditions.map((one) => `${one.type} ${one.status}/${one.reason}`)).toEqual([
      "Available True/MinimumReplicasAvailable",
      "Progressing True/NewReplicaSetAvailable",
    ]);
  });

  it("gets its pods back elsewhere after their node died", () => {
    const rig = createRig();
    rig.apply(deployment("web", 10));
    rig.runUntil(20);
    const dead = rig.nodes[0]!;
    rig.machines.powerOff(dead);
    rig.runUntil(20 + 55);
    expect(rig.podsOf("web")).toHaveLength(10);
    expect(rig.machines.processCount).toBe(8);
    rig.runUntil(20 + 400);
    const pods = rig.podsOf("web");
    const living = pods.filter((pod) => !rig.api.pods.isDeleting(pod));
    expect(living).toHaveLength(10);
    expect(living.every((pod) => rig.api.pods.node(pod) !== dead)).toBe(true);
    expect(pods).toHaveLength(12);
    expect(rig.machines.processCount).toBe(10);
  });

  it("that lacks pods after its rollout is not looked at again and again", () => {
    const rig = createRig({ nodes: 1 });
    rig.apply(deployment("web", 3));
    rig.runUntil(20);
    rig.machines.powerOff(rig.nodes[0]!);
    rig.runUntil(1000);
    const before = rig.sim.stats.fired;
    rig.runUntil(100_000);
    expect(rig.sim.stats.fired - before).toBeLessThan(20);
  });

  it("goes with all its pods when it is deleted", () => {
    const rig = createRig();
    rig.apply(deployment("web", 7));
    rig.runFor(5);
    rig.remove("Deployment", "web");
    rig.runFor(5);
    expect(rig.podNames()).toEqual([]);
    expect(rig.api.objects.count("ReplicaSet")).toBe(0);
    expect(rig.machines.processCount).toBe(0);
  });
});
