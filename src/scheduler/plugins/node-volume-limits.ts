// NodeVolumeLimits: how many volumes a CSI driver attaches to one node (P9).
//
// Counts the volumes of the node's pods and what is attached to it already, each volume once, and
// compares with the limits of its CSINode. Nodes without limits take any number.

import type {
  CsiNodeObject,
  PersistentVolumeClaimObject,
  PersistentVolumeObject,
  VolumeAttachmentObject,
} from "../../cluster/index.ts";
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
import {
  errorStatus,
  SKIP,
  type Status,
  SUCCESS,
  unresolvable,
  unschedulable,
} from "../framework/status.ts";
import {
  countedInlineVolume,
  countedVolume,
  type CsiVolume,
  driverOfProvisioner,
  migratedDriverOf,
} from "./csi-migration.ts";
import { signVolumes } from "./signed-parts.ts";
import { claimNotFoundText, classNameOf, foreignClaimText } from "./volume-claims.ts";
import { claimVolumeOf, usesClaim } from "./volume-use.ts";

const STATE_KEY = "PreFilterNodeVolumeLimits";
/** Handles of volumes that do not exist yet; a prefix that no driver uses keeps them apart. */
const UNBOUND_PREFIX = "unbound-";

/** Drivers by unique volume name. */
type CountedVolumes = Map<string, string>;

/** Volumes attached to nodes according to VolumeAttachments, by node. */
class AttachedVolumes implements CycleValue {
  private readonly byNode = new Map<string, CountedVolumes>();

  constructor(objects: ClusterObjects) {
    for (const { attacher, nodeName, persistentVolumeName } of objects.volumeAttachments()) {
      const source = objects.volume(persistentVolumeName)?.source;
      if (attacher === "" || source?.kind !== "csi") continue;
      const volumes = this.byNode.get(nodeName) ?? new Map<string, string>();
      this.byNode.set(nodeName, volumes.set(uniqueName(attacher, source.handle), attacher));
    }
  }

  /** Shared by hypothetical nodes: pods that come and go change nothing here. */
  clone(): AttachedVolumes {
    return this;
  }

  onNode(nodeName: string): ReadonlyMap<string, string> {
    return this.byNode.get(nodeName) ?? new Map<string, string>();
  }
}

