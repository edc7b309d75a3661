// FusedScores: the totals of the feasible nodes, plugin by plugin over columns.
//
// Every plugin is one short loop over the feasible rows with the arithmetic of its plain form, in the
// same order and with the same truncation. What has no fused form here (a strategy other than least or
// most allocated on cpu and memory, images, a user's plugin) is asked node by node.

import type { NodeRow } from "../../cache/node-row.ts";
import type { ResourceArrays } from "../../cache/resource-columns.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { CycleState } from "../../framework/cycle-state.ts";
import type { PluginScores } from "../../framework/decision.ts";
import { MAX_NODE_SCORE, type PreScorePlugin } from "../../framework/plugin.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { Code, errorStatus, SKIP, type Status, SUCCESS } from "../../framework/status.ts";
import { InterPodAffinity } from "../../plugins/inter-pod-affinity.ts";
import { PodTopologySpread } from "../../plugins/pod-topology-spread.ts";
import type { ScoredResource } from "../../plugins/resource-share.ts";
import { failedCall } from "../filtering.ts";
import { badScoreText, findBadScore } from "../scoring.ts";
import { AffinityScore } from "./affinity-score.ts";
import type { ScoreStep } from "./fused-profile.ts";
import { ImageScores } from "./image-scores.ts";
import type { PodClass } from "./pod-class.ts";
import type { PodCounters } from "./pod-counters.ts";
import { SpreadScore } from "./spread-score.ts";

/** What a cycle's scoring came to; totals are in `totals`. */
export interface FusedScoring {
  readonly status: Status;
  /** Plugins whose PreScore said Skip, in order. */
  readonly skipped: readonly string[];
  /** Per plugin, when asked for. */
  readonly scores: readonly PluginScores[];
}

/** Totals of one cycle; used anew for each. */
export class FusedScores {
  /** Parallel to the feasible rows. */
  totals: Float64Array<ArrayBuffer> = new Float64Array(64);
  /** Names of plugins that ever scored node by node for want of another form. */
  readonly plainScores: Set<string> = new Set<string>();
  private raw: Float64Array<ArrayBuffer> = new Float64Array(64);
  private normalized: Float64Array<ArrayBuffer> = new Float64Array(64);
  /** Which of the two holds the scores of the plugin that was last. */
  private final: Float64Array<ArrayBuffer> = this.raw;
  private readonly cache: SchedulerCache;
  private readonly spread: SpreadScore;
  private readonly affinity = new AffinityScore();
  readonly images: ImageScores;
  private resources!: ResourceArrays;

  constructor(cache: SchedulerCache, counters: PodCounters) {
    this.cache = cache;
    this.spread = new SpreadScore(cache, counters);
    this.images = new ImageScores(cache);
  }

  /** Scores the first `count` feasible rows; `keepsScores`: every plugin's scores too. */
  run(
    podClass: PodClass,
    pod: PodInfo,
    state: CycleState,
    feasible: Int32Array,
    count: number,
    keepsScores: boolean,
  ): FusedScoring {
    const { fused } = podClass;
    this.reserve(count);
    this.totals.fill(0, 0, count);
    this.resources = this.cache.resources.arrays();
    const skipped: string[] = [];
    const scores: PluginScores[] = [];
    const rows = new LazyRows(feasible, count);
    const fail = (status: Status): FusedScoring => ({ status, skipped, scores: [] });
    for (const plugin of fused.profile.preScorePlugins) {
      const status = this.preScore(plugin, podClass, pod, state, rows);
      if (status.code === Code.Skip) {
        skipped.push(plugin.name);
        state.skipScorePlugins.add(plugin.name);
      } else if (status.code !== Code.Success) {
        return fail(failedCall("PreScore", plugin.name, status));
      }
    }
    let common = 0;
    askAll(podClass, feasible, count);
    for (const step of fused.scores) {
      if (state.skipScorePlugins.has(step.plugin.name)) continue;
      this.cache.operations.scoreCalls += count;
      const same = keepsScores ? undefined : this.sameForAll(step, podClass, pod);
      if (same !== undefined) {
        common += same * step.weight;
        continue;
      }
      const fault = this.score(step, podClass, pod, state, feasible, count, rows);
      if (fault !== undefined) return fail(fault);
      addWeighted(this.totals, this.final, count, step.weight);
      if (keepsScores) scores.push(this.kept(step, count));
    }
    // Scores are integers, so the order in which they are added does not matter.
    if (common !== 0) addToEach(this.totals, count, common);
    return { status: SUCCESS, skipped, scores };
  }

