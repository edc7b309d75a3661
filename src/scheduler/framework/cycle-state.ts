// CycleState: what the plugins of one profile remember during one scheduling cycle.
//
// A plugin stores a value in PreFilter or PreScore and reads it in Filter or Score. Values that
// AddPod and RemovePod change implement `clone`, so a hypothetical node (nominated pods, dry runs)
// works on a copy and leaves the cycle's own state alone.

import type { OperationCounts } from "./operation-counts.ts";
import type { FilterPlugin } from "./plugin.ts";

/** A value kept by a plugin for one cycle; without `clone` the copy shares it (it is read-only). */
export interface CycleValue {
  clone?(): CycleValue;
}

/** Per-cycle storage, keyed by a text the plugin owns (by custom: stage and plugin name). */
export class CycleState {
  /** Plugins whose PreFilter said Skip: their Filter, AddPod and RemovePod are not called. */
  readonly skipFilterPlugins: Set<string> = new Set<string>();
  /** Plugins whose PreScore said Skip: their Score is not called. */
  readonly skipScorePlugins: Set<string> = new Set<string>();
  /** Filters that are asked about every node, once PreFilter has said which ones skip. */
  activeFilters: readonly FilterPlugin[] | undefined;
  /** Whose work it is; absent where nobody counts (audits, explanations). */
  operations: OperationCounts | undefined;
  /**
   * Stores what PreFilter would have stored, when somebody first asks for it: an evaluator that counts
   * in its own way sets this for a pod that fits nowhere, because whoever goes on may never ask.
   */
  prepare: (() => void) | undefined;
  private readonly values = new Map<string, CycleValue>();

  write(key: string, value: CycleValue): void {
    this.values.set(key, value);
  }

  /** The stored value, or undefined when the writer did not run in this cycle. */
  read<T extends CycleValue>(key: string): T | undefined {
    if (this.prepare !== undefined) this.runPrepare();
    return this.values.get(key) as T | undefined;
  }

  /** A copy whose values can be changed by AddPod and RemovePod without touching this one. */
  clone(): CycleState {
    if (this.prepare !== undefined) this.runPrepare();
    const copy = new CycleState();
    for (const name of this.skipFilterPlugins) copy.skipFilterPlugins.add(name);
    for (const name of this.skipScorePlugins) copy.skipScorePlugins.add(name);
    copy.activeFilters = this.activeFilters;
    copy.operations = this.operations;
    for (const [key, value] of this.values) copy.values.set(key, value.clone?.() ?? value);
    return copy;
  }

  private runPrepare(): void {
    const { prepare } = this;
    this.prepare = undefined;
    prepare?.();
  }
}
