// Nodes that come back, leave, are taken out of service, or fail together; bounds from the records
// timelines/s05-*, s06-* and from spec/node-lifecycle.md section 9.
import { describe, expect, it } from "vitest";
import {
  ConditionStatus,
  LATENCIES_INSTANT,
  type NodeIndex,
  PodPhase,
} from "../../src/cluster/index.ts";
import { startFaults } from "../../src/faults/index.ts";
import { createRig, deployment, type Rig } from "./rig.ts";

const UNREACHABLE = "node.kubernetes.io/unreachable";

function taintsOf(rig: Rig, node: NodeIndex): string[] {
  return rig.api.nodes.facts(node).taints.map(({ key, effect }) => `${key}:${effect}`);
}

/** Seconds at which nodes first get a taint of this effect, in order. */
function watchTaints(rig: Rig, effect: string): { node: string; at: number }[] {
  const seen: { node: string; at: number }[] = [];
  rig.api.observe({
    onNode: ({ after }) => {
      if (
        after === undefined ||
        !after.taints.some((one) => one.key === UNREACHABLE && one.effect === effect)
      )
        return;
      if (!seen.some(({ node }) => node === after.meta.name))
        seen.push({ node: after.meta.name, at: rig.sim.nowUs / 1e6 });
    },
  });
  return seen;
}

function partition(rig: Rig, names: readonly string[], at: number, seconds?: number): void {
  const plan = names.map((node) => ({
    kind: "NetworkPartition" as const,
    node,
    atUs: at * 1e6,
    ...(seconds === undefined ? {} : { durationUs: seconds * 1e6 }),
  }));
  startFaults(rig.sim, rig.api, rig.machines, plan, rig.draws);
}

describe("a node that returns", () => {
  it("loses its NoSchedule taint at once and its NoExecute taint in the next health pass", () => {
    const rig = createRig();
    rig.apply(deployment("web", 10));
    partition(rig, ["n1"], 20, 100);
    rig.runUntil(119);
    expect(taintsOf(rig, rig.nodes[0]!)).toEqual([
      `${UNREACHABLE}:NoSchedule`,
      `${UNREACHABLE}:NoExecute`,
    ]);
    rig.runUntil(120.1);
    expect(taintsOf(rig, rig.nodes[0]!)).not.toContain(`${UNREACHABLE}:NoSchedule`);
    rig.runUntil(125.7);
    expect(taintsOf(rig, rig.nodes[0]!)).toEqual([]);
    const pods = rig.podsOf("web");
    expect(pods).toHaveLength(10); // nobody was evicted, no process was disturbed
    expect(pods.every((pod) => rig.api.pods.ready(pod) === ConditionStatus.True)).toBe(true);
    expect(pods.every((pod) => rig.api.pods.restartCount(pod) === 0)).toBe(true);
    expect(rig.controllers.taintEviction.timers.size).toBe(0);
  });

  it("carries out the deletions it has missed, and rebooted it starts its containers anew", () => {
    const rig = createRig();
    rig.apply(deployment("web", 10));
    const faults = [
      { kind: "NetworkPartition", node: "n1", atUs: 20e6, durationUs: 400e6 },
      { kind: "NodeCrash", node: "n2", atUs: 20e6, repairAfterUs: 10e6 },
    ] as const;
    startFaults(rig.sim, rig.api, rig.machines, faults, rig.draws);
    rig.runUntil(40);
    const rebooted = rig.api.pods.podsOnNode(rig.nodes[1]!);
    expect(rebooted.length).toBeGreaterThan(0);
    expect(rebooted.every((pod) => rig.api.pods.restartCount(pod) === 1)).toBe(true);
    expect(rebooted.every((pod) => rig.api.pods.ready(pod) === ConditionStatus.True)).toBe(true);
    rig.runUntil(415);
    const unheard = rig.machines.processCountOn(rig.nodes[0]!);
    expect(unheard).toBeGreaterThan(0);
    expect(rig.podsOf("web")).toHaveLength(10 + unheard);
    rig.runUntil(425);
    expect(rig.machines.processCountOn(rig.nodes[0]!)).toBe(0);
    expect(rig.podsOf("web")).toHaveLength(10);
  });
});

