import { describe, expect, it } from "vitest";
import { constant, exponential, type Instant, lognormal, weibull } from "../../src/base/index.ts";
import { type Fault, type FaultSet, startFaults } from "../../src/faults/index.ts";
import { createRig, type Rig } from "../controllers/rig.ts";

const SECOND = 1_000_000;

interface Run {
  readonly rig: Rig;
  readonly faults: FaultSet;
}

function run(
  plan: readonly Fault[],
  seconds: number,
  options: { seed?: string; nodes?: number } = {},
): Run {
  const rig = createRig({
    nodes: options.nodes ?? 6,
    seed: options.seed ?? "1",
    zoneOf: (i) => `z${i % 3}`,
    binds: false,
  });
  const faults = startFaults(rig.sim, rig.api, rig.machines, plan, rig.draws);
  rig.runUntil(seconds);
  return { rig, faults };
}

/** node name -> [begin, end] in seconds. */
function outages({ rig, faults }: Run): string[] {
  return faults.ledger.outages.map(
    ({ node, effect, beginUs, endUs }) =>
      `${rig.api.nodes.name(node)} ${effect} ${beginUs / SECOND}..${endUs < 0 ? "" : endUs / SECOND}`,
  );
}

describe("faults at an instant", () => {
  it("crash one node and repair it", () => {
    const plan: Fault[] = [
      { kind: "NodeCrash", node: "n2", atUs: 10 * SECOND, repairAfterUs: 5 * SECOND },
    ];
    const early = run(plan, 12);
    expect(early.rig.machines.isPowered(early.rig.nodes[1]!)).toBe(false);
    const late = run(plan, 20);
    expect(late.rig.machines.isPowered(late.rig.nodes[1]!)).toBe(true);
    expect(outages(late)).toEqual(["n2 power 10..15"]);
  });

  it("leave a node down for ever without a repair", () => {
    const result = run([{ kind: "NodeCrash", node: "n1", atUs: 0 }], 1000);
    expect(outages(result)).toEqual(["n1 power 0.."]);
  });

  it("take a whole zone and no one else", () => {
    const result = run(
      [{ kind: "ZoneOutage", zone: "z1", atUs: 3 * SECOND, durationUs: SECOND }],
      9,
    );
    expect(outages(result)).toEqual(["n1 power 3..4", "n4 power 3..4"]);
    expect(result.faults.ledger.domainFailures).toHaveLength(1);
  });

  it("cut nodes off while what runs on them goes on", () => {
    const { rig, faults } = run(
      [{ kind: "NetworkPartition", zone: "z2", atUs: 3 * SECOND, durationUs: SECOND }],
      3.5,
    );
    const [, second] = rig.nodes;
    expect(rig.machines.isReachable(second!)).toBe(false);
    expect(rig.machines.isPowered(second!)).toBe(true);
    expect(faults.ledger.outages.map((one) => one.effect)).toEqual(["network", "network"]);
  });

  it("that overlap hold a machine down until the last one ends", () => {
    const plan: Fault[] = [
      { kind: "NodeCrash", node: "n1", atUs: 2 * SECOND, repairAfterUs: 20 * SECOND },
      { kind: "ZoneOutage", zone: "z1", atUs: 5 * SECOND, durationUs: 5 * SECOND },
    ];
    expect(outages(run(plan, 60))).toEqual(["n1 power 2..22", "n4 power 5..10"]);
  });

  it("note what they cannot find", () => {
    const { faults } = run([{ kind: "NodeCrash", node: "n99", atUs: SECOND }], 2);
    expect(faults.ledger.notes).toEqual([
      { atUs: SECOND, message: 'NodeCrash: there is no node "n99" at that time' },
    ]);
  });
});

describe("failures by law", () => {
  const failures: Fault = {
    kind: "NodeFailures",
    name: "general",
    upTimeSeconds: weibull({ shape: 0.8, scale: 2000 }),
    repairSeconds: lognormal({ median: 300, sigma: 0.5 }),
  };

  it("alternate up and down, keyed by node: a node more moves nobody else's failures", () => {
    const few = outages(run([failures], 20_000, { nodes: 4 }));
    const more = outages(run([failures], 20_000, { nodes: 5 }));
    expect(few.length).toBeGreaterThan(10);
    expect(more.filter((line) => !line.startsWith("n5"))).toEqual(few);
  });

  it("differ from seed to seed and repeat with one", () => {
    const first = outages(run([failures], 20_000));
    expect(outages(run([failures], 20_000))).toEqual(first);
    expect(outages(run([failures], 20_000, { seed: "2" }))).not.toEqual(first);
  });

  it("keep the availability that the means promise", () => {
    const plan: Fault[] = [
      {
        kind: "NodeFailures",
        name: "all",
        upTimeSeconds: exponential({ mean: 900 }),
        repairSeconds: constant({ value: 100 }),
      },
    ];
    const { rig } = run(plan, 400_000, { nodes: 6 });
    let up = 0;
    for (const node of rig.nodes) up += rig.machines.upUs(node);
    expect(up / (6 * 400_000 * SECOND)).toBeCloseTo(0.9, 2);
  });

  it("found after long use: the share of machines that are down, and what is left of both times", () => {
    // Up times of shape 0.5 have a mean of 2 * scale and a mean rest of 6 * scale: new machines fail early.
    const plan = (isStationary: boolean): Fault[] => [
      {
        kind: "NodeFailures",
        name: "aged",
        upTimeSeconds: weibull({ shape: 0.5, scale: 100 }),
        repairSeconds: constant({ value: 100 }),
        isStationary,
      },
    ];
    const nodes = 1_000;
    const at = (isStationary: boolean, seconds: number): number =>
      outages(run(plan(isStationary), seconds, { nodes })).length;
    // Down at the start: 100 of 300 s; 4 standard deviations of a binomial count are 60.
    expect(Math.abs(at(true, 0.5) - nodes / 3)).toBeLessThan(60);
    expect(at(false, 0.5)).toBeLessThan(100);
    // Failures per time are constant from the start: one per machine in 300 s.
    const begun = outages(run(plan(true), 30, { nodes })).length - at(true, 0.5);
    expect(Math.abs(begun - nodes * 0.1)).toBeLessThan(40);
    expect(at(false, 30)).toBeGreaterThan(nodes * 0.3);
  });

  it("take up nodes that join later, and only those selected", () => {
    const rig = createRig({ nodes: 1, binds: false });
    const plan: Fault[] = [
      {
        kind: "NodeFailures",
        name: "late",
        selects: (node) => node.meta.name !== "n1",
        upTimeSeconds: constant({ value: 10 }),
        repairSeconds: constant({ value: 5 }),
      },
    ];
    const faults = startFaults(rig.sim, rig.api, rig.machines, plan, rig.draws);
    rig.sim.runUntil((7 * SECOND) as Instant);
    rig.apply({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "late" },
      status: { capacity: { cpu: "1", memory: "1Gi", pods: "9" } },
    });
    rig.runUntil(24);
    const [one] = outages({ rig, faults });
    expect(one).toMatch(/^late power 17\.0\d+\.\.22\.0\d+$/);
    expect(faults.ledger.outages).toHaveLength(1);
  });
});
