// What the search for victims found, taken apart: candidates, those tried in vain, and the rule that chose.
//
// It searches nothing anew; the verdict holds the findings. Start times are not shown, only that they
// decided.

import type {
  ExplainedPostFilter,
  ExplainedPreemption,
  PreemptionOption,
} from "../../metrics/index.ts";
import {
  podKey,
  potentialNodes,
  type PreemptionCandidate,
  type PreemptionFindings,
  type Status,
  type Verdict,
} from "../../scheduler/index.ts";
import type { DecisionWorld } from "./decision-world.ts";

/** What PostFilter said and found; null when it was not asked. */
export function explainPostFilter(
  world: DecisionWorld,
  { postFilter }: Verdict,
): ExplainedPostFilter | null {
  if (postFilter === undefined) return null;
  const { status, nominate = "", preemption } = postFilter;
  return {
    message: status.reasons.join(", "),
    nominatedNode: nominate === "" ? null : nominate,
    preemption: preemption === undefined ? null : explainSearch(world, preemption),
  };
}

function explainSearch(world: DecisionWorld, findings: PreemptionFindings): ExplainedPreemption {
  const { candidates, rejected } = findings;
  const potential = potentialNodes(world.nodes, world.decision.statuses).length;
  const tried = candidates.length + rejected.explicitCount;
  const groups = new Map<string, { reasons: readonly string[]; nodes: string[] }>();
  // Thousands of nodes share a few objects.
  let last: Status | undefined;
  let nodes: string[] = [];
  rejected.forEach((status, row) => {
    if (status !== last) {
      const { reasons } = status;
      const key = reasons.join("\n");
      nodes = groups.get(key)?.nodes ?? [];
      if (!groups.has(key)) groups.set(key, { reasons, nodes });
      last = status;
    }
    nodes.push(world.nameOf(row));
  });
  return {
    hopelessCount: world.nodes.length - potential,
    notTriedCount: Math.max(0, potential - tried),
    candidates: candidates.map(optionOf),
    rejected: [...groups.values()]
      .map((group) => ({ ...group, count: group.nodes.length }))
      .sort((a, b) => b.count - a.count),
    why: whyChosen(findings),
  };
}

function optionOf({ nodeName, victims, budgetViolations }: PreemptionCandidate): PreemptionOption {
  return {
    node: nodeName,
    victims: victims.map((victim) => ({ pod: podKey(victim), priority: victim.priority })),
    budgetViolations,
  };
}

/** The rules up to start times, in order, as upstream asks them; the smallest is kept. */
const RULES: readonly {
  readonly words: string;
  readonly cost: (candidate: PreemptionCandidate) => number;
}[] = [
  { words: "fewest broken disruption budgets", cost: (each) => each.budgetViolations },
  {
    words: "lowest priority of its most important victim",
    cost: ({ victims }) => victims[0]!.priority,
  },
  {
    // Each priority counts from the lowest there is, so that every victim adds something.
    words: "smallest sum of the victims' priorities",
    cost: ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2_147_483_648, 0),
  },
  { words: "fewest victims", cost: ({ victims }) => victims.length },
];

function whyChosen({ candidates, acceptable, chosen }: PreemptionFindings): string {
  if (chosen === undefined) return "";
  if (candidates.length === 1) return "it is the only candidate";
  let left = candidates;
  for (const { words, cost } of RULES) {
    const least = left.map(cost).reduce((a, b) => Math.min(a, b));
    left = left.filter((each) => cost(each) === least);
    if (left.length === 1) return words;
  }
  if (acceptable.length === 1) return "its most important victims started latest";
  return `first of ${acceptable.length} that no rule tells apart (a live scheduler may take another)`;
}
