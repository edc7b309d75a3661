// UniformStatuses: one verdict for many nodes.
//
// For answers that need no look at any node. The look-up by row is made when somebody asks for it.

import type { NodeRow } from "../cache/node-row.ts";
import { NodeStatuses } from "./node-statuses.ts";
import type { Status } from "./status.ts";

/** The same status on all of the rows. */
export class UniformStatuses extends NodeStatuses {
  private readonly rows: readonly NodeRow[];
  private readonly status: Status;
  private known: ReadonlySet<NodeRow> | undefined;

  /** Each row is there once. */
  constructor(rows: readonly NodeRow[], status: Status, absent: Status) {
    super();
    this.absent = absent;
    this.rows = rows;
    this.status = status;
  }

  override get explicitCount(): number {
    return this.rows.length;
  }

  override set(): void {
    throw new Error("these verdicts are final");
  }

  override explicit(node: NodeRow): Status | undefined {
    this.known ??= new Set(this.rows);
    return this.known.has(node) ? this.status : undefined;
  }

  override get(node: NodeRow): Status {
    return this.explicit(node) ?? this.absent;
  }

  override forEach(visit: (status: Status, node: NodeRow) => void): void {
    for (const row of this.rows) visit(this.status, row);
  }

  override *entries(): IterableIterator<[NodeRow, Status]> {
    for (const row of this.rows) yield [row, this.status];
  }

  override distinct(): ReadonlyMap<Status, number> {
    return this.rows.length === 0 ? new Map() : new Map([[this.status, this.rows.length]]);
  }
}
