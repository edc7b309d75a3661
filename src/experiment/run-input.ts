// What a run is made from: a scenario, the files it names, and the objects given beside it.
//
// All bytes are in memory before a run begins, so that a file that changes meanwhile changes nothing,
// and so that the same code runs where there are no files. Who reads files is behind node.ts.

import type { PositionedDocument, Problem } from "../base/index.ts";
import type { EvaluatorName } from "../scheduler/index.ts";
import type { Scenario } from "./scenario/scenario.ts";
import type { RunScheduler } from "./run-scheduler.ts";

/** A file's bytes under the name that the user knows it by. */
export interface InputBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
  /**
   * It was found in a folder, nobody named it: what Kubernetes would refuse of it is left out and
   * named, as kubectl does it, instead of refusing the whole input.
   */
  readonly isFound?: boolean;
}

/** Everything that decides the outcome of a run. */
export interface RunInput {
  readonly scenario: Scenario;
  /** The text the scenario was read from, for places of faults inside embedded objects. */
  readonly document?: PositionedDocument;
  /** Files that the scenario names, by the name as written there. */
  readonly files?: ReadonlyMap<string, InputBytes>;
  /** Objects given beside the scenario, in order. */
  readonly extra?: readonly InputBytes[];
  /** Where inputs lie as the user would type it, by name; for messages only, never for results. */
  readonly paths?: ReadonlyMap<string, string>;
  /** What was found while reading and refuses nothing. */
  readonly warnings?: readonly Problem[];
  /** What schedules, one or several together; absent: what the scenario says. */
  readonly scheduler?: RunScheduler | readonly RunScheduler[];
  /** More gates than the scenario's. */
  readonly thresholds?: readonly string[];
  /** What decides, in place of what the schedulers say; it decides how fast, not what. */
  readonly evaluator?: EvaluatorName | undefined;
  /** Measures asked for beside the scenario's, by name or first part. */
  readonly measures?: readonly string[];
}

/** The problems with files called as the user would type them. */
export function withPaths(
  problems: readonly Problem[],
  paths: ReadonlyMap<string, string> = new Map(),
): Problem[] {
  return problems.map((problem) => {
    const path = problem.file === undefined ? undefined : paths.get(problem.file);
    return path === undefined ? problem : { ...problem, file: path };
  });
}
