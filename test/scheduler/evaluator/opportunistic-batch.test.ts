// Opportunistic batching: when a hint is given, what it skips, and what throws the ranking away.

import { describe, expect, it } from "vitest";
import type { NodeRow } from "../../../src/scheduler/cache/node-row.ts";
import {
  type BatchCycle,
  createBatchStatistics,
  OpportunisticBatch,
} from "../../../src/scheduler/evaluator/opportunistic-batch.ts";
import {
  type Decision,
  filterNode,
  PlainEvaluator,
  type PodInfo,
  popOrder,
  CycleState,
  runPreFilters,
} from "../../../src/scheduler/index.ts";
import { configuration, node, pod, SmallCluster, withArgs } from "../small-cluster.ts";

const NO_DEFAULT_SPREAD = withArgs("PodTopologySpread", { defaultingType: "List" });

function rowsOf(count: number): NodeRow[] {
  return Array.from({ length: count }, (_, row) => row as NodeRow);
}

const nameOf = (row: NodeRow): string => `n${row}`;

describe("a kept ranking", () => {
  const cycle = (number: number, nowUs = 0, signature: string | undefined = "s"): BatchCycle => ({
    number,
    nowUs,
    signature,
  });

  function kept(): {
    batch: OpportunisticBatch;
    statistics: ReturnType<typeof createBatchStatistics>;
  } {
    const statistics = createBatchStatistics();
    const batch = new OpportunisticBatch(statistics, "heap");
    const ranking = { feasible: rowsOf(4), totals: [10, 40, 20, 30], winner: 1 };
    batch.store(cycle(5), "", "n1", ranking, nameOf);
    return { batch, statistics };
  }

  it("gives the next best node to the next pod when the last node is full", () => {
    const { batch } = kept();
    const asked: string[] = [];
    const isFull = (name: string): boolean => {
      asked.push(name);
      return true;
    };
    expect(batch.takeHint(cycle(6), isFull)).toBe("n3");
    batch.store(cycle(6), "n3", "n3", undefined, nameOf);
    expect(batch.takeHint(cycle(7), isFull)).toBe("n2");
    batch.store(cycle(7), "n2", "n2", undefined, nameOf);
    expect(batch.takeHint(cycle(8), isFull)).toBe("n0");
    batch.store(cycle(8), "n0", "n0", undefined, nameOf);
    expect(batch.takeHint(cycle(9), isFull)).toBe("");
    expect(asked).toEqual(["n1", "n3", "n2"]);
  });

  it.each([
    ["a cycle lies between", cycle(7), true, "pod_skipped"],
    ["the pod is another", cycle(6, 0, "t"), true, "pod_incompatible"],
    [
      "the pod has no signature",
      { number: 6, nowUs: 0, signature: undefined },
      true,
      "pod_incompatible",
    ],
    ["half a second has passed", cycle(6, 500_001), true, "expired"],
    ["the last node is gone", cycle(6), undefined, "node_missing"],
    ["the last node has room", cycle(6), false, "node_not_full"],
  ])("is of no use when %s", (_what, at, full, reason) => {
    const { batch, statistics } = kept();
    expect(batch.takeHint(at, () => full)).toBe("");
    expect([...statistics.flushes]).toEqual([[reason, 1]]);
    expect(statistics.withoutHint).toBe(1);
  });

  it("lasts for just half a second, and a hint does not make it younger", () => {
    const { batch } = kept();
    expect(batch.takeHint(cycle(6, 300_000), () => true)).toBe("n3");
    batch.store(cycle(6, 300_000), "n3", "n3", undefined, nameOf);
    expect(batch.takeHint(cycle(7, 500_000), () => true)).toBe("n2");
    batch.store(cycle(7, 500_000), "n2", "n2", undefined, nameOf);
    expect(batch.takeHint(cycle(8, 500_001), () => true)).toBe("");
  });

  it("is as old as the end of its cycle, which a later cycle does not move", () => {
    const { batch } = kept();
    batch.endCycle(200_000);
    expect(batch.takeHint(cycle(6, 700_000), () => true)).toBe("n3");
    batch.store(cycle(6, 700_000), "n3", "n3", undefined, nameOf);
    batch.endCycle(700_000);
    expect(batch.takeHint(cycle(7, 700_001), () => true)).toBe("");
  });

  it("ends when a hint was not used and nothing was scored", () => {
    const { batch, statistics } = kept();
    expect(batch.takeHint(cycle(6), () => true)).toBe("n3");
    batch.store(cycle(6), "n3", "n9", undefined, nameOf);
    expect(batch.takeHint(cycle(7), () => true)).toBe("");
    expect(statistics).toMatchObject({ hintsUsed: 0, hintsNotUsed: 1, withoutHint: 1 });
    expect([...statistics.flushes]).toEqual([["empty_list", 1]]);
  });

  it("ends with a pod that has no signature", () => {
    const { batch, statistics } = kept();
    const unsigned = { number: 6, nowUs: 0, signature: undefined };
    const ranking = { feasible: rowsOf(2), totals: [1, 2], winner: 1 };
    batch.takeHint(unsigned, () => true);
    batch.store(unsigned, "", "n1", ranking, nameOf);
    expect([...statistics.flushes.keys()]).toEqual(["pod_incompatible", "pod_not_batchable"]);
    expect(batch.takeHint(cycle(7), () => true)).toBe("");
  });
});

