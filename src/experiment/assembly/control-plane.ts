// The controllers' options that a scenario's control plane asks for: its preset, and what differs.
//
// One place translates the scenario's names into the options of controllers and container runtime, so
// that a field without effect shows here. API latencies are chosen in run.ts.

import {
  type Duration,
  duration,
  durationFromSeconds,
  type EntityDraws,
  entityHash,
  type Law,
  lawFromSpec,
} from "../../base/index.ts";
import {
  type ControllerOptions,
  INSTANT_CONTROLLER_OPTIONS,
  KUBERNETES_CONTROLLER_OPTIONS,
  type NodeLifecycleOptions,
  type PodGcOptions,
  type ProvisionerOptions,
  type StorageOptions,
} from "../../controllers/index.ts";
import type { BindingTimes, PodInfo } from "../../scheduler/index.ts";
import {
  type ContainerTimes,
  INSTANT_CONTAINER_TIMES,
  TYPICAL_CONTAINER_TIMES,
} from "../../workload/index.ts";
import type { ControlPlaneSpec, LawDescription } from "../scenario/scenario.ts";
import { given } from "./given.ts";
import { kubeletOptionsOf } from "./kubelet-settings.ts";

/** Steps with draws of their own, and the uniform numbers set aside for each. */
const BINDING_STEPS = 5;
const DRAWS_PER_STEP = 64;

/** Options by preset and field. */
export function controllerOptionsOf(spec: ControlPlaneSpec): ControllerOptions {
  const preset =
    spec.preset === "instant" ? INSTANT_CONTROLLER_OPTIONS : KUBERNETES_CONTROLLER_OPTIONS;
  const { phases } = spec;
  return {
    ...preset,
    wallStartUs: spec.wallStart === undefined ? preset.wallStartUs : spec.wallStart * 1_000_000,
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
    kubelet: kubeletOptionsOf(preset.kubelet, spec.kubelet),
    nodeIpam: {
      ...preset.nodeIpam,
      ...given<ControllerOptions["nodeIpam"]>({
        clusterCidr: spec.clusterCidr,
        nodeMaskSize: spec.nodeCidrMaskSize,
      }),
    },
    storage: {
      ...preset.storage,
      ...given<StorageOptions>({ claimSyncPeriodUs: spec.storage.claimSyncPeriod }),
      provisioner: {
        ...preset.storage.provisioner,
        ...given<ProvisionerOptions>({
          timeSeconds: lawOf(spec.storage.provisionSeconds),
          failureRate: spec.storage.provisionFailureRate,
          onFailure: spec.storage.onProvisionFailure,
        }),
        failingClasses: new Set(spec.storage.failingClasses),
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
  const { sandbox, createContainer, startContainer, readyWithoutProbe, stop, initRun } =
    spec.kubelet;
  return {
    ...preset,
    ...given<ContainerTimes>({
      sandboxUs: sandbox,
      createUs: createContainer,
      startUs: startContainer,
      readyWithoutProbeUs: readyWithoutProbe,
      stopUs: stop,
      initRunUs: initRun,
    }),
  };
}

/** The steps of a binding that take time or fail beside what is simulated; undefined when none does. */
export function bindingTimesOf(
  { binding }: ControlPlaneSpec,
  draws: EntityDraws,
): BindingTimes | undefined {
  const { bindFailureRate = 0 } = binding;
  const laws = [
    lawOf(binding.reserveSeconds),
    lawOf(binding.permitSeconds),
    lawOf(binding.preBindSeconds),
    lawOf(binding.bindSeconds),
  ] as const;
  if (bindFailureRate === 0 && laws.every((law) => law === undefined)) return undefined;
  const [reserve, permit, preBind, bind] = laws;
  const unitOf =
    ({ namespace, name }: PodInfo, attempt: number, step: number) =>
    (k: number): number => {
      const index = (attempt * BINDING_STEPS + step) * DRAWS_PER_STEP + k;
      return draws.unit(entityHash(`${namespace}/${name}`, 0), index);
    };
  const sampled = (law: Law | undefined, pod: PodInfo, attempt: number, step: number): Duration =>
    durationFromSeconds(Math.max(0, law?.sample(unitOf(pod, attempt, step)) ?? 0));
  return {
    holdUs: (pod, attempt) =>
      duration(sampled(reserve, pod, attempt, 0) + sampled(permit, pod, attempt, 1)),
    preBindUs: (pod, attempt) => sampled(preBind, pod, attempt, 2),
    bindUs: (pod, attempt) => sampled(bind, pod, attempt, 3),
    isLost: (pod, attempt) => unitOf(pod, attempt, 4)(0) < bindFailureRate,
  };
}

function lawOf(description: LawDescription | undefined): Law | undefined {
  return description === undefined ? undefined : lawFromSpec(description).law;
}
