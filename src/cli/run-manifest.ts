// What a result folder says about where it came from, and the command that makes it again.
//
// It holds what decided the results and nothing of the machine or the hour they were made at.

import { quoted } from "./study-origin.ts";
import type { PreparedRun } from "../experiment/index.ts";
import type { RunResult } from "../metrics/index.ts";
import type { RunRequest } from "./run-request.ts";
import { VERSIONS } from "./versions.ts";

/** Text of `run.json`. */
export function manifestText(
  prepared: PreparedRun,
  request: RunRequest,
  result: RunResult,
): string {
  const manifest = {
    schemaVersion: "podsim.dev/run/v1",
    ...originOf(prepared, request),
    end: result.end,
    fingerprint: result.fingerprint,
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** What went wrong inside podsim, when, and after which events. */
export interface Breakdown {
  /** Of the invariant; undefined for any other fault. */
  readonly invariant: string | undefined;
  readonly message: string;
  readonly atUs: number;
  readonly lastEvents: readonly string[];
  /** What two evaluators disagreed about, and the file that holds the state; undefined for other faults. */
  readonly difference?: object | undefined;
}

/** Text of the bundle that goes with a report of an internal error. Inputs are named, never copied. */
export function bundleText(
  prepared: PreparedRun,
  request: RunRequest,
  breakdown: Breakdown,
  command: string,
): string {
  const bundle = {
    schemaVersion: "podsim.dev/bundle/v1",
    ...originOf(prepared, request),
    check: request.check,
    command,
    ...breakdown,
    invariant: breakdown.invariant ?? null,
  };
  return `${JSON.stringify(bundle, undefined, 2)}\n`;
}

/** The command line that does the same again, quoted for a POSIX shell. */
export function commandOf(request: RunRequest, outputDir: string): string {
  const flags: [string, string | number | undefined][] = [
    ...request.overrides.map((text): [string, string] => ["--set", text]),
    ...request.schedulers.map((name): [string, string] => ["-s", name]),
    ...request.thresholds.map((gate): [string, string] => ["--threshold", gate]),
    ["--seed", request.seed],
    ["--for", request.horizon],
    ["--evaluator", request.evaluator],
    ["--prices", request.prices],
    ["--max-input-bytes", request.maxInputBytes],
    ["--output-dir", outputDir],
  ];
  const switches: [string, boolean][] = [
    ["-R", request.recursive],
    ["--allow-outside", request.allowOutside],
    ["--allow-unsimulated", request.allowUnsimulated],
    ["--check", request.check === "check"],
    ["--check-deep", request.check === "deep"],
    ["--no-plugins", request.noPlugins],
  ];
  const words = [
    ...request.inputs.flatMap((input) => ["-f", quoted(input)]),
    ...flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, quoted(`${value}`)])),
    ...switches.flatMap(([flag, isOn]) => (isOn ? [flag] : [])),
  ];
  return `podsim run ${words.join(" ")}`;
}

function originOf(prepared: PreparedRun, request: RunRequest): object {
  return {
    name: prepared.name,
    inputHash: prepared.inputHash,
    inputs: prepared.inputs,
    versions: VERSIONS,
    seed: prepared.scenario.run.seed,
    scheduler: prepared.schedulers.map(({ name }) => name).join("+"),
    options: {
      inputs: request.inputs,
      recursive: request.recursive,
      set: request.overrides,
      schedulers: request.schedulers,
      seed: request.seed ?? null,
      for: request.horizon ?? null,
      thresholds: request.thresholds,
      allowUnsimulated: request.allowUnsimulated,
      allowOutside: request.allowOutside,
      ...(request.evaluator === undefined ? {} : { evaluator: request.evaluator }),
      ...(request.prices === undefined ? {} : { prices: request.prices }),
    },
  };
}
