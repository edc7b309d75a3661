// UnschedulableKinds: kinds of pods that fitted nowhere when one of them was last tried.
//
// Another attempt of such a kind looks at the nodes that changed since, and at no others. Kinds are what
// single nodes tell apart: requests, ports, and all that meets a node's object. While hard spreading or
// pod affinity are in force the verdict on a node depends on others, so it holds until anything changes.

import { assert } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { CycleState } from "../../framework/cycle-state.ts";
import type { NodeStatuses } from "../../framework/node-statuses.ts";
import { Code, type Status } from "../../framework/status.ts";
import type { FusedSearch } from "../fused/fused-search.ts";
import type { PodClass } from "../fused/pod-class.ts";
import { KeptVerdicts, type NodeVerdict } from "./kept-verdicts.ts";
import type { KindKeys } from "./kind-keys.ts";
import { RowJournal } from "./row-journal.ts";

/** Bytes that all verdicts together may take. */
const BYTES_MAX = 64_000_000;
const NO_OTHERS: ReadonlyMap<NodeRow, Status> = new Map();

/** Verdicts that hold as long as nothing changes at all. */
interface WholeVerdicts {
  readonly verdicts: KeptVerdicts;
  readonly generation: number;
  readonly key: string;
}

/** Kept over one cache; asked between a search's `begin` and the next change of the cache. */
export class UnschedulableKinds {
  private readonly cache: SchedulerCache;
  private readonly search: FusedSearch;
  private readonly judge: NodeVerdict;
  private journal: RowJournal | undefined;
  /** From least to most recently kept. */
  private readonly kept = new Map<string, KeptVerdicts>();
  private readonly keys: KindKeys;
  private readonly whole = new WeakMap<PodClass, WholeVerdicts>();

  constructor(cache: SchedulerCache, search: FusedSearch, keys: KindKeys) {
    this.cache = cache;
    this.keys = keys;
    this.search = search;
    this.judge = (row) => search.ownStatusOf(row);
  }

  /** The verdicts of a kind that is known and still fits nowhere. */
  findRefusals(podClass: PodClass, state: CycleState): KeptVerdicts | undefined {
    if (this.journal === undefined) return undefined;
    const { cache } = this;
    if (!this.isLocal) {
      const known = this.whole.get(podClass);
      if (known === undefined || known.generation !== cache.currentGeneration) return undefined;
      return known.key === this.keys.keyOf(podClass, state) ? known.verdicts : undefined;
    }
    const verdicts = this.kept.get(this.keys.keyOf(podClass, state));
    // As long as such pods fit, nobody needs to know why nodes refuse.
    if (verdicts === undefined || verdicts.feasibleCount > 0) return undefined;
    verdicts.sync(this.judge);
    return verdicts.feasibleCount > 0 ? undefined : verdicts;
  }

  /** The verdicts on all nodes, none of which takes the pod; they are kept for the next one. */
  keep(podClass: PodClass, state: CycleState): KeptVerdicts {
    const { cache } = this;
    this.journal ??= new RowJournal(cache);
    const key = this.keys.keyOf(podClass, state);
    let verdicts = this.isLocal ? this.kept.get(key) : undefined;
    if (verdicts === undefined) {
      verdicts = new KeptVerdicts(cache, this.journal);
      if (this.isLocal) this.makeRoom();
    } else {
      this.kept.delete(key);
    }
    verdicts.sync(this.judge);
    // Nodes that would take it are those where others were promised the room.
    assert(
      verdicts.feasibleCount <= this.search.nominatedTo.length,
      "a pod that fits nowhere fits by itself",
    );
    if (this.isLocal) {
      this.kept.set(key, verdicts); // the last is the one kept last
    } else if (verdicts.feasibleCount === 0) {
      this.whole.set(podClass, { verdicts, generation: cache.currentGeneration, key });
    }
    return verdicts;
  }

  /** The statuses of a decision; undefined when a plugin failed on a node that pods are nominated to. */
  statusesOf(verdicts: KeptVerdicts, start: number): NodeStatuses | undefined {
    const { search } = this;
    let others = NO_OTHERS;
    if (search.nominatedTo.length > 0) {
      const found = new Map<NodeRow, Status>();
      for (const row of search.nominatedTo) {
        if (!this.cache.isListed(row)) continue;
        const status = search.statusOf(row);
        if (status.code === Code.Error) return undefined;
        found.set(row, status);
      }
      others = found;
    }
    const first = search.refusedCount > 0 ? (search.refused[0] as NodeRow) : -1;
    return verdicts.view(start, first, others);
  }

  /** Whether the verdict on a node depends on nothing but that node. */
  private get isLocal(): boolean {
    return !this.search.judgesSpread && !this.search.judgesAffinity;
  }

  private makeRoom(): void {
    const most = Math.max(8, Math.floor(BYTES_MAX / (2 * this.cache.rowCount + 1_000)));
    if (this.kept.size < most) return;
    const [oldest] = this.kept.keys();
    this.kept.delete(oldest!);
  }
}
