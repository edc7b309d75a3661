// IndexedChoice: the best node of one cycle, found without visiting the others.
//
// The total of a node is a kept value of node and signature, plus what its partition gives, plus what
// pods on the node itself change. Nodes of the last kind are few and looked at one by one; the others of
// a partition share one addend, so the best of them is in the best block. Minima and maxima over
// feasible nodes are those over partitions and exceptional nodes that hold one. Every node that ties
// is collected, and the heap's order decides.

import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import { Code } from "../../framework/status.ts";
import { HOSTNAME_KEY } from "../../plugins/spread-constraints.ts";
import { topologyWeight } from "../../plugins/topology-weight.ts";
import { AffinityScore } from "../fused/affinity-score.ts";
import type { FusedSearch } from "../fused/fused-search.ts";
import { NO_DOMAIN } from "../fused/node-domains.ts";
import type { CountedConstraint, PodClass } from "../fused/pod-class.ts";
import type { IndexPlan } from "./index-plan.ts";
import { ListRanks } from "./list-ranks.ts";
import { BLOCK_SHIFT, type NodeSlots, NOTHING } from "./node-slots.ts";
import type { PartitionFacts } from "./partition-facts.ts";
import type { Suitability } from "./suitability.ts";

/** Weights of the scores over partitions and hosts; 0 for plugins that do not score such pods. */
export interface GroupWeights {
  readonly taints: number;
  readonly nodeAffinity: number;
  readonly spread: number;
  readonly podAffinity: number;
}

/** What is known before the choice. */
export interface ChoiceInput {
  readonly podClass: PodClass;
  readonly plan: IndexPlan;
  readonly facts: PartitionFacts;
  readonly signature: Suitability;
  /** Added to a signature's value it gives the weighted scores. */
  readonly offset: number;
  readonly weights: GroupWeights;
  /** Place in the node list where the search begins. */
  readonly start: number;
}

/** Counts of matching pods on one node up to here are looked up in a table. */
const HOST_COUNT_MAX = 255;
/** The choice of one cycle; used anew for each. */
export class IndexedChoice {
  feasibleCount = 0;
  /** Valid when a node fits. */
  row: NodeRow | -1 = -1;
  /** Undefined when a single node fits: it is not scored. */
  total: number | undefined;
  tieCount = 0;
  /** A plugin failed on a node that others are nominated to: nothing was found. */
  hasError = false;
  /** Whether any preference concerns a pod, so that pod affinity does not skip. */
  findsPreferences = false;
  /** Whether pod affinity has anything to score. */
  private hasPodAffinity = false;
  private readonly cache: SchedulerCache;
  private readonly slots: NodeSlots;
  private readonly search: FusedSearch;
  private readonly affinity = new AffinityScore();
  private readonly ranks = new ListRanks();
  private input!: ChoiceInput;
  /** By slot: twice the round in which the node was found exceptional, one more if blocked. */
  private foundIn: Int32Array = new Int32Array(0);
  private round = 0;
  /** Slots that fit but for pods on their node. */
  private readonly blocked: number[] = [];
  /** Fitting slots with pods that change their score, and their groups. */
  private exceptionalCount = 0;
  private exceptional: Int32Array = new Int32Array(64);
  private exceptionalHosts: Int32Array = new Int32Array(64);
  private exceptionalGroups: Int32Array = new Int32Array(64);
  /** By partition: feasible nodes, and those of them that are not exceptional. */
  private readonly feasible: number[] = [];
  private readonly ordinary: number[] = [];
  /** Group of the ordinary nodes by partition; NOTHING where there are none. */
  private readonly ordinaryGroups: number[] = [];
  /** Groups share partition and matching pods on the node: parallel columns. */
  private groupCount = 0;
  private readonly groupPartitions: number[] = [];
  private readonly groupSpreads: number[] = [];
  private readonly groupAffinities: number[] = [];
  private readonly groupAddends: number[] = [];
  /** Group plus one by count and partition; 0 none. Cleared after use. */
  private groupTable: Int32Array = new Int32Array(0);
  private readonly groupKeys: number[] = [];
  private readonly order: number[] = [];
  private readonly staticAddends: number[] = [];
  private readonly zoneTerms: Float64Array[] = [];
  private isRegistered: Uint8Array = new Uint8Array(16);
  private readonly tiedSlots: number[] = [];
  private blockedBits: Uint32Array = new Uint32Array(0);
  private readonly masks = new Map<string, Uint32Array>();
  private masksEpoch = -1;

