// How containers behave by what their pod template says: podsim.dev annotations first, then probes
// and the usual times of a container runtime.
//
// Kubernetes says nothing about how long a program runs; a pod without annotations runs until it is
// stopped, an init container for a stated time. Every answer is a function of the pod's identity (its
// owner and its ordinal there), so that two schedulers meet the same world.

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
  type Container,
  type ContainerHealth,
  type ContainerRunAnnotations,
  type ContainerUsage,
  NO_OWNER,
  type PodBehavior,
  type PodIndex,
  type PodTemplate,
  type Probe,
} from "../cluster/index.ts";
import { readRunLaw } from "./run-law.ts";
import { nextSegmentUs, readUsageProfile, usageAt, type UsageProfile } from "./usage-profile.ts";

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
  /** How long an init container works. */
  readonly initRunUs: number;
}

/** A common container runtime on Linux. */
export const TYPICAL_CONTAINER_TIMES: ContainerTimes = {
  sandboxUs: 500_000,
  createUs: 50_000,
  startUs: 100_000,
  readyWithoutProbeUs: 30_000,
  readyAtFirstProbeUs: 50_000,
  stopUs: 1_000_000,
  initRunUs: 1_000_000,
};

/** The stand-in kubelet of the recorded timelines: 1 s to Running and Ready at once, 0.5 s to stop. */
export const STAND_IN_CONTAINER_TIMES: ContainerTimes = {
  sandboxUs: 1_000_000,
  createUs: 0,
  startUs: 0,
  readyWithoutProbeUs: 0,
  readyAtFirstProbeUs: 0,
  stopUs: 500_000,
  initRunUs: 0,
};

/** Everything takes no time. */
export const INSTANT_CONTAINER_TIMES: ContainerTimes = {
  sandboxUs: 0,
  createUs: 0,
  startUs: 0,
  readyWithoutProbeUs: 0,
  readyAtFirstProbeUs: 0,
  stopUs: 0,
  initRunUs: 0,
};

/** Heavy tails know no bound; time does. */
const LONGEST_RUN_US = Number.MAX_SAFE_INTEGER;
/** Pods whose `ready-stagger` counts ordinals modulo this. */
const STAGGER_COUNT = 10;
/** Label with the completion index of an Indexed Job's pod. */
const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";
/** Draws of one run of a pod: attempts of one pod are this far apart. */
const DRAWS_PER_ATTEMPT = 16;

/** Draws of a pod's usage stand above those of its runs. */
const USAGE_DRAW = 2_147_483_648;

const NOTHING_OF_ITS_OWN: ContainerRunAnnotations = {};
const US_PER_SECOND = 1_000_000;

/** Behavior by annotations. One object per simulation. */
export class AnnotatedPodBehavior implements PodBehavior {
  private readonly api: ApiServer;
  private readonly times: ContainerTimes;
  private readonly draws: EntityDraws;
  private readonly laws = new Map<PodTemplate, Law | undefined>();
  private readonly profiles = new Map<Container, UsageProfile | undefined>();

  /** @param draws the stream of run durations; a run without laws never asks it. */
  constructor(api: ApiServer, times: ContainerTimes, draws: EntityDraws) {
    this.api = api;
    this.times = times;
    this.draws = draws;
  }

  runDurationUs(pod: PodIndex, attempt: number, position?: number): Duration | undefined {
    const template = this.api.pods.template(pod);
    if (position !== undefined) {
      const container = containerAt(template, position);
      const own = template.run.containers.get(container.name)?.runUs;
      if (own !== undefined) return duration(own);
      if (position < template.initContainers.length)
        return container.isSidecar ? undefined : duration(this.times.initRunUs);
    }
    const { runUs } = template.run;
    const law = this.lawOf(template);
    if (law === undefined) return runUs === undefined ? undefined : duration(runUs);
    const entity = this.entityOf(pod);
    const seconds = law.sample((k) => this.draws.unit(entity, attempt * DRAWS_PER_ATTEMPT + k));
    return duration(Math.min(LONGEST_RUN_US, Math.max(1, Math.round(seconds * 1_000_000))));
  }

  exitCode(pod: PodIndex, attempt: number, position?: number): number {
    const template = this.api.pods.template(pod);
    const own = this.ownOf(template, position).exitCodes;
    if (own !== undefined) return own[Math.min(attempt, own.length - 1)]!;
    if (position !== undefined && position < template.initContainers.length) return 0;
    const { exitCodes, failIndexes, failCode } = template.run;
    if (failIndexes.length === 0) return exitCodes[Math.min(attempt, exitCodes.length - 1)] ?? 0;
    const index = Number(template.labels.get(COMPLETION_INDEX) ?? -1);
    return failIndexes.includes(index) ? failCode : 0;
  }

  sandboxLatencyUs(pod: PodIndex): Duration {
    const { run } = this.api.pods.template(pod);
    return duration(run.startUs ?? this.times.sandboxUs);
  }

  containerLatencyUs(pod: PodIndex): Duration {
    const { run } = this.api.pods.template(pod);
    return duration(run.startUs === undefined ? this.times.createUs + this.times.startUs : 0);
  }

