// Every setting of a run with the value that is in force: what the scenario says, else the default.
//
// For `run --print-config`. It only reads; where a value comes from is known to whoever read the file.

import { type Duration, formatDuration, type Law } from "../base/index.ts";
import { formatTimestamp, LATENCY_PRESETS } from "../cluster/index.ts";
import { containerTimesOf, controllerOptionsOf } from "./assembly/control-plane.ts";
import type { LawDescription, Scenario, SchedulerSpec } from "./scenario/scenario.ts";

/** One setting: its path in a scenario, the value in force as a scenario would write it. */
export interface Setting {
  readonly path: string;
  readonly value: string;
  /** True if a missing value comes from `controlPlane.preset`. */
  readonly fromPreset: boolean;
}

/** The settings of `run` and `controlPlane`, the names of schedulers, and the thresholds. */
export function listSettings(scenario: Scenario): Setting[] {
  const { run } = scenario;
  const plain: [string, string | number | undefined][] = [
    ["metadata.name", scenario.metadata.name],
    ["run.study", run.study],
    ["run.horizon", spanOf(run.horizon)],
    ["run.until", run.untilDrained ? "drained" : undefined],
    ["run.warmup", run.warmupAuto ? "auto" : spanOf(run.warmup)],
    ["run.seed", run.seed],
    ["run.replications", run.replications],
    ["run.limits.maxEvents", run.limits.maxEvents],
    ["run.limits.maxWall", spanOf(run.limits.maxWall)],
    ["schedulers", scenario.schedulers.map(({ name }) => name).join(", ")],
    ["vary", scenario.vary.length === 0 ? undefined : scenario.vary.join(", ")],
    ["thresholds", scenario.thresholds.length === 0 ? undefined : scenario.thresholds.join(", ")],
    ["controlPlane.preset", scenario.controlPlane.preset],
  ];
  return [
    ...plain.map(([path, value]) => ({ path, value: String(value ?? "none"), fromPreset: false })),
    ...scenario.schedulers.flatMap(ownSettings),
    ...controlPlaneOf(scenario).map(([name, value]) => ({
      path: `controlPlane.${name}`,
      value: textOf(name, value),
      fromPreset: true,
    })),
  ];
}

/** What a scheduler's entry says for it alone; where it says nothing, controlPlane counts. */
function ownSettings(scheduler: SchedulerSpec, at: number): Setting[] {
  const { schedulerNames, watchLatency, schedulerCycle, schedulerClient } = scheduler;
  const given: [string, unknown][] = [
    ["schedulerName", schedulerNames?.join(", ")],
    ["watchLatency", watchLatency],
    ["schedulerCycle", schedulerCycle],
    ["schedulerClient", schedulerClient],
  ];
  return given
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({
      path: `schedulers[${at}].${name}`,
      value: textOf(name, value),
      fromPreset: false,
    }));
}

