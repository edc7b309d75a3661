// Looks of the eviction manager that are left out would have found nothing: a twin that looks at every
// tick sees the same first one.
import { describe, expect, it } from "vitest";
import { EntityDraws, entityHash, type Instant, streamName } from "../../../src/base/index.ts";
import { podUsageAt } from "../../../src/cluster/index.ts";
import {
  AnnotatedPodBehavior,
  TYPICAL_CONTAINER_TIMES,
} from "../../../src/workload/pod-behavior.ts";
import { oneNode, podOf } from "./one-node.ts";

const MI = 1024 * 1024;
const TICK_US = 10_000_000;

/** Instant of the first eviction by the kubelet, and whether it ever came. */
function firstEviction(seed: string): { readonly foundUs: number; readonly twinUs: number } {
  const draws = new EntityDraws(streamName(seed, 0, "elided looks"));
  let index = 0;
  const draw = (below: number): number =>
    Math.floor(draws.unit(entityHash("looks", 0), index++) * below);
  const rig = oneNode({ seed, binds: false });
  const capacity = { cpu: "4", memory: "1Gi", pods: "20" };
  rig.apply({ apiVersion: "v1", kind: "Node", metadata: { name: "n" }, status: { capacity } });
  rig.runFor(1);
  for (let i = 0; i < 4; i++) {
    const steps = [`memory=${draw(120)}Mi+${draw(3000)}Ki/s`];
    for (let age = 10 + draw(60), step = 0; step < 3; step++, age += 5 + draw(90)) {
      steps.push(`${age}s memory=${draw(250)}Mi+${draw(2000)}Ki/s`);
    }
    const repeat = draw(2) === 0 ? "; repeat=10m" : "";
    const annotations = { "podsim.dev/usage": steps.join("; ") + repeat };
    rig.apply(podOf(`p${i}`, { annotations, more: { nodeName: "n" } }));
    rig.runFor(draw(20));
  }
  let foundUs = -1;
  rig.api.events.listen(({ reason, atUs }) => {
    if (reason === "Evicted" && foundUs < 0) foundUs = atUs;
  });
  const node = rig.api.nodes.find("n");
  const behavior = new AnnotatedPodBehavior(rig.api, TYPICAL_CONTAINER_TIMES, rig.draws("x"));
  const { kubelets } = rig.controllers as unknown as {
    kubelets: { world: { nodeOf(node: number): { statusPhaseUs: number } } };
  };
  const { statusPhaseUs } = kubelets.world.nodeOf(node);
  const limit = 1024 * MI - 100 * MI;
  let twinUs = -1;
  const firstTick = Math.ceil((rig.sim.nowUs - statusPhaseUs) / TICK_US);
  for (let tick = firstTick; tick < firstTick + 60; tick++) {
    const atUs = statusPhaseUs + tick * TICK_US;
    rig.sim.runUntil((atUs - 1) as Instant);
    if (foundUs >= 0 || rig.processes.some((line) => line.includes("exit"))) break;
    let used = 0;
    rig.api.pods.forEach((pod) => {
      used += podUsageAt(rig.api.pods, rig.machines, behavior, pod, atUs)?.memoryBytes ?? 0;
    });
    if (used <= limit) continue;
    twinUs = atUs;
    rig.sim.runUntil(atUs as Instant);
    break;
  }
  return { foundUs, twinUs };
}

describe("looks of the eviction manager", () => {
  it("come at the first tick at which a twin that looks at each would act (40 seeds)", () => {
    let evictions = 0;
    for (let number = 1; number <= 40; number++) {
      const { foundUs, twinUs } = firstEviction(`looks-${number}`);
      expect(foundUs, `seed looks-${number}`).toBe(twinUs);
      if (foundUs >= 0) evictions++;
    }
    expect(evictions).toBeGreaterThan(8);
  });
});
