// One explanation as a report: here, or in a thread that can be ended if user code takes part.
//
// Explaining replays decisions, so a strategy that does not return would hold it up for ever. Most
// runs have no user code and need no thread: the first module to be loaded asks for one.

import type { UserCallWatch } from "../experiment/index.ts";
import type { ExplainOptions } from "./commands/explain-command.ts";
import { explainHere } from "./explain-here.ts";
import { createRunControl, type RunReport } from "./run-request.ts";

/** Explains, in a thread if user code takes part. */
export async function explain(
  positional: readonly string[],
  options: ExplainOptions & { readonly debug: boolean },
): Promise<RunReport> {
  // What was read from stdin is gone, so no second attempt is possible.
  const isStdin = options.filename?.includes("-") === true;
  try {
    return await explainHere({ positional, options }, isStdin ? undefined : THREAD_FIRST);
  } catch (error) {
    if (error !== THREAD_WANTED) throw error;
  }
  const { runSession } = await import("./run-session.ts");
  const job = { kind: "explain", request: { positional, options } } as const;
  return runSession(job, createRunControl());
}

const THREAD_WANTED: Error = new Error("user code is loaded in a thread of its own");

const THREAD_FIRST: UserCallWatch = {
  enter: () => {
    throw THREAD_WANTED;
  },
  leave: () => undefined,
};
