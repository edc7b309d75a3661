// A run: a prepared world is built, time passes in it, and a result is left.
//
// `startRun` builds everything anew, so runs of one preparation share nothing that changes. The
// caller lets the run advance in slices and may stop in between; results are then marked partial.

import { EntityDraws, type Instant, streamName, ZERO_INSTANT } from "../base/index.ts";
import {
  type ApiObject,
  ApiServer,
  type ControlPlaneLatencies,
  LATENCY_PRESETS,
  Machines,
  type NodeObject,
  type PodObject,
  registerClusterInvariants,
  type StorableObject,
} from "../cluster/index.ts";
import {
  type ControllerSet,
  registerControllerInvariants,
  withRunTimeInvariant,
  startControllers,
} from "../controllers/index.ts";
import { EventLog, InvariantBroken, RANK, Simulation } from "../engine/index.ts";
import {
  type FaultSet,
  registerFaultInvariants,
  startFaults,
  type UserFault,
} from "../faults/index.ts";
import {
  AccountingAudit,
  Collector,
  EfficiencyMeters,
  judgeThreshold,
  type Threshold,
  KUBERNETES_VERSION,
  numberViolation,
  registerLostWorkInvariant,
  registerMetricsInvariants,
  RESULT_SCHEMA_VERSION,
} from "../metrics/index.ts";
import type {
  MeasuredResult,
  OperationsSummary,
  Quotient,
  RowSinks,
  RunEnd,
  RunResult,
} from "../metrics/index.ts";
import type { DecisionRecord, EvaluatorName, UserCallWatch } from "../scheduler/index.ts";
import { AnnotatedPodBehavior, PodSubmitter } from "../workload/index.ts";
import { ClusterUser, installMachine } from "./assembly/applied-objects.ts";
import {
  generatorPrefill,
  generatorSource,
  PREFILL_SUFFIX,
  tracePods,
} from "./assembly/arrival-sources.ts";
import { bindingTimesOf, containerTimesOf, controllerOptionsOf } from "./assembly/control-plane.ts";
import type { DrainStep } from "./assembly/drain.ts";
import { DependentSteps } from "./assembly/dependent-steps.ts";
import { faultPlanOf } from "./assembly/fault-plan.ts";
import {
  devicesGivenBy,
  efficiencyMeasure,
  efficiencyPlanOf,
  type EfficiencyResult,
  efficiencyResultOf,
} from "./efficiency.ts";
import { countEvents, countReadyEndpoints, replicasOf } from "./end-measures.ts";
import { noteOutcome } from "./assembly/missing-rules.ts";
import { NoteBook } from "./assembly/notes.ts";
import {
  drawnOrder,
  opposedReplicationOf,
  reorderedObjects,
  replicationOf,
} from "./compare/varied-world.ts";
import { ExpectationWatch } from "./expect/expectation-watch.ts";
import { whyUntried } from "./explain/untried.ts";
import { refuseOpenWarmUp } from "./open-warm-up.ts";
import type { PreparedGenerator, PreparedRun, PreparedTrace } from "./prepare-run.ts";
import type { RunScheduler } from "./run-scheduler.ts";
import { type QueueListener, RunningSchedulers } from "./running-schedulers.ts";
import type { VariedPart } from "./scenario/scenario.ts";
import { FINGERPRINT_VERSION, PODSIM_VERSION } from "./versions.ts";
import {
  type NeededSurvival,
  neededSurvival,
  type WaitingPercentiles,
  waitingPercentilesOf,
} from "./waiting-times.ts";

