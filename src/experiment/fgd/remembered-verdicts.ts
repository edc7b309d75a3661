// RememberedVerdicts: what the plain evaluator decides, asking about a node again only once it changed.
//
// A study places thousands of pods of a few hundred templates on nodes of which one changes at a time.
// A profile's verdict about a pod and a node, and the score of a plugin that signs pods, depend on the
// pod's template and the node's state alone; so both are kept per template until the node's
// generation moves. Plugins that do not sign are asked every time. Every node is looked at and the
// first of the best wins: no sampling, no nominations, no batches, as in a study without time.

import type { PodTemplate } from "../../cluster/index.ts";
import {
  Code,
  type CycleState,
  type NodeRow,
  type PodInfo,
  type Profile,
  runFilters,
  runPreFilters,
  runScores,
  type SchedulerCache,
  type ScorePlugin,
  statusMessage,
} from "../../scheduler/index.ts";

/** Score of a node that refuses the pod. */
const REFUSED = -2_147_483_648;
const NEVER_ASKED = -1;

/** Answers for one template by row. */
interface Memory {
  /** Generation of the row when it was asked. */
  readonly generations: Float64Array;
  /** Raw score of the one scoring plugin, or REFUSED. */
  readonly scores: Int32Array;
}

/** Decides for one profile over one cache; the cache's nodes must not change in number. */
export class RememberedVerdicts {
  private readonly cache: SchedulerCache;
  private readonly profile: Profile;
  /** The one scoring plugin if its scores can be kept. */
  private readonly keptScorer: ScorePlugin | undefined;
  private readonly memories = new Map<PodTemplate, Memory>();

  constructor(cache: SchedulerCache, profile: Profile) {
    this.cache = cache;
    this.profile = profile;
    const [first, second] = profile.scorePlugins;
    const isOnlyOne = second === undefined && profile.preScorePlugins.length === 0;
    if (first !== undefined && isOnlyOne && "sign" in first.plugin) this.keptScorer = first.plugin;
  }

  /** The node of the pod, or undefined when none fits. `state` is then ready for Reserve. */
  decide(pod: PodInfo, state: CycleState): NodeRow | undefined {
    const all = this.cache.refreshSnapshot();
    const { status, nodeNames } = runPreFilters(this.profile, state, pod, all);
    if (status.code === Code.Error || nodeNames !== undefined) {
      throw new Error(
        statusMessage(status) || "plugins that narrow the search are not for studies",
      );
    }
    if (status.code !== Code.Success) return undefined;
    const memory = this.memoryOf(pod.template, all);
    const feasible: NodeRow[] = [];
    const scores: number[] = [];
    for (const row of all) {
      const generation = this.cache.generationOf(row);
      if (memory.generations[row] !== generation) {
        memory.scores[row] = this.ask(pod, state, row);
        memory.generations[row] = generation;
      }
      const score = memory.scores[row]!;
      if (score === REFUSED) continue;
      feasible.push(row);
      scores.push(score);
    }
    if (feasible.length < 2) return feasible[0];
    return feasible[this.winnerAmong(pod, state, feasible, scores)];
  }

  private winnerAmong(
    pod: PodInfo,
    state: CycleState,
    feasible: readonly NodeRow[],
    scores: number[],
  ): number {
    if (this.keptScorer === undefined) {
      const { status, totals } = runScores(this.profile, state, pod, feasible);
      if (status.code !== Code.Success) throw new Error(statusMessage(status));
      return firstHighest(totals);
    }
    this.keptScorer.normalizeScores?.(state, pod, feasible, scores);
    return firstHighest(scores);
  }

  private ask(pod: PodInfo, state: CycleState, row: NodeRow): number {
    const verdict = runFilters(this.profile, state, pod, row);
    if (verdict.code === Code.Error) throw new Error(statusMessage(verdict));
    if (verdict.code !== Code.Success) return REFUSED;
    return this.keptScorer?.score(state, pod, row) ?? 0;
  }

  private memoryOf(template: PodTemplate, all: readonly NodeRow[]): Memory {
    let memory = this.memories.get(template);
    if (memory === undefined) {
      const length = 1 + all.reduce((highest, row) => Math.max(highest, row), 0);
      memory = {
        generations: new Float64Array(length).fill(NEVER_ASKED),
        scores: new Int32Array(length),
      };
      this.memories.set(template, memory);
    }
    return memory;
  }
}

function firstHighest(scores: readonly number[]): number {
  let winner = 0;
  for (let k = 1; k < scores.length; k++) if (scores[k]! > scores[winner]!) winner = k;
  return winner;
}
