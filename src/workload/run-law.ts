// The annotation `podsim.dev/run-law`: a law of run durations around the mean in `podsim.dev/run`.
//
// Two forms. A bare name of a law with one free parameter takes its scale from `run` as the mean:
// `exponential`, `constant`. A name with parameters stands on its own, in seconds:
// `weibull(shape=0.7, scale=3600)`. Parameter names are those of the scenario's laws.

import { type Law, lawFromSpec } from "../base/index.ts";
import type { RunAnnotations } from "../cluster/index.ts";

const FORM = /^([a-z]+)(?:\(([^()]*)\))?$/;

/**
 * The law, or undefined when the pod names none. Throws RangeError with the reason when the text is
 * no law: manifests are checked with `runLawProblem` before a run begins.
 */
export function readRunLaw(run: RunAnnotations): Law | undefined {
  if (run.runLaw === undefined) return undefined;
  const reading = readText(run.runLaw, run.runUs);
  if (typeof reading === "string") throw new RangeError(`podsim.dev/run-law: ${reading}`);
  return reading;
}

/** Why the annotations name no law that can be drawn from; undefined if all is well. */
export function runLawProblem(run: RunAnnotations): string | undefined {
  if (run.runLaw === undefined) return undefined;
  const reading = readText(run.runLaw, run.runUs);
  return typeof reading === "string" ? reading : undefined;
}

function readText(text: string, runUs: number | undefined): Law | string {
  const found = FORM.exec(text.trim());
  if (found === null)
    return `"${text}" is not a law such as exponential or weibull(shape=0.7, scale=60)`;
  const [, name = "", parameters] = found;
  const fields = new Map<string, unknown>([["law", name]]);
  if (parameters === undefined) {
    if (runUs === undefined) return `"${text}" needs its mean in podsim.dev/run`;
    fields.set(name === "constant" ? "value" : "mean", runUs / 1_000_000);
  } else {
    for (const part of parameters.split(",")) {
      const [key = "", value = ""] = part.split("=").map((side) => side.trim());
      if (key === "" || !/^-?[0-9]*\.?[0-9]+$/.test(value)) return `"${part}" is not name=number`;
      fields.set(key, Number(value));
    }
  }
  const reading = lawFromSpec(fields);
  if (reading.law !== undefined) return reading.law;
  return reading.faults
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
}
