// NodeResourcesFit: does the node have room, and how well would its room be used.
//
// The filter compares real requests; the score uses 100m / 200Mi per container where nothing is
// requested and ignores pod-level resources, which are upstream's own rules (P7, N3).

import { isExtendedResource, type ResourceList } from "../../cluster/index.ts";
import { amountsOf, wrapInt64 } from "../cache/exact-sums.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type {
  FilterPlugin,
  PluginHandle,
  PreFilterOutcome,
  PreFilterPlugin,
  PreScorePlugin,
  ScorePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SignedPart } from "../framework/pod-signature.ts";
import { Code, type Status, SUCCESS } from "../framework/status.ts";
import { nodeFitHint, otherPodFitHint } from "./node-resources-fit-hints.ts";
import { exactShare, resourceShare, type ScoredResource } from "./resource-share.ts";
import {
  exactResourceScore,
  resourceScore,
  type ShapePoint,
  type StrategyKind,
} from "./scoring-strategy.ts";
import { asksForDevices, signResources } from "./signed-parts.ts";

/** Arguments of the plugin, decoded. */
export interface NodeResourcesFitArguments {
  readonly strategy: StrategyKind;
  readonly resources: readonly ScoredResource[];
  /** Points of RequestedToCapacityRatio with scores scaled to 0..100; empty otherwise. */
  readonly shape: readonly ShapePoint[];
  readonly ignoredResources: ReadonlySet<string>;
  readonly ignoredResourceGroups: ReadonlySet<string>;
}

/** Filter and score by cpu, memory, ephemeral storage, pods and scalar resources. */
export class NodeResourcesFit
  implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin
{
  readonly name = "NodeResourcesFit";
  private readonly args: NodeResourcesFitArguments;
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;

  constructor(args: NodeResourcesFitArguments, handle: PluginHandle) {
    this.args = args;
    this.cache = handle.cache;
    this.objects = handle.objects;
  }

  /** Whether its arguments name resources that it does not look at. */
  get ignoresSome(): boolean {
    return this.args.ignoredResources.size > 0 || this.args.ignoredResourceGroups.size > 0;
  }

  sign(pod: PodInfo): readonly SignedPart[] | undefined {
    return asksForDevices(pod, this.objects) ? undefined : signResources(pod);
  }

  preFilter(): PreFilterOutcome {
    return { status: SUCCESS };
  }

  filter(_state: CycleState, pod: PodInfo, row: NodeRow): Status {
    const { requests } = pod.template;
    const lacks =
      this.cache.exact === undefined
        ? this.findLacks(row, requests)
        : this.findLacksExactly(row, requests);
    if (lacks.length === 0) return SUCCESS;
    const isHopeless = lacks.some((lack) => lack.isHopeless);
    return {
      code: isHopeless ? Code.UnschedulableAndUnresolvable : Code.Unschedulable,
      plugin: this.name,
      reasons: lacks.map((lack) => lack.reason),
    };
  }

  preScore(): Status {
    return SUCCESS;
  }