/** How a run is watched; none of it changes its course. */
export interface RunOptions {
  readonly sinks?: RowSinks;
  readonly check?: "none" | "check" | "deep";
  readonly maxEvents?: number | undefined;
  readonly replication?: number;
  /** Parts of the world that the replication draws anew; the others are as in replication 0. Absent: all. */
  readonly varied?: readonly VariedPart[];
  /** Odd replications take the draws of the one before them, opposed; needs `varied`. */
  readonly isAntithetic?: boolean;
  /** Told of every scheduling attempt, with all the evaluator kept, and by which scheduler. */
  readonly onDecision?: (record: DecisionRecord, scheduler: string) => void;
  /** Told of every move of a pod in a scheduler's queue. */
  readonly onQueueMove?: QueueListener;
  /** Keep every plugin's scores in the decisions. */
  readonly details?: boolean;
  /** What decides for profiles, in place of what the schedulers say; the outcome is the same. */
  readonly evaluator?: EvaluatorName | undefined;
  /** Told of every call into user code; absent: nobody is. */
  readonly userCalls?: UserCallWatch;
  /** Told of every answer that a drain gets about a pod. */
  readonly onDrainStep?: (step: DrainStep) => void;
  /** The run is a pilot that looks for the warm-up; only such a run may leave it open. */
  readonly isPilot?: boolean;
  /** Faults beside those of the scenario, in the library user's own code. */
  readonly faults?: readonly UserFault[];
}

/** Events kept for the report of a broken invariant. */
const LOGGED_EVENTS = 50;

/**
 * A run under way: call `advance` until it says false, or stop earlier, then `finish` once. The
 * simulation, the API and the machines are there to be looked at; changing them is not for callers.
 */
export class ActiveRun {
  readonly simulation: Simulation;
  readonly api: ApiServer;
  readonly machines: Machines;
  private readonly prepared: PreparedRun;
  private readonly options: RunOptions;
  private readonly collector: Collector;
  private readonly submitter: PodSubmitter;
  private readonly log = new EventLog(LOGGED_EVENTS);
  private readonly notes = new NoteBook();
  private readonly efficiency: EfficiencyMeters | undefined;
  private readonly eventCounts: ReadonlyMap<string, number>;
  private readonly expectations: ExpectationWatch;
  private schedulers!: RunningSchedulers;
  private dependentSteps!: DependentSteps;
  private controllers!: ControllerSet;
  private faults!: FaultSet;
  private end: RunEnd | undefined;
  private endDetail: string | undefined;

  constructor(prepared: PreparedRun, options: RunOptions) {
    if (options.isPilot !== true) refuseOpenWarmUp(prepared.scenario);
    this.prepared = prepared;
    this.options = options;
    const { check = "none", maxEvents } = options;
    const limit = maxEvents ?? prepared.scenario.run.limits.maxEvents;
    this.simulation = new Simulation({
      check: check === "none" ? false : check === "deep" ? "deep" : true,
      log: this.log,
      ...(limit === undefined ? {} : { limits: { maxEvents: limit } }),
    });
    this.api = new ApiServer(this.simulation, {
      latencies: this.latencies(),
      templates: prepared.registry,
    });
    this.machines = new Machines(this.simulation);
    this.eventCounts = countEvents(this.api, prepared.thresholds);
    this.collector = new Collector(this.api, () => this.simulation.nowUs, options.sinks ?? {});
    this.efficiency = this.efficiencyMeters();
    if (this.simulation.isChecking) this.auditAccounts();
    this.submitter = new PodSubmitter(this.api);
    this.build();
    this.expectations = new ExpectationWatch(this.api, prepared.scenario.expect);
  }

  /** Virtual time so far, in microseconds. */
  get nowUs(): number {
    return this.simulation.nowUs;
  }

  /** Where the run ends at the latest; undefined = when it is drained. */
  get horizonUs(): number | undefined {
    return this.prepared.scenario.run.horizon;
  }

  get eventsFired(): number {
    return this.simulation.stats.fired;
  }