  /** What a plugin gives every node alike, normalised, where that shows without looking at them. */
  private sameForAll(step: ScoreStep, podClass: PodClass, pod: PodInfo): number | undefined {
    switch (step.kind) {
      case "taints":
        return podClass.statics.hasTaintScores ? undefined : MAX_NODE_SCORE;
      case "node-affinity":
        return podClass.statics.hasAffinityScores ? undefined : 0;
      case "images":
        return this.isAnyImageThere(podClass) ? undefined : step.plugin.scoreWithoutImages(pod);
      case "zero":
        return 0;
      default:
        return undefined;
    }
  }

  private preScore(
    plugin: PreScorePlugin,
    podClass: PodClass,
    pod: PodInfo,
    state: CycleState,
    rows: LazyRows,
  ): Status {
    if (plugin instanceof PodTopologySpread) {
      return this.spread.isNeeded(podClass) ? SUCCESS : SKIP;
    }
    if (plugin instanceof InterPodAffinity) {
      return this.affinity.prepare(podClass) ? SUCCESS : SKIP;
    }
    const isKnown = podClass.fused.scores.some(
      (step) => step.plugin.name === plugin.name && step.kind !== "plain",
    );
    this.cache.operations.preScoreCalls++;
    return plugin.preScore(state, pod, isKnown ? [] : rows.list);
  }

  /** Raw and normalised scores of one plugin; a status when it broke the rules. */
  private score(
    step: ScoreStep,
    podClass: PodClass,
    pod: PodInfo,
    state: CycleState,
    feasible: Int32Array,
    count: number,
    rows: LazyRows,
  ): Status | undefined {
    const { raw, normalized } = this;
    this.final = normalized;
    switch (step.kind) {
      case "taints":
        this.scoreStatically(podClass, feasible, count, true);
        normalizeToMaximum(raw, normalized, count, true);
        return undefined;
      case "node-affinity":
        this.scoreStatically(podClass, feasible, count, false);
        normalizeToMaximum(raw, normalized, count, false);
        return undefined;
      case "fit":
        this.scoreFit(step.plugin, podClass, pod, state, feasible, count);
        break;
      case "balance":
        this.scoreBalance(step.plugin, podClass, pod, state, feasible, count);
        break;
      case "spread":
        this.spread.score(podClass, feasible, count, raw);
        normalizeSpread(raw, normalized, count, this.spread.ignoredPlaces);
        return undefined;
      case "pod-affinity":
        this.affinity.score(feasible, count, raw);
        normalizeAffinity(raw, normalized, count);
        return undefined;
      case "images":
        this.scoreImages(step.plugin, podClass, pod, feasible, count);
        break;
      case "keyed":
        for (let place = 0; place < count; place++) {
          const { keyedScores } = podClass.statics.groupAt(feasible[place] as NodeRow);
          raw[place] = keyedScores[step.index]!;
        }
        break;
      case "zero":
        raw.fill(0, 0, count);
        break;
      case "plain":
        return this.scorePlainly(step, pod, state, count, rows);
    }
    this.final = raw;
    return undefined;
  }

  private scoreStatically(
    { statics }: PodClass,
    feasible: Int32Array,
    count: number,
    isTaints: boolean,
  ): void {
    const { raw } = this;
    for (let place = 0; place < count; place++) {
      const group = statics.groupAt(feasible[place] as NodeRow);
      raw[place] = isTaints ? group.taintScore : group.affinityScore;
    }
  }

