// Times and sizes of image pulls, and what a registry offers.
//
// Kubernetes defines none of it: a pull takes `manifest + size / bandwidth + size x unpacking /
// unpackRate`, a stated law whose figures can all be set. Which pulls wait for which is in
// image-store.ts.

/** A layer of an image; images that name the same digest share it on disk and on the wire. */
export interface ImageLayer {
  readonly digest: string;
  /** Compressed. */
  readonly bytes: number;
}

/** What is known of an image in the registry. */
export interface RegistryImage {
  /** Compressed size; the sum of the layers where they are given. */
  readonly bytes: number;
  readonly layers: readonly ImageLayer[];
  /** The registry has no such image: every pull fails. */
  readonly isMissing: boolean;
}

/** Times and sizes of image pulls. */
export interface ImagePullModel {
  /** False: every image is on every machine from the start, nothing is ever pulled. */
  readonly enabled: boolean;
  readonly manifestUs: number;
  /** Per node, shared by the pulls that run side by side there. */
  readonly bandwidthBytesPerSecond: number;
  /** Of the registry, shared by all pulls of the cluster; undefined = no bound. */
  readonly registryBytesPerSecond: number | undefined;
  readonly unpackBytesPerSecond: number;
  /** Unpacked size over compressed size, in percent. */
  readonly unpackedPercent: number;
  /** Compressed size of images whose size nobody gives. */
  readonly defaultImageBytes: number;
  /** serializeImagePulls: one pull at a time per node. */
  readonly serialize: boolean;
  /** maxParallelImagePulls, where pulls are not serialized; undefined = no bound. */
  readonly maxParallelPulls: number | undefined;
  /** What the registry says of images, by normalised name. */
  readonly registry: ReadonlyMap<string, RegistryImage>;
  readonly backoff: PullBackoff;
  readonly garbageCollection: ImageGarbageCollection;
}

/** Pauses between attempts at an image that cannot be pulled, per pod and image. */
export interface PullBackoff {
  readonly initialUs: number;
  readonly maxUs: number;
  readonly resetAfterUs: number;
  /** The pod worker looks again after this, stretched by up to a half. */
  readonly retryUs: number;
}

/** The kubelet's imageGC settings; sizes are unpacked, of the node's ephemeral storage. */
export interface ImageGarbageCollection {
  readonly periodUs: number;
  /** Above this images go, down to the low one. */
  readonly highPercent: number;
  readonly lowPercent: number;
  /** Younger images stay. */
  readonly minimumAgeUs: number;
}

/** kubelet.md section 4: 50 MB/s, unpacking at 100 MB/s, 0.3 s for the manifest; 150 MB if unknown. */
export const DEFAULT_IMAGE_PULL: ImagePullModel = {
  enabled: true,
  manifestUs: 300_000,
  bandwidthBytesPerSecond: 50_000_000,
  registryBytesPerSecond: undefined,
  unpackBytesPerSecond: 100_000_000,
  unpackedPercent: 200,
  defaultImageBytes: 150_000_000,
  serialize: true,
  maxParallelPulls: undefined,
  registry: new Map(),
  backoff: {
    initialUs: 10_000_000,
    maxUs: 300_000_000,
    resetAfterUs: 600_000_000,
    retryUs: 10_000_000,
  },
  garbageCollection: {
    periodUs: 300_000_000,
    highPercent: 85,
    lowPercent: 80,
    minimumAgeUs: 120_000_000,
  },
};

/** How long unpacking takes, and what is on disk afterwards. */
export function unpackedBytes(model: ImagePullModel, bytes: number): number {
  return Math.round((bytes * model.unpackedPercent) / 100);
}

/** Time to unpack an image of this compressed size. */
export function unpackUs(model: ImagePullModel, bytes: number): number {
  return Math.round((unpackedBytes(model, bytes) / model.unpackBytesPerSecond) * 1e6);
}

/** How long pulling an image of this compressed size takes when nothing else is being pulled. */
export function pullDurationUs(model: ImagePullModel, bytes: number): number {
  const transferUs = Math.round((bytes / model.bandwidthBytesPerSecond) * 1e6);
  return model.manifestUs + transferUs + unpackUs(model, bytes);
}

/** When an image is tried again after `failures` failed pulls in a row, the last one at `failedUs`. */
export interface PullRetry {
  /** The kubelet's first look after the failure: ImagePullBackOff is shown from then on. */
  readonly lookUs: number;
  /** The first look after the back-off's end: the next attempt. */
  readonly attemptUs: number;
}

/** `nextLook` gives the instant of the k-th look (from 0) after the one before. */
export function planPullRetry(
  backoff: PullBackoff,
  failures: number,
  failedUs: number,
  nextLook: (us: number, look: number) => number,
): PullRetry {
  let pauseUs = backoff.initialUs;
  for (let k = 1; k < failures; k++) pauseUs = Math.min(2 * pauseUs, backoff.maxUs);
  const lookUs = nextLook(failedUs, 0);
  let attemptUs = lookUs;
  for (let look = 1; attemptUs < failedUs + pauseUs; look++) attemptUs = nextLook(attemptUs, look);
  return { lookUs, attemptUs };
}
