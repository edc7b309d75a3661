// FusedSearch: which nodes take the pod, in one pass over columns.
//
// The nodes are visited in the order of the plain search and judged by the same rules, written out on
// numbers. Why a node refuses is worked out only when somebody asks (a pod that fits nowhere, an
// explanation): then the rules are asked in the profile's order. Plugins without a fused form, and
// nodes that other pods are nominated to, are judged by the plain code at their place in that order.

import { Uint8Column } from "../../../base/index.ts";
import { FreedRoom } from "../../cache/freed-room.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { ResourceArrays } from "../../cache/resource-columns.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { ClusterObjects } from "../../framework/cluster-objects.ts";
import type { CycleState } from "../../framework/cycle-state.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import {
  Code,
  isRejected,
  type Status,
  SUCCESS,
  unresolvable,
  unschedulable,
} from "../../framework/status.ts";
import { failedCall, filterNode } from "../filtering.ts";
import {
  AFFINITY_PASSES,
  AFFINITY_UNMET,
  AffinityFilter,
  ANTI_AFFINITY_MET,
} from "./affinity-filter.ts";
import { FitReasons } from "./fit-reasons.ts";
import type { FilterPlan } from "./filter-plan.ts";
import type { FilterStep } from "./fused-profile.ts";
import type { PodClass } from "./pod-class.ts";
import type { PodCounters } from "./pod-counters.ts";
import { PortHolders } from "./port-holders.ts";
import { rememberCounts } from "./remember-counts.ts";
import { SPREAD_LACKS_LABEL, SPREAD_PASSES, SpreadFilter } from "./spread-filter.ts";

const PORTS_TAKEN: Status = unschedulable(
  "NodePorts",
  "node(s) didn't have free ports for the requested pod ports",
);
const SPREAD_MISSING: Status = unresolvable(
  "PodTopologySpread",
  "node(s) didn't match pod topology spread constraints (missing required label)",
);
const SPREAD_SKEWED: Status = unschedulable(
  "PodTopologySpread",
  "node(s) didn't match pod topology spread constraints",
);
const AFFINITY: Status = unresolvable(
  "InterPodAffinity",
  "node(s) didn't match pod affinity rules",
);
const ANTI_AFFINITY: Status = unschedulable(
  "InterPodAffinity",
  "node(s) didn't match pod anti-affinity rules",
);
const EXISTING_ANTI_AFFINITY: Status = unschedulable(
  "InterPodAffinity",
  "node(s) didn't satisfy existing pods anti-affinity rules",
);

/** The pod of a cycle, prepared for judging nodes. */
export class FusedSearch {
  /** Nodes that took the pod, in the order of the search; the first `feasibleCount` hold. */
  feasible: Int32Array<ArrayBuffer> = new Int32Array(64);
  feasibleCount = 0;
  /** Nodes that refused it, likewise. */
  refused: Int32Array<ArrayBuffer> = new Int32Array(64);
  refusedCount = 0;
  /** A plugin failed: the search ended there. */
  error: Status | undefined;
  /** Names of filters that were ever called node by node. */
  readonly plainFilters: Set<string> = new Set<string>();
  readonly spread: SpreadFilter;
  readonly affinity: AffinityFilter = new AffinityFilter();
  private readonly cache: SchedulerCache;
  private readonly fitReasons: FitReasons;
  readonly ports: PortHolders;
  private readonly holderRows = new Uint8Column();
  /** Rows where a port of the pod is taken; valid when `judgesPorts`. */
  readonly holders: NodeRow[] = [];
  private readonly nominatedRows = new Uint8Column();
  private readonly nominated: NodeRow[] = [];
  private podClass!: PodClass;
  private pod!: PodInfo;
  private state!: CycleState;
  private resources!: ResourceArrays;
  private steps: readonly FilterStep[] = [];
  /** Whether some filter must be called as it is. */
  hasPlainSteps = false;
  private hasFit = false;
  /** Whether host ports are looked at in this cycle. */
  judgesPorts = false;
  /** Whether hard spreading and required pod affinity are looked at, likewise. */
  judgesSpread = false;
  judgesAffinity = false;
  private remembersCounts = false;
  /** Somebody else than the known plugins counts pods that come and go. */
  private hasForeignExtensions = false;
  /** Nothing but room depends on the pods of a node. */
  private countsRoomOnly = false;
  private readonly freed = new FreedRoom();

  constructor(cache: SchedulerCache, counters: PodCounters, objects: ClusterObjects) {
    this.cache = cache;
    this.spread = new SpreadFilter(cache, counters);
    this.fitReasons = new FitReasons(cache, objects);
    this.ports = new PortHolders(cache);
  }