describe("a hinted cycle", () => {
  const nodes = ["n1", "n2", "n3", "n4"].map((name) => node(name, { cpu: "1", memory: "8Gi" }));
  const big = (name: string, more = {}) => pod(name, { cpu: "600m" }, more);

  function place(cluster: SmallCluster, source: Record<string, unknown>): Decision {
    const decision = cluster.decide(source);
    const { cache } = cluster.world;
    if (decision.node !== -1) {
      cache.addPod({ ...decision.pod, nodeName: cache.nodeName(decision.node) });
    }
    return decision;
  }

  it("evaluates one node, scores nothing and leaves the rotation alone", () => {
    const cluster = new SmallCluster(nodes, { config: NO_DEFAULT_SPREAD });
    const first = place(cluster, big("a"));
    const second = place(cluster, big("b"));
    expect(first).toMatchObject({ hint: "", viaHint: false, evaluatedCount: 4 });
    expect(second).toMatchObject({ viaHint: true, evaluatedCount: 1, totals: [], tieCount: 1 });
    expect(second.nextStart).toBe(second.start);
    expect(second.node).not.toBe(first.node);
  });

  it("never happens with the default configuration", () => {
    const cluster = new SmallCluster(nodes);
    const decisions = ["a", "b", "c"].map((name) => place(cluster, big(name)));
    expect(decisions.map(({ hint }) => hint)).toEqual(["", "", ""]);
  });

  it("does not happen while the last node would take the pod", () => {
    const cluster = new SmallCluster(nodes, { config: NO_DEFAULT_SPREAD });
    const small = (name: string) => pod(name, { cpu: "100m" });
    place(cluster, small("a"));
    expect(place(cluster, small("b")).hint).toBe("");
    expect([...cluster.evaluator.batchStatistics.flushes.keys()]).toContain("node_not_full");
  });

  it("goes after a nomination, which uses the hint up", () => {
    const cluster = new SmallCluster(nodes, { config: NO_DEFAULT_SPREAD });
    const first = place(cluster, big("a"));
    const nominatedNodeName = ["n4", "n3"].find(
      (name) => name !== cluster.world.cache.nodeName(first.node as NodeRow),
    )!;
    const order = popOrder(first.totals).map((at) =>
      cluster.world.cache.nodeName(first.feasible[at]!),
    );
    const second = place(cluster, big("b", { status: { nominatedNodeName } }));
    expect(second.hint).toBe(order[1]);
    expect(cluster.world.cache.nodeName(second.node as NodeRow)).toBe(nominatedNodeName);
    expect(second).toMatchObject({ viaNominated: second.hint !== "", viaHint: false });
  });

  it("falls back to the full search when the hinted node refuses", () => {
    const cluster = new SmallCluster(nodes, { config: NO_DEFAULT_SPREAD });
    const first = place(cluster, big("a"));
    const order = popOrder(first.totals).map((at) =>
      cluster.world.cache.nodeName(first.feasible[at]!),
    );
    const guest = cluster.podInfo(pod("guest", { cpu: "900m" }));
    cluster.world.cache.addPod({ ...guest, nodeName: order[1]! });
    const second = place(cluster, big("b"));
    expect(second).toMatchObject({ hint: order[1], viaHint: false, evaluatedCount: 4 });
    expect(second.feasible).toHaveLength(2);
    expect(cluster.evaluator.batchStatistics.hintsNotUsed).toBe(1);
  });

  it("leads to no node that is kept for another pod", () => {
    const holder = pod(
      "holder",
      { cpu: "600m" },
      { spec: { priority: 5 }, status: { nominatedNodeName: "n1" } },
    );
    const cluster = new SmallCluster([...nodes, holder], { config: NO_DEFAULT_SPREAD });
    // n1 is kept free for the holder, so it is never among the feasible nodes.
    const decisions = ["a", "b", "c", "d"].map((name) => place(cluster, big(name)));
    expect(decisions.map(({ viaHint }) => viaHint)).toEqual([false, true, true, false]);
    expect(decisions[3]!.outcome).toBe("unschedulable");
  });

  it("is off with extenders", () => {
    const cluster = new SmallCluster(nodes, {
      config: NO_DEFAULT_SPREAD,
      evaluator: { batching: false },
    });
    place(cluster, big("a"));
    expect(place(cluster, big("b")).hint).toBe("");
  });
});