  constructor(cache: SchedulerCache, slots: NodeSlots, search: FusedSearch) {
    this.cache = cache;
    this.slots = slots;
    this.search = search;
  }

  /** Finds the node; nothing is left to do when `feasibleCount` is 0. */
  choose(input: ChoiceInput): void {
    this.input = input;
    this.begin();
    this.findBlocked();
    this.findExceptional();
    this.countFeasible();
    this.row = -1;
    this.total = undefined;
    this.tieCount = Math.min(this.feasibleCount, 1);
    if (this.feasibleCount === 0) return;
    if (this.feasibleCount === 1) {
      this.row = this.onlyRow();
      return;
    }
    this.addUp();
    this.findBest();
  }

  /** Rises with each choice. */
  get number(): number {
    return this.round;
  }

  /**
   * Total by place in the node list, -1 where the pod does not fit; of the last choice, whose suitability
   * was held: no matter what became of the cache. `count`: nodes in the list then.
   */
  heldTotals(count: number): Float64Array {
    const totals = new Float64Array(count).fill(-1);
    const { facts, signature } = this.input;
    const { slots, groupAddends, foundIn, round } = this;
    const put = (slot: number, group: number): void => {
      const value = signature.heldValueAt(slot);
      if (value > 0) totals[slots.positionOf[slot]!] = value + groupAddends[group]!;
    };
    for (const { number, begin, end } of slots.partitions) {
      const group = this.ordinaryGroups[number]!;
      if (!facts.isAllowed[number]! || group === NOTHING) continue;
      for (let slot = begin; slot < end; slot++) if (foundIn[slot]! < round) put(slot, group);
    }
    for (let k = 0; k < this.exceptionalCount; k++) {
      put(this.exceptional[k]!, this.exceptionalGroups[k]!);
    }
    return totals;
  }

  // ---- which nodes are feasible ---------------------------------------------------------------

  private begin(): void {
    const { slotCount, partitions } = this.slots;
    if (this.foundIn.length !== slotCount || this.round > 1_000_000_000) {
      this.foundIn = new Int32Array(slotCount);
      this.round = 0;
    }
    this.round += 2;
    this.blocked.length = 0;
    this.exceptionalCount = 0;
    for (let at = 0; at < partitions.length; at++) {
      this.feasible[at] = 0;
      this.ordinary[at] = 0;
    }
  }

  private findBlocked(): void {
    const { podClass } = this.input;
    this.findPromised();
    const { spread, affinity, judgesSpread, judgesAffinity, judgesPorts } = this.search;
    if (judgesSpread) spread.forEachFullHost(podClass, this.blockRow);
    if (judgesAffinity) affinity.forEachFullHost(podClass, this.blockRow);
    if (!judgesPorts) return;
    const { holders } = this.search;
    for (let at = 0; at < holders.length; at++) this.block(holders[at]!);
  }

  /** Nodes that fit, but not together with the pods that are nominated to them. */
  private findPromised(): void {
    const { search, slots } = this;
    this.hasError = false;
    for (const row of search.nominatedTo) {
      const slot = slots.slotOf.raw[row] ?? NOTHING;
      if (slot === NOTHING || !this.fits(slot)) continue;
      const { code } = search.statusOf(row);
      if (code === Code.Error) this.hasError = true;
      if (code !== Code.Success) this.block(row);
    }
  }

  private readonly blockRow = (row: NodeRow): void => this.block(row);
  private readonly exceptRow = (row: NodeRow): void => this.except(row, 0);

  private block(row: NodeRow): void {
    const slot = this.slots.slotOf.raw[row] ?? NOTHING;
    if (slot === NOTHING || this.foundIn[slot] === this.round + 1) return;
    this.foundIn[slot] = this.round + 1;
    if (!this.fits(slot)) return;
    this.blocked.push(slot);
    this.feasible[this.slots.partitionOfBlock[slot >> BLOCK_SHIFT]!]!--;
  }

  private fits(slot: number): boolean {
    const { signature, facts } = this.input;
    const partition = this.slots.partitionOfBlock[slot >> BLOCK_SHIFT]!;
    return signature.valueAt(slot) > 0 && facts.isAllowed[partition]!;
  }

