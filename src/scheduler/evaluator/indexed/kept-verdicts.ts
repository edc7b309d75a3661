// KeptVerdicts: what every node says of pods of one kind, kept from attempt to attempt.
//
// Pods that fit nowhere are tried again and again, and between two attempts few nodes change. Verdicts
// are small numbers by row; thousands of nodes share a few statuses. Decisions that were made of them
// keep the column as it was: it is copied before it changes.

import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import { NodeStatuses } from "../../framework/node-statuses.ts";
import { Code, type Status, SUCCESS } from "../../framework/status.ts";
import type { RowJournal } from "./row-journal.ts";

/** Judges a listed node by its own state alone. */
export type NodeVerdict = (row: NodeRow) => Status;

/** More different statuses than this make everything be judged anew. */
const STATUSES_MAX = 60_000;
/** Number of rows without a listed node, and of SUCCESS. */
const NO_NODE = 0;
const PASSES = 1;

/** Verdicts by row, brought up to date from a journal. */
export class KeptVerdicts {
  private readonly cache: SchedulerCache;
  private readonly journal: RowJournal;
  /** Number of the status by row. */
  private numbers = new Uint16Array(0);
  /** Whether some decision reads `numbers`. */
  private isShared = false;
  private statuses: Status[] = [];
  private counts: number[] = [];
  private readonly numberOf = new Map<Status, number>();
  /** Next entry of the journal; -1 before the first look. */
  private position = -1;
  /** Nodes that evictions may help on, of which list, while that holds. */
  private helpable: readonly NodeRow[] | undefined;
  private helpableOf: readonly NodeRow[] | undefined;

  constructor(cache: SchedulerCache, journal: RowJournal) {
    this.cache = cache;
    this.journal = journal;
  }

  /** Nodes that take the pod by themselves, as of the last `sync`. */
  get feasibleCount(): number {
    return this.counts[PASSES]!;
  }

  /** Looks again at the nodes that changed. */
  sync(judge: NodeVerdict): void {
    const { journal, cache, position } = this;
    const behind = journal.end - position;
    const isLost = position === -1 || !journal.reachesBack(position);
    if (isLost || behind > cache.nodeList.length || this.statuses.length > STATUSES_MAX) {
      this.rebuild(judge);
    } else if (behind > 0) {
      this.replay(judge);
    }
    this.position = journal.end;
  }

  /** The verdicts as they are now, for a search from `start`; `first` was looked at before it (-1: none). */
  view(start: number, first: NodeRow | -1, others: ReadonlyMap<NodeRow, Status>): NodeStatuses {
    this.isShared = true;
    const { numbers, statuses, counts, cache } = this;
    const facts = { numbers, statuses, counts: [...counts], list: cache.nodeList, start, first };
    return new VerdictView(this, facts, others);
  }

  /** The nodes of a list that evictions may help on, if these are still the numbers of now. */
  helpableAmong(list: readonly NodeRow[], numbers: Uint16Array): readonly NodeRow[] {
    const { statuses } = this;
    if (numbers !== this.numbers) return collectHelpable(list, numbers, statuses);
    if (this.helpable === undefined || this.helpableOf !== list) {
      this.helpable = collectHelpable(list, numbers, statuses);
      this.helpableOf = list;
    }
    return this.helpable;
  }

  private rebuild(judge: NodeVerdict): void {
    const { cache } = this;
    this.numbers = new Uint16Array(cache.rowCount);
    this.isShared = false;
    this.helpable = undefined;
    this.numberOf.clear();
    this.numberOf.set(SUCCESS, PASSES);
    this.statuses = [SUCCESS, SUCCESS];
    this.counts = [0, 0];
    for (const row of cache.nodeList) {
      const number = this.numberFor(judge(row));
      this.numbers[row] = number;
      this.counts[number]!++;
    }
    cache.operations.rebuiltRows += cache.nodeList.length;
    cache.operations.nodesTouched += cache.nodeList.length;
  }

  private replay(judge: NodeVerdict): void {
    const { journal, cache } = this;
    for (let at = this.position; at < journal.end; at++) {
      const row = journal.rowAt(at);
      this.set(row, cache.isListed(row) ? this.numberFor(judge(row)) : NO_NODE);
    }
    cache.operations.journalReplays += journal.end - this.position;
    cache.operations.nodesTouched += journal.end - this.position;
  }

