// Fingerprint of a record: any plain immutable value, walked in its own order.
//
// Members are in the order in which podsim's own code builds the records. Maps are walked by key: their
// own order is that of a user's text, which means nothing. Templates enter by their content hash.

import { compareText } from "../../base/index.ts";
import type { Fingerprint } from "../../engine/index.ts";

/** Adds a value: primitives, bigint, arrays, Maps, Sets and plain objects; templates by hash. */
export function addValueToFingerprint(digest: Fingerprint, value: unknown): void {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      digest.addValue(value);
      return;
    case "bigint":
      digest.addText(value.toString());
      return;
    case "object":
      break;
    default:
      digest.addValue(null); // undefined: an absent member
      return;
  }
  if (value === null) digest.addValue(null);
  else if (Array.isArray(value)) addItems(digest, "[", value);
  else if (value instanceof Map) addItems(digest, "{", entriesByKey(value));
  else if (value instanceof Set) addItems(digest, "(", [...value]);
  else addMembers(digest, value);
}

function entriesByKey(map: ReadonlyMap<unknown, unknown>): unknown[] {
  const entries = [...map];
  if (entries.length > 1) entries.sort(([a], [b]) => compareText(String(a), String(b)));
  return entries.flat();
}

function addItems(digest: Fingerprint, mark: string, items: readonly unknown[]): void {
  digest.addText(mark);
  digest.addNumber(items.length);
  for (const item of items) addValueToFingerprint(digest, item);
}

function addMembers(digest: Fingerprint, record: object): void {
  if ("contentHash" in record && typeof record.contentHash === "string") {
    digest.addText(record.contentHash);
    return;
  }
  // Neither a list of names nor pairs: records are walked at every write of an object.
  const members = record as Readonly<Record<string, unknown>>;
  let count = 0;
  for (const name in members) if (Object.hasOwn(members, name)) count++;
  digest.addText("{");
  digest.addNumber(count);
  for (const name in members) {
    if (!Object.hasOwn(members, name)) continue;
    digest.addText(name);
    addValueToFingerprint(digest, members[name]);
  }
}
