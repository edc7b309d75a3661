// FilterWorld: the filters of one profile over a scheduler's beliefs, for one pod as it is or might be.
//
// PreFilter runs once when the world is made; after that nodes can be asked one by one. It asks the
// same plugins as the cycle did with a state of its own, so asking changes nothing. Valid only until
// the simulation goes on.

import {
  Code,
  CycleState,
  type FilterLists,
  type FilterPlugin,
  filterNode,
  type NodeRow,
  type PodInfo,
  type PreFiltering,
  runPreFilters,
  type SchedulerCache,
  type Status,
} from "../../scheduler/index.ts";
import { Effort } from "./effort.ts";
import { DomainRows, Neighbours } from "./neighbours.ts";
import { KnownSpreads } from "./recount.ts";
import { VolumeTrials } from "./volume-trials.ts";

const UNLIMITED = new Effort(Number.POSITIVE_INFINITY);

/** What PreFilter concluded and counted. */
export interface PreFiltered {
  readonly state: CycleState;
  readonly preFiltering: PreFiltering;
}

/** A pod before the filters of its profile. */
export class FilterWorld {
  readonly cache: SchedulerCache;
  readonly profile: FilterLists;
  readonly pod: PodInfo;
  readonly preFiltering: PreFiltering;
  /** Shared by all worlds that come of one another; whoever explains sets a limit. */
  effort: Effort = UNLIMITED;
  /** What PreFilter counted; Filter plugins read it. */
  readonly state: CycleState;
  /** Filters that refused some node, once all nodes were sketched. */
  readonly refusing: Set<string> = new Set();
  private known: Neighbours | undefined;
  private domains: DomainRows | undefined;
  private spreadsKnown: KnownSpreads | undefined;
  private trials: VolumeTrials | undefined;
  private active: readonly FilterPlugin[] | undefined;

  /** `known` is what PreFilter would give, if the caller knows; otherwise it runs. */
  constructor(cache: SchedulerCache, profile: FilterLists, pod: PodInfo, known?: PreFiltered) {
    this.cache = cache;
    this.profile = profile;
    this.pod = pod;
    this.state = known?.state ?? new CycleState();
    this.preFiltering =
      known?.preFiltering ?? runPreFilters(profile, this.state, pod, cache.nodeList);
  }

  /** All nodes of the snapshot, in list order. */
  get nodes(): readonly NodeRow[] {
    return this.cache.nodeList;
  }

  /** PreFilter let the pod pass, so nodes can be judged one by one. */
  get isFilterable(): boolean {
    return this.preFiltering.status.code === Code.Success;
  }

  /** Which pods are where, worked out once. */
  get neighbours(): Neighbours {
    this.known ??= new Neighbours(this.cache, this.pod, this.domainRows);
    return this.known;
  }

  /** Which nodes make up a domain, worked out once. */
  get domainRows(): DomainRows {
    this.domains ??= new DomainRows(this.cache);
    return this.domains;
  }

  /** Spread counts over the cache as it is. */
  get spreads(): KnownSpreads {
    if (this.spreadsKnown === undefined) {
      this.spreadsKnown = new KnownSpreads();
      this.spreadsKnown.keep(this.state, this.pod);
    }
    return this.spreadsKnown;
  }

  /** Takes over from the world before what a change of that kind cannot have made untrue. */
  inherit(before: FilterWorld, areNodesSame: boolean, arePodsSame: boolean): void {
    this.effort = before.effort;
    if (areNodesSame) this.domains = before.domainRows;
    if (areNodesSame && arePodsSame) this.spreadsKnown = before.spreads;
  }

  /** What PreFilter says of the pod with fewer volumes, worked out once. */
  get volumeTrials(): VolumeTrials {
    this.trials ??= new VolumeTrials(this.pod, this.nodes);
    return this.trials;
  }

  /** Filters that PreFilter did not skip. */
  get activeFilters(): readonly FilterPlugin[] {
    this.active ??= this.profile.filterPlugins.filter(
      ({ name }) => !this.state.skipFilterPlugins.has(name),
    );
    return this.active;
  }

  /** The first filter's refusal there, where the decision has told it already. */
  knownRefusal(_row: NodeRow): Status | undefined {
    return undefined;
  }

  /** What the decision said of the node, for refusals that are no filter's. */
  ownStatus(_row: NodeRow): Status | undefined {
    return undefined;
  }

  nameOf(row: NodeRow): string {
    return this.cache.nodeName(row);
  }

  namesOf(rows: readonly NodeRow[]): string[] {
    return rows.map((row) => this.cache.nodeName(row));
  }

  /** Whether PreFilter's narrowing leaves this node out. */
  isNarrowedAway(row: NodeRow): boolean {
    return this.preFiltering.nodeNames?.has(this.nameOf(row)) === false;
  }

  /** The verdict of all filters on one node, with nominated pods in mind. */
  judge(row: NodeRow): Status {
    return filterNode(this.profile, this.cache, this.state, this.pod, row);
  }

  /** Would the node take the pod? */
  fits(row: NodeRow): boolean {
    if (!this.isFilterable || this.isNarrowedAway(row)) return false;
    return this.judge(row).code === Code.Success;
  }

  /** PreFilter has turned down no node. */
  get looksAtAllNodes(): boolean {
    return this.isFilterable && this.preFiltering.nodeNames === undefined;
  }

  /** The same, where all filters but these are known to let the pod pass, and PreFilter turns down no node. */
  fitsFor(filters: readonly FilterPlugin[], row: NodeRow): boolean {
    for (let at = 0; at < filters.length; at++) {
      if (filters[at]!.filter(this.state, this.pod, row).code !== Code.Success) return false;
    }
    return true;
  }
}
