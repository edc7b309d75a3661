// Invariants of faults: up and down times of every machine, and who a domain failure hits.
//
// Both sides are computed on different paths: the ledger adds up what it held, the machines what they
// went through.

import { type ApiServer, type Machines, type NodeIndex, ZONE_LABEL } from "../cluster/index.ts";
import type { Simulation } from "../engine/index.ts";
import type { FaultSet } from "./start-faults.ts";

/** Registers I61 and I62; `machines` and `api` are the other path each is checked by. */
export function registerFaultInvariants(
  sim: Simulation,
  api: ApiServer,
  machines: Machines,
  faults: FaultSet,
): void {
  const { ledger } = faults;
  sim.invariants.register({
    id: "I61",
    mode: "check",
    title: "up time + down time of a machine = its existence; outages do not overlap",
    when: "end",
    test: () => upAndDownViolation(sim, machines, faults),
  });
  let judged = 0;
  sim.invariants.register({
    id: "I62",
    mode: "check",
    title: "a domain failure hits exactly the domain's members of that instant",
    when: "event",
    test: () => {
      for (; judged < ledger.domainFailures.length; judged++) {
        const { domain, hit } = ledger.domainFailures[judged]!;
        const members = api.nodes
          .collectExisting()
          .filter((node) => api.nodes.facts(node).meta.labels.get(ZONE_LABEL) === domain);
        const missed = members.filter(
          (node) => machines.isInstalled(node) && machines.isHeard(node),
        );
        if (missed.length > 0)
          return `zone ${domain}: node ${api.nodes.name(missed[0]!)} was spared`;
        const strangers = hit.filter((node) => !members.includes(node));
        if (strangers.length > 0)
          return `zone ${domain}: node ${api.nodes.name(strangers[0]!)} is not in it`;
      }
      return undefined;
    },
  });
}

function upAndDownViolation(
  sim: Simulation,
  machines: Machines,
  faults: FaultSet,
): string | undefined {
  const downUs = new Map<NodeIndex, number>();
  const lastEndUs = new Map<NodeIndex, number>();
  for (const { node, effect, beginUs, endUs } of faults.ledger.outages) {
    if (effect !== "power" || !machines.isInstalled(node)) continue;
    if (beginUs < machines.installedUs(node)) continue; // of a machine before this one
    if (beginUs < (lastEndUs.get(node) ?? 0))
      return `machine ${node}: outages overlap at ${beginUs}`;
    lastEndUs.set(node, endUs < 0 ? Number.MAX_SAFE_INTEGER : endUs);
    const span = (endUs < 0 ? sim.nowUs : endUs) - beginUs;
    downUs.set(node, (downUs.get(node) ?? 0) + span);
  }
  for (const node of machines.installed()) {
    const existence = sim.nowUs - machines.installedUs(node);
    const up = machines.upUs(node);
    const down = machines.downUs(node);
    if (up + down !== existence) return `machine ${node}: ${up} + ${down} is not ${existence}`;
    const byLedger = downUs.get(node) ?? 0;
    if (byLedger !== down) return `machine ${node}: down for ${down}, by the ledger ${byLedger}`;
  }
  return undefined;
}