  /** Lets at most so many events happen; false once the run is over. */
  advance(eventsMax: number): boolean {
    if (this.end !== undefined) return false;
    const { horizon, untilDrained } = this.prepared.scenario.run;
    const untilUs = horizon === undefined ? undefined : ((ZERO_INSTANT + horizon) as Instant);
    const firedBefore = this.eventsFired;
    const outcome = this.simulation.runUntilDrained({
      maxEvents: eventsMax,
      ...(untilUs === undefined ? {} : { untilUs }),
    });
    if (outcome.reason === "limit") {
      if (this.eventsFired - firedBefore >= eventsMax) return true;
      this.end = "limit";
    } else if (outcome.reason === "zero-delay-loop") {
      this.end = "zero-delay-loop";
      this.endDetail = outcome.loop?.map((step) => step.kind).join(" -> ");
    } else if (outcome.reason === "drained" && !untilDrained && untilUs !== undefined) {
      // Only periodic loops are left; the clock still goes on to the horizon.
      this.simulation.runUntil(untilUs);
      this.end = "horizon";
    } else {
      this.end = outcome.reason;
    }
    return false;
  }

  /**
   * Lets a run that has drained stand until an instant, so that it can be held against a longer one:
   * nothing happens meanwhile but periodic loops.
   */
  standUntil(atUs: number): void {
    if (this.end === "drained" && atUs > this.simulation.nowUs)
      this.simulation.runUntil(atUs as Instant);
  }

  /** What the scheduler of pods with that schedulerName believes; the first, where several share it. */
  schedulerOf(schedulerName: string): ReturnType<RunningSchedulers["beliefsOf"]> {
    return this.schedulers.beliefsOf(schedulerName);
  }

  /** The last events before now, one line each, oldest first; for reports of what went wrong. */
  recentEvents(): string[] {
    return this.log.format();
  }

  /**
   * Ends the run and returns its result; `reason` and `detail` say why, if it was not over by itself.
   * What failed half-way is measured as it stands, without testing it again.
   */
  finish(reason?: RunEnd, detail?: string): RunResult {
    const end = reason ?? this.end ?? "stopped";
    this.endDetail = detail ?? this.endDetail;
    if (this.simulation.isChecking && end !== "failed") this.simulation.invariants.runAtEnd();
    const measured = this.collector.finish();
    const efficiency = this.efficiency?.finish();
    const result = this.resultOf(end, {
      ...measured,
      ...(efficiency && efficiencyResultOf(efficiency)),
      ...neededSurvival(this.collector.waits()),
    });
    const noNumber = numberViolation(result);
    if (noNumber !== undefined)
      throw new InvariantBroken("I79", "a result holds only numbers", noNumber);
    return result;
  }

  /**
   * Numerators and denominators of ratio measures, by their names: what several runs together are
   * estimated from. Those of which there is no ratio are left out.
   */
  quotients(): ReadonlyMap<string, Quotient> {
    const all = [...this.collector.quotients(), ...(this.efficiency?.quotients() ?? [])];
    return new Map(all.flatMap(([name, one]) => (one === undefined ? [] : [[name, one]])));
  }

  /** Waiting for a node in few numbers, unbound pods counted in; once the run is finished. */
  waitingPercentiles(): WaitingPercentiles {
    return waitingPercentilesOf(this.collector.waits());
  }

  private resultOf(
    end: RunEnd,
    measured: MeasuredResult & EfficiencyResult & NeededSurvival,
  ): RunResult {
    const { prepared } = this;
    const { counts, decisions, ...rest } = measured;
    return {
      schemaVersion: RESULT_SCHEMA_VERSION,
      scenario: { name: prepared.name, inputHash: prepared.inputHash },
      versions: {
        podsim: PODSIM_VERSION,
        kubernetes: KUBERNETES_VERSION,
        fingerprint: FINGERPRINT_VERSION,
      },
      seed: prepared.scenario.run.seed,
      replication: this.replication,
      scheduler: prepared.schedulers.map(({ name }) => name).join("+"),
      end: {
        reason: end,
        atUs: this.simulation.nowUs,
        partial: end !== "drained" && end !== "horizon",
        ...(this.endDetail === undefined ? {} : { detail: this.endDetail }),
      },
      fingerprint: this.api.fingerprint.hex(),
      counts,
      decisions,
      schedulers: this.schedulers.summaries(),
      ...rest,
      thresholds: prepared.thresholds.map((gate) =>
        judgeThreshold(gate, (asked) => this.measure(measured, asked)),
      ),
      expectations: this.expectations.finish(),
      operations: this.operations(),
      notes: this.finalNotes(),
    };
  }

