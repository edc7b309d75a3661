// IndexedChoice: the best node of one cycle, found without visiting the others.
//
// The total of a node is a kept value of node and signature, plus what its partition gives, plus what
// pods on the node itself change. Nodes of the last kind are few and looked at one by one; the others of
// a partition share one addend, so the best of them is in the best block. Minima and maxima over
// feasible nodes are those over partitions and exceptional nodes that hold one. Every node that ties
// is collected, and the heap's order decides.

import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import { HOSTNAME_KEY } from "../../plugins/spread-constraints.ts";
import { topologyWeight } from "../../plugins/topology-weight.ts";
import { AffinityScore } from "../fused/affinity-score.ts";
import type { FusedSearch } from "../fused/fused-search.ts";
import { NO_DOMAIN } from "../fused/node-domains.ts";
import type { CountedConstraint, PodClass } from "../fused/pod-class.ts";
import type { IndexPlan } from "./index-plan.ts";
import { ListRanks } from "./list-ranks.ts";
import { BLOCK_SHIFT, BLOCK_SIZE, type NodeSlots, NOTHING } from "./node-slots.ts";
import type { PartitionFacts } from "./partition-facts.ts";
import type { PortHolders } from "./port-holders.ts";
import type { SignatureState } from "./signature-state.ts";

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
  readonly signature: SignatureState;
  /** Added to a signature's value it gives the weighted scores. */
  readonly offset: number;
  readonly weights: GroupWeights;
  /** Place in the node list where the search begins. */
  readonly start: number;
}

/** Numbers that are the same for all nodes of a group: a partition and the pods on the node itself. */
interface Group {
  readonly partition: number;
  readonly hostCount: number;
  readonly hostWeight: number;
  spread: number;
  podAffinity: number;
  addend: number;
}

/** The choice of one cycle; used anew for each. */
export class IndexedChoice {
  feasibleCount = 0;
  /** Valid when a node fits. */
  row: NodeRow | -1 = -1;
  /** Undefined when a single node fits: it is not scored. */
  total: number | undefined;
  tieCount = 0;
  /** Whether pod affinity had anything to score. */
  hasPodAffinity = false;
  private readonly cache: SchedulerCache;
  private readonly slots: NodeSlots;
  private readonly ports: PortHolders;
  private readonly search: FusedSearch;
  private readonly affinity = new AffinityScore();
  private readonly ranks = new ListRanks();
  private input!: ChoiceInput;
  /** By slot: the round in which the node was found blocked, or exceptional. */
  private blockedIn: Int32Array = new Int32Array(0);
  private exceptionalIn: Int32Array = new Int32Array(0);
  private round = 0;
  /** Slots that fit but for pods on their node. */
  private readonly blocked: number[] = [];
  /** Fitting slots with pods that change their score, and their groups. */
  private readonly exceptional: number[] = [];
  private readonly exceptionalCounts: number[] = [];
  private readonly exceptionalGroups: Group[] = [];
  /** By partition: feasible nodes, and those of them that are not exceptional. */
  private readonly feasible: number[] = [];
  private readonly ordinary: number[] = [];
  private readonly ordinaryGroups: (Group | undefined)[] = [];
  private readonly groups: Group[] = [];
  private readonly groupTable = new Map<number, Group>();
  private readonly staticAddends: number[] = [];
  private readonly zoneTerms: Float64Array[] = [];
  private readonly tiedSlots: number[] = [];
  private blockedBits: Uint32Array = new Uint32Array(0);
  private readonly masks = new Map<string, Uint32Array>();
  private masksEpoch = "";

