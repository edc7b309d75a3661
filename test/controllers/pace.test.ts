// How fast controllers may go: the client limit shapes every burst (spec/cluster.md section 4, s19-*).
import { describe, expect, it } from "vitest";
import { LATENCIES_INSTANT } from "../../src/cluster/index.ts";
import { INSTANT_CONTROLLER_OPTIONS } from "../../src/controllers/index.ts";
import { INSTANT_CONTAINER_TIMES } from "../../src/workload/index.ts";
import { createRig, deployment, podTemplate, type Rig } from "./rig.ts";

function creations(rig: Rig): number[] {
  const at: number[] = [];
  const startUs = rig.sim.nowUs;
  rig.api.observe({
    onPod: ({ kind }) => kind === "Added" && at.push((rig.sim.nowUs - startUs) / 1e6),
  });
  return at;
}

describe("a ReplicaSet", () => {
  it("grows from 0 to 300 along the measured curve, within 0.3 s at every quantile", () => {
    const rig = createRig({ nodes: 10 });
    rig.apply({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: "big" },
      spec: {
        replicas: 300,
        selector: { matchLabels: { app: "big" } },
        template: podTemplate("big"),
      },
    });
    const at = creations(rig);
    rig.runUntil(30);
    expect(at).toHaveLength(300);
    const measured: [share: number, seconds: number][] = [
      [0.1, 0.21],
      [0.25, 2.56],
      [0.5, 6.36],
      [0.75, 10.11],
      [0.9, 12.41],
      [1, 13.91],
    ];
    for (const [share, seconds] of measured) {
      expect(Math.abs(at[Math.ceil(300 * share) - 1]! - seconds), `${share}`).toBeLessThan(0.3);
    }
  });

  it("makes the 500 pods of a Deployment in the recorded 24 s", () => {
    const rig = createRig({ nodes: 10 });
    const at = creations(rig);
    rig.apply(deployment("web", 500));
    rig.runUntil(60);
    expect(at).toHaveLength(500);
    expect(at[499]!).toBeGreaterThan(24.036 - 1.5);
    expect(at[499]!).toBeLessThan(24.064 + 1);
  });

  it("creates 1, 2, 4, 8 and so on, each batch after the reply of the one before", () => {
    const rig = createRig({ nodes: 5 });
    const at = creations(rig);
    rig.apply(deployment("web", 15));
    rig.runUntil(1);
    const batches = new Map<number, number>();
    for (const one of at) batches.set(one, (batches.get(one) ?? 0) + 1);
    expect([...batches.values()]).toEqual([1, 2, 4, 8]);
  });
});

describe("the instant preset", () => {
  it("brings everything up in no time and ends drained", () => {
    const rig = createRig({
      nodes: 5,
      latencies: LATENCIES_INSTANT,
      options: INSTANT_CONTROLLER_OPTIONS,
      times: INSTANT_CONTAINER_TIMES,
    });
    rig.apply(deployment("web", 200));
    const outcome = rig.sim.runUntilDrained();
    expect(outcome.reason).toBe("drained");
    expect(rig.machines.processCount).toBe(200);
    expect(rig.sim.nowUs).toBeLessThanOrEqual(600e6 + 1e6); // only the progress deadline may be left
  });
});
