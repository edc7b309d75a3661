// Decider: who chooses the node for one pod.
//
// The seam between the scheduling loop and the deciding half: the loop knows queue, time and writes,
// the decider knows plugins or a strategy. Evaluators and strategies are interchangeable behind it.

import type { CycleState } from "../framework/cycle-state.ts";
import type { Decision } from "../framework/decision.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import type { Plugin, PostFilterOutcome } from "../framework/plugin.ts";

/** The evaluation of one cycle. */
export interface Verdict {
  readonly decision: Decision;
  /** What the plugins remembered; Reserve, Permit and the binding plugins get it again. */
  readonly state: CycleState;
  /** PostFilter's answer; undefined when it did not run. */
  readonly postFilter: PostFilterOutcome | undefined;
  /** The full failure text, PostFilter's part included; "" when placed. */
  readonly message: string;
}

/** Plain evaluator, faster evaluator, or strategy: the loop does not know which. */
export interface Decider {
  /** Profiles by schedulerName, in configuration order; the first one's queue sort counts. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Who else may reject pods (a strategy): asked about events as plugins are. */
  readonly listeners?: readonly Plugin[];
  /**
   * Judges the pod on the cache as it is now; keeps nothing of it, except the rotating start and what
   * batching keeps. `cycle` is the number of the pop; pods that are passed over count as well.
   */
  decide(pod: PodInfo, cycle?: number): Verdict;
  /** The cycle of the last verdict is over, after the simulated time that it took. */
  endCycle?(nowUs: number): void;
  /** Plugins that a fast evaluator could only call node by node, sorted. */
  readonly plainPlugins?: readonly string[];
}
