import { describe, expect, it } from "vitest";
import { createEvaluator } from "../../../../src/scheduler/evaluator/create-evaluator.ts";
import { node, pod, SmallCluster } from "../../small-cluster.ts";

const SPOT = { taints: [{ key: "spot", value: "y", effect: "PreferNoSchedule" }] };

/** The decision of an evaluator that never saw the nodes before. */
function decideBy(name: "plain" | "fused", taintedNode: string): (string | number | undefined)[] {
  const nodes = ["n1", "n2"].map((each) =>
    node(each, { cpu: "4", memory: "8Gi", pods: "10" }, each === taintedNode ? { spec: SPOT } : {}),
  );
  const promised = pod(
    "promised",
    {},
    { spec: { priority: 9 }, status: { nominatedNodeName: "n1" } },
  );
  const cluster = new SmallCluster([...nodes, promised]);
  const asked = cluster.podInfo(pod("p", {}, { spec: { priority: 0, ...PORT } }));
  const evaluator = createEvaluator(name, cluster.world.cache, cluster.world.objects, {});
  const { node: row, score, tieCount } = evaluator.decide(asked, cluster.profile);
  return [row === -1 ? "" : cluster.world.cache.nodeName(row), score, tieCount];
}

// A host port makes the plain code judge the node that the other pod is nominated to.
const PORT = {
  containers: [
    {
      name: "c",
      image: "i",
      resources: { requests: { cpu: "1" } },
      ports: [{ containerPort: 80, hostPort: 80 }],
    },
  ],
};

describe("scores that all nodes share", () => {
  it.each(["n1", "n2", ""])(
    "are told from taints of nodes that only plain code judged: %s",
    (tainted) => {
      const [chosen, score, ties] = decideBy("fused", tainted);
      expect([chosen, score, ties]).toEqual(decideBy("plain", tainted));
      if (tainted !== "") expect(chosen).not.toBe(tainted);
    },
  );
});
