import { describe, expect, it } from "vitest";
import type { DeletionPropagation } from "../../src/cluster/index.ts";
import { createRig, deployment, type Rig } from "./rig.ts";

/** A Deployment of two pods that take 3 s to stop, deleted; who went in which order. */
function deleted(propagation: DeletionPropagation): { rig: Rig; gone: string[] } {
  const rig = createRig();
  rig.apply(deployment("web", 2, {}, { "podsim.dev/stop": "3s" }));
  rig.runFor(10);
  const gone: string[] = [];
  rig.api.observe({
    onObject: ({ kind, objectKind }) => {
      if (kind === "Deleted") gone.push(objectKind);
    },
    onPod: ({ kind }) => {
      if (kind === "Deleted") gone.push("Pod");
    },
  });
  const { uid } = rig.api.objects.find("Deployment", "default", "web")!;
  const user = rig.api.client("user", { limit: "unlimited", rank: 6 });
  rig.api.request(user, "delete", (writer) => writer.deleteObject("Deployment", uid, propagation));
  rig.runFor(0.5);
  return { rig, gone };
}

describe("garbage collection", () => {
  it("in the background takes the owner first, then what it owned", () => {
    const { rig, gone } = deleted("Background");
    expect(gone).toEqual(["Deployment", "ReplicaSet"]);
    rig.runFor(5);
    expect(gone).toEqual(["Deployment", "ReplicaSet", "Pod", "Pod"]);
  });

  it("in the foreground takes the leaves first; nothing is made anew meanwhile", () => {
    const { rig, gone } = deleted("Foreground");
    expect(gone).toEqual([]);
    const waiting = rig.api.objects.find("Deployment", "default", "web")!;
    expect(waiting.deletionUs).toBeGreaterThanOrEqual(0);
    expect(rig.podNames().length).toBe(2);
    rig.runFor(5);
    expect(gone).toEqual(["Pod", "Pod", "ReplicaSet", "Deployment"]);
    expect(rig.podNames()).toEqual([]);
  });

  it("lets orphans be", () => {
    const { rig, gone } = deleted("Orphan");
    rig.runFor(5);
    expect(gone).toEqual(["Deployment"]);
    expect(rig.api.objects.list("ReplicaSet")[0]!.owner).toBeUndefined();
    expect(rig.podNames().length).toBe(2);
  });
});
