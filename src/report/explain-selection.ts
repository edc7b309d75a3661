// A part of an explanation: so many nodes of every list, for clusters of which nobody reads all.
//
// Counts stay those of the whole; only names and rows are left out, and the chosen node never is.

import type { ExplainedDecision, ExplainRecord } from "../metrics/index.ts";

/** The record with at most `top` nodes in each list. */
export function selectTop(record: ExplainRecord, top: number): ExplainRecord {
  const { decision, suggestions, nearest } = record;
  return {
    ...record,
    decision: decision === null ? null : selectDecision(decision, top),
    nearest: nearest.slice(0, top),
    suggestions: suggestions
      .slice(0, top)
      .map((each) => ({ ...each, nodes: each.nodes.slice(0, top) })),
  };
}

function selectDecision(decision: ExplainedDecision, top: number): ExplainedDecision {
  const { verdicts, scores, ties, postFilter, node } = decision;
  const preemption = postFilter?.preemption;
  return {
    ...decision,
    verdicts: verdicts.map((group) => ({ ...group, nodes: group.nodes.slice(0, top) })),
    scores:
      scores === null
        ? null
        : {
            ...scores,
            nodes: scores.nodes.filter((row, at) => at < top || row.node === node),
          },
    ties: ties === null ? null : { ...ties, nodes: ties.nodes.slice(0, top) },
    postFilter:
      postFilter === null || preemption == null
        ? postFilter
        : {
            ...postFilter,
            preemption: {
              ...preemption,
              candidates: preemption.candidates.filter(
                (each, at) => at < top || each.node === postFilter.nominatedNode,
              ),
              rejected: preemption.rejected.map((group) => ({
                ...group,
                nodes: group.nodes.slice(0, top),
              })),
            },
          },
  };
}
