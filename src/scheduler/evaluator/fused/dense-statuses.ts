// DenseStatuses: the verdicts of a pass over many nodes, in arrays.
//
// Same answers as NodeStatuses, for cycles in which thousands of nodes refuse: rows and statuses lie
// side by side, and the look-up by row is made when somebody first asks for it.

import type { NodeRow } from "../../cache/node-row.ts";
import { NodeStatuses } from "../../framework/node-statuses.ts";
import type { Status } from "../../framework/status.ts";

/** Verdicts in the order in which they were given. */
export class DenseStatuses extends NodeStatuses {
  private readonly rows: readonly NodeRow[];
  private readonly statuses: readonly Status[];
  private byRow: (Status | undefined)[] | undefined;

  /** The two lists are parallel; each row is there once. */
  constructor(rows: readonly NodeRow[], statuses: readonly Status[], absent: Status | undefined) {
    super();
    this.rows = rows;
    this.statuses = statuses;
    if (absent !== undefined) this.absent = absent;
  }

  override get explicitCount(): number {
    return this.rows.length;
  }

  override set(): void {
    throw new Error("these verdicts are final");
  }

  override explicit(node: NodeRow): Status | undefined {
    return this.lookUp()[node];
  }

  override get(node: NodeRow): Status {
    return this.lookUp()[node] ?? this.absent;
  }

  override forEach(visit: (status: Status, node: NodeRow) => void): void {
    for (let at = 0; at < this.rows.length; at++) visit(this.statuses[at]!, this.rows[at]!);
  }

  override *entries(): IterableIterator<[NodeRow, Status]> {
    for (const [at, row] of this.rows.entries()) yield [row, this.statuses[at]!];
  }

  override distinct(): ReadonlyMap<Status, number> {
    const counts = new Map<Status, number>();
    for (const status of this.statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
    return counts;
  }

  private lookUp(): (Status | undefined)[] {
    if (this.byRow === undefined) {
      this.byRow = [];
      for (const [at, row] of this.rows.entries()) this.byRow[row] = this.statuses[at];
    }
    return this.byRow;
  }
}
