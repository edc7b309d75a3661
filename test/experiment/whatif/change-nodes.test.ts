// What happens to nodes: each change does what it says, and the pods and workloads show it.

import { describe, expect, it } from "vitest";
import {
  ask,
  askPair,
  budget,
  deployment,
  dump,
  dumpRun,
  outcomes,
  podsWith,
  prepared,
  scenario,
} from "./worlds.ts";

const SHOP = scenario([deployment("web", 6)]);

describe("drain", () => {
  it("moves the pods of the node, each with its cause and its instant", () => {
    const record = ask(SHOP, "drain n-1 at 5m");
    expect(outcomes(record)).toEqual({ moved: 1 });
    const [pod] = record.pods;
    expect(pod).toMatchObject({ from: "n-1", cause: "evicted-by-api", because: "drain n-1 at 5m" });
    expect(pod!.to).not.toBe("n-1");
    expect(pod!.leftUs).toBeGreaterThanOrEqual(300_000_000);
    expect(pod!.successor).not.toBe("");
    expect(record.nodes.emptied).toEqual(["n-1"]);
    expect(record.workloads[0]).toMatchObject({ change: { readyMinCount: 5, readyAtEndCount: 6 } });
    expect(record.workloads[0]!.change!.shortUs).toBeGreaterThan(0);
    expect(record.workloads[0]!.baseline!.shortUs).toBe(0);
  });

  it("waits for budgets: who is held up, for how long, by which", () => {
    const world = scenario([deployment("web", 6), budget("web", 6)]);
    const record = ask(world, "drain n-1 at 5m", "delete pdb/web at 10m");
    expect(record.budgets).toHaveLength(1);
    const [block] = record.budgets;
    expect(block).toMatchObject({ budget: "web", namespace: "default", node: "n-1" });
    expect(block!.fromUs).toBeGreaterThanOrEqual(300_000_000);
    expect(block!.untilUs! - block!.fromUs).toBeGreaterThan(299_000_000);
    expect(block!.refusalsCount).toBe(60);
    expect(record.pods[0]!.leftUs).toBeGreaterThan(600_000_000);
  });

  it("is never through where a budget never allows it", () => {
    const record = ask(scenario([deployment("web", 6), budget("web", 6)]), "drain n-1 at 5m");
    expect(outcomes(record)).toEqual({});
    expect(record.budgets[0]!.untilUs).toBeNull();
  });

  it("takes selectors, zones and pools", () => {
    for (const text of ["zone=a", "topology.kubernetes.io/zone=a", "n-0,n-3", "pool=n:2"]) {
      const record = ask(SHOP, `drain ${text} at 5m`);
      expect(outcomes(record), text).toEqual({ moved: 2 });
    }
  });
});

describe("cordon and uncordon", () => {
  it("turn away new pods and let them in again", () => {
    const cordoned = ask(SHOP, "cordon zone=a zone=b at 0s", "scale deploy/web replicas=18 at 5m");
    expect(podsWith(cordoned, "new").every(({ to }) => ["n-2", "n-5"].includes(to))).toBe(true);
    const again = ask(
      SHOP,
      ...["cordon zone=a zone=b", "uncordon n-0 at 1m", "scale deploy/web replicas=18 at 5m"],
    );
    expect(podsWith(again, "new").some(({ to }) => to === "n-0")).toBe(true);
  });
});

describe("lose", () => {
  it("a zone is the ZoneOutage of a scenario, to the last bit", () => {
    const { record } = askPair(prepared(SHOP), ["lose zone b at 5m for 10m"]);
    const faults = [{ kind: "ZoneOutage", zone: "b", at: "5m", duration: "10m" }];
    const outage = askPair(prepared(scenario([deployment("web", 6)], { faults })), []);
    expect(record.fingerprints.change).toBe(outage.record.fingerprints.baseline);
    expect(record.fingerprints.change).not.toBe(record.fingerprints.baseline);
    expect(outcomes(record)).toEqual({ moved: 2 });
    expect(record.workloads[0]!.change!.shortUs).toBeGreaterThan(300_000_000);
  });

  it("a node without a span stays down, and its bare pod is gone for good", () => {
    const pod = {
      ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "lonely" } },
      spec: {
        nodeSelector: { "kubernetes.io/hostname": "n-2" },
        containers: [{ name: "c", image: "c:1" }],
      },
    };
    const record = ask(scenario([pod]), "lose node n-2 at 1m");
    expect(outcomes(record)).toEqual({ gone: 1 });
    expect(record.pods[0]).toMatchObject({ pod: "lonely", to: "", cause: "evicted-by-taint" });
  });

  it("for a short time only restarts what ran there, and what stays there is down with it", () => {
    const record = ask(SHOP, "lose n-2 at 5m for 2m");
    expect(outcomes(record)).toEqual({ restarted: 1 });
    expect(record.pods[0]).toMatchObject({ from: "n-2", to: "n-2", endedCount: 1 });
    const agent = {
      ...{ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent" } },
      spec: {
        selector: { matchLabels: { app: "agent" } },
        template: {
          metadata: { labels: { app: "agent" } },
          spec: { containers: [{ name: "c", image: "c:1" }] },
        },
      },
    };
    expect(outcomes(ask(scenario([agent]), "lose n-2 at 5m"))).toEqual({ down: 1 });
  });

  it("the first so many nodes of a pool", () => {
    expect(outcomes(ask(SHOP, "lose pool=n:3 at 1m"))).toEqual({ moved: 3 });
  });
});

