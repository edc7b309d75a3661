// The search for victims: dry runs over the nodes that preemption may help on, then the choice (E2).
//
// Upstream takes the nodes in random order from a random offset. Here it is the order of the node
// list from its beginning, which is one of upstream's possible runs; with at most 100 potential
// nodes all of them are tried anyway, and only ties depend on the order.

import type { NodeRow } from "../cache/node-row.ts";
import { DenseStatuses } from "../evaluator/fused/dense-statuses.ts";
import type { NodeStatuses } from "../framework/node-statuses.ts";
import {
  errorStatus,
  isRejected,
  type Status,
  statusMessage,
  unresolvable,
} from "../framework/status.ts";
import { UniformStatuses } from "../framework/uniform-statuses.ts";
import type { PreemptionCandidate, PreemptionFindings } from "./candidate.ts";
import { cheapestCandidates } from "./choose-candidate.ts";
import { type DryRunContext, NO_VICTIMS, selectVictims } from "./dry-run.ts";

/** How many candidates are enough: DefaultPreemptionArgs. */
export interface CandidateLimits {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

/** Nodes of the snapshot whose verdict says that evictions may help. */
export function potentialNodes(
  nodes: readonly NodeRow[],
  statuses: NodeStatuses,
): readonly NodeRow[] {
  return statuses.unschedulableAmong(nodes);
}

/** Number of candidates after which the search may stop. */
export function candidatesWanted(nodeCount: number, limits: CandidateLimits): number {
  const share = Math.floor((nodeCount * limits.minCandidateNodesPercentage) / 100);
  return Math.min(nodeCount, Math.max(share, limits.minCandidateNodesAbsolute));
}

/** Tries the nodes and chooses; `failure` is set when errors came out and no candidate. */
export function searchVictims(
  context: DryRunContext,
  nodes: readonly NodeRow[],
  wanted: number,
): PreemptionFindings {
  const { budgets } = context;
  const finder = context.state.victims;
  if (finder?.isVain(context) === true) {
    const rejected = new UniformStatuses(nodes, NO_VICTIMS, NOT_HELPFUL);
    return { ...NO_CANDIDATES, rejected, budgets };
  }
  const harmless: PreemptionCandidate[] = [];
  const violating: PreemptionCandidate[] = [];
  const rows: NodeRow[] = [];
  const verdicts: Status[] = [];
  const errors: Status[] = [];
  for (const row of nodes) {
    const found = finder?.find(context, row) ?? selectVictims(context, row);
    if ("victims" in found) {
      const list = found.budgetViolations === 0 ? harmless : violating;
      if (list.length < wanted) list.push(found);
      if (harmless.length > 0 && harmless.length + violating.length >= wanted) break;
    } else {
      if (!isRejected(found)) errors.push(found);
      rows.push(row);
      verdicts.push(found);
    }
  }
  const candidates = [...harmless, ...violating];
  const failure = candidates.length === 0 && errors.length > 0 ? joined(errors) : undefined;
  const acceptable = cheapestCandidates(candidates, context.nowUs);
  const rejected = new DenseStatuses(rows, verdicts, NOT_HELPFUL);
  return { candidates, rejected, acceptable, budgets, chosen: acceptable[0], failure };
}

/** What is said of nodes that were not tried. */
const NOT_HELPFUL = unresolvable("", "Preemption is not helpful for scheduling");

const NO_CANDIDATES = {
  candidates: [],
  acceptable: [],
  chosen: undefined,
  failure: undefined,
} as const;

/** Several errors as one text, each different one once. */
function joined(errors: readonly Status[]): Status {
  const texts = [...new Set(errors.map(statusMessage))];
  return errorStatus("", texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`);
}
