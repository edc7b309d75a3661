// What `podsim compare` asks: plain data, as the command line describes it.
//
// Apart from the code that answers, so that tests and other commands can name it.

import type { Margin } from "../analysis/index.ts";
import type { AlternativeSetting } from "./compare-alternatives.ts";
import type { DesignOptions } from "./compare-design-options.ts";
import type { Shard } from "./study-run.ts";
import type { InputQuestion } from "./option-parts.ts";

/** A comparison as the command line describes it. */
export interface CompareRequest extends InputQuestion {
  /** Absent: the scenario's. */
  readonly varied: readonly string[] | undefined;
  readonly replicationsCount: number | undefined;
  readonly margin: Margin;
  readonly confidence: number;
  /** Replications come in antithetic pairs. */
  readonly antithetic?: boolean;
  /** Values that alternatives set beside the schedulers; empty: only schedulers are compared. */
  readonly settings: readonly AlternativeSetting[];
  /** Absent: the first. */
  readonly baseline: string | undefined;
  readonly measures: readonly string[];
  readonly design: DesignOptions;
  readonly workersCount: number;
  /** Folder of results. */
  readonly store: string | undefined;
  readonly shard: Shard | undefined;
  /** A Redis whose workers run the cells. */
  readonly queue: string | undefined;
  readonly quiet: boolean;
  readonly pluginDeadline: string | undefined;
  readonly debug: boolean;
  readonly format: string;
}
