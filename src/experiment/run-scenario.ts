// The library's shortest way: a scenario value in, a result out.
//
// Reads, prepares and runs in one call, in the caller's thread, without files. Who wants the steps
// apart (to stop, to look in between, to run twice) uses prepareRun and startRun.

import { hasErrors, InputError } from "../base/index.ts";
import type { RunResult } from "../metrics/index.ts";
import { prepareRun } from "./prepare-run.ts";
import { type RunOptions, runToEnd } from "./run.ts";
import type { RunInput } from "./run-input.ts";
import { decodeScenario } from "./scenario/read-scenario.ts";

/** What a run may be given beside the scenario: files by name, objects, a scheduler, gates, observers. */
export interface RunScenarioOptions
  extends Omit<RunInput, "scenario" | "document" | "paths" | "warnings">,
    RunOptions {}

/**
 * Runs a scenario written as a plain value (the same shape as a scenario file) to its end.
 *
 * Synchronous and deterministic: the same value gives the same result, byte for byte. Throws an
 * `InputError` with every problem when the scenario, or something it contains, cannot be used.
 */
export function runScenario(scenario: object, options: RunScenarioOptions = {}): RunResult {
  const reading = decodeScenario(scenario, { file: "scenario" });
  if (reading.scenario === undefined || hasErrors(reading.problems))
    throw new InputError(reading.problems);
  const { files, extra, scheduler, thresholds, ...runOptions } = options;
  const prepared = prepareRun({
    scenario: reading.scenario,
    ...(reading.document === undefined ? {} : { document: reading.document }),
    ...(files === undefined ? {} : { files }),
    ...(extra === undefined ? {} : { extra }),
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(thresholds === undefined ? {} : { thresholds }),
  });
  return runToEnd(prepared, runOptions);
}
