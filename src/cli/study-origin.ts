// The command that makes a comparison or sweep again, without what changes nothing about it: threads,
// stores, folders, formats. Files are called by their names alone, since a record names no machine's folders.

import type { CompareRequest } from "./compare-request.ts";
import type { SweepRequest } from "./sweep-request.ts";

type Flag = readonly [string, string | number | undefined];

/** One line for a POSIX shell. */
export function commandOfComparison(request: CompareRequest): string {
  const { margin, design } = request;
  const flags: readonly Flag[] = [
    ...worldFlags(
      request,
      request.settings.map(({ name, override }) => ["--alternative", `${name}: ${override}`]),
    ),
    ...replicationFlags(request, [
      ["--margin", margin.kind === "relative" ? percentText(margin.ratio, 0.01) : undefined],
    ]),
    ["--baseline", request.baseline],
    ...measureFlags(request),
    ["--precision", design.precision === undefined ? undefined : `${100 * design.precision}%`],
    ["--select", design.select],
    ["--indifference", design.indifference],
    ["--max-replications", design.maxReplications],
  ];
  const switches = [
    ...(design.tieAudit === true ? ["--tie-audit"] : []),
    ...(request.antithetic === true ? ["--antithetic"] : []),
    ...(design.controls === true ? ["--controls"] : []),
  ];
  return commandText("compare", request.inputs, flags, switches);
}

/** One line for a POSIX shell. */
export function commandOfSweep(request: SweepRequest): string {
  const { paramTexts, paramsFile } = request;
  const flags: readonly Flag[] = [
    ...paramTexts.map((text) => ["--param", text] as const),
    ["--params", paramsFile === undefined ? undefined : baseName(paramsFile)],
    ...worldFlags(request),
    ...replicationFlags(request),
    ...measureFlags(request),
  ];
  const switches = [
    ...(request.antithetic === true ? ["--antithetic"] : []),
    ...(request.stratify === true ? ["--stratify", "faults"] : []),
  ];
  return commandText("sweep", request.inputs, flags, switches);
}

/** What the world is made of; `others` stand where they always stood. */
function worldFlags(request: CompareRequest | SweepRequest, others: readonly Flag[] = []): Flag[] {
  return [
    ...request.schedulers.map((name) => ["-s", baseName(name)] as const),
    ...request.overrides.map((text) => ["--set", text] as const),
    ...others,
    ...request.thresholds.map((gate) => ["--threshold", gate] as const),
    ["--seed", request.seed],
    ["--for", request.horizon],
    ["--prices", request.prices === undefined ? undefined : baseName(request.prices)],
  ];
}

/** What is repeated, and how sure one wants to be. */
function replicationFlags(
  request: CompareRequest | SweepRequest,
  others: readonly Flag[] = [],
): Flag[] {
  return [
    ["--vary", request.varied?.join(",")],
    ["-n", request.replicationsCount],
    ...others,
    ["--confidence", percentText(request.confidence, 0.95)],
  ];
}

function measureFlags({ measures }: CompareRequest | SweepRequest): Flag[] {
  return measures.map((name) => ["--measure", name]);
}

function commandText(
  verb: string,
  inputs: readonly string[],
  flags: readonly Flag[],
  switches: readonly string[],
): string {
  const words = [
    ...inputs.map((input) => quoted(baseName(input))),
    ...flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, quoted(`${value}`)])),
    ...switches,
  ];
  return `podsim ${verb} ${words.join(" ")}`;
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