  private findExceptional(): void {
    const { podClass, plan, weights } = this.input;
    this.findsPreferences = this.affinity.prepare(podClass);
    this.hasPodAffinity = weights.podAffinity > 0 && this.findsPreferences;
    if (weights.spread > 0 && plan.hostSpread !== undefined) {
      const { rows, counts } = plan.hostSpread.counter;
      for (let k = 0; k < rows.length; k++) this.except(rows[k]!, counts[k]!);
    }
    if (this.hasPodAffinity) this.affinity.forEachHost(podClass, this.exceptRow);
  }

  /** `count`: matching pods on the node; whoever comes with 0 after that is known already. */
  private except(row: NodeRow, count: number): void {
    const { signature, facts } = this.input;
    const slot = this.slots.slotOf.raw[row] ?? NOTHING;
    if (slot === NOTHING || this.foundIn[slot]! >= this.round) return;
    this.foundIn[slot] = this.round;
    if (signature.valueAt(slot) === 0) return;
    const partition = this.slots.partitionOfBlock[slot >> BLOCK_SHIFT]!;
    if (!facts.isAllowed[partition]!) return;
    if (this.exceptionalCount === this.exceptional.length) this.growExceptional();
    this.exceptional[this.exceptionalCount] = slot;
    this.exceptionalHosts[this.exceptionalCount] = count;
    this.exceptionalCount++;
    this.ordinary[partition]!--;
  }

  private growExceptional(): void {
    const length = this.exceptional.length * 2;
    this.exceptional = wider(this.exceptional, length);
    this.exceptionalHosts = wider(this.exceptionalHosts, length);
    this.exceptionalGroups = wider(this.exceptionalGroups, length);
  }

  private countFeasible(): void {
    const { signature, facts } = this.input;
    this.feasibleCount = 0;
    for (let at = 0; at < this.slots.partitions.length; at++) {
      const fitting = facts.isAllowed[at]! ? signature.fitting[at]! : 0;
      this.feasible[at]! += fitting;
      this.ordinary[at]! += this.feasible[at]!;
      this.feasibleCount += this.feasible[at]!;
    }
  }

  private onlyRow(): NodeRow {
    if (this.exceptionalCount > 0) return this.rowAt(this.exceptional[0]!);
    const { signature } = this.input;
    for (const { number, begin, end } of this.slots.partitions) {
      if (this.feasible[number] === 0) continue;
      for (let slot = begin; slot < end; slot++) {
        if (signature.valueAt(slot) > 0 && this.foundIn[slot]! < this.round) {
          return this.rowAt(slot);
        }
      }
    }
    throw new Error("a feasible node was counted and is not there");
  }

  private rowAt(slot: number): NodeRow {
    return this.slots.rowAt[slot] as NodeRow;
  }

  // ---- scores by group -------------------------------------------------------------------------

  private addUp(): void {
    const { podClass, facts, weights } = this.input;
    const { length } = this.slots.partitions;
    const hasSpread = weights.spread > 0 && podClass.softSpread.length > 0;
    const { hasPodAffinity } = this;
    if (this.groupTable.length < length * (HOST_COUNT_MAX + 1)) {
      this.groupTable = new Int32Array(length * (HOST_COUNT_MAX + 1));
    }
    this.groupCount = 0;
    this.groupKeys.length = 0;
    if (hasSpread) this.weighDomains();
    for (let at = 0; at < length; at++) {
      this.ordinaryGroups[at] =
        this.ordinary[at]! > 0 ? this.groupOf(at, 0, 0, hasSpread) : NOTHING;
    }
    const { partitionOfBlock, rowAt } = this.slots;
    for (let k = 0; k < this.exceptionalCount; k++) {
      const slot = this.exceptional[k]!;
      const weight = hasPodAffinity ? this.affinity.hostSum(rowAt[slot]!) : 0;
      this.exceptionalGroups[k] = this.groupOf(
        partitionOfBlock[slot >> BLOCK_SHIFT]!,
        this.exceptionalHosts[k]!,
        weight,
        hasSpread,
      );
    }
    for (const key of this.groupKeys) this.groupTable[key] = 0;
    this.addStatically();
    this.addNormalized(hasSpread, facts.isIgnored);
  }

