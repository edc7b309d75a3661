// What `podsim run` asks of its worker, and what the worker says back: plain data on both sides.
//
// Plain, so that it can cross into a thread and be compared in tests; nothing here runs anything.

import type { ExplainOptions } from "./commands/explain-command.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { InputQuestion } from "./option-parts.ts";
import type { PlanRequest } from "./plan-request.ts";
import { USER_CALL_RECORD_BYTES } from "./user-call-record.ts";
import type { WhatifRequest } from "./whatif-request.ts";

/** One run as the command line describes it. */
export interface RunRequest extends InputQuestion {
  readonly check: "none" | "check" | "deep";
  /** A duration of wall time, such as 10m. */
  readonly maxWall: string | undefined;
  readonly outputDir: string | undefined;
  readonly force: boolean;
  readonly format: OutputFormat;
  readonly verifyDeterminism: boolean;
  /** Longest call into user code, a duration of wall time. */
  readonly pluginDeadline?: string | undefined;
  /** Show stack traces. */
  readonly debug: boolean;
  /** Show what the run cost in operations. */
  readonly verbose?: boolean;
}

/** Formats of what goes to stdout. */
export const OUTPUT_FORMATS = [
  "table",
  "wide",
  "json",
  "yaml",
  "csv",
  "jsonl",
  "markdown",
  "name",
] as const;
/** One of them. */
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** Shared between the main thread and the worker; numbers only, no locks. */
export interface RunControl {
  /** [0]: one of `STOP`. */
  readonly stop: Int32Array;
  /** Virtual now, horizon (0 = none), events fired. */
  readonly progress: Float64Array;
  /** Memory of a `UserCallRecord`. */
  readonly userCalls: SharedArrayBuffer;
}

/** One explanation as the command line describes it. */
export interface ExplainRequest {
  readonly positional: readonly string[];
  readonly options: ExplainOptions & { readonly debug: boolean };
}

/** What a thread is to do. */
export type ThreadJob =
  | { readonly kind: "run"; readonly request: RunRequest }
  | { readonly kind: "whatif"; readonly request: WhatifRequest }
  | { readonly kind: "plan"; readonly request: PlanRequest }
  | { readonly kind: "explain"; readonly request: ExplainRequest };

/** What hangs on the job alike, whichever it is. */
export function settingsOf(job: ThreadJob): {
  readonly pluginDeadline: string | undefined;
  readonly debug: boolean;
  readonly json: boolean;
} {
  const { pluginDeadline, debug, format } =
    job.kind === "explain" ? job.request.options : job.request;
  return { pluginDeadline, debug, json: format === "json" || format === "jsonl" };
}

/** What the worker tells the main thread: what user code printed, and in the end its report. */
export type WorkerMessage = { readonly printed: string } | { readonly report: RunReport };

/** States of `RunControl.stop`: go on; asked to stop; the worker has seen it and is finishing. */
export const STOP = { no: 0, asked: 1, seen: 2 } as const;

/** Positions in `RunControl.progress`. */
export const PROGRESS = { nowUs: 0, horizonUs: 1, events: 2 } as const;

/** A control that nobody has touched yet. */
export function createRunControl(): RunControl {
  return {
    stop: new Int32Array(new SharedArrayBuffer(4)),
    progress: new Float64Array(new SharedArrayBuffer(24)),
    userCalls: new SharedArrayBuffer(USER_CALL_RECORD_BYTES),
  };
}

/** The end of a run. */
export interface RunReport {
  readonly exitCode: ExitCode;
  /** For stdout. */
  readonly output: string;
  /** For stderr, before and after the output. */
  readonly notes: string;
  readonly closing: string;
}
