// One run from inputs to files, as the worker thread does it.
//
// Reads the inputs, assembles the run, lets it advance in slices (between which a stop is noticed),
// streams rows into the result folder, and says in a report what goes to the terminal.

import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type ActiveRun, type PreparedRun, prepareRun, startRun } from "../experiment/index.ts";
import { loadRunInput } from "../experiment/node.ts";
import type { RowSinks, RunResult } from "../metrics/index.ts";
import {
  type CsvTable,
  csvHeader,
  csvLines,
  DECISIONS_CSV,
  EVENTS_CSV,
  formatNotes,
  formatResult,
  NODES_CSV,
  PODS_CSV,
  TIMESERIES_CSV,
} from "../report/index.ts";
import { CommandFailure, EXIT, type ExitCode } from "./exit-codes.ts";
import { folderNameOf, ResultFolder } from "./result-folder.ts";
import { PROGRESS, type RunControl, type RunReport, type RunRequest } from "./run-request.ts";
import { VERSIONS } from "./versions.ts";

const EVENTS_PER_SLICE = 20_000;
const ROWS_PER_WRITE = 2_000;

/** Runs one request to its end, or to the point where it was stopped. */
export async function executeRunJob(request: RunRequest, control: RunControl): Promise<RunReport> {
  const startedMs = performance.now();
  const input = await loadRunInput(request);
  const prepared = prepareRun(input);
  refuseUnsimulated(prepared, request);
  const folder = openFolder(prepared, request);
  try {
    const writers = new RowWriters(folder);
    const run = startRun(prepared, {
      sinks: writers.sinks,
      check: request.check,
      maxEvents: request.maxEvents,
    });
    const stopped = advance(run, control);
    const result = run.finish(stopped ? "stopped" : undefined);
    writers.flush();
    const repeated =
      request.verifyDeterminism && !stopped ? repeatedFingerprint(prepared, request) : undefined;
    folder.append("summary.json", `${JSON.stringify(result, undefined, 2)}\n`);
    folder.append("timing.json", timingText(startedMs, run));
    folder.append("run.json", manifestText(prepared, request, result));
    const files = folder.commit();
    return report(request, prepared, result, { folder: folder.path, files, repeated });
  } catch (error) {
    folder.abandon();
    throw error;
  }
}

// True if somebody asked to stop before the run was over.
function advance(run: ActiveRun, control: RunControl): boolean {
  control.progress[PROGRESS.horizonUs] = run.horizonUs ?? 0;
  while (run.advance(EVENTS_PER_SLICE)) {
    control.progress[PROGRESS.nowUs] = run.nowUs;
    control.progress[PROGRESS.events] = run.eventsFired;
    if (Atomics.load(control.stop, 0) !== 0) return true;
  }
  return false;
}

function refuseUnsimulated(prepared: PreparedRun, request: RunRequest): void {
  if (request.allowUnsimulated) return;
  const blocking = prepared.notes.filter((note) => note.changesScheduling);
  if (blocking.length === 0) return;
  const lines = blocking.map(
    (note) => `  ${note.message}${note.count > 1 ? ` (${note.count} times)` : ""}\n`,
  );
  throw new CommandFailure(
    EXIT.input,
    `what could change scheduling is not simulated:\n${lines.join("")}hint: --allow-unsimulated runs without it`,
  );
}

function openFolder(prepared: PreparedRun, request: RunRequest): ResultFolder {
  const name = `${folderNameOf(prepared.name)}-${prepared.inputHash.slice(0, 8)}`;
  return ResultFolder.create(
    request.outputDir ?? join("results", name),
    prepared.inputHash,
    request.force,
  );
}

function repeatedFingerprint(prepared: PreparedRun, request: RunRequest): string {
  const run = startRun(prepared, { sinks: {}, check: request.check, maxEvents: request.maxEvents });
  while (run.advance(EVENTS_PER_SLICE));
  return run.finish(undefined).fingerprint;
}

/** Buffers rows and appends them to their files; every file has its header even without a row. */
class RowWriters {
  readonly sinks: RowSinks;
  private readonly flushes: (() => void)[] = [];

  constructor(folder: ResultFolder) {
    this.sinks = {
      pod: this.writer(folder, PODS_CSV),
      node: this.writer(folder, NODES_CSV),
      sample: this.writer(folder, TIMESERIES_CSV),
      decision: this.writer(folder, DECISIONS_CSV),
      event: this.writer(folder, EVENTS_CSV),
    };
  }

  flush(): void {
    for (const flush of this.flushes) flush();
  }

  private writer<Row extends object>(
    folder: ResultFolder,
    table: CsvTable<Row>,
  ): (row: Row) => void {
    let rows: Row[] = [];
    const flush = (): void => {
      if (rows.length > 0) folder.append(table.file, csvLines(table, rows));
      rows = [];
    };
    this.flushes.push(flush);
    folder.append(table.file, csvHeader(table));
    return (row) => {
      rows.push(row);
      if (rows.length >= ROWS_PER_WRITE) flush();
    };
  }
}

function timingText(startedMs: number, run: ActiveRun): string {
  const wallMs = Math.round(performance.now() - startedMs);
  const timing = {
    wallMs,
    events: run.eventsFired,
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  return `${JSON.stringify(timing, undefined, 2)}\n`;
}

function manifestText(prepared: PreparedRun, request: RunRequest, result: RunResult): string {
  const manifest = {
    schemaVersion: "podsim.dev/run/v1",
    name: prepared.name,
    inputHash: prepared.inputHash,
    inputs: prepared.inputs,
    versions: VERSIONS,
    seed: result.seed,
    scheduler: result.scheduler,
    options: {
      inputs: request.inputs,
      recursive: request.recursive,
      set: request.overrides,
      schedulers: request.schedulers,
      seed: request.seed ?? null,
      for: request.horizon ?? null,
      thresholds: request.thresholds,
      maxEvents: request.maxEvents ?? null,
      allowUnsimulated: request.allowUnsimulated,
      allowOutside: request.allowOutside,
    },
    end: result.end,
    fingerprint: result.fingerprint,
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function report(
  request: RunRequest,
  prepared: PreparedRun,
  result: RunResult,
  outcome: {
    readonly folder: string;
    readonly files: readonly string[];
    readonly repeated: string | undefined;
  },
): RunReport {
  const differs = outcome.repeated !== undefined && outcome.repeated !== result.fingerprint;
  const closing = [`fingerprint ${result.fingerprint}\n`];
  if (outcome.repeated !== undefined) {
    closing.push(
      differs
        ? `DIFFERENT on the second run: ${outcome.repeated}\n`
        : "the second run gave the same fingerprint\n",
    );
  }
  closing.push(`files       ${outcome.folder}/ (${outcome.files.join(", ")})\n`);
  closing.push(`next        ${nextCommand(prepared, outcome.folder, result)}\n`);
  return {
    exitCode: differs ? EXIT.internal : exitCodeOf(result),
    output: formatResult(result, request.format),
    notes: formatNotes(result),
    closing: closing.join(""),
  };
}

function nextCommand(prepared: PreparedRun, folder: string, result: RunResult): string {
  const pod = result.pendingAtEnd[0]?.pod ?? result.longestPending?.pod ?? prepared.examplePod;
  return pod === undefined ? `podsim run --help` : `podsim explain ${folder} ${pod}`;
}

function exitCodeOf(result: RunResult): ExitCode {
  if (result.end.reason === "limit" || result.end.reason === "zero-delay-loop") return EXIT.limit;
  return result.thresholds.every((threshold) => threshold.passed) ? EXIT.ok : EXIT.gate;
}
