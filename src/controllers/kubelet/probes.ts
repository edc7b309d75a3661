// Startup, liveness and readiness probes: what they find and when it counts.
//
// Not tried one by one: what a container's probes will find is known from its behavior, so only the
// instants at which a threshold is reached are events, and a probe that will never change anything
// costs none. Tickers of startup and liveness probes count from the pod's first sync, that of a
// readiness probe from the try that the container's start triggers.

import type { Probe } from "../../cluster/index.ts";
import { type EventKind, NO_HANDLE, RANK } from "../../engine/index.ts";
import { ContainerStage, type KubeletPod, Stage } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { areContainersReady } from "./pod-status.ts";
import { containerAt } from "./start-order.ts";
import { absoluteSpans, firstTry, gapsOf, thresholdReached, type TickGrid } from "./probe-times.ts";

const US_PER_SECOND = 1_000_000;

/** What the outcome of a probe does. */
export interface ProbeOutcomes {
  /** A startup probe succeeded: what waited for the container may go on. */
  readonly started: (record: KubeletPod) => void;
  /** Readiness changed. */
  readonly readyChanged: (record: KubeletPod) => void;
  /** A startup or liveness probe failed for good: the container is stopped and started again. */
  readonly failed: (record: KubeletPod, position: number, graceSeconds: number | undefined) => void;
}

/** The probes of all containers. */
export class Probes {
  private readonly world: KubeletWorld;
  private readonly outcomes: ProbeOutcomes;
  private readonly startedKind: EventKind;
  private readonly readyKind: EventKind;
  private readonly unreadyKind: EventKind;
  private readonly failedKind: EventKind;
  private readonly gatesKind: EventKind;

  constructor(world: KubeletWorld, outcomes: ProbeOutcomes) {
    this.world = world;
    this.outcomes = outcomes;
    const define = world.defineContainerKind.bind(world);
    const { kubelet } = RANK;
    this.startedKind = define("container started up", kubelet, (record, i) => {
      if (!world.machines.isKubeletRunning(record.node)) return;
      record.containers[i]!.probe = NO_HANDLE;
      this.startUp(record, i);
      outcomes.started(record);
      if (record.containers[i]!.isReady) outcomes.readyChanged(record);
    });
    this.readyKind = define("pod ready", kubelet, (record, i) => this.turn(record, i, true));
    this.unreadyKind = define("pod not ready", kubelet, (record, i) => this.turn(record, i, false));
    this.failedKind = define("probe failed", kubelet, (record, i) => {
      if (!world.machines.isKubeletRunning(record.node)) return;
      const { livenessProbe, startupProbe } = containerAt(record.template, i);
      const probe = record.containers[i]!.isStarted ? livenessProbe : startupProbe;
      outcomes.failed(record, i, probe?.terminationGracePeriodSeconds);
    });
    this.gatesKind = world.defineKindForTurn("readiness gates open", (record) => {
      record.areGatesOpen = true;
      if (record.stage === Stage.Active) outcomes.readyChanged(record);
    });
  }

  /** A container has just started. */
  begin(record: KubeletPod, position: number): void {
    const { startupProbe } = containerAt(record.template, position);
    if (startupProbe === undefined) this.startUp(record, position);
    else this.awaitStart(record, position, startupProbe);
  }

  /** A container ran before the kubelet knew it: only what will go wrong is still to come. */
  adopt(record: KubeletPod, position: number, isReady: boolean): void {
    const container = record.containers[position]!;
    container.isStarted = true;
    container.isReady = isReady;
    record.areGatesOpen = isReady;
    this.watchLiveness(record, position);
    if (isReady) this.watchReadiness(record, position, this.world.nowUs);
  }

  /** The kubelet is back after a time in which nobody probed. */
  resume(record: KubeletPod, position: number): void {
    const container = record.containers[position]!;
    const { world } = this;
    if (container.stage !== ContainerStage.Running) return;
    const { sim } = world.context;
    const { startupProbe } = containerAt(record.template, position);
    if (!sim.isPending(container.probe)) {
      if (container.isStarted && container.isReady)
        this.watchReadiness(record, position, world.nowUs);
      else if (container.isStarted) this.startUp(record, position);
      else if (startupProbe !== undefined) this.awaitStart(record, position, startupProbe);
    }
    if (container.isStarted && !sim.isPending(container.liveness))
      this.watchLiveness(record, position);
  }

