// The command that makes a comparison again, without what changes nothing about it: threads, stores,
// folders, formats. Files are called by their names alone, since a record names no machine's folders.

import type { CompareRequest } from "./compare-request.ts";

/** One line for a POSIX shell. */
export function commandOfComparison(request: CompareRequest): string {
  const { margin, confidence, design } = request;
  const flags: readonly (readonly [string, string | number | undefined])[] = [
    ...request.schedulers.map((name) => ["-s", baseName(name)] as const),
    ...request.overrides.map((text) => ["--set", text] as const),
    ...request.settings.map(
      ({ name, override }) => ["--alternative", `${name}: ${override}`] as const,
    ),
    ...request.thresholds.map((gate) => ["--threshold", gate] as const),
    ["--seed", request.seed],
    ["--for", request.horizon],
    ["--prices", request.prices === undefined ? undefined : baseName(request.prices)],
    ["--vary", request.varied?.join(",")],
    ["-n", request.replicationsCount],
    ["--margin", margin.kind === "relative" ? percentText(margin.ratio, 0.01) : undefined],
    ["--confidence", percentText(confidence, 0.95)],
    ["--baseline", request.baseline],
    ...request.measures.map((name) => ["--measure", name] as const),
    ["--precision", design.precision === undefined ? undefined : `${100 * design.precision}%`],
    ["--select", design.select],
    ["--indifference", design.indifference],
    ["--max-replications", design.maxReplications],
  ];
  const words = [
    ...request.inputs.map((input) => quoted(baseName(input))),
    ...flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, quoted(`${value}`)])),
    ...(design.tieAudit === true ? ["--tie-audit"] : []),
    ...(request.antithetic === true ? ["--antithetic"] : []),
    ...(design.controls === true ? ["--controls"] : []),
  ];
  return `podsim compare ${words.join(" ")}`;
}

/** Undefined for the share that is meant when nothing is said. */
function percentText(ratio: number, usual: number): string | undefined {
  return ratio === usual ? undefined : `${Number((100 * ratio).toFixed(6))}%`;
}

function baseName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
