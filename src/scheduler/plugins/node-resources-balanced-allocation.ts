// NodeResourcesBalancedAllocation: prefer nodes that the pod makes more even.
//
// The score compares the node's balance with and without the pod (N4); real requests count, not the
// defaulted ones. Only + - * / and sqrt on doubles, in a fixed order, so it is exact everywhere.

import type { ResourceList } from "../../cluster/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { PluginHandle, PreScorePlugin, ScorePlugin } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { SKIP, type Status, SUCCESS } from "../framework/status.ts";
import {
  exactShare,
  exactSum,
  exactWanted,
  resourceShare,
  type ScoredResource,
  wantedAmount,
} from "./resource-share.ts";

/** Arguments: the resources whose shares are to be even (weights are not used). */
export interface BalancedAllocationArguments {
  readonly resources: readonly ScoredResource[];
}

/** Score 50 to 100 for nodes that become more even, below for the others. */
export class NodeResourcesBalancedAllocation implements PreScorePlugin, ScorePlugin {
  readonly name = "NodeResourcesBalancedAllocation";
  private readonly args: BalancedAllocationArguments;
  private readonly cache: SchedulerCache;

  constructor(args: BalancedAllocationArguments, handle: PluginHandle) {
    this.args = args;
    this.cache = handle.cache;
  }

  /** A pod that asks for none of the resources cannot change any balance. */
  preScore(_state: CycleState, pod: PodInfo): Status {
    const { balancedRequests } = pod.template;
    const asksForSome = this.args.resources.some(({ name }) =>
      this.cache.exact === undefined
        ? wantedAmount(balancedRequests, name) !== 0
        : exactWanted(balancedRequests, name) !== 0n,
    );
    return asksForSome ? SUCCESS : SKIP;
  }

  score(_state: CycleState, pod: PodInfo, row: NodeRow): number {
    const withPod: number[] = [];
    const withoutPod: number[] = [];
    this.collectFractions(row, pod.template.balancedRequests, withPod, withoutPod);
    return 50 + Math.trunc((50 + balanceOf(withPod) - balanceOf(withoutPod)) / 2);
  }

  private collectFractions(
    row: NodeRow,
    requests: ResourceList,
    withPod: number[],
    withoutPod: number[],
  ): void {
    for (const { name } of this.args.resources) {
      if (this.cache.exact !== undefined) {
        const share = exactShare(this.cache, row, requests, name, "requested");
        if (share.allocatable === 0n) continue;
        const allocatable = Number(share.allocatable);
        withPod.push(Math.min(1, Number(exactSum(share)) / allocatable));
        withoutPod.push(Math.min(1, Number(share.used) / allocatable));
      } else {
        const share = resourceShare(this.cache, row, requests, name, "requested");
        if (share.allocatable === 0) continue;
        withPod.push(Math.min(1, (share.used + share.wanted) / share.allocatable));
        withoutPod.push(Math.min(1, share.used / share.allocatable));
      }
    }
  }
}

/** 100 minus the standard deviation of the shares in percent, cut to an integer. */
export function balanceOf(fractions: readonly number[]): number {
  return Math.trunc((1 - deviationOf(fractions)) * 100);
}

function deviationOf(fractions: readonly number[]): number {
  if (fractions.length < 2) return 0;
  if (fractions.length === 2) return Math.abs((fractions[0]! - fractions[1]!) / 2);
  let sum = 0;
  for (const fraction of fractions) sum += fraction;
  const mean = sum / fractions.length;
  let squares = 0;
  for (const fraction of fractions) squares += (fraction - mean) * (fraction - mean);
  return Math.sqrt(squares / fractions.length);
}
