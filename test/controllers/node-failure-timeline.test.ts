// One node of five stops and never returns: the instants must lie within those recorded on a real
// control plane (timelines/s02-node-failure.json), for every seed of the phases.
//
// The recorded facts are copied below so that the test runs anywhere; where the record is at hand
// the copy is compared with it.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ConditionStatus, type NodeIndex, type PodIndex } from "../../src/cluster/index.ts";
import { startFaults } from "../../src/faults/index.ts";
import { createRig, deployment, podTemplate, type Rig } from "./rig.ts";

/** Seconds. What the record allows, by the replay rules: see REPLAY.md section 3 for the classes. */
const RECORDED = {
  unknownAfterNodeStops: { min: 45.4416, max: 54.213, allowed: [39.5, 55.5] },
  unknownAfterLastLeaseRenewal: { min: 52.3382, max: 54.8992, allowed: [50, 55.5] },
  noScheduleTaintAfterUnknown: { min: 0.0097, max: 0.0274, allowed: [-0.02, 0.2774] },
  noExecuteTaintAfterUnknown: { min: 0.0259, max: 0.2045, allowed: [0, 0.6] },
  podReadyFalseAfterUnknown: { min: 0.0047, max: 0.1426, allowed: [-0.02, 0.3926] },
  "deployment/web: conditionDisruptionTargetAfterNoExecuteTaint": {
    min: 300.0152,
    max: 300.0973,
    allowed: [300, 300.3473],
  },
  "deployment/web: deletionTimestampAfterNoExecuteTaint": {
    min: 300.0298,
    max: 300.1335,
    allowed: [300, 300.3835],
  },
  "deployment/web: replacementCreatedAfterDeletionTimestamp": {
    min: 0.0094,
    max: 0.0762,
    allowed: [-0.02, 0.3262],
  },
  "deployment/web: replacementBoundAfterCreated": {
    min: 0.0048,
    max: 0.0211,
    allowed: [-0.02, 0.2711],
  },
  "deployment/web: replacementReadyAfterCreated": {
    min: 1.0099,
    max: 1.0331,
    allowed: [1, 1.2831],
  },
} as const;
type Quantity = keyof typeof RECORDED;

const RECORD = fileURLToPath(
  new URL("../../../shared/conformance/timelines/s02-node-failure.json", import.meta.url),
);

describe("the recorded node failure", () => {
  it.skipIf(!existsSync(RECORD))(
    "is copied rightly into this test (skipped where the record is absent)",
    () => {
      const { summary } = JSON.parse(readFileSync(RECORD, "utf8")) as {
        summary: Record<string, { min: number; max: number }>;
      };
      for (const [quantity, { min, max }] of Object.entries(RECORDED)) {
        expect({ quantity, min: summary[quantity]!.min, max: summary[quantity]!.max }).toEqual({
          quantity,
          min,
          max,
        });
      }
    },
  );
});

interface Timeline {
  readonly values: Map<Quantity, number[]>;
  readonly bareDeleted: boolean;
  readonly bareReplaced: boolean;
  readonly terminatingOnDeadNode: number;
}

/** The scenario of the record: pods are up after some seconds, then n1 stops at `failAt`. */
function replay(seed: string, failAt: number): Timeline {
  const rig = createRig({ seed, nodes: 5 });
  startFaults(
    rig.sim,
    rig.api,
    rig.machines,
    [{ kind: "NodeCrash", node: "n1", atUs: Math.round(failAt * 1e6) }],
    rig.draws,
  );
  rig.apply(deployment("web", 10));
  rig.apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "bare", labels: { app: "bare" } },
    spec: {
      ...(podTemplate("bare")["spec"] as object),
      nodeSelector: { "kubernetes.io/hostname": "n1" },
    },
  });
  const watched = watchTimeline(rig, rig.nodes[0]!, failAt);
  rig.runUntil(failAt + 400);
  return watched();
}

