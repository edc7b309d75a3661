// One explanation as a report, in whichever thread this is called.
//
// Which thread that has to be is decided elsewhere; here is only what both have in common.

import type { UserCallWatch } from "../experiment/index.ts";
import { formatExplanation } from "../report/index.ts";
import { EXIT } from "./exit-codes.ts";
import { explainObjects, explainRunFolder } from "./explain-job.ts";
import type { ExplainRequest, RunReport } from "./run-request.ts";

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
    output: formatExplanation(record, options.format, options.top),
    notes: record.notes.map((note) => `note: ${note}\n`).join(""),
    closing: "",
  };
}
