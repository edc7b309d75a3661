// IndexedVictims: victims by sums, for as long as only room depends on a node's pods.
//
// Whoever may be evicted, and whether the node would do without them, is read off sums by priority; the
// pods that are spared are found with the same rules as in the dry run, on numbers. Answers are kept per
// kind of preemptor and node. Rules that refuse the node for other reasons than room, required pod
// affinity, volumes, pods nominated to the node and plugins of the user's are left to the dry run.

import { FreedRoom } from "../../cache/freed-room.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import { PriorityBands } from "../../cache/priority-bands.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { CycleState } from "../../framework/cycle-state.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { Code, errorStatus } from "../../framework/status.ts";
import { splitByBudgets } from "../../preemption/budget-split.ts";
import { type DryRunContext, NO_VICTIMS } from "../../preemption/dry-run.ts";
import { sortByImportance } from "../../preemption/importance.ts";
import type { VictimFinder } from "../../preemption/victim-finder.ts";
import type { FusedSearch } from "../fused/fused-search.ts";
import type { PodClass } from "../fused/pod-class.ts";
import type { KindKeys } from "./kind-keys.ts";
import { KeptVictims, type VictimAnswer } from "./kept-victims.ts";

/** Bytes that all kept answers together may take, and about what one of them takes. */
const BYTES_MAX = 64_000_000;
const ANSWER_BYTES = 100;

/** What is kept over the cycles. */
export class IndexedVictims {
  readonly cache: SchedulerCache;
  readonly search: FusedSearch;
  readonly room: FreedRoom = new FreedRoom();
  private bandsMade: PriorityBands | undefined;
  private readonly kept = new Map<string, KeptVictims>();
  private readonly keys: KindKeys;

  constructor(cache: SchedulerCache, search: FusedSearch, keys: KindKeys) {
    this.cache = cache;
    this.keys = keys;
    this.search = search;
  }

  /** The finder of the cycle that just found no node for such a pod. */
  finderFor(podClass: PodClass, state: CycleState): VictimFinder {
    return new CycleVictims(this, podClass, state);
  }

  get bands(): PriorityBands {
    this.bandsMade ??= new PriorityBands(this.cache);
    return this.bandsMade;
  }

  /** Answers for preemptors that are alike in all that concerns a single node. */
  keptFor(podClass: PodClass, { preemptor, budgets, state }: DryRunContext): KeptVictims {
    const key = `${preemptor.priority} ${this.keys.keyOf(podClass, state)}`;
    let kept = this.kept.get(key);
    if (kept === undefined) {
      this.makeRoom();
      kept = new KeptVictims();
    } else {
      this.kept.delete(key);
    }
    this.kept.set(key, kept); // the last is the one used last
    kept.refresh(budgets);
    return kept;
  }

  private makeRoom(): void {
    const most = Math.max(8, Math.floor(BYTES_MAX / (ANSWER_BYTES * (this.cache.rowCount + 1))));
    if (this.kept.size < most) return;
    const [oldest] = this.kept.keys();
    this.kept.delete(oldest!);
  }
}

/** One cycle's finder; it knows nothing any more when the cache has changed or the next one began. */
class CycleVictims implements VictimFinder {
  private readonly all: IndexedVictims;
  private readonly podClass: PodClass;
  private readonly state: CycleState;
  private readonly generation: number;
  private kept: KeptVictims | undefined;
  /** Bands of lower priority as bits. */
  private below: number | undefined;

  constructor(all: IndexedVictims, podClass: PodClass, state: CycleState) {
    this.all = all;
    this.podClass = podClass;
    this.state = state;
    this.generation = all.cache.currentGeneration;
  }

  isVain({ preemptor }: DryRunContext): boolean {
    if (!this.isCurrent()) return false;
    this.below = this.all.bands.bandsBelow(preemptor.priority);
    return this.below === 0;
  }

  find(context: DryRunContext, row: NodeRow): VictimAnswer | undefined {
    const { cache, search } = this.all;
    if (!this.isCurrent()) return undefined;
    this.kept ??= this.all.keptFor(this.podClass, context);
    const generation = cache.generationOf(row);
    const known = this.kept.find(row, generation);
    if (known === undefined) return this.look(context, row, generation);
    if (known === NO_VICTIMS) return known;
    if (search.isNominated(row)) return undefined;
    if (!search.judgesRoomFirst) return undefined;
    return !("victims" in known) || search.passesBesideRoom(row) ? known : undefined;
  }

  private isCurrent(): boolean {
    const { cache, search } = this.all;
    return search.isAbout(this.state) && cache.currentGeneration === this.generation;
  }

  private look(context: DryRunContext, row: NodeRow, generation: number): VictimAnswer | undefined {
    const { cache, search, bands, room } = this.all;
    const { below, podClass } = this;
    const keep = <T extends VictimAnswer>(answer: T): T => {
      this.kept!.keep(row, generation, answer);
      return answer;
    };
    if (below !== undefined && !bands.hasAny(row, below)) return keep(NO_VICTIMS);
    // Sums by priority are of the common resources only.
    const isSummed = below !== undefined && podClass.scalars.length === 0;
    let potential: readonly PodInfo[] | undefined;
    room.clear();
    if (isSummed) {
      bands.addUp(row, below, room);
    } else {
      potential = this.lowerOn(row, context);
      if (potential.length === 0) return keep(NO_VICTIMS);
      for (const { template } of potential) room.count(template, 1);
    }
    if (search.isNominated(row)) return undefined;
    cache.operations.nodesTouched++;
    const emptied = search.statusWhenFreed(row, room);
    if (emptied === undefined) return undefined;
    if (emptied.code !== Code.Success) return keep(emptied);
    potential ??= this.lowerOn(row, context);
    const answer = this.reprieve(context, row, potential);
    if (isLasting(potential, context.nowUs)) keep(answer);
    return answer;
  }

  private lowerOn(row: NodeRow, { preemptor }: DryRunContext): readonly PodInfo[] {
    return this.all.cache.podsOn(row).filter(({ priority }) => priority < preemptor.priority);
  }

  /** All `potential` pods are gone, as `room` says; puts back those with which the pod still fits. */
  private reprieve(
    { budgets, nowUs }: DryRunContext,
    row: NodeRow,
    potential: readonly PodInfo[],
  ): VictimAnswer {
    const { cache, search, room } = this.all;
    cache.operations.dryRuns++;
    const { violating, harmless } = splitByBudgets(sortByImportance(potential, nowUs), budgets);
    let victims: PodInfo[] = [];
    let budgetViolations = 0;
    for (const pods of [violating, harmless]) {
      for (const pod of pods) {
        room.count(pod.template, -1);
        if (search.hasRoomWhenFreed(row, room)) continue;
        room.count(pod.template, 1);
        victims.push(pod);
        if (pods === violating) budgetViolations++;
      }
    }
    const nodeName = cache.nodeName(row);
    if (victims.length === 0) {
      return errorStatus("", `expected at least one victim pod on node "${nodeName}"`);
    }
    if (violating.length > 0 && harmless.length > 0) victims = sortByImportance(victims, nowUs);
    return { row, nodeName, victims, budgetViolations };
  }
}

/** Whether the pods keep their order as time goes on: those that have not started come last. */
function isLasting(pods: readonly PodInfo[], nowUs: number): boolean {
  let latestUs = Number.NEGATIVE_INFINITY;
  let isAnyUnstarted = false;
  for (const { startUs } of pods) {
    if (startUs < 0) isAnyUnstarted = true;
    else if (startUs > latestUs) latestUs = startUs;
  }
  return !isAnyUnstarted || latestUs < nowUs;
}
