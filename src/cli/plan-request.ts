// What `podsim plan --require` asks of its thread: plain data that crosses threads.
//
// Apart from the code that answers, so that the main thread and the worker can both name it.

import type { InputQuestion } from "./option-parts.ts";

/** A plan as the command line describes it. */
export interface PlanRequest extends InputQuestion {
  readonly requirements: readonly string[];
  /** As written behind --lose, in order. */
  readonly losses: readonly string[];
  /** A duration, or "start"; absent: what fits the scenario. */
  readonly loseAt: string | undefined;
  readonly pools: readonly string[];
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly countMax: number | undefined;
  readonly pointsMax: number | undefined;
  readonly confidence: number;
  /** Absent: the scenario's. */
  readonly varied: readonly string[] | undefined;
  readonly replicationsMax: number | undefined;
  readonly workersCount: number;
  readonly pluginDeadline: string | undefined;
  readonly debug: boolean;
  readonly format: string;
}
