// Node ledger: a second account of Node objects, kept from the stream of commits alone.
//
// It compares them with the node table, column by column; it changes nothing.

import type { NodeChange } from "../changes.ts";
import { ConditionStatus, NO_NODE } from "../identity.ts";
import type { NodeIndex } from "../identity.ts";
import type { PodTable } from "../pod-table.ts";
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

/** Classes of Node objects and their transitions. */
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

  /**
   * I67: summed over nodes, the columns give what the Node objects say, and the pods on nodes with
   * those on none give the cluster's pods.
   */
  testTotalsByScan(pods: PodTable): string | undefined {
    const { nodes } = this;
    const ofColumns = { milliCpu: 0, memoryBytes: 0, pods: 0 };
    const ofObjects = { milliCpu: 0, memoryBytes: 0, pods: 0 };
    for (const node of nodes.collectExisting()) {
      const { allocatable } = nodes.facts(node);
      ofColumns.milliCpu += nodes.milliCpuAllocatable(node);
      ofColumns.memoryBytes += nodes.memoryBytesAllocatable(node);
      ofColumns.pods += nodes.podsAllocatable(node);
      ofObjects.milliCpu += allocatable.milliCpu;
      ofObjects.memoryBytes += allocatable.memoryBytes;
      ofObjects.pods += allocatable.pods;
    }
    for (const resource of ["milliCpu", "memoryBytes", "pods"] as const) {
      if (ofColumns[resource] === ofObjects[resource]) continue;
      return `allocatable ${resource}: columns ${ofColumns[resource]}, objects ${ofObjects[resource]}`;
    }
    let podCount = 0;
    for (let node = 0; node < nodes.rowCount; node++)
      podCount += pods.countOnNode(node as NodeIndex);
    pods.forEach((pod) => {
      if (pods.node(pod) === NO_NODE) podCount++;
    });
    return podCount === pods.count ? undefined : `${podCount} pods by node, ${pods.count} in all`;
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
