// RunningSchedulers: the schedulers of one run at work, and what each of them came to.
//
// They share the API server and nothing else. Nothing here coordinates them: who binds a pod first has
// it, and a node whose room two of them give away is counted, not prevented.

import type { ApiServer } from "../cluster/index.ts";
import type { Simulation } from "../engine/index.ts";
import type { OperationsSummary, SchedulerSummary } from "../metrics/index.ts";
import {
  type BindingTimes,
  type ClusterObjects,
  type DecisionRecord,
  type EvaluatorName,
  type PodInfo,
  type Profile,
  type QueuedPod,
  type QueuePlace,
  registerSchedulerInvariants,
  type SchedulerCache,
  type SchedulerStatistics,
  startScheduler,
  type StartedScheduler,
  type UserCallWatch,
} from "../scheduler/index.ts";
import { isOvercommitted } from "./assembly/overcommit.ts";
import { type RunIdentity, type RunScheduler, tieBreakOf } from "./run-scheduler.ts";

/** What the schedulers of a run are started with. */
export interface RunningSchedulersOptions {
  readonly simulation: Simulation;
  readonly api: ApiServer;
  /** In the scenario's order, at least one. */
  readonly schedulers: readonly RunScheduler[];
  readonly run: Omit<RunIdentity, "simulation" | "scheduler">;
  readonly details: boolean | undefined;
  /** In place of what the schedulers say; undefined: as they say. */
  readonly evaluator: EvaluatorName | undefined;
  readonly userCalls: UserCallWatch | undefined;
  /** What the steps of a binding take beside what is simulated. */
  readonly bindingTimes: BindingTimes | undefined;
  onDecision(scheduler: string, record: DecisionRecord): void;
  /** Told of every move in a scheduler's queue; absent: nobody is. */
  readonly onQueueMove?: QueueListener | undefined;
}

/** Hears of moves in queues; the record lives on and must not be changed. */
export type QueueListener = (
  scheduler: string,
  record: Readonly<QueuedPod>,
  place: QueuePlace,
  event: string,
) => void;

/** One of them with its counts; `before` is what had been counted when measuring began. */
interface AtWork {
  readonly name: string;
  readonly started: StartedScheduler;
  before: SchedulerStatistics | undefined;
  overcommits: number;
}

/** Started at once when this is made; each takes in the list of all that exists. */
export class RunningSchedulers {
  /** Pods that no scheduler claims, by the name that nobody answers to. */
  readonly unclaimed: Map<string, number> = new Map();
  private readonly options: RunningSchedulersOptions;
  private readonly atWork: AtWork[] = [];
  private readonly claimed: ReadonlySet<string>;

  constructor(options: RunningSchedulersOptions) {
    this.options = options;
    const { schedulers, api } = options;
    this.claimed = new Set(
      schedulers.flatMap(({ configuration }) =>
        configuration.profiles.map((profile) => profile.schedulerName),
      ),
    );
    for (const scheduler of schedulers) {
      if (scheduler.startInstead === undefined) this.start(scheduler);
      else scheduler.startInstead(api);
    }
  }

  /** Profiles of all of them. */
  get profiles(): readonly Profile[] {
    return this.atWork.flatMap(({ started }) => started.profiles);
  }

  /** Those that are kube-schedulers, in order. */
  get started(): readonly StartedScheduler[] {
    return this.atWork.map(({ started }) => started);
  }

  /** What the scheduler of that name believes, and the configuration that it was read from. */
  beliefsOf(schedulerName: string): {
    readonly cache: SchedulerCache;
    readonly objects: ClusterObjects;
    readonly source: unknown;
  } {
    const found = this.atWork.find(({ started }) =>
      started.profiles.some((profile) => profile.schedulerName === schedulerName),
    );
    if (found === undefined) throw new Error(`no scheduler answers to ${schedulerName}`);
    const { scheduler, objects } = found.started;
    const source = this.options.schedulers.find(({ name }) => name === found.name)?.source;
    return { cache: scheduler.cache, objects, source };
  }

  /** What happened until now stays out of the summaries (warm-up). */
  restart(): void {
    for (const each of this.atWork) {
      each.before = { ...each.started.scheduler.statistics };
      each.overcommits = 0;
    }
  }

