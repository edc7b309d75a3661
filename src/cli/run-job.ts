// One run from inputs to files, as the worker thread does it.
//
// Reads the inputs, assembles the run, lets it advance, streams rows into the result folder, and says
// in a report what goes to the terminal. What fails half-way leaves what there is: partial results if
// user code failed, a bundle if podsim did.

import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { WarmUpRecord } from "../analysis/index.ts";
import { formatInstant, type Instant, parseDuration } from "../base/index.ts";
import {
  type ActiveRun,
  decisionCaseText,
  EvaluatorDifference,
  InvariantBroken,
  type PreparedRun,
  prepareRun,
  startRun,
  SteadyWatch,
  StrategyError,
  type UserCallWatch,
} from "../experiment/index.ts";
import { loadRunInput } from "../experiment/node.ts";
import type { RowSinks, RunEnd, RunResult, SampleRow } from "../metrics/index.ts";
import { drawWarmUp, formatNotes, formatOperations, formatResult } from "../report/index.ts";
import { findDivergence } from "./determinism-check.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { stackOf } from "./failure-report.ts";
import { refuseLeftOut, refuseWrongValues } from "./request-checks.ts";
import { BUNDLE_FILE, CASE_FILE, folderNameOf, ResultFolder } from "./result-folder.ts";
import { RowWriters } from "./row-writers.ts";
import { bundleText, commandOf, manifestText } from "./run-manifest.ts";
import { advanceWatched } from "./run-pace.ts";
import type { RunControl, RunReport, RunRequest } from "./run-request.ts";
import {
  findWarmUpOfRun,
  settledRequest,
  type SteadyResult,
  steadyStateText,
} from "./run-warm-up.ts";

/** Who takes part in a job from outside. */
export interface RunJobHooks {
  /** Told of the run before it advances, so that a test may add to it. */
  readonly started?: (run: ActiveRun) => void;
  /** Told of every call into user code. */
  readonly userCalls?: UserCallWatch;
}

/** Runs one request to its end, or to the point where it was stopped. */
export async function executeRunJob(
  request: RunRequest,
  control: RunControl,
  hooks: RunJobHooks = {},
): Promise<RunReport> {
  refuseWrongValues(request);
  const prepared = prepareRun(await loadRunInput(request, hooks.userCalls));
  refuseLeftOut(prepared, request);
  const warmUp = findWarmUpOfRun(prepared, control, hooks.userCalls);
  if (warmUp === undefined) return new RunJob(request, prepared, control).execute(hooks);
  const settled = settledRequest(request, prepared, warmUp);
  const again = prepareRun(await loadRunInput(settled, hooks.userCalls));
  return new RunJob(settled, again, control, warmUp).execute(hooks);
}

class RunJob {
  private readonly request: RunRequest;
  private readonly prepared: PreparedRun;
  private readonly control: RunControl;
  private readonly folder: ResultFolder;
  private readonly startedMs = performance.now();
  private readonly warmUp: WarmUpRecord | undefined;

  constructor(
    request: RunRequest,
    prepared: PreparedRun,
    control: RunControl,
    warmUp?: WarmUpRecord,
  ) {
    this.warmUp = warmUp;
    this.request = request;
    this.prepared = prepared;
    this.control = control;
    const name = `${folderNameOf(prepared.name)}-${prepared.inputHash.slice(0, 8)}`;
    const path = request.outputDir ?? join("results", name);
    this.folder = ResultFolder.create(path, prepared.inputHash, request.force);
  }

  execute({ started, userCalls }: RunJobHooks): RunReport {
    const { prepared, request, folder } = this;
    const writers = new RowWriters(folder);
    let run: ActiveRun | undefined;
    try {
      const options = {
        check: request.check,
        evaluator: request.evaluator,
        ...(userCalls === undefined ? {} : { userCalls }),
      };
      const steady = SteadyWatch.of(prepared.scenario);
      run = startRun(prepared, { ...options, sinks: sinksOf(writers, steady) });
      started?.(run);
      const end = this.advance(run);
      const result = this.withSteadyState(run.finish(end.reason, end.detail), steady);
      writers.flush();
      const kept = this.keep(run, result);
      const divergence =
        request.verifyDeterminism && !result.end.partial
          ? findDivergence(prepared, options, result.fingerprint)
          : undefined;
      return this.report(run, result, { kept, divergence, failure: end.failure });
    } catch (error) {
      folder.abandon();
      if (run === undefined || isOutside(error)) throw error;
      return this.reportBreakdown(run, error);
    }
  }

