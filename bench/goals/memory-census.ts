// What structures hold: bytes of columns and lists of numbers, by the class that owns them.
//
// Counted by walking everything that can be reached, not measured, so that the figure is the same on
// every machine. Objects, texts and maps have no exact size here and are left to `settledBytes`, which
// asks the process after a collection.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes of typed arrays and of lists of numbers of all instances of one class. */
export interface ClassCensus {
  readonly instances: object[];
  bytes: number;
}

/** A list of small numbers takes a pointer's width for each. */
const BYTES_PER_NUMBER = 8;
const OWNERLESS = "Object";

/** Bytes by class; what `seen` holds is left out, and what is walked is added to it. */
export function censusOf(root: object, seen: Set<object> = new Set()): Map<string, ClassCensus> {
  const all = new Map<string, ClassCensus>();
  const entryOf = (name: string): ClassCensus => {
    const known = all.get(name) ?? { instances: [], bytes: 0 };
    all.set(name, known);
    return known;
  };
  const waiting: { readonly value: unknown; readonly owner: string }[] = [
    { value: root, owner: OWNERLESS },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, owner } = next;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) {
      if (seen.has(value.buffer)) continue;
      seen.add(value.buffer);
      entryOf(owner).bytes += value.buffer.byteLength;
    } else if (Array.isArray(value)) {
      if (typeof value[0] === "number") entryOf(owner).bytes += BYTES_PER_NUMBER * value.length;
      else for (const member of value as readonly unknown[]) waiting.push({ value: member, owner });
    } else if (value instanceof Map) {
      for (const [key, member] of value) {
        waiting.push({ value: key, owner });
        waiting.push({ value: member, owner });
      }
    } else if (value instanceof Set) {
      for (const member of value) waiting.push({ value: member, owner });
    } else {
      const name = classOf(value, owner);
      if (name !== owner) entryOf(name).instances.push(value);
      for (const member of Object.values(value)) waiting.push({ value: member, owner: name });
    }
  }
  return all;
}

/** Columns and plain records belong to whoever holds them. */
function classOf(value: object, owner: string): string {
  const maker = (value as { readonly constructor?: { readonly name?: unknown } }).constructor;
  const name = typeof maker?.name === "string" ? maker.name : OWNERLESS;
  return name === OWNERLESS || name === "" || name.endsWith("Column") ? owner : name;
}

/** Bytes of all classes together. */
export function totalBytes(census: ReadonlyMap<string, ClassCensus>): number {
  return [...census.values()].reduce((sum, { bytes }) => sum + bytes, 0);
}

let collect: (() => void) | undefined;

/** Collects garbage until little changes; bytes that are left, those outside the heap included. */
export function settledBytes(): number {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  for (let round = 0; round < 3; round++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Bytes in use now, garbage included. */
export function bytesInUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
