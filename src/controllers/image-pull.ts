// Images: which are on a machine's disk, how long a pull takes, and the queue of pulls of one node.
//
// Kubelets pull one image at a time by default, so a big image delays every pod behind it. Layers
// shared between images, registry back-off and garbage collection of images are not modelled.

/** Times and sizes of image pulls; a pull takes `manifest + size / bandwidth + size x unpacking / unpackRate`. */
export interface ImagePullModel {
  /** False: every image is on every machine from the start, nothing is ever pulled. */
  readonly enabled: boolean;
  readonly manifestUs: number;
  readonly bandwidthBytesPerSecond: number;
  readonly unpackBytesPerSecond: number;
  /** Unpacked size over compressed size, in percent. */
  readonly unpackedPercent: number;
  /** Compressed size of images whose size nobody gives. */
  readonly defaultImageBytes: number;
  /** serializeImagePulls: one pull at a time per node. */
  readonly serialize: boolean;
}

/** kubelet.md section 4: 50 MB/s, unpacking at 100 MB/s, 0.3 s for the manifest; 150 MB if unknown. */
export const DEFAULT_IMAGE_PULL: ImagePullModel = {
  enabled: true,
  manifestUs: 300_000,
  bandwidthBytesPerSecond: 50_000_000,
  unpackBytesPerSecond: 100_000_000,
  unpackedPercent: 200,
  defaultImageBytes: 150_000_000,
  serialize: true,
};

/** How long pulling an image of this compressed size takes when nothing else is being pulled. */
export function pullDurationUs(model: ImagePullModel, bytes: number): number {
  const transferUs = Math.round((bytes / model.bandwidthBytesPerSecond) * 1e6);
  const unpackedBytes = (bytes * model.unpackedPercent) / 100;
  const unpackUs = Math.round((unpackedBytes / model.unpackBytesPerSecond) * 1e6);
  return model.manifestUs + transferUs + unpackUs;
}

/** The pulls of one node: one server (serial) or as many as asked for. */
export class PullQueue {
  private freeAtUs = 0;

  /** When a pull that takes `durationUs` and is asked for now will be done. */
  enqueue(nowUs: number, durationUs: number, serialize: boolean): number {
    if (!serialize) return nowUs + durationUs;
    this.freeAtUs = Math.max(this.freeAtUs, nowUs) + durationUs;
    return this.freeAtUs;
  }
}
