// What is judged before a run begins: values on the command line, and what the inputs leave out.
//
// Shared by `run` and `validate`, so that what validates also runs.

import { InputError, parseDuration, type Problem } from "../base/index.ts";
import type { PreparedRun } from "../experiment/index.ts";
import type { RunInputRequest } from "../experiment/node.ts";
import { parseThreshold } from "../metrics/index.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";

/** Refuses gates and durations that cannot be read, as wrong usage. */
export function refuseWrongValues(request: {
  readonly thresholds: readonly string[];
  readonly horizon: string | undefined;
  readonly maxWall?: string | undefined;
  readonly pluginDeadline?: string | undefined;
}): void {
  for (const expression of request.thresholds) {
    const parsed = parseThreshold(expression);
    if (typeof parsed === "string") throw usage(`--threshold: ${parsed}`);
  }
  for (const [flag, text] of [
    ["--for", request.horizon],
    ["--max-wall", request.maxWall],
    ["--plugin-deadline", request.pluginDeadline],
  ] as const) {
    if (text === undefined) continue;
    const parsed = parseDuration(text);
    if (parsed === undefined || parsed <= 0)
      throw usage(`${flag} ${text}: no duration above 0 (write 30m, 2h, 1h30m)`);
  }
}

/** The part of a command's request that says what to read: plain data for threads and other machines. */
export function inputsOf(request: RunInputRequest): RunInputRequest {
  const { inputs, recursive, allowOutside, overrides, schedulers, seed, horizon } = request;
  const { thresholds, measures, prices, maxInputBytes, noPlugins, evaluator, stdin } = request;
  return {
    ...{ inputs, recursive, allowOutside, overrides, schedulers, seed, horizon },
    ...{ thresholds, measures, prices, maxInputBytes, noPlugins, evaluator, stdin },
  };
}

/** How forgiving the user is about what is left out. */
export interface Leniency {
  readonly allowUnsimulated: boolean;
  readonly strict: boolean;
}

/** What of the notes ends the command, as problems; empty if nothing does. */
export function refusalsOf(prepared: PreparedRun, leniency: Leniency): Problem[] {
  const refused = prepared.notes.filter((note) =>
    leniency.strict
      ? !STATEMENTS.has(note.code)
      : note.changesScheduling && !leniency.allowUnsimulated,
  );
  return refused.map(({ code, message, count, changesScheduling }, index) => {
    const problem: Problem = {
      code: changesScheduling ? "E_UNSIMULATED" : code,
      severity: "error",
      message: count > 1 ? `${message} (${count} times)` : message,
    };
    if (index < refused.length - 1) return problem;
    const hint = leniency.strict
      ? "--strict makes an error of everything that is left out or doubtful"
      : "this could change scheduling; --allow-unsimulated runs without it";
    return { ...problem, hint };
  });
}

/** Ends the command if something is left out that the user did not permit. */
export function refuseLeftOut(prepared: PreparedRun, leniency: Leniency): void {
  const problems = refusalsOf(prepared, leniency);
  if (problems.length > 0) throw new InputError(problems);
}

/** Notes that say what was done, not what was left out. */
const STATEMENTS: ReadonlySet<string> = new Set([
  "INFERRED_OWNER",
  "TRACE_WITHOUT_TIMES",
  "USER_CODE",
]);

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
