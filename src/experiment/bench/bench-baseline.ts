// The baseline file of a regression gate: hashes and operation counts by scenario and seed, no times.
//
// Committed beside the scenarios and changed only on request, so that its diff shows a reviewer which
// results and which costs a change has moved.

import { Decoder, hasErrors, InputError, readJson } from "../../base/index.ts";
import type { BenchSample } from "./bench-sample.ts";

/** Version of the shape of baseline files. */
const BASELINE_SCHEMA_VERSION = "podsim.dev/bench-baseline/v1";

/** Samples by scenario as the user names it, in the order of the file. */
export type BenchBaseline = ReadonlyMap<string, readonly BenchSample[]>;

/** Text of the file; the same samples give the same bytes. */
export function baselineText(baseline: BenchBaseline): string {
  const scenarios = [...baseline].map(([scenario, samples]) => ({
    scenario,
    samples: samples.map(({ seed, inputHash, decisionsCount, parts, operations }) => ({
      seed,
      inputHash,
      decisionsCount,
      results: Object.fromEntries(parts),
      operations: Object.fromEntries(operations ?? []),
    })),
  }));
  return `${JSON.stringify({ schemaVersion: BASELINE_SCHEMA_VERSION, scenarios }, undefined, 2)}\n`;
}

/** Reads a baseline file; throws an InputError with every problem of it. */
export function readBaseline(text: string, file: string): BenchBaseline {
  const { documents, problems: found } = readJson(text, { file });
  const problems = [...found];
  const [document] = documents;
  const root = document === undefined ? undefined : new Decoder(document, problems);
  const baseline = new Map<string, readonly BenchSample[]>();
  root?.object(["schemaVersion", "scenarios"]);
  const version = root?.required("schemaVersion");
  if (version !== undefined && version.value !== BASELINE_SCHEMA_VERSION)
    version.fail(
      "E_VALUE",
      `is not ${BASELINE_SCHEMA_VERSION}`,
      "--update-baseline writes it anew",
    );
  for (const entry of root?.required("scenarios")?.array() ?? []) {
    entry.object(["scenario", "samples"]);
    const scenario = entry.required("scenario")?.text();
    const samples = (entry.required("samples")?.array() ?? []).map(sampleFrom);
    const whole = samples.filter((sample) => sample !== undefined);
    if (scenario !== undefined && whole.length > 0) baseline.set(scenario, whole);
  }
  if (hasErrors(problems)) throw new InputError(problems);
  return baseline;
}

function sampleFrom(entry: Decoder): BenchSample | undefined {
  entry.object(["seed", "inputHash", "decisionsCount", "results", "operations"]);
  const seed = entry.required("seed")?.text();
  const inputHash = entry.required("inputHash")?.text();
  const decisionsCount = entry.required("decisionsCount")?.integer();
  const parts = entry.required("results")?.mapOfText();
  const operations = new Map<string, number>();
  for (const [name, count] of entry.required("operations")?.map() ?? []) {
    const value = count.integer();
    if (value !== undefined) operations.set(name, value);
  }
  if (seed === undefined || inputHash === undefined || decisionsCount === undefined)
    return undefined;
  if (parts === undefined) return undefined;
  return { seed, inputHash, decisionsCount, parts, operations };
}
