// ImageScores: what ImageLocality gives each node, kept until the node or the number of nodes changes.
//
// The score of a set of images on a node depends on the copy of the node in the snapshot and on how
// many nodes there are, so it is asked again only for nodes that changed since.

import { Float64Column } from "../../../base/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { CycleState } from "../../framework/cycle-state.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import type { ImageLocality } from "../../plugins/image-locality.ts";

/** Scores of one set of images by row. */
interface KeptScores {
  readonly scores: Float64Column;
  /** The row's generation when it was scored; -1 never. */
  readonly scoredAt: Float64Column;
  nodeCount: number;
}

/** More sets than this are forgotten all at once. */
const SETS_MAX = 64;

/** Image scores over one cache. */
export class ImageScores {
  private readonly cache: SchedulerCache;
  private byImages = new Map<string, KeptScores>();
  private keys = new WeakMap<PodInfo["template"], string>();

  constructor(cache: SchedulerCache) {
    this.cache = cache;
  }

  /** Writes the scores of the first `count` feasible rows. */
  score(
    plugin: ImageLocality,
    pod: PodInfo,
    state: CycleState,
    feasible: Int32Array,
    count: number,
    raw: Float64Array,
  ): void {
    const { cache } = this;
    const { scores, scoredAt } = this.keptFor(pod);
    for (let place = 0; place < count; place++) {
      const row = feasible[place] as NodeRow;
      const generation = cache.generationOf(row);
      if (scoredAt.raw[row] !== generation) {
        scoredAt.raw[row] = generation;
        scores.raw[row] = plugin.score(state, pod, row);
      }
      raw[place] = scores.raw[row]!;
    }
  }

  private keptFor({ template }: PodInfo): KeptScores {
    let key = this.keys.get(template);
    if (key === undefined) {
      key = JSON.stringify([template.images, template.volumeImages]);
      this.keys.set(template, key);
    }
    let kept = this.byImages.get(key);
    if (kept === undefined) {
      if (this.byImages.size >= SETS_MAX) this.byImages = new Map();
      kept = { scores: new Float64Column(), scoredAt: new Float64Column(16, -1), nodeCount: 0 };
      this.byImages.set(key, kept);
    }
    const { rowCount, nodeList } = this.cache;
    if (kept.nodeCount !== nodeList.length) {
      kept.nodeCount = nodeList.length;
      kept.scoredAt.raw.fill(-1);
    }
    kept.scores.grow(rowCount);
    kept.scoredAt.grow(rowCount);
    return kept;
  }
}