  private operations(): OperationsSummary {
    const { firedByKind, ...engine } = this.simulation.operations;
    return {
      events: {
        scheduled: engine.eventsScheduled,
        fired: engine.eventsFired,
        cancelled: engine.eventsCancelled,
        heapPushes: engine.heapPushes,
        heapPops: engine.heapPops,
      },
      eventsByKind: [...firedByKind].map(([kind, count]) => ({ kind, count })),
      apiChanges: this.api.fingerprint.rowCount,
      schedulers: this.schedulers.operations(),
    };
  }

  private get replication(): number {
    return this.options.replication ?? 0;
  }

  // --- Building ----------------------------------------------------------------------------------

  private build(): void {
    const { prepared, simulation, api, machines } = this;
    const { scenario } = prepared;
    if (simulation.isChecking) {
      // Each scheduler bounds only what it knows of.
      const mayOvercommit =
        prepared.schedulers.length > 1 || prepared.schedulers.some(mayOvercommitUnder);
      registerClusterInvariants(simulation.invariants, api, machines, {
        mayOvercommit: () => mayOvercommit,
      });
    }
    machines.listen({ onMachine: (change) => this.onMachine(change.kind, change.node) });
    api.events.listen((event) => this.collector.onEvent(event));
    this.loadInitialState();
    const draws = (purpose: string): EntityDraws => this.draws(purpose);
    const options = controllerOptionsOf(scenario.controlPlane);
    const behavior = new AnnotatedPodBehavior(
      api,
      containerTimesOf(scenario.controlPlane),
      draws("lifetimes"),
    );
    const lives = this.submitter.behaviorOver(behavior);
    const work = this.collector.watchWork(machines, lives);
    if (simulation.isChecking && scenario.run.warmup === 0)
      registerLostWorkInvariant(simulation.invariants, api, machines, lives, work);
    this.controllers = startControllers(simulation, api, machines, {
      templates: prepared.registry,
      options,
      behavior: simulation.isChecking
        ? withRunTimeInvariant(simulation, api, machines, lives)
        : lives,
      draws,
    });
    this.startSchedulers();
    this.startWorkload();
    this.faults = startFaults(simulation, api, machines, faultPlanOf(prepared), draws);
    for (const fault of this.options.faults ?? []) fault.start(this.faults.context);
    if (simulation.isChecking) {
      registerControllerInvariants(simulation, api, machines, this.controllers);
      registerFaultInvariants(simulation, api, machines, this.faults);
    }
    if (scenario.run.warmup > 0) {
      simulation.callAfter(scenario.run.warmup, RANK.measurement, "end of warm-up", () => {
        this.collector.restart();
        this.efficiency?.restart();
        this.schedulers.restart();
      });
    }
  }

  private efficiencyMeters(): EfficiencyMeters | undefined {
    const { api, prepared } = this;
    const devicesOf = devicesGivenBy(
      api.pods,
      (node) => api.nodes.name(node),
      () => this.schedulers,
    );
    const plan = efficiencyPlanOf(prepared, devicesOf);
    return plan && new EfficiencyMeters(api, () => this.simulation.nowUs, plan);
  }

  // Lives are added up from the start, so the audit holds only where nothing is forgotten at a warm-up.
  private auditAccounts(): void {
    if (this.prepared.scenario.run.warmup > 0) return;
    const audit = new AccountingAudit(this.api, () => this.simulation.nowUs);
    registerMetricsInvariants(this.simulation.invariants, this.api, this.collector, audit);
  }

