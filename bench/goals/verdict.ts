// Whether a figure meets its bar, and a goal all of its bars. A bar that is missed is told, never left out.

import type { Bar, Finding, GoalId, Measured, Status } from "./goal.ts";

/** Judges one figure; a figure that is no number has failed. */
export function judge({ figure, bar, isValid = true }: Measured): Status {
  if (figure === undefined) return "not measured";
  if (!Number.isFinite(figure)) return "FAILED";
  if (!isValid) return "not measured";
  if (bar === undefined) return "shown";
  return meets(figure, bar) ? "met" : "missed";
}

function meets(figure: number, bar: Bar): boolean {
  return "atLeast" in bar ? figure >= bar.atLeast : figure <= bar.atMost;
}

/** A goal: failed or missed when any part is, met when at least one is and none is not. */
export function verdictOf(findings: readonly Finding[]): Status {
  const has = (status: Status): boolean => findings.some((finding) => finding.status === status);
  for (const status of ["FAILED", "missed", "met"] as const) if (has(status)) return status;
  return "not measured";
}

/** P3 asks for all the goals of the full profile: how many of them are met. */
export function summarizeFullProfile(findings: readonly Finding[], load: number): Finding {
  const measured = new Set(
    findings.filter(({ goal }) => goal.startsWith("F")).map(({ goal }) => goal),
  );
  const of = (status: Status): GoalId[] =>
    [...measured].filter((goal) => verdictOf(findings.filter((f) => f.goal === goal)) === status);
  const met = of("met").length;
  const open = [...of("missed"), ...of("FAILED")];
  const unknown = of("not measured");
  const common = { goal: "P3", part: "F1 to F11", unit: "of 11 met", load } as const;
  const note = [
    ...(open.length > 0 ? [`missed: ${open.join(", ")}`] : []),
    ...(unknown.length > 0 ? [`not measured: ${unknown.join(", ")}`] : []),
  ].join("; ");
  const isComplete = measured.size === 11;
  const summary: Measured = {
    ...common,
    ...(isComplete ? { figure: met, bar: { atLeast: 11 - unknown.length } } : {}),
    note: isComplete ? note : "needs all of F1 to F11",
  };
  return { ...summary, load, status: judge(summary) };
}
