// How containers behave by what their pod template says: podsim.dev annotations first, then probes
// and the usual times of a container runtime.
//
// Kubernetes says nothing about how long a program runs; a pod without annotations runs until it is
// stopped. Every answer is a function of the pod's identity (its owner and its ordinal there), so
// that two schedulers meet the same world. `podsim.dev/usage` is decoded elsewhere; nothing here
// uses cpu or memory.

import {
  duration,
  type Duration,
  type EntityDraws,
  entityHash,
  type EntityHash,
  type Law,
} from "../base/index.ts";
import {
  type ApiServer,
  NO_OWNER,
  type PodBehavior,
  type PodIndex,
  type PodTemplate,
  type Probe,
} from "../cluster/index.ts";
import { readRunLaw } from "./run-law.ts";

/** Times of containers whose pod says nothing itself, in microseconds. */
export interface ContainerTimes {
  /** Sandbox and network, once per pod. */
  readonly sandboxUs: number;
  /** Creating one container. */
  readonly createUs: number;
  /** Starting one container. */
  readonly startUs: number;
  /** From start to ready without a readiness probe. */
  readonly readyWithoutProbeUs: number;
  /** From start to ready with a probe that succeeds at its first try. */
  readonly readyAtFirstProbeUs: number;
  /** From SIGTERM to exit. */
  readonly stopUs: number;
}

/** A common container runtime on Linux. */
export const TYPICAL_CONTAINER_TIMES: ContainerTimes = {
  sandboxUs: 500_000,
  createUs: 50_000,
  startUs: 100_000,
  readyWithoutProbeUs: 30_000,
  readyAtFirstProbeUs: 50_000,
  stopUs: 1_000_000,
};

/** The stand-in kubelet of the recorded timelines: 1 s to Running and Ready at once, 0.5 s to stop. */
export const STAND_IN_CONTAINER_TIMES: ContainerTimes = {
  sandboxUs: 1_000_000,
  createUs: 0,
  startUs: 0,
  readyWithoutProbeUs: 0,
  readyAtFirstProbeUs: 0,
  stopUs: 500_000,
};

/** Everything takes no time. */
export const INSTANT_CONTAINER_TIMES: ContainerTimes = {
  sandboxUs: 0,
  createUs: 0,
  startUs: 0,
  readyWithoutProbeUs: 0,
  readyAtFirstProbeUs: 0,
  stopUs: 0,
};

/** Heavy tails know no bound; time does. */
const LONGEST_RUN_US = Number.MAX_SAFE_INTEGER;
/** Pods whose `ready-stagger` counts ordinals modulo this. */
const STAGGER_COUNT = 10;
/** Label with the completion index of an Indexed Job's pod. */
const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";
/** Draws of one run of a pod: attempts of one pod are this far apart. */
const DRAWS_PER_ATTEMPT = 16;

/** Behavior by annotations. One object per simulation. */
export class AnnotatedPodBehavior implements PodBehavior {
  private readonly api: ApiServer;
  private readonly times: ContainerTimes;
  private readonly draws: EntityDraws;
  private readonly laws = new Map<PodTemplate, Law | undefined>();

  /** @param draws the stream of run durations; a run without laws never asks it. */
  constructor(api: ApiServer, times: ContainerTimes, draws: EntityDraws) {
    this.api = api;
    this.times = times;
    this.draws = draws;
  }

  runDurationUs(pod: PodIndex, attempt: number): Duration | undefined {
    const template = this.api.pods.template(pod);
    const { runUs } = template.run;
    const law = this.lawOf(template);
    if (law === undefined) return runUs === undefined ? undefined : duration(runUs);
    const entity = this.entityOf(pod);
    const seconds = law.sample((k) => this.draws.unit(entity, attempt * DRAWS_PER_ATTEMPT + k));
    return duration(Math.min(LONGEST_RUN_US, Math.max(1, Math.round(seconds * 1_000_000))));
  }

  exitCode(pod: PodIndex): number {
    const template = this.api.pods.template(pod);
    const { exitCode, failIndexes, failCode } = template.run;
    if (failIndexes.length === 0) return exitCode;
    const index = Number(template.labels.get(COMPLETION_INDEX) ?? -1);
    return failIndexes.includes(index) ? failCode : 0;
  }

  startLatencyUs(pod: PodIndex): Duration {
    const template = this.api.pods.template(pod);
    if (template.run.startUs !== undefined) return duration(template.run.startUs);
    const { sandboxUs, createUs, startUs } = this.times;
    const count = template.initContainers.length + template.containers.length;
    return duration(sandboxUs + count * (createUs + startUs));
  }

  readyAfterUs(pod: PodIndex): Duration {
    const template = this.api.pods.template(pod);
    const { readyUs, readyStaggerUs } = template.run;
    const turn = this.api.pods.ownerOrdinal(pod) % STAGGER_COUNT;
    const stagger = readyStaggerUs * turn;
    if (readyUs !== undefined || readyStaggerUs > 0) return duration((readyUs ?? 0) + stagger);
    let atUs = this.times.readyWithoutProbeUs;
    for (const { readinessProbe } of template.containers) {
      if (readinessProbe !== undefined) atUs = Math.max(atUs, this.probeUs(readinessProbe));
    }
    return duration(atUs);
  }

  stopLatencyUs(pod: PodIndex): Duration {
    const { stopUs } = this.api.pods.template(pod).run;
    return duration(stopUs ?? this.times.stopUs);
  }

  stopExitCode(pod: PodIndex): number {
    return this.api.pods.template(pod).run.stopExitCode;
  }

  /** First success of a probe that never fails: at once, or at the first tick past its initial delay. */
  private probeUs(probe: Probe): number {
    const { initialDelaySeconds, periodSeconds, successThreshold } = probe;
    const repeats = (successThreshold - 1) * periodSeconds;
    const first = Math.ceil(initialDelaySeconds / periodSeconds) * periodSeconds;
    const base = initialDelaySeconds === 0 ? this.times.readyAtFirstProbeUs : first * 1_000_000;
    return base + repeats * 1_000_000;
  }

  private lawOf(template: PodTemplate): Law | undefined {
    if (template.run.runLaw === undefined) return undefined;
    if (!this.laws.has(template)) this.laws.set(template, readRunLaw(template.run));
    return this.laws.get(template);
  }

  private entityOf(pod: PodIndex): EntityHash {
    const { pods, owners } = this.api;
    const owner = pods.owner(pod);
    if (owner === NO_OWNER) return entityHash(`${pods.namespace(pod)}/${pods.name(pod)}`, 0);
    const { kind, namespace, name } = owners.ref(owner);
    return entityHash(`${kind}/${namespace}/${name}`, pods.ownerOrdinal(pod));
  }
}
