// BatchKeeper: the batches of all profiles of one evaluator, and what pods sign.
//
// Opportunistic batching (scheduler.md 9.1) stands beside the search and the scores: an evaluator asks
// for a hint before it searches and hands in its ranking afterwards.

import { isRejected, type Status } from "../framework/status.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { Decision } from "../framework/decision.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import {
  type BatchCycle,
  type BatchStatistics,
  createBatchStatistics,
  type LaterRanking,
  OpportunisticBatch,
  type Ranking,
} from "./opportunistic-batch.ts";
import type { TieBreak } from "./winner.ts";

/** How batches are kept. */
export interface BatchKeeperOptions {
  readonly tieBreak: TieBreak;
  /** Simulated time in microseconds. */
  readonly nowUs: () => number;
  /** False: no profile has batches (extenders switch them off). */
  readonly isBatching: boolean;
}

/** The signature of a template under the profile that asked for it last. */
interface KeptSignatures {
  readonly template: PodInfo["template"];
  readonly profile: Profile;
  readonly signature: string | undefined;
}

/** Where a ranking can be had later than at the decision. */
export interface RankingSource {
  /** Undefined: it must be read at once. */
  rankLater?(): LaterRanking | undefined;
}

/** Hands out hints and takes in rankings. */
export class BatchKeeper {
  readonly statistics: BatchStatistics = createBatchStatistics();
  private readonly cache: SchedulerCache;
  private readonly options: BatchKeeperOptions;
  private readonly batches = new Map<Profile, OpportunisticBatch>();
  /** By template index. */
  private readonly signatures: (KeptSignatures | undefined)[] = [];
  private lastBatch: OpportunisticBatch | undefined;
  private lastProfile: Profile | undefined;
  private lastUsed: OpportunisticBatch | undefined;

  constructor(cache: SchedulerCache, options: BatchKeeperOptions) {
    this.cache = cache;
    this.options = options;
  }

  /** The cycle as batching sees it; undefined where the profile has no batches. */
  cycleOf(pod: PodInfo, profile: Profile, number: number): BatchCycle | undefined {
    const { isBatching, nowUs } = this.options;
    if (!isBatching || !profile.signer.isAble) return undefined;
    return { number, nowUs: nowUs(), signature: this.signatureOf(pod, profile) };
  }

  /**
   * The node to try first, or "". `filter` asks the filters about a node as it is, pods nominated to
   * it left aside.
   */
  takeHint(profile: Profile, cycle: BatchCycle, filter: (row: NodeRow) => Status): string {
    const batch = this.batchOf(profile);
    if (batch.isEmpty) return batch.takeNothing();
    return batch.takeHint(cycle, (nodeName) => {
      const row = this.cache.findRow(nodeName);
      if (row === undefined || !this.cache.nodeList.includes(row)) return undefined;
      return isRejected(filter(row));
    });
  }

  /**
   * The decision is made: the rest of its ranking may serve the next pod. Hardly any ranking ever does,
   * so whoever can make it later is not asked for it now.
   */
  keepRanking(
    profile: Profile,
    decision: Decision,
    cycle: BatchCycle,
    source?: RankingSource,
  ): void {
    const { node, hint } = decision;
    if (node === -1) return;
    const isRanked = decision.score !== undefined && decision.feasibleCount > 1;
    this.lastBatch = this.batchOf(profile);
    const nodeName = this.cache.nodeName(node);
    // The lists are long, and a pod without signature leaves no batch.
    if (cycle.signature === undefined) {
      this.lastBatch.storeNothing(cycle, hint, nodeName, isRanked);
      return;
    }
    const nameOf = (row: NodeRow): string => this.cache.nodeName(row);
    const ranking = isRanked ? (source?.rankLater?.() ?? rankingOf(decision, node)) : undefined;
    this.lastBatch.store(cycle, hint, nodeName, ranking, nameOf);
  }

  /** The cycle of the last decision is over. */
  endCycle(nowUs: number): void {
    this.lastBatch?.endCycle(nowUs);
    this.lastBatch = undefined;
  }

  /** Signatures hang on what all pods of a template share. */
  private signatureOf(pod: PodInfo, profile: Profile): string | undefined {
    const { template } = pod;
    const kept = this.signatures[template.index];
    if (kept?.template === template && kept.profile === profile) return kept.signature;
    const signature = profile.signer.signatureOf(pod);
    this.signatures[template.index] = { template, profile, signature };
    return signature;
  }

  private batchOf(profile: Profile): OpportunisticBatch {
    if (this.lastProfile === profile) return this.lastUsed!;
    let batch = this.batches.get(profile);
    if (batch === undefined) {
      batch = new OpportunisticBatch(this.statistics, this.options.tieBreak);
      this.batches.set(profile, batch);
    }
    this.lastProfile = profile;
    this.lastUsed = batch;
    return batch;
  }
}

function rankingOf(decision: Decision, node: NodeRow): Ranking {
  return {
    get feasible() {
      return decision.feasible;
    },
    get totals() {
      return decision.totals;
    },
    get winner() {
      return decision.feasible.indexOf(node);
    },
  };
}