  /** Spreading and pod affinity, normalised over the groups. */
  private addNormalized(hasSpread: boolean, ignored: readonly boolean[]): void {
    const { weights } = this.input;
    const { groupCount, groupPartitions, groupSpreads, groupAffinities, hasPodAffinity } = this;
    let lowestSpread = Number.MAX_SAFE_INTEGER;
    let highestSpread = 0;
    let lowestAffinity = Number.MAX_SAFE_INTEGER;
    let highestAffinity = Number.MIN_SAFE_INTEGER;
    for (let group = 0; group < groupCount; group++) {
      const affinity = groupAffinities[group]!;
      if (affinity < lowestAffinity) lowestAffinity = affinity;
      if (affinity > highestAffinity) highestAffinity = affinity;
      if (ignored[groupPartitions[group]!] === true) continue;
      const spread = groupSpreads[group]!;
      if (spread < lowestSpread) lowestSpread = spread;
      if (spread > highestSpread) highestSpread = spread;
    }
    const range = highestAffinity - lowestAffinity;
    for (let group = 0; group < groupCount; group++) {
      const partition = groupPartitions[group]!;
      let addend = this.staticAddends[partition]!;
      if (hasSpread && ignored[partition] !== true) {
        const raw = highestSpread + lowestSpread - groupSpreads[group]!;
        addend +=
          weights.spread * (highestSpread === 0 ? 100 : Math.trunc((100 * raw) / highestSpread));
      }
      if (hasPodAffinity && range > 0) {
        const raw = groupAffinities[group]! - lowestAffinity;
        // Divide, then multiply, then cut, as the plugin.
        addend += weights.podAffinity * Math.trunc(100 * (raw / range));
      }
      this.groupAddends[group] = addend;
    }
  }

  private groupOf(
    partition: number,
    hostCount: number,
    hostWeight: number,
    hasSpread: boolean,
  ): number {
    // Weights over host names are rare; such groups are not shared.
    const isShared = hostWeight === 0 && hostCount <= HOST_COUNT_MAX;
    const key = hostCount * this.slots.partitions.length + partition;
    if (isShared && this.groupTable[key] !== 0) return this.groupTable[key]! - 1;
    const row = this.input.facts.rows[partition]!;
    const group = this.groupCount++;
    this.groupPartitions[group] = partition;
    this.groupSpreads[group] = hasSpread ? this.rawSpread(partition, row, hostCount) : 0;
    this.groupAffinities[group] = this.hasPodAffinity
      ? this.affinity.domainSum(row) + hostWeight
      : 0;
    if (isShared) {
      this.groupTable[key] = group + 1;
      this.groupKeys.push(key);
    }
    return group;
  }

  /** Taints and node affinity, normalised over the partitions that have a feasible node. */
  private addStatically(): void {
    const { facts, weights, offset } = this.input;
    let mostTaints = 0;
    let mostAffinity = 0;
    const { length } = this.slots.partitions;
    for (let at = 0; at < length; at++) {
      if (this.feasible[at] === 0) continue;
      mostTaints = Math.max(mostTaints, facts.taintScores[at]!);
      mostAffinity = Math.max(mostAffinity, facts.affinityScores[at]!);
    }
    for (let at = 0; at < length; at++) {
      if (this.feasible[at] === 0) continue;
      let addend = offset;
      if (weights.taints > 0) {
        const scaled =
          mostTaints === 0 ? 0 : Math.trunc((100 * facts.taintScores[at]!) / mostTaints);
        addend += weights.taints * (100 - scaled);
      }
      if (weights.nodeAffinity > 0 && mostAffinity > 0) {
        const scaled = Math.trunc((100 * facts.affinityScores[at]!) / mostAffinity);
        addend += weights.nodeAffinity * scaled;
      }
      this.staticAddends[at] = addend;
    }
  }

  // ---- spreading -------------------------------------------------------------------------------

