// TaskLives: from a log of task events, as Google's traces are, to pods with a run time each.
//
// A log tells what a cluster did; only what users did may be replayed. An attempt that the old scheduler
// evicted is that scheduler's doing: the pod is the one that was submitted first, and runs as long as
// the attempt that ended by itself. A task that failed and was submitted again is another pod. Only
// tasks that are alive are held.

import type { ImportedPods } from "./imported-pods.ts";
import type { ImportLedger } from "./importer.ts";

/** What can happen to a task. */
export type TaskEvent =
  | "submit"
  | "schedule"
  | "evict"
  | "fail"
  | "finish"
  | "kill"
  | "lost"
  | "update";

/** One event of one task. */
export interface TaskRow {
  readonly line: number;
  /** Which task: the same text for all its events. */
  readonly task: string;
  /** Microseconds since the trace's start; below 0: before it. */
  readonly atUs: number;
  readonly namespace: string;
  /** Cells of the pod's columns. */
  readonly cells: readonly string[];
}

interface TaskLife {
  readonly name: string;
  readonly namespace: string;
  readonly line: number;
  readonly submittedUs: number;
  cells: readonly string[];
  startedUs: number | undefined;
  /** Length of the last attempt that was evicted; undefined if there was none or it came back. */
  evictedRunUs: number | undefined;
}

/** The tasks that are alive. */
export class TaskLives {
  private readonly pods: ImportedPods;
  private readonly ledger: ImportLedger;
  private readonly alive = new Map<string, TaskLife>();
  private lastUs = 0;

  constructor(pods: ImportedPods, ledger: ImportLedger) {
    this.pods = pods;
    this.ledger = ledger;
  }

  /** Takes events in the order of the log. */
  take(event: TaskEvent, row: TaskRow): void {
    const { line, task, atUs } = row;
    if (atUs > this.lastUs) this.lastUs = atUs;
    const life = this.alive.get(task);
    switch (event) {
      case "submit":
        this.submit(life, row);
        return;
      case "schedule": {
        const scheduled = life ?? this.begin(row, "no submission in the log: comes when scheduled");
        scheduled.startedUs = atUs;
        scheduled.evictedRunUs = undefined;
        return;
      }
      case "update":
        if (life === undefined) this.begin(row, "no submission in the log: comes when first seen");
        else if (life.startedUs === undefined) life.cells = row.cells;
        else
          this.ledger.note("assumed", "requests changed while it ran: keeps the first", { line });
        return;
      case "evict":
        if (life?.startedUs === undefined) return;
        this.ledger.note("dropped", EVICTED, { line });
        life.evictedRunUs = atUs - Math.max(0, life.startedUs);
        life.startedUs = undefined;
        return;
      default:
        this.end(event, life, row);
    }
  }

  /** Ends what the log leaves open. */
  finish(): void {
    for (const life of this.alive.values()) {
      const { startedUs, evictedRunUs, line } = life;
      if (evictedRunUs !== undefined && startedUs === undefined) {
        const what = "evicted there and not submitted again: runs as long as it ran until then";
        this.ledger.note("repaired", what, { line });
        this.pods.add({ ...identityOf(life), runUs: evictedRunUs });
        continue;
      }
      const seenUs = startedUs === undefined ? 0 : this.lastUs - Math.max(0, startedUs);
      this.pods.add({ ...identityOf(life), runUs: undefined, seenUs });
    }
    this.alive.clear();
  }

  private submit(life: TaskLife | undefined, row: TaskRow): void {
    if (life === undefined) this.begin(row);
    else if (life.evictedRunUs === undefined)
      this.ledger.note("repaired", "submitted while it is there: counted once", { line: row.line });
  }

  private begin(row: TaskRow, repair?: string): TaskLife {
    const { task, atUs, namespace, cells, line } = row;
    if (repair !== undefined && atUs >= 0) this.ledger.note("repaired", repair, { line });
    const life = {
      name: `${task}-${Math.max(0, atUs)}`,
      ...{ namespace, line, cells, submittedUs: atUs },
      startedUs: undefined,
      evictedRunUs: undefined,
    };
    this.alive.set(task, life);
    return life;
  }

  private end(
    event: "fail" | "finish" | "kill" | "lost",
    life: TaskLife | undefined,
    row: TaskRow,
  ): void {
    const { line, task, atUs } = row;
    if (life === undefined) {
      this.ledger.note("dropped", "ends of tasks that were never there", { line });
      return;
    }
    this.alive.delete(task);
    if (life.startedUs === undefined) {
      this.ledger.note("dropped", "ended before it was scheduled there", { line: life.line });
      return;
    }
    if (event === "fail" || event === "kill") {
      const what = "failed or were killed there: run as long as they did, and succeed";
      this.ledger.note("assumed", what, { line });
    }
    if (event === "lost") {
      const what = "lost there, its end was not recorded: ends when it was lost";
      this.ledger.note("repaired", what, { line });
    }
    this.pods.add({ ...identityOf(life), runUs: Math.max(0, atUs - Math.max(0, life.startedUs)) });
  }
}

const EVICTED =
  "attempts that ended in an eviction there: a pod runs as long as the attempt that ended by itself";

function identityOf({ name, namespace, line, submittedUs, cells }: TaskLife): {
  readonly name: string;
  readonly namespace: string;
  readonly line: number;
  readonly submittedUs: number;
  readonly cells: readonly string[];
} {
  return { name, namespace, line, submittedUs, cells };
}
