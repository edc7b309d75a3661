// Starts a complete scheduler on a simulated cluster from its configuration.
//
// Everything a kube-scheduler process is made of, wired once: cache, plugins, evaluator, queue, loop,
// client and watch. Studies that swap a part use the parts directly.

import type { Simulation } from "../engine/index.ts";
import type { Duration } from "../base/index.ts";
import type { ApiServer, ClientLimit, Subscription } from "../cluster/index.ts";
import { Nominator } from "./cache/nominator.ts";
import { SchedulerCache } from "./cache/scheduler-cache.ts";
import { ApiSchedulerClient } from "./cycle/api-client.ts";
import type { BindingTimes } from "./cycle/binding-cycle.ts";
import { RunBindingTools } from "./cycle/binding-tools.ts";
import type { Decider } from "./cycle/decider.ts";
import { PodWatch } from "./cycle/pod-watch.ts";
import { ProfileDecider } from "./cycle/profile-decider.ts";
import { WatchedObjects } from "./cycle/watched-objects.ts";
import {
  createEvaluator,
  DEFAULT_EVALUATOR,
  type EvaluatorName,
} from "./evaluator/create-evaluator.ts";
import type { TieBreak } from "./evaluator/winner.ts";
import type { ClusterObjects } from "./framework/cluster-objects.ts";
import { Profile } from "./framework/profile.ts";
import type { PluginHandle, WaitingPods } from "./framework/plugin.ts";
import type { PodInfo } from "./framework/pod-info.ts";
import type { Registry } from "./framework/registry.ts";
import type { SchedulerConfiguration } from "./framework/scheduler-configuration.ts";
import type { UserCallWatch } from "./framework/user-call.ts";
import { createDefaultRegistry } from "./plugins/default-registry.ts";
import { RunningPreemptions } from "./preemption/running-preemptions.ts";
import { Scheduler, type SchedulerOptions } from "./scheduler.ts";

const SECOND_US = 1_000_000;
/** clientConnection of a configuration that says nothing. */
const DEFAULT_QPS = 50;
const DEFAULT_BURST = 100;

/** What a decider may be built from. */
export interface DeciderParts extends PluginHandle {
  readonly simulation: Simulation;
  readonly profiles: readonly Profile[];
  readonly configuration: SchedulerConfiguration;
  /** How equal totals fall in this run. */
  readonly tieBreak: TieBreak;
}

/** A configuration, and what may be put in place of the usual parts. */
export interface StartSchedulerOptions {
  /** For logs; default the first profile's schedulerName. */
  readonly name?: string;
  readonly configuration: SchedulerConfiguration;
  /** Default: upstream's plugins. */
  readonly registry?: Registry;
  /** Default: an evaluator over the profiles. */
  readonly createDecider?: (parts: DeciderParts) => Decider;
  /** Of the default decider. The outcome is the same. */
  readonly evaluator?: EvaluatorName;
  readonly tieBreak?: TieBreak;
  /** False: pods that selectors match are counted anew at each decision. The outcome is the same. */
  readonly keepsMatches?: boolean;
  /** Keep every plugin's scores in the decisions. */
  readonly details?: boolean;
  /** Default: the control plane's schedulerCycle. */
  readonly cycleUs?: SchedulerOptions["cycleUs"];
  /** Commit to delivery; default: the control plane's watchLatency. */
  readonly watchLatency?: Duration;
  /** Default: the configuration's clientConnection where it is not upstream's default, else the control plane's schedulerClient. */
  readonly clientLimit?: ClientLimit;
  /** What the steps of a binding take beside what is simulated; absent: nothing. */
  readonly bindingTimes?: BindingTimes | undefined;
  readonly secondPhaseUs?: number;
  readonly popFromBackoff?: boolean;
  /** Told of every call into a user's plugin or strategy. */
  readonly userCalls?: UserCallWatch | undefined;
}

/** A running scheduler. */
export interface StartedScheduler {
  readonly scheduler: Scheduler;
  readonly profiles: readonly Profile[];
  /** Cluster-wide objects as it last heard of them. */
  readonly objects: ClusterObjects;
  /** Ends its watch: it hears of nothing any more. */
  readonly subscription: Subscription;
}

