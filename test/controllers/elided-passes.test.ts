// Passes and renewals that are left out would have changed nothing: a twin in which each of them is a
// real event makes the same API changes at the same instants, whatever fails and when.
import { describe, expect, it } from "vitest";
import { EntityDraws, entityHash, type Instant, streamName } from "../../src/base/index.ts";
import type { NodeIndex } from "../../src/cluster/index.ts";
import { RANK, type Simulation } from "../../src/engine/index.ts";
import { type Fault, startFaults } from "../../src/faults/index.ts";
import { Heartbeats } from "../../src/controllers/heartbeats.ts";
import { type LeaseGrid, nextRenewalUs } from "../../src/controllers/lease-phase.ts";
import { createRig, deployment, type Rig } from "./rig.ts";

const SEEDS = 50;
const END_US = 900_000_000;
const HORIZON_S = END_US / 1e6;

/** What a twin reaches into. */
interface Looping {
  readonly passes: { after(us: number): number };
  readonly taintTicks: { after(us: number): number };
  readonly unsettled: Set<NodeIndex>;
  tickHandle: number;
  planPass(): void;
  planPassAt(atUs: number): void;
  planAt(atUs: number): void;
  pass(): void;
  tick(): void;
}

type Twin = (rig: Rig, count: () => void) => void;

const draw = (draws: EntityDraws, index: number, below: number): number =>
  Math.floor(draws.unit(entityHash("elided", 0), index) * below);

/** The fingerprint of a small random run in trouble, and how many events it took of the twin's own. */
function live(seed: string, twin?: Twin): { readonly hash: string; readonly extra: number } {
  const draws = new EntityDraws(streamName(seed, 0, "elided passes"));
  let index = 0;
  const below = (limit: number): number => draw(draws, index++, limit);
  const rig = createRig({ seed, nodes: 6, zoneOf: (i) => `z${i % 2}` });
  let extra = 0;
  twin?.(rig, () => {
    extra++;
  });
  const faults = Array.from({ length: 4 }, (): Fault => {
    const node = `n${1 + below(6)}`;
    const atUs = below(500) * 1_000_000 + below(1_000_000);
    const durationUs = (1 + below(300)) * 1_000_000;
    const kinds: readonly Fault[] = [
      { kind: "NodeCrash", node, atUs, repairAfterUs: durationUs },
      { kind: "NodeReboot", node, atUs, durationUs: below(20) * 1_000_000 },
      { kind: "NetworkPartition", node, atUs, durationUs },
      { kind: "KubeletStop", node, atUs, durationUs },
    ];
    return kinds[below(kinds.length)]!;
  });
  startFaults(rig.sim, rig.api, rig.machines, faults, rig.draws);
  rig.apply(deployment("web", 4 + below(8)), deployment("shop", 3));
  rig.runUntil(1 + below(400));
  if (below(2) === 0) {
    const node = rig.nodes[below(6)]!;
    rig.api.request(
      rig.api.client("user 2", { limit: "unlimited", rank: RANK.workload }),
      "delete",
      (writer) => writer.deleteNode(node, rig.api.nodes.uid(node)),
    );
  }
  rig.runUntil(HORIZON_S);
  return { hash: rig.api.fingerprint.hex(), extra };
}

/** Every health pass happens and looks at every node. */
const everyHealthPass: Twin = ({ controllers, api, sim }, count) => {
  const loop = controllers.nodeLifecycle as unknown as Looping;
  const pass = loop.pass.bind(loop);
  loop.pass = () => {
    count();
    for (const node of api.nodes.collectExisting()) loop.unsettled.add(node);
    pass();
  };
  // As the real plan, but never later than the next pass.
  const plan = loop.planPass.bind(loop);
  loop.planPass = () => {
    plan();
    loop.planPassAt(loop.passes.after(sim.nowUs));
  };
  loop.planPassAt(loop.passes.after(0));
};

/** Every NoExecute taint tick happens. */
const everyTaintTick: Twin = ({ controllers, sim }, count) => {
  const loop = controllers.nodeLifecycle as unknown as Looping;
  everyInstant(
    sim,
    (us) => loop.taintTicks.after(us),
    () => {
      count();
      loop.tick();
    },
  );
};

