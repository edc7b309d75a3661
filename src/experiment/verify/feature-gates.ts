// Feature gates of recorded cases: which ones put a case outside of what podsim promises.
//
// podsim models 1.36 with its default gates. A case that switches on an alpha gate (or one that is
// off) is outside; one that switches off a default gate is not supported. Naming a default changes
// nothing.

import type { CaseCheck, CaseOutcome, RecordedCase } from "./case-format.ts";

/** Gates that are alpha, or beta but off, in 1.36. */
const OUTSIDE_GATES: ReadonlySet<string> = new Set([
  "TaintTolerationComparisonOperators",
  "StorageCapacityScoring",
  "VolumeLimitScaling",
  "GenericWorkload",
  "GangScheduling",
  "TopologyAwareWorkloadScheduling",
  "WorkloadAwarePreemption",
  "WorkloadWithJob",
  "DRANodeAllocatableResources",
  "DRAListTypeAttributes",
  "DRAWorkloadResourceClaims",
  "DRADeviceTaintRules",
  "SchedulerAsyncAPICalls",
]);

/** The outcome that a case's gates force, or undefined when it can be compared. */
function gateOutcome(recorded: RecordedCase): CaseOutcome | undefined {
  const gates = (recorded["featureGates"] ?? {}) as Readonly<Record<string, boolean>>;
  const names = Object.keys(gates);
  const outside = names.filter((gate) => gates[gate] === true && OUTSIDE_GATES.has(gate));
  if (outside.length > 0) return { kind: "outside", gates: outside };
  const off = names.filter((gate) => gates[gate] === false && !OUTSIDE_GATES.has(gate));
  if (off.length > 0) return { kind: "unsupported", names: off.map((gate) => `gate ${gate} off`) };
  return undefined;
}

/** The check for cases whose gates are those of 1.36. */
export function withGates(check: CaseCheck): CaseCheck {
  return (recorded, options) => gateOutcome(recorded) ?? check(recorded, options);
}
