// NodeAffinity: nodeSelector, required and preferred node affinity, and the profile's added affinity.
//
// Terms on metadata.name narrow the search before any node is looked at (P5, N2). Matching itself
// belongs to the cluster's selectors.

import {
  compileNodeSelector,
  compilePreferredNodeTerms,
  matchesRequiredNodeAffinity,
  type NodeObject,
  type NodeSelector,
  type NodeSelectorTerm,
  type PreferredNodeTerms,
  preferredNodeScore,
} from "../../cluster/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import {
  Action,
  type EventRegistration,
  type EventSubject,
  type QueueingHint,
} from "../framework/cluster-event.ts";
import type { CycleState } from "../framework/cycle-state.ts";
import type {
  FilterPlugin,
  PluginHandle,
  PreFilterOutcome,
  PreFilterPlugin,
  PreScorePlugin,
  ScorePlugin,
} from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { errorStatus, SKIP, type Status, SUCCESS, unresolvable } from "../framework/status.ts";
import { normalizeToMaximum } from "./normalize-scores.ts";
import { signNodeAffinity } from "./signed-parts.ts";

/** Arguments: node affinity that the profile adds to every pod (API form, checked by the reader). */
export interface NodeAffinityArguments {
  readonly addedRequired: NodeSelector | undefined;
  readonly addedPreferred: PreferredNodeTerms | undefined;
}

/** Compiles `addedAffinity` of the arguments. */
export function nodeAffinityArgumentsFrom(addedAffinity: unknown): NodeAffinityArguments {
  const source = (addedAffinity ?? {}) as Record<string, unknown>;
  return {
    addedRequired: compileNodeSelector(source["requiredDuringSchedulingIgnoredDuringExecution"]),
    addedPreferred: compilePreferredNodeTerms(
      source["preferredDuringSchedulingIgnoredDuringExecution"],
    ),
  };
}

// Shared by all nodes that are refused alike: there may be thousands.
const NOT_ENFORCED: Status = unresolvable(
  "NodeAffinity",
  "node(s) didn't match scheduler-enforced node affinity",
);
const NOT_MATCHED: Status = unresolvable(
  "NodeAffinity",
  "node(s) didn't match Pod's node affinity/selector",
);

/** Narrows the search by node names, filters by labels and fields, scores preferred terms. */
export class NodeAffinity implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin {
  readonly name = "NodeAffinity";
  readonly sign: typeof signNodeAffinity = signNodeAffinity;
  private readonly cache: SchedulerCache;
  private readonly args: NodeAffinityArguments;

  constructor(args: NodeAffinityArguments, handle: PluginHandle) {
    this.cache = handle.cache;
    this.args = args;
  }

  /** The terms that the profile adds, required and preferred. */
  get addedTerms(): readonly NodeSelectorTerm[] {
    const { addedRequired, addedPreferred } = this.args;
    return [
      ...(addedRequired?.terms ?? []),
      ...(addedPreferred?.terms.map(({ term }) => term) ?? []),
    ];
  }

  /** Whether neither the pod nor the profile asks for particular nodes. */
  isIdleFor({ template: { nodeSelector, requiredNodeAffinity } }: PodInfo): boolean {
    const hasRequired = requiredNodeAffinity?.selector !== undefined;
    return nodeSelector === undefined && !hasRequired && this.args.addedRequired === undefined;
  }

  preFilter(_state: CycleState, pod: PodInfo): PreFilterOutcome {
    const { nodeNamesAllowed } = pod.template;
    if (this.isIdleFor(pod)) return { status: SKIP };
    if (nodeNamesAllowed === undefined) return { status: SUCCESS };
    if (nodeNamesAllowed.size === 0) {
      return { status: unresolvable(this.name, "pod affinity terms conflict") };
    }
    return { status: SUCCESS, nodeNames: nodeNamesAllowed };
  }

  filter(_state: CycleState, pod: PodInfo, row: NodeRow): Status {
    const node = this.cache.node(row);
    if (!this.matchesAdded(node)) return NOT_ENFORCED;
    return matchesPod(pod, node) ? SUCCESS : NOT_MATCHED;
  }

  preScore(_state: CycleState, pod: PodInfo): Status {
    const own = pod.template.preferredNodeAffinity;
    const added = this.args.addedPreferred;
    if (own === undefined && added === undefined) return SKIP;
    const error = own?.error ?? added?.error;
    return error === undefined ? SUCCESS : errorStatus(this.name, error);
  }

  score(_state: CycleState, pod: PodInfo, row: NodeRow): number {
    const node = this.cache.node(row);
    const own = pod.template.preferredNodeAffinity;
    const added = this.args.addedPreferred;
    return (
      (added === undefined ? 0 : preferredNodeScore(added, node.meta)) +
      (own === undefined ? 0 : preferredNodeScore(own, node.meta))
    );
  }

  normalizeScores(
    _state: CycleState,
    _pod: PodInfo,
    _nodes: readonly NodeRow[],
    scores: number[],
  ): void {
    normalizeToMaximum(scores, false);
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: "Node",
        actions: Action.Add | Action.UpdateNodeLabel,
        hint: (pod, subject) => this.nodeHint(pod, subject),
      },
    ];
  }

  private nodeHint(pod: PodInfo, { oldNode, newNode }: EventSubject): QueueingHint {
    if (newNode === undefined || !this.matchesAdded(newNode)) return "Skip";
    if (!matchesPod(pod, newNode)) return isUnreadable(pod, newNode) ? "Queue" : "Skip";
    if (oldNode === undefined) return "Queue";
    return this.matchesAdded(oldNode) && matchesPod(pod, oldNode) ? "Skip" : "Queue";
  }

  private matchesAdded(node: NodeObject): boolean {
    return this.args.addedRequired === undefined || this.args.addedRequired.matches(node.meta);
  }
}

/** A term that cannot be read leaves open whether the node matches: a hint that fails tries the pod. */
function isUnreadable(pod: PodInfo, node: NodeObject): boolean {
  const required = pod.template.requiredNodeAffinity;
  if (required?.selector === undefined || required.selector.errors.length === 0) return false;
  return matchesRequiredNodeAffinity({ ...required, selector: undefined }, node.meta);
}

function matchesPod(pod: PodInfo, node: NodeObject): boolean {
  const required = pod.template.requiredNodeAffinity;
  return required === undefined || matchesRequiredNodeAffinity(required, node.meta);
}
