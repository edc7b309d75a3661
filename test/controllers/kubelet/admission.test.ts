// What a kubelet refuses, and for whom it makes room (spec/kubelet.md section 3).
import { describe, expect, it } from "vitest";
import type { Json } from "../rig.ts";
import { type OneNode, oneNode, podOf } from "./one-node.ts";

/** One node with little room; pods name it themselves, so no scheduler judges first. */
function smallNode(): OneNode {
  const rig = oneNode({ binds: false });
  rig.apply({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "small", labels: { disk: "hdd" } },
    status: { capacity: { cpu: "1", memory: "1Gi", pods: "3", "example.com/gpu": "1" } },
  });
  rig.runFor(1);
  return rig;
}

function request(name: string, requests: Json, more: Json = {}): Json {
  const main = [{ name: "main", resources: { requests, limits: more["limits"] ?? {} } }];
  return podOf(name, { main, more: { nodeName: "small", ...(more["spec"] as object) } });
}

function stateOf(rig: OneNode, name: string): string {
  const { pods } = rig.api;
  const pod = pods.find("default", name);
  return `${["Pending", "Running", "Succeeded", "Failed"][pods.phase(pod)]} ${pods.reason(pod)}: ${pods.message(pod)}`;
}

describe("a kubelet refuses", () => {
  it.each([
    ["cpu", { cpu: "600m" }, "OutOfcpu", "cpu, requested: 600, used: 600, capacity: 1000"],
    [
      "memory",
      { memory: "700Mi" },
      "OutOfmemory",
      "memory, requested: 734003200, used: 734003200, capacity: 1073741824",
    ],
  ])("a pod that lacks %s, and never tries it again", (_what, requests, reason, text) => {
    const rig = smallNode();
    rig.apply(request("first", requests), request("second", requests));
    rig.runFor(5);
    rig.deletePod(rig.api.pods.find("default", "first"));
    rig.runFor(60);
    expect(stateOf(rig, "second")).toBe(
      `Failed ${reason}: Pod was rejected: Node didn't have enough resource: ${text}`,
    );
    const pod = rig.api.pods.find("default", "second");
    expect(rig.api.pods.startUs(pod)).toBeGreaterThan(0);
    expect(rig.api.pods.conditionReason(pod, 0)).toBe("");
  });

  it("one pod too many", () => {
    const rig = smallNode();
    rig.apply(...["a", "b", "c", "d"].map((name) => request(name, {})));
    rig.runFor(5);
    expect(stateOf(rig, "d")).toBe(
      "Failed OutOfpods: Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
    );
  });

  it("what does not match the node or wants a port that is taken, but not an extended resource that it lacks", () => {
    const rig = smallNode();
    const port = {
      containers: [{ name: "main", image: "i:1", ports: [{ containerPort: 80, hostPort: 80 }] }],
    };
    rig.apply(
      request("ssd", {}, { spec: { nodeSelector: { disk: "ssd" } } }),
      request("web", {}, { spec: port }),
      request("web2", {}, { spec: port }),
      request("fpga", { "example.com/fpga": "1" }, { limits: { "example.com/fpga": "1" } }),
    );
    rig.runFor(5);
    expect(stateOf(rig, "ssd")).toContain(
      "Failed NodeAffinity: Pod was rejected: Predicate NodeAffinity failed",
    );
    expect(stateOf(rig, "web2")).toContain("Failed NodePorts:");
    expect(stateOf(rig, "web")).toContain("Running");
    expect(stateOf(rig, "fpga")).toContain("Running");
  });

  it("a pod while another one that is deleted still stops", () => {
    const rig = smallNode();
    rig.apply(
      podOf("old", {
        main: [{ name: "main", resources: { requests: { cpu: "1" } } }],
        annotations: { "podsim.dev/stop": "20" },
        more: { nodeName: "small" },
      }),
    );
    rig.runFor(5);
    rig.deletePod(rig.api.pods.find("default", "old"));
    rig.runFor(5);
    rig.apply(request("early", { cpu: "1" }));
    rig.runFor(25);
    rig.apply(request("late", { cpu: "1" }));
    rig.runFor(5);
    expect(stateOf(rig, "early")).toContain("Failed OutOfcpu");
    expect(stateOf(rig, "late")).toContain("Running");
  });
});

describe("a critical pod", () => {
  it("has pods of the lowest class stopped that come closest to what it needs, and starts when they have", () => {
    const rig = smallNode();
    const critical = { cpu: "500m" };
    rig.apply(
      request(
        "guaranteed",
        { cpu: "300m", memory: "1Mi" },
        { limits: { cpu: "300m", memory: "1Mi" } },
      ),
      request("big", { cpu: "500m" }),
      request("small", { cpu: "200m" }),
    );
    rig.runFor(5);
    rig.apply(request("agent", critical, { spec: { priorityClassName: "system-node-critical" } }));
    rig.runFor(10);
    expect(stateOf(rig, "big")).toBe("Failed Preempting: Preempted in order to admit critical pod");
    expect(stateOf(rig, "small")).toContain("Running");
    expect(stateOf(rig, "guaranteed")).toContain("Running");
    expect(stateOf(rig, "agent")).toContain("Running");
    const ends = rig.processes.filter((line) => line.includes("exit"));
    const starts = rig.processes.filter((line) => line.includes("start"));
    expect(Number.parseFloat(starts.at(-1)!)).toBeGreaterThan(Number.parseFloat(ends.at(-1)!));
  });

  it("is refused when even all of them would not free enough", () => {
    const rig = smallNode();
    rig.apply(request("a", { cpu: "500m" }));
    rig.runFor(5);
    rig.apply(
      request("agent", { cpu: "1500m" }, { spec: { priorityClassName: "system-node-critical" } }),
    );
    rig.runFor(5);
    expect(stateOf(rig, "agent")).toContain("Failed OutOfcpu");
    expect(stateOf(rig, "a")).toContain("Running");
  });
});
