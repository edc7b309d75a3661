// The value of one node for one request signature: does it fit, and the scores that depend on it alone.
//
// The arithmetic of NodeResourcesFit (least or most allocated on cpu and memory) and balanced
// allocation, as in the fused pass, for a single row. The two are compared by test.

import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
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
import type { PodClass } from "../fused/pod-class.ts";

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

/** Values for one signature; `sample` stands for all pods that share it. */
export class NodeValues {
  /** Added to a value above zero it gives the weighted scores. */
  readonly offset: number;
  /** No value is above this. */
  readonly highest: number;
  private readonly cache: SchedulerCache;
  private readonly search: FusedSearch;
  /** Any class of the signature; kept current, because old ones are told of no change. */
  podClass: PodClass;
  private readonly pod: PodInfo;
  private readonly weights: ValueWeights;
  private readonly isBalanced: boolean;
  private readonly needsRoom: boolean;
  private readonly state = new CycleState();

  constructor(
    cache: SchedulerCache,
    search: FusedSearch,
    podClass: PodClass,
    pod: PodInfo,
    weights: ValueWeights,
  ) {
    this.cache = cache;
    this.search = search;
    this.podClass = podClass;
    this.pod = pod;
    this.weights = weights;
    this.needsRoom = podClass.fused.filters.some(({ kind }) => kind === "fit");
    const { milliCpu, memoryBytes } = pod.template.balancedRequests;
    this.isBalanced = weights.balance > 0 && (milliCpu !== 0 || memoryBytes !== 0);
    const least = this.isBalanced ? BALANCE_MIN * weights.balance : 0;
    this.offset = least - 1;
    const keyed = weights.keyed.reduce((sum, weight) => sum + weight, 0);
    const most =
      100 * (keyed + weights.fit + weights.images + (this.isBalanced ? weights.balance : 0));
    this.highest = most - this.offset;
  }

  /** Whether some of the images stand on any node; set by whoever keeps the values. */
  hasImagesNow = false;

  /** What plugins with a class key give the node; undefined when one refuses it. */
  private keyedValue(row: NodeRow): number | undefined {
    const { fused, statics } = this.podClass;
    if (fused.keyed.length === 0) return 0;
    const { passes, keyedScores } = statics.groupAt(row);
    if (!passes) return undefined;
    let value = 0;
    for (const [at, weight] of this.weights.keyed.entries()) value += weight * keyedScores[at]!;
    return value;
  }

  /** 0 when the pod does not fit, else the weighted scores less `offset`. */
  valueOf(row: NodeRow): number {
    if (this.needsRoom && !this.search.hasRoomFor(this.podClass, row)) return 0;
    const { weights, cache, podClass } = this;
    const byKey = this.keyedValue(row);
    if (byKey === undefined) return 0;
    const sums = cache.resources;
    const cpu = sums.allocatableMilliCpu(row);
    const memory = sums.allocatableMemoryBytes(row);
    const { scoreRequests, balancedRequests } = podClass.template;
    let value = byKey;
    if (cpu * 100 > Number.MAX_SAFE_INTEGER || memory * 100 > Number.MAX_SAFE_INTEGER) {
      value += weights.fit * (weights.fitPlugin?.score(this.state, this.pod, row) ?? 0);
    } else if (weights.fit > 0) {
      let sum = 0;
      let parts = 0;
      if (cpu !== 0) {
        const asked = sums.nonZeroMilliCpu(row) + scoreRequests.milliCpu;
        sum += share(weights.isLeast, cpu, asked) * weights.cpu;
        parts += weights.cpu;
      }
      if (memory !== 0) {
        const asked = sums.nonZeroMemoryBytes(row) + scoreRequests.memoryBytes;
        sum += share(weights.isLeast, memory, asked) * weights.memory;
        parts += weights.memory;
      }
      if (parts !== 0) value += weights.fit * Math.trunc(sum / parts);
    }
    if (this.isBalanced) {
      let score = 75;
      if (cpu !== 0 && memory !== 0) {
        const usedCpu = sums.requestedMilliCpu(row);
        const usedMemory = sums.requestedMemoryBytes(row);
        const after = balance(
          Math.min(1, (usedCpu + balancedRequests.milliCpu) / cpu),
          Math.min(1, (usedMemory + balancedRequests.memoryBytes) / memory),
        );
        const before = balance(Math.min(1, usedCpu / cpu), Math.min(1, usedMemory / memory));
        score = 50 + Math.trunc((50 + after - before) / 2);
      }
      value += weights.balance * score;
    }
    if (this.hasImagesNow) {
      value += weights.images * weights.imagePlugin!.score(this.state, this.pod, row);
    }
    return value - this.offset;
  }
}
