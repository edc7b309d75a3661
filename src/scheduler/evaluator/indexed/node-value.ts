// The value of one node for one request signature: does it fit, and the scores that depend on it alone.
//
// The arithmetic of NodeResourcesFit (least or most allocated on cpu and memory) and balanced
// allocation, as in the fused pass, for a single row. The two are compared by test.

import type { NodeRow } from "../../cache/node-row.ts";
import { CycleState } from "../../framework/cycle-state.ts";
import type { PreScorePlugin } from "../../framework/plugin.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import type { ImageLocality } from "../../plugins/image-locality.ts";
import { InterPodAffinity } from "../../plugins/inter-pod-affinity.ts";
import type { NodeResourcesFit } from "../../plugins/node-resources-fit.ts";
import { PodTopologySpread } from "../../plugins/pod-topology-spread.ts";
import { balance, cpuAndMemoryWeights, share } from "../fused/fused-scores.ts";
import type { FusedSearch } from "../fused/fused-search.ts";
import type { FusedProfile, ScoreStep } from "../fused/fused-profile.ts";
import type { KeptImageScores } from "../fused/image-scores.ts";
import type { PodClass } from "../fused/pod-class.ts";
import { FACTS, type NodeSlots } from "./node-slots.ts";

/** How the scores of one profile enter a value. */
export interface ValueWeights {
  readonly fit: number;
  readonly fitPlugin: NodeResourcesFit | undefined;
  readonly isLeast: boolean;
  readonly cpu: number;
  readonly memory: number;
  readonly balance: number;
  readonly images: number;
  readonly imagePlugin: ImageLocality | undefined;
  /** Weights of scores by class key, by index. */
  readonly keyed: readonly number[];
}

/** Balance never gives less. */
const BALANCE_MIN = 50;

/** The weights, or undefined when some score of a single node has no such form. */
export function valueWeightsOf({ scores, profile }: FusedProfile): ValueWeights | undefined {
  // A PreScore that nothing is known of may look at the feasible nodes, which nobody lists.
  const isKnown = (plugin: PreScorePlugin): boolean =>
    plugin instanceof PodTopologySpread ||
    plugin instanceof InterPodAffinity ||
    scores.some((step) => step.plugin.name === plugin.name);
  if (!profile.preScorePlugins.every(isKnown)) return undefined;
  let fit: Extract<ScoreStep, { kind: "fit" }> | undefined;
  let balanced = 0;
  let images = 0;
  let imagePlugin: ImageLocality | undefined;
  const keyed: number[] = [];
  for (const step of scores) {
    if (step.kind === "fit") {
      if (step.plugin.args.strategy === "RequestedToCapacityRatio") return undefined;
      if (cpuAndMemoryWeights(step.plugin.args.resources) === undefined) return undefined;
      fit = step;
    } else if (step.kind === "balance") {
      if (cpuAndMemoryWeights(step.plugin.args.resources) === undefined) return undefined;
      balanced = step.weight;
    } else if (step.kind === "images") {
      images = step.weight;
      imagePlugin = step.plugin;
    } else if (step.kind === "keyed") keyed.push(step.weight);
    else if (step.kind === "plain") return undefined;
  }
  const [cpu, memory] =
    fit === undefined ? [0, 0] : cpuAndMemoryWeights(fit.plugin.args.resources)!;
  return {
    ...{ fit: fit?.weight ?? 0, fitPlugin: fit?.plugin },
    ...{ isLeast: fit?.plugin.args.strategy === "LeastAllocated" },
    ...{ cpu, memory, balance: balanced, images, imagePlugin, keyed },
  };
}

/** Values for one signature; `pod` stands for all pods that share it. */
export class NodeValues {
  /** Added to a value above zero it gives the weighted scores. */
  readonly offset: number;
  /** No value is above this. */
  readonly highest: number;
  /** Any class of the signature; kept current, because old ones are told of no change. */
  podClass: PodClass;
  /** The scores of the images while some of them stand on any node; set by whoever keeps the values. */
  images: KeptImageScores | undefined;
  private readonly slots: NodeSlots;
  private readonly search: FusedSearch;
  private readonly pod: PodInfo;
  private readonly weights: ValueWeights;
  /** Whether balance scores such pods, and whether room matters. */
  readonly isBalanced: boolean;
  readonly needsRoom: boolean;
  private readonly isKeyed: boolean;
  /** It asks for more than cpu and memory. */
  readonly wantsMore: boolean;
  /** The pod's requests, and those that the two scores see. */
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly scoreMilliCpu: number;
  readonly scoreMemoryBytes: number;
  readonly balancedMilliCpu: number;
  readonly balancedMemoryBytes: number;
  /** Filter and scores see the same requests, so that a node that is scored has room for them. */
  readonly isAlike: boolean;
  private readonly state = new CycleState();

