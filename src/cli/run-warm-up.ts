// The warm-up and the batches of one long run: what `podsim run` says of a steady-state study.
//
// With `run.warmup: auto` the cut is found on the very run that is then measured: same seed, same
// draws, from the start. The run that follows has the warm-up, and the horizon, as if they had been given.

import type { LongRunMeasure, WarmUpRecord } from "../analysis/index.ts";
import { LENGTH_FACTOR_MAX } from "../analysis/index.ts";
import { type Duration, escapeControls } from "../base/index.ts";
import {
  type PreparedRun,
  runStudyCell,
  searchWarmUp,
  type UserCallWatch,
} from "../experiment/index.ts";
import type { RunResult } from "../metrics/index.ts";
import { formatWarmUp, longRunLine } from "../report/index.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { advanceWatched } from "./run-pace.ts";
import type { RunControl, RunRequest } from "./run-request.ts";
import { warmUpRefusal } from "./warm-up-pilot.ts";

/** What is added to the record of a steady-state run. */
export interface SteadyState {
  /** Present where it was found. */
  readonly warmUp?: WarmUpRecord;
  /** Work piled up over the last half: there is no long-run mean, and no batches. */
  readonly isUnstable: boolean;
  readonly longRun: readonly LongRunMeasure[];
}

/** The record of a run with what is added to it. */
export type SteadyResult = RunResult & { readonly steadyState?: SteadyState };

/** Finds the warm-up on the run itself; undefined if the scenario does not leave it open. */
export function findWarmUpOfRun(
  prepared: PreparedRun,
  control: RunControl,
  userCalls: UserCallWatch | undefined,
): WarmUpRecord | undefined {
  const { scenario } = prepared;
  const { horizon, warmupAuto } = scenario.run;
  if (warmupAuto !== true || horizon === undefined) return undefined;
  for (let factor = 1; ; factor *= 2) {
    const horizonUs = horizon * factor;
    const run = { ...scenario.run, horizon: horizonUs as Duration };
    const cell = runStudyCell(
      { ...prepared, scenario: { ...scenario, run } },
      {
        ...{ replication: 0, varied: [] },
        ...(userCalls === undefined ? {} : { userCalls }),
        advance: (active) => {
          if (advanceWatched(active, control) !== undefined)
            throw new CommandFailure(EXIT.interrupted, "stopped while the warm-up was looked for");
        },
      },
    );
    if (cell.end !== "horizon")
      throw new CommandFailure(EXIT.limit, `the search of a warm-up ended early (${cell.end})`);
    const name = prepared.schedulers.map((one) => one.name).join("+");
    const pilot = { alternative: name, horizonUs, runs: [cell.series!] };
    const search = searchWarmUp([pilot], factor, scenario.measures);
    if (search.kind === "cut") return search.record;
    if (factor === LENGTH_FACTOR_MAX)
      throw new CommandFailure(
        EXIT.limit,
        warmUpRefusal({ name: "", horizonUs, factor, tooShort: search.tooShort }, [cell]),
      );
  }
}

/** The request with what was found, as if it had been given. */
export function settledRequest(
  request: RunRequest,
  prepared: PreparedRun,
  { warmUpUs, lengthFactor }: WarmUpRecord,
): RunRequest {
  const horizonUs = prepared.scenario.run.horizon! * lengthFactor;
  return {
    ...request,
    overrides: [...request.overrides, `run.warmup=${warmUpUs}us`],
    horizon: `${horizonUs}us`,
  };
}

/** Lines below the summary of a steady-state run. */
export function steadyStateText({ warmUp, isUnstable, longRun }: SteadyState): string {
  const lines = isUnstable
    ? ["work piles up: there is no long-run mean"]
    : longRun.map((one) => longRunLine(one, one.measure.startsWith("util") ? "ratio" : "us"));
  const found = warmUp === undefined ? "" : `\n${formatWarmUp(warmUp)}`;
  const text = `${found}\n${lines.map((line) => `${line}\n`).join("")}`;
  return text.split("\n").map(escapeControls).join("\n");
}
