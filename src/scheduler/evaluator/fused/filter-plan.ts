// FilterPlan: which filters are asked in a cycle, once PreFilter has said which ones skip.
//
// It follows from the profile and the skips alone, so classes keep theirs.

import type { CycleState } from "../../framework/cycle-state.ts";
import type { FilterStep, FusedProfile } from "./fused-profile.ts";

/** Filters in the profile's order, and what there is among them. */
export interface FilterPlan {
  readonly steps: readonly FilterStep[];
  /** Names of filters that must be called as they are. */
  readonly plainNames: readonly string[];
  readonly hasFit: boolean;
  /** Whether host ports, hard spreading and required pod affinity are looked at. */
  readonly judgesPorts: boolean;
  readonly judgesSpread: boolean;
  readonly judgesAffinity: boolean;
  /** Somebody else than the known plugins counts pods that come and go. */
  readonly hasForeignExtensions: boolean;
  /** Nothing but room depends on the pods of a node. */
  readonly countsRoomOnly: boolean;
}

/** The plan for a state whose PreFilter has run. */
export function filterPlanOf(fused: FusedProfile, state: CycleState): FilterPlan {
  const steps = fused.filters.filter(({ plugin }) => !state.skipsFilter(plugin.name));
  const has = (kind: FilterStep["kind"]): boolean => steps.some((step) => step.kind === kind);
  const plain = steps.filter(({ kind }) => kind === "plain");
  const judgesPorts = has("ports");
  const judgesSpread = has("spread");
  const judgesAffinity = has("affinity");
  const hasForeignExtensions = fused.foreignExtensions.some(({ name }) => !state.skipsFilter(name));
  return {
    steps,
    plainNames: plain.map(({ plugin }) => plugin.name),
    hasFit: has("fit"),
    judgesPorts,
    judgesSpread,
    judgesAffinity,
    hasForeignExtensions,
    countsRoomOnly: !(
      plain.length > 0 ||
      hasForeignExtensions ||
      judgesPorts ||
      judgesSpread ||
      judgesAffinity
    ),
  };
}
