// How a command that failed says so: which exit code, which words; a stack trace only with --debug.
//
// Wrong input goes to stderr as text, or with `-o json` to stdout as the same list.

import { CommandFailure, EXIT, type ExitCode, ReportedFailure } from "./exit-codes.ts";

/** A failure as the caller is told of it. */
export interface FailureReport {
  readonly exitCode: ExitCode;
  /** For stderr. */
  readonly text: string;
  /** For stdout. */
  readonly output: string;
}

/** Version of the shape of problem lists on stdout. */
const PROBLEMS_SCHEMA_VERSION = "podsim.dev/problems/v1";

/** Code and text of anything that was thrown. */
export async function failureReport(
  error: unknown,
  options: { readonly debug: boolean; readonly json: boolean },
): Promise<FailureReport> {
  if (error instanceof ReportedFailure) {
    const { exitCode, closing, output } = error.report;
    return { exitCode, text: closing, output };
  }
  // Not at the top: the door pulls the readers along, and most commands end without a failure.
  const { escapeControls, InputError } = await import("../base/index.ts");
  const stack = options.debug ? stackOf(error) : "";
  const lines = (text: string): string => text.split("\n").map(escapeControls).join("\n");
  if (error instanceof InputError) {
    const { exitCode, problems } = error;
    if (options.json) return { exitCode, text: stack, output: problemsJson(problems) };
    return { exitCode, text: `${error.message}\n${stack}`, output: "" };
  }
  if (error instanceof CommandFailure)
    return {
      exitCode: error.exitCode,
      text: `error: ${lines(error.message)}\n${stack}`,
      output: "",
    };
  if (error instanceof Error && error.name === "RemoteError")
    return { exitCode: EXIT.remote, text: `error: ${lines(error.message)}\n${stack}`, output: "" };
  if (error instanceof Error && error.name === "StoreError")
    return {
      exitCode: (error as { isConflict?: boolean }).isConflict ? EXIT.internal : EXIT.files,
      text: `error: ${lines(error.message)}\n${stack}`,
      output: "",
    };
  if (error instanceof Error && error.name === "StrategyError")
    return {
      exitCode: EXIT.strategy,
      text: `error: ${lines(error.message)}\n${stack}`,
      output: "",
    };
  const message = error instanceof Error ? error.message : String(error);
  const hint = options.debug
    ? ""
    : "hint: run again with --debug for the stack trace, and please report it\n";
  const text = `internal error: ${lines(message)}\n${stack}${hint}`;
  return { exitCode: EXIT.internal, text, output: "" };
}

/** The list of problems that scripts read. */
export function problemsJson(problems: readonly object[]): string {
  const list = { schemaVersion: PROBLEMS_SCHEMA_VERSION, problems };
  return `${JSON.stringify(list, undefined, 2)}\n`;
}

/** The stack of an error and of its cause, for --debug. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const cause = error.cause instanceof Error ? `caused by: ${error.cause.stack}\n` : "";
  return `${error.stack}\n${cause}`;
}
