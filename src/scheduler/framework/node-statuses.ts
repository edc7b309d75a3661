// NodeStatuses: why each node of one cycle did not take the pod.
//
// Nodes that were filtered have a status of their own; all the others share the "absent" one (nodes
// outside a narrowed list, or every node when PreFilter rejected the pod).

import type { NodeRow } from "../cache/scheduler-cache.ts";
import { Code, type Status } from "./status.ts";

/** Verdicts by node, in the order in which they were given. */
export class NodeStatuses {
  /** Status of every node without one of its own. */
  absent: Status = { code: Code.UnschedulableAndUnresolvable, plugin: "", reasons: [] };
  private readonly byNode = new Map<NodeRow, Status>();

  get explicitCount(): number {
    return this.byNode.size;
  }

  set(node: NodeRow, status: Status): void {
    this.byNode.set(node, status);
  }

  /** The node's own status, or undefined when it only has the absent one. */
  explicit(node: NodeRow): Status | undefined {
    return this.byNode.get(node);
  }

  get(node: NodeRow): Status {
    return this.byNode.get(node) ?? this.absent;
  }

  /** Visits nodes that have a status of their own, in the order given. */
  forEach(visit: (status: Status, node: NodeRow) => void): void {
    this.byNode.forEach(visit);
  }

  entries(): IterableIterator<[NodeRow, Status]> {
    return this.byNode.entries();
  }

  /** Those of the nodes whose verdict says that evictions may help, in the order given. */
  unschedulableAmong(nodes: readonly NodeRow[]): readonly NodeRow[] {
    const among: NodeRow[] = [];
    for (let at = 0; at < nodes.length; at++) {
      const row = nodes[at]!;
      if (this.get(row).code === Code.Unschedulable) among.push(row);
    }
    return among;
  }

  /**
   * The explicit statuses, each object once, with the number of nodes that have it. Thousands of nodes
   * share a few objects, so whoever wants the sum of all reasons looks here.
   */
  distinct(): ReadonlyMap<Status, number> {
    const counts = new Map<Status, number>();
    let last: Status | undefined;
    let count = 0;
    // Neighbours in the order of the search are mostly refused alike.
    for (const status of this.byNode.values()) {
      if (status === last) {
        count++;
        continue;
      }
      if (last !== undefined) counts.set(last, (counts.get(last) ?? 0) + count);
      last = status;
      count = 1;
    }
    if (last !== undefined) counts.set(last, (counts.get(last) ?? 0) + count);
    return counts;
  }
}
