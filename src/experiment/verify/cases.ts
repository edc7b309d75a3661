// All kinds of recorded cases behind one call: each line goes to the check of its kind.
//
// A line of an unknown kind is counted as unsupported and named, never as agreement.

import {
  type CaseKinds,
  parseCaseLines,
  ReportBuilder,
  type VerifyOptions,
  type VerifyReport,
} from "./case-format.ts";
import { pluginCaseKinds } from "./cases-plugins.ts";
import { preemptionCaseKinds } from "./cases-preemption.ts";
import { queueCaseKinds } from "./cases-queue.ts";
import { valueCaseKinds } from "./cases-values.ts";

const KINDS: readonly CaseKinds[] = [
  valueCaseKinds,
  pluginCaseKinds,
  preemptionCaseKinds,
  queueCaseKinds,
];

/** Compares recorded cases (JSON Lines) with what podsim answers; kinds nobody checks are named. */
export function verifyCases(
  lines: Iterable<string>,
  file = "cases",
  options: VerifyOptions = {},
): VerifyReport {
  const report = new ReportBuilder(file);
  for (const recorded of parseCaseLines(lines, file)) {
    const kind = String(recorded["kind"]);
    const check = KINDS.find((kinds) => kinds.has(kind))?.get(kind);
    report.add(check?.(recorded, options) ?? { kind: "unsupported", names: [`kind ${kind}`] });
  }
  return report.build();
}