  readyAfterUs(pod: PodIndex, position?: number): Duration {
    const template = this.api.pods.template(pod);
    const isMain = position === undefined || position >= template.initContainers.length;
    const ownUs = this.ownOf(template, position).readyUs;
    if (isMain) {
      const { readyUs, readyStaggerUs } = template.run;
      const turn = this.api.pods.ownerOrdinal(pod) % STAGGER_COUNT;
      const stagger = readyStaggerUs * turn;
      const saidUs = ownUs ?? readyUs;
      if (saidUs !== undefined || readyStaggerUs > 0) return duration((saidUs ?? 0) + stagger);
    } else if (ownUs !== undefined) return duration(ownUs);
    const asked = position === undefined ? template.containers : [containerAt(template, position)];
    let atUs = this.times.readyWithoutProbeUs;
    for (const { readinessProbe } of asked) {
      if (readinessProbe !== undefined) atUs = Math.max(atUs, this.probeUs(readinessProbe));
    }
    return duration(atUs);
  }

  gatesAfterUs(pod: PodIndex): Duration | undefined {
    const { gatesUs } = this.api.pods.template(pod).run;
    return gatesUs === undefined ? undefined : duration(gatesUs);
  }

  health(pod: PodIndex, position: number): ContainerHealth | undefined {
    const template = this.api.pods.template(pod);
    const { run } = template;
    const own = this.ownOf(template, position);
    const isMain = position >= template.initContainers.length;
    const startedUs = own.startedUs ?? (isMain ? run.startedUs : 0);
    const unhealthy = own.unhealthy ?? (isMain ? run.unhealthy : []);
    const notReady = own.notReady ?? (isMain ? run.notReady : []);
    if (startedUs === 0 && unhealthy.length === 0 && notReady.length === 0) return undefined;
    return { startedUs, unhealthy, notReady };
  }

  postStartLatencyUs(pod: PodIndex, position: number): Duration {
    const template = this.api.pods.template(pod);
    const { postStartSleepSeconds: slept } = containerAt(template, position);
    if (slept !== undefined) return duration(slept * US_PER_SECOND);
    return duration(this.ownOf(template, position).postStartUs ?? template.run.postStartUs ?? 0);
  }

  postStartExitCode(pod: PodIndex, attempt: number, position: number): number {
    const template = this.api.pods.template(pod);
    const codes = this.ownOf(template, position).postStartCodes ?? template.run.postStartCodes;
    return codes?.[Math.min(attempt, codes.length - 1)] ?? 0;
  }

  preStopLatencyUs(pod: PodIndex, position: number): Duration {
    const template = this.api.pods.template(pod);
    const { preStopSleepSeconds: slept } = containerAt(template, position);
    if (slept !== undefined) return duration(slept * US_PER_SECOND);
    return duration(this.ownOf(template, position).preStopUs ?? template.run.preStopUs ?? 0);
  }

  stopLatencyUs(pod: PodIndex, position?: number): Duration {
    const template = this.api.pods.template(pod);
    const own = this.ownOf(template, position).stopUs;
    return duration(own ?? template.run.stopUs ?? this.times.stopUs);
  }

  stopExitCode(pod: PodIndex, position?: number): number {
    const template = this.api.pods.template(pod);
    return this.ownOf(template, position).stopExitCode ?? template.run.stopExitCode;
  }

  isCpuBound(pod: PodIndex, position: number): boolean {
    const template = this.api.pods.template(pod);
    const own = this.ownOf(template, position).isCpuBound;
    return own ?? (position >= template.initContainers.length && template.run.isCpuBound);
  }

  usage(pod: PodIndex, position: number, ageUs: number): ContainerUsage | undefined {
    const profile = this.profileOf(this.api.pods.template(pod), position);
    if (profile === undefined) return undefined;
    const isSpread = profile.spreadRatio > 0;
    const draw = isSpread ? this.draws.unit(this.entityOf(pod), USAGE_DRAW + position) : 0.5;
    return usageAt(profile, ageUs, draw);
  }

  usageChangesAfterUs(pod: PodIndex, position: number, ageUs: number): number | undefined {
    const profile = this.profileOf(this.api.pods.template(pod), position);
    return profile === undefined ? undefined : nextSegmentUs(profile, ageUs);
  }

  private ownOf(template: PodTemplate, position: number | undefined): ContainerRunAnnotations {
    if (position === undefined || template.run.containers.size === 0) return NOTHING_OF_ITS_OWN;
    const { name } = containerAt(template, position);
    return template.run.containers.get(name) ?? NOTHING_OF_ITS_OWN;
  }

  /** First success of a probe that never fails: at once, or at the first tick past its initial delay. */
  private probeUs(probe: Probe): number {
    const { initialDelaySeconds, periodSeconds, successThreshold } = probe;
    const repeats = (successThreshold - 1) * periodSeconds;
    const first = Math.ceil(initialDelaySeconds / periodSeconds) * periodSeconds;
    const base = initialDelaySeconds === 0 ? this.times.readyAtFirstProbeUs : first * US_PER_SECOND;
    return base + repeats * US_PER_SECOND;
  }

  private profileOf(template: PodTemplate, position: number): UsageProfile | undefined {
    const { run } = template;
    if (run.usage === undefined && run.containers.size === 0) return undefined;
    const container = containerAt(template, position);
    if (!this.profiles.has(container)) {
      const isMain = position >= template.initContainers.length;
      const text = run.containers.get(container.name)?.usage ?? (isMain ? run.usage : undefined);
      const profile = text === undefined ? undefined : readUsageProfile(text, container);
      if (typeof profile === "string") throw new RangeError(`podsim.dev/usage: ${profile}`);
      this.profiles.set(container, profile);
    }
    return this.profiles.get(container);
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

/** Init containers first, then main ones. */
function containerAt({ initContainers, containers }: PodTemplate, position: number): Container {
  const initCount = initContainers.length;
  return position < initCount ? initContainers[position]! : containers[position - initCount]!;
}
