// Status: what a plugin answers, as a value.
//
// A rejected pod is an everyday outcome, so it is never an exception. Codes and their names are
// upstream's; reasons are the exact sentences that end up in the FitError text.

/** Status codes of upstream's framework. */
export const Code = {
  Success: 0,
  Error: 1,
  Unschedulable: 2,
  UnschedulableAndUnresolvable: 3,
  Wait: 4,
  Skip: 5,
  Pending: 6,
} as const;
export type Code = (typeof Code)[keyof typeof Code];

const CODE_NAMES: readonly string[] = [
  "Success",
  "Error",
  "Unschedulable",
  "UnschedulableAndUnresolvable",
  "Wait",
  "Skip",
  "Pending",
];

/** Upstream's name of a code, as recorded decisions and reports show it. */
export function formatCode(code: Code): string {
  return CODE_NAMES[code] ?? `Code(${code})`;
}

/** One plugin's answer. `plugin` is filled in by the framework (empty when no plugin answered). */
export interface Status {
  readonly code: Code;
  readonly plugin: string;
  readonly reasons: readonly string[];
}

/** "Yes", shared: without reasons, and without a plugin because nobody needs to be blamed. */
export const SUCCESS: Status = Object.freeze({ code: Code.Success, plugin: "", reasons: [] });
/** "Not my business in this cycle", shared likewise. */
export const SKIP: Status = Object.freeze({ code: Code.Skip, plugin: "", reasons: [] });

/** "No, but removing pods may help" (preemption looks at such nodes). */
export function unschedulable(plugin: string, ...reasons: string[]): Status {
  return { code: Code.Unschedulable, plugin, reasons };
}

/** "No, and removing pods does not help." */
export function unresolvable(plugin: string, ...reasons: string[]): Status {
  return { code: Code.UnschedulableAndUnresolvable, plugin, reasons };
}

/** The cycle cannot be finished: not a verdict about the pod. */
export function errorStatus(plugin: string, reason: string): Status {
  return { code: Code.Error, plugin, reasons: [reason] };
}

/** True for the three codes that mean "the pod does not go there". */
export function isRejected(status: Status): boolean {
  return (
    status.code === Code.Unschedulable ||
    status.code === Code.UnschedulableAndUnresolvable ||
    status.code === Code.Pending
  );
}

/** The reasons as one text, as upstream's Status.Message does. */
export function statusMessage(status: Status): string {
  return status.reasons.join(", ");
}
