// ImageLocality: nodes that already have a pod's images score higher.
//
// An image counts by its size times the share of nodes that have it, so that one well-supplied node
// does not attract everything (N7).

import type { ImageOnNode } from "../cache/image-table.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import { MAX_NODE_SCORE, type PluginHandle, type ScorePlugin } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { signImages } from "./signed-parts.ts";

const MEBIBYTE = 1_048_576;
/** Below this sum a node scores 0. */
const SUM_BYTES_MIN = 23 * MEBIBYTE;
/** Above this sum per container a node scores 100. */
const SUM_BYTES_MAX_PER_CONTAINER = 1000 * MEBIBYTE;

/** Score by images on the node; never skipped. */
export class ImageLocality implements ScorePlugin {
  readonly name = "ImageLocality";
  readonly sign: typeof signImages = signImages;
  private readonly cache: SchedulerCache;

  constructor(handle: PluginHandle) {
    this.cache = handle.cache;
  }

  score(_state: CycleState, pod: PodInfo, node: NodeRow): number {
    const { images, volumeImages } = pod.template;
    let sumBytes = 0;
    for (const image of images) sumBytes += this.spreadBytes(node, image);
    for (const image of volumeImages) sumBytes += this.spreadBytes(node, image);
    return scoreOfBytes(sumBytes, images.length);
  }

  /** The score of a node that has none of the pod's images. */
  scoreWithoutImages({ template }: PodInfo): number {
    return scoreOfBytes(0, template.images.length);
  }

  /** No node scores higher now. */
  highestScore({ template }: PodInfo): number {
    const { cache } = this;
    let sumBytes = 0;
    for (const image of template.images) sumBytes += this.bytesOf(cache.imageLimit(image));
    for (const image of template.volumeImages) sumBytes += this.bytesOf(cache.imageLimit(image));
    return scoreOfBytes(sumBytes, template.images.length);
  }

  private spreadBytes(node: NodeRow, image: string): number {
    return this.bytesOf(this.cache.imageOn(node, image));
  }

  private bytesOf(found: ImageOnNode | undefined): number {
    if (found === undefined) return 0;
    return Math.trunc(found.sizeBytes * (found.nodeCount / this.cache.nodeList.length));
  }
}

function scoreOfBytes(sumBytes: number, containerCount: number): number {
  const highest = SUM_BYTES_MAX_PER_CONTAINER * containerCount;
  let bytes = sumBytes;
  if (bytes < SUM_BYTES_MIN) bytes = SUM_BYTES_MIN;
  else if (bytes > highest) bytes = highest;
  const part = MAX_NODE_SCORE * (bytes - SUM_BYTES_MIN);
  return part === 0 ? 0 : Math.trunc(part / (highest - SUM_BYTES_MIN));
}
