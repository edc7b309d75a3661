// Exit codes of the command line, one meaning each. The table is part of the interface.
//
// A code is a promise to scripts: new meanings get new numbers, none is reused.

/** What the process tells its caller. */
export const EXIT = {
  ok: 0,
  gate: 1,
  usage: 2,
  input: 3,
  limit: 4,
  inconclusive: 5,
  strategy: 6,
  files: 7,
  remote: 8,
  internal: 70,
  interrupted: 130,
  terminated: 143,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a code after its message went to stderr. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
  }
}

/** Ends a command with a failure whose words were made elsewhere, such as in a thread. */
export class ReportedFailure extends Error {
  readonly report: FailureWords;

  constructor(report: FailureWords) {
    super(report.closing.trim());
    this.name = "ReportedFailure";
    this.report = report;
  }
}

/** What a failure says, and where. */
export interface FailureWords {
  readonly exitCode: ExitCode;
  /** For stdout: problems as JSON. */
  readonly output: string;
  /** For stderr. */
  readonly closing: string;
}
