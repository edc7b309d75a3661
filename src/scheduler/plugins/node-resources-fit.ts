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
  readonly args: NodeResourcesFitArguments;
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;
  /** By the bits of COMMON_LACKS. */
  private readonly commonRefusals: (Status | undefined)[] = [];

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
    if (this.cache.exact !== undefined) return refusalFor(this.findLacksExactly(row, requests));
    const common = this.findCommonLacks(row, requests);
    if (requests.scalars.size > 0) {
      const scalars = this.findScalarLacks(row, requests);
      if (scalars.length > 0) return refusalFor([...lacksIn(common), ...scalars]);
    }
    return common === 0 ? SUCCESS : this.commonRefusal(common);
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

  /** Which of COMMON_LACKS hold, as a sum of their bits. */
  private findCommonLacks(row: NodeRow, requests: ResourceList): number {
    // Asked of every node: what is not asked for is not looked up.
    const sums = this.cache.resources.arrays();
    const { milliCpu, memoryBytes, ephemeralStorageBytes } = requests;
    let lacks = 0;
    if (sums.podCount[row]! + 1 > sums.allocatablePods[row]!) lacks = 1;
    if (milliCpu > 0) {
      const cpu = sums.allocatableMilliCpu[row]!;
      if (milliCpu > cpu - sums.requestedMilliCpu[row]!) lacks += milliCpu > cpu ? 4 : 2;
    }
    if (memoryBytes > 0) {
      const memory = sums.allocatableMemoryBytes[row]!;
      if (memoryBytes > memory - sums.requestedMemoryBytes[row]!)
        lacks += memoryBytes > memory ? 16 : 8;
    }
    if (ephemeralStorageBytes > 0) {
      const storage = sums.allocatableEphemeralBytes[row]!;
      if (ephemeralStorageBytes > storage - sums.requestedEphemeralBytes[row]!)
        lacks += ephemeralStorageBytes > storage ? 64 : 32;
    }
    return lacks;
  }

  /** One object for all nodes that lack the same: thousands are refused alike. */
  private commonRefusal(lacks: number): Status {
    this.commonRefusals[lacks] ??= refusalFor(lacksIn(lacks));
    return this.commonRefusals[lacks];
  }

  /** Scalars that are missing, in the order in which the pod names them. */
  private findScalarLacks(row: NodeRow, { scalars }: ResourceList): Lack[] {
    const sums = this.cache.resources;
    const lacks: Lack[] = [];
    for (const [name, wanted] of scalars) {
      if (wanted === 0 || this.isIgnored(name)) continue;
      const allocatable = sums.allocatableScalar(row, name);
      if (allocatable <= 0 && this.objects.hasDeviceClassFor(name)) continue;
      if (!fits(wanted, allocatable, sums.requestedScalar(row, name)))
        lacks.push({ reason: `Insufficient ${name}`, isHopeless: wanted > allocatable });
    }
    return lacks;
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

const TOO_MANY_PODS: Lack = { reason: "Too many pods", isHopeless: false };

/** What any pod may lack, in upstream's order; the bit of the one at `index` is 1 << index. */
const COMMON_LACKS: readonly Lack[] = [
  TOO_MANY_PODS,
  { reason: "Insufficient cpu", isHopeless: false },
  { reason: "Insufficient cpu", isHopeless: true },
  { reason: "Insufficient memory", isHopeless: false },
  { reason: "Insufficient memory", isHopeless: true },
  { reason: "Insufficient ephemeral-storage", isHopeless: false },
  { reason: "Insufficient ephemeral-storage", isHopeless: true },
];

function lacksIn(bits: number): readonly Lack[] {
  return COMMON_LACKS.filter((_, index) => (bits & (1 << index)) !== 0);
}

function refusalFor(lacks: readonly Lack[]): Status {
  if (lacks.length === 0) return SUCCESS;
  const isHopeless = lacks.some((lack) => lack.isHopeless);
  return {
    code: isHopeless ? Code.UnschedulableAndUnresolvable : Code.Unschedulable,
    plugin: "NodeResourcesFit",
    reasons: lacks.map((lack) => lack.reason),
  };
}

/** What is not asked for is never missing, even where too much is taken already. */
function fits(wanted: number, allocatable: number, requested: number): boolean {
  return wanted <= 0 || wanted <= allocatable - requested;
}
