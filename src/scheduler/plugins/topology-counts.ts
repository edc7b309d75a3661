// TopologyCounts: integers per (topology key, value of a node's label).
//
// InterPodAffinity counts matching pods and sums weights this way. An entry that returns to zero is
// dropped, because "no entry at all" has a meaning of its own; sums of weights keep theirs.

import type { Labels } from "../../cluster/index.ts";
import type { CycleValue } from "../framework/cycle-state.ts";
import { LayeredCounts } from "./layered-counts.ts";

/** A two-level map; the order of its entries is never visible. */
export class TopologyCounts implements CycleValue {
  private readonly byKey = new Map<string, LayeredCounts>();
  private readonly keepZeros: boolean;

  constructor(options: { readonly keepZeros?: boolean } = {}) {
    this.keepZeros = options.keepZeros === true;
  }

  get isEmpty(): boolean {
    return this.byKey.size === 0;
  }

  /** Adds to the entry of the node with these labels; a node without the key has none. */
  add(topologyKey: string, labels: Labels, change: number): void {
    const value = labels.get(topologyKey);
    if (value === undefined) return;
    let byValue = this.byKey.get(topologyKey);
    const sum = (byValue?.get(value) ?? 0) + change;
    if (sum !== 0 || this.keepZeros) {
      if (byValue === undefined) {
        byValue = new LayeredCounts();
        this.byKey.set(topologyKey, byValue);
      }
      byValue.set(value, sum);
    } else if (byValue !== undefined) {
      byValue.delete(value);
      if (byValue.size === 0) this.byKey.delete(topologyKey);
    }
  }

  /** The entry of one key for a node with these labels; 0 when there is none. */
  at(topologyKey: string, labels: Labels): number {
    const value = labels.get(topologyKey);
    return value === undefined ? 0 : (this.byKey.get(topologyKey)?.get(value) ?? 0);
  }

  /** Whether some key's entry for a node with these labels is above zero. */
  hasAny(labels: Labels): boolean {
    if (this.byKey.size === 0) return false;
    for (const key of this.byKey.keys()) {
      if (this.at(key, labels) > 0) return true;
    }
    return false;
  }

  /** The sum over all keys for a node with these labels. */
  sumFor(labels: Labels): number {
    let sum = 0;
    for (const key of this.byKey.keys()) sum += this.at(key, labels);
    return sum;
  }

  clone(): TopologyCounts {
    const copy = new TopologyCounts({ keepZeros: this.keepZeros });
    for (const [key, byValue] of this.byKey) copy.byKey.set(key, byValue.clone());
    return copy;
  }
}
