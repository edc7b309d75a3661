// VolumeRestrictions: disks and claims that only one pod may use at a time (P8).
//
// Inline disks conflict node by node; a claim with access mode ReadWriteOncePod that some pod uses
// keeps every node closed until that pod is gone.

import type { PersistentVolumeClaimObject } from "../../cluster/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration, type QueueingHint } from "../framework/cluster-event.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { CycleState, CycleValue } from "../framework/cycle-state.ts";
import type {
  FilterPlugin,
  PluginHandle,
  PreFilterOutcome,
  PreFilterPlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { SKIP, type Status, SUCCESS, unresolvable, unschedulable } from "../framework/status.ts";
import { signVolumes } from "./signed-parts.ts";
import { claimNotFoundText } from "./volume-claims.ts";
import { exclusiveDisksOf, haveDiskConflict, namedClaimsOf } from "./volume-use.ts";

const STATE_KEY = "PreFilterVolumeRestrictions";
const DISK_TEXT = "node(s) had no available disk";
const CLAIM_TEXT =
  "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";

/** The pod's ReadWriteOncePod claims and how often other pods use them. */
class ClaimConflicts implements CycleValue {
  readonly claimNames: ReadonlySet<string>;
  count: number;

  constructor(claimNames: ReadonlySet<string>, count: number) {
    this.claimNames = claimNames;
    this.count = count;
  }

  /** As upstream: by claim name alone, whatever the other pod's namespace. */
  countOf(other: PodInfo): number {
    return namedClaimsOf(other.template).filter((name) => this.claimNames.has(name)).length;
  }

  clone(): ClaimConflicts {
    return new ClaimConflicts(this.claimNames, this.count);
  }
}

/** Filter by disks of pods on the node and by claims of pods anywhere. */
export class VolumeRestrictions implements PreFilterPlugin, FilterPlugin {
  readonly name = "VolumeRestrictions";
  readonly sign: typeof signVolumes = signVolumes;
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
    this.objects = handle.objects;
  }

  preFilter(state: CycleState, pod: PodInfo, nodes: readonly NodeRow[]): PreFilterOutcome {
    const claimNames = new Set<string>();
    for (const name of namedClaimsOf(pod.template)) {
      const claim = this.objects.claim(pod.namespace, name);
      if (claim === undefined) return { status: unresolvable(this.name, claimNotFoundText(name)) };
      if (claim.accessModes.includes("ReadWriteOncePod")) claimNames.add(name);
    }
    const count = this.usedCount(pod.namespace, claimNames, nodes);
    if (count === 0 && exclusiveDisksOf(pod.template).length === 0) return { status: SKIP };
    state.write(STATE_KEY, new ClaimConflicts(claimNames, count));
    return { status: SUCCESS };
  }

  addPod(state: CycleState, _pod: PodInfo, other: PodInfo): undefined {
    const conflicts = state.read<ClaimConflicts>(STATE_KEY);
    if (conflicts !== undefined) conflicts.count += conflicts.countOf(other);
  }

  removePod(state: CycleState, _pod: PodInfo, other: PodInfo): undefined {
    const conflicts = state.read<ClaimConflicts>(STATE_KEY);
    if (conflicts !== undefined) conflicts.count -= conflicts.countOf(other);
  }

  filter(state: CycleState, pod: PodInfo, node: NodeRow): Status {
    for (const other of this.cache.podsOn(node)) {
      if (haveDiskConflict(pod.template, other.template)) {
        return unschedulable(this.name, DISK_TEXT);
      }
    }
    const conflicts = state.read<ClaimConflicts>(STATE_KEY);
    if (conflicts !== undefined && conflicts.count > 0) return unschedulable(this.name, CLAIM_TEXT);
    return SUCCESS;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "Pod",
        actions: Action.Delete,
        hint: (pod, { oldPod }) => hintAfterPod(pod, oldPod),
      },
      { resource: "Node", actions: Action.Add },
      {
        resource: "PersistentVolumeClaim",
        actions: Action.Add,
        hint: (pod, { newObject }) => hintAfterClaim(pod, newObject as PersistentVolumeClaimObject),
      },
    ];
  }

  /** How many of these claims some pod of the snapshot uses. */
  private usedCount(
    namespace: string,
    claimNames: ReadonlySet<string>,
    nodes: readonly NodeRow[],
  ): number {
    if (claimNames.size === 0) return 0;
    const used = new Set<string>();
    for (const node of nodes) {
      for (const other of this.cache.podsOn(node)) {
        if (other.namespace !== namespace || other.template.volumes.length === 0) continue;
        for (const name of namedClaimsOf(other.template)) if (claimNames.has(name)) used.add(name);
      }
    }
    return used.size;
  }
}

function hintAfterPod(pod: PodInfo, gone: PodInfo | undefined): QueueingHint {
  if (gone === undefined || gone.namespace !== pod.namespace) return "Skip";
  if (haveDiskConflict(pod.template, gone.template)) return "Queue";
  const freed = new Set(namedClaimsOf(gone.template));
  return namedClaimsOf(pod.template).some((name) => freed.has(name)) ? "Queue" : "Skip";
}

function hintAfterClaim(pod: PodInfo, { meta }: PersistentVolumeClaimObject): QueueingHint {
  const isNamed = namedClaimsOf(pod.template).includes(meta.name);
  return isNamed && meta.namespace === pod.namespace ? "Queue" : "Skip";
}
