// What of a decision is hashed, and what is compared between two evaluators.
//
// The hash takes what costs nothing to read; the comparison takes everything the queue, the
// explanations and the next decision depend on.

import type { Decision, Verdict } from "../../src/scheduler/index.ts";
import type { ResultHash } from "../harness/result-hash.ts";

/** Adds node, total, number of nodes that fit and were looked at, next start, ties and victims. */
export function addVerdict(hash: ResultHash, { decision, postFilter }: Verdict): void {
  hash.add(decision.node);
  hash.add(decision.score ?? -1);
  hash.add(decision.feasibleCount);
  hash.add(decision.evaluatedCount);
  hash.add(decision.nextStart);
  hash.add(decision.tieCount);
  for (const victim of postFilter?.preemption?.chosen?.victims ?? []) hash.add(Number(victim.uid));
}

/** Where two decisions about one pod on one state differ; "" when they are the same. */
export function decisionDifference(left: Decision, right: Decision): string {
  for (const [name, read] of COMPARED) {
    const a = read(left);
    const b = read(right);
    if (a !== b) return `${name}: ${a} against ${b}`;
  }
  return "";
}

const COMPARED: readonly (readonly [string, (decision: Decision) => string | number])[] = [
  ["outcome", ({ outcome }) => outcome],
  ["node", ({ node }) => node],
  ["feasible nodes", ({ feasible }) => feasible.length],
  ["list of feasible nodes", ({ feasible }) => feasible.join(" ")],
  ["totals", ({ totals }) => totals.join(" ")],
  ["ties", ({ tieCount }) => tieCount],
  ["nodes looked at", ({ evaluatedCount }) => evaluatedCount],
  ["start", ({ start }) => start],
  ["next start", ({ nextStart }) => nextStart],
  ["message", ({ message }) => message],
  ["rejecting plugins", ({ rejectingPlugins }) => [...rejectingPlugins].sort().join(" ")],
  ["statuses", ({ statuses }) => statuses.explicitCount],
];
