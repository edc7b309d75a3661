// The invariant of run times bites: the test plays the kubelet, and ends processes when it should not.

import { describe, expect, it } from "vitest";
import type { Duration } from "../../../src/base/index.ts";
import type { PodBehavior } from "../../../src/cluster/index.ts";
import { withRunTimeInvariant } from "../../../src/controllers/index.ts";
import { InvariantBroken, RANK } from "../../../src/engine/index.ts";
import { createWorld } from "../../cluster/state/fixture.ts";

const DRAWN_US = 5_000_000;

/** A pod whose process ends after so long with that code, if at all; the id of what broke. */
function endAfter(
  us: number | undefined,
  exitCode = 0,
  options: { stopExitCode?: number; isDeleting?: boolean; slowness?: number } = {},
): string {
  const world = createWorld(undefined, { check: true });
  const { simulation, api, machines } = world;
  const behavior = {
    runDurationUs: () => DRAWN_US as Duration,
    exitCode: () => 0,
    isCpuBound: () => false,
    stopExitCode: () => options.stopExitCode ?? 143,
  } as unknown as PodBehavior;
  const watched = withRunTimeInvariant(simulation, api, machines, behavior);
  const node = world.addNode("n1");
  machines.install(node);
  const { pod, uid } = world.createPod("p");
  world.ask("create", (writer) => writer.bindPod(pod, uid, node));
  simulation.callAfter(0 as Duration, RANK.kubelet, "start", () => {
    machines.admitPod(node, uid);
    machines.startProcess(node, uid);
    expect(watched.runDurationUs(pod, 0, 0)).toBe(DRAWN_US);
  });
  if (options.slowness !== undefined) machines.setSlowness(node, options.slowness);
  if (options.isDeleting === true) {
    world.ask("delete", (writer) => writer.deletePod(pod, uid, { graceSeconds: 30 }));
  }
  if (us !== undefined) {
    simulation.callAfter(us as Duration, RANK.kubelet, "end", () => {
      machines.exitProcess(node, uid, exitCode);
    });
  }
  try {
    simulation.runUntil((10 * 1_000_000) as never);
    simulation.invariants.runAtEnd();
  } catch (thrown) {
    if (thrown instanceof InvariantBroken) return thrown.id;
    throw thrown;
  }
  return "none";
}

describe("a process that was drawn to run for 5 s", () => {
  it.each([
    ["I24", "ends a microsecond late", DRAWN_US + 1, 0, {}],
    ["I24", "ends a microsecond early", DRAWN_US - 1, 0, {}],
    ["I24", "never ends", undefined, 0, {}],
    ["I24", "is killed late", DRAWN_US + 1, 137, {}],
    ["none", "ends in time", DRAWN_US, 0, {}],
    ["none", "is killed early", 1_000_000, 137, {}],
    ["none", "is stopped early", 1_000_000, 143, {}],
    ["none", "ends early while its pod is being deleted", 1_000_000, 0, { isDeleting: true }],
    ["none", "ends late while its pod is being deleted", DRAWN_US + 1, 0, { isDeleting: true }],
    ["none", "ends late on a machine that became slower", DRAWN_US * 2, 0, { slowness: 200 }],
    ["none", "ends early, and a stop would look the same", 1_000_000, 0, { stopExitCode: 0 }],
  ] as const)("breaks %s when it %s", (id, _what, us, code, options) => {
    expect(endAfter(us, code, options)).toBe(id);
  });
});
