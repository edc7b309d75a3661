// Signatures: the kept states of request signatures, built when one is used again.
//
// A signature is built on its second use in short order, because building costs about as much as one
// fused pass. Many applications share few signatures. When they take too much room, the ones that were
// not used for longest are dropped.

import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import type { FusedProfile } from "../fused/fused-profile.ts";
import type { FusedSearch } from "../fused/fused-search.ts";
import type { ImageScores, KeptImageScores } from "../fused/image-scores.ts";
import type { PodClass } from "../fused/pod-class.ts";
import type { NodeSlots } from "./node-slots.ts";
import { NodeValues, type ValueWeights } from "./node-value.ts";
import { SignatureState } from "./signature-state.ts";

/** Bytes that all states together may take. */
const BYTES_MAX = 256_000_000;

/** One signature: how to judge a node, and what is known of all of them. */
export class KeptSignature {
  readonly values: NodeValues;
  readonly state: SignatureState;
  /** End of the journal when it was last used. */
  usedAt: number;

  /** False when it was dropped for want of room. */
  isKept = true;

  constructor(cache: SchedulerCache, slots: NodeSlots, values: NodeValues) {
    this.values = values;
    this.state = new SignatureState(cache, slots, values);
    this.usedAt = slots.journalEnd;
  }

  sync(): void {
    this.state.sync();
  }
}

/** The two signatures of a class, with and without regard to images: their keys, and they if found. */
export class ClassSignatures {
  readonly bare: string;
  readonly withImages: string;
  keptBare: KeptSignature | undefined;
  keptWithImages: KeptSignature | undefined;

  constructor(bare: string, withImages: string) {
    this.bare = bare;
    this.withImages = withImages;
  }
}

/** Signatures over one cache. */
export class Signatures {
  private readonly cache: SchedulerCache;
  private readonly slots: NodeSlots;
  private readonly search: FusedSearch;
  /** From least to most recently used. */
  private readonly kept = new Map<string, KeptSignature>();
  private readonly seenAt = new Map<string, readonly [layout: number, journal: number]>();
  private readonly images: ImageScores;
  private readonly profileNumbers = new Map<FusedProfile, number>();

  constructor(cache: SchedulerCache, slots: NodeSlots, search: FusedSearch, images: ImageScores) {
    this.cache = cache;
    this.slots = slots;
    this.search = search;
    this.images = images;
  }

  /** The scores of the pod's images, if some of those stand on any node. */
  imagesOf(
    podClass: PodClass,
    pod: PodInfo,
    { imagePlugin, images }: ValueWeights,
  ): KeptImageScores | undefined {
    if (imagePlugin === undefined || images === 0) return undefined;
    return hasAnyImage(this.cache, podClass) ? this.images.scoresOf(imagePlugin, pod) : undefined;
  }

  /**
   * The signature of such pods; undefined when it is used for the first time in a while. `own` are those
   * of the class; `patience` is how many changes of nodes may lie between two uses.
   */
  find(
    podClass: PodClass,
    own: ClassSignatures,
    pod: PodInfo,
    weights: ValueWeights,
    scores: KeptImageScores | undefined,
    patience: number,
  ): KeptSignature | undefined {
    const isSomewhere = scores !== undefined;
    const direct = isSomewhere ? own.keptWithImages : own.keptBare;
    const key = isSomewhere ? own.withImages : own.bare;
    const known = direct?.isKept === true ? direct : this.kept.get(key);
    if (known === undefined) return this.build(key, podClass, pod, weights, scores, patience);
    if (isSomewhere) own.keptWithImages = known;
    else own.keptBare = known;
    const { journalEnd } = this.slots;
    const isRecent = journalEnd - known.usedAt <= patience;
    known.usedAt = journalEnd;
    known.values.podClass = podClass;
    known.values.images = scores;
    return isRecent ? known : undefined;
  }

  /** The keys of a class's signatures. */
  signaturesOf({ template, scalars, fused, statics }: PodClass): ClassSignatures {
    const { requests, scoreRequests, balancedRequests, images, volumeImages } = template;
    const bare = JSON.stringify([
      this.numberOf(fused),
      // What plugins with a class key say is kept by static table.
      ...(fused.keyed.length === 0 ? [] : [statics.key]),
      ...[requests.milliCpu, requests.memoryBytes, requests.ephemeralStorageBytes, scalars],
      ...[scoreRequests.milliCpu, scoreRequests.memoryBytes],
      ...[balancedRequests.milliCpu, balancedRequests.memoryBytes],
    ]);
    return new ClassSignatures(bare, `${bare} ${JSON.stringify([images, volumeImages])}`);
  }

  private build(
    key: string,
    podClass: PodClass,
    pod: PodInfo,
    weights: ValueWeights,
    scores: KeptImageScores | undefined,
    patience: number,
  ): KeptSignature | undefined {
    const { slots } = this;
    const seen = this.seenAt.get(key);
    const isRecent =
      seen !== undefined && seen[0] === slots.layoutEpoch && slots.journalEnd - seen[1] <= patience;
    if (!isRecent) {
      if (this.seenAt.size > 100_000) this.seenAt.clear();
      this.seenAt.set(key, [slots.layoutEpoch, slots.journalEnd]);
      return undefined;
    }
    this.seenAt.delete(key);
    this.makeRoom();
    const values = new NodeValues(slots, this.search, podClass, pod, weights);
    values.images = scores;
    const made = new KeptSignature(this.cache, slots, values);
    this.kept.set(key, made);
    return made;
  }

  /** Drops the half that was not used for longest, so that this is rare. */
  private makeRoom(): void {
    const limit = Math.max(16, Math.floor(BYTES_MAX / (this.slots.slotCount * 2 + 1)));
    if (this.kept.size < limit) return;
    const byAge = [...this.kept].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key, old] of byAge.slice(0, Math.ceil(byAge.length / 2))) {
      this.kept.delete(key);
      old.isKept = false;
    }
  }

  private numberOf(fused: FusedProfile): number {
    const known = this.profileNumbers.get(fused);
    if (known !== undefined) return known;
    const number = this.profileNumbers.size;
    this.profileNumbers.set(fused, number);
    return number;
  }
}

function hasAnyImage(cache: SchedulerCache, { template }: PodClass): boolean {
  for (const image of template.images) if (cache.hasImage(image)) return true;
  for (const image of template.volumeImages) if (cache.hasImage(image)) return true;
  return false;
}
