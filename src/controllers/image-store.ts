// Images on the machines' disks: what is there, what is being pulled, and when a pod's images will
// all be there.
//
// Sizes come from the images that nodes report; an image that no node has reported has the default
// size. Two pods that wait for one image on one node wait for one pull.

import {
  type Machines,
  type NodeImage,
  type NodeIndex,
  normalizeImageName,
  type PodTemplate,
} from "../cluster/index.ts";
import { duration } from "../base/index.ts";
import { type EventHandle, RANK, type Simulation } from "../engine/index.ts";
import { type ImagePullModel, PullQueue, pullDurationUs } from "./image-pull.ts";

interface Pulling {
  readonly doneUs: number;
  readonly handle: EventHandle;
}

/** Pulls of all nodes. */
export class ImageStore {
  private readonly sim: Simulation;
  private readonly machines: Machines;
  private readonly model: ImagePullModel;
  private readonly sizes = new Map<string, number>();
  private readonly queues = new Map<NodeIndex, PullQueue>();
  private readonly pulling = new Map<NodeIndex, Map<string, Pulling>>();

  constructor(sim: Simulation, machines: Machines, model: ImagePullModel) {
    this.sim = sim;
    this.machines = machines;
    this.model = model;
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

  /** When all images of a pod's containers will be on the node's disk; now if nothing is to be pulled. */
  readyUs(node: NodeIndex, template: PodTemplate): number {
    const { nowUs } = this.sim;
    if (!this.model.enabled) return nowUs;
    let atUs: number = nowUs;
    for (const container of [...template.initContainers, ...template.containers]) {
      const image = normalizeImageName(container.image);
      const isThere = this.machines.imageBytes(node, image) !== undefined;
      if (!isThere) atUs = Math.max(atUs, this.pull(node, image));
      else if (container.imagePullPolicy === "Always") atUs += this.model.manifestUs;
    }
    return atUs;
  }

  /** Pulls under way when the power failed are lost. */
  forgetPulls(node: NodeIndex): void {
    for (const { handle } of this.pulling.get(node)?.values() ?? []) this.sim.cancel(handle);
    this.pulling.delete(node);
    this.queues.delete(node);
  }

  private pull(node: NodeIndex, image: string): number {
    let pulls = this.pulling.get(node);
    if (pulls === undefined) {
      pulls = new Map();
      this.pulling.set(node, pulls);
    }
    const known = pulls.get(image);
    if (known !== undefined) return known.doneUs;
    let queue = this.queues.get(node);
    if (queue === undefined) {
      queue = new PullQueue();
      this.queues.set(node, queue);
    }
    const bytes = this.sizes.get(image) ?? this.model.defaultImageBytes;
    const { nowUs } = this.sim;
    const doneUs = queue.enqueue(nowUs, pullDurationUs(this.model, bytes), this.model.serialize);
    const handle = this.sim.callAfter(
      duration(doneUs - nowUs),
      RANK.machine,
      "image pulled",
      () => {
        this.pulling.get(node)?.delete(image);
        this.machines.addImage(node, image, bytes);
      },
    );
    pulls.set(image, { doneUs, handle });
    return doneUs;
  }
}
