// Machine ledger: power and processes, kept from the stream of physical changes alone.
//
// It compares them with what the machines say of themselves; it changes nothing.

import type { MachineChange, ProcessChange } from "../machine-changes.ts";
import type { Machines } from "../machines.ts";
import type { NodeIndex } from "../identity.ts";
import type { Violations } from "./violations.ts";

interface PowerRecord {
  isOn: boolean;
  sinceUs: number;
  readonly installedUs: number;
  upUs: number;
  downUs: number;
}

/** Power intervals and processes per machine. */
export class MachineLedger {
  private readonly machines: Machines;
  private readonly nowUs: () => number;
  private readonly violations: Violations;
  private readonly records = new Map<NodeIndex, PowerRecord>();
  private goneUpUs = 0;
  private goneExistenceUs = 0;
  private processes = 0;

  constructor(machines: Machines, nowUs: () => number, violations: Violations) {
    this.machines = machines;
    this.nowUs = nowUs;
    this.violations = violations;
    this.processes = machines.processCount;
    for (const node of machines.installed()) {
      const isOn = machines.isPowered(node);
      const upUs = machines.upUs(node);
      const downUs = machines.downUs(node);
      const installedUs = machines.installedUs(node);
      this.records.set(node, { isOn, sinceUs: nowUs(), installedUs, upUs, downUs });
    }
  }

  seeMachine(change: MachineChange): void {
    const { node, atUs } = change;
    if (change.kind === "installed") {
      const fresh = { isOn: true, sinceUs: atUs, installedUs: atUs, upUs: 0, downUs: 0 };
      if (this.records.has(node)) this.violations.note("I61", "a machine was installed twice");
      this.records.set(node, fresh);
      return;
    }
    const record = this.records.get(node);
    if (record === undefined) {
      this.violations.note("I61", `a machine that is not installed: ${change.kind}`);
      return;
    }
    if (change.kind === "powerOff" || change.kind === "powerOn") this.flip(record, change);
    if (change.kind === "removed") this.drop(node, record, atUs);
    else this.checkPower(node);
  }

  seeProcess(change: ProcessChange): void {
    const { node, podUid, kind } = change;
    this.processes += kind === "started" ? 1 : -1;
    if (kind !== "started") return;
    if (!(this.records.get(node)?.isOn ?? false)) {
      this.violations.note("I29", `a process of pod uid ${podUid} started without power`);
    }
    if (!this.machines.hasPod(node, podUid)) {
      this.violations.note("I29", `a process of pod uid ${podUid} started before admission`);
    }
  }

  /** Processes are neither lost nor made outside of starts and exits. */
  testProcessCount(): string | undefined {
    const { processCount } = this.machines;
    if (processCount === this.processes) return undefined;
    return `${this.processes} processes by starts and exits, the machines count ${processCount}`;
  }

  /** I19: a machine without power runs nothing. */
  testDeadMachines(): string | undefined {
    for (const [node, record] of this.records) {
      if (!record.isOn && this.machines.processCountOn(node) > 0) {
        return `machine ${node} runs processes without power`;
      }
    }
    return undefined;
  }

  /** I61: up time + down time = existence, per machine, and as the machines keep it. */
  testPowerTimes(): string | undefined {
    for (const [node, record] of this.records) {
      const now = this.nowUs();
      const upUs = record.upUs + (record.isOn ? now - record.sinceUs : 0);
      const downUs = record.downUs + (record.isOn ? 0 : now - record.sinceUs);
      if (upUs + downUs !== now - record.installedUs) {
        return `machine ${node}: up and down time do not make its existence`;
      }
      if (upUs !== this.machines.upUs(node) || downUs !== this.machines.downUs(node)) {
        return `machine ${node}: its own times differ from those of its changes`;
      }
    }
    return undefined;
  }

  /** I73: availability as up share and as 1 - down share, in integers. */
  testAvailability(): string | undefined {
    const totals = this.machines.totals();
    let upUs = this.goneUpUs;
    let existenceUs = this.goneExistenceUs;
    for (const record of this.records.values()) {
      upUs += record.upUs + (record.isOn ? this.nowUs() - record.sinceUs : 0);
      existenceUs += this.nowUs() - record.installedUs;
    }
    if (totals.existenceUs !== existenceUs) return "total machine time differs from the changes'";
    if (totals.upUs !== upUs) return "total up time differs from the changes'";
    const rest = totals.existenceUs - totals.downUs;
    return rest === totals.upUs ? undefined : "up share is not 1 minus the down share";
  }

  private flip(record: PowerRecord, change: MachineChange): void {
    const isOn = change.kind === "powerOn";
    if (record.isOn === isOn) {
      this.violations.note("I61", `machine ${change.node} had ${change.kind} twice in a row`);
      return;
    }
    const span = change.atUs - record.sinceUs;
    if (record.isOn) record.upUs += span;
    else record.downUs += span;
    record.isOn = isOn;
    record.sinceUs = change.atUs;
  }

  private drop(node: NodeIndex, record: PowerRecord, atUs: number): void {
    this.goneUpUs += record.upUs + (record.isOn ? atUs - record.sinceUs : 0);
    this.goneExistenceUs += atUs - record.installedUs;
    this.records.delete(node);
  }

  private checkPower(node: NodeIndex): void {
    if (this.machines.isPowered(node)) return;
    if (this.machines.processCountOn(node) > 0) {
      this.violations.note("I19", `machine ${node} lost its power and still runs processes`);
    }
  }
}
