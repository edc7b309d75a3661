// Images on the machines' disks: what is there, what is being pulled, who waits for it.
//
// Sizes come from the registry's catalogue and from the images that nodes report; an image that
// neither knows has the default size. Containers that wait for one image on one node wait for one
// pull. A pull that the registry refuses fails after the manifest's round trip; when to try again is
// the waiting container's business.

import { duration } from "../../base/index.ts";
import {
  type Machines,
  type NodeImage,
  type NodeIndex,
  normalizeImageName,
} from "../../cluster/index.ts";
import { type EventHandle, NO_HANDLE, RANK, type Simulation } from "../../engine/index.ts";
import { type ImagePullModel, pullDurationUs, unpackedBytes, unpackUs } from "./image-pull.ts";
import { SharedTransfers } from "./shared-transfers.ts";

/** A container that waits for an image: its record, the record's turn, its position. */
export interface ImageWaiter {
  readonly image: string;
  readonly slot: number;
  readonly turn: number;
  readonly position: number;
}

interface Pull {
  readonly image: string;
  /** Still to be transferred when it was asked for, compressed. */
  readonly bytes: number;
  readonly waiters: ImageWaiter[];
  hasBegun: boolean;
  handle: EventHandle;
  transfer: { cancel(): void } | undefined;
}

/** Images and pulls of one node. */
interface NodeImages {
  /** In the order in which they were asked for. */
  readonly pulls: Map<string, Pull>;
  /** Containers that may not pull what they need. */
  readonly watchers: { readonly image: string; readonly waiter: ImageWaiter }[];
  /** Instants of arrival and of last use, by image. */
  readonly arrivedUs: Map<string, number>;
  readonly usedUs: Map<string, number>;
}

/** Pulls of all nodes. */
export class ImageStore {
  private readonly sim: Simulation;
  private readonly machines: Machines;
  private readonly model: ImagePullModel;
  private readonly sizes = new Map<string, number>();
  private readonly nodes = new Map<NodeIndex, NodeImages>();
  private readonly transfers: SharedTransfers;
  private readonly onImage: (waiter: ImageWaiter, isThere: boolean) => void;
  private readonly onDisk: (node: NodeIndex) => void;

  /** `onImage` is told of each waiter's image, `onDisk` of every new image on a node's disk. */
  constructor(
    sim: Simulation,
    machines: Machines,
    model: ImagePullModel,
    onImage: (waiter: ImageWaiter, isThere: boolean) => void,
    onDisk: (node: NodeIndex) => void,
  ) {
    this.sim = sim;
    this.machines = machines;
    this.model = model;
    this.onImage = onImage;
    this.onDisk = onDisk;
    const { bandwidthBytesPerSecond, registryBytesPerSecond } = model;
    this.transfers = new SharedTransfers(sim, bandwidthBytesPerSecond, registryBytesPerSecond);
  }

  /** Images that a node reports are on its disk; their sizes hold for other nodes too. */
  learn(node: NodeIndex, images: readonly NodeImage[]): void {
    for (const { names, sizeBytes } of images) {
      for (const name of names) {
        const image = normalizeImageName(name);
        this.sizes.set(image, sizeBytes);
        this.machines.addImage(node, image, sizeBytes);
      }
    }
  }

  /** True if the image need not be pulled. */
  isThere(node: NodeIndex, image: string): boolean {
    return !this.model.enabled || this.machines.imageBytes(node, image) !== undefined;
  }

  /** What asking the registry for a manifest takes, where pulls take time at all. */
  get manifestUs(): number {
    return this.model.enabled ? this.model.manifestUs : 0;
  }

  /** True if asking the registry for this image would be refused now. */
  isRefused(image: string): boolean {
    if (!this.model.enabled) return false;
    return !this.machines.isRegistryUp || this.model.registry.get(image)?.isMissing === true;
  }

  /** Asks for an image that is not there; the waiter is told when it is, or that it failed. */
  pull(node: NodeIndex, image: string, waiter: ImageWaiter): void {
    const own = this.of(node);
    const known = own.pulls.get(image);
    if (known !== undefined) {
      known.waiters.push(waiter);
      return;
    }
    const bytes = this.bytesToPull(node, image);
    const pull: Pull = {
      image,
      bytes,
      waiters: [waiter],
      hasBegun: false,
      handle: NO_HANDLE,
      transfer: undefined,
    };
    own.pulls.set(image, pull);
    this.beginNext(node, own);
  }

  /** The waiter is told if the image comes to the node by somebody else's pull. */
  watch(node: NodeIndex, image: string, waiter: ImageWaiter): void {
    this.of(node).watchers.push({ image, waiter });
  }

  /** A container of the node uses the image now, or has until now. */
  touch(node: NodeIndex, image: string): void {
    if (this.model.enabled) this.of(node).usedUs.set(image, this.sim.nowUs);
  }

