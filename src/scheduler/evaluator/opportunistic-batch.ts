// OpportunisticBatch: the rest of one pod's ranking, kept for pods that are just like it.
//
// Upstream keeps it per profile and hands out its best node as a hint, only to the very next pod, only
// for half a second, and only while the node taken last is too full for another one (scheduler.md 9.1).
// Whether the hinted node takes the pod is not decided here.

import type { NodeRow } from "../cache/node-row.ts";
import { popOrder, pickWinner, type TieBreak } from "./winner.ts";

/** A ranking older than this is of no use. */
const BATCH_AGE_US_MAX = 500_000;

/** Why a kept ranking was thrown away, in the words of batch_cache_flushed_total. */
export type BatchFlush =
  | "pod_skipped"
  | "node_missing"
  | "node_not_full"
  | "empty_list"
  | "expired"
  | "pod_incompatible"
  | "pod_not_batchable";

/** Counts of batch_attempts_total and batch_cache_flushed_total. */
export interface BatchStatistics {
  /** Pods placed by a hint. */
  hintsUsed: number;
  /** Hints whose node did not take the pod. */
  hintsNotUsed: number;
  /** Times that a pod asked and there was no hint. */
  withoutHint: number;
  readonly flushes: Map<BatchFlush, number>;
}

/** All zero. */
export function createBatchStatistics(): BatchStatistics {
  return { hintsUsed: 0, hintsNotUsed: 0, withoutHint: 0, flushes: new Map() };
}

/** One scheduling cycle as the batch sees it. */
export interface BatchCycle {
  /** Number of the pop; pods that are passed over count. */
  readonly number: number;
  readonly nowUs: number;
  readonly signature: string | undefined;
}

/** What a scored pod leaves: its feasible nodes, their totals, and which of them it took. */
export interface Ranking {
  readonly feasible: readonly NodeRow[];
  readonly totals: readonly number[];
  readonly winner: number;
}

/** A ranking by name. */
export interface NamedRanking {
  readonly names: readonly string[];
  readonly totals: readonly number[];
  readonly winner: number;
}

/** A ranking that is made when somebody asks for it, as it was at the decision all the same. */
export interface LaterRanking {
  /** Number of feasible nodes. */
  readonly size: number;
  read(): NamedRanking;
}

/** Stands for rankings that nobody reads. */
const NO_RANKING: Ranking = { feasible: [], totals: [], winner: 0 };

/** The batch of one profile. Nodes are kept by name: rows change hands. */
export class OpportunisticBatch {
  private readonly statistics: BatchStatistics;
  private readonly tieBreak: TieBreak;
  /** `atUs` is when the cycle that made it was over; upstream keeps it at the end of its search. */
  private kept:
    | { readonly signature: string; readonly nodes: NodeRanking; atUs: number }
    | undefined;
  private isNew = false;
  private lastCycle = 0;
  private lastNode = "";

  constructor(statistics: BatchStatistics, tieBreak: TieBreak) {
    this.statistics = statistics;
    this.tieBreak = tieBreak;
  }

  /**
   * The node to try first, or "". `isFull` asks whether the filters now refuse the pod on a node (no
   * error, nominated pods left aside); undefined when the node is gone.
   */
  takeHint(cycle: BatchCycle, isFull: (nodeName: string) => boolean | undefined): string {
    const { kept } = this;
    if (kept !== undefined && kept.nodes.size > 0) {
      const flush = this.whyUnusable(cycle, kept, isFull);
      if (flush === undefined) return kept.nodes.pop();
      this.count(flush);
    }
    this.statistics.withoutHint++;
    return "";
  }

  /** True when there is nothing to hint at. */
  get isEmpty(): boolean {
    return this.kept === undefined || this.kept.nodes.size === 0;
  }

  /** The answer of an empty one. */
  takeNothing(): string {
    this.statistics.withoutHint++;
    return "";
  }

  /** The pod got a node, but has no signature; `isRanked`: it was not the only one that fitted. */
  storeNothing(cycle: BatchCycle, hint: string, nodeName: string, isRanked: boolean): void {
    const ranking = isRanked ? NO_RANKING : undefined;
    this.store(cycle, hint, nodeName, ranking, () => "");
  }

  /** The pod got a node; `ranking` is absent when it was the only one that fitted. */
  store(
    cycle: BatchCycle,
    hint: string,
    nodeName: string,
    ranking: Ranking | LaterRanking | undefined,
    nameOf: (row: NodeRow) => string,
  ): void {
    this.lastCycle = cycle.number;
    this.lastNode = nodeName;
    this.isNew = false;
    if (hint === nodeName) {
      this.statistics.hintsUsed++;
      return;
    }
    if (hint !== "") this.statistics.hintsNotUsed++;
    const { signature, nowUs } = cycle;
    if (signature !== undefined && ranking !== undefined) {
      const later = "read" in ranking ? ranking : namedRanking(ranking, nameOf);
      const nodes = new NodeRanking(later, this.tieBreak);
      this.kept = { signature, nodes, atUs: nowUs };
      this.isNew = true;
      return;
    }
    this.count(ranking === undefined ? "empty_list" : "pod_not_batchable");
    this.kept = undefined;
  }

  /** The cycle of the last `store` is over. */
  endCycle(nowUs: number): void {
    if (this.isNew && this.kept !== undefined) this.kept.atUs = nowUs;
    this.isNew = false;
  }

  private whyUnusable(
    cycle: BatchCycle,
    kept: { readonly signature: string; readonly atUs: number },
    isFull: (nodeName: string) => boolean | undefined,
  ): BatchFlush | undefined {
    if (cycle.number !== this.lastCycle + 1) return "pod_skipped";
    if (cycle.signature !== kept.signature) return "pod_incompatible";
    if (cycle.nowUs > kept.atUs + BATCH_AGE_US_MAX) return "expired";
    const full = isFull(this.lastNode);
    if (full === undefined) return "node_missing";
    return full ? undefined : "node_not_full";
  }

  private count(flush: BatchFlush): void {
    const { flushes } = this.statistics;
    flushes.set(flush, (flushes.get(flush) ?? 0) + 1);
  }
}

/** The rows mean these nodes only now. */
function namedRanking(ranking: Ranking, nameOf: (row: NodeRow) => string): LaterRanking {
  const { totals, winner, feasible } = ranking;
  const named: NamedRanking = { names: feasible.map(nameOf), totals, winner };
  return { size: named.names.length, read: () => named };
}

/** The nodes after the winner, best first; put into order when the first one is asked for. */
class NodeRanking {
  private readonly tieBreak: TieBreak;
  private readonly ranking: LaterRanking;
  private taken = 0;
  private order: readonly string[] | undefined;

  constructor(ranking: LaterRanking, tieBreak: TieBreak) {
    this.tieBreak = tieBreak;
    this.ranking = ranking;
  }

  get size(): number {
    return this.ranking.size - 1 - this.taken;
  }

  pop(): string {
    this.order ??= this.restOrder(this.ranking.read());
    return this.order[this.taken++]!;
  }

  private restOrder({ names, totals, winner }: NamedRanking): readonly string[] {
    const nameAt = (position: number): string => names[position]!;
    if (this.tieBreak === "heap") return popOrder(totals).slice(1).map(nameAt);
    const rest = [...totals.keys()].filter((position) => position !== winner);
    const order: number[] = [];
    while (rest.length > 0) {
      const left = rest.map((position) => totals[position]!);
      order.push(...rest.splice(pickWinner(left, this.tieBreak), 1));
    }
    return order.map(nameAt);
  }
}