  constructor(
    slots: NodeSlots,
    search: FusedSearch,
    podClass: PodClass,
    pod: PodInfo,
    weights: ValueWeights,
  ) {
    this.slots = slots;
    this.search = search;
    this.podClass = podClass;
    this.pod = pod;
    this.weights = weights;
    this.needsRoom = podClass.fused.filters.some(({ kind }) => kind === "fit");
    this.isKeyed = podClass.fused.keyed.length > 0;
    const { requests, scoreRequests, balancedRequests } = pod.template;
    this.milliCpu = requests.milliCpu;
    this.memoryBytes = requests.memoryBytes;
    this.wantsMore = podClass.scalars.length > 0 || requests.ephemeralStorageBytes > 0;
    this.scoreMilliCpu = scoreRequests.milliCpu;
    this.scoreMemoryBytes = scoreRequests.memoryBytes;
    this.balancedMilliCpu = balancedRequests.milliCpu;
    this.balancedMemoryBytes = balancedRequests.memoryBytes;
    this.isAlike =
      this.needsRoom &&
      this.milliCpu === this.scoreMilliCpu &&
      this.milliCpu === this.balancedMilliCpu &&
      this.memoryBytes === this.scoreMemoryBytes &&
      this.memoryBytes === this.balancedMemoryBytes;
    const isWanting = this.balancedMilliCpu !== 0 || this.balancedMemoryBytes !== 0;
    this.isBalanced = weights.balance > 0 && isWanting;
    const least = this.isBalanced ? BALANCE_MIN * weights.balance : 0;
    this.offset = least - 1;
    const keyed = weights.keyed.reduce((sum, weight) => sum + weight, 0);
    const most =
      100 * (keyed + weights.fit + weights.images + (this.isBalanced ? weights.balance : 0));
    this.highest = most - this.offset;
  }

  /** 0 when the pod does not fit on the node of that slot, else the weighted scores less `offset`. */
  valueOf(slot: number, row: NodeRow): number {
    const { weights, images } = this;
    const { facts } = this.slots;
    const at = slot * FACTS;
    const cpu = facts[at]!;
    const memory = facts[at + 1]!;
    const usedCpu = facts[at + 2]!;
    const usedMemory = facts[at + 3]!;
    if (!this.hasRoom(slot, row)) return 0;
    let value = -this.offset;
    if (this.isKeyed) {
      const byKey = this.keyedValue(row);
      if (byKey === -1) return 0;
      value += byKey;
    }
    if (weights.fit > 0) {
      value += weights.fit * this.fitScore(row, cpu, memory, facts[at + 4]!, facts[at + 5]!);
    }
    if (this.isBalanced) {
      // One resource alone is always even.
      let score = 75;
      if (cpu !== 0 && memory !== 0) {
        const after = balance(
          Math.min(1, (usedCpu + this.balancedMilliCpu) / cpu),
          Math.min(1, (usedMemory + this.balancedMemoryBytes) / memory),
        );
        score = 50 + Math.trunc((50 + after - facts[at + 7]!) / 2);
      }
      value += weights.balance * score;
    }
    if (images !== undefined) value += weights.images * images.on(row);
    return value;
  }

  /** Whether the pod finds room on the node, or needs none. */
  hasRoom(slot: number, row: NodeRow): boolean {
    if (!this.needsRoom) return true;
    const { facts } = this.slots;
    const at = slot * FACTS;
    return (
      facts[at + 6]! >= 1 &&
      (this.milliCpu <= 0 || this.milliCpu <= facts[at]! - facts[at + 2]!) &&
      (this.memoryBytes <= 0 || this.memoryBytes <= facts[at + 1]! - facts[at + 3]!) &&
      (!this.wantsMore || this.search.hasRoomFor(this.podClass, row))
    );
  }

  /** What plugins with a class key give the node; -1 when one refuses it. */
  private keyedValue(row: NodeRow): number {
    const { statics } = this.podClass;
    const { passes, keyedScores } = statics.groupAt(row);
    if (!passes) return -1;
    let value = 0;
    for (const [at, weight] of this.weights.keyed.entries()) value += weight * keyedScores[at]!;
    return value;
  }

  private fitScore(
    row: NodeRow,
    cpu: number,
    memory: number,
    takenCpu: number,
    takenMemory: number,
  ): number {
    const { weights } = this;
    if (cpu * 100 > Number.MAX_SAFE_INTEGER || memory * 100 > Number.MAX_SAFE_INTEGER) {
      return weights.fitPlugin!.score(this.state, this.pod, row);
    }
    let sum = 0;
    let parts = 0;
    if (cpu !== 0) {
      sum += share(weights.isLeast, cpu, takenCpu + this.scoreMilliCpu) * weights.cpu;
      parts += weights.cpu;
    }
    if (memory !== 0) {
      sum += share(weights.isLeast, memory, takenMemory + this.scoreMemoryBytes) * weights.memory;
      parts += weights.memory;
    }
    return parts === 0 ? 0 : Math.trunc(sum / parts);
  }
}
