// The main thread's side of a run: draws progress, passes signals on, reads stdin.
//
// The simulation runs in a worker, user code included, so that this thread always answers. Ctrl-C
// once asks the worker to stop and keep what there is; twice, or a worker that does not answer in
// time, ends the process at once. Files are whole either way, because they are renamed into place.

import { isatty } from "node:tty";
import { CommandFailure, EXIT, type ExitCode } from "./exit-codes.ts";
import { printNote } from "./output.ts";
import { ProgressLine } from "./progress-line.ts";
import {
  createRunControl,
  type RunControl,
  type RunReport,
  STOP,
  type ThreadJob,
} from "./run-request.ts";
import { runSession } from "./run-session.ts";

/** How long the worker may take to notice that it is to stop; it may be reading or preparing. */
const ANSWER_MS = 700;

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The report, and the exit code of the signal that ended the run early, if one did. */
export interface ThreadOutcome {
  readonly report: RunReport;
  readonly signal: ExitCode | undefined;
}

/** A job whose inputs may come through stdin. */
export type InputJob = Extract<ThreadJob, { readonly kind: "run" | "whatif" | "plan" }>;

/** Does a job in a worker thread. Ends the process itself only when a signal must not wait. */
export async function runJobInThread(job: InputJob, quiet: boolean): Promise<ThreadOutcome> {
  const control = createRunControl();
  const line = new ProgressLine(control.progress, quiet);
  let signal: ExitCode | undefined;
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    const code = name === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
    line.clear();
    if (signal !== undefined) process.exit(code);
    signal = code;
    Atomics.store(control.stop, 0, STOP.asked);
    if (!quiet) printNote("\nstopping: partial results follow; once more to leave at once\n");
    timer = setTimeout(() => leaveUnlessSeen(control, code), ANSWER_MS);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  try {
    const request = await withStdin(job.request);
    const report = await runSession({ ...job, request } as InputJob, control);
    return { report, signal };
  } finally {
    clearTimeout(timer);
    line.clear();
    for (const name of SIGNALS) process.off(name, onSignal);
  }
}

// Read here, because a thread that waits for a pipe cannot be ended, and Ctrl-C would hang with it.
/** The request with what stdin held, if `-` is among its inputs. */
export async function withStdin<
  Request extends { readonly inputs: readonly string[]; readonly stdin?: Uint8Array | undefined },
>(request: Request): Promise<Request> {
  if (!request.inputs.includes("-") || isatty(0)) return request;
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandFailure(EXIT.input, `cannot read stdin: ${code}`);
  }
  return { ...request, stdin: Buffer.concat(chunks) };
}

function leaveUnlessSeen(control: RunControl, code: ExitCode): void {
  if (Atomics.load(control.stop, 0) !== STOP.asked) return;
  printNote("stopped before there were any results\n");
  process.exit(code);
}
