// In-place resizes: given when they fit, Deferred until then; schedulers count the larger of both.
import { describe, expect, it } from "vitest";
import { type PodIndex, podToJson, resized } from "../../../src/cluster/index.ts";
import { RANK } from "../../../src/engine/index.ts";
import { type OneNode, oneNode, podOf } from "./one-node.ts";

/** A node of 4 cpu with pods a (1 cpu) and b (2 cpu), both running. */
function twoPods(): OneNode {
  const node = oneNode({ binds: false });
  const capacity = { cpu: "4", memory: "8Gi", pods: "20" };
  node.apply({ apiVersion: "v1", kind: "Node", metadata: { name: "n" }, status: { capacity } });
  for (const [name, cpu] of [
    ["a", "1"],
    ["b", "2"],
  ] as const) {
    const resources = { requests: { cpu, memory: "1Gi" } };
    node.apply(podOf(name, { main: [{ name: "main", resources }], more: { nodeName: "n" } }));
  }
  node.runUntil(5);
  return node;
}

const podNamed = (node: OneNode, name: string): PodIndex => node.api.pods.find("default", name);

function resize(node: OneNode, name: string, requests: Record<string, string>): void {
  const { api, templates } = node;
  const pod = podNamed(node, name);
  const amounts = { requests, limits: {} };
  const after = resized(templates, api.pods.template(pod), "main", amounts, true)!;
  const client = api.client("resizer", { limit: "unlimited", rank: RANK.workload });
  api.request(client, "patch", (writer) => writer.updatePodTemplate(pod, api.pods.uid(pod), after));
}

const milliCpuOf = (node: OneNode, name: string): number =>
  node.api.pods.template(podNamed(node, name)).nodeRequests.milliCpu;

function shownOf(node: OneNode, name: string): { pending: string | undefined; cpu: string } {
  const json = podToJson(node.api, podNamed(node, name)) as {
    spec: { containers: { resources: { requests: { cpu: string } } }[] };
    status: { conditions: { type: string; reason?: string }[] };
  };
  return {
    pending: json.status.conditions.find(({ type }) => type === "PodResizePending")?.reason,
    cpu: json.spec.containers[0]!.resources.requests.cpu,
  };
}

describe("a resize", () => {
  it("that fits is given at once, without a restart", () => {
    const node = twoPods();
    resize(node, "a", { cpu: "1500m" });
    node.runFor(1);
    expect(shownOf(node, "a")).toEqual({ pending: undefined, cpu: "1500m" });
    expect(milliCpuOf(node, "a")).toBe(1500);
    expect(node.api.pods.template(podNamed(node, "a")).source.status).toBeUndefined();
    expect(node.processes.filter((line) => line.includes("exit"))).toEqual([]);
    expect(node.events.some((line) => line.startsWith("ResizeCompleted"))).toBe(true);
  });

  it("that does not fit is Deferred until a pod goes; schedulers count what is asked for meanwhile", () => {
    const node = twoPods();
    resize(node, "a", { cpu: "3" });
    node.runFor(1);
    expect(shownOf(node, "a")).toEqual({ pending: "Deferred", cpu: "3" });
    expect(milliCpuOf(node, "a")).toBe(3000);
    expect(node.events).toContain(
      "ResizeDeferred: Pod resize OutOfcpu: Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
    );
    node.deletePod(podNamed(node, "b"));
    node.runFor(10);
    expect(shownOf(node, "a").pending).toBeUndefined();
    expect(node.api.pods.template(podNamed(node, "a")).source.status).toBeUndefined();
  });

  it("to less is counted as before until the kubelet has taken it, and lets another one in", () => {
    const node = twoPods();
    resize(node, "a", { cpu: "3" });
    node.runFor(1);
    resize(node, "b", { cpu: "500m" });
    expect(milliCpuOf(node, "b")).toBe(2000);
    node.runFor(1);
    expect([milliCpuOf(node, "a"), milliCpuOf(node, "b")]).toEqual([3000, 500]);
    expect(shownOf(node, "a").pending).toBeUndefined();
  });

  it("that is taken back while it waits leaves nothing behind", () => {
    const node = twoPods();
    resize(node, "a", { cpu: "3" });
    node.runFor(1);
    resize(node, "a", { cpu: "1" });
    node.runFor(1);
    expect(milliCpuOf(node, "a")).toBe(1000);
    expect(shownOf(node, "a").pending).toBeUndefined();
  });

  it("waits for a kubelet that does not run", () => {
    const node = twoPods();
    const host = node.api.nodes.find("n");
    node.machines.stopKubelet(host);
    resize(node, "a", { cpu: "1500m" });
    node.runFor(5);
    expect(node.api.pods.template(podNamed(node, "a")).source.status).toBeDefined();
    node.machines.startKubelet(host);
    node.runFor(5);
    expect(node.api.pods.template(podNamed(node, "a")).source.status).toBeUndefined();
  });
});
