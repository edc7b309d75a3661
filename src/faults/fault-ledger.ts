// The ledger of faults: which causes hold each machine down, cut off, slow or full, and when.
//
// Faults overlap: a node may crash inside a zone outage. A machine is down while at least one cause
// holds it down, so a cause that ends does not wake a machine that another still holds; of effects
// with degrees the strongest counts. This is the only file of this floor that touches machines.

import type { Machines, NodeIndex } from "../cluster/index.ts";
import type { Simulation } from "../engine/index.ts";

/** What a fault does to a machine. */
export type FaultEffect = "power" | "network" | "kubelet" | "slow" | "disk";

const EFFECTS: readonly FaultEffect[] = ["power", "network", "kubelet", "slow", "disk"];
/** A machine as fast as it should be. */
const FULL_SPEED_PERCENT = 100;

/** A span in which a machine was under an effect; `endUs` is -1 while it lasts. */
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
  /** Strengths by cause, by effect and machine. */
  private readonly causes = new Map<string, Map<string, number>>();
  private readonly registryCauses = new Set<string>();
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
  begin(node: NodeIndex, effect: FaultEffect, cause: string, strength = 1): boolean {
    if (!this.machines.isInstalled(node)) return false;
    const key = `${effect}/${node}`;
    let causes = this.causes.get(key);
    if (causes === undefined) {
      causes = new Map();
      this.causes.set(key, causes);
    }
    causes.set(cause, strength);
    if (causes.size === 1) {
      const outage: Outage = { node, effect, beginUs: this.sim.nowUs, endUs: -1, cause };
      this.open.set(key, outage);
      this.history.push(outage);
    }
    this.apply(node, effect, causes);
    return true;
  }

  /** A cause lets go; the machine returns with the last one. */
  end(node: NodeIndex, effect: FaultEffect, cause: string): void {
    const key = `${effect}/${node}`;
    const causes = this.causes.get(key);
    if (causes === undefined || !causes.delete(cause)) return;
    if (causes.size === 0) {
      const outage = this.open.get(key);
      if (outage !== undefined) outage.endUs = this.sim.nowUs;
      this.open.delete(key);
    }
    if (this.machines.isInstalled(node)) this.apply(node, effect, causes);
  }

  /** Tells a machine to shut down; `off` is called when its kubelet lets it go off. */
  shutDown(node: NodeIndex, off: () => void): void {
    if (this.machines.isInstalled(node)) this.machines.requestShutdown(node, off);
  }

  beginRegistryOutage(cause: string): void {
    this.registryCauses.add(cause);
    this.machines.setRegistry(false);
  }

  endRegistryOutage(cause: string): void {
    this.registryCauses.delete(cause);
    if (this.registryCauses.size === 0) this.machines.setRegistry(true);
  }

  /** Makes the machine as its causes want it; what it is already is not done again. */
  private apply(node: NodeIndex, effect: FaultEffect, causes: ReadonlyMap<string, number>): void {
    const { machines } = this;
    const isHeld = causes.size > 0;
    switch (effect) {
      case "power":
        if (isHeld) machines.powerOff(node);
        else {
          machines.powerOn(node);
          if (this.isHeld(node, "kubelet")) machines.stopKubelet(node);
        }
        return;
      case "network":
        if (isHeld) machines.partNetwork(node);
        else machines.joinNetwork(node);
        return;
      case "kubelet":
        if (isHeld) machines.stopKubelet(node);
        else if (machines.isPowered(node)) machines.startKubelet(node);
        return;
      case "slow":
        machines.setSlowness(node, Math.max(FULL_SPEED_PERCENT, ...causes.values()));
        return;
      case "disk":
        machines.fillDisk(node, Math.max(0, ...causes.values()));
        return;
    }
  }

  private isHeld(node: NodeIndex, effect: FaultEffect): boolean {
    return (this.causes.get(`${effect}/${node}`)?.size ?? 0) > 0;
  }

  /** Notes that a cause hit a domain's members all at once. */
  recordDomainFailure(domain: string, hit: readonly NodeIndex[]): void {
    this.domains.push({ domain, atUs: this.sim.nowUs, hit });
  }

  /** A machine was taken away: nothing holds it any more, and its open outages end. */
  forget(node: NodeIndex): void {
    for (const effect of EFFECTS) {
      const key = `${effect}/${node}`;
      const outage = this.open.get(key);
      if (outage !== undefined) outage.endUs = this.sim.nowUs;
      this.open.delete(key);
      this.causes.delete(key);
    }
  }
}