  /** Counts what the class's terms need; before PreFilter, whose answers depend on it. */
  count(podClass: PodClass): void {
    this.spread.prepare(podClass);
    this.affinity.prepare(podClass);
  }

  /** Takes up a pod whose PreFilter has run. */
  begin(podClass: PodClass, pod: PodInfo, state: CycleState, filters: FilterPlan): void {
    this.podClass = podClass;
    this.pod = pod;
    this.state = state;
    this.resources = this.cache.resources.arrays();
    podClass.statics.groupOf.grow(this.cache.rowCount);
    this.steps = filters.steps;
    this.hasPlainSteps = filters.plainNames.length > 0;
    if (this.hasPlainSteps) for (const name of filters.plainNames) this.plainFilters.add(name);
    this.hasFit = filters.hasFit;
    this.judgesPorts = filters.judgesPorts;
    this.judgesSpread = filters.judgesSpread;
    this.judgesAffinity = filters.judgesAffinity;
    this.hasForeignExtensions = filters.hasForeignExtensions;
    this.countsRoomOnly = filters.countsRoomOnly;
    this.remembersCounts = false;
    if (this.judgesPorts) this.findHolders();
    this.findNominated();
    this.feasibleCount = 0;
    this.refusedCount = 0;
    this.error = undefined;
  }

  /** Whether it is still prepared for the cycle of that state. */
  isAbout(state: CycleState): boolean {
    return this.state === state;
  }

  /** Judges nodes from `start` on until one more than `wanted` would fit; adds to what was found. */
  run(nodes: ArrayLike<NodeRow>, start: number, wanted: number): void {
    const { length } = nodes;
    this.reserve(this.feasibleCount + this.refusedCount + length);
    // Whoever was refused before the search is not counted twice.
    const known = this.refusedCount > 0 ? this.refused[0]! : -1;
    const isQuick = !this.hasPlainSteps && this.nominated.length === 0 && !this.judgesPorts;
    // Counted in locals: this loop is where a sampled decision spends its time.
    const { feasible, refused } = this;
    let { feasibleCount, refusedCount } = this;
    let at = start % Math.max(length, 1);
    let visited = 0;
    while (visited < length) {
      const row = nodes[at]!;
      at++;
      if (at === length) at = 0;
      visited++;
      const takes = isQuick ? this.takesQuickly(row) : this.takes(row);
      if (this.error !== undefined) break;
      if (takes) {
        if (feasibleCount === wanted) break;
        feasible[feasibleCount++] = row;
      } else if (row !== known) refused[refusedCount++] = row;
    }
    this.cache.operations.nodesTouched += visited;
    this.feasibleCount = feasibleCount;
    this.refusedCount = refusedCount;
  }

  /** Whether the pod fits, by rules alone that need no plain code. */
  takesQuickly(row: NodeRow): boolean {
    const { statics } = this.podClass;
    const group = statics.groupOf.raw[row]! || statics.ask(row);
    if (statics.passes[group] === 0) return false;
    if (this.hasFit && !this.hasRoom(row)) return false;
    if (this.judgesSpread && this.spread.judge(row) !== SPREAD_PASSES) return false;
    return !this.judgesAffinity || this.affinity.judge(row) === AFFINITY_PASSES;
  }

  /** Nodes to which pods are nominated that this one must leave room for. */
  get nominatedTo(): readonly NodeRow[] {
    return this.nominated;
  }

  /** Whether such pods are nominated to that row. */
  isNominated(row: NodeRow): boolean {
    return this.nominated.length > 0 && this.nominatedRows.raw[row] === 1;
  }

  /** The verdict of every rule in the profile's order; SUCCESS or the first refusal. */
  statusOf(row: NodeRow): Status {
    if (!this.isNominated(row)) return this.ownStatusOf(row);
    if (!this.countsRoomOnly) return this.plainStatusOf(row);
    const { freed } = this;
    freed.clear();
    const name = this.cache.nodeName(row);
    for (const other of this.cache.nominator.podsForNode(name)) {
      if (isKeptFree(other, this.pod)) freed.count(other.template, -1);
    }
    const withThem = this.statusWhenFreed(row, freed);
    return withThem?.code === Code.Success ? this.ownStatusOf(row) : withThem!;
  }

  /** The same without regard to pods that are nominated to the node. */
  ownStatusOf(row: NodeRow): Status {
    for (const step of this.steps) {
      const status = this.judge(step, row);
      if (status.code === Code.Success) continue;
      return status;
    }
    return SUCCESS;
  }