  /** One summary per scheduler, in order. */
  summaries(): SchedulerSummary[] {
    return this.atWork.map(({ name, started, before, overcommits }) => {
      const { statistics } = started.scheduler;
      const since = (count: keyof SchedulerStatistics): number =>
        statistics[count] - (before?.[count] ?? 0);
      return {
        name,
        schedulerNames: started.profiles.map((profile) => profile.schedulerName),
        attemptsCount: since("attempts"),
        scheduledCount: since("placed"),
        unschedulableCount: since("unschedulable"),
        errorCount: since("errors"),
        hintedCount: since("hinted"),
        preemptionsCount: since("preemptions"),
        boundCount: since("bound"),
        bindingFailedCount: since("bindingFailures"),
        conflictsCount: since("bindingConflicts"),
        overcommitsCount: overcommits,
      };
    });
  }

  /** Plugins that no faster evaluator knows, by scheduler; those that had none are left out. */
  plainPlugins(): readonly { readonly name: string; readonly plugins: readonly string[] }[] {
    return this.atWork
      .map(({ name, started }) => ({ name, plugins: started.scheduler.decider.plainPlugins ?? [] }))
      .filter(({ plugins }) => plugins.length > 0);
  }

  /** The work of each, since the start of the run. */
  operations(): OperationsSummary["schedulers"] {
    return this.atWork.map(({ name, started }) => ({
      name,
      ...started.scheduler.cache.operations,
    }));
  }

  private start(scheduler: RunScheduler): void {
    const { simulation, api, details, userCalls, bindingTimes } = this.options;
    const { name, configuration, registry, createDecider, watchLatency, cycleUs, clientLimit } =
      scheduler;
    const { keepsMatches = true } = scheduler;
    const evaluator = this.options.evaluator ?? scheduler.evaluator;
    const run: RunIdentity = { ...this.options.run, simulation, scheduler: name };
    const started = startScheduler(simulation, api, {
      name,
      configuration,
      ...(registry === undefined ? {} : { registry }),
      ...(createDecider === undefined
        ? {}
        : { createDecider: (parts) => createDecider(parts, run) }),
      ...{ tieBreak: tieBreakOf(scheduler, run), keepsMatches },
      ...(details === undefined ? {} : { details }),
      ...(evaluator === undefined ? {} : { evaluator }),
      ...(watchLatency === undefined ? {} : { watchLatency }),
      ...(cycleUs === undefined ? {} : { cycleUs }),
      ...(clientLimit === undefined ? {} : { clientLimit }),
      userCalls,
      bindingTimes,
    });
    const isFirst = this.atWork.length === 0;
    const { onQueueMove } = this.options;
    const atWork: AtWork = { name, started, before: undefined, overcommits: 0 };
    this.atWork.push(atWork);
    started.scheduler.observe({
      onDecision: (record) => this.options.onDecision(name, record),
      ...(onQueueMove === undefined
        ? {}
        : {
            onQueueMove: (record: QueuedPod, place: QueuePlace, event: string) =>
              onQueueMove(name, record, place, event),
          }),
      // All of them hear of such a pod; one of them counts it.
      ...(isFirst ? { onUnclaimed: (pod: PodInfo) => this.noteUnclaimed(pod) } : {}),
      ...(this.options.schedulers.length === 1
        ? {}
        : {
            onBound: (pod: PodInfo, nodeName: string) => {
              if (isOvercommitted(api, nodeName, pod.template)) atWork.overcommits++;
            },
          }),
    });
    if (!simulation.isChecking) return;
    const shown = this.options.schedulers.length === 1 ? "" : name;
    registerSchedulerInvariants(simulation.invariants, started.scheduler, {
      name: shown,
      hasDrawnTies: scheduler.tieBreak === "random",
    });
  }

  private noteUnclaimed({ template: { schedulerName } }: PodInfo): void {
    if (this.claimed.has(schedulerName)) return;
    this.unclaimed.set(schedulerName, (this.unclaimed.get(schedulerName) ?? 0) + 1);
  }
}