/** Every pass of the pod garbage collector happens. */
const everyCollection: Twin = ({ controllers, sim }, count) => {
  const loop = controllers.podGc as unknown as Looping;
  const pass = loop.pass.bind(loop);
  loop.pass = () => {
    count();
    pass();
    loop.planAt(loop.passes.after(sim.nowUs));
  };
  loop.planAt(loop.passes.after(0));
};

/** Every lease renewal is an event; `lateUs` plants a mutant that renews late. */
const everyRenewal =
  (lateUs: number): Twin =>
  ({ controllers, sim }, count) => {
    const { heartbeats } = controllers;
    const renewedUs = new Map<NodeIndex, number>();
    const life = new Map<NodeIndex, number>();
    const begin = Heartbeats.prototype.begin.bind(heartbeats);
    const renewAt = (node: NodeIndex, grid: LeaseGrid, own: number, atUs: number): void => {
      if (atUs > END_US) return;
      sim.callAt((atUs + lateUs) as Instant, RANK.kubelet, "lease", () => {
        if (life.get(node) !== own || heartbeats.isSilent(node)) return;
        count();
        renewedUs.set(node, sim.nowUs);
        renewAt(node, grid, own, nextRenewalUs(grid, atUs));
      });
    };
    heartbeats.begin = (node, grid, nowUs) => {
      begin(node, grid, nowUs);
      life.set(node, (life.get(node) ?? 0) + 1);
      renewedUs.set(node, nowUs);
      renewAt(node, grid, life.get(node)!, nextRenewalUs(grid, nowUs));
    };
    heartbeats.lastUs = (node) => renewedUs.get(node) ?? -1;
    // Those that began before the twin joined.
    const { byNode } = heartbeats as unknown as {
      byNode: Map<NodeIndex, { grid: LeaseGrid; beatingSinceUs: number }>;
    };
    for (const [node, { grid, beatingSinceUs }] of byNode)
      heartbeats.begin(node, grid, beatingSinceUs);
  };

function everyInstant(sim: Simulation, next: (us: number) => number, act: () => void): void {
  const plan = (): void => {
    const atUs = next(sim.nowUs);
    if (atUs > END_US) return;
    sim.callAt(atUs as Instant, RANK.controller, "every instant", () => {
      act();
      plan();
    });
  };
  plan();
}

/** Seeds whose twin run differs, and the twin's events over all. */
function compare(twin: Twin, seeds: number): { differing: string[]; extra: number } {
  const differing: string[] = [];
  let extra = 0;
  for (let number = 1; number <= seeds; number++) {
    const seed = `elided-${number}`;
    const with_ = live(seed, twin);
    extra += with_.extra;
    if (with_.hash !== live(seed).hash) differing.push(seed);
  }
  return { differing, extra };
}

describe("what costs no event", () => {
  it.each([
    ["health passes of the node lifecycle controller", everyHealthPass, 150],
    ["ticks of its taint loop", everyTaintTick, 8_000],
    ["passes of the pod garbage collector", everyCollection, 40],
    ["lease renewals", everyRenewal(0), 300],
  ])(`%s: as if every one were made (${SEEDS} seeds)`, (_what, twin, atLeastEach) => {
    const { differing, extra } = compare(twin, SEEDS);
    expect(extra).toBeGreaterThan(atLeastEach * SEEDS);
    expect(differing).toEqual([]);
  });

  it("a twin whose renewals are 4 s late is noticed", () => {
    expect(compare(everyRenewal(4_000_000), 10).differing.length).toBeGreaterThan(0);
  });

  it("a twin that never passes is noticed", () => {
    const blind: Twin = ({ controllers }) => {
      (controllers.nodeLifecycle as unknown as Looping).pass = () => {};
    };
    const idle: Twin = ({ controllers }) => {
      (controllers.podGc as unknown as Looping).pass = () => {};
    };
    const still: Twin = ({ controllers }) => {
      (controllers.nodeLifecycle as unknown as Looping).tick = () => {};
    };
    for (const mutant of [blind, idle, still])
      expect(compare(mutant, 10).differing.length).toBeGreaterThan(0);
  });
});