  constructor(cache: SchedulerCache, slots: NodeSlots, ports: PortHolders, search: FusedSearch) {
    this.cache = cache;
    this.slots = slots;
    this.ports = ports;
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

  // ---- which nodes are feasible ---------------------------------------------------------------

  private begin(): void {
    const { slotCount, partitions } = this.slots;
    if (this.blockedIn.length !== slotCount) {
      this.blockedIn = new Int32Array(slotCount);
      this.exceptionalIn = new Int32Array(slotCount);
      this.round = 0;
    }
    this.round++;
    this.blocked.length = 0;
    this.exceptional.length = 0;
    this.exceptionalCounts.length = 0;
    this.exceptionalGroups.length = 0;
    for (let at = 0; at < partitions.length; at++) {
      this.feasible[at] = 0;
      this.ordinary[at] = 0;
    }
  }

  private findBlocked(): void {
    const { podClass } = this.input;
    const { spread, affinity } = this.search;
    if (spread.isActive) spread.forEachFullHost(podClass, (row) => this.block(row));
    if (affinity.isActive) affinity.forEachFullHost(podClass, (row) => this.block(row));
    const { hostPorts } = podClass.template;
    if (!this.search.judgesPorts) return;
    for (const { port } of hostPorts) {
      for (const row of this.ports.holdersOf(port)) {
        if (this.cache.hasPortConflict(row, hostPorts)) this.block(row);
      }
    }
  }

  private block(row: NodeRow): void {
    const slot = this.slots.slotOf.raw[row] ?? NOTHING;
    if (slot === NOTHING || this.blockedIn[slot] === this.round) return;
    this.blockedIn[slot] = this.round;
    if (!this.fits(slot)) return;
    this.blocked.push(slot);
    this.feasible[this.slots.partitionOfBlock[slot >> BLOCK_SHIFT]!]!--;
  }

  private fits(slot: number): boolean {
    const { signature, facts } = this.input;
    const partition = this.slots.partitionOfBlock[slot >> BLOCK_SHIFT]!;
    return signature.values[slot]! > 0 && facts.isAllowed[partition]!;
  }

  private findExceptional(): void {
    const { podClass, plan, weights } = this.input;
    this.hasPodAffinity = weights.podAffinity > 0 && this.affinity.prepare(podClass);
    if (weights.spread > 0 && plan.hostSpread !== undefined) {
      const { rows, counts } = plan.hostSpread.counter;
      for (let k = 0; k < rows.length; k++) this.except(rows[k]!, counts[k]!);
    }
    if (this.hasPodAffinity) this.affinity.forEachHost(podClass, (row) => this.except(row, 0));
  }

  /** `count`: matching pods on the node; whoever comes with 0 after that is known already. */
  private except(row: NodeRow, count: number): void {
    const slot = this.slots.slotOf.raw[row] ?? NOTHING;
    if (slot === NOTHING || this.exceptionalIn[slot] === this.round) return;
    this.exceptionalIn[slot] = this.round;
    if (this.blockedIn[slot] === this.round || !this.fits(slot)) return;
    this.exceptional.push(slot);
    this.exceptionalCounts.push(count);
    this.ordinary[this.slots.partitionOfBlock[slot >> BLOCK_SHIFT]!]!--;
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
    if (this.exceptional.length > 0) return this.rowAt(this.exceptional[0]!);
    const { signature } = this.input;
    for (const { number, begin, end } of this.slots.partitions) {
      if (this.feasible[number] === 0) continue;
      for (let slot = begin; slot < end; slot++) {
        if (signature.values[slot]! > 0 && this.blockedIn[slot] !== this.round) {
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
    this.groups.length = 0;
    this.groupTable.clear();
    const hasSpread = weights.spread > 0 && podClass.softSpread.length > 0;
    if (hasSpread) this.weighDomains();
    for (let at = 0; at < this.slots.partitions.length; at++) {
      this.ordinaryGroups[at] = undefined;
      if (this.ordinary[at]! > 0) this.ordinaryGroups[at] = this.groupOf(at, 0, 0, hasSpread);
    }
    for (let k = 0; k < this.exceptional.length; k++) {
      const slot = this.exceptional[k]!;
      const partition = this.slots.partitionOfBlock[slot >> BLOCK_SHIFT]!;
      const count = this.exceptionalCounts[k]!;
      const weight = this.hasPodAffinity ? this.affinity.hostSum(this.slots.rowAt[slot]!) : 0;
      this.exceptionalGroups.push(this.groupOf(partition, count, weight, hasSpread));
    }
    this.addStatically();
    const spreadRange = this.rangeOf(facts.isIgnored, "spread");
    const affinityRange = this.rangeOf(undefined, "podAffinity");
    for (const group of this.groups) {
      let addend = this.staticAddends[group.partition]!;
      if (hasSpread && !facts.isIgnored[group.partition]!) {
        addend += weights.spread * spreadScore(group.spread, spreadRange);
      }
      if (this.hasPodAffinity) {
        addend += weights.podAffinity * affinityScore(group.podAffinity, affinityRange);
      }
      group.addend = addend;
    }
  }

  private groupOf(
    partition: number,
    hostCount: number,
    hostWeight: number,
    hasSpread: boolean,
  ): Group {
    // Weights over host names are rare; such groups are not shared.
    const key = hostCount * 65_536 + partition;
    const known = hostWeight === 0 ? this.groupTable.get(key) : undefined;
    if (known !== undefined) return known;
    const row = this.input.facts.rows[partition]!;
    const group: Group = {
      ...{ partition, hostCount, hostWeight, addend: 0 },
      spread: hasSpread ? this.rawSpread(partition, row, hostCount) : 0,
      podAffinity: this.hasPodAffinity ? this.affinity.domainSum(row) + hostWeight : 0,
    };
    this.groups.push(group);
    if (hostWeight === 0) this.groupTable.set(key, group);
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

  private rangeOf(
    ignored: readonly boolean[] | undefined,
    field: "spread" | "podAffinity",
  ): readonly [number, number] {
    let lowest = Number.MAX_SAFE_INTEGER;
    let highest = field === "spread" ? 0 : Number.MIN_SAFE_INTEGER;
    for (const group of this.groups) {
      if (ignored?.[group.partition] === true) continue;
      if (group[field] < lowest) lowest = group[field];
      if (group[field] > highest) highest = group[field];
    }
    return [lowest, highest];
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
    for (const [at, constraint] of softSpread.entries()) {
      const { domains, maxSkew, isHostname } = constraint;
      if (isHostname) {
        // A table over counts instead of domains.
        this.zoneTerms[at] = Float64Array.of(topologyWeight(scored), maxSkew - 1);
        continue;
      }
      const size = domains.size + 1;
      const terms = new Float64Array(size);
      const isRegistered = new Uint8Array(size);
      const noLabel = domains.numberOf("") === NO_DOMAIN ? domains.size : domains.numberOf("");
      let registered = 0;
      for (let partition = 0; partition < this.slots.partitions.length; partition++) {
        if (this.feasible[partition] === 0 || facts.isIgnored[partition] === true) continue;
        const own = domains.domainOf.raw[facts.rows[partition]!]!;
        const domain = own === NO_DOMAIN ? noLabel : own;
        if (isRegistered[domain] === 0) registered++;
        isRegistered[domain] = 1;
      }
      this.countMatching(constraint, terms, noLabel);
      const weight = topologyWeight(registered);
      for (let domain = 0; domain < size; domain++) {
        const count = isRegistered[domain] === 1 ? terms[domain]! : 0;
        terms[domain] = count * weight + (maxSkew - 1);
      }
      this.zoneTerms[at] = terms;
    }
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
    for (const [at, { domains, isHostname }] of this.input.podClass.softSpread.entries()) {
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
    const { values } = signature;
    let best = -1;
    this.tiedSlots.length = 0;
    for (let k = 0; k < this.exceptional.length; k++) {
      const slot = this.exceptional[k]!;
      const total = values[slot]! + this.exceptionalGroups[k]!.addend;
      if (total < best) continue;
      if (total > best) this.tiedSlots.length = 0;
      best = total;
      this.tiedSlots.push(slot);
    }
    for (const group of this.partitionsByBound()) {
      const bound = signature.partitionBest[group.partition]! + group.addend;
      if (bound < best) break;
      best = this.scanPartition(group, best);
    }
    this.total = best;
    this.tieCount = this.tiedSlots.length;
    this.row = this.rowAt(this.tiedSlots.length === 1 ? this.tiedSlots[0]! : this.firstTied());
  }

  private partitionsByBound(): Group[] {
    const { partitionBest } = this.input.signature;
    const groups: Group[] = [];
    for (let at = 0; at < this.slots.partitions.length; at++) {
      const group = this.ordinaryGroups[at];
      if (group !== undefined) groups.push(group);
    }
    return groups.sort(
      (a, b) => partitionBest[b.partition]! + b.addend - (partitionBest[a.partition]! + a.addend),
    );
  }

  private scanPartition(group: Group, incumbent: number): number {
    const { values, blockBest } = this.input.signature;
    const { begin, end } = this.slots.partitions[group.partition]!;
    const { blockedIn, exceptionalIn, round, tiedSlots } = this;
    const { operations } = this.cache;
    let best = incumbent;
    for (let block = begin >> BLOCK_SHIFT; block < end >> BLOCK_SHIFT; block++) {
      operations.treeSteps++;
      const highest = blockBest[block]!;
      if (highest === 0 || highest + group.addend < best) continue;
      const first = block << BLOCK_SHIFT;
      for (let slot = first; slot < first + BLOCK_SIZE; slot++) {
        const value = values[slot]!;
        if (value === 0) continue;
        const total = value + group.addend;
        if (total < best || blockedIn[slot] === round || exceptionalIn[slot] === round) continue;
        if (total > best) tiedSlots.length = 0;
        best = total;
        tiedSlots.push(slot);
      }
    }
    return best;
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
    let key = "";
    let isNeeded = false;
    for (let at = 0; at < partitions.length; at++) {
      if (facts.isAllowed[at]!) key += `${at},`;
      else if (signature.fitting[at]! > 0) isNeeded = true;
    }
    if (!isNeeded) return undefined;
    const epoch = `${this.slots.layoutEpoch} ${this.slots.listEpoch} ${this.slots.partitionEpoch}`;
    if (epoch !== this.masksEpoch || this.masks.size > 64) {
      this.masks.clear();
      this.masksEpoch = epoch;
    }
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

function spreadScore(raw: number, [lowest, highest]: readonly [number, number]): number {
  return highest === 0 ? 100 : Math.trunc((100 * (highest + lowest - raw)) / highest);
}

function affinityScore(raw: number, [lowest, highest]: readonly [number, number]): number {
  const range = highest - lowest;
  return range > 0 ? Math.trunc(100 * ((raw - lowest) / range)) : 0;
}

/** Whether every node has a host name of its own, which the index builds on. */
export function hasUniqueHosts(podClass: PodClass, plan: IndexPlan): boolean {
  return !plan.labels.has(HOSTNAME_KEY) || podClass.isUnique(HOSTNAME_KEY);
}