  /**
   * The verdict if some pods of the node left and freed so much; undefined where another rule may come
   * to another verdict then. With nominated pods (that take room, below zero) only where nothing but
   * room depends on pods.
   */
  statusWhenFreed(row: NodeRow, freed: FreedRoom): Status | undefined {
    if (this.hasForeignExtensions) return undefined;
    for (const step of this.steps) {
      if (step.kind === "static") {
        const refusal = this.podClass.statics.groupAt(row).refusals[step.index];
        if (refusal !== undefined) return refusal;
      } else if (step.kind === "fit") {
        if (!this.hasRoomWhenFreed(row, freed)) {
          return this.fitReasons.statusOf(this.podClass, row, freed);
        }
      } else if (!this.goesOnPassing(step, row)) return undefined;
    }
    return SUCCESS;
  }

  /** Whether the rules over other things than room let the pod in, however many pods leave the node. */
  passesBesideRoom(row: NodeRow): boolean {
    for (const step of this.steps) {
      if (step.kind === "static" || step.kind === "fit") continue;
      if (!this.goesOnPassing(step, row)) return false;
    }
    return true;
  }

  /**
   * Whether a rule over pods admits the pod now: without some pods of the node it still does. Fewer
   * pods hold fewer ports and repel less, and the domains that they leave are less full, or become the
   * emptiest. Only required affinity may be met no more.
   */
  private goesOnPassing({ kind }: FilterStep, row: NodeRow): boolean {
    if (kind === "ports") return !this.hasPortConflict(row) && !this.holdsWantedPort(row);
    if (kind === "spread") return this.spread.judge(row) === SPREAD_PASSES;
    if (kind !== "affinity" || this.affinity.wantsOthers) return false;
    return this.affinity.judge(row) === AFFINITY_PASSES;
  }

  /** Whether room is judged before every rule that only the plain code can judge without some pods. */
  get judgesRoomFirst(): boolean {
    if (this.hasForeignExtensions) return false;
    for (const { kind } of this.steps) {
      if (kind === "fit") return true;
      if (kind !== "static" && kind !== "ports") return false;
    }
    return false;
  }

  /**
   * Whether a pod there has a port number of the pod's. A port of two pods is free as soon as one of
   * them went, and taken again when the other one is put back.
   */
  private holdsWantedPort(row: NodeRow): boolean {
    const { hostPorts } = this.podClass.template;
    return this.cache
      .podsOn(row)
      .some(({ template }) =>
        template.hostPorts.some(({ port }) => hostPorts.some((wanted) => wanted.port === port)),
      );
  }

  /** Whether there is room for the pod if so much were freed. */
  hasRoomWhenFreed(row: NodeRow, freed: FreedRoom): boolean {
    const sums = this.resources;
    const { milliCpu, memoryBytes, ephemeralStorageBytes } = this.podClass.template.requests;
    const { scalars } = this.podClass;
    if (sums.podCount[row]! - freed.pods + 1 > sums.allocatablePods[row]!) return false;
    const usedMilliCpu = sums.requestedMilliCpu[row]! - freed.milliCpu;
    if (milliCpu > 0 && milliCpu > sums.allocatableMilliCpu[row]! - usedMilliCpu) return false;
    const usedMemory = sums.requestedMemoryBytes[row]! - freed.memoryBytes;
    if (memoryBytes > 0 && memoryBytes > sums.allocatableMemoryBytes[row]! - usedMemory) {
      return false;
    }
    const usedStorage = sums.requestedEphemeralBytes[row]! - freed.ephemeralStorageBytes;
    if (
      ephemeralStorageBytes > 0 &&
      ephemeralStorageBytes > sums.allocatableEphemeralBytes[row]! - usedStorage
    ) {
      return false;
    }
    return scalars.length === 0 || this.fitReasons.hasScalars(scalars, row, freed);
  }

  /** What the plain plugins remember in PreFilter, for code that goes on from here. */
  rememberCounts(): void {
    if (this.remembersCounts) return;
    this.remembersCounts = true;
    rememberCounts(this.podClass, this.state, this.pod, this.cache);
  }

  private takes(row: NodeRow): boolean {
    if (!this.hasPlainSteps && !this.isNominated(row)) {
      if (!this.takesQuickly(row)) return false;
      return !this.judgesPorts || !this.hasPortConflict(row);
    }
    const status = this.statusOf(row);
    if (status.code === Code.Success) return true;
    if (status.code === Code.Error) this.error = status;
    return false;
  }

  private plainStatusOf(row: NodeRow): Status {
    this.rememberCounts();
    return filterNode(this.podClass.fused.profile, this.cache, this.state, this.pod, row);
  }

