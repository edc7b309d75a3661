// Each invariant of faults holds on honest runs and is broken by a seeded defect.
import { describe, expect, it } from "vitest";
import { InvariantBroken } from "../../src/engine/index.ts";
import { registerFaultInvariants, startFaults } from "../../src/faults/index.ts";
import { createRig, type Rig } from "../controllers/rig.ts";

const SECOND = 1_000_000;

function startRun(rig: Rig) {
  const plan = [
    { kind: "ZoneOutage", zone: "z0", atUs: 10 * SECOND, durationUs: 30 * SECOND },
    { kind: "NodeCrash", node: "n2", atUs: 20 * SECOND },
  ] as const;
  const faults = startFaults(rig.sim, rig.api, rig.machines, plan, rig.draws);
  registerFaultInvariants(rig.sim, rig.api, rig.machines, faults);
  return faults;
}

function brokenId(act: () => void): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof InvariantBroken) return error.id;
    throw error;
  }
  return undefined;
}

const createTestRig = () =>
  createRig({ nodes: 6, zoneOf: (i) => `z${i % 2}`, check: true, binds: false });

describe("fault invariants", () => {
  it("hold on an honest run", () => {
    const rig = createTestRig();
    startRun(rig);
    rig.runUntil(100);
    rig.sim.invariants.runAtEnd();
    expect(rig.sim.invariants.testsRun).toBeGreaterThan(10);
  });

  it("I61 is broken by a machine that fails behind the ledger's back", () => {
    const rig = createTestRig();
    startRun(rig);
    rig.runUntil(50);
    rig.machines.powerOff(rig.nodes[4]!);
    rig.runUntil(60);
    expect(brokenId(() => rig.sim.invariants.runAtEnd())).toBe("I61");
  });

  it("I62 is broken by a zone outage that spares a member, or hits a stranger", () => {
    for (const defect of ["spare", "stranger"] as const) {
      const rig = createTestRig();
      const faults = startRun(rig);
      const { context } = faults;
      const honest = context.nodesOfZone.bind(context);
      context.nodesOfZone = (zone) =>
        defect === "spare" ? honest(zone).slice(1) : [...honest(zone), rig.nodes[0]!];
      expect(brokenId(() => rig.runUntil(60))).toBe("I62");
    }
  });
});