  private scoreFit(
    plugin: Extract<ScoreStep, { kind: "fit" }>["plugin"],
    { template }: PodClass,
    pod: PodInfo,
    state: CycleState,
    feasible: Int32Array,
    count: number,
  ): void {
    const { raw } = this;
    const { strategy, resources } = plugin.args;
    const weights = cpuAndMemoryWeights(resources);
    if (weights === undefined || strategy === "RequestedToCapacityRatio") {
      for (let place = 0; place < count; place++) {
        raw[place] = plugin.score(state, pod, feasible[place] as NodeRow);
      }
      return;
    }
    const isLeast = strategy === "LeastAllocated";
    const { milliCpu, memoryBytes } = template.scoreRequests;
    const { allocatableMilliCpu, allocatableMemoryBytes, nonZeroMilliCpu, nonZeroMemoryBytes } =
      this.resources;
    const [cpuWeight, memoryWeight] = weights;
    for (let place = 0; place < count; place++) {
      const row = feasible[place]!;
      const cpu = allocatableMilliCpu[row]!;
      const memory = allocatableMemoryBytes[row]!;
      if (cpu * 100 > Number.MAX_SAFE_INTEGER || memory * 100 > Number.MAX_SAFE_INTEGER) {
        raw[place] = plugin.score(state, pod, row as NodeRow);
        continue;
      }
      let sum = 0;
      let parts = 0;
      if (cpu !== 0) {
        sum += share(isLeast, cpu, nonZeroMilliCpu[row]! + milliCpu) * cpuWeight;
        parts += cpuWeight;
      }
      if (memory !== 0) {
        sum += share(isLeast, memory, nonZeroMemoryBytes[row]! + memoryBytes) * memoryWeight;
        parts += memoryWeight;
      }
      raw[place] = parts === 0 ? 0 : Math.trunc(sum / parts);
    }
  }

  private scoreBalance(
    plugin: Extract<ScoreStep, { kind: "balance" }>["plugin"],
    { template }: PodClass,
    pod: PodInfo,
    state: CycleState,
    feasible: Int32Array,
    count: number,
  ): void {
    const { raw } = this;
    if (cpuAndMemoryWeights(plugin.args.resources) === undefined) {
      for (let place = 0; place < count; place++) {
        raw[place] = plugin.score(state, pod, feasible[place] as NodeRow);
      }
      return;
    }
    const { milliCpu, memoryBytes } = template.balancedRequests;
    const { allocatableMilliCpu, allocatableMemoryBytes, requestedMilliCpu, requestedMemoryBytes } =
      this.resources;
    for (let place = 0; place < count; place++) {
      const row = feasible[place]!;
      const cpu = allocatableMilliCpu[row]!;
      const memory = allocatableMemoryBytes[row]!;
      if (cpu === 0 || memory === 0) {
        // One resource alone is always even.
        raw[place] = 75;
        continue;
      }
      const usedCpu = requestedMilliCpu[row]!;
      const usedMemory = requestedMemoryBytes[row]!;
      const after = balance(
        Math.min(1, (usedCpu + milliCpu) / cpu),
        Math.min(1, (usedMemory + memoryBytes) / memory),
      );
      const before = balance(Math.min(1, usedCpu / cpu), Math.min(1, usedMemory / memory));
      raw[place] = 50 + Math.trunc((50 + after - before) / 2);
    }
  }

  private scoreImages(
    plugin: Extract<ScoreStep, { kind: "images" }>["plugin"],
    podClass: PodClass,
    pod: PodInfo,
    feasible: Int32Array,
    count: number,
  ): void {
    const { raw } = this;
    if (!this.isAnyImageThere(podClass)) {
      raw.fill(plugin.scoreWithoutImages(pod), 0, count);
      return;
    }
    const scores = this.images.scoresOf(plugin, pod);
    for (let place = 0; place < count; place++) raw[place] = scores.on(feasible[place] as NodeRow);
  }

  private isAnyImageThere({ template }: PodClass): boolean {
    const { cache } = this;
    for (const image of template.images) if (cache.hasImage(image)) return true;
    return template.volumeImages.some((image) => cache.hasImage(image));
  }

  private scorePlainly(
    { plugin }: Extract<ScoreStep, { kind: "plain" }>,
    pod: PodInfo,
    state: CycleState,
    count: number,
    rows: LazyRows,
  ): Status | undefined {
    this.plainScores.add(plugin.name);
    const raw = rows.list.map((row) => plugin.score(state, pod, row));
    const normalized = plugin.normalizeScores === undefined ? raw : raw.slice();
    plugin.normalizeScores?.(state, pod, rows.list, normalized);
    const fault = findBadScore(normalized);
    if (fault !== undefined) {
      return errorStatus(plugin.name, badScoreText(plugin.name, fault));
    }
    for (let place = 0; place < count; place++) {
      this.raw[place] = raw[place]!;
      this.normalized[place] = normalized[place]!;
    }
    return undefined;
  }

  private kept({ plugin, weight }: ScoreStep, count: number): PluginScores {
    const raw = Array.from(this.raw.subarray(0, count));
    const normalized = Array.from(this.final.subarray(0, count));
    const weighted = normalized.map((score) => score * weight);
    return { plugin: plugin.name, weight, raw, normalized, weighted };
  }