function controlPlaneOf({ controlPlane }: Scenario): [string, unknown][] {
  const preset = LATENCY_PRESETS.get(controlPlane.preset)!;
  const options = controllerOptionsOf(controlPlane);
  const { nodeLifecycle, podGc, kubelet, nodeIpam, storage, phases, wallStartUs } = options;
  const { provisioner } = storage;
  const { binding } = controlPlane;
  const times = containerTimesOf(controlPlane);
  const latencies = Object.entries(preset).map(([name, value]): [string, unknown] => [
    name,
    controlPlane[name as keyof typeof preset] ?? value,
  ]);
  return [
    ...latencies,
    ["wallStart", formatTimestamp(wallStartUs, 0)],
    ["nodeMonitorPeriod", nodeLifecycle.nodeMonitorPeriodUs],
    ["nodeMonitorGracePeriod", nodeLifecycle.nodeMonitorGracePeriodUs],
    ["nodeEvictionRate", nodeLifecycle.nodeEvictionRatePerSecond],
    ["secondaryNodeEvictionRate", nodeLifecycle.secondaryNodeEvictionRatePerSecond],
    ["unhealthyZoneThreshold", nodeLifecycle.unhealthyZoneThreshold],
    ["largeClusterSizeThreshold", nodeLifecycle.largeClusterSizeThreshold],
    ["terminatedPodGcThreshold", podGc.terminatedPodGcThreshold],
    ["clusterCIDR", nodeIpam.clusterCidr ?? "none"],
    ["nodeCIDRMaskSize", nodeIpam.nodeMaskSize],
    ["kubelet.sandbox", times.sandboxUs],
    ["kubelet.createContainer", times.createUs],
    ["kubelet.startContainer", times.startUs],
    ["kubelet.readyWithoutProbe", times.readyWithoutProbeUs],
    ["kubelet.stop", times.stopUs],
    ["kubelet.boot", kubelet.bootUs],
    ["kubelet.volumeMount", kubelet.volumeMountUs],
    ["kubelet.claimMount", kubelet.claimMountUs],
    ["kubelet.relistPeriod", kubelet.relistPeriodUs],
    ["kubelet.pullImages", kubelet.images.enabled],
    ["kubelet.imageBytesPerSecond", kubelet.images.bandwidthBytesPerSecond],
    ["kubelet.defaultImageBytes", kubelet.images.defaultImageBytes],
    ["kubelet.serializeImagePulls", kubelet.images.serialize],
    ["kubelet.maxParallelImagePulls", kubelet.images.maxParallelPulls ?? "no bound"],
    ["kubelet.registryBytesPerSecond", kubelet.images.registryBytesPerSecond ?? "no bound"],
    ["kubelet.imageGCHighThresholdPercent", kubelet.images.garbageCollection.highPercent],
    ["kubelet.imageGCLowThresholdPercent", kubelet.images.garbageCollection.lowPercent],
    ["kubelet.reportImages", kubelet.reportImages],
    ["kubelet.statusPeriod", kubelet.statusPeriodUs],
    ["kubelet.initRun", times.initRunUs],
    ["kubelet.restartBackoffMax", kubelet.restartBackoff.maxUs],
    ["kubelet.restartJitter", kubelet.restartJitter],
    ["kubelet.evictionPressureTransitionPeriod", kubelet.eviction.transitionUs],
    ["kubelet.evictionMaxPodGracePeriod", kubelet.eviction.maxPodGraceUs],
    ["kubelet.processesMax", kubelet.eviction.processesMax ?? "no bound"],
    ["kubelet.shutdownGracePeriod", kubelet.shutdown.gracePeriodUs],
    ["kubelet.shutdownGracePeriodCriticalPods", kubelet.shutdown.criticalGracePeriodUs],
    ["storage.claimSyncPeriod", storage.claimSyncPeriodUs],
    ["storage.provision", lawText(controlPlane.storage.provisionSeconds, provisioner.timeSeconds)],
    ["storage.provisionFailureRate", provisioner.failureRate],
    ["storage.failingClasses", [...provisioner.failingClasses].join(", ") || "none"],
    ["storage.onProvisionFailure", provisioner.onFailure],
    ["binding.reserve", lawText(binding.reserveSeconds)],
    ["binding.permit", lawText(binding.permitSeconds)],
    ["binding.preBind", lawText(binding.preBindSeconds)],
    ["binding.bind", lawText(binding.bindSeconds)],
    ["binding.bindFailureRate", binding.bindFailureRate ?? 0],
    ["phases.nodeMonitor", phases.nodeMonitorUs ?? "drawn from the seed"],
    ["phases.taintPass", phases.taintPassUs ?? "drawn from the seed"],
    ["phases.podGc", phases.podGcUs ?? "drawn from the seed"],
    ["phases.metrics", phases.metricsUs ?? "drawn from the seed"],
    ["phases.lease", controlPlane.phases.lease ?? "drawn from the seed"],
  ];
}

/** A law in one line, in seconds; one that nobody gave is the default's mean, or nothing. */
function lawText(given: LawDescription | undefined, fallback?: Law): string {
  if (given === undefined) return `${fallback?.mean() ?? 0}s`;
  return `{ ${Object.entries(given)
    .map(([key, value]) => `${key}: ${typeof value === "object" ? JSON.stringify(value) : value}`)
    .join(", ")} }`;
}

/** Settings whose numbers are no durations. */
const PLAIN_NUMBERS = /Rate$|Threshold$|Bytes|Percent$|Pulls$|processesMax$|MaskSize$/;

function textOf(name: string, value: unknown): string {
  if (typeof value === "number" && !PLAIN_NUMBERS.test(name)) return spanOf(value as Duration)!;
  if (typeof value !== "object" || value === null) return String(value);
  const { qps, burst } = value as { qps: number; burst: number };
  return `{ qps: ${qps}, burst: ${burst} }`;
}

function spanOf(us: Duration | undefined): string | undefined {
  return us === undefined ? undefined : formatDuration(us);
}