  // A strategy that fails ends the run, but what came before it counts.
  private advance(run: ActiveRun): {
    readonly reason: RunEnd | undefined;
    readonly detail?: string;
    readonly failure?: StrategyError;
  } {
    const { maxWall } = this.request;
    const wallUs =
      maxWall === undefined ? this.prepared.scenario.run.limits.maxWall : parseDuration(maxWall);
    try {
      const end = advanceWatched(
        run,
        this.control,
        wallUs === undefined ? undefined : wallUs / 1e3,
      );
      if (end === "wall") return { reason: "limit", detail: "wall clock" };
      return { reason: end };
    } catch (error) {
      if (!(error instanceof StrategyError)) throw error;
      return { reason: "failed", detail: error.message, failure: error };
    }
  }

  // Partial results never take the place of whole ones. Returns the files written, if any.
  private keep(run: ActiveRun, result: RunResult): readonly string[] | undefined {
    const { folder, prepared, request } = this;
    if (result.end.partial && folder.holdsWholeResults && !request.force) {
      folder.abandon();
      return undefined;
    }
    folder.append("summary.json", `${JSON.stringify(result, undefined, 2)}\n`);
    if (this.warmUp !== undefined) folder.append("warm-up.svg", drawWarmUp(this.warmUp));
    folder.append("timing.json", this.timingText(run));
    folder.append("run.json", manifestText(prepared, request, result));
    return folder.commit();
  }

  private timingText(run: ActiveRun): string {
    const timing = {
      wallMs: Math.round(performance.now() - this.startedMs),
      events: run.eventsFired,
      maxRssBytes: process.resourceUsage().maxRSS * 1024,
    };
    return `${JSON.stringify(timing, undefined, 2)}\n`;
  }

  private report(
    run: ActiveRun,
    result: RunResult,
    outcome: {
      readonly kept: readonly string[] | undefined;
      readonly divergence: readonly string[] | undefined;
      readonly failure: StrategyError | undefined;
    },
  ): RunReport {
    const { request, folder } = this;
    const { kept, divergence, failure } = outcome;
    const seconds = (performance.now() - this.startedMs) / 1000;
    const closing = [`fingerprint ${result.fingerprint}`];
    if (divergence !== undefined) closing.push(...divergence);
    else if (request.verifyDeterminism && !result.end.partial)
      closing.push("the second run gave the same fingerprint");
    closing.push(
      kept === undefined
        ? `files       none: ${folder.path}/ holds the whole results of these inputs, which stay (--force replaces them)`
        : `files       ${folder.path}/ (${kept.join(", ")})`,
      `time        ${seconds.toFixed(2)} s, ${run.eventsFired} events`,
      `next        ${this.nextCommand(result)}`,
    );
    if (failure !== undefined) {
      closing.push(`error: ${failure.message}`, ...ownFrames(failure));
      if (request.debug) closing.push(stackOf(failure));
    }
    const limit = limitText(result);
    if (limit !== undefined) closing.push(limit);
    return {
      exitCode: exitCodeOf(result, divergence !== undefined, failure !== undefined),
      output: this.outputOf(result),
      notes: formatNotes(result),
      closing: `${closing.join("\n")}\n`,
    };
  }

  // Of a run that was cut short nothing is said about the long run.
  private withSteadyState(result: RunResult, steady: SteadyWatch | undefined): SteadyResult {
    if (steady === undefined || result.end.partial) return result;
    const { warmUp } = this;
    const { isUnstable } = steady;
    const longRun = isUnstable ? [] : steady.batches();
    return { ...result, steadyState: { ...(warmUp && { warmUp }), isUnstable, longRun } };
  }

  private outputOf(result: SteadyResult): string {
    const { format, verbose } = this.request;
    const isForPeople = format === "table" || format === "wide";
    const { steadyState } = result;
    const more = isForPeople && steadyState !== undefined ? steadyStateText(steadyState) : "";
    const text = `${formatResult(result, format)}${more}`;
    return verbose === true && isForPeople ? `${text}\n${formatOperations(result)}` : text;
  }

