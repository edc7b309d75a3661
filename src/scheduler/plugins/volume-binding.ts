// VolumeBinding: are the pod's claims bound, and could they be bound on this node? (P10)
//
// PreFilter sorts the claims, Filter judges one node and keeps how the claims would get their volumes
// there, Reserve assumes that, PreBind has it written and waits until the controllers are done.

import { assert } from "../../base/index.ts";
import { objectKey } from "../../cluster/index.ts";
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
  PreBindWork,
  PreFilterOutcome,
  PreFilterPlugin,
  PreScorePlugin,
  ReservePlugin,
  ScorePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { errorStatus, SKIP, type Status, SUCCESS, unresolvable } from "../framework/status.ts";
import { AssumedObjects } from "./assumed-objects.ts";
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
} from "./volume-claims.ts";
import { isReachable, judgeProvisioning, matchVolumes } from "./volume-matching.ts";
import {
  claimForNode,
  type ReservedBinding,
  type ReservedProvision,
  type ReservedVolumes,
  SELECTED_NODE_ANNOTATION,
  volumeBoundTo,
  type VolumePlan,
} from "./volume-plan.ts";
import { VolumeBindingWork } from "./volume-binding-work.ts";
import { usesClaim } from "./volume-use.ts";

const STATE_KEY = "PreFilterVolumeBinding";

const AFFINITY_TEXT = "node(s) didn't match PersistentVolume's node affinity";
const NO_VOLUME_TEXT = "node(s) didn't find available persistent volumes to bind";
const NO_SPACE_TEXT = "node(s) did not have enough free storage";
const LOST_VOLUME_TEXT =
  "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
const IMMEDIATE_TEXT = "pod has unbound immediate PersistentVolumeClaims";
const US_PER_SECOND = 1_000_000;

/** VolumeBindingArgs as far as they have an effect. */
export interface VolumeBindingArguments {
  /** How long PreBind waits for claims to be bound. */
  readonly bindTimeoutSeconds: number;
}

/** A pod's claims as one cycle sees them. */
interface SortedClaims extends CycleValue {
  readonly bound: readonly PersistentVolumeClaimObject[];
  readonly delayed: readonly PersistentVolumeClaimObject[];
  /** Candidates per class of the delayed claims. */
  readonly volumesOfClass: ReadonlyMap<string, readonly PersistentVolumeObject[]>;
  /** By name of the nodes that passed: how the delayed claims would get their volumes there. */
  readonly plans: Map<string, VolumePlan>;
  /** Set by Reserve when there is something to write. */
  reserved: ReservedVolumes | undefined;
}

