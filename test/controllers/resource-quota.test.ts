import { describe, expect, it } from "vitest";
import type { ResourceQuotaStatus } from "../../src/cluster/index.ts";
import { createRig, deployment, type Json, podTemplate, type Rig } from "./rig.ts";

const quota = (hard: Json, more: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name: "q" },
  spec: { hard, ...more },
});

const pod = (name: string, spec: Json = {}): Json => ({
  apiVersion: "v1",
  kind: "Pod",
  ...podTemplate("x", {}, spec),
  metadata: { name, labels: { app: "x" } },
});

function usedOf(rig: Rig): Record<string, string> {
  const status = rig.api.objects.find("ResourceQuota", "default", "q")!.status as
    | ResourceQuotaStatus
    | undefined;
  return Object.fromEntries([...(status?.used ?? [])].map(([name, sum]) => [name, String(sum)]));
}

function withQuota(hard: Json, more: Json = {}): Rig {
  const rig = createRig();
  rig.apply(quota(hard, more));
  rig.runFor(1);
  return rig;
}

function refusal(rig: Rig, object: Json): string | undefined {
  try {
    rig.apply(object);
    rig.runFor(1);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

describe("a ResourceQuota", () => {
  it("counts what exists, and charges each creation before it is stored", () => {
    const rig = createRig();
    rig.apply(pod("a"), pod("b"));
    rig.runFor(5);
    rig.apply(quota({ pods: "8", "requests.cpu": "2", "count/pods": "9" }));
    rig.runFor(1);
    expect(usedOf(rig)).toEqual({ pods: "2", "requests.cpu": "200m", "count/pods": "2" });
    rig.apply(pod("c"));
    rig.runFor(0.01);
    expect(usedOf(rig)).toEqual({ pods: "3", "requests.cpu": "300m", "count/pods": "3" });
  });

  it("bounds nothing before the controller has counted", () => {
    const rig = createRig();
    rig.apply(quota({ pods: "0" }), pod("early"));
    rig.runFor(1);
    expect(rig.podNames()).toEqual(["early"]);
    expect(refusal(rig, pod("late"))).toContain("exceeded quota");
  });

  it("refuses what goes beyond, in upstream's words", () => {
    const rig = withQuota({ pods: "8", "requests.cpu": "150m" });
    rig.apply(pod("a"));
    rig.runFor(1);
    expect(refusal(rig, pod("b"))).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=100m, used: requests.cpu=100m, limited: requests.cpu=150m',
    );
    expect(usedOf(rig)["pods"]).toBe("1");
  });

  it("demands that bounded cpu and memory are stated by every container", () => {
    const rig = withQuota({ "limits.cpu": "4", "requests.memory": "1Gi", "limits.memory": "1Gi" });
    expect(refusal(rig, pod("a"))).toBe(
      'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: c; limits.memory for: c',
    );
  });

  it.each<[scopes: Json, covered: Json, other: Json]>([
    [{ scopes: ["Terminating"] }, { activeDeadlineSeconds: 9 }, {}],
    [{ scopes: ["NotTerminating"] }, {}, { activeDeadlineSeconds: 9 }],
    [{ scopes: ["NotBestEffort"] }, {}, { containers: [{ name: "c", image: "i:1" }] }],
    [{ scopes: ["BestEffort"] }, { containers: [{ name: "c", image: "i:1" }] }, {}],
    [
      {
        scopeSelector: {
          matchExpressions: [
            { scopeName: "PriorityClass", operator: "In", values: ["system-node-critical"] },
          ],
        },
      },
      { priorityClassName: "system-node-critical" },
      {},
    ],
  ])("with scope %j covers %j and not %j", (more, covered, other) => {
    const rig = withQuota({ pods: "1" }, more);
    rig.apply(pod("other", other), pod("first", covered));
    rig.runFor(1);
    expect(usedOf(rig)).toEqual({ pods: "1" });
    expect(refusal(rig, pod("second", covered))).toContain("exceeded quota: q");
  });

  it("counts other kinds, node ports and storage", () => {
    const rig = withQuota({
      "count/deployments.apps": "1",
      services: "5",
      "services.nodeports": "1",
    });
    const service = (name: string): Json => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { type: "NodePort", ports: [{ port: 80 }] },
    });
    rig.apply(deployment("web", 0), service("a"));
    rig.runFor(1);
    expect(usedOf(rig)).toEqual({
      "count/deployments.apps": "1",
      services: "1",
      "services.nodeports": "1",
    });
    expect(refusal(rig, deployment("two", 0))).toBe(
      'deployments.apps "two" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1',
    );
    expect(refusal(rig, service("b"))).toContain("services.nodeports=1");
  });

  it("gives back when a pod ends or goes, but not when it is only terminating", () => {
    const rig = withQuota({ pods: "2", "count/pods": "5" });
    rig.apply(
      { ...pod("runs"), metadata: { name: "runs", annotations: { "podsim.dev/stop": "3s" } } },
      {
        ...pod("ends", { restartPolicy: "Never" }),
        metadata: { name: "ends", annotations: { "podsim.dev/run": "2s" } },
      },
    );
    rig.runFor(2);
    expect(usedOf(rig)).toEqual({ pods: "2", "count/pods": "2" });
    rig.runFor(4);
    expect(usedOf(rig)).toEqual({ pods: "1", "count/pods": "2" });
    rig.deletePod(rig.api.pods.find("default", "runs"));
    rig.runFor(1);
    expect(usedOf(rig)).toEqual({ pods: "1", "count/pods": "2" });
    rig.runFor(5);
    expect(usedOf(rig)).toEqual({ pods: "0", "count/pods": "1" });
  });

  it("gives a pod stuck in termination back at the first full pass after twice its grace", () => {
    const rig = createRig({ nodes: 1 });
    rig.apply(quota({ pods: "2" }), pod("stuck"));
    rig.runFor(20);
    expect(usedOf(rig)).toEqual({ pods: "1" });
    rig.machines.powerOff(rig.nodes[0]!);
    rig.deletePod(rig.api.pods.find("default", "stuck"));
    rig.runUntil(299);
    expect(usedOf(rig)).toEqual({ pods: "1" });
    rig.runUntil(301);
    expect(usedOf(rig)).toEqual({ pods: "0" });
    expect(rig.podNames()).toEqual(["stuck"]);
  });

  it("follows a change of its bounds", () => {
    const rig = withQuota({ pods: "1" });
    rig.apply(pod("a"));
    rig.runFor(1);
    expect(refusal(rig, pod("b"))).toContain("exceeded quota");
    const { uid } = rig.api.objects.find("ResourceQuota", "default", "q")!;
    const wide = rig.decode(quota({ pods: "2" })) as never;
    rig.api.request(rig.api.client("admin", { limit: "unlimited", rank: 6 }), "update", (writer) =>
      writer.updateObject("ResourceQuota", uid, () => wide),
    );
    rig.runFor(1);
    expect(refusal(rig, pod("b"))).toBeUndefined();
  });

  it("that blocks a Deployment for ever does not keep a run going that ends when all work is done", () => {
    const rig = withQuota({ pods: "1" });
    rig.apply(deployment("web", 2));
    const { reason } = rig.sim.runUntilDrained({ untilUs: 864_000_000_000 as never });
    expect(reason).toBe("drained");
    expect(rig.podsOf("web").length).toBe(1);
  });

  it("leaves a Deployment with three of twelve pods and ReplicaFailure, as recorded", () => {
    const rig = createRig();
    rig.apply(
      ...["a", "b", "c", "d", "e"].map((name) => pod(name)),
      {
        apiVersion: "v1",
        kind: "LimitRange",
        metadata: { name: "lr" },
        spec: { limits: [{ type: "Container", default: { cpu: "500m" }, max: { cpu: "2" } }] },
      },
      quota({ "limits.cpu": "4", pods: "8", "requests.cpu": "2" }),
    );
    rig.runFor(3);
    let failures = 0;
    rig.api.events.listen(({ reason }) => {
      if (reason === "FailedCreate") failures++;
    });
    rig.apply(deployment("web", 12));
    rig.runFor(6);
    expect(rig.podsOf("web").length).toBe(3);
    expect(failures).toBeGreaterThanOrEqual(8);
    const [replicaSet] = rig.api.objects.list("ReplicaSet");
    expect(replicaSet!.status).toMatchObject({ replicas: 3, replicaFailure: "FailedCreate" });
    const { conditions } = rig.api.objects.list("Deployment")[0]!.status as {
      conditions: { type: string; status: string; reason: string }[];
    };
    const byType = Object.fromEntries(
      conditions.map(({ type, status, reason }) => [type, `${status}/${reason}`]),
    );
    expect(byType).toEqual({
      Progressing: "True/ReplicaSetUpdated",
      Available: "False/MinimumReplicasUnavailable",
      ReplicaFailure: "True/FailedCreate",
    });
  });
});