  /** What each domain adds to the raw score, per soft constraint, as PodTopologySpread weighs it. */
  private weighDomains(): void {
    const { podClass, facts } = this.input;
    const { softSpread } = podClass;
    let scored = this.feasibleCount;
    for (let at = 0; at < this.slots.partitions.length; at++) {
      if (facts.isIgnored[at] === true) scored -= this.feasible[at]!;
    }
    for (let at = 0; at < softSpread.length; at++) {
      const constraint = softSpread[at]!;
      const { domains, maxSkew, isHostname } = constraint;
      if (isHostname) {
        // A table over counts instead of domains.
        const terms = this.termsOf(at, 2);
        terms[0] = topologyWeight(scored);
        terms[1] = maxSkew - 1;
        continue;
      }
      const size = domains.size + 1;
      const terms = this.termsOf(at, size);
      const noLabel = domains.numberOf("") === NO_DOMAIN ? domains.size : domains.numberOf("");
      const registered = this.registerDomains(constraint, size, noLabel);
      this.countMatching(constraint, terms, noLabel);
      const weight = topologyWeight(registered);
      const { isRegistered } = this;
      for (let domain = 0; domain < size; domain++) {
        const count = isRegistered[domain] === 1 ? terms[domain]! : 0;
        terms[domain] = count * weight + (maxSkew - 1);
      }
    }
  }

  /** Marks the domains with a feasible node; how many those are. */
  private registerDomains({ domains }: CountedConstraint, size: number, noLabel: number): number {
    const { facts } = this.input;
    if (this.isRegistered.length < size) this.isRegistered = new Uint8Array(size * 2);
    else this.isRegistered.fill(0, 0, size);
    const { isRegistered } = this;
    let registered = 0;
    for (let partition = 0; partition < this.slots.partitions.length; partition++) {
      if (this.feasible[partition] === 0 || facts.isIgnored[partition] === true) continue;
      const own = domains.domainOf.raw[facts.rows[partition]!]!;
      const domain = own === NO_DOMAIN ? noLabel : own;
      if (isRegistered[domain] === 0) registered++;
      isRegistered[domain] = 1;
    }
    return registered;
  }

  /** Zeroed terms of one constraint. */
  private termsOf(at: number, size: number): Float64Array {
    const known = this.zoneTerms[at];
    if (known === undefined || known.length < size) {
      const made = new Float64Array(size * 2);
      this.zoneTerms[at] = made;
      return made;
    }
    known.fill(0, 0, size);
    return known;
  }

  private countMatching(constraint: CountedConstraint, terms: Float64Array, noLabel: number): void {
    const { podClass, facts } = this.input;
    const { counter, domains, needsAffinity, needsToleration } = constraint;
    const isWhole =
      !needsAffinity && !needsToleration && !podClass.requiresAllLabels && domains.size === noLabel;
    if (isWhole && !this.hasUnlabelled(domains.domainOf.raw)) {
      const { sums } = counter.sumsOver(domains);
      const size = Math.min(sums.length, domains.size);
      for (let domain = 0; domain < size; domain++) terms[domain] = sums.raw[domain]!;
      return;
    }
    for (let k = 0; k < counter.rows.length; k++) {
      const row = counter.rows[k]!;
      const slot = this.slots.slotOf.raw[row] ?? NOTHING;
      if (slot === NOTHING) continue;
      const partition = this.slots.partitionOfBlock[slot >> BLOCK_SHIFT]!;
      if (facts.isIgnored[partition] === true) continue;
      if (needsAffinity || needsToleration) {
        const group = podClass.statics.groupAt(row);
        if (needsAffinity && !group.matchesAffinity) continue;
        if (needsToleration && !group.toleratesTaints) continue;
      }
      const own = domains.domainOf.raw[row]!;
      terms[own === NO_DOMAIN ? noLabel : own]! += counter.counts[k]!;
    }
  }

  private hasUnlabelled(domainOf: Int32Array): boolean {
    for (const row of this.input.facts.rows) {
      if (row !== NOTHING && domainOf[row] === NO_DOMAIN) return true;
    }
    return false;
  }

  private rawSpread(partition: number, row: number, hostCount: number): number {
    if (this.input.facts.isIgnored[partition] === true) return 0;
    let score = 0;
    const { softSpread } = this.input.podClass;
    for (let at = 0; at < softSpread.length; at++) {
      const { domains, isHostname } = softSpread[at]!;
      const domain = domains.domainOf.raw[row]!;
      if (domain === NO_DOMAIN) continue;
      const terms = this.zoneTerms[at]!;
      score += isHostname ? hostCount * terms[0]! + terms[1]! : terms[domain]!;
    }
    return Math.round(score);
  }

  // ---- the best node ---------------------------------------------------------------------------

