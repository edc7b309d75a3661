// The canonical hash of a scenario: equal for all spellings that mean the same.
//
// Taken over the built value, so defaults, durations, key order and file format do not matter; the
// quantities and the places of things in the file are brought to one form here. Contents of files
// that the scenario names are not part of it: whoever reads them adds their hashes.

import { compareText, sha256Hex } from "../../base/index.ts";
import { isQuantityError, parseQuantity } from "../../cluster/index.ts";
import type { Scenario } from "./scenario.ts";

/** SHA-256 of the canonical text, in hexadecimal. */
export function scenarioHash(scenario: Scenario): string {
  return sha256Hex(canonicalScenarioText(scenario));
}

/** JSON with sorted keys and one spelling of everything. */
export function canonicalScenarioText(scenario: Scenario): string {
  return canonical(scenario, false);
}

/** Maps under these keys hold quantities by resource name, here and in Kubernetes objects. */
const RESOURCE_MAPS: ReadonlySet<string> = new Set([
  ...["allocatable", "capacity", "requests", "limits", "overhead", "hard"],
  ...["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"],
]);

function canonical(value: unknown, holdsQuantities: boolean): string {
  if (value instanceof Map) return canonicalEntries([...value], holdsQuantities);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, false)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return canonicalEntries(Object.entries(value), holdsQuantities);
  }
  if (holdsQuantities && isScalar(value)) return canonicalQuantity(value);
  return typeof value === "bigint" ? String(value) : JSON.stringify(value);
}

function canonicalEntries(entries: readonly [string, unknown][], holdsQuantities: boolean): string {
  const parts = entries
    .filter(([key, value]) => value !== undefined && !isPlace(key, value))
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => {
      const inner = !holdsQuantities && RESOURCE_MAPS.has(key);
      return `${JSON.stringify(key)}:${canonical(value, holdsQuantities || inner)}`;
    });
  return `{${parts.join(",")}}`;
}

// `path` is where something stands in the file; a list of texts and numbers, unlike any path field
// of Kubernetes, which is text.
function isPlace(key: string, value: unknown): boolean {
  return key === "path" && Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | bigint {
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint";
}

function canonicalQuantity(value: string | number | bigint): string {
  const quantity = parseQuantity(String(value));
  if (isQuantityError(quantity)) return JSON.stringify(String(value));
  let { unscaled, scale } = quantity;
  while (unscaled !== 0n && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale++;
  }
  return JSON.stringify(unscaled === 0n ? "0" : `${unscaled}e${scale}`);
}
