// VolumeBinding: are the pod's claims bound, and could they be bound on this node? (P10)
//
// PreFilter sorts the claims, Filter judges one node. Binding itself (Reserve and PreBind) is not
// done: where the cluster has nobody who binds claims, pods with unbound ones are named as not
// simulated and judged as if without them.

import type {
  CsiDriverObject,
  CsiNodeObject,
  CsiStorageCapacityObject,
  NodeObject,
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
  StorageClassObject,
} from "../../cluster/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { Action, type EventRegistration } from "../framework/cluster-event.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { CycleState, CycleValue } from "../framework/cycle-state.ts";
import type {
  FilterPlugin,
  PluginHandle,
  PreBindPlugin,
  PreFilterOutcome,
  PreFilterPlugin,
  PreScorePlugin,
  ReservePlugin,
  ScorePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { errorStatus, SKIP, type Status, SUCCESS, unresolvable } from "../framework/status.ts";
import { isMovedToCsi } from "./csi-migration.ts";
import { signVolumes } from "./signed-parts.ts";
import {
  hintAfterCapacity,
  hintAfterClass,
  hintAfterCsiNode,
  hintAfterDriver,
} from "./volume-binding-hints.ts";
import {
  claimNotFoundText,
  classNameOf,
  findClaims,
  foreignClaimText,
  type FoundClaim,
  isFullyBound,
  waitingOf,
  whyNeverBound,
} from "./volume-claims.ts";
import { isReachable, judgeProvisioning, matchVolumes } from "./volume-matching.ts";
import { usesClaim } from "./volume-use.ts";

const STATE_KEY = "PreFilterVolumeBinding";
const SELECTED_NODE_ANNOTATION = "volume.kubernetes.io/selected-node";

const AFFINITY_TEXT = "node(s) didn't match PersistentVolume's node affinity";
const NO_VOLUME_TEXT = "node(s) didn't find available persistent volumes to bind";
const NO_SPACE_TEXT = "node(s) did not have enough free storage";
const LOST_VOLUME_TEXT =
  "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
const IMMEDIATE_TEXT = "pod has unbound immediate PersistentVolumeClaims";

/** A pod's claims as one cycle sees them. */
interface SortedClaims extends CycleValue {
  readonly bound: readonly PersistentVolumeClaimObject[];
  readonly delayed: readonly PersistentVolumeClaimObject[];
  /** Candidates per class of the delayed claims. */
  readonly volumesOfClass: ReadonlyMap<string, readonly PersistentVolumeObject[]>;
}

/** Filter by where bound volumes are and unbound ones could be. */
export class VolumeBinding
  implements
    PreFilterPlugin,
    FilterPlugin,
    PreScorePlugin,
    ScorePlugin,
    ReservePlugin,
    PreBindPlugin
{
  readonly name = "VolumeBinding";
  readonly sign = signVolumes;
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
    this.objects = handle.objects;
  }

  notSimulated(pod: PodInfo): string | undefined {
    if (pod.template.volumes.length === 0) return undefined;
    for (const found of findClaims(pod, this.objects)) {
      const reason = this.objects.bindsClaims ? undefined : whyNeverBound(found);
      if (reason !== undefined) return reason;
      const volume = this.objects.volume(found.claim?.volumeName ?? "");
      if (volume !== undefined && isMovedToCsi(volume, this.objects.csiNodes())) {
        return "the pod has a claim on an in-tree volume that CSI drivers took over";
      }
    }
    return undefined;
  }

  preFilter(state: CycleState, pod: PodInfo): PreFilterOutcome {
    if (pod.template.volumes.length === 0) return { status: SKIP };
    const all = findClaims(pod, this.objects);
    const claims = this.objects.bindsClaims
      ? all
      : all.filter((found) => whyNeverBound(found) === undefined);
    if (claims.length === 0) return { status: SKIP };
    const known: PersistentVolumeClaimObject[] = [];
    for (const found of claims) {
      const refusal = whyUnusable(pod, found);
      if (refusal !== undefined) return { status: unresolvable(this.name, refusal) };
      known.push(found.claim!);
    }
    return { status: this.sortClaims(state, known) };
  }

  filter(state: CycleState, _pod: PodInfo, row: NodeRow): Status {
    const claims = state.read<SortedClaims>(STATE_KEY);
    if (claims === undefined) return SUCCESS;
    const node = this.cache.node(row);
    const boundText = this.whyBoundUnfit(claims.bound, node);
    const delayed = claims.delayed.length === 0 ? undefined : this.judgeDelayed(claims, node);
    if (typeof delayed === "object") return errorStatus(this.name, delayed.error);
    const reasons: string[] = [];
    if (boundText === AFFINITY_TEXT) reasons.push(boundText);
    if (delayed !== undefined) reasons.push(delayed);
    if (boundText === LOST_VOLUME_TEXT) reasons.push(boundText);
    return reasons.length === 0 ? SUCCESS : unresolvable(this.name, ...reasons);
  }

  /** The scorer exists only with a gate that is off; its PreScore always skips. */
  preScore(): Status {
    return SKIP;
  }

  score(): number {
    return 0;
  }

  reserve(): Status {
    return SUCCESS;
  }

  unreserve(): void {}

  /** All claims are bound: pods with others are not simulated. */
  preBindPreFlight(): Status {
    return SKIP;
  }

  preBind(): Status {
    return SUCCESS;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "StorageClass",
        actions: Action.Add | Action.Update,
        hint: (_pod, { oldObject, newObject }) =>
          hintAfterClass(
            oldObject as StorageClassObject | undefined,
            newObject as StorageClassObject,
          ),
      },
      {
        resource: "PersistentVolumeClaim",
        actions: Action.Add | Action.Update,
        hint: (pod, { newObject }) =>
          usesClaim(pod, (newObject as PersistentVolumeClaimObject).meta) ? "Queue" : "Skip",
      },
      { resource: "PersistentVolume", actions: Action.Add | Action.Update },
      { resource: "Node", actions: Action.Add | Action.UpdateNodeLabel },
      {
        resource: "CSINode",
        actions: Action.Add | Action.Update,
        hint: (_pod, { oldObject, newObject }) =>
          hintAfterCsiNode(oldObject as CsiNodeObject | undefined, newObject as CsiNodeObject),
      },
      {
        resource: "CSIDriver",
        actions: Action.Update,
        hint: (pod, { oldObject, newObject }) =>
          hintAfterDriver(pod, oldObject as CsiDriverObject, newObject as CsiDriverObject),
      },
      {
        resource: "CSIStorageCapacity",
        actions: Action.Add | Action.Update,
        hint: (_pod, { oldObject, newObject }) =>
          hintAfterCapacity(
            oldObject as CsiStorageCapacityObject | undefined,
            newObject as CsiStorageCapacityObject,
          ),
      },
    ];
  }

  /** Bound ones and those that wait for this pod; any other claim is a refusal. */
  private sortClaims(state: CycleState, claims: readonly PersistentVolumeClaimObject[]): Status {
    const bound: PersistentVolumeClaimObject[] = [];
    const delayed: PersistentVolumeClaimObject[] = [];
    let isImmediate = false;
    for (const claim of claims) {
      const waiting = isFullyBound(claim) ? "bound" : waitingOf(claim, this.objects);
      if (typeof waiting === "object") return errorStatus(this.name, waiting.error);
      if (waiting === "bound") bound.push(claim);
      else if (waiting === "delayed") delayed.push(claim);
      else isImmediate = true;
    }
    if (isImmediate) return unresolvable(this.name, IMMEDIATE_TEXT);
    const volumesOfClass = new Map<string, PersistentVolumeObject[]>();
    for (const claim of delayed) volumesOfClass.set(classNameOf(claim), []);
    if (delayed.length > 0) {
      for (const volume of this.objects.volumes()) {
        volumesOfClass.get(volume.storageClassName)?.push(volume);
      }
    }
    const sorted: SortedClaims = { bound, delayed, volumesOfClass };
    state.write(STATE_KEY, sorted);
    return SUCCESS;
  }

  /** The first bound claim whose volume is missing or out of reach. */
  private whyBoundUnfit(
    claims: readonly PersistentVolumeClaimObject[],
    node: NodeObject,
  ): string | undefined {
    for (const { volumeName } of claims) {
      const volume = this.objects.volume(volumeName);
      if (volume === undefined) return LOST_VOLUME_TEXT;
      if (!isReachable(volume, node)) return AFFINITY_TEXT;
    }
    return undefined;
  }

  /** Why the delayed claims cannot all have volumes here; undefined when they can. */
  private judgeDelayed(
    { delayed, volumesOfClass }: SortedClaims,
    node: NodeObject,
  ): string | undefined | { readonly error: string } {
    const toProvision: PersistentVolumeClaimObject[] = [];
    const toMatch: PersistentVolumeClaimObject[] = [];
    for (const claim of delayed) {
      const selected = claim.meta.annotations.get(SELECTED_NODE_ANNOTATION);
      if (selected === undefined) toMatch.push(claim);
      else if (selected === node.meta.name) toProvision.push(claim);
      else return NO_VOLUME_TEXT;
    }
    const candidates = (className: string): readonly PersistentVolumeObject[] =>
      volumesOfClass.get(className) ?? [];
    toProvision.push(...matchVolumes(toMatch, candidates, node).unmatched);
    const verdict = judgeProvisioning(toProvision, this.objects, node);
    if (verdict === "possible") return undefined;
    if (verdict === "impossible") return NO_VOLUME_TEXT;
    return verdict === "no-space" ? NO_SPACE_TEXT : verdict;
  }
}

/** Why a claim is of no use to the pod now, in upstream's words. */
function whyUnusable(
  pod: PodInfo,
  { claimName, isEphemeral, claim }: FoundClaim,
): string | undefined {
  const quoted = JSON.stringify(claimName);
  if (claim === undefined) {
    if (!isEphemeral) return claimNotFoundText(claimName);
    return `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`;
  }
  if (claim.phase === "Lost") {
    const volume = JSON.stringify(claim.volumeName);
    return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${volume}`;
  }
  if (claim.meta.deletionTimestampSeconds !== undefined) {
    return `persistentvolumeclaim ${quoted} is being deleted`;
  }
  return isEphemeral ? foreignClaimText(pod, claim) : undefined;
}