  private findBest(): void {
    const { signature } = this.input;
    let best = -1;
    this.tiedSlots.length = 0;
    const { groupAddends, exceptionalGroups, foundIn, round, tiedSlots } = this;
    for (let k = 0; k < this.exceptionalCount; k++) {
      const slot = this.exceptional[k]!;
      const total = signature.valueAt(slot) + groupAddends[exceptionalGroups[k]!]!;
      if (total < best) continue;
      if (total > best) this.tiedSlots.length = 0;
      best = total;
      this.tiedSlots.push(slot);
    }
    this.orderPartitions();
    for (const partition of this.order) {
      const addend = groupAddends[this.ordinaryGroups[partition]!]!;
      if (signature.partitionBest[partition]! + addend < best) break;
      best = signature.scan(partition, addend, best, foundIn, round, tiedSlots);
    }
    this.total = best;
    this.tieCount = this.tiedSlots.length;
    this.row = this.rowAt(this.tiedSlots.length === 1 ? this.tiedSlots[0]! : this.firstTied());
  }

  /** Partitions with ordinary nodes, highest bound first; few, so each is put in its place. */
  private orderPartitions(): void {
    const { partitionBest } = this.input.signature;
    const { order, ordinaryGroups, groupAddends } = this;
    order.length = 0;
    for (let partition = 0; partition < this.slots.partitions.length; partition++) {
      const group = ordinaryGroups[partition]!;
      if (group === NOTHING) continue;
      const bound = partitionBest[partition]! + groupAddends[group]!;
      let at = order.length;
      while (at > 0) {
        const other = order[at - 1]!;
        if (partitionBest[other]! + groupAddends[ordinaryGroups[other]!]! >= bound) break;
        order[at] = other;
        at--;
      }
      order[at] = partition;
    }
  }

  // ---- ties ------------------------------------------------------------------------------------

  /** The tied slot that wins. */
  private firstTied(): number {
    const { signature, start } = this.input;
    const { positionOf, slotOf } = this.slots;
    const list = this.cache.nodeList;
    const words = (list.length + 31) >> 5;
    if (this.blockedBits.length !== words) this.blockedBits = new Uint32Array(words);
    this.ranks.reserve(words);
    for (const slot of this.tiedSlots) this.ranks.mark(positionOf[slot]!);
    for (const slot of this.blocked) {
      const position = positionOf[slot]!;
      this.blockedBits[position >> 5]! |= 1 << (position & 31);
    }
    const position = this.ranks.first(
      signature.fitBits(),
      this.allowedMask(words),
      this.blockedBits,
      start,
      list.length,
    );
    for (const slot of this.blocked) this.blockedBits[positionOf[slot]! >> 5] = 0;
    for (const slot of this.tiedSlots) this.ranks.unmark(positionOf[slot]!);
    return slotOf.raw[list[position]!]!;
  }

  /** Bits of the places whose partitions are allowed; undefined when all with fitting nodes are. */
  private allowedMask(words: number): Uint32Array | undefined {
    const { facts, signature } = this.input;
    const { partitions } = this.slots;
    let isNeeded = false;
    for (let at = 0; at < partitions.length; at++) {
      if (!facts.isAllowed[at]! && signature.fitting[at]! > 0) isNeeded = true;
    }
    if (!isNeeded) return undefined;
    const { layoutEpoch, listEpoch, partitionEpoch } = this.slots;
    // Each of the three only rises.
    const epoch = layoutEpoch + listEpoch + partitionEpoch;
    if (epoch !== this.masksEpoch || this.masks.size > 64) {
      this.masks.clear();
      this.masksEpoch = epoch;
    }
    const key = facts.allowedKey;
    let mask = this.masks.get(key);
    if (mask === undefined) {
      mask = new Uint32Array(words);
      for (const { number, begin, next } of partitions) {
        if (!facts.isAllowed[number]!) continue;
        for (let slot = begin; slot < next; slot++) {
          if (this.slots.rowAt[slot] === NOTHING) continue;
          const position = this.slots.positionOf[slot]!;
          mask[position >> 5]! |= 1 << (position & 31);
        }
      }
      this.masks.set(key, mask);
    }
    return mask;
  }
}

function wider(array: Int32Array, length: number): Int32Array {
  const made = new Int32Array(length);
  made.set(array);
  return made;
}

/** Whether every node has a host name of its own, which the index builds on. */
export function hasUniqueHosts(podClass: PodClass, plan: IndexPlan): boolean {
  return !plan.labels.has(HOSTNAME_KEY) || podClass.isUnique(HOSTNAME_KEY);
}