/** Collects the quantities of the record at the commits; the result is a function to be called at the end. */
function watchTimeline(rig: Rig, dead: NodeIndex, failAt: number): () => Timeline {
  const { api, sim } = rig;
  const seconds = (): number => sim.nowUs / 1e6;
  const at = new Map<string, number>();
  const values = new Map<Quantity, number[]>();
  const push = (quantity: Quantity, value: number): void => {
    values.set(quantity, [...(values.get(quantity) ?? []), value]);
  };
  const deleted: number[] = [];
  const created: { uid: number; at: number }[] = [];
  const isWeb = (pod: PodIndex): boolean => api.pods.name(pod).startsWith("web-");
  api.observe({
    onNode: ({ node, before, after }) => {
      if (node !== dead || after === undefined || before === undefined) return;
      const ready = after.conditions.find((one) => one.type === "Ready")?.status;
      if (ready === "Unknown" && !at.has("U")) {
        at.set("U", seconds());
        push("unknownAfterNodeStops", seconds() - failAt);
        const lastUs = rig.controllers.heartbeats.lastUs(dead, sim.nowUs);
        push("unknownAfterLastLeaseRenewal", seconds() - lastUs / 1e6);
      }
      for (const { key, effect } of after.taints) {
        if (key !== "node.kubernetes.io/unreachable" || at.has(effect)) continue;
        at.set(effect, seconds());
        const quantity =
          effect === "NoSchedule" ? "noScheduleTaintAfterUnknown" : "noExecuteTaintAfterUnknown";
        push(quantity, seconds() - at.get("U")!);
      }
    },
    onPod: (change) => {
      const { pod } = change;
      if (change.kind === "Added" && seconds() > failAt)
        created.push({ uid: change.uid, at: seconds() });
      if (change.kind !== "Modified") return;
      const replacement = created.find((one) => one.uid === change.uid);
      if (replacement !== undefined) {
        if (change.nodeBefore !== change.nodeAfter)
          push("deployment/web: replacementBoundAfterCreated", seconds() - replacement.at);
        if (change.readyAfter === ConditionStatus.True)
          push("deployment/web: replacementReadyAfterCreated", seconds() - replacement.at);
        return;
      }
      if (change.nodeAfter !== dead || seconds() < failAt) return;
      if (
        change.readyBefore === ConditionStatus.True &&
        change.readyAfter === ConditionStatus.False
      ) {
        push("podReadyFalseAfterUnknown", seconds() - at.get("U")!);
      }
      if (!isWeb(pod)) return;
      const sinceTaint = seconds() - (at.get("NoExecute") ?? Number.NaN);
      if (change.isDeletingAfter && !change.isDeletingBefore) {
        deleted.push(seconds());
        push("deployment/web: deletionTimestampAfterNoExecuteTaint", sinceTaint);
      } else if (
        change.conditionAfter(5) === ConditionStatus.True &&
        change.conditionBefore(5) === ConditionStatus.Absent
      ) {
        push("deployment/web: conditionDisruptionTargetAfterNoExecuteTaint", sinceTaint);
      }
    },
  });
  return () => {
    for (const [index, one] of created.entries()) {
      push("deployment/web: replacementCreatedAfterDeletionTimestamp", one.at - deleted[index]!);
    }
    const onDead = api.pods.podsOnNode(dead);
    const bare = onDead.filter((pod) => api.pods.name(pod) === "bare");
    return {
      values,
      bareDeleted: bare.length === 1 && api.pods.isDeleting(bare[0]!),
      bareReplaced: rig.podNames().filter((name) => name.startsWith("bare")).length > 1,
      terminatingOnDeadNode: onDead.filter((pod) => api.pods.isDeleting(pod)).length,
    };
  };
}

describe("a node failure in the simulator", () => {
  const seeds = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
  it.each(seeds)("keeps every recorded instant, seed %s", (seed) => {
    const failAt = 20 + ((Number(seed) * 7919) % 10);
    const { values, bareDeleted, bareReplaced, terminatingOnDeadNode } = replay(seed, failAt);
    for (const [quantity, { allowed }] of Object.entries(RECORDED)) {
      const found = values.get(quantity as Quantity) ?? [];
      expect(found.length, `${quantity} happened`).toBeGreaterThan(0);
      for (const value of found) {
        expect(value, `${quantity}, seed ${seed}`).toBeGreaterThanOrEqual(allowed[0]);
        expect(value, `${quantity}, seed ${seed}`).toBeLessThanOrEqual(allowed[1]);
      }
    }
    // the pods of the Deployment on n1 and the bare pod, for ever
    const lost = values.get("deployment/web: deletionTimestampAfterNoExecuteTaint")!.length;
    expect(values.get("deployment/web: replacementReadyAfterCreated")).toHaveLength(lost);
    expect(terminatingOnDeadNode).toBe(lost + 1);
    expect({ bareDeleted, bareReplaced }).toEqual({ bareDeleted: true, bareReplaced: false });
  });

  it("is spread over the recorded width by the phases, not fixed at one value", () => {
    const found = seeds.map(
      (seed) => replay(seed, 21.5).values.get("unknownAfterLastLeaseRenewal")![0]!,
    );
    expect(Math.max(...found) - Math.min(...found)).toBeGreaterThan(2);
  });
});
