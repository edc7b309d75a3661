// Node ledger: a second account of Node objects, kept from the stream of commits alone.

import type { NodeChange } from "../changes.ts";
import { ConditionStatus } from "../identity.ts";
import { readyStatusOf } from "../node-table.ts";
import type { NodeTable } from "../node-table.ts";
import type { Violations } from "./violations.ts";

/** Classes of nodes: without a Ready condition (provisioning), by its status, and removed. */
const READY_STATUSES: readonly ConditionStatus[] = [
  ConditionStatus.Absent,
  ConditionStatus.False,
  ConditionStatus.True,
  ConditionStatus.Unknown,
];

export class NodeLedger {
  private readonly nodes: NodeTable;
  private readonly violations: Violations;
  /** Ready status per row while the object exists. */
  private readonly ready: (ConditionStatus | undefined)[] = [];
  private readonly readyCounts: number[] = [0, 0, 0, 0];
  private added = 0;
  private removed = 0;

  constructor(nodes: NodeTable, violations: Violations) {
    this.nodes = nodes;
    this.violations = violations;
    for (const node of nodes.collectExisting()) this.enter(node, nodes.ready(node));
  }

  /** Observes one commit. */
  see(change: NodeChange): void {
    const { node, kind, after } = change;
    const known = this.ready[node];
    if (kind === "Added") {
      if (known !== undefined) this.note(change, "was added while it existed");
      this.enter(node, readyStatusOf(after!));
      return;
    }
    if (known === undefined) {
      this.note(change, `was ${kind === "Deleted" ? "removed" : "changed"} while it was gone`);
      return;
    }
    this.readyCounts[known]!--;
    if (kind === "Deleted") {
      this.ready[node] = undefined;
      this.removed++;
      return;
    }
    const status = readyStatusOf(after!);
    this.ready[node] = status;
    this.readyCounts[status]!++;
  }

  /** I4: nodes ever added = provisioning + Ready True + False + Unknown + removed. */
  testConservation(): string | undefined {
    let sum = this.removed;
    for (const status of READY_STATUSES) sum += this.readyCounts[status]!;
    if (sum !== this.added) return `${this.added} nodes were added, the classes hold ${sum}`;
    const { count } = this.nodes;
    const existing = sum - this.removed;
    if (existing === count) return undefined;
    return `the classes hold ${existing} nodes that exist, the table ${count}`;
  }

  /** I4: Ready statuses of all nodes, counted anew. */
  testReadyByScan(): string | undefined {
    const counts = [0, 0, 0, 0];
    for (const node of this.nodes.collectExisting()) counts[this.nodes.ready(node)]!++;
    for (const status of READY_STATUSES) {
      if (counts[status] !== this.readyCounts[status]) {
        return `${counts[status]} nodes have Ready status ${status}, the ledger ${this.readyCounts[status]}`;
      }
    }
    return undefined;
  }

  private enter(node: number, status: ConditionStatus): void {
    this.ready[node] = status;
    this.readyCounts[status]!++;
    this.added++;
  }

  private note(change: NodeChange, what: string): void {
    this.violations.note("I30", `node ${this.nodes.name(change.node)} ${what}`);
  }
}
