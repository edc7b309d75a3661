// What an explanation looks at: one scheduler's beliefs at the instant of a decision.
//
// Valid only until the simulation goes on. Beside the filters it knows how the decision was made:
// what it says and under which rules of choice.

import { assert } from "../../base/index.ts";
import {
  Code,
  type Decider,
  type Decision,
  type NodeRow,
  type Profile,
  ProfileDecider,
  type SchedulerCache,
  type SchedulerConfiguration,
  type Status,
  type Verdict,
} from "../../scheduler/index.ts";
import { FilterWorld, type PreFiltered } from "./filter-world.ts";
import { areKnown } from "./recount.ts";

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
  private names: ReadonlySet<string> | undefined;
  private askedStatus: Status | undefined;
  private isOfFilter = false;

  /** For a decision made just now: the cache's snapshot is still that of the decision. */
  constructor(
    cache: SchedulerCache,
    decider: Decider,
    verdict: Verdict,
    configuration: SchedulerConfiguration,
    tieBreak: "heap" | "random" = "heap",
  ) {
    const { decision } = verdict;
    const profile = decider.profiles.get(decision.pod.template.schedulerName);
    assert(profile !== undefined, "a decision is made under a profile");
    const isStrategy = !(decider instanceof ProfileDecider);
    super(cache, profile, decision.pod, isStrategy ? undefined : leftBy(verdict, profile));
    this.scoring = profile;
    this.decision = decision;
    this.drawsTies = tieBreak === "random";
    this.isStrategy = isStrategy;
    this.percentage = profile.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore;
  }

  // With nominated pods about, a refusal may be that of the node with those on it.
  override knownRefusal(row: NodeRow): Status | undefined {
    if (this.isStrategy || this.cache.nominator.size > 0) return undefined;
    const status = this.decision.statuses.explicit(row);
    if (status === undefined) return undefined;
    // Thousands of nodes share a few objects.
    if (status !== this.askedStatus) {
      this.askedStatus = status;
      this.isOfFilter = this.activeNames.has(status.plugin);
    }
    return this.isOfFilter ? status : undefined;
  }

  override ownStatus(row: NodeRow): Status | undefined {
    return this.decision.statuses.explicit(row);
  }

  private get activeNames(): ReadonlySet<string> {
    this.names ??= new Set(this.activeFilters.map(({ name }) => name));
    return this.names;
  }
}

/**
 * What the decision's own PreFilter counted, where it is sure to be whole: PostFilter has needed it, and
 * no plugin of users may have kept something else there.
 */
function leftBy({ decision, state }: Verdict, profile: Profile): PreFiltered | undefined {
  const { outcome, preFilter, narrowedTo, skippedFilters: skipped } = decision;
  if (outcome !== "unschedulable" || preFilter.code !== Code.Success) return undefined;
  if (narrowedTo !== undefined || !areKnown(profile)) return undefined;
  const preFiltering = { status: preFilter, nodeNames: undefined, narrowingPlugins: [], skipped };
  return { state, preFiltering };
}
