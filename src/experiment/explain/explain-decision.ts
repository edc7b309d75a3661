// Explains one decision while the world still is as it was: verdicts by node, scores, ties, search.
//
// The evaluator keeps no details; what it concluded is here taken apart again with the same plugins,
// and the sums must come out the same. A strategy that is no profile says only what it reports.

import { assert } from "../../base/index.ts";
import type {
  ExplainedDecision,
  ExplainedNode,
  NodeScores,
  ScoreTable,
  SearchSummary,
  TieSet,
  VerdictGroup,
} from "../../metrics/index.ts";
import {
  bestPositions,
  Code,
  CycleState,
  type Decision,
  feasibleNodesToFind,
  formatCode,
  type NodeRow,
  pickWinner,
  type PluginScores,
  runPreFilters,
  runScores,
  type Status,
  type Verdict,
} from "../../scheduler/index.ts";
import type { DecisionWorld } from "./decision-world.ts";
import { explainPostFilter } from "./explain-preemption.ts";
import { findingsOn } from "./nearest-nodes.ts";
import { askFilters } from "./obstacles.ts";
import { shownChanges, solveNode } from "./solve.ts";

/** The decision with its reasons, as plain data. */
export function explainDecision(world: DecisionWorld, verdict: Verdict): ExplainedDecision {
  const { decision, message } = verdict;
  const verdicts = groupVerdicts(world, decision);
  const scores = scoreTableOf(world, decision);
  return {
    outcome: decision.outcome,
    node: decision.node === -1 ? null : world.nameOf(decision.node),
    message,
    search: searchSummary(world, decision, verdicts),
    verdicts,
    scores,
    whyNoScores: scores === null ? whyNoScores(world, decision) : "",
    ties: tieSet(world, decision),
    postFilter: explainPostFilter(world, verdict),
  };
}

/** Everything about one node of the decision. */
export function explainNode(
  world: DecisionWorld,
  explained: ExplainedDecision,
  name: string,
): ExplainedNode {
  const row = world.cache.findRow(name)!;
  const { scores, verdicts, node: winner } = explained;
  const index = scores?.nodes.findIndex((each) => each.node === name) ?? -1;
  const own = scores?.nodes[index];
  const best = scores?.nodes.find((each) => each.node === winner);
  const findings = findingsOn(world, row);
  const solution = findings.length === 0 ? undefined : solveNode(world, row);
  return {
    node: name,
    verdict: verdicts.find((group) => group.nodes.includes(name))!.verdict,
    filters: askFilters(world, row).map(({ plugin, status }) => ({
      plugin,
      code: formatCode(status.code),
      reasons: status.reasons,
    })),
    obstacles: findings.map(({ obstacle }) => obstacle),
    changes: solution === undefined ? [] : shownChanges(solution),
    check: solution?.check ?? "fits",
    refusal: solution?.refusal ?? "",
    rank:
      own === undefined ? null : 1 + scores!.nodes.filter((each) => each.total > own.total).length,
    total: own?.total ?? null,
    againstWinner:
      own === undefined || best === undefined
        ? []
        : scores!.plugins.map(({ plugin }, at) => ({
            plugin,
            weighted: own.scores[at]!.weighted,
            winnerWeighted: best.scores[at]!.weighted,
          })),
  };
}

// --- Verdicts ------------------------------------------------------------------------------------

function groupVerdicts(world: DecisionWorld, decision: Decision): VerdictGroup[] {
  const { statuses, feasible, narrowedTo, preFilter } = decision;
  const groups = new Groups(world);
  for (const row of feasible) groups.add("feasible", undefined, row);
  statuses.forEach((status, row) => {
    groups.add("rejected", status, row);
  });
  if (statuses.explicitCount === world.nodes.length) return groups.list();
  const passed = new Set(feasible);
  const isRejectedAsAWhole = preFilter.code !== Code.Success;
  for (const row of world.nodes) {
    if (passed.has(row) || statuses.explicit(row) !== undefined) continue;
    if (isRejectedAsAWhole) groups.add("rejected", preFilter, row);
    else if (narrowedTo?.has(world.nameOf(row)) === false)
      groups.add("left-out", statuses.absent, row);
    else groups.add("not-looked-at", undefined, row);
  }
  return groups.list();
}