describe("upgrade", () => {
  it("replaces every node, one at a time, and never lacks more than the pods of one", () => {
    const record = ask(SHOP, "upgrade pool=n at 5m");
    expect(record.nodes.removed).toEqual(["n-0", "n-1", "n-2", "n-3", "n-4", "n-5"]);
    expect(record.nodes.added).toEqual(record.nodes.removed.map((name) => `${name}-new`));
    expect(record.workloads[0]!.change!.readyMinCount).toBe(5);
    expect(record.workloads[0]!.change!.readyAtEndCount).toBe(6);
    expect(outcomes(record)).toEqual({ moved: 6 });
    const left = record.pods.map(({ leftUs }) => leftUs!).sort((a, b) => a - b);
    // A minute to register, then the next.
    for (const [at, us] of left.entries())
      if (at > 0) expect(us - left[at - 1]!).toBeGreaterThan(60_000_000);
  });

  it("goes faster with more at a time, and without surge it takes the old one first", () => {
    const end = (text: string): number => {
      const record = ask(SHOP, `upgrade pool=n ${text} at 5m`);
      expect(record.nodes.added).toHaveLength(6);
      return Math.max(...record.pods.map(({ leftUs }) => leftUs!));
    };
    const one = end("surge=1");
    expect(end("surge=3")).toBeLessThan(one - 180_000_000);
    expect(end("max-unavailable=6")).toBeLessThan(302_000_000);
  });

  it("stands still before a budget, or takes what is left when its time is up", () => {
    const world = scenario([deployment("web", 6), budget("web", 6)]);
    const blocked = ask(world, "upgrade pool=n at 5m");
    expect(blocked.nodes.removed).toEqual([]);
    expect(blocked.nodes.added).toEqual(["n-0-new"]);
    const forced = ask(world, "upgrade n-0 timeout=2m at 5m");
    expect(forced.nodes.removed).toEqual(["n-0"]);
    expect(outcomes(forced)).toEqual({ moved: 1 });
    expect(forced.notes.join()).toContain("n-0 goes with what is left on it");
  });
});

describe("shape", () => {
  it("of an empty pool holds from the start", () => {
    const record = ask(SHOP, "shape pool=n to=cpu=500m,memory=1Gi");
    expect(record.changes[0]!.taken).toContain("from the start");
    const perNode = new Map<string, number>();
    for (const { to } of record.pods) perNode.set(to, (perNode.get(to) ?? 0) + 1);
    expect(Math.max(0, ...perNode.values())).toBeLessThanOrEqual(1);
    const small = ask(scenario([deployment("web", 7)]), "shape pool=n to=cpu=500m,memory=1Gi");
    expect(outcomes(small)["waits"]).toBe(1);
    const [waiting] = podsWith(small, "waits");
    expect(waiting!.message).toContain("6 Insufficient cpu");
    expect(waiting!.pendingUs).toBeGreaterThan(1_799_000_000);
  });

  it("of a pool with pods exchanges its nodes; a dump's pools go by the clouds' labels", () => {
    const run = dumpRun(dump(["n-0", "n-0", "n-1"]));
    const { record } = askPair(run, ["shape pool=old to=m5.xlarge"]);
    expect(record.changes[0]!.taken).toContain("exchanged");
    expect(record.nodes.removed).toEqual(["n-0", "n-1", "n-2"]);
    expect(outcomes(record)).toEqual({ moved: 3 });
    expect(record.pods.every(({ to }) => to.endsWith("-new"))).toBe(true);
  });
});

describe("the cost of a change", () => {
  const priced = scenario([deployment("web", 6)], {
    measures: ["cost"],
    cluster: {
      nodePools: [
        {
          name: "n",
          count: 6,
          allocatable: { cpu: "4", memory: "16Gi", pods: "110" },
          pricePerHour: 1,
        },
      ],
    },
    prices: { currency: "USD", shapes: [{ name: "m5.xlarge", pricePerHour: 0.5 }] },
  });
  // Half an hour of six nodes.
  it.each([
    ["add 2 pool=n", 4_000_000],
    ["shape pool=n to=m5.xlarge", 1_500_000],
    ["shape pool=n to=cpu=4,memory=16Gi price=0.25", 750_000],
    ["shape pool=n to=cpu=4,memory=16Gi", null],
  ])("%s: 3 USD before, %d millionths after", (text, cost) => {
    const found = ask(priced, text).measures.find(({ measure }) => measure === "cost");
    expect([found?.baseline, found?.change]).toEqual([3_000_000, cost]);
  });
});

describe("add", () => {
  const FULL = scenario([deployment("web", 30, "1")]);

  it("makes room from the start, or from its instant", () => {
    const before = ask(FULL, "add 2 pool=n");
    expect(before.pending).toEqual({ baseline: 6, change: 0 });
    expect(before.nodes.added).toEqual(["n-added-0", "n-added-1"]);
    expect(outcomes(before)["placed"]).toBe(6);
    const later = ask(FULL, "add 2 pool=n at 10m");
    expect(later.pending.change).toBe(0);
    expect(podsWith(later, "placed").every(({ waitedUs }) => waitedUs! > 599_700_000)).toBe(true);
  });
});

describe("nodes that there are not", () => {
  it.each([
    ["drain n-9", /--do:1:7: .*no node is called 'n-9'\n.*\n.*\nhint: did you mean 'n-0'/],
    ["lose zone d", /no zone is called 'd'(?:.|\n)*known are a, b, c/],
    ["upgrade pool=m", /no pool is called 'm'(?:.|\n)*hint: known are n/],
    ["drain disk=ssd", /no node has the labels disk=ssd/],
    ["drain 'disk in ('", /is no label selector/],
    ["lose pool=n:9", /has only 6 nodes/],
    [
      "shape pool=n to=m5.xlarg",
      /knows no machine type 'm5.xlarg'(?:.|\n)*did you mean 'm5.xlarge'/,
    ],
  ])("%s", (text, message) => {
    expect(() => ask(SHOP, text)).toThrow(message);
  });
});
