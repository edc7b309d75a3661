// Verdicts that are kept from attempt to attempt: what is looked at again, and what stays as it was.

import { describe, expect, it } from "vitest";
import { createEvaluator } from "../../../../src/scheduler/evaluator/create-evaluator.ts";
import { findDecisionDifference } from "../../../../src/scheduler/evaluator/decision-difference.ts";
import { CycleState, type Decision, type PodInfo } from "../../../../src/scheduler/index.ts";
import { node, pod, SmallCluster } from "../../small-cluster.ts";

const COUNT = 40;

/** A cluster of full nodes; the first is cordoned. */
function fullCluster(): SmallCluster {
  const names = Array.from({ length: COUNT }, (_, at) => `n${at}`);
  const cluster = new SmallCluster(
    names.map((name, at) => {
      return node(name, { cpu: "4" }, { spec: at === 0 ? { unschedulable: true } : {} });
    }),
  );
  for (const name of names) cluster.world.cache.addPod(bound(cluster, `on-${name}`, name, "3"));
  return cluster;
}

function bound(cluster: SmallCluster, name: string, nodeName: string, cpu: string): PodInfo {
  return { ...cluster.podInfo(pod(name, { cpu }, { metadata: { uid: name } })), nodeName };
}

describe.each([0, 100])("verdicts on nodes, at %d percent", (percentageOfNodesToScore) => {
  const options = { percentageOfNodesToScore };
  const create = (cluster: SmallCluster) => {
    const { world, profile } = cluster;
    const { cache, objects } = world;
    const [indexed, plain] = (["indexed", "plain"] as const).map((name) =>
      createEvaluator(name, cache, objects, options),
    );
    return (name: string, cpu = "2"): Decision => {
      const asking = cluster.podInfo(pod(name, { cpu }, { metadata: { uid: name } }));
      const decision = indexed!.decide(asking, profile, new CycleState());
      expect(findDecisionDifference(decision, plain!.decide(asking, profile))).toBeUndefined();
      return decision;
    };
  };

  it("are given again only where something changed", () => {
    const cluster = fullCluster();
    const { cache } = cluster.world;
    const decide = create(cluster);
    decide("first");
    const touched = (work: () => void): number => {
      const before = cache.operations.nodesTouched;
      work();
      return cache.operations.nodesTouched - before - COUNT; // the plain evaluator's
    };
    expect(touched(() => decide("again"))).toBe(0);
    cache.addPod(bound(cluster, "more", "n7", "1"));
    cache.removePod("on-n3");
    cache.addPod(bound(cluster, "instead", "n3", "2500m"));
    expect(touched(() => decide("later"))).toBe(3);
    expect(touched(() => decide("of another kind", "3"))).toBeGreaterThanOrEqual(COUNT);
    cache.addNode(cluster.world.decodeNode(node("tight", { cpu: "1" })));
    expect(touched(() => expect(decide("last").outcome).toBe("unschedulable"))).toBe(2);
  });

  it("of an earlier decision stay what they were", () => {
    const cluster = fullCluster();
    const { cache } = cluster.world;
    const decide = create(cluster);
    const early = decide("early").statuses;
    const text = (statuses: Decision["statuses"]): string =>
      JSON.stringify([
        [...statuses.entries()],
        [...statuses.distinct()],
        statuses.unschedulableAmong(cache.nodeList),
        statuses.explicitCount,
      ]);
    const before = text(early);
    for (let at = 1; at < 9; at++) {
      const name = `n${at}`;
      const isCordoned = { spec: { unschedulable: at % 2 === 0 } };
      cache.updateNode(cluster.world.decodeNode(node(name, { cpu: "3" }, isCordoned)));
      cache.addPod(bound(cluster, `more-${name}`, name, "1"));
    }
    expect(text(decide("late").statuses)).not.toBe(before);
    expect(text(early)).toBe(before);
  });

  it("let the pod in as soon as a node has room, and are made anew when it is gone again", () => {
    const cluster = fullCluster();
    const { cache } = cluster.world;
    const decide = create(cluster);
    expect(decide("a").outcome).toBe("unschedulable");
    cache.removePod("on-n5");
    expect(cache.nodeName(decide("b").node as never)).toBe("n5");
    cache.addPod(bound(cluster, "on-n5-now", "n5", "3"));
    expect(decide("c").message).toContain("39 Insufficient cpu");
    // Room that others were promised is none.
    cache.removePod("on-n6");
    const promised = cluster.podInfo(pod("promised", { cpu: "3" }, { metadata: { uid: "x" } }));
    cache.nominator.add(promised, "override", "n6");
    expect(decide("d").outcome).toBe("unschedulable");
    expect(decide("e").outcome).toBe("unschedulable");
    cache.nominator.delete(promised);
    expect(cache.nodeName(decide("f").node as never)).toBe("n6");
  });
});