describe("nodes that fail together", () => {
  it("get their NoExecute taints ten seconds apart while the zone is normal", () => {
    const rig = createRig({ nodes: 20 });
    const taints = watchTaints(rig, "NoExecute");
    partition(rig, ["n1", "n2", "n3", "n4", "n5"], 30);
    rig.runUntil(200);
    expect(taints).toHaveLength(5);
    for (let i = 1; i < 5; i++) {
      expect(taints[i]!.at - taints[i - 1]!.at).toBeGreaterThan(9.7);
      expect(taints[i]!.at - taints[i - 1]!.at).toBeLessThan(10.3);
    }
  });

  it("stop being tainted when most of a small zone is silent, but not when all of it is", () => {
    const rig = createRig({
      nodes: 20,
      zoneOf: (index) => (index <= 5 ? "small" : index <= 8 ? "gone" : "rest"),
    });
    const taints = watchTaints(rig, "NoExecute");
    partition(rig, ["n1", "n2", "n3", "n4", "n6", "n7", "n8"], 30);
    rig.runUntil(400);
    const named = taints.map(({ node }) => node).sort();
    // one node of the partly silent zone slips through before its state is known, and one more if its
    // nodes are noticed in three passes: then the next token comes during the third
    expect(
      named.filter((name) => ["n1", "n2", "n3", "n4"].includes(name)).length,
    ).toBeLessThanOrEqual(2);
    expect(named.filter((name) => ["n6", "n7", "n8"].includes(name))).toEqual(["n6", "n7", "n8"]);
  });

  it("all of them: taints are taken back, nothing is evicted, and everything heals on return", () => {
    const rig = createRig({ nodes: 6, zoneOf: (index) => `z${index % 2}` });
    rig.apply(deployment("web", 12));
    partition(rig, ["n1", "n2", "n3", "n4", "n5", "n6"], 30, 500);
    rig.runUntil(520);
    for (const node of rig.nodes)
      expect(taintsOf(rig, node)).toEqual([`${UNREACHABLE}:NoSchedule`]);
    expect(rig.podsOf("web")).toHaveLength(12);
    rig.runUntil(540);
    for (const node of rig.nodes) expect(taintsOf(rig, node)).toEqual([]);
    expect(rig.podsOf("web").every((pod) => rig.api.pods.ready(pod) === ConditionStatus.True)).toBe(
      true,
    );
  });

  it("mark pods not ready at the pace of the controller's client: a burst, then 20 per second", () => {
    const rig = createRig({ nodes: 3 });
    rig.apply(deployment("web", 150));
    rig.runUntil(20);
    const at: number[] = [];
    rig.api.observe({
      onPod: ({ readyBefore, readyAfter }) => {
        if (readyBefore === ConditionStatus.True && readyAfter === ConditionStatus.False)
          at.push(rig.sim.nowUs / 1e6);
      },
    });
    partition(rig, ["n1"], 30);
    rig.runUntil(120);
    expect(at).toHaveLength(50);
    const seconds = at.at(-1)! - at[0]!;
    expect(seconds).toBeGreaterThan(1); // 50 marks and some Events, less the burst of 30, at 20 per second
    expect(seconds).toBeLessThan(4);
  });
});

describe("a large cluster", () => {
  it("of 3000 nodes survives an outage of half of it in passes that neither nest nor rescan", () => {
    const rig = createRig({
      nodes: 3000,
      zoneOf: (index) => `z${index % 2}`,
      latencies: LATENCIES_INSTANT,
    });
    startFaults(
      rig.sim,
      rig.api,
      rig.machines,
      [{ kind: "ZoneOutage", zone: "z1", atUs: 30e6, durationUs: 300e6 }],
      rig.draws,
    );
    rig.runUntil(100);
    const ready = () =>
      rig.nodes.filter((node) => rig.api.nodes.ready(node) === ConditionStatus.True).length;
    expect(ready()).toBe(1500);
    rig.runUntil(400);
    expect(ready()).toBe(3000);
    expect(rig.nodes.every((node) => taintsOf(rig, node).length === 0)).toBe(true);
  });
});

describe("a node that leaves", () => {
  it("keeps its pods' objects for 40 to 80 s; then they fail, go, and are replaced", () => {
    for (const seed of ["1", "2", "3", "4"]) {
      const rig = createRig({ seed });
      rig.apply(deployment("web", 10));
      rig.runUntil(20);
      const gone: number[] = [];
      const phases = new Set<number>();
      rig.api.observe({
        onPod: (change) => {
          if (change.kind === "Deleted") gone.push(rig.sim.nowUs / 1e6 - 20);
          if (change.phaseAfter === PodPhase.Failed) phases.add(change.uid);
        },
      });
      const [node] = rig.nodes;
      const admin = rig.api.client("admin", { limit: "unlimited", rank: 6 });
      rig.machines.remove(node!);
      rig.api.request(admin, "delete", (writer) =>
        writer.deleteNode(node!, rig.api.nodes.uid(node!)),
      );
      rig.runUntil(110);
      expect(gone).toHaveLength(2);
      expect(phases.size).toBe(2);
      for (const at of gone) {
        expect(at).toBeGreaterThan(40);
        expect(at).toBeLessThan(80.5);
      }
      expect(
        rig.podsOf("web").filter((pod) => rig.api.pods.ready(pod) === ConditionStatus.True),
      ).toHaveLength(10);
    }
  });

  it("out of service gives up its terminating pods within a pass of the collector", () => {
    const rig = createRig();
    rig.apply(deployment("web", 10));
    rig.runUntil(20);
    rig.machines.powerOff(rig.nodes[0]!);
    rig.runUntil(90);
    const admin = rig.api.client("admin", { limit: "unlimited", rank: 6 });
    const uid = rig.api.nodes.uid(rig.nodes[0]!);
    const taint = {
      key: "node.kubernetes.io/out-of-service",
      value: "nodeshutdown",
      effect: "NoExecute" as const,
    };
    rig.api.request(admin, "patch", (writer) =>
      writer.updateNode(rig.nodes[0]!, uid, (before) => ({
        ...before,
        taints: [...before.taints, taint],
      })),
    );
    rig.runUntil(90.5);
    expect(rig.podsOf("web")).toHaveLength(12); // evicted at once, replaced at once, still there
    rig.runUntil(111);
    expect(rig.podsOf("web")).toHaveLength(10);
  });
});