  private latencies(): ControlPlaneLatencies {
    const { controlPlane } = this.prepared.scenario;
    const preset = LATENCY_PRESETS.get(controlPlane.preset)!;
    const chosen: Partial<Record<keyof ControlPlaneLatencies, unknown>> = {};
    for (const name of Object.keys(preset) as (keyof ControlPlaneLatencies)[]) {
      chosen[name] = controlPlane[name] ?? preset[name];
    }
    return chosen as unknown as ControlPlaneLatencies;
  }

  private loadInitialState(): void {
    const { initialState } = this.api;
    for (const object of this.prepared.cluster.initial) {
      const result =
        object.kind === "Node"
          ? initialState.addNode(object as NodeObject)
          : object.kind === "Pod"
            ? initialState.addPod(object as PodObject)
            : initialState.addObject(object as StorableObject);
      if (!result.ok)
        this.notes.add("REFUSED", `${nameOf(object)}: the API refused it: ${result.message}`, true);
      else if (object.kind === "Node" && result.node !== undefined)
        installMachine(this.machines, result.node, object);
    }
  }

  private startSchedulers(): void {
    const { prepared, simulation, api, options } = this;
    this.schedulers = new RunningSchedulers({
      simulation,
      api,
      schedulers: prepared.schedulers,
      run: {
        seed: prepared.scenario.run.seed,
        replication: replicationOf("ties", this.replication, options.varied),
      },
      details: options.details,
      evaluator: options.evaluator,
      userCalls: options.userCalls,
      bindingTimes: bindingTimesOf(prepared.scenario.controlPlane, this.draws("binding")),
      onDecision: (scheduler, record) => this.onDecision(scheduler, record),
      onQueueMove: options.onQueueMove,
    });
    const { profiles } = this.schedulers;
    this.collector.explainUntried(
      (pod) => whyUntried(this.api, pod, profiles, "when the run ended").text,
    );
  }

  private startWorkload(): void {
    const { prepared, simulation } = this;
    const { onDrainStep } = this.options;
    const { registry } = prepared;
    const user = new ClusterUser(this.api, this.machines, registry, this.notes, onDrainStep);
    const { steps } = prepared.cluster;
    const apply = (at: number): void => {
      const { objects } = steps[at]!;
      const inOrder = this.varies("order")
        ? reorderedObjects(objects, this.draws("order"), `step ${at}`)
        : objects;
      for (const object of inOrder) user.apply(object);
      this.dependentSteps.applied(at);
    };
    this.dependentSteps = new DependentSteps(simulation, this.api, steps, apply);
    for (const [at, step] of steps.entries()) {
      if (step.after !== undefined) continue;
      simulation.callAt(step.atUs as Instant, RANK.workload, "apply manifests", () => apply(at));
    }
    for (const edit of prepared.scenario.workload.edits) {
      simulation.callAt(edit.at, RANK.workload, `edit: ${edit.kind}`, () => user.edit(edit));
    }
    for (const generator of prepared.generators) this.startGenerator(generator);
    for (const [at, trace] of prepared.traces.entries()) this.startTrace(trace, at);
  }

  private startGenerator(generator: PreparedGenerator): void {
    const { plan, kinds } = generator;
    const source = generatorSource(generator, (purpose) => this.draws(purpose));
    const namePrefix = `${plan.name}-`;
    this.prefill(generator);
    const kind = this.simulation.defineKind(
      `arrival: ${plan.name}`,
      RANK.workload,
      (ordinal, kindOfPod) => {
        this.submitter.submit({
          namespace: plan.namespace,
          name: namePrefix,
          nameNumber: ordinal,
          template: kinds[kindOfPod]!.template,
          durationUs: source.durationUs(ordinal),
        });
      },
    );
    this.simulation.arrivals(kind, source);
  }

