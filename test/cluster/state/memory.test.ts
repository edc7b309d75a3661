import { describe, expect, it } from "vitest";
import { ConditionStatus, PodPhase } from "../../../src/cluster/index.ts";
import type { NodeIndex, PodIndex, PodTemplate, Uid } from "../../../src/cluster/index.ts";
import type { ApiState } from "../../../src/cluster/state/api-state.ts";
import { createWorld } from "./fixture.ts";
import type { World } from "./fixture.ts";

/** Creates, binds, runs, finishes and deletes one pod; everything at one instant. */
function liveOnce(
  world: World,
  index: number,
  node: NodeIndex,
  ownerUid: Uid,
  template: PodTemplate,
): void {
  const { api, client } = world;
  let pod = -1 as PodIndex;
  let uid = 0;
  api.request(
    client,
    "create",
    (writer) => {
      const owner = { kind: "ReplicaSet", namespace: "default", name: "web", uid: ownerUid };
      const result = writer.createPod(
        index % 2 === 0
          ? { namespace: "default", generateName: "web-", template, owner }
          : { namespace: "default", name: `bare-${index}`, template },
      );
      if (!result.ok) throw new Error(result.message);
      pod = result.pod!;
      uid = result.uid!;
      return result;
    },
    () => {
      api.request(client, "create", (writer) => writer.bindPod(pod, uid, node));
      api.request(client, "patch", (writer) =>
        writer.patchPodStatus(pod, uid, {
          phase: PodPhase.Succeeded,
          ready: { status: ConditionStatus.False, reason: "PodCompleted", message: `m${index}` },
        }),
      );
      api.request(client, "delete", (writer) => writer.deletePod(pod, uid));
    },
  );
}

describe("memory", () => {
  it("200,000 short pods pass through 2,000 rows and leave nothing behind", {
    timeout: 30_000,
  }, () => {
    const world = createWorld();
    const node = world.addNode("n1");
    const template = world.template();
    let heard = 0;
    world.api.watch({ name: "w", onPod: () => heard++ });
    for (let round = 0; round < 100; round++) {
      for (let k = 0; k < 2_000; k++)
        liveOnce(world, round * 2_000 + k, node, 1_000_000_000, template);
      world.simulation.runUntilDrained();
    }
    expect(heard).toBe(800_000);
    const { state } = world.api as unknown as { state: ApiState };
    expect(state.pods.count).toBe(0);
    expect(state.pods.capacity).toBeLessThanOrEqual(2_000);
    expect(state.journal.begin).toBe(state.journal.end);
    expect(state.journal.capacity).toBeLessThanOrEqual(8_192);
    expect(state.pods.podsOnNode(node)).toEqual([]);
    expect((state.pods as unknown as { messages: Map<number, string> }).messages.size).toBe(0);
    expect(state.owners.capacity).toBeLessThanOrEqual(1);
    expect(state.owners.find(1_000_000_000)).toBe(-1);
    expect(world.api.requestsInFlight).toBe(0);
  });
});
