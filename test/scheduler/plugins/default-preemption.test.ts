// What preemption says when no victim can exist, and that it names the cases it does not simulate.

import { describe, expect, it } from "vitest";
import {
  CycleState,
  PREEMPTION_NOT_SIMULATED,
  runPostFilters,
  statusMessage,
} from "../../../src/scheduler/index.ts";
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

  it("a pod of lower priority in the way is named as not simulated", () => {
    const cluster = new SmallCluster([small("n1"), busy("a", "n1", 1)]);
    const { text, nominate } = explain(cluster, pod("p", { cpu: "1" }, { spec: { priority: 2 } }));
    expect(text.endsWith(PREEMPTION_NOT_SIMULATED)).toBe(true);
    expect(nominate).toBeUndefined();
  });
});