  private nextCommand(result: RunResult): string {
    const pod =
      result.pendingAtEnd[0]?.pod ?? result.longestPending?.pod ?? this.prepared.examplePod;
    return pod === undefined ? "podsim run --help" : `podsim explain ${this.folder.path} ${pod}`;
  }

  private differenceOf({ pod, decision, difference }: EvaluatorDifference): object {
    const { field, left, right } = difference;
    return {
      ...{ pod: `${pod.namespace}/${pod.name}`, decision, field, case: CASE_FILE },
      ...{ reference: left, other: right },
    };
  }

  // Podsim itself went wrong: say where, and leave what it takes to see it again.
  private reportBreakdown(run: ActiveRun, error: unknown): RunReport {
    const { prepared, request, folder } = this;
    const message = error instanceof Error ? error.message : String(error);
    const lastEvents = run.recentEvents();
    const difference = error instanceof EvaluatorDifference ? error : undefined;
    const command = commandOf(request, folder.path);
    const breakdown = {
      invariant: error instanceof InvariantBroken ? error.id : undefined,
      message,
      atUs: run.nowUs,
      lastEvents,
      ...(difference === undefined ? {} : { difference: this.differenceOf(difference) }),
    };
    if (difference !== undefined) folder.append(CASE_FILE, decisionCaseText(run, difference));
    folder.append(BUNDLE_FILE, bundleText(prepared, request, breakdown, command));
    folder.commit();
    const at = formatInstant(run.nowUs as Instant);
    const lines = [
      `internal error: ${message}`,
      `at ${at} of virtual time, seed ${prepared.scenario.run.seed}, after these events:`,
      ...lastEvents.map((event) => `  ${event}`),
      `bundle      ${join(folder.path, BUNDLE_FILE)}`,
      `again       ${command}`,
      ...(difference === undefined
        ? []
        : [`this state  podsim verify decisions ${join(folder.path, CASE_FILE)} --evaluator both`]),
      "hint: this is a fault of podsim, please report it with the bundle",
    ];
    if (request.debug) lines.push(stackOf(error));
    return {
      exitCode: EXIT.internal,
      output: "",
      notes: "",
      closing: `${lines.join("\n")}\n`,
    };
  }
}

/** Rows go to the files, and to whoever watches the steady state. */
function sinksOf(writers: RowWriters, steady: SteadyWatch | undefined): RowSinks {
  if (steady === undefined) return writers.sinks;
  const sample = (row: SampleRow): void => {
    writers.sinks.sample?.(row);
    steady.sinks.sample?.(row);
  };
  return { ...writers.sinks, ...steady.sinks, sample };
}

// A full disk or a missing right is the machine's fault; it has its own code and words.
function isOutside(error: unknown): boolean {
  return error instanceof Error && error.name === "CommandFailure";
}

function exitCodeOf(result: RunResult, diverged: boolean, failed: boolean): ExitCode {
  if (failed) return EXIT.strategy;
  if (result.end.reason === "limit" || result.end.reason === "zero-delay-loop") return EXIT.limit;
  const gates = [...result.thresholds, ...result.expectations];
  const passed = gates.every((gate) => gate.passed);
  return passed && !diverged ? EXIT.ok : EXIT.gate;
}

function limitText({ end }: RunResult): string | undefined {
  if (end.reason === "zero-delay-loop")
    return `error: events cause each other without time passing: ${end.detail ?? ""}`;
  if (end.reason !== "limit") return undefined;
  return end.detail === "wall clock"
    ? "error: the limit of wall time was hit, so the results are partial (--max-wall raises it)"
    : "error: the limit of events was hit, so the results are partial (--max-events raises it)";
}

// Where in the user's own files it happened; podsim's frames would only be in the way.
function ownFrames({ cause }: Error): string[] {
  if (!(cause instanceof Error) || cause.stack === undefined) return [];
  const here = new URL("..", import.meta.url).href;
  return cause.stack
    .split("\n")
    .filter((line) => /^\s+at .*file:/.test(line) && !line.includes(here))
    .slice(0, 3);
}
