// The index notices when a node's copy of its images becomes another one, even if nothing else changed.

import { describe, expect, it } from "vitest";
import { WorkloadWorld } from "../../../../bench/workloads/workload-world.ts";
import type { PodInfo } from "../../../../src/scheduler/index.ts";

const IMAGE = "registry.example/large:v1";
const NODES = ["n0", "n1", "n2"];

function nodeOf(
  world: WorkloadWorld,
  name: string,
  hasImage: boolean,
): ReturnType<WorkloadWorld["node"]> {
  const labels = { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": "z" };
  return world.node({
    metadata: { name, labels },
    status: {
      // The first node is by far the emptiest, so that its score is the one that shows.
      allocatable: {
        cpu: name === "n0" ? "256" : "2",
        memory: name === "n0" ? "512Gi" : "2Gi",
        pods: "110",
      },
      images: hasImage ? [{ names: [IMAGE], sizeBytes: 600_000_000 }] : [],
    },
  });
}

describe("copies of a node's images", () => {
  it("are made anew where a pod was only marked terminating, and the scores follow", () => {
    const world = new WorkloadWorld({
      ...{ profile: "default", percentageOfNodesToScore: 100, keepsMatches: true },
    });
    const { cache } = world;
    for (const name of NODES) cache.addNode(nodeOf(world, name, name !== "n2"));
    const plain = world.createEvaluator("plain");
    const indexed = world.createEvaluator("indexed");
    const template = world.template({
      metadata: { labels: { app: "a" } },
      spec: {
        containers: [
          { name: "c", image: IMAGE, resources: { requests: { cpu: "100m", memory: "64Mi" } } },
        ],
      },
    });
    let count = 0;
    const created = (): PodInfo => ({
      ...{ uid: ++count, namespace: "default", name: `p${count}`, template, priority: 0 },
      ...{ startUs: -1, deleting: false, nodeName: "", nominatedNodeName: "", pod: -1 },
    });
    const scoresOf = (): readonly (number | undefined)[] => {
      const pod = created();
      return [plain, indexed].map((each) => each.decide(pod, world.profile).score);
    };
    const guest = cache.assume(created(), "n0");
    // The second pod of a kind is what the index begins to keep it for.
    for (let k = 0; k < 3; k++) expect(new Set(scoresOf()).size).toBe(1);
    const before = scoresOf()[0]!;
    cache.assume(created(), "n1");
    // One more node has the image now, but copies stay as they are until their nodes are touched.
    cache.updateNode(nodeOf(world, "n2", true));
    expect(new Set(scoresOf()).size).toBe(1);
    cache.updatePod({ ...guest, deleting: true });
    const [byPlain, byIndex] = scoresOf();
    expect(byIndex).toBe(byPlain);
    expect(byPlain).not.toBe(before);
  });
});
