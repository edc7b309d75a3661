// What an explanation looks at: one scheduler's beliefs at the instant of a decision.
//
// Valid only until the simulation goes on. Beside the filters it knows how the decision was made:
// what it says and under which rules of choice.

import { assert } from "../../base/index.ts";
import {
  type Decider,
  type Decision,
  type Profile,
  ProfileDecider,
  type SchedulerCache,
  type SchedulerConfiguration,
} from "../../scheduler/index.ts";
import { FilterWorld } from "./filter-world.ts";

/** The scheduler's cache with the decision made on it and the profile it was made under. */
export class DecisionWorld extends FilterWorld {
  readonly decision: Decision;
  readonly scoring: Profile;
  /** A strategy chose among all nodes that pass the filters; the profile's scores were not asked. */
  readonly isStrategy: boolean;
  /** Equal totals fall by a draw, not by upstream's heap. */
  readonly drawsTies: boolean;
  /** percentageOfNodesToScore in effect; 0 = adaptive. */
  readonly percentage: number;

  /** For a decision made just now: the cache's snapshot is still that of the decision. */
  constructor(
    cache: SchedulerCache,
    decider: Decider,
    decision: Decision,
    configuration: SchedulerConfiguration,
    tieBreak: "heap" | "random" = "heap",
  ) {
    const profile = decider.profiles.get(decision.pod.template.schedulerName);
    assert(profile !== undefined, "a decision is made under a profile");
    super(cache, profile, decision.pod);
    this.scoring = profile;
    this.decision = decision;
    this.drawsTies = tieBreak === "random";
    this.isStrategy = !(decider instanceof ProfileDecider);
    this.percentage = profile.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore;
  }
}