  private judge(step: FilterStep, row: NodeRow): Status {
    switch (step.kind) {
      case "static": {
        const { statics } = this.podClass;
        return statics.groupAt(row).refusals[step.index] ?? SUCCESS;
      }
      case "ports":
        return this.hasPortConflict(row) ? PORTS_TAKEN : SUCCESS;
      case "fit":
        return this.hasRoom(row) ? SUCCESS : this.fitReasons.statusOf(this.podClass, row);
      case "spread": {
        const verdict = this.spread.judge(row);
        if (verdict === SPREAD_PASSES) return SUCCESS;
        return verdict === SPREAD_LACKS_LABEL ? SPREAD_MISSING : SPREAD_SKEWED;
      }
      case "affinity": {
        const verdict = this.affinity.judge(row);
        if (verdict === AFFINITY_PASSES) return SUCCESS;
        if (verdict === AFFINITY_UNMET) return AFFINITY;
        return verdict === ANTI_AFFINITY_MET ? ANTI_AFFINITY : EXISTING_ANTI_AFFINITY;
      }
      case "plain":
        return plainVerdict(step.plugin, this.state, this.pod, row);
    }
  }

  private hasRoom(row: NodeRow): boolean {
    return this.hasRoomFor(this.podClass, row);
  }

  /** Whether a pod of that class finds room; between `begin` and the next change of the cache. */
  hasRoomFor({ template, scalars }: PodClass, row: NodeRow): boolean {
    const { milliCpu, memoryBytes, ephemeralStorageBytes } = template.requests;
    const sums = this.resources;
    if (sums.podCount[row]! + 1 > sums.allocatablePods[row]!) return false;
    if (
      (milliCpu > 0 && milliCpu > sums.allocatableMilliCpu[row]! - sums.requestedMilliCpu[row]!) ||
      (memoryBytes > 0 &&
        memoryBytes > sums.allocatableMemoryBytes[row]! - sums.requestedMemoryBytes[row]!) ||
      (ephemeralStorageBytes > 0 &&
        ephemeralStorageBytes >
          sums.allocatableEphemeralBytes[row]! - sums.requestedEphemeralBytes[row]!)
    ) {
      return false;
    }
    return scalars.length === 0 || this.fitReasons.hasScalars(scalars, row);
  }

  private hasPortConflict(row: NodeRow): boolean {
    return this.holderRows.raw[row] === 1;
  }

  /** Marks the nodes where a port of the pod is taken. */
  private findHolders(): void {
    for (const row of this.holders) this.holderRows.raw[row] = 0;
    this.holders.length = 0;
    this.holderRows.grow(this.cache.rowCount);
    this.ports.forEachConflict(this.podClass.template.hostPorts, this.markHolder);
  }

  private readonly markHolder = (row: NodeRow): void => {
    this.holders.push(row);
    this.holderRows.raw[row] = 1;
  };

  private findNominated(): void {
    const { cache } = this;
    for (const row of this.nominated) this.nominatedRows.raw[row] = 0;
    this.nominated.length = 0;
    if (cache.nominator.size === 0) return;
    this.nominatedRows.grow(cache.rowCount);
    for (const name of cache.nominator.nodeNames()) {
      const row = cache.findRow(name);
      if (row === undefined) continue;
      // To all others the pod's own verdict is the whole one.
      if (!cache.nominator.podsForNode(name).some((other) => isKeptFree(other, this.pod))) continue;
      this.nominated.push(row);
      this.nominatedRows.raw[row] = 1;
    }
  }

  private reserve(count: number): void {
    this.feasible = wider(this.feasible, count);
    this.refused = wider(this.refused, count);
  }
}

/** Whether `pod` must leave room for the other one, which is nominated. */
function isKeptFree(other: PodInfo, pod: PodInfo): boolean {
  return other.uid !== pod.uid && other.priority >= pod.priority;
}

function plainVerdict(
  plugin: Extract<FilterStep, { kind: "plain" }>["plugin"],
  state: CycleState,
  pod: PodInfo,
  row: NodeRow,
): Status {
  if (state.operations !== undefined) state.operations.filterCalls++;
  const status = plugin.filter(state, pod, row);
  if (status.code === Code.Success) return SUCCESS;
  const named = status.plugin === plugin.name ? status : { ...status, plugin: plugin.name };
  return isRejected(named) ? named : failedCall("filter", plugin.name, named);
}

function wider(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (array.length >= length) return array;
  const made = new Int32Array(Math.max(length, array.length * 2));
  made.set(array);
  return made;
}
