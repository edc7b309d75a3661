// AssumedObjects: claims or volumes as they will be once writes that are under way have arrived.
//
// A scheduler that has given a volume to a pod must not give it away again before the API says so.
// An assumption lasts until it is taken back, or until the watch brings a newer object than the one
// it was made on: what was assumed is then either there or refused.

import { objectKey, type ObjectMeta } from "../../cluster/index.ts";

interface Assumption<T> {
  /** The object as the watch told it when the assumption was made. */
  readonly base: T;
  readonly assumed: T;
}

/** Assumptions over objects that somebody else looks up. */
export class AssumedObjects<T extends { readonly meta: ObjectMeta }> {
  private readonly byKey = new Map<string, Assumption<T>>();

  /** What to believe of an object that the watch shows as `object`. */
  latest(object: T): T {
    if (this.byKey.size === 0) return object;
    const key = objectKey(object.meta);
    const found = this.byKey.get(key);
    if (found === undefined) return object;
    if (found.base === object) return found.assumed;
    this.byKey.delete(key);
    return object;
  }

  /** `base` is the object as the watch shows it now. */
  assume(base: T, assumed: T): void {
    this.byKey.set(objectKey(base.meta), { base, assumed });
  }

  /** Back to what the watch says. */
  restore(meta: ObjectMeta): void {
    this.byKey.delete(objectKey(meta));
  }

  /** Names of the objects about which something is assumed, in the order of the assumptions. */
  get keys(): readonly string[] {
    return [...this.byKey.keys()];
  }
}