/** Starts at the present instant; the list of all that exists is taken in before this returns. */
export function startScheduler(
  simulation: Simulation,
  api: ApiServer,
  options: StartSchedulerOptions,
): StartedScheduler {
  const { configuration, registry = createDefaultRegistry() } = options;
  const objects = new WatchedObjects();
  const nominator = new Nominator((pod) => scheduler.queue.findQueued(pod.uid));
  const cache = new SchedulerCache({ nominator, keepsMatches: options.keepsMatches !== false });
  const { userCalls } = options;
  const preemptions = new RunningPreemptions((uid) => scheduler.news.findPod(uid));
  const nowUs = (): number => simulation.nowUs;
  const name = options.name ?? configuration.profiles[0]!.schedulerName;
  const client = new ApiSchedulerClient(api, name, clientLimitOf(options, api), () => {
    scheduler.statistics.bindingConflicts++;
  });
  const knowsPod = (uid: PodInfo["uid"]): boolean => scheduler.news.findPod(uid) !== undefined;
  const binding = new RunBindingTools({ simulation, client, objects, knowsPod });
  const waiting: WaitingPods = {
    waitingFor: (plugin) => scheduler.binding.waitingFor(plugin),
    allow: (uid, plugin) => scheduler.binding.allow(uid, plugin),
    reject: (uid, plugin, reason) => scheduler.binding.reject(uid, plugin, reason),
  };
  const handle: PluginHandle = {
    ...{ cache, objects, nowUs, preemptions, binding, waiting, userCalls },
  };
  const profiles = configuration.profiles.map((profile) => new Profile(profile, registry, handle));
  const { tieBreak = "heap" } = options;
  const parts: DeciderParts = { ...handle, simulation, profiles, configuration, tieBreak };
  const { secondPhaseUs, popFromBackoff } = options;
  const scheduler: Scheduler = new Scheduler(simulation, {
    cache,
    decider: options.createDecider?.(parts) ?? createProfileDecider(parts, options),
    client,
    preemptions,
    cycleUs: options.cycleUs ?? api.latencies.schedulerCycle,
    bindingTimes: options.bindingTimes,
    initialBackoffUs: configuration.podInitialBackoffSeconds * SECOND_US,
    maxBackoffUs: configuration.podMaxBackoffSeconds * SECOND_US,
    ...(secondPhaseUs === undefined ? {} : { secondPhaseUs }),
    ...(popFromBackoff === undefined ? {} : { popFromBackoff }),
  });
  const watch = new PodWatch(api, scheduler.news);
  const subscription = api.watch({
    name,
    ...(options.watchLatency === undefined ? {} : { latency: options.watchLatency }),
    onObject: (change) =>
      objects.onObject(change, (event, subject) => scheduler.news.objectChanged(event, subject)),
    onNode: (change) => watch.onNode(change),
    onPod: (change) => watch.onPod(change),
  });
  return { scheduler, profiles, objects, subscription };
}

// A configuration that was written asks for its rate; the defaults stand for the control plane's preset.
function clientLimitOf(options: StartSchedulerOptions, api: ApiServer): ClientLimit {
  if (options.clientLimit !== undefined) return options.clientLimit;
  const { clientQps, clientBurst } = options.configuration;
  // Zero means the default, below zero no limit at all.
  const qps = clientQps === 0 ? DEFAULT_QPS : clientQps;
  const burst = clientBurst === 0 ? DEFAULT_BURST : clientBurst;
  if (qps === DEFAULT_QPS && burst === DEFAULT_BURST) return api.latencies.schedulerClient;
  return qps < 0 ? "unlimited" : { qps, burst };
}

/** The decider of a scheduler that names none: its profiles under an evaluator. */
export function createProfileDecider(
  parts: DeciderParts,
  options: Pick<StartSchedulerOptions, "details" | "evaluator"> = {},
): Decider {
  const { details, evaluator: name = DEFAULT_EVALUATOR } = options;
  const { percentageOfNodesToScore } = parts.configuration;
  const evaluator = createEvaluator(name, parts.cache, parts.objects, {
    percentageOfNodesToScore,
    tieBreak: parts.tieBreak,
    nowUs: parts.nowUs,
    batching: parts.configuration.extenders.length === 0,
    ...(details === undefined ? {} : { details }),
  });
  return new ProfileDecider(parts.profiles, evaluator, percentageOfNodesToScore);
}