/** Filter by where bound volumes are and unbound ones could be; sees to it that they get bound. */
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
  readonly sign: typeof signVolumes = signVolumes;
  /** One pair per profile, as upstream: two profiles can meet at one volume, and the API decides. */
  readonly assumedVolumes: AssumedObjects<PersistentVolumeObject> = new AssumedObjects();
  readonly assumedClaims: AssumedObjects<PersistentVolumeClaimObject> = new AssumedObjects();
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;
  private readonly handle: PluginHandle;
  private readonly timeoutUs: number;

  constructor(args: VolumeBindingArguments, handle: PluginHandle) {
    this.timeoutUs = args.bindTimeoutSeconds * US_PER_SECOND;
    this.handle = handle;
    this.cache = handle.cache;
    this.objects = handle.objects;
  }

  notSimulated(pod: PodInfo): string | undefined {
    if (pod.template.volumes.length === 0) return undefined;
    for (const found of findClaims(pod, this.objects)) {
      const volume = this.objects.volume(found.claim?.volumeName ?? "");
      if (volume !== undefined && isMovedToCsi(volume, this.objects.csiNodes())) {
        return "the pod has a claim on an in-tree volume that CSI drivers took over";
      }
    }
    return undefined;
  }

  preFilter(state: CycleState, pod: PodInfo): PreFilterOutcome {
    if (pod.template.volumes.length === 0) return { status: SKIP };
    const claims = findClaims(pod, this.objects);
    if (claims.length === 0) return { status: SKIP };
    const known: PersistentVolumeClaimObject[] = [];
    for (const found of claims) {
      const refusal = whyUnusable(pod, found);
      if (refusal !== undefined) return { status: unresolvable(this.name, refusal) };
      known.push(this.assumedClaims.latest(found.claim!));
    }
    return { status: this.sortClaims(state, known) };
  }

  filter(state: CycleState, _pod: PodInfo, row: NodeRow): Status {
    const claims = state.read<SortedClaims>(STATE_KEY);
    if (claims === undefined) return SUCCESS;
    const node = this.cache.node(row);
    const boundText = this.whyBoundUnfit(claims.bound, node);
    const delayed = this.planDelayed(claims, node);
    if (typeof delayed === "object" && "error" in delayed) {
      return errorStatus(this.name, delayed.error);
    }
    const reasons: string[] = [];
    if (boundText === AFFINITY_TEXT) reasons.push(boundText);
    if (typeof delayed === "string") reasons.push(delayed);
    if (boundText === LOST_VOLUME_TEXT) reasons.push(boundText);
    if (reasons.length > 0) return unresolvable(this.name, ...reasons);
    if (typeof delayed === "object") claims.plans.set(node.meta.name, delayed);
    return SUCCESS;
  }

  /** The scorer exists only with a gate that is off; its PreScore always skips. */
  preScore(): Status {
    return SKIP;
  }

  score(): number {
    return 0;
  }

  /** Assumes what the plan for the chosen node is going to write, volumes first. */
  reserve(state: CycleState, _pod: PodInfo, nodeName: string): Status {
    const claims = state.read<SortedClaims>(STATE_KEY);
    const plan = claims?.plans.get(nodeName);
    if (claims === undefined || plan === undefined) return SUCCESS;
    const bindings: ReservedBinding[] = [];
    const provisions: ReservedProvision[] = [];
    claims.reserved = { bindings, provisions };
    for (const { claim, volume } of plan.matches) {
      const base = this.objects.volume(volume.meta.name);
      const refusal = this.whyOutOfSync(volume, base, this.assumedVolumes);
      if (refusal !== undefined) return errorStatus(this.name, refusal);
      this.assumedVolumes.assume(base!, volumeBoundTo(volume, claim));
      bindings.push({ base: base!, claim });
    }
    for (const claim of plan.toProvision) {
      const base = this.objects.claim(claim.meta.namespace, claim.meta.name);
      const refusal = this.whyOutOfSync(claim, base, this.assumedClaims);
      if (refusal !== undefined) return errorStatus(this.name, refusal);
      this.assumedClaims.assume(base!, claimForNode(claim, nodeName));
      provisions.push({ base: base! });
    }
    return SUCCESS;
  }

  /** Only beliefs are taken back: what the API has taken stays there, for the pod's next attempt. */
  unreserve(state: CycleState): void {
    const reserved = state.read<SortedClaims>(STATE_KEY)?.reserved;
    for (const { base } of reserved?.bindings ?? []) this.assumedVolumes.restore(base.meta);
    for (const { base } of reserved?.provisions ?? []) this.assumedClaims.restore(base.meta);
  }

  preBindPreFlight(state: CycleState): Status {
    return state.read<SortedClaims>(STATE_KEY)?.reserved === undefined ? SKIP : SUCCESS;
  }

  preBind(state: CycleState, pod: PodInfo): PreBindWork {
    const { cache, objects, timeoutUs, handle } = this;
    const reserved = state.read<SortedClaims>(STATE_KEY)?.reserved;
    assert(reserved !== undefined, "PreBind of volumes that were never reserved");
    assert(handle.binding !== undefined, "volumes cannot be bound where no time passes");
    const context = { cache, objects, binding: handle.binding, timeoutUs };
    return new VolumeBindingWork(context, pod, reserved);
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
      for (const told of this.objects.volumes()) {
        const volume = this.assumedVolumes.latest(told);
        volumesOfClass.get(volume.storageClassName)?.push(volume);
      }
    }
    const plans = new Map<string, VolumePlan>();
    const sorted: SortedClaims = { bound, delayed, volumesOfClass, plans, reserved: undefined };
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

  /** How the delayed claims would get volumes here, or why they cannot; undefined: there are none. */
  private planDelayed(
    { delayed, volumesOfClass }: SortedClaims,
    node: NodeObject,
  ): VolumePlan | string | undefined | { readonly error: string } {
    if (delayed.length === 0) return undefined;
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
    const { matches, unmatched } = matchVolumes(toMatch, candidates, node);
    toProvision.push(...unmatched);
    const verdict = judgeProvisioning(toProvision, this.objects, node);
    if (verdict === "possible") return { matches, toProvision };
    if (verdict === "impossible") return NO_VOLUME_TEXT;
    return verdict === "no-space" ? NO_SPACE_TEXT : verdict;
  }

  /** Why an object that was planned with is not the one believed in any more. */
  private whyOutOfSync<T extends PersistentVolumeObject | PersistentVolumeClaimObject>(
    planned: T,
    base: T | undefined,
    assumed: AssumedObjects<T>,
  ): string | undefined {
    const { kind, meta } = planned;
    const what = `v1.${kind} "${objectKey(meta)}"`;
    if (base === undefined) return `could not find ${what}`;
    return assumed.latest(base) === planned ? undefined : `${what} is out of sync`;
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
