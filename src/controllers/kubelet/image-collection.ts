// Image garbage collection: when a node's disk is full above a threshold, unused images go.
//
// The kubelet looks every five minutes; here it looks only where some image is unused and the disk is
// above the threshold, or may get there because pods write to it. Nodes that do not say how much ephemeral storage they have are never full.

import type { Instant } from "../../base/index.ts";
import { type NodeIndex, normalizeImageName } from "../../cluster/index.ts";
import { type EventHandle, NO_HANDLE, RANK } from "../../engine/index.ts";
import type { ImageStore } from "./image-store.ts";
import { Stage } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { meteredOn, sumOf } from "./node-usage.ts";
import { nextTick } from "./restart-backoff.ts";

/** Collects images of all nodes. */
export class ImageCollection {
  private readonly world: KubeletWorld;
  private readonly images: ImageStore;
  private readonly onChange: (node: NodeIndex) => void;
  private readonly due = new Map<NodeIndex, EventHandle>();

  /** `onChange` is told when images have gone. */
  constructor(world: KubeletWorld, images: ImageStore, onChange: (node: NodeIndex) => void) {
    this.world = world;
    this.images = images;
    this.onChange = onChange;
  }

  /** More is on the disk than before, or less of it is in use: the next look may find something. */
  changed(node: NodeIndex): void {
    const { world } = this;
    const { sim } = world.context;
    const { periodUs } = world.options.images.garbageCollection;
    if (!world.options.images.enabled) return;
    const isFull = this.isAboveHigh(node);
    if (!isFull && !this.mayFill(node)) return;
    const planned = this.due.get(node) ?? NO_HANDLE;
    if (sim.isPending(planned) || !this.hasUnused(node, this.imagesInUse(node))) return;
    const { statusPhaseUs } = world.nodeOf(node);
    const atUs = nextTick(world.nowUs + 1, periodUs, statusPhaseUs) as Instant;
    // Looks at a disk that is not full yet go on as long as its pods do, and keep no run going.
    const label = isFull ? "image collection" : "image collection: look";
    const background = !isFull;
    const handle = sim.callAt(atUs, RANK.kubelet, label, () => this.pass(node), { background });
    this.due.set(node, handle);
  }

  /** Deletes every image that no container of the node needs; true if some went. */
  deleteUnused(node: NodeIndex): boolean {
    const gone = this.images.collect(node, 0, 0, this.imagesInUse(node));
    if (gone > 0) this.onChange(node);
    return gone > 0;
  }

  /** Bytes of all images on a node's disk. */
  imageBytes(node: NodeIndex): number {
    return this.world.options.images.enabled ? this.images.diskBytes(node) : 0;
  }

  /** Bytes of images and pods on the disk, and how many fit; undefined if nobody knows. */
  diskOf(node: NodeIndex): { readonly used: number; readonly capacity: number } | undefined {
    const { nodes } = this.world.context.api;
    if (!nodes.exists(node)) return undefined;
    const capacity = nodes.facts(node).capacity.ephemeralStorageBytes;
    if (capacity <= 0) return undefined;
    return { used: this.imageBytes(node) + this.writtenBytes(node), capacity };
  }

  /** What pods and others have written to the disk. */
  private writtenBytes(node: NodeIndex): number {
    const { world } = this;
    const pods = sumOf(world, meteredOn(world, node), "diskBytes", world.nowUs);
    return pods + world.machines.diskFilledBytes(node);
  }

  private isAboveHigh(node: NodeIndex): boolean {
    const disk = this.diskOf(node);
    const { highPercent } = this.world.options.images.garbageCollection;
    return disk !== undefined && disk.used * 100 >= disk.capacity * highPercent;
  }

  /** Pods that say what they write may fill a disk whose size is known between two looks. */
  private mayFill(node: NodeIndex): boolean {
    return this.diskOf(node) !== undefined && meteredOn(this.world, node).length > 0;
  }

  private pass(node: NodeIndex): void {
    const { world } = this;
    this.due.delete(node);
    if (!world.machines.isKubeletRunning(node)) return; // planned again when it is back
    if (!this.isAboveHigh(node)) {
      this.changed(node);
      return;
    }
    const { lowPercent, minimumAgeUs } = world.options.images.garbageCollection;
    const disk = this.diskOf(node)!;
    const keepBytes = Math.floor((disk.capacity * lowPercent) / 100) - this.writtenBytes(node);
    const used = this.imagesInUse(node);
    if (this.images.collect(node, keepBytes, minimumAgeUs, used) > 0) this.onChange(node);
    // What is left is younger than the minimum age or in use: looked at again while it is too much.
    this.changed(node);
  }

  private hasUnused(node: NodeIndex, used: ReadonlySet<string>): boolean {
    return [...this.world.machines.images(node).keys()].some((image) => !used.has(image));
  }

  private imagesInUse(node: NodeIndex): Set<string> {
    const used = new Set<string>();
    for (const { stage, template } of this.world.recordsOn(node)) {
      if (stage === Stage.Stopped || stage === Stage.Finished) continue;
      for (const { image } of [...template.initContainers, ...template.containers]) {
        used.add(normalizeImageName(image));
      }
    }
    return used;
  }
}
