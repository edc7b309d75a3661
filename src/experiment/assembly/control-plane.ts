// The controllers' options that a scenario's control plane asks for: its preset, and what differs.
//
// One place translates the scenario's names into the options of controllers and container runtime, so
// that a field without effect shows here. API latencies are chosen in run.ts.

import {
  type ControllerOptions,
  type ImagePullModel,
  INSTANT_CONTROLLER_OPTIONS,
  type KubeletOptions,
  KUBERNETES_CONTROLLER_OPTIONS,
  type NodeLifecycleOptions,
  type PodGcOptions,
} from "../../controllers/index.ts";
import {
  type ContainerTimes,
  INSTANT_CONTAINER_TIMES,
  TYPICAL_CONTAINER_TIMES,
} from "../../workload/index.ts";
import type { ControlPlaneSpec } from "../scenario/scenario.ts";

/** Options by preset and field. */
export function controllerOptionsOf(spec: ControlPlaneSpec): ControllerOptions {
  const preset =
    spec.preset === "instant" ? INSTANT_CONTROLLER_OPTIONS : KUBERNETES_CONTROLLER_OPTIONS;
  const { kubelet, phases } = spec;
  return {
    ...preset,
    nodeLifecycle: {
      ...preset.nodeLifecycle,
      ...given<NodeLifecycleOptions>({
        nodeMonitorPeriodUs: spec.nodeMonitorPeriod,
        nodeMonitorGracePeriodUs: spec.nodeMonitorGracePeriod,
        nodeEvictionRatePerSecond: spec.nodeEvictionRate,
        secondaryNodeEvictionRatePerSecond: spec.secondaryNodeEvictionRate,
        unhealthyZoneThreshold: spec.unhealthyZoneThreshold,
        largeClusterSizeThreshold: spec.largeClusterSizeThreshold,
      }),
    },
    podGc: {
      ...preset.podGc,
      ...given<PodGcOptions>({ terminatedPodGcThreshold: spec.terminatedPodGcThreshold }),
    },
    kubelet: {
      ...preset.kubelet,
      ...given<KubeletOptions>({
        bootUs: kubelet.boot,
        relistPeriodUs: kubelet.relistPeriod,
      }),
      images: {
        ...preset.kubelet.images,
        ...given<ImagePullModel>({
          enabled: kubelet.pullImages,
          bandwidthBytesPerSecond: kubelet.imageBytesPerSecond,
          defaultImageBytes: kubelet.defaultImageBytes,
          serialize: kubelet.serializeImagePulls,
        }),
      },
    },
    phases: {
      nodeMonitorUs: phases.nodeMonitor ?? preset.phases.nodeMonitorUs,
      taintPassUs: phases.taintPass ?? preset.phases.taintPassUs,
      podGcUs: phases.podGc ?? preset.phases.podGcUs,
      metricsUs: phases.metrics ?? preset.phases.metricsUs,
      leaseUs: phases.lease === undefined ? preset.phases.leaseUs : () => phases.lease,
    },
  };
}

/** The container runtime's times, which pods without annotations have. */
export function containerTimesOf(spec: ControlPlaneSpec): ContainerTimes {
  const preset = spec.preset === "instant" ? INSTANT_CONTAINER_TIMES : TYPICAL_CONTAINER_TIMES;
  const { sandbox, createContainer, startContainer, readyWithoutProbe, stop } = spec.kubelet;
  return {
    ...preset,
    ...given<ContainerTimes>({
      sandboxUs: sandbox,
      createUs: createContainer,
      startUs: startContainer,
      readyWithoutProbeUs: readyWithoutProbe,
      stopUs: stop,
    }),
  };
}

// The type is named at each call, so that a field the options do not have is an error here.
function given<T extends object>(
  values: {
    readonly [K in keyof T]?: T[K] | undefined;
  },
): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
