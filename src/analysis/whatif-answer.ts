// The answer to a what-if question over several replications: the pods of the first one, and intervals.
//
// One replication names pods; only many say how much hangs on chance. Plain data, key order as declared.

import type { PodOutcome, WhatifRecord } from "../metrics/index.ts";
import type { CompareRecord } from "./compare-record.ts";
import type { Estimate } from "./estimate.ts";

/** Pods with one outcome, over the replications. */
export interface OutcomeEstimate {
  readonly outcome: PodOutcome;
  readonly estimate: Estimate;
}

/** What the replications say together. */
export interface WhatifStudy {
  readonly replicationsCount: number;
  readonly varied: readonly string[];
  readonly confidence: number;
  readonly outcomes: readonly OutcomeEstimate[];
  /** The measures of the change against those of the baseline, paired by replication. */
  readonly comparison: CompareRecord;
}

/** A record with its study; null where nothing varies and one pair of runs says it all. */
export interface WhatifAnswer extends WhatifRecord {
  readonly study: WhatifStudy | null;
}
