// VolumeZone: volumes that live in one zone or region (P11).
//
// Reads the zone labels of volumes that claims are bound to. What a volume's node affinity demands is
// VolumeBinding's business.

import type {
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
  PreFilterOutcome,
  PreFilterPlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { SKIP, type Status, SUCCESS, unresolvable } from "../framework/status.ts";
import { signVolumes } from "./signed-parts.ts";
import { claimNotFoundText, classNameOf, modeNotSetText, notFoundText } from "./volume-claims.ts";
import { namedClaimsOf } from "./volume-use.ts";
import {
  haveSameZones,
  TOPOLOGY_LABELS,
  type ZoneConstraint,
  zoneConstraintsOf,
} from "./volume-zones.ts";

const STATE_KEY = "PreFilterVolumeZone";

interface ZoneConstraints extends CycleValue {
  readonly constraints: readonly ZoneConstraint[];
}

// Shared by all nodes that are refused alike: there may be thousands.
const NOT_IN_ZONE: Status = unresolvable("VolumeZone", "node(s) had no available volume zone");

/** Filter by the zone and region labels of bound volumes. */
export class VolumeZone implements PreFilterPlugin, FilterPlugin {
  readonly name = "VolumeZone";
  readonly sign: typeof signVolumes = signVolumes;
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
    this.objects = handle.objects;
  }

  preFilter(state: CycleState, pod: PodInfo): PreFilterOutcome {
    const constraints = this.constraintsOf(pod);
    if (typeof constraints === "string") return { status: unresolvable(this.name, constraints) };
    if (constraints.length === 0) return { status: SKIP };
    const found: ZoneConstraints = { constraints };
    state.write(STATE_KEY, found);
    return { status: SUCCESS };
  }

  filter(state: CycleState, pod: PodInfo, node: NodeRow): Status {
    const { labels } = this.cache.node(node).meta;
    // A node without any such label stands for a cluster that has no zones.
    if (!TOPOLOGY_LABELS.some((key) => labels.has(key))) return SUCCESS;
    // A profile may leave PreFilter out: then the claims are looked up here.
    const constraints =
      state.read<ZoneConstraints>(STATE_KEY)?.constraints ?? this.constraintsOf(pod);
    if (typeof constraints === "string") return unresolvable(this.name, constraints);
    for (const constraint of constraints) {
      const { key, successor, values } = constraint;
      const value = labels.get(key) ?? labels.get(successor);
      if (value === undefined || !values.has(value)) return NOT_IN_ZONE;
    }
    return SUCCESS;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "StorageClass",
        actions: Action.Add,
        hint: (_pod, { newObject }) => {
          const { volumeBindingMode } = newObject as StorageClassObject;
          return volumeBindingMode === "WaitForFirstConsumer" ? "Queue" : "Skip";
        },
      },
      { resource: "Node", actions: Action.Add | Action.UpdateNodeLabel },
      {
        resource: "PersistentVolumeClaim",
        actions: Action.Add | Action.Update,
        hint: (pod, { newObject }) => {
          const { meta } = newObject as PersistentVolumeClaimObject;
          const isNamed = namedClaimsOf(pod.template).includes(meta.name);
          return isNamed && meta.namespace === pod.namespace ? "Queue" : "Skip";
        },
      },
      {
        resource: "PersistentVolume",
        actions: Action.Add | Action.Update,
        hint: (_pod, { oldObject, newObject }) =>
          oldObject !== undefined &&
          haveSameZones(oldObject as PersistentVolumeObject, newObject as PersistentVolumeObject)
            ? "Skip"
            : "Queue",
      },
    ];
  }

  /** What the labels of the pod's volumes demand of a node, or why the pod fits nowhere. */
  private constraintsOf(pod: PodInfo): readonly ZoneConstraint[] | string {
    const constraints: ZoneConstraint[] = [];
    for (const name of namedClaimsOf(pod.template)) {
      const volume = this.volumeOf(pod.namespace, name);
      if (typeof volume === "string") return volume;
      if (volume !== undefined) constraints.push(...zoneConstraintsOf(volume));
    }
    return constraints;
  }

  /** The volume behind a claim; undefined when there is none yet, a text when that is a refusal. */
  private volumeOf(namespace: string, name: string): PersistentVolumeObject | string | undefined {
    const claim = this.objects.claim(namespace, name);
    if (claim === undefined) return claimNotFoundText(name);
    if (claim.volumeName === "") return this.whyUnbound(claim);
    return (
      this.objects.volume(claim.volumeName) ?? notFoundText("persistentvolume", claim.volumeName)
    );
  }

  /** A claim may be without a volume only while its class waits for this pod. */
  private whyUnbound(claim: PersistentVolumeClaimObject): string | undefined {
    const className = classNameOf(claim);
    if (className === "") return "PersistentVolumeClaim had no pv name and storageClass name";
    const storageClass = this.objects.storageClass(className);
    if (storageClass === undefined) return notFoundText("storageclass.storage.k8s.io", className);
    const mode = storageClass.volumeBindingMode;
    if (mode === undefined) return modeNotSetText(className);
    return mode === "WaitForFirstConsumer" ? undefined : "PersistentVolume had no name";
  }
}