  private prefill(generator: PreparedGenerator): void {
    const { plan, kinds } = generator;
    const pods = generatorPrefill(generator, (purpose) => this.draws(purpose));
    if (pods.length === 0) return;
    this.simulation.callAt(ZERO_INSTANT, RANK.workload, `prefill: ${plan.name}`, () => {
      for (const { ordinal, kind, durationUs } of pods)
        this.submitter.submit({
          namespace: plan.namespace,
          name: `${plan.name}${PREFILL_SUFFIX}`,
          nameNumber: ordinal,
          template: kinds[kind]!.template,
          durationUs,
        });
    });
  }

  private startTrace(prepared: PreparedTrace, at: number): void {
    const { trace, templates } = prepared;
    const pods = tracePods(prepared, at, (purpose) => this.draws(purpose));
    // The instants stay; which pod comes at which of them is drawn.
    const order = this.varies("order")
      ? drawnOrder(this.draws("order"), `trace ${at}`, pods.length)
      : undefined;
    const kind = this.simulation.defineKind(`trace: ${trace.format}`, RANK.workload, (position) => {
      const { namespace, name, template, durationUs } = pods.at(order?.[position] ?? position)!;
      this.submitter.submit({ namespace, name, template: templates[template]!, durationUs });
    });
    let position = -1;
    this.simulation.arrivals(kind, {
      next: () => ++position < pods.length,
      get atUs() {
        return pods.at(position)!.submittedUs as Instant;
      },
      get a() {
        return position;
      },
      b: 0,
    });
  }

  // --- Observing ---------------------------------------------------------------------------------

  private onDecision(scheduler: string, record: DecisionRecord): void {
    this.collector.onDecision(scheduler, record);
    for (const { plugin, reason } of record.decision.notSimulated) {
      this.notes.add("UNSIMULATED_RULE", `${plugin}: ${reason}`, true);
    }
    this.options.onDecision?.(record, scheduler);
  }

  private onMachine(kind: string, node: Parameters<Collector["onMachine"]>[0]): void {
    if (kind !== "powerOff" && kind !== "powerOn") return;
    this.collector.onMachine(node, kind === "powerOn");
    this.efficiency?.onMachine(node, kind === "powerOn");
  }

  private measure(
    measured: MeasuredResult & EfficiencyResult,
    { measure, argument, statistic }: Threshold,
  ): number | null {
    switch (measure) {
      case "pending":
      case "startup":
        return this.durationMeasure(measured, measure, statistic);
      case "created":
        return measured.counts.podsCreated;
      case "running":
        return measured.counts.podsRunningAtEnd;
      case "waiting":
        return measured.counts.podsPendingAtEnd;
      case "succeeded":
        return measured.counts.podsSucceeded;
      case "desired":
        return replicasOf(measured.workloads, argument, "desiredCount");
      case "ready":
        return replicasOf(measured.workloads, argument, "readyAtEndCount");
      case "endpoints":
        return countReadyEndpoints(this.api, argument);
      case "events":
        return this.eventCounts.get(argument) ?? 0;
      case "unschedulable":
        return measured.counts.podsUnschedulableAtEnd;
      case "failed":
        return measured.counts.podsFailed;
      case "evictions": {
        const { evictedByTaintCount, evictedByApiCount, evictedByKubeletCount } =
          measured.departures;
        return evictedByTaintCount + evictedByApiCount + evictedByKubeletCount;
      }
      case "preemptions":
        return measured.departures.preemptedCount;
      case "lostWork":
        return measured.lostWork.runUs;
      case "availability":
        return measured.availabilityRatio;
      case "recovery":
        return measured.recoveryMaxUs;
      case "attempts":
        return measured.decisions.attemptsCount;
      case "conflicts":
        return this.sumOfSchedulers("conflictsCount");
      case "overcommits":
        return this.sumOfSchedulers("overcommitsCount");
      default:
        return measure.startsWith("utilization.")
          ? (measured.utilization.find((use) => `utilization.${use.resource}` === measure)
              ?.requestedRatio ?? null)
          : efficiencyMeasure(measured, measure);
    }
  }

  private sumOfSchedulers(count: "conflictsCount" | "overcommitsCount"): number {
    return this.schedulers.summaries().reduce((sum, each) => sum + each[count], 0);
  }

