// Units that a source leaves out, as the user gives them, and amounts written as quantities.
//
// Traces with normalised resources do not say what 1.0 is, and traces of jobs do not say on which
// machines: these options have no default, so nothing is guessed.

import { isQuantityError, parseQuantity } from "../../../cluster/index.ts";
import { parseDuration } from "../../../base/index.ts";
import type { ImportLedger, ImportOption, ImportRequest } from "./importer.ts";

/** What 1.0 of a normalised resource is. */
export const UNIT_OPTIONS: readonly ImportOption[] = [
  {
    name: "cpu-unit",
    what: "cores that 1.0 of the trace's cpu stands for",
    hint: "the trace gives cpu as a share of its largest machine and not in cores: say how many cores that machine has, for example --cpu-unit 64",
  },
  {
    name: "memory-unit",
    what: "memory that 1.0 of the trace's memory stands for",
    hint: "the trace gives memory as a share of its largest machine and not in bytes: say how much that machine has, for example --memory-unit 256Gi",
  },
];

/** The machines of a trace that names none. */
export function nodeOptions(why: string): readonly ImportOption[] {
  return [
    { name: "node-count", what: "how many nodes there are", hint: `${why}: --node-count 100` },
    { name: "node-cpu", what: "cores of each node", hint: `${why}: --node-cpu 64` },
    { name: "node-memory", what: "memory of each node", hint: `${why}: --node-memory 256Gi` },
  ];
}

/** The value of such an option in thousandths (cores) or whole (bytes, counts); undefined if it is not given. */
export function givenAmount(
  request: ImportRequest,
  name: string,
  scale: "milli" | "whole",
): number | undefined {
  const text = request.options.get(name);
  if (text === undefined) return undefined;
  const quantity = parseQuantity(text);
  const value = isQuantityError(quantity)
    ? Number.NaN
    : scale === "milli"
      ? Number(quantity.milliValue())
      : Number(quantity.value());
  if (value > 0 && Number.isSafeInteger(value)) return value;
  refuseOption(request.ledger, name, text, "an amount above 0 was expected, such as 64 or 256Gi");
  return undefined;
}

/** The value of an option that is a length of time, in microseconds. */
export function givenDuration(request: ImportRequest, name: string): number | undefined {
  const text = request.options.get(name);
  if (text === undefined) return undefined;
  const reading = parseDuration(text);
  if (reading !== undefined && reading >= 0) return reading;
  refuseOption(request.ledger, name, text, "a length of time was expected, such as 24h or 90s");
  return undefined;
}

/** Cores in thousandths as a quantity. */
export function cpuText(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

const BINARY_UNITS = [
  ["Gi", 1_073_741_824],
  ["Mi", 1_048_576],
  ["Ki", 1024],
] as const;

/** Bytes as a quantity. */
export function memoryText(bytes: number): string {
  for (const [unit, size] of BINARY_UNITS)
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  return String(bytes);
}

function refuseOption(ledger: ImportLedger, name: string, text: string, message: string): void {
  ledger.refuse({ code: "E_IMPORT_OPTION", message: `--${name} ${text}: ${message}` });
}
