// FitError: the sentence a user sees when a pod fits nowhere.
//
// Word for word upstream's (scheduler.md 5.6): a histogram of all reasons, sorted as text with the
// counts in front, so "10 node(s) ..." comes before "2 Insufficient cpu".

import { compareText } from "../../base/index.ts";
import type { NodeStatuses } from "./node-statuses.ts";
import type { Status } from "./status.ts";

/** Pod-independent facts of one failed cycle. */
export interface FitErrorFacts {
  /** Nodes in the snapshot. */
  readonly allNodeCount: number;
  readonly statuses: NodeStatuses;
  /** Message of a PreFilter rejection; "" when the search over nodes took place. */
  readonly preFilterMessage: string;
  /** Message of the PostFilter status; "" when none ran or it succeeded. */
  readonly postFilterMessage: string;
}

/** The full text, e.g. `0/3 nodes are available: 1 Too many pods, 2 Insufficient cpu.` */
export function formatFitError(facts: FitErrorFacts): string {
  let text = `0/${facts.allNodeCount} nodes are available:`;
  if (facts.preFilterMessage !== "") {
    text += ` ${facts.preFilterMessage}.`;
  } else {
    const lines = reasonHistogram(facts.statuses, facts.allNodeCount);
    if (lines.length > 0) text += ` ${lines.join(", ")}.`;
  }
  if (facts.postFilterMessage !== "") text += ` ${facts.postFilterMessage}`;
  return text;
}

function reasonHistogram(statuses: NodeStatuses, allNodeCount: number): string[] {
  const counts = new Map<string, number>();
  const add = ({ reasons }: Status, nodeCount: number): void => {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + nodeCount);
  };
  for (const [status, nodeCount] of statuses.distinct()) add(status, nodeCount);
  const absentCount = allNodeCount - statuses.explicitCount;
  if (absentCount > 0) add(statuses.absent, absentCount);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).sort(compareText);
}
