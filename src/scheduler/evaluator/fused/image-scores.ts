// ImageScores: what ImageLocality gives each node, kept until the node's images or the number of nodes change.
//
// The score of a set of images on a node depends on the copy of the node in the snapshot and on how
// many nodes there are, so it is asked again only where that copy is another one.

import { Int32Column, Uint8Column } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import { CycleState } from "../../framework/cycle-state.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import type { ImageLocality } from "../../plugins/image-locality.ts";

/** Scores of one set of images by row. */
export class KeptImageScores {
  private readonly cache: SchedulerCache;
  private readonly plugin: ImageLocality;
  private readonly pod: PodInfo;
  private readonly state = new CycleState();
  /** 0 to 100, as all scores. */
  private readonly scores = new Uint8Column();
  /** Version of the row's images when it was scored; -1 never. */
  private readonly scoredAt = new Int32Column(16, -1);
  private nodeCount = 0;

  /** `pod` stands for all pods with these images. */
  constructor(cache: SchedulerCache, plugin: ImageLocality, pod: PodInfo) {
    this.cache = cache;
    this.plugin = plugin;
    this.pod = pod;
  }

  /** To be called before the first `on` after the cache changed. */
  refresh(): void {
    const { rowCount, nodeList } = this.cache;
    if (this.nodeCount !== nodeList.length) {
      this.nodeCount = nodeList.length;
      this.scoredAt.raw.fill(-1);
    }
    this.scores.grow(rowCount);
    this.scoredAt.grow(rowCount);
  }

  /** No node scores higher now. */
  get highest(): number {
    return this.plugin.highestScore(this.pod);
  }

  on(row: NodeRow): number {
    const version = this.cache.imagesVersionOf(row);
    if (this.scoredAt.raw[row] !== version) {
      this.scoredAt.raw[row] = version;
      this.scores.raw[row] = this.plugin.score(this.state, this.pod, row);
    }
    return this.scores.raw[row]!;
  }
}

/** More sets than this are forgotten all at once. */
const SETS_MAX = 64;

/** Image scores over one cache. */
export class ImageScores {
  private readonly cache: SchedulerCache;
  private byImages = new Map<string, KeptImageScores>();

  constructor(cache: SchedulerCache) {
    this.cache = cache;
  }

  /** The scores of the pod's images, up to date. */
  scoresOf(plugin: ImageLocality, pod: PodInfo): KeptImageScores {
    const { images, volumeImages } = pod.template;
    const isOne = images.length === 1 && volumeImages.length === 0;
    const key = isOne ? images[0]! : `\n${JSON.stringify([images, volumeImages])}`;
    let kept = this.byImages.get(key);
    if (kept === undefined) {
      if (this.byImages.size >= SETS_MAX) this.byImages = new Map();
      kept = new KeptImageScores(this.cache, plugin, pod);
      this.byImages.set(key, kept);
    }
    kept.refresh();
    return kept;
  }
}
