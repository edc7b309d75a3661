// What preemption says when no victims help, and whom it would evict when some do.

import { describe, expect, it } from "vitest";
import { CycleState, runPostFilters, statusMessage } from "../../../src/scheduler/index.ts";
import { node, pod, SmallCluster } from "../small-cluster.ts";

function explain(cluster: SmallCluster, source: Record<string, unknown>) {
  const info = cluster.podInfo(source);
  const state = new CycleState();
  const decision = cluster.evaluator.decide(info, cluster.profile, state);
  const outcome = runPostFilters(cluster.profile, state, info, decision.statuses);
  if (outcome === undefined) throw new Error("the profile has no PostFilter plugin");
  return { text: `${decision.message} ${statusMessage(outcome.status)}`, ...outcome };
}

const small = (name: string) => node(name, { cpu: "1", memory: "4Gi" });
const busy = (name: string, nodeName: string, priority = 0) =>
  pod(name, { cpu: "1" }, { nodeName, spec: { priority } });

describe("preemption without victims", () => {
  it("full nodes of equal priority: no victims found, and a nomination is cleared", () => {
    const cluster = new SmallCluster([small("n1"), small("n2"), busy("a", "n1"), busy("b", "n2")]);
    const { text, nominate } = explain(cluster, pod("p", { cpu: "1" }));
    expect(text).toBe(
      "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
    );
    expect(nominate).toBe("");
  });

  it("a request beyond every node: preemption is not helpful", () => {
    const { text } = explain(new SmallCluster([small("n1"), small("n2")]), pod("p", { cpu: "2" }));
    expect(text).toBe(
      "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
    );
  });

  it("policy Never: not eligible, and a nomination stays", () => {
    const cluster = new SmallCluster([small("n1"), busy("a", "n1")]);
    const wish = pod("p", { cpu: "1" }, { spec: { preemptionPolicy: "Never", priority: 9 } });
    const { text, nominate } = explain(cluster, wish);
    expect(text).toBe(
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.",
    );
    expect(nominate).toBeUndefined();
  });

  it("conflicting names: upstream's stray 'not found', and no preemption at all", () => {
    const term = (name: string) => ({ key: "metadata.name", operator: "In", values: [name] });
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [term("a"), term("b")] }],
        },
      },
    };
    const { text } = explain(new SmallCluster([small("n1")]), pod("p", {}, { spec: { affinity } }));
    expect(text).toBe("0/1 nodes are available: pod affinity terms conflict. not found");
  });
});

describe("a search for victims", () => {
  const rank = (priority: number) => ({ spec: { priority } });

  it("evicts the least important pods that make enough room, and says nothing on success", () => {
    const cluster = new SmallCluster([
      node("n1", { cpu: "3", memory: "4Gi" }),
      busy("a", "n1", 3),
      busy("b", "n1", 1),
      busy("c", "n1", 2),
    ]);
    const { text, nominate, preemption } = explain(cluster, pod("p", { cpu: "2" }, rank(9)));
    expect(text.trimEnd()).toBe("0/1 nodes are available: 1 Insufficient cpu.");
    expect(nominate).toBe("n1");
    expect(preemption?.chosen?.victims.map(({ name }) => name)).toEqual(["c", "b"]);
  });

  it("prefers the node whose victims are of the lowest priority", () => {
    const cluster = new SmallCluster([
      small("n1"),
      small("n2"),
      busy("a", "n1", 2),
      busy("b", "n2", 1),
    ]);
    expect(explain(cluster, pod("p", { cpu: "1" }, rank(9))).nominate).toBe("n2");
  });

  it("equals are not evicted", () => {
    const cluster = new SmallCluster([small("n1"), busy("a", "n1", 9)]);
    const { nominate, preemption } = explain(cluster, pod("p", { cpu: "1" }, rank(9)));
    expect([nominate, preemption?.candidates]).toEqual(["", []]);
  });

  it("waits for a victim that is terminating on the nominated node, and keeps the nomination", () => {
    const leaving = pod(
      "a",
      { cpu: "1" },
      {
        nodeName: "n1",
        spec: { priority: 1 },
        metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" },
        status: {
          conditions: [
            { type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" },
          ],
        },
      },
    );
    const cluster = new SmallCluster([small("n1"), leaving]);
    const wish = pod("p", { cpu: "1" }, { ...rank(9), status: { nominatedNodeName: "n1" } });
    const { text, nominate } = explain(cluster, wish);
    expect(text).toContain(
      "preemption: not eligible due to a terminating pod on the nominated node.",
    );
    expect(nominate).toBeUndefined();
  });

  it("spares the pods of a budget that allows nothing, if others can go", () => {
    const budget = {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "b" },
      spec: { selector: { matchLabels: { app: "db" } } },
      status: { disruptionsAllowed: 0 },
    };
    const guarded = pod(
      "db",
      { cpu: "1" },
      { nodeName: "n1", labels: { app: "db" }, spec: { priority: 1 } },
    );
    const cluster = new SmallCluster([
      small("n1"),
      small("n2"),
      guarded,
      busy("b", "n2", 5),
      budget,
    ]);
    const { preemption } = explain(cluster, pod("p", { cpu: "1" }, rank(9)));
    expect(preemption?.candidates.map((each) => [each.nodeName, each.budgetViolations])).toEqual([
      ["n2", 0],
      ["n1", 1],
    ]);
    expect(preemption?.chosen?.nodeName).toBe("n2");
  });
});