  score(_state: CycleState, pod: PodInfo, row: NodeRow): number {
    const { scoreRequests } = pod.template;
    if (this.cache.exact !== undefined) return this.scoreExactly(row, scoreRequests);
    const { strategy, shape, resources } = this.args;
    let sum = 0;
    let weights = 0;
    for (const { name, weight } of resources) {
      const share = resourceShare(this.cache, row, scoreRequests, name, "nonZero");
      if (share.allocatable === 0) continue;
      const score = resourceScore(strategy, shape, share);
      if (strategy === "RequestedToCapacityRatio" && score <= 0) continue;
      sum += score * weight;
      weights += weight;
    }
    if (weights === 0) return 0;
    return strategy === "RequestedToCapacityRatio"
      ? Math.round(sum / weights)
      : Math.trunc(sum / weights);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "Pod",
        actions: Action.Delete,
        hint: (_pod, { oldPod }) =>
          oldPod !== undefined && (oldPod.nodeName !== "" || oldPod.nominatedNodeName !== "")
            ? "Queue"
            : "Skip",
      },
      { resource: "Pod", actions: Action.UpdatePodScaleDown, hint: otherPodFitHint },
      {
        resource: "Node",
        actions: Action.Add | Action.UpdateNodeAllocatable,
        hint: (pod, subject) => nodeFitHint(pod, subject, (name) => this.isIgnored(name)),
      },
      { resource: "DeviceClass", actions: Action.Add | Action.Update },
    ];
  }

  /** Reasons why the pod does not fit, in upstream's order; scalars by name. */
  private findLacks(row: NodeRow, requests: ResourceList): readonly Lack[] {
    if (requests.scalars.size === 0 && this.hasRoom(row, requests)) return NO_LACKS;
    const sums = this.cache.resources;
    const lacks: Lack[] = [];
    if (sums.podCount(row) + 1 > sums.allocatablePods(row)) lacks.push(TOO_MANY_PODS);
    const { milliCpu, memoryBytes, ephemeralStorageBytes, scalars } = requests;
    const check = (name: string, wanted: number, allocatable: number, requested: number): void => {
      if (!fits(wanted, allocatable, requested)) {
        lacks.push({ reason: `Insufficient ${name}`, isHopeless: wanted > allocatable });
      }
    };
    check("cpu", milliCpu, sums.allocatableMilliCpu(row), sums.requestedMilliCpu(row));
    check("memory", memoryBytes, sums.allocatableMemoryBytes(row), sums.requestedMemoryBytes(row));
    check(
      "ephemeral-storage",
      ephemeralStorageBytes,
      sums.allocatableEphemeralBytes(row),
      sums.requestedEphemeralBytes(row),
    );
    for (const [name, wanted] of scalars) {
      if (wanted === 0 || this.isIgnored(name)) continue;
      const allocatable = sums.allocatableScalar(row, name);
      if (allocatable <= 0 && this.objects.hasDeviceClassFor(name)) continue;
      check(name, wanted, allocatable, sums.requestedScalar(row, name));
    }
    return lacks;
  }

  /** Whether nothing but scalars can be missing: the usual answer, without a list. */
  private hasRoom(row: NodeRow, requests: ResourceList): boolean {
    const sums = this.cache.resources;
    const { milliCpu, memoryBytes, ephemeralStorageBytes } = requests;
    return (
      sums.podCount(row) + 1 <= sums.allocatablePods(row) &&
      fits(milliCpu, sums.allocatableMilliCpu(row), sums.requestedMilliCpu(row)) &&
      fits(memoryBytes, sums.allocatableMemoryBytes(row), sums.requestedMemoryBytes(row)) &&
      fits(
        ephemeralStorageBytes,
        sums.allocatableEphemeralBytes(row),
        sums.requestedEphemeralBytes(row),
      )
    );
  }

  private findLacksExactly(row: NodeRow, requests: ResourceList): Lack[] {
    const { allocatable, requested } = this.cache.exact!.at(row);
    const wanted = amountsOf(requests);
    const lacks: Lack[] = [];
    if (BigInt(this.cache.resources.podCount(row) + 1) > allocatable.pods) {
      lacks.push(TOO_MANY_PODS);
    }
    const check = (name: string, amount: bigint, offered: bigint, taken: bigint): void => {
      if (amount > 0n && amount > wrapInt64(offered - taken)) {
        lacks.push({ reason: `Insufficient ${name}`, isHopeless: amount > offered });
      }
    };
    check("cpu", wanted.milliCpu, allocatable.milliCpu, requested.milliCpu);
    check("memory", wanted.memoryBytes, allocatable.memoryBytes, requested.memoryBytes);
    check(
      "ephemeral-storage",
      wanted.ephemeralBytes,
      allocatable.ephemeralBytes,
      requested.ephemeralBytes,
    );
    for (const [name, amount] of wanted.scalars) {
      if (amount === 0n || this.isIgnored(name)) continue;
      const offered = allocatable.scalars.get(name) ?? 0n;
      if (offered <= 0n && this.objects.hasDeviceClassFor(name)) continue;
      check(name, amount, offered, requested.scalars.get(name) ?? 0n);
    }
    return lacks;
  }

  private scoreExactly(row: NodeRow, scoreRequests: ResourceList): number {
    const { strategy, shape, resources } = this.args;
    let sum = 0n;
    let weights = 0n;
    for (const { name, weight } of resources) {
      const share = exactShare(this.cache, row, scoreRequests, name, "nonZero");
      if (share.allocatable === 0n) continue;
      const score = exactResourceScore(strategy, shape, share);
      if (strategy === "RequestedToCapacityRatio" && score <= 0n) continue;
      sum = wrapInt64(sum + score * BigInt(weight));
      weights += BigInt(weight);
    }
    if (weights === 0n) return 0;
    return strategy === "RequestedToCapacityRatio"
      ? Math.round(Number(sum) / Number(weights))
      : Number(sum / weights);
  }

  /** Extended resources that somebody else (an extender) accounts for. */
  private isIgnored(name: string): boolean {
    const { ignoredResources, ignoredResourceGroups } = this.args;
    if (ignoredResources.size + ignoredResourceGroups.size === 0) return false;
    const group = name.slice(0, name.indexOf("/"));
    // Asked for every scalar on every node, so the form of the name is looked at last.
    if (!ignoredResources.has(name) && !ignoredResourceGroups.has(group)) return false;
    return isExtendedResource(name);
  }
}

/** One missing resource; hopeless when even the empty node has too little. */
interface Lack {
  readonly reason: string;
  readonly isHopeless: boolean;
}

const NO_LACKS: readonly Lack[] = [];
const TOO_MANY_PODS: Lack = { reason: "Too many pods", isHopeless: false };

/** What is not asked for is never missing, even where too much is taken already. */
function fits(wanted: number, allocatable: number, requested: number): boolean {
  return wanted <= 0 || wanted <= allocatable - requested;
}