  private durationMeasure(
    measured: MeasuredResult,
    name: "pending" | "startup",
    part: string,
  ): number | null {
    const summary = measured[name];
    if (part === "avg") return summary.avgUs;
    if (part === "min") return summary.minUs;
    if (part === "max") return summary.maxUs;
    if (part === "count") return summary.count;
    return this.collector.quantile(name, Number(part.slice(1)) / 100);
  }

  private finalNotes(): RunResult["notes"] {
    const book = new NoteBook();
    book.addAll(this.prepared.notes);
    // A rule that is missing is noted once per pod before the run, not again at each decision.
    const known = new Set(this.prepared.notes.map(({ code, message }) => `${code}\n${message}`));
    book.addAll(this.notes.list().filter(({ code, message }) => !known.has(`${code}\n${message}`)));
    this.dependentSteps.noteWaiting(book);
    this.noteWhatWasMissing(book);
    for (const { name, plugins } of this.schedulers.plainPlugins()) {
      const who = this.prepared.schedulers.length === 1 ? "" : ` by scheduler ${name}`;
      book.add("NODE_BY_NODE", `evaluated node by node${who}: ${plugins.join(", ")}`);
    }
    for (const [message, count] of this.submitter.refusals) {
      book.add("REFUSED", `a submitted pod was refused: ${message}`, true, count);
    }
    for (const name of this.api.namespacesCreated) {
      if (name !== "default")
        book.add(
          "NAMESPACE_MADE",
          `namespace ${name} was not among the objects: made when first needed`,
        );
    }
    return book.list();
  }

  // What was told before the run is not told again: only what it found out beyond that.
  private noteWhatWasMissing(book: NoteBook): void {
    const told = (code: string, text: string): boolean =>
      this.prepared.notes.some((note) => note.code === code && note.message.includes(text));
    const found = new NoteBook();
    noteOutcome(found, this.controllers, this.faults);
    for (const [name, count] of this.schedulers.unclaimed) {
      if (told("NO_SCHEDULER", `called '${name}'`)) continue;
      const message = `no scheduler here is called '${name}', so nobody picked up its pods`;
      found.add("NO_SCHEDULER", message, false, count);
    }
    book.addAll(found.list().filter(({ code, message }) => !told(code, message)));
  }

  private draws(purpose: string): EntityDraws {
    const { varied, isAntithetic } = this.options;
    if (isAntithetic === true && varied !== undefined) {
      const pair = opposedReplicationOf(purpose, this.replication, varied);
      const name = streamName(this.prepared.scenario.run.seed, pair.replication, purpose);
      return new EntityDraws(name, pair.isOpposed);
    }
    const replication = replicationOf(purpose, this.replication, varied);
    return new EntityDraws(streamName(this.prepared.scenario.run.seed, replication, purpose));
  }

  private varies(part: VariedPart): boolean {
    return this.options.varied?.includes(part) === true;
  }
}

/** Builds the world of a prepared run at instant 0; each start is a world of its own. */
export function startRun(prepared: PreparedRun, options: RunOptions = {}): ActiveRun {
  return new ActiveRun(prepared, options);
}

/** Runs a prepared run to its end, in the caller's thread. Throws what user code and broken invariants throw. */
export function runToEnd(prepared: PreparedRun, options: RunOptions = {}): RunResult {
  const run = startRun(prepared, options);
  while (run.advance(Number.MAX_SAFE_INTEGER));
  return run.finish();
}

// The rule about capacity is NodeResourcesFit's: where that does not filter, nobody keeps it.
function mayOvercommitUnder({ startInstead, configuration }: RunScheduler): boolean {
  if (startInstead !== undefined) return true;
  return configuration.profiles.some(({ plugins }) =>
    plugins.filter.every(({ name }) => name !== "NodeResourcesFit"),
  );
}

function nameOf(object: ApiObject): string {
  const { namespace, name } = object.meta;
  return `${object.kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}