  /** Pulls under way when the power failed are lost. */
  forgetPulls(node: NodeIndex): void {
    const own = this.nodes.get(node);
    if (own === undefined) return;
    for (const { handle, transfer } of own.pulls.values()) {
      this.sim.cancel(handle);
      transfer?.cancel();
    }
    own.pulls.clear();
    own.watchers.length = 0;
  }

  /** Bytes of all images on a node's disk, unpacked, shared layers counted once. */
  diskBytes(node: NodeIndex): number {
    let bytes = 0;
    const seen = new Set<string>();
    for (const [image, size] of this.machines.images(node)) {
      const layers = this.model.registry.get(image)?.layers ?? [];
      if (layers.length === 0) bytes += unpackedBytes(this.model, size);
      for (const layer of layers) {
        if (seen.has(layer.digest)) continue;
        seen.add(layer.digest);
        bytes += unpackedBytes(this.model, layer.bytes);
      }
    }
    return bytes;
  }

  /**
   * Deletes images that `isUsed` does not name, least recently used first, until the disk holds at
   * most `bytes`; returns how many went.
   */
  collect(
    node: NodeIndex,
    bytes: number,
    minimumAgeUs: number,
    isUsed: ReadonlySet<string>,
  ): number {
    const own = this.of(node);
    const { nowUs } = this.sim;
    const candidates = [...this.machines.images(node).keys()]
      .filter((image) => !isUsed.has(image))
      .filter((image) => nowUs - (own.arrivedUs.get(image) ?? 0) >= minimumAgeUs)
      .map((image, place) => ({ image, place, usedUs: own.usedUs.get(image) ?? 0 }))
      .sort((a, b) => a.usedUs - b.usedUs || a.place - b.place);
    let gone = 0;
    for (const { image } of candidates) {
      if (this.diskBytes(node) <= bytes) break;
      this.machines.removeImage(node, image);
      gone++;
    }
    return gone;
  }

  private of(node: NodeIndex): NodeImages {
    let own = this.nodes.get(node);
    if (own === undefined) {
      own = { pulls: new Map(), watchers: [], arrivedUs: new Map(), usedUs: new Map() };
      this.nodes.set(node, own);
    }
    return own;
  }

  private bytesOf(image: string): number {
    const known = this.model.registry.get(image)?.bytes ?? this.sizes.get(image);
    return known ?? this.model.defaultImageBytes;
  }

  /** Compressed bytes of the layers that no image on the disk has. */
  private bytesToPull(node: NodeIndex, image: string): number {
    const layers = this.model.registry.get(image)?.layers ?? [];
    if (layers.length === 0) return this.bytesOf(image);
    const held = new Set<string>();
    for (const other of this.machines.images(node).keys()) {
      for (const { digest } of this.model.registry.get(other)?.layers ?? []) held.add(digest);
    }
    return layers.reduce((sum, { digest, bytes }) => sum + (held.has(digest) ? 0 : bytes), 0);
  }

  private beginNext(node: NodeIndex, own: NodeImages): void {
    const atOnce = this.model.serialize ? 1 : (this.model.maxParallelPulls ?? own.pulls.size);
    let begun = 0;
    for (const pull of own.pulls.values()) {
      if (begun === atOnce) return;
      begun++;
      if (!pull.hasBegun) this.begin(node, own, pull);
    }
  }

  private begin(node: NodeIndex, own: NodeImages, pull: Pull): void {
    const { model } = this;
    pull.hasBegun = true;
    const later = (afterUs: number, label: string, next: () => void): void => {
      const slowUs = Math.ceil((afterUs * this.machines.slownessPercent(node)) / 100);
      pull.handle = this.sim.callAfter(duration(slowUs), RANK.machine, label, next);
    };
    const end = (): void => this.end(node, own, pull, true);
    if (this.isRefused(pull.image)) {
      later(model.manifestUs, "image refused", () => this.end(node, own, pull, false));
    } else if (model.serialize && model.registryBytesPerSecond === undefined) {
      later(pullDurationUs(model, pull.bytes), "image pulled", end);
    } else {
      later(model.manifestUs, "image found", () => {
        pull.transfer = this.transfers.begin(node, pull.bytes, () =>
          later(unpackUs(model, pull.bytes), "image pulled", end),
        );
      });
    }
  }

  private end(node: NodeIndex, own: NodeImages, pull: Pull, hasCome: boolean): void {
    const { image, waiters } = pull;
    own.pulls.delete(image);
    this.beginNext(node, own);
    if (hasCome) {
      this.machines.addImage(node, image, this.bytesOf(image));
      own.arrivedUs.set(image, this.sim.nowUs);
      own.usedUs.set(image, this.sim.nowUs);
      for (let i = own.watchers.length - 1; i >= 0; i--) {
        if (own.watchers[i]!.image === image)
          waiters.push(...own.watchers.splice(i, 1).map((w) => w.waiter));
      }
      this.onDisk(node);
    }
    for (const waiter of waiters) this.onImage(waiter, hasCome);
  }
}