  private awaitStart(record: KubeletPod, position: number, probe: Probe): void {
    const container = record.containers[position]!;
    const grid = gridOf(probe, record.beganUs);
    const tryUs = Math.max(firstTry(grid, container.startedUs, probe), this.world.nowUs);
    const health = this.world.behavior.health(record.pod, position);
    const succeedsUs = container.startedUs + (health?.startedUs ?? 0);
    const failing = [{ fromUs: container.startedUs, toUs: succeedsUs }];
    const failedUs = thresholdReached(grid, tryUs, failing, probe.failureThreshold);
    const working = [{ fromUs: succeedsUs, toUs: undefined }];
    const startedUs = thresholdReached(grid, tryUs, working, probe.successThreshold)!;
    const fails = failedUs !== undefined && failedUs < startedUs;
    const kind = fails ? this.failedKind : this.startedKind;
    container.probe = this.world.atContainer(fails ? failedUs : startedUs, kind, record, position);
  }

  /** From here on liveness and readiness are asked for. */
  private startUp(record: KubeletPod, position: number): void {
    const container = record.containers[position]!;
    const { world } = this;
    container.isStarted = true;
    this.watchLiveness(record, position);
    if (position < record.initCount) {
      if (!record.template.initContainers[position]!.isSidecar) return;
    }
    const readyAfterUs = world.behavior.readyAfterUs(record.pod, position);
    if (readyAfterUs > 0) {
      const atUs = this.firstReadyUs(record, position, world.nowUs + readyAfterUs);
      if (atUs === undefined) return;
      container.probe = world.atContainer(atUs, this.readyKind, record, position);
      return;
    }
    container.isReady = true;
    this.awaitGates(record);
    this.watchReadiness(record, position, world.nowUs);
  }

  /** The instant itself, or the first success after the spans that it falls into; undefined = never. */
  private firstReadyUs(record: KubeletPod, position: number, us: number): number | undefined {
    const probe = containerAt(record.template, position).readinessProbe;
    const spans = probe === undefined ? [] : this.unreadySpans(record, position);
    if (probe === undefined || spans.length === 0) return us;
    return thresholdReached(gridOf(probe, us), us, gapsOf(spans, us), probe.successThreshold);
  }

  /** Readiness has changed; the next change follows. */
  private turn(record: KubeletPod, position: number, isReady: boolean): void {
    const container = record.containers[position]!;
    container.probe = NO_HANDLE;
    if (container.stage !== ContainerStage.Running) return;
    if (!this.world.machines.isKubeletRunning(record.node)) return; // found again by `resume`
    container.isReady = isReady;
    if (isReady) this.awaitGates(record);
    this.watchReadiness(record, position, this.world.nowUs);
    this.outcomes.readyChanged(record);
  }

  private watchReadiness(record: KubeletPod, position: number, fromUs: number): void {
    const container = record.containers[position]!;
    const { world } = this;
    const probe = containerAt(record.template, position).readinessProbe;
    if (probe === undefined) return;
    const spans = this.unreadySpans(record, position);
    if (spans.length === 0) return;
    const { isReady } = container;
    const atUs = isReady
      ? thresholdReached(gridOf(probe, fromUs), fromUs, spans, probe.failureThreshold)
      : thresholdReached(
          gridOf(probe, fromUs),
          fromUs,
          gapsOf(spans, fromUs),
          probe.successThreshold,
        );
    if (atUs === undefined) return;
    const kind = isReady ? this.unreadyKind : this.readyKind;
    container.probe = world.atContainer(atUs, kind, record, position);
  }

  private watchLiveness(record: KubeletPod, position: number): void {
    const { world } = this;
    const probe = containerAt(record.template, position).livenessProbe;
    const health = probe === undefined ? undefined : world.behavior.health(record.pod, position);
    if (probe === undefined || health === undefined || health.unhealthy.length === 0) return;
    const container = record.containers[position]!;
    const grid = gridOf(probe, record.beganUs);
    const spans = absoluteSpans(container.startedUs, health.unhealthy);
    const fromUs = Math.max(firstTry(grid, container.startedUs, probe), world.nowUs);
    const atUs = thresholdReached(grid, fromUs, spans, probe.failureThreshold);
    if (atUs !== undefined)
      container.liveness = world.atContainer(atUs, this.failedKind, record, position);
  }

  private unreadySpans(record: KubeletPod, position: number): ReturnType<typeof absoluteSpans> {
    const health = this.world.behavior.health(record.pod, position);
    if (health === undefined) return [];
    const { startedUs } = record.containers[position]!;
    return absoluteSpans(startedUs, health.unhealthy, health.notReady);
  }

  /** Readiness gates are set by outsiders, some time after all containers are ready for the first time. */
  private awaitGates(record: KubeletPod): void {
    const { world } = this;
    const template = record.template;
    if (template.readinessGates.length === 0 || record.areGatesOpen) return;
    const afterUs = world.behavior.gatesAfterUs(record.pod);
    if (afterUs === undefined || !areContainersReady(record, template)) return;
    if (afterUs === 0) record.areGatesOpen = true;
    else world.atTurn(afterUs, this.gatesKind, record);
  }
}

function gridOf(probe: Probe, phaseUs: number): TickGrid {
  return { phaseUs, periodUs: probe.periodSeconds * US_PER_SECOND };
}