  private set(row: NodeRow, number: number): void {
    const before = this.numbers[row] ?? NO_NODE;
    if (before === number) return;
    this.own(row + 1);
    this.numbers[row] = number;
    if (before !== NO_NODE) this.counts[before]!--;
    if (number !== NO_NODE) this.counts[number]!++;
    const { statuses } = this;
    if (isHelpable(statuses[before]!) !== isHelpable(statuses[number]!)) this.helpable = undefined;
  }

  /** Makes the column long enough, and nobody else's. */
  private own(length: number): void {
    const { numbers } = this;
    if (!this.isShared && length <= numbers.length) return;
    this.numbers = new Uint16Array(Math.max(length, numbers.length, this.cache.rowCount));
    this.numbers.set(numbers);
    this.isShared = false;
  }

  private numberFor(status: Status): number {
    // Whatever passes passes alike.
    const shared = status.code === Code.Success ? SUCCESS : status;
    const known = this.numberOf.get(shared);
    if (known !== undefined) return known;
    const number = this.statuses.push(shared) - 1;
    this.counts.push(0);
    this.numberOf.set(shared, number);
    return number;
  }
}

function isHelpable({ code }: Status): boolean {
  return code === Code.Unschedulable;
}

function collectHelpable(
  list: readonly NodeRow[],
  numbers: Uint16Array,
  statuses: readonly Status[],
): readonly NodeRow[] {
  const helps = statuses.map(isHelpable);
  return list.filter((row) => helps[numbers[row]!]);
}

interface ViewFacts {
  readonly numbers: Uint16Array;
  /** Only grows while the numbers are in use. */
  readonly statuses: readonly Status[];
  readonly counts: readonly number[];
  readonly list: readonly NodeRow[];
  readonly start: number;
  readonly first: NodeRow | -1;
}

/** The verdicts of one decision, in the order of its search. */
class VerdictView extends NodeStatuses {
  private readonly kept: KeptVerdicts;
  private readonly facts: ViewFacts;
  /** Verdicts on nodes to which other pods are nominated. */
  private readonly others: ReadonlyMap<NodeRow, Status>;

  constructor(kept: KeptVerdicts, facts: ViewFacts, others: ReadonlyMap<NodeRow, Status>) {
    super();
    this.kept = kept;
    this.facts = facts;
    this.others = others;
  }

  override get explicitCount(): number {
    return this.facts.list.length;
  }

  override set(): void {
    throw new Error("these verdicts are final");
  }

  override explicit(node: NodeRow): Status | undefined {
    const { numbers, statuses } = this.facts;
    const number = numbers[node] ?? NO_NODE;
    if (number === NO_NODE) return undefined;
    return this.others.get(node) ?? statuses[number];
  }

  override get(node: NodeRow): Status {
    return this.explicit(node) ?? this.absent;
  }

  override *entries(): IterableIterator<[NodeRow, Status]> {
    const { list, start, first } = this.facts;
    if (first !== -1) yield [first, this.get(first)];
    for (let step = 0; step < list.length; step++) {
      const row = list[(start + step) % list.length]!;
      if (row !== first) yield [row, this.get(row)];
    }
  }

  override unschedulableAmong(nodes: readonly NodeRow[]): readonly NodeRow[] {
    const { list, numbers } = this.facts;
    const isWhole = nodes === list && this.others.size === 0;
    return isWhole ? this.kept.helpableAmong(list, numbers) : super.unschedulableAmong(nodes);
  }

  override distinct(): ReadonlyMap<Status, number> {
    const { counts, statuses, numbers } = this.facts;
    const totals = new Map<Status, number>();
    for (let number = PASSES; number < counts.length; number++) {
      if (counts[number]! > 0) totals.set(statuses[number]!, counts[number]!);
    }
    for (const [row, status] of this.others) {
      const own = statuses[numbers[row]!]!;
      const left = totals.get(own)! - 1;
      if (left > 0) totals.set(own, left);
      else totals.delete(own);
      totals.set(status, (totals.get(status) ?? 0) + 1);
    }
    return totals;
  }
}
