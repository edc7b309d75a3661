// The package holding event objects, as most simulators use it: a baseline, not used in runs.
//
// It loads a second copy of the package, so that the two uses do not share type feedback inside
// one process; each is compiled as it would be alone.

import { createRequire } from "node:module";

interface PackageQueue<T> {
  add(item: T): void;
  poll(): T | undefined;
  peek(): T | undefined;
  readonly size: number;
}

type PackageQueueClass = new <T>(comparator: (left: T, right: T) => boolean) => PackageQueue<T>;

/** An event as an object: key and payload. */
export interface EventObject {
  readonly atUs: number;
  readonly rank: number;
  readonly sequence: number;
  readonly run: () => void;
}

/** Order by (instant, rank, sequence). */
export function isEventBefore(left: EventObject, right: EventObject): boolean {
  if (left.atUs !== right.atUs) return left.atUs < right.atUs;
  if (left.rank !== right.rank) return left.rank < right.rank;
  return left.sequence < right.sequence;
}

/** A queue of event objects in a fresh copy of the package. */
export function createObjectHeap(): PackageQueue<EventObject> {
  return new ObjectQueue<EventObject>(isEventBefore);
}

const ObjectQueue = loadFreshCopy();

function loadFreshCopy(): PackageQueueClass {
  const require = createRequire(import.meta.url);
  const path = require.resolve("fast-priority-queue");
  const before = require.cache[path];
  delete require.cache[path];
  const copy = require(path) as PackageQueueClass;
  if (before !== undefined) require.cache[path] = before;
  return copy;
}
