// VolumeBindingWork: PreBind of a pod whose claims are not bound yet.
//
// Writes what was reserved, then looks once a second whether the controllers have bound every claim,
// until that is so, something makes it impossible, or the time is up. What the API has taken is not
// taken back: only assumptions are, by Unreserve. Texts are upstream's.

import type { PersistentVolumeClaimObject, PersistentVolumeObject } from "../../cluster/index.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { ClusterObjects } from "../framework/cluster-objects.ts";
import type { BindingTools, PreBindWork } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { errorStatus, type Status, SUCCESS } from "../framework/status.ts";
import { isFullyBound } from "./volume-claims.ts";
import { isReachable } from "./volume-matching.ts";
import {
  claimForNode,
  type ReservedVolumes,
  SELECTED_NODE_ANNOTATION,
  volumeBoundTo,
} from "./volume-plan.ts";

const POLL_US = 1_000_000;

/** Beliefs and tools of the plugin that works. */
export interface VolumeWorkContext {
  readonly cache: SchedulerCache;
  readonly objects: ClusterObjects;
  readonly binding: BindingTools;
  readonly timeoutUs: number;
}

/** What a look at the claims found. */
type Look = "bound" | "waiting" | { readonly error: string };

/** One pod's writes and polls. */
export class VolumeBindingWork implements PreBindWork {
  private readonly context: VolumeWorkContext;
  private readonly pod: PodInfo;
  private readonly reserved: ReservedVolumes;
  /** Objects that were changed: older ones say nothing about what became of them. */
  private readonly written = new Set<object>();
  private onDone: ((status: Status) => void) | undefined;
  private isPolling = false;
  private cancelTimer: (() => void) | undefined;

  constructor(context: VolumeWorkContext, pod: PodInfo, reserved: ReservedVolumes) {
    this.context = context;
    this.pod = pod;
    this.reserved = reserved;
  }

  start(onDone: (status: Status) => void): void {
    this.onDone = onDone;
    this.writeVolumes(0);
  }

  stop(): string {
    this.onDone = undefined;
    this.cancelTimer?.();
    return this.isPolling ? "binding volumes: context canceled" : "context canceled";
  }

  // --- Writing ------------------------------------------------------------------------------------

  private writeVolumes(index: number): void {
    const next = this.reserved.bindings[index];
    if (next === undefined) {
      this.writeClaims(0);
      return;
    }
    this.write(
      next.base,
      (volume) => volumeBoundTo(volume, next.claim),
      () => this.writeVolumes(index + 1),
    );
  }

  private writeClaims(index: number): void {
    const next = this.reserved.provisions[index];
    if (next === undefined) {
      this.poll(0);
      return;
    }
    const { nodeName } = this.pod;
    this.write(
      next.base,
      (claim) => claimForNode(claim, nodeName),
      () => this.writeClaims(index + 1),
    );
  }

  private write<T extends PersistentVolumeObject | PersistentVolumeClaimObject>(
    base: T,
    change: (object: T) => T,
    goOn: () => void,
  ): void {
    this.context.binding.updateStorage(base, change, (error, isChanged) => {
      if (this.onDone === undefined) return;
      if (isChanged) this.written.add(base);
      if (error === undefined) goOn();
      else this.end(error);
    });
  }

  // --- Waiting ------------------------------------------------------------------------------------

  /** The first look comes after a second; the time is up before a look at the same instant. */
  private poll(waitedUs: number): void {
    this.isPolling = true;
    const leftUs = this.context.timeoutUs - waitedUs;
    const delayUs = Math.min(POLL_US, leftUs);
    const label = "scheduler: are the volumes bound?";
    this.cancelTimer = this.context.binding.callAfter(delayUs, label, () => {
      this.cancelTimer = undefined;
      if (delayUs === leftUs) {
        this.end("binding volumes: context deadline exceeded");
        return;
      }
      const look = this.look();
      if (look === "waiting") this.poll(waitedUs + delayUs);
      else this.end(look === "bound" ? undefined : `binding volumes: ${look.error}`);
    });
  }

  private look(): Look {
    const { cache, binding } = this.context;
    const { nodeName, name, uid } = this.pod;
    if (cache.findRow(nodeName) === undefined) {
      return { error: `failed to get node "${nodeName}": node "${nodeName}" not found` };
    }
    if (!binding.knowsPod(uid)) {
      return { error: `pod does not exist any more: pod "${name}" not found` };
    }
    for (const { base, claim } of this.reserved.bindings) {
      const look = this.lookAtVolume(base, claim);
      if (look !== "bound") return look;
    }
    for (const { base } of this.reserved.provisions) {
      const look = this.lookAtProvision(base);
      if (look !== "bound") return look;
    }
    return "bound";
  }

  private lookAtVolume(base: PersistentVolumeObject, claim: PersistentVolumeClaimObject): Look {
    const { objects } = this.context;
    const volume = objects.volume(base.meta.name);
    if (volume === undefined) return { error: `failed to check binding: ${missing(base)}` };
    const current = objects.claim(claim.meta.namespace, claim.meta.name);
    if (current === undefined) return { error: `failed to check binding: ${missing(claim)}` };
    if (volume === base && this.written.has(base)) return "waiting"; // not heard of the write yet
    const refusal = this.whyOutOfReach(volume);
    if (refusal !== undefined) return refusal;
    if ((volume.claimRef?.uid ?? "") === "") {
      return { error: `ClaimRef got reset for pv "${volume.meta.name}"` };
    }
    return isFullyBound(current) ? "bound" : "waiting";
  }

  private lookAtProvision(base: PersistentVolumeClaimObject): Look {
    const { objects } = this.context;
    const { namespace, name } = base.meta;
    const claim = objects.claim(namespace, name);
    if (claim === undefined) {
      return { error: `failed to check provisioning pvc: ${missing(base)}` };
    }
    if (claim === base && this.written.has(base)) return "waiting";
    if (claim.meta.annotations.size === 0) {
      return { error: `selectedNode annotation reset for PVC "${name}"` };
    }
    if (claim.meta.annotations.get(SELECTED_NODE_ANNOTATION) !== this.pod.nodeName) {
      return { error: `provisioning failed for PVC "${name}"` };
    }
    if (claim.volumeName !== "") {
      const volume = objects.volume(claim.volumeName);
      if (volume === undefined) return "waiting"; // the claim's news may be faster than the volume's
      const refusal = this.whyOutOfReach(volume);
      if (refusal !== undefined) return refusal;
    }
    return isFullyBound(claim) ? "bound" : "waiting";
  }

  private whyOutOfReach(volume: PersistentVolumeObject): { readonly error: string } | undefined {
    const { cache } = this.context;
    const { nodeName } = this.pod;
    const row = cache.findRow(nodeName)!;
    if (isReachable(volume, cache.node(row))) return undefined;
    const what = `pv "${volume.meta.name}" node affinity doesn't match node "${nodeName}"`;
    return { error: `${what}: no matching NodeSelectorTerms` };
  }

  private end(error: string | undefined): void {
    const { onDone } = this;
    this.onDone = undefined;
    onDone?.(error === undefined ? SUCCESS : errorStatus("VolumeBinding", error));
  }
}

function missing({ kind, meta }: PersistentVolumeObject | PersistentVolumeClaimObject): string {
  const key = meta.namespace === "" ? meta.name : `${meta.namespace}/${meta.name}`;
  return `could not find v1.${kind} "${key}"`;
}