  private reserve(count: number): void {
    if (this.totals.length >= count) return;
    const length = Math.max(count, this.totals.length * 2);
    this.totals = new Float64Array(length);
    this.raw = new Float64Array(length);
    this.normalized = new Float64Array(length);
  }
}

/** The feasible rows as a list, made when a plain plugin wants it. */
class LazyRows {
  private readonly rows: Int32Array;
  private readonly count: number;
  private made: readonly NodeRow[] | undefined;

  constructor(rows: Int32Array, count: number) {
    this.rows = rows;
    this.count = count;
  }

  get list(): readonly NodeRow[] {
    this.made ??= Array.from(this.rows.subarray(0, this.count)) as NodeRow[];
    return this.made;
  }
}

/** Weights of cpu and memory when those two are all that is scored; the order does not matter. */
export function cpuAndMemoryWeights(
  resources: readonly ScoredResource[],
): readonly [number, number] | undefined {
  if (resources.length !== 2) return undefined;
  const cpu = resources.find(({ name }) => name === "cpu");
  const memory = resources.find(({ name }) => name === "memory");
  return cpu === undefined || memory === undefined ? undefined : [cpu.weight, memory.weight];
}

/** One resource by the least or most allocated strategy; exact while 100 times the whole is. */
export function share(isLeast: boolean, allocatable: number, asked: number): number {
  if (isLeast) {
    return asked > allocatable ? 0 : Math.trunc(((allocatable - asked) * 100) / allocatable);
  }
  return Math.trunc((Math.min(asked, allocatable) * 100) / allocatable);
}

/** 100 minus the deviation of two shares in percent. */
export function balance(a: number, b: number): number {
  return Math.trunc((1 - Math.abs((a - b) / 2)) * 100);
}

// What is known of a table's nodes is then known of these.
function askAll({ statics }: PodClass, feasible: Int32Array, count: number): void {
  const { raw } = statics.groupOf;
  for (let place = 0; place < count; place++) {
    const row = feasible[place]! as NodeRow;
    if (row >= raw.length || raw[row] === 0) statics.ask(row);
  }
}

function addWeighted(
  totals: Float64Array,
  scores: Float64Array,
  count: number,
  weight: number,
): void {
  for (let place = 0; place < count; place++) totals[place]! += scores[place]! * weight;
}

function addToEach(totals: Float64Array, count: number, score: number): void {
  for (let place = 0; place < count; place++) totals[place]! += score;
}

function normalizeToMaximum(
  raw: Float64Array,
  normalized: Float64Array,
  count: number,
  isReverse: boolean,
): void {
  let highest = 0;
  for (let place = 0; place < count; place++) if (raw[place]! > highest) highest = raw[place]!;
  if (highest === 0) {
    if (isReverse) normalized.fill(MAX_NODE_SCORE, 0, count);
    else normalized.set(raw.subarray(0, count));
    return;
  }
  for (let place = 0; place < count; place++) {
    const scaled = Math.trunc((MAX_NODE_SCORE * raw[place]!) / highest);
    normalized[place] = isReverse ? MAX_NODE_SCORE - scaled : scaled;
  }
}

function normalizeSpread(
  raw: Float64Array,
  normalized: Float64Array,
  count: number,
  ignored: Uint8Array,
): void {
  let lowest = Number.MAX_SAFE_INTEGER;
  let highest = 0;
  for (let place = 0; place < count; place++) {
    if (ignored[place] === 1) continue;
    if (raw[place]! < lowest) lowest = raw[place]!;
    if (raw[place]! > highest) highest = raw[place]!;
  }
  for (let place = 0; place < count; place++) {
    if (ignored[place] === 1) normalized[place] = 0;
    else if (highest === 0) normalized[place] = 100;
    else normalized[place] = Math.trunc((100 * (highest + lowest - raw[place]!)) / highest);
  }
}

function normalizeAffinity(raw: Float64Array, normalized: Float64Array, count: number): void {
  let lowest = Number.MAX_SAFE_INTEGER;
  let highest = Number.MIN_SAFE_INTEGER;
  for (let place = 0; place < count; place++) {
    if (raw[place]! < lowest) lowest = raw[place]!;
    if (raw[place]! > highest) highest = raw[place]!;
  }
  const range = highest - lowest;
  for (let place = 0; place < count; place++) {
    normalized[place] = range > 0 ? Math.trunc(100 * ((raw[place]! - lowest) / range)) : 0;
  }
}
