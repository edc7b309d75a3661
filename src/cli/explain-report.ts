// One explanation as a report: here, or in a thread that can be ended if user code takes part.
//
// Explaining replays decisions, so a strategy that does not return would hold it up for ever. Most
// runs have no user code and need no thread: the first module to be loaded asks for one.

import { formatExplanation } from "../report/index.ts";
import type { UserCallWatch } from "../scheduler/index.ts";
import type { ExplainOptions } from "./commands/explain-command.ts";
import { EXIT } from "./exit-codes.ts";
import { explainObjects, explainRunFolder } from "./explain-job.ts";
import { createRunControl, type ExplainRequest, type RunReport } from "./run-request.ts";

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

/** Explains in the present thread. */
export async function explainHere(
  { positional, options }: ExplainRequest,
  userCalls: UserCallWatch | undefined,
): Promise<RunReport> {
  const [first = "", second = ""] = positional;
  const record =
    options.filename === undefined
      ? await explainRunFolder(first, second, options, userCalls)
      : await explainObjects(positional[0], options, userCalls);
  return {
    exitCode: EXIT.ok,
    output: formatExplanation(record, options.format),
    notes: record.notes.map((note) => `note: ${note}\n`).join(""),
    closing: "",
  };
}

const THREAD_WANTED: Error = new Error("user code is loaded in a thread of its own");

const THREAD_FIRST: UserCallWatch = {
  enter: () => {
    throw THREAD_WANTED;
  },
  leave: () => undefined,
};
