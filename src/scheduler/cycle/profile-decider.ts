// ProfileDecider: decides by the profiles' plugins, as kube-scheduler does.
//
// It joins an evaluator (which nodes fit, which is best) with PostFilter (what if none fits).

import { CycleState } from "../framework/cycle-state.ts";
import type { Decision } from "../framework/decision.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { statusMessage } from "../framework/status.ts";
import type { Evaluator } from "../evaluator/plain.ts";
import type { Decider, Verdict } from "./decider.ts";
import { runPostFilters } from "./post-filter.ts";

/** The default decider; profiles keep the configuration's order. */
export class ProfileDecider implements Decider {
  readonly profiles: ReadonlyMap<string, Profile>;
  /** For profiles without a percentage of their own; 0 means adaptive. */
  readonly percentageOfNodesToScore: number;
  private readonly evaluator: Evaluator;

  constructor(profiles: readonly Profile[], evaluator: Evaluator, percentageOfNodesToScore = 0) {
    this.percentageOfNodesToScore = percentageOfNodesToScore;
    this.profiles = new Map(profiles.map((profile) => [profile.schedulerName, profile]));
    this.evaluator = evaluator;
  }

  get plainPlugins(): readonly string[] {
    return this.evaluator.plainPlugins ?? [];
  }

  decide(pod: PodInfo, cycle?: number): Verdict {
    const profile = this.profiles.get(pod.template.schedulerName);
    if (profile === undefined) throw new Error(`no profile for pod ${pod.namespace}/${pod.name}`);
    const state = new CycleState();
    const decision = this.evaluator.decide(pod, profile, state, cycle);
    return completeVerdict(profile, state, decision);
  }

  endCycle(nowUs: number): void {
    this.evaluator.endCycle?.(nowUs);
  }
}

/** Adds PostFilter to a decision that found no node; other decisions stay as they are. */
export function completeVerdict(profile: Profile, state: CycleState, decision: Decision): Verdict {
  if (decision.outcome !== "unschedulable") {
    return { decision, state, postFilter: undefined, message: decision.message };
  }
  const postFilter = runPostFilters(profile, state, decision.pod, decision.statuses);
  const text = postFilter === undefined ? "" : statusMessage(postFilter.status);
  const message = text === "" ? decision.message : `${decision.message} ${text}`;
  return { decision, state, postFilter, message };
}