/** Collects nodes under equal verdicts; feasible first, then the larger groups. */
class Groups {
  private readonly world: DecisionWorld;
  private readonly byKey = new Map<
    string,
    { group: Omit<VerdictGroup, "count" | "nodes">; rows: NodeRow[] }
  >();
  // Thousands of nodes share a few statuses.
  private readonly byStatus = new Map<Status, NodeRow[]>();

  constructor(world: DecisionWorld) {
    this.world = world;
  }

  add(verdict: VerdictGroup["verdict"], status: Status | undefined, row: NodeRow): void {
    const shared = status === undefined ? undefined : this.byStatus.get(status);
    if (shared !== undefined && verdict === "rejected") {
      shared.push(row);
      return;
    }
    const rows = this.rowsOf(verdict, status);
    rows.push(row);
    if (status !== undefined && verdict === "rejected") this.byStatus.set(status, rows);
  }

  private rowsOf(verdict: VerdictGroup["verdict"], status: Status | undefined): NodeRow[] {
    const { code = Code.Success, plugin = "", reasons = [] } = status ?? {};
    const key = [verdict, code, plugin, ...reasons].join("\n");
    const known = this.byKey.get(key);
    if (known !== undefined) return known.rows;
    const group = {
      verdict,
      plugin,
      code: verdict === "not-looked-at" ? "" : formatCode(code),
      reasons,
    };
    const rows: NodeRow[] = [];
    this.byKey.set(key, { group, rows });
    return rows;
  }

  list(): VerdictGroup[] {
    const order: readonly VerdictGroup["verdict"][] = [
      "feasible",
      "rejected",
      "left-out",
      "not-looked-at",
    ];
    return [...this.byKey.values()]
      .map(({ group, rows }, index) => ({ group, rows, index }))
      .sort(
        (a, b) =>
          order.indexOf(a.group.verdict) - order.indexOf(b.group.verdict) ||
          b.rows.length - a.rows.length ||
          a.index - b.index,
      )
      .map(({ group, rows }) => ({
        ...group,
        count: rows.length,
        nodes: this.world.namesOf(rows),
      }));
  }
}

function searchSummary(
  world: DecisionWorld,
  decision: Decision,
  verdicts: readonly VerdictGroup[],
): SearchSummary {
  const { feasible, start, nextStart, evaluatedCount, narrowedTo, viaNominated } = decision;
  const nodes =
    narrowedTo === undefined
      ? world.nodes
      : world.nodes.filter((row) => narrowedTo.has(world.nameOf(row)));
  const notLookedAt = verdicts.find((group) => group.verdict === "not-looked-at")?.nodes ?? [];
  const rowOf = (name: string): NodeRow => world.cache.findRow(name)!;
  const first = nodes.length === 0 ? undefined : nodes[start % nodes.length];
  return {
    nodeCount: world.nodes.length,
    evaluatedCount,
    feasibleCount: feasible.length,
    rejectedCount: countOf(verdicts, "rejected") + countOf(verdicts, "left-out"),
    notLookedAtCount: notLookedAt.length,
    notLookedAtFittingCount: notLookedAt.filter((name) => world.fits(rowOf(name))).length,
    wantedCount: wantedCount(world, nodes.length),
    start,
    startNode: first === undefined ? null : world.nameOf(first),
    nextStart,
    viaNominated,
    hintedNode: decision.hint === "" ? null : decision.hint,
    viaHint: decision.viaHint,
    narrowedTo: narrowedTo === undefined ? null : world.namesOf(nodes),
    skippedFilters: decision.skippedFilters,
  };
}

function wantedCount(world: DecisionWorld, nodeCount: number): number {
  if (world.isStrategy) return nodeCount;
  if (world.scoring.scorePlugins.length === 0) return 1;
  return feasibleNodesToFind(nodeCount, world.percentage);
}

