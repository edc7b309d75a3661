// How a command that failed says so: which exit code, which words; a stack trace only with --debug.

import { CommandFailure, EXIT, type ExitCode } from "./exit-codes.ts";

/** Code and text (for stderr) of anything that was thrown. */
export function failureReport(
  error: unknown,
  debug: boolean,
): { readonly exitCode: ExitCode; readonly text: string } {
  const stack = debug ? stackOf(error) : "";
  if (error instanceof CommandFailure)
    return { exitCode: error.exitCode, text: `error: ${error.message}\n${stack}` };
  if (isNamed(error, "InputError"))
    return { exitCode: error.exitCode as ExitCode, text: `${error.message}\n${stack}` };
  if (isNamed(error, "StrategyError"))
    return { exitCode: EXIT.strategy, text: `error: ${error.message}\n${stack}` };
  const message = error instanceof Error ? error.message : String(error);
  const hint = debug
    ? ""
    : "hint: run again with --debug for the stack trace, and please report it\n";
  return { exitCode: EXIT.internal, text: `internal error: ${message}\n${stack}${hint}` };
}

// By name, not by class: the classes would pull the readers into every start of the program.
function isNamed(error: unknown, name: string): error is Error & { exitCode?: number } {
  return error instanceof Error && error.name === name;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const cause = error.cause instanceof Error ? `caused by: ${error.cause.stack}\n` : "";
  return `${error.stack}\n${cause}`;
}
