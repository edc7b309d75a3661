// Looks of the image collection that are left out would have deleted nothing: a twin that looks every
// five minutes deletes the same images at the same instants.
import { describe, expect, it } from "vitest";
import { EntityDraws, entityHash, type Instant, streamName } from "../../../src/base/index.ts";
import { RANK } from "../../../src/engine/index.ts";
import { kubeletOptions, oneNode, podOf } from "./one-node.ts";

const PERIOD_US = 300_000_000;
const SEEDS = 50;

/** What the run came to, with the instants and names of images that went. */
function live(
  seed: string,
  look: "elided" | "every" | "never" | "only full",
): { hash: string; gone: string[] } {
  const draws = new EntityDraws(streamName(seed, 0, "elided collections"));
  let index = 0;
  const draw = (below: number): number =>
    Math.floor(draws.unit(entityHash("collections", 0), index++) * below);
  const rig = oneNode({
    seed,
    binds: false,
    options: kubeletOptions({ enabled: true, defaultImageBytes: 100_000_000 }),
  });
  const capacity = { cpu: "4", memory: "64Gi", pods: "40", "ephemeral-storage": "1000Mi" };
  rig.apply({ apiVersion: "v1", kind: "Node", metadata: { name: "n" }, status: { capacity } });
  rig.runFor(1);
  const node = rig.api.nodes.find("n");
  const gone: string[] = [];
  const remove = rig.machines.removeImage.bind(rig.machines);
  rig.machines.removeImage = (where, image) => {
    gone.push(`${rig.sim.nowUs} ${image}`);
    remove(where, image);
  };
  const { kubelets } = rig.controllers as unknown as {
    kubelets: {
      world: { nodeOf(node: number): { statusPhaseUs: number } };
      collection: {
        pass(node: number): void;
        changed(node: number): void;
        mayFill(node: number): boolean;
      };
    };
  };
  if (look === "only full") kubelets.collection.mayFill = () => false;
  if (look === "every" || look === "never") kubelets.collection.changed = () => {};
  if (look === "every") {
    const { statusPhaseUs } = kubelets.world.nodeOf(node);
    for (let atUs = statusPhaseUs % PERIOD_US; atUs < 3_600_000_000; atUs += PERIOD_US) {
      if (atUs <= rig.sim.nowUs) continue;
      rig.sim.callAt(atUs as Instant, RANK.kubelet, "every look", () =>
        kubelets.collection.pass(node),
      );
    }
  }
  for (let i = 0; i < 8; i++) {
    const annotations: Record<string, string> = { "podsim.dev/run": `${20 + draw(600)}s` };
    if (draw(2) === 0) annotations["podsim.dev/usage"] = `disk=${draw(40)}Mi+${draw(90)}Ki/s`;
    const main = [{ name: "main", image: `i${draw(9)}:1` }];
    rig.apply(
      podOf(`p${i}`, { main, annotations, more: { nodeName: "n", restartPolicy: "Never" } }),
    );
    rig.runFor(draw(300));
    if (draw(8) === 0) rig.machines.fillDisk(node, draw(500) * 1024 * 1024);
    if (draw(8) === 0) rig.machines.reboot(node);
  }
  rig.runUntil(3_590);
  return { hash: rig.api.fingerprint.hex(), gone };
}

describe("looks of the image collection", () => {
  it(`delete what a twin that looks every five minutes deletes (${SEEDS} seeds)`, () => {
    let images = 0;
    for (let number = 1; number <= SEEDS; number++) {
      const seed = `collections-${number}`;
      const elided = live(seed, "elided");
      expect(elided, `seed ${seed}`).toEqual(live(seed, "every"));
      images += elided.gone.length;
    }
    expect(images).toBeGreaterThan(20);
  });

  it.each(["never", "only full"] as const)("a twin that looks '%s' is noticed", (look) => {
    const seeds = Array.from({ length: 30 }, (_, i) => `collections-${i + 1}`);
    const differs = (seed: string): boolean =>
      JSON.stringify(live(seed, look)) !== JSON.stringify(live(seed, "every"));
    expect(seeds.some(differs)).toBe(true);
  });
});
