// What `podsim compare` asks, and what each of its threads is asked: plain data that crosses threads.
//
// Apart from the code that answers, so that the main thread and the worker can both name it.

import type { Margin } from "../analysis/index.ts";
import type { ComparePlan } from "../experiment/index.ts";
import type { RunInputRequest } from "../experiment/node.ts";

/** A comparison as the command line describes it. */
export interface CompareRequest extends RunInputRequest {
  readonly allowUnsimulated: boolean;
  readonly strict: boolean;
  /** Absent: the scenario's. */
  readonly varied: readonly string[] | undefined;
  readonly replicationsCount: number | undefined;
  readonly margin: Margin;
  readonly confidence: number;
  /** Absent: the first. */
  readonly baseline: string | undefined;
  readonly measures: readonly string[];
  readonly workersCount: number;
  readonly pluginDeadline: string | undefined;
  readonly debug: boolean;
  readonly format: string;
}

/** A thread's share of a comparison. */
export interface CellsRequest {
  readonly request: CompareRequest;
  readonly plan: Pick<ComparePlan, "alternatives" | "varied">;
  readonly cells: readonly { readonly alternative: number; readonly replication: number }[];
}