/** Filter by attach limits per CSI driver. */
export class NodeVolumeLimits implements PreFilterPlugin, FilterPlugin {
  readonly name = "NodeVolumeLimits";
  readonly sign: typeof signVolumes = signVolumes;
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
    this.objects = handle.objects;
  }

  preFilter(state: CycleState, pod: PodInfo): PreFilterOutcome {
    if (!hasCountableVolume(pod)) return { status: SKIP };
    state.write(STATE_KEY, new AttachedVolumes(this.objects));
    return { status: SUCCESS };
  }

  filter(state: CycleState, pod: PodInfo, node: NodeRow): Status {
    const nodeName = this.cache.nodeName(node);
    const csiNode = this.objects.csiNode(nodeName);
    const wanted: CountedVolumes = new Map();
    const refusal = this.count(pod, csiNode, wanted, true);
    if (refusal !== undefined) return refusal;
    const limits = limitsOf(csiNode);
    if (wanted.size === 0 || limits.size === 0) return SUCCESS;
    const used: CountedVolumes = new Map();
    for (const other of this.cache.podsOn(node)) {
      if (other.template.volumes.length === 0) continue;
      const failure = this.count(other, csiNode, used, false);
      if (failure !== undefined) return failure;
    }
    // A volume that pods of the node use already costs nothing. One that is only attached costs once
    // more when the pod asks for it: upstream counts it on both sides.
    for (const volume of used.keys()) wanted.delete(volume);
    // Upstream looks at the attachments in Filter: a profile may leave PreFilter out.
    const attached = state.read<AttachedVolumes>(STATE_KEY) ?? new AttachedVolumes(this.objects);
    for (const [volume, driver] of attached.onNode(nodeName)) used.set(volume, driver);
    for (const driver of new Set(wanted.values())) {
      const limit = limits.get(driver);
      if (limit === undefined) continue;
      if (countOf(driver, used) + countOf(driver, wanted) > limit) {
        return unschedulable(this.name, "node(s) exceed max volume count");
      }
    }
    return SUCCESS;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      { resource: "CSINode", actions: Action.Add },
      {
        resource: "CSINode",
        actions: Action.Update,
        hint: (_pod, { oldObject, newObject }) =>
          hintAfterNode(oldObject as CsiNodeObject, newObject as CsiNodeObject),
      },
      {
        resource: "Pod",
        actions: Action.Delete,
        hint: (_pod, { oldPod }) => hintAfterPod(oldPod),
      },
      {
        resource: "PersistentVolumeClaim",
        actions: Action.Add,
        hint: (pod, { newObject }) =>
          usesClaim(pod, (newObject as PersistentVolumeClaimObject).meta) ? "Queue" : "Skip",
      },
      {
        resource: "VolumeAttachment",
        actions: Action.Delete,
        hint: (pod, { oldObject }) =>
          hintAfterDetach(pod, (oldObject as VolumeAttachmentObject).attacher),
      },
    ];
  }

  /** Adds the CSI volumes of a pod; a status when its claims cannot be made sense of. */
  private count(
    pod: PodInfo,
    csiNode: CsiNodeObject | undefined,
    into: CountedVolumes,
    isNewPod: boolean,
  ): Status | undefined {
    for (const volume of pod.template.volumes) {
      const used = claimVolumeOf(pod, volume);
      if (used === undefined) {
        const inline = countedInlineVolume(volume, csiNode);
        if (inline !== undefined && "problem" in inline) {
          const place = `converting volume(${volume.name}) from inline to csi`;
          return errorStatus(this.name, `${place}: ${inline.problem}`);
        }
        addVolume(into, inline);
        continue;
      }
      const { claimName, isEphemeral } = used;
      const claim = this.objects.claim(pod.namespace, claimName);
      if (claim === undefined) {
        if (!isNewPod) continue;
        const place = `looking up PVC ${pod.namespace}/${claimName}`;
        return unresolvable(this.name, `${place}: ${claimNotFoundText(claimName)}`);
      }
      const foreign = isEphemeral ? foreignClaimText(pod, claim) : undefined;
      if (foreign !== undefined) return errorStatus(this.name, foreign);
      addVolume(into, this.volumeBehind(claim, csiNode));
    }
    return undefined;
  }

  /** The volume a claim has, or the one its class will provision for it. */
  private volumeBehind(
    claim: PersistentVolumeClaimObject,
    csiNode: CsiNodeObject | undefined,
  ): CsiVolume | undefined {
    const volume: PersistentVolumeObject | undefined =
      claim.volumeName === "" ? undefined : this.objects.volume(claim.volumeName);
    if (volume !== undefined) return countedVolume(volume, csiNode);
    const className = classNameOf(claim);
    const storageClass = className === "" ? undefined : this.objects.storageClass(className);
    if (storageClass === undefined) return undefined;
    const driver = driverOfProvisioner(storageClass.provisioner, csiNode);
    if (driver === undefined) return undefined;
    return { driver, handle: `${UNBOUND_PREFIX}${claim.meta.namespace}/${claim.meta.name}` };
  }
}

function addVolume(into: CountedVolumes, volume: CsiVolume | undefined): void {
  if (volume === undefined || volume.driver === "" || volume.handle === "") return;
  into.set(uniqueName(volume.driver, volume.handle), volume.driver);
}

function uniqueName(driver: string, handle: string): string {
  return `${driver}/${handle}`;
}

function countOf(driver: string, volumes: CountedVolumes): number {
  let count = 0;
  for (const each of volumes.values()) if (each === driver) count++;
  return count;
}

function limitsOf(csiNode: CsiNodeObject | undefined): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const { name, allocatableCount } of csiNode?.drivers ?? []) {
    if (allocatableCount !== undefined) limits.set(name, allocatableCount);
  }
  return limits;
}

function hasCountableVolume(pod: PodInfo): boolean {
  return pod.template.volumes.some(
    (volume) => claimVolumeOf(pod, volume) !== undefined || migratedDriverOf(volume) !== undefined,
  );
}

/** A driver without a limit counts as limit 0 on both sides, as upstream. */
function hintAfterNode(before: CsiNodeObject, after: CsiNodeObject): QueueingHint {
  const limits = limitsOf(before);
  for (const [driver, limit] of limitsOf(after)) {
    if (limit > (limits.get(driver) ?? 0)) return "Queue";
  }
  return "Skip";
}

function hintAfterPod(gone: PodInfo | undefined): QueueingHint {
  if (gone === undefined || (gone.nodeName === "" && gone.nominatedNodeName === "")) return "Skip";
  return hasCountableVolume(gone) ? "Queue" : "Skip";
}

function hintAfterDetach(pod: PodInfo, attacher: string): QueueingHint {
  const mayMatter = pod.template.volumes.some(
    (volume) => volume.kind === "persistentVolumeClaim" || migratedDriverOf(volume) === attacher,
  );
  return mayMatter ? "Queue" : "Skip";
}
