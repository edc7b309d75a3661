// NodeResourcesBalancedAllocation: prefer nodes that the pod makes more even.
//
// The score compares the node's balance with and without the pod (N4); real requests count, not the
// defaulted ones. Only + - * / and sqrt on doubles, in a fixed order, so it is exact everywhere.

import type { ResourceList } from "../../cluster/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { PluginHandle, PreScorePlugin, ScorePlugin } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { SKIP, type Status, SUCCESS } from "../framework/status.ts";
import {
  exactShare,
  exactSum,
  exactWanted,
  resourceShare,
  type ScoredResource,
  wantedAmount,
} from "./resource-share.ts";
import { asksForDevices, signResources } from "./signed-parts.ts";

/** Arguments: the resources whose shares are to be even (weights are not used). */
export interface BalancedAllocationArguments {
  readonly resources: readonly ScoredResource[];
}

/** Score 50 to 100 for nodes that become more even, below for the others. */
export class NodeResourcesBalancedAllocation implements PreScorePlugin, ScorePlugin {
  readonly name = "NodeResourcesBalancedAllocation";
  readonly args: BalancedAllocationArguments;
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;
  /** Shares of the node being scored, one per resource that takes part. */
  private readonly withPodScratch: Float64Array;
  private readonly withoutPodScratch: Float64Array;

  constructor(args: BalancedAllocationArguments, handle: PluginHandle) {
    this.args = args;
    this.cache = handle.cache;
    this.objects = handle.objects;
    this.withPodScratch = new Float64Array(args.resources.length);
    this.withoutPodScratch = new Float64Array(args.resources.length);
  }

  sign(pod: PodInfo): readonly SignedPart[] | undefined {
    return asksForDevices(pod, this.objects) ? undefined : signResources(pod);
  }

  /** A pod that asks for none of the resources cannot change any balance. */
  preScore(_state: CycleState, pod: PodInfo): Status {
    return this.asksForSome(pod) ? SUCCESS : SKIP;
  }

  score(_state: CycleState, pod: PodInfo, row: NodeRow): number {
    // A profile may leave PreScore out: such a pod then scores 0 instead of being skipped.
    if (!this.asksForSome(pod)) return 0;
    const count = this.collectFractions(row, pod.template.balancedRequests);
    const balanceWith = balanceOf(this.withPodScratch, count);
    const balanceWithout = balanceOf(this.withoutPodScratch, count);
    if (this.cache.exact === undefined) {
      return 50 + Math.trunc((50 + balanceWith - balanceWithout) / 2);
    }
    return Number(50n + (50n + int64Of(balanceWith) - int64Of(balanceWithout)) / 2n);
  }

  private asksForSome(pod: PodInfo): boolean {
    const { balancedRequests } = pod.template;
    return this.args.resources.some(({ name }) =>
      this.cache.exact === undefined
        ? wantedAmount(balancedRequests, name) !== 0
        : exactWanted(balancedRequests, name) !== 0n,
    );
  }

  /** Fills the scratch shares; how many there are. */
  private collectFractions(row: NodeRow, requests: ResourceList): number {
    const { withPodScratch: withPod, withoutPodScratch: withoutPod } = this;
    let count = 0;
    for (const { name } of this.args.resources) {
      if (this.cache.exact !== undefined) {
        const share = exactShare(this.cache, row, requests, name, "requested");
        if (share.allocatable === 0n) continue;
        const allocatable = Number(share.allocatable);
        withPod[count] = Math.min(1, Number(exactSum(share)) / allocatable);
        withoutPod[count++] = Math.min(1, Number(share.used) / allocatable);
      } else {
        const share = resourceShare(this.cache, row, requests, name, "requested");
        if (share.allocatable === 0) continue;
        withPod[count] = Math.min(1, (share.used + share.wanted) / share.allocatable);
        withoutPod[count++] = Math.min(1, share.used / share.allocatable);
      }
    }
    return count;
  }
}

/** 100 minus the standard deviation of the first `count` shares in percent, cut to an integer. */
export function balanceOf(fractions: ArrayLike<number>, count: number = fractions.length): number {
  return Math.trunc((1 - deviationOf(fractions, count)) * 100);
}

/** A float as upstream's int64; what lies outside becomes the smallest one. */
function int64Of(value: number): bigint {
  return Math.abs(value) < 2 ** 63 ? BigInt(value) : -9_223_372_036_854_775_808n;
}

function deviationOf(fractions: ArrayLike<number>, count: number): number {
  if (count < 2) return 0;
  if (count === 2) return Math.abs((fractions[0]! - fractions[1]!) / 2);
  let sum = 0;
  for (let k = 0; k < count; k++) sum += fractions[k]!;
  const mean = sum / count;
  let squares = 0;
  for (let k = 0; k < count; k++) squares += (fractions[k]! - mean) * (fractions[k]! - mean);
  return Math.sqrt(squares / count);
}
