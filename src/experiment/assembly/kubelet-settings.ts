// The kubelets' options that a scenario asks for: its preset, and what differs.
//
// Beside control-plane.ts, because a kubelet has more settings than all controllers together.

import { isQuantityError, normalizeImageName, parseQuantity } from "../../cluster/index.ts";
import type { ImagePullModel, KubeletOptions } from "../../controllers/index.ts";
import type {
  EvictionThresholdSpec,
  KubeletSpec,
  RegistryImageSpec,
} from "../scenario/scenario.ts";
import { given } from "./given.ts";

type EvictionThreshold = KubeletOptions["eviction"]["thresholds"][number];
type RegistryImage = ImagePullModel["registry"] extends ReadonlyMap<string, infer T> ? T : never;

/** Options by preset and field. */
export function kubeletOptionsOf(preset: KubeletOptions, spec: KubeletSpec): KubeletOptions {
  const { images, restartBackoff, eviction, shutdown } = preset;
  return {
    ...preset,
    ...given<KubeletOptions>({
      bootUs: spec.boot,
      volumeMountUs: spec.volumeMount,
      claimMountUs: spec.claimMount,
      relistPeriodUs: spec.relistPeriod,
      statusPeriodUs: spec.statusPeriod,
      reportImages: spec.reportImages,
      restartJitter: spec.restartJitter,
    }),
    images: {
      ...images,
      ...given<ImagePullModel>({
        enabled: spec.pullImages,
        bandwidthBytesPerSecond: spec.imageBytesPerSecond,
        defaultImageBytes: spec.defaultImageBytes,
        serialize: spec.serializeImagePulls,
        maxParallelPulls: spec.maxParallelImagePulls,
        registryBytesPerSecond: spec.registryBytesPerSecond,
      }),
      registry: registryOf(spec.images ?? [], spec.defaultImageBytes ?? images.defaultImageBytes),
      garbageCollection: {
        ...images.garbageCollection,
        ...given<ImagePullModel["garbageCollection"]>({
          highPercent: spec.imageGcHighPercent,
          lowPercent: spec.imageGcLowPercent,
        }),
      },
    },
    restartBackoff: {
      ...restartBackoff,
      ...given<KubeletOptions["restartBackoff"]>({ maxUs: spec.restartBackoffMax }),
    },
    eviction: {
      ...eviction,
      ...given<KubeletOptions["eviction"]>({
        thresholds: spec.evictionThresholds?.map(thresholdOf),
        transitionUs: spec.evictionPressureTransitionPeriod,
        maxPodGraceUs: spec.evictionMaxPodGracePeriod,
        processesMax: spec.processesMax,
      }),
    },
    shutdown: {
      ...shutdown,
      ...given<KubeletOptions["shutdown"]>({
        gracePeriodUs: spec.shutdownGracePeriod,
        criticalGracePeriodUs: spec.shutdownGracePeriodCriticalPods,
      }),
    },
  };
}

function registryOf(
  images: readonly RegistryImageSpec[],
  defaultBytes: number,
): ReadonlyMap<string, RegistryImage> {
  return new Map(
    images.map(({ name, bytes, layers, missing }): [string, RegistryImage] => {
      const ofLayers = layers.reduce((sum, layer) => sum + layer.bytes, 0);
      const size = bytes ?? (layers.length > 0 ? ofLayers : defaultBytes);
      return [normalizeImageName(name), { bytes: size, layers, isMissing: missing }];
    }),
  );
}

function thresholdOf(spec: EvictionThresholdSpec): EvictionThreshold {
  const { signal, below, grace, minReclaim } = spec;
  const percent = below.endsWith("%") ? Number(below.slice(0, -1)) : undefined;
  const quantity = percent === undefined ? parseQuantity(below) : undefined;
  const isAmount = quantity !== undefined && !isQuantityError(quantity);
  return {
    signal: signal as EvictionThreshold["signal"],
    amount: isAmount ? Number(quantity.value()) : undefined,
    percent,
    graceUs: grace,
    minReclaim: minReclaim ?? 0,
  };
}
