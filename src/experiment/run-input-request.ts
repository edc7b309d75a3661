// What a command line says about the inputs of a run, before any file is opened.
//
// Plain data, so that it crosses threads and machines and can be part of a study's cell; who opens the
// files is behind node.ts.

import type { EvaluatorName } from "../scheduler/index.ts";

/** What a command line says about the inputs of a run. */
export interface RunInputRequest {
  readonly inputs: readonly string[];
  readonly recursive: boolean;
  readonly allowOutside: boolean;
  readonly overrides: readonly string[];
  readonly schedulers: readonly string[];
  readonly seed: string | undefined;
  readonly horizon: string | undefined;
  readonly thresholds: readonly string[];
  /** Measures asked for beside the scenario's, by name or first part. */
  readonly measures?: readonly string[] | undefined;
  /** CSV of prices that come before the scenario's own. */
  readonly prices?: string | undefined;
  readonly maxInputBytes: number | undefined;
  readonly noPlugins: boolean;
  /** What decides, in place of what the schedulers say; the outcome is the same. */
  readonly evaluator?: EvaluatorName | undefined;
  /** What stdin held, where it was read already. */
  readonly stdin?: Uint8Array | undefined;
}
