// StaticTable: what each node's object alone says about pods of one kind, as a group number per row.
//
// Taints, labels, cordons and features change rarely and are read at every decision. Pods that are
// equal in selectors, tolerations and wanted features share one table; the plugins themselves are asked
// once per node, and a node that changed is asked again when it is next visited.

import { Uint16Column } from "../../../base/index.ts";
import {
  findUntoleratedTaint,
  matchesRequiredNodeAffinity,
  type NodeObject,
} from "../../../cluster/index.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import { CycleState } from "../../framework/cycle-state.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import { Code, type Status } from "../../framework/status.ts";
import type { FusedProfile } from "./fused-profile.ts";

/** Facts that all nodes of one group share. */
export interface StaticGroup {
  /** True when no static filter refuses. */
  readonly passes: boolean;
  /** True when only filters with a class key refuse, if any: the others treat like nodes alike. */
  readonly passesAlike: boolean;
  /** Scores of plugins with a class key; empty where a filter refuses. */
  readonly keyedScores: readonly number[];
  /** The refusals by index of the static filter. */
  readonly refusals: readonly (Status | undefined)[];
  /** Raw scores. */
  readonly taintScore: number;
  readonly affinityScore: number;
  /** Whether topology spreading counts the node under the policies of that name. */
  readonly matchesAffinity: boolean;
  readonly toleratesTaints: boolean;
}

/** Row that has not been asked about since its node changed. */
const UNKNOWN = 0;

/** Group numbers by row; 0 is none. */
export class StaticTable {
  /** Group by row; 0 until the row is asked about. */
  readonly groupOf: Uint16Column = new Uint16Column();
  readonly groups: (StaticGroup | undefined)[] = [undefined];
  /** Parallel to `groups`, for the fused pass: 1 passes. */
  readonly passes: number[] = [0];
  /** Whether any node that was asked about has such a score above 0. */
  hasTaintScores = false;
  hasAffinityScores = false;
  private readonly byText = new Map<string, number>();
  /** Equal for tables that hold the same. */
  readonly key: string;
  private readonly cache: SchedulerCache;
  private readonly fused: FusedProfile;
  private readonly pod: PodInfo;
  private readonly skipped: ReadonlySet<string>;
  private readonly state = new CycleState();

  /** `pod` stands for all pods of its kind; `skipped` are filters whose PreFilter skips such pods. */
  constructor(
    key: string,
    cache: SchedulerCache,
    fused: FusedProfile,
    pod: PodInfo,
    skipped: ReadonlySet<string>,
  ) {
    this.key = key;
    this.cache = cache;
    this.fused = fused;
    this.pod = pod;
    this.skipped = skipped;
  }

  /** Whether a user's plugin reads the nodes' objects, of which nothing is known. */
  get isKeyed(): boolean {
    return this.fused.keyed.length > 0;
  }

  forget(row: NodeRow): void {
    if (row < this.groupOf.raw.length) this.groupOf.raw[row] = UNKNOWN;
  }

  /** The number of the row's group; the row must have a node. */
  ask(row: NodeRow): number {
    this.groupOf.grow(row + 1);
    const known = this.groupOf.raw[row]!;
    if (known !== UNKNOWN) return known;
    const number = this.numberOf(this.look(row));
    this.groupOf.raw[row] = number;
    return number;
  }

  groupAt(row: NodeRow): StaticGroup {
    return this.groups[this.ask(row)]!;
  }

  private look(row: NodeRow): StaticGroup {
    const { cache, fused, pod, state } = this;
    const node = cache.node(row);
    let isRefused = false;
    let passesAlike = true;
    const refusals = fused.statics.map((plugin) => {
      // The first refusal decides; a user's plugin need not answer after it.
      const isKeyed = plugin.classKey !== undefined;
      if (this.skipped.has(plugin.name) || (isKeyed && isRefused)) return undefined;
      const status = plugin.filter(state, pod, row);
      if (status.code === Code.Success) return undefined;
      isRefused = true;
      if (!isKeyed) passesAlike = false;
      return status;
    });
    return {
      passes: !isRefused,
      passesAlike,
      keyedScores: isRefused ? [] : fused.keyedScores.map((each) => each.score(state, pod, row)),
      refusals,
      taintScore: fused.taints?.score(state, pod, row) ?? 0,
      affinityScore: fused.nodeAffinity?.score(state, pod, row) ?? 0,
      matchesAffinity: matchesAffinity(pod, node),
      toleratesTaints: findUntoleratedTaint(node.taints, pod.template.tolerations) === undefined,
    };
  }

  private numberOf(group: StaticGroup): number {
    const { refusals, ...rest } = group;
    const texts = refusals.map((each) => (each === undefined ? 0 : [each.code, each.reasons]));
    const text = JSON.stringify([texts, rest]);
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    const number = this.groups.length;
    this.byText.set(text, number);
    this.groups.push(group);
    this.passes.push(group.passes ? 1 : 0);
    if (group.taintScore !== 0) this.hasTaintScores = true;
    if (group.affinityScore !== 0) this.hasAffinityScores = true;
    return number;
  }
}

function matchesAffinity(pod: PodInfo, node: NodeObject): boolean {
  const required = pod.template.requiredNodeAffinity;
  return required === undefined || matchesRequiredNodeAffinity(required, node.meta);
}