describe("profiles of one scheduler", () => {
  it("keep a ranking each, and a pod of another profile between two ends it", () => {
    const list = { name: "PodTopologySpread", args: { defaultingType: "List" } };
    const profileOf = (schedulerName: string) => ({ schedulerName, pluginConfig: [list] });
    const config = { ...configuration({}), profiles: [profileOf("a"), profileOf("b")] };
    const nodes = Array.from({ length: 8 }, (_, at) => node(`n${at}`, { cpu: "1", memory: "8Gi" }));
    const cluster = new SmallCluster(nodes, { config });
    const profiles = cluster.world.createProfiles(cluster.world.readConfiguration(config));
    const evaluator = new PlainEvaluator(cluster.world.cache);
    const run = (name: string, at: number): Decision => {
      const info = cluster.podInfo(
        pod(name, { cpu: "600m" }, { spec: { schedulerName: at === 0 ? "a" : "b" } }),
      );
      const decision = evaluator.decide(info, profiles[at]!);
      const { cache } = cluster.world;
      cache.addPod({ ...info, nodeName: cache.nodeName(decision.node as NodeRow) });
      return decision;
    };
    const hints = [run("p1", 0), run("p2", 0), run("p3", 1), run("p4", 0), run("p5", 0)];
    expect(hints.map(({ viaHint }) => viaHint)).toEqual([false, true, false, false, true]);
    expect(evaluator.batchStatistics.flushes.get("pod_skipped")).toBe(1);
  });
});

// --- Random sequences --------------------------------------------------------------------------

/** A small generator of its own, so that the seeds mean the same for ever. */
function numbers(seed: number): (below: number) => number {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The rule of scheduler.md 9.1 on names, told apart from how the evaluator keeps it. */
class HintOracle {
  private last: { kind: string; node: string; rest: string[] } | undefined;

  expected(kind: string, refuses: (name: string) => boolean): string {
    const { last } = this;
    if (last === undefined || last.kind !== kind || last.rest.length === 0) return "";
    return refuses(last.node) ? last.rest.shift()! : "";
  }

  placed(kind: string, decision: Decision, name: (row: NodeRow) => string): void {
    if (decision.node === -1) {
      // The next pod is not the very next cycle after a success.
      this.last = undefined;
      return;
    }
    const node = name(decision.node);
    if (decision.hint === node && this.last !== undefined) {
      this.last = { ...this.last, node };
      return;
    }
    const rest =
      decision.totals.length < 2
        ? []
        : popOrder(decision.totals)
            .slice(1)
            .map((at) => name(decision.feasible[at]!));
    this.last = { kind, node, rest };
  }
}

describe("random sequences of pods", () => {
  it("follow the rule, and often go elsewhere than without hints (40 seeds)", () => {
    let hinted = 0;
    let elsewhere = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const draw = numbers(seed);
      const nodes = Array.from({ length: 6 + draw(20) }, (_, at) =>
        node(`n${at}`, { cpu: String(1 + draw(3)), memory: `${2 + draw(4)}Gi` }),
      );
      const cluster = new SmallCluster(nodes, { config: NO_DEFAULT_SPREAD });
      const { cache } = cluster.world;
      const name = (row: NodeRow): string => cache.nodeName(row);
      const without = new PlainEvaluator(cache, { batching: false });
      const oracle = new HintOracle();
      const kinds = [
        pod("big", { cpu: "900m", memory: "1Gi" }),
        pod("ported", { cpu: "50m" }),
        pod("small", { cpu: "200m", memory: "256Mi" }, { labels: { app: "s" } }),
      ];
      (kinds[1] as { spec: object }).spec = {
        containers: [
          {
            name: "c",
            image: "app:1",
            ports: [{ containerPort: 80, hostPort: 80 }],
            resources: { requests: { cpu: "50m" } },
          },
        ],
      };
      let kind = 0;
      for (let at = 0; at < 30; at++) {
        if (draw(4) === 0) kind = draw(kinds.length);
        const info: PodInfo = { ...cluster.podInfo(kinds[kind]!), uid: `p${at}`, name: `p${at}` };
        without.nextStart = cluster.evaluator.nextStart;
        const plain = without.decide(info, cluster.profile);
        const state = new CycleState();
        runPreFilters(cluster.profile, state, info, cache.nodeList);
        const hint = oracle.expected(String(kind), (nodeName) => {
          const row = cache.findRow(nodeName)!;
          return filterNode(cluster.profile, cache, state, info, row).code !== 0;
        });
        const decision = cluster.evaluator.decide(info, cluster.profile);
        expect(decision.hint, `seed ${seed}, pod ${at}`).toBe(hint);
        if (hint !== "" && plain.feasible.some((row) => name(row) === hint)) {
          expect(name(decision.node as NodeRow), `seed ${seed}, pod ${at}`).toBe(hint);
          hinted++;
          if (plain.node !== decision.node) elsewhere++;
        } else {
          expect(decision.node, `seed ${seed}, pod ${at}`).toBe(plain.node);
        }
        oracle.placed(String(kind), decision, name);
        if (decision.node !== -1) cache.addPod({ ...info, nodeName: name(decision.node) });
      }
    }
    expect(hinted).toBeGreaterThan(150);
    expect(elsewhere).toBeGreaterThan(15);
  });
});
