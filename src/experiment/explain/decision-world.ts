// What an explanation looks at: one scheduler's beliefs at the instant of a decision.
//
// Valid only until the simulation goes on. Everything here asks the same plugins as the decision did,
// with a state of its own, so that asking changes nothing.

import { assert } from "../../base/index.ts";
import {
  Code,
  CycleState,
  type Decider,
  type Decision,
  filterNode,
  type NodeRow,
  type PodInfo,
  type PreFiltering,
  type Profile,
  ProfileDecider,
  runPreFilters,
  type SchedulerCache,
  type SchedulerConfiguration,
} from "../../scheduler/index.ts";

/** The scheduler's cache with the profile that the pod is judged by. */
export class DecisionWorld {
  readonly cache: SchedulerCache;
  readonly profile: Profile;
  readonly pod: PodInfo;
  readonly decision: Decision;
  /** A strategy chose among all nodes that pass the filters; the profile's scores were not asked. */
  readonly isStrategy: boolean;
  /** Equal totals fall by a draw, not by upstream's heap. */
  readonly drawsTies: boolean;
  /** percentageOfNodesToScore in effect; 0 = adaptive. */
  readonly percentage: number;
  readonly preFiltering: PreFiltering;
  /** What PreFilter counted; Filter plugins read it. */
  readonly state: CycleState = new CycleState();

  /** For a decision made just now: the cache's snapshot is still that of the decision. */
  constructor(
    cache: SchedulerCache,
    decider: Decider,
    decision: Decision,
    configuration: SchedulerConfiguration,
    tieBreak: "heap" | "random" = "heap",
  ) {
    this.drawsTies = tieBreak === "random";
    this.cache = cache;
    this.decision = decision;
    this.pod = decision.pod;
    const profile = decider.profiles.get(this.pod.template.schedulerName);
    assert(profile !== undefined, "a decision is made under a profile");
    this.profile = profile;
    this.isStrategy = !(decider instanceof ProfileDecider);
    this.percentage = profile.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore;
    this.preFiltering = runPreFilters(this.profile, this.state, this.pod, cache.nodeList);
  }

  /** All nodes of the decision's snapshot, in list order. */
  get nodes(): readonly NodeRow[] {
    return this.cache.nodeList;
  }

  /** PreFilter let the pod pass, so nodes can be judged one by one. */
  get isFilterable(): boolean {
    return this.preFiltering.status.code === Code.Success;
  }

  nameOf(row: NodeRow): string {
    return this.cache.nodeName(row);
  }

  namesOf(rows: readonly NodeRow[]): string[] {
    return rows.map((row) => this.cache.nodeName(row));
  }

  /** Whether PreFilter's narrowing leaves this node. */
  isNarrowedAway(row: NodeRow): boolean {
    return this.preFiltering.nodeNames?.has(this.nameOf(row)) === false;
  }

  /** Would the node take the pod, by all filters and with nominated pods in mind? */
  fits(row: NodeRow): boolean {
    if (!this.isFilterable || this.isNarrowedAway(row)) return false;
    return filterNode(this.profile, this.cache, this.state, this.pod, row).code === Code.Success;
  }
}
