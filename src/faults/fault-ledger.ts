// The ledger of faults: which causes hold each machine down or cut off, and when that was so.
//
// Faults overlap: a node may crash inside a zone outage. A machine is down while at least one cause
// holds it down, so a cause that ends does not wake a machine that another still holds. This is the
// only file of this floor that touches machines.

import type { Machines, NodeIndex } from "../cluster/index.ts";
import type { Simulation } from "../engine/index.ts";

/** What a fault does to a machine. */
export type FaultEffect = "power" | "network";

/** A span in which a machine was without power or cut off; `endUs` is -1 while it lasts. */
export interface Outage {
  readonly node: NodeIndex;
  readonly effect: FaultEffect;
  readonly beginUs: number;
  endUs: number;
  /** Of the cause that began it. */
  readonly cause: string;
}

/** A fault that hit a whole failure domain at one instant. */
export interface DomainFailure {
  readonly domain: string;
  readonly atUs: number;
  readonly hit: readonly NodeIndex[];
}

/** Something a fault plan asked for that could not be done. */
export interface FaultNote {
  readonly atUs: number;
  readonly message: string;
}

/** Keeps causes, machines and history in step. */
export class FaultLedger {
  private readonly sim: Simulation;
  private readonly machines: Machines;
  private readonly causes = new Map<string, Set<string>>();
  private readonly open = new Map<string, Outage>();
  private readonly history: Outage[] = [];
  private readonly domains: DomainFailure[] = [];
  private readonly noted: FaultNote[] = [];

  constructor(sim: Simulation, machines: Machines) {
    this.sim = sim;
    this.machines = machines;
  }

  /** All spans, in order of their beginning. */
  get outages(): readonly Outage[] {
    return this.history;
  }

  get domainFailures(): readonly DomainFailure[] {
    return this.domains;
  }

  get notes(): readonly FaultNote[] {
    return this.noted;
  }

  note(message: string): void {
    this.noted.push({ atUs: this.sim.nowUs, message });
  }

  /** A cause takes hold. False if there is no such machine. */
  begin(node: NodeIndex, effect: FaultEffect, cause: string): boolean {
    if (!this.machines.isInstalled(node)) return false;
    const key = `${effect}/${node}`;
    let causes = this.causes.get(key);
    if (causes === undefined) {
      causes = new Set();
      this.causes.set(key, causes);
    }
    causes.add(cause);
    if (causes.size > 1) return true;
    const outage: Outage = { node, effect, beginUs: this.sim.nowUs, endUs: -1, cause };
    this.open.set(key, outage);
    this.history.push(outage);
    if (effect === "power") this.machines.powerOff(node);
    else this.machines.partNetwork(node);
    return true;
  }

  /** A cause lets go; the machine returns with the last one. */
  end(node: NodeIndex, effect: FaultEffect, cause: string): void {
    const key = `${effect}/${node}`;
    const causes = this.causes.get(key);
    if (causes === undefined || !causes.delete(cause) || causes.size > 0) return;
    const outage = this.open.get(key);
    if (outage !== undefined) outage.endUs = this.sim.nowUs;
    this.open.delete(key);
    if (!this.machines.isInstalled(node)) return;
    if (effect === "power") this.machines.powerOn(node);
    else this.machines.joinNetwork(node);
  }

  /** Notes that a cause hit a domain's members all at once. */
  recordDomainFailure(domain: string, hit: readonly NodeIndex[]): void {
    this.domains.push({ domain, atUs: this.sim.nowUs, hit });
  }

  /** A machine was taken away: nothing holds it any more, and its open outages end. */
  forget(node: NodeIndex): void {
    for (const effect of ["power", "network"] as const) {
      const key = `${effect}/${node}`;
      const outage = this.open.get(key);
      if (outage !== undefined) outage.endUs = this.sim.nowUs;
      this.open.delete(key);
      this.causes.delete(key);
    }
  }
}