function countOf(verdicts: readonly VerdictGroup[], verdict: VerdictGroup["verdict"]): number {
  return verdicts.reduce((sum, group) => sum + (group.verdict === verdict ? group.count : 0), 0);
}

// --- Scores --------------------------------------------------------------------------------------

function scoreTableOf(world: DecisionWorld, decision: Decision): ScoreTable | null {
  const { feasible, totals, skippedScores } = decision;
  if (world.isStrategy || totals.length < 2) return null;
  const scores = pluginScoresOf(world, decision);
  const rows = feasible.map(
    (row, position): NodeScores => ({
      node: world.nameOf(row),
      position,
      total: totals[position]!,
      scores: scores.map(({ raw, normalized, weighted }) => ({
        raw: raw[position]!,
        normalized: normalized[position]!,
        weighted: weighted[position]!,
      })),
    }),
  );
  rows.sort((a, b) => b.total - a.total || a.position - b.position);
  return {
    plugins: scores.map(({ plugin, weight }) => ({ plugin, weight })),
    skipped: skippedScores,
    nodes: rows,
  };
}

function pluginScoresOf(world: DecisionWorld, decision: Decision): readonly PluginScores[] {
  if (decision.scores.length > 0) return decision.scores;
  const { pod, scoring: profile, cache } = world;
  const state = new CycleState();
  runPreFilters(profile, state, pod, cache.nodeList);
  const { scores, totals } = runScores(profile, state, pod, decision.feasible);
  assert(
    totals.every((total, at) => total === decision.totals[at]),
    "asked again, the same plugins give other scores: is a plugin not deterministic?",
  );
  return scores;
}

function whyNoScores(world: DecisionWorld, decision: Decision): string {
  const { feasible, viaNominated, viaHint, outcome, node } = decision;
  if (outcome === "error") return "the cycle ended with an error";
  if (world.isStrategy)
    return node === -1 ? "no node passed the filters and the strategy" : strategyText(decision);
  if (feasible.length === 0) return "no node passed the filters";
  if (decision.viaHint)
    return "an equal pod's ranking of nodes was still good: its next node took the pod, so no other was looked at";
  if (viaNominated) return "the pod's nominated node took it, so no other was looked at";
  if (viaHint)
    return "the pod before it was just like it, and the next best node of that pod took it (opportunistic batching): no other was looked at";
  if (feasible.length === 1) return "one node passed the filters: there was nothing to compare";
  return "the profile has no score plugin: the first feasible node is taken";
}

// A strategy reports at most the score of its choice and how many nodes it held equal.
function strategyText({ totals, tieCount, feasible }: Decision): string {
  const score = totals[0] === undefined ? "it reports no score" : `its score is ${totals[0]}`;
  const ties = tieCount > 1 ? `, ${tieCount} nodes equal by its own measure` : "";
  return `chosen by the strategy among ${feasible.length} nodes that pass the filters; ${score}${ties}`;
}

function tieSet(world: DecisionWorld, decision: Decision): TieSet | null {
  const { totals, feasible, node } = decision;
  if (world.isStrategy || totals.length < 2 || node === -1) return null;
  const best = bestPositions(totals);
  const position = feasible.indexOf(node);
  assert(position >= 0, "the chosen node is among the feasible ones");
  return {
    total: totals[best[0]!]!,
    count: best.length,
    nodes: best.map((at) => world.nameOf(feasible[at]!)),
    winner: world.nameOf(node),
    why: whyWinner(totals, best, position, world.drawsTies),
  };
}

function whyWinner(
  totals: readonly number[],
  best: readonly number[],
  position: number,
  drawsTies: boolean,
): string {
  if (best.length === 1) return "it alone has the highest total";
  const place = `number ${position + 1} of ${totals.length} in search order`;
  if (drawsTies || pickWinner(totals, "heap") !== position)
    return `drawn among ${best.length} equals (${place})`;
  return `heap order: kube-scheduler heaps the feasible nodes in search order and takes the root, which is ${place}; a live cluster, which filters in parallel, may have another order`;
}
