// While the API server does not answer, controllers and kubelets must neither spin nor forget.
import { describe, expect, it } from "vitest";
import {
  ConditionStatus,
  LATENCIES_INSTANT,
  LATENCIES_KUBERNETES_1_36,
} from "../../src/cluster/index.ts";
import { createRig, deployment } from "./rig.ts";

describe("an outage of the API server", () => {
  it.each([
    ["kubernetes-1.36", LATENCIES_KUBERNETES_1_36],
    ["instant", LATENCIES_INSTANT],
  ] as const)("of ten minutes is caught up with, latencies %s", (_name, latencies) => {
    const rig = createRig({ latencies });
    rig.apply(deployment("web", 10));
    rig.runUntil(20);
    rig.machines.powerOff(rig.nodes[0]!);
    rig.runUntil(40);
    rig.api.setAnswering(false);
    const before = rig.sim.stats.fired;
    rig.runUntil(640);
    expect(rig.sim.stats.fired - before).toBeLessThan(2000);
    expect(rig.api.nodes.ready(rig.nodes[0]!)).toBe(ConditionStatus.True); // nobody could write it
    rig.api.setAnswering(true);
    rig.runUntil(1100);
    expect(rig.api.nodes.ready(rig.nodes[0]!)).toBe(ConditionStatus.Unknown);
    const living = rig.podsOf("web").filter((pod) => !rig.api.pods.isDeleting(pod));
    expect(living).toHaveLength(10);
    expect(living.every((pod) => rig.api.pods.ready(pod) === ConditionStatus.True)).toBe(true);
  });
});
