// CycleState: what the plugins of one profile remember during one scheduling cycle.
//
// A plugin stores a value in PreFilter or PreScore and reads it in Filter or Score. Values that
// AddPod and RemovePod change implement `clone`, so a hypothetical node (nominated pods, dry runs)
// works on a copy and leaves the cycle's own state alone. Sets and values are made when something is
// put into them: most cycles of a fast evaluator put in nothing, or what an earlier cycle put in.

import type { VictimFinder } from "../preemption/victim-finder.ts";
import type { OperationCounts } from "./operation-counts.ts";
import type { FilterPlugin } from "./plugin.ts";

/** A value kept by a plugin for one cycle; without `clone` the copy shares it (it is read-only). */
export interface CycleValue {
  clone?(): CycleValue;
}

/** What PreFilter left in a state; read-only, so that many states can share it. */
export interface PreFilterMemory {
  readonly skips: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, CycleValue>;
}

const NO_NAMES: Set<string> = new Set<string>();
const NO_VALUES: Map<string, CycleValue> = new Map<string, CycleValue>();

/** Per-cycle storage, keyed by a text the plugin owns (by custom: stage and plugin name). */
export class CycleState {
  /** Filters that are asked about every node, once PreFilter has said which ones skip. */
  activeFilters: readonly FilterPlugin[] | undefined;
  /** Whose work it is; absent where nobody counts (audits, explanations). */
  operations: OperationCounts | undefined;
  /**
   * Stores what PreFilter would have stored, when somebody first asks for it: an evaluator that counts
   * in its own way sets this for a pod that fits nowhere, because whoever goes on may never ask.
   */
  prepare: (() => void) | undefined;
  /** Knows victims without dry runs; set by evaluators that keep what is needed for that. */
  victims: VictimFinder | undefined;
  private filterSkips: Set<string> = NO_NAMES;
  private scoreSkips: Set<string> = NO_NAMES;
  private values: Map<string, CycleValue> = NO_VALUES;
  /** False while sets and values are somebody else's too: then they are copied before they change. */
  private ownsFilterSkips = false;
  private ownsScoreSkips = false;
  private ownsValues = false;

  /** Plugins whose PreFilter said Skip: their Filter, AddPod and RemovePod are not called. */
  get skipFilterPlugins(): Set<string> {
    if (!this.ownsFilterSkips) {
      this.filterSkips = new Set(this.filterSkips);
      this.ownsFilterSkips = true;
    }
    return this.filterSkips;
  }

  /** Plugins whose PreScore said Skip: their Score is not called. */
  get skipScorePlugins(): Set<string> {
    if (!this.ownsScoreSkips) {
      this.scoreSkips = new Set(this.scoreSkips);
      this.ownsScoreSkips = true;
    }
    return this.scoreSkips;
  }

  /** Whether PreFilter of that plugin said Skip. */
  skipsFilter(plugin: string): boolean {
    return this.filterSkips.has(plugin);
  }

  write(key: string, value: CycleValue): void {
    if (!this.ownsValues) {
      this.values = new Map(this.values);
      this.ownsValues = true;
    }
    this.values.set(key, value);
  }

  /** The stored value, or undefined when the writer did not run in this cycle. */
  read<T extends CycleValue>(key: string): T | undefined {
    if (this.prepare !== undefined) this.runPrepare();
    return this.values.get(key) as T | undefined;
  }

  /** What PreFilter left here, for states of pods that are just like this one. */
  sharePreFilter(): PreFilterMemory {
    this.ownsFilterSkips = false;
    this.ownsValues = false;
    return { skips: this.filterSkips, values: this.values };
  }

  /** Takes over what PreFilter left elsewhere, in place of running it; the state is new. */
  adoptPreFilter({ skips, values }: PreFilterMemory): void {
    this.filterSkips = skips as Set<string>;
    this.values = values as Map<string, CycleValue>;
  }

  /** Takes over which plugins skip scoring, likewise. */
  adoptScoreSkips(skips: ReadonlySet<string>): void {
    this.scoreSkips = skips as Set<string>;
    this.ownsScoreSkips = false;
  }

  /** A copy whose values can be changed by AddPod and RemovePod without touching this one. */
  clone(): CycleState {
    if (this.prepare !== undefined) this.runPrepare();
    const copy = new CycleState();
    for (const name of this.filterSkips) copy.skipFilterPlugins.add(name);
    for (const name of this.scoreSkips) copy.skipScorePlugins.add(name);
    copy.activeFilters = this.activeFilters;
    copy.operations = this.operations;
    for (const [key, value] of this.values) copy.write(key, value.clone?.() ?? value);
    return copy;
  }

  private runPrepare(): void {
    const { prepare } = this;
    this.prepare = undefined;
    prepare?.();
  }
}
