// PreScore, Score, NormalizeScore and weights over the feasible nodes (scheduler.md 5.4).
//
// Every plugin scores every node, then totals are added up in the profile's order. Who wins among
// equals is winner.ts.

import type { NodeRow } from "../cache/node-row.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type { PluginScores } from "../framework/decision.ts";
import { MAX_NODE_SCORE } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { Code, errorStatus, type Status, SUCCESS } from "../framework/status.ts";
import { failedCall } from "./filtering.ts";
import { whyScoreFails } from "./unprepared-plugins.ts";

/** Totals parallel to the feasible list, and per plugin what they are made of. */
export interface Scoring {
  /** Success, or the error that ends the cycle. */
  readonly status: Status;
  readonly totals: readonly number[];
  readonly scores: readonly PluginScores[];
  /** Plugins whose PreScore said Skip, in order. */
  readonly skipped: readonly string[];
}

/** Scores every feasible node with every plugin that does not skip. */
export function runScores(
  profile: Profile,
  state: CycleState,
  pod: PodInfo,
  feasible: readonly NodeRow[],
): Scoring {
  const skipped: string[] = [];
  const totals: number[] = feasible.map(() => 0);
  const scores: PluginScores[] = [];
  const fail = (status: Status): Scoring => ({ status, totals: [], scores: [], skipped });
  const { operations } = state;
  for (const plugin of profile.preScorePlugins) {
    if (operations !== undefined) operations.preScoreCalls++;
    const status = plugin.preScore(state, pod, feasible);
    if (status.code === Code.Skip) {
      skipped.push(plugin.name);
      state.skipScorePlugins.add(plugin.name);
    } else if (status.code !== Code.Success) {
      return fail(failedCall("PreScore", plugin.name, status));
    }
  }
  for (const { plugin, weight } of profile.scorePlugins) {
    if (state.skipScorePlugins.has(plugin.name)) continue;
    const unprepared = whyScoreFails(plugin.name, profile.preScorePlugins);
    if (unprepared !== undefined) return fail(errorStatus(plugin.name, unprepared));
    if (operations !== undefined) operations.scoreCalls += feasible.length;
    const raw = feasible.map((row) => plugin.score(state, pod, row));
    const normalized = plugin.normalizeScores === undefined ? raw : raw.slice();
    plugin.normalizeScores?.(state, pod, feasible, normalized);
    const fault = findBadScore(normalized);
    if (fault !== undefined)
      return fail(errorStatus(plugin.name, badScoreText(plugin.name, fault)));
    const weighted = normalized.map((score) => score * weight);
    for (let position = 0; position < totals.length; position++) {
      totals[position]! += weighted[position]!;
    }
    scores.push({ plugin: plugin.name, weight, raw, normalized, weighted });
  }
  return { status: SUCCESS, totals, scores, skipped };
}

/** The first score outside of 0..100, or that is no integer. */
export function findBadScore(scores: readonly number[]): number | undefined {
  for (const score of scores) {
    if (!Number.isInteger(score) || score < 0 || score > MAX_NODE_SCORE) return score;
  }
  return undefined;
}

/** Upstream's words for such a score. */
export function badScoreText(plugin: string, score: number): string {
  return `plugin "${plugin}" returns an invalid score ${score}, it should in the range of [0, ${MAX_NODE_SCORE}] after normalizing`;
}
