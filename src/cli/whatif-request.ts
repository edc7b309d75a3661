// What `podsim whatif` asks of its thread: plain data that crosses threads.
//
// Apart from the code that answers, so that the main thread and the worker can both name it.

import type { InputQuestion } from "./option-parts.ts";

/** A what-if question as the command line describes it. */
export interface WhatifRequest extends InputQuestion {
  /** As written behind --do, in order. */
  readonly changes: readonly string[];
  readonly reschedule: boolean;
  /** Absent: the scenario's. */
  readonly varied: readonly string[] | undefined;
  readonly replicationsCount: number | undefined;
  readonly confidence: number;
  readonly pluginDeadline: string | undefined;
  /** Exit 1 if any pod has an outcome of its own. */
  readonly exitCode: boolean;
  readonly debug: boolean;
  readonly format: string;
}
