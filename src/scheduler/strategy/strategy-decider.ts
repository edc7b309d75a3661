// StrategyDecider: lets a strategy pick among the nodes that pass the profile's filters.
//
// Every node is filtered (no sampling, no rotating start, no preference for a nominated node), so
// the strategy sees all that fit, in node order. Its answer is checked before anything happens.

import { entityHash, EntityDraws } from "../../base/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import { completeVerdict } from "../cycle/profile-decider.ts";
import type { Decider, Verdict } from "../cycle/decider.ts";
import { filterNode, type PreFiltering, runPreFilters } from "../evaluator/filtering.ts";
import { notSimulatedIn } from "../evaluator/conclusion.ts";
import { Action } from "../framework/cluster-event.ts";
import { CycleState } from "../framework/cycle-state.ts";
import type { Decision } from "../framework/decision.ts";
import { formatFitError } from "../framework/fit-error.ts";
import { NodeStatuses } from "../framework/node-statuses.ts";
import type { Plugin } from "../framework/plugin.ts";
import { type PodInfo, podKey } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import {
  Code,
  type Status,
  statusMessage,
  SUCCESS,
  unresolvable,
  unschedulable,
} from "../framework/status.ts";
import type { StrategyCall, UserCallWatch } from "../framework/user-call.ts";
import type { Strategy, StrategyAnswer, StrategyRandom } from "./strategy.ts";
import { callStrategy, describe, StrategyError } from "./strategy-error.ts";
import { ViewMaker } from "./views.ts";

/** A strategy and what surrounds it. */
export interface StrategyDeciderOptions {
  readonly cache: SchedulerCache;
  readonly profiles: readonly Profile[];
  readonly strategy: Strategy;
  /** Simulated time, for views and errors. */
  now(): number;
  /** Name of the random stream, made by `streamName`. */
  readonly stream: string;
  /** Told of each call. */
  readonly userCalls?: UserCallWatch | undefined;
}

/** What filtering the whole cluster left. */
interface Filtered {
  readonly statuses: NodeStatuses;
  readonly feasible: NodeRow[];
  readonly preFiltering: PreFiltering | undefined;
  readonly error: Status | undefined;
}

/** Filters by plugins, choice by strategy. */
export class StrategyDecider implements Decider {
  readonly profiles: ReadonlyMap<string, Profile>;
  /** A pod that the strategy declined is tried again after any event. */
  readonly listeners: readonly Plugin[];
  private readonly options: StrategyDeciderOptions;
  private readonly views: ViewMaker;
  private readonly draws: EntityDraws;

  constructor(options: StrategyDeciderOptions) {
    this.options = options;
    this.profiles = new Map(options.profiles.map((each) => [each.schedulerName, each]));
    this.views = new ViewMaker(options.cache);
    this.draws = new EntityDraws(options.stream);
    const { name } = options.strategy;
    this.listeners = [{ name, eventsToRegister: () => [{ resource: "*", actions: Action.All }] }];
  }

  decide(pod: PodInfo): Verdict {
    const profile = this.profiles.get(pod.template.schedulerName);
    if (profile === undefined) throw new Error(`no profile for pod ${podKey(pod)}`);
    const state = new CycleState();
    const { operations } = this.options.cache;
    operations.decisions++;
    state.operations = operations;
    const filtered = this.filter(profile, state, pod);
    const answer = filtered.feasible.length === 0 ? undefined : this.ask(pod, filtered.feasible);
    const decision = this.conclude(pod, profile, filtered, answer);
    return completeVerdict(profile, state, decision);
  }

  private filter(profile: Profile, state: CycleState, pod: PodInfo): Filtered {
    const { cache } = this.options;
    const all = cache.refreshSnapshot();
    const statuses = new NodeStatuses();
    const feasible: NodeRow[] = [];
    if (all.length === 0) return { statuses, feasible, preFiltering: undefined, error: undefined };
    const preFiltering = runPreFilters(profile, state, pod, all);
    const { status, nodeNames, narrowingPlugins } = preFiltering;
    if (status.code === Code.Error) return { statuses, feasible, preFiltering, error: status };
    if (status.code !== Code.Success) {
      statuses.absent = status;
      return { statuses, feasible, preFiltering, error: undefined };
    }
    if (nodeNames !== undefined) {
      const plugins = narrowingPlugins.join(" ");
      statuses.absent = unresolvable("", `node(s) didn't satisfy plugin(s) [${plugins}]`);
    }
    for (const row of all) {
      if (nodeNames !== undefined && !nodeNames.has(cache.nodeName(row))) continue;
      cache.operations.nodesTouched++;
      const verdict = filterNode(profile, cache, state, pod, row);
      if (verdict.code === Code.Error) {
        return { statuses, feasible: [], preFiltering, error: verdict };
      }
      if (verdict.code === Code.Success) feasible.push(row);
      else statuses.set(row, verdict);
    }
    return { statuses, feasible, preFiltering, error: undefined };
  }

  /** Calls the strategy and refuses whatever is no answer. */
  private ask(pod: PodInfo, feasible: readonly NodeRow[]): CheckedAnswer {
    const { strategy } = this.options;
    const atUs = this.options.now();
    const call: StrategyCall = {
      strategy: strategy.name,
      point: "decide",
      atUs,
      pod: podKey(pod),
    };
    const view = this.views.cluster(atUs, feasible);
    return callStrategy(
      call,
      () => strategy.decide(this.views.pod(pod), view, this.randomFor(pod)),
      (answer) => this.check(call, answer, feasible),
      this.options.userCalls,
    );
  }

  private check(
    call: StrategyCall,
    answer: StrategyAnswer,
    feasible: readonly NodeRow[],
  ): CheckedAnswer {
    const expected = "expected { node } or { reasons }";
    if (typeof answer !== "object" || answer === null) {
      throw new StrategyError(call, `answered ${describe(answer)}; ${expected}`);
    }
    if ("reasons" in answer) {
      const { reasons } = answer;
      if (!Array.isArray(reasons) || !reasons.every((each) => typeof each === "string")) {
        throw new StrategyError(call, "answered reasons that are no list of texts");
      }
      return { row: undefined, reasons: [...reasons], score: undefined, tieCount: 1 };
    }
    if (!("node" in answer)) {
      throw new StrategyError(call, `answered ${describe(answer)}; ${expected}`);
    }
    const { score, tieCount = 1 } = answer;
    if (score !== undefined && !Number.isFinite(score)) {
      throw new StrategyError(call, `answered the score ${describe(score)}; it must be finite`);
    }
    if (!Number.isSafeInteger(tieCount) || tieCount < 1) {
      throw new StrategyError(call, `answered tieCount ${describe(tieCount)}; at least 1`);
    }
    return { row: this.rowOf(call, answer.node, feasible), reasons: [], score, tieCount };
  }

  private rowOf(call: StrategyCall, node: unknown, feasible: readonly NodeRow[]): NodeRow {
    const { cache } = this.options;
    const name = typeof node === "object" && node !== null && "name" in node ? node.name : node;
    if (typeof name !== "string") {
      throw new StrategyError(call, `answered the node ${describe(node)}; expected a node or name`);
    }
    const row = cache.findRow(name);
    if (row === undefined) throw new StrategyError(call, `answered the unknown node "${name}"`);
    if (!feasible.includes(row)) {
      throw new StrategyError(call, `answered node "${name}", on which the pod does not fit`);
    }
    return row;
  }

  private randomFor(pod: PodInfo): StrategyRandom {
    const entity = entityHash(podKey(pod), 0);
    let drawn = 0;
    const unit = (): number => this.draws.unit(entity, drawn++);
    return Object.freeze({ unit, integer: (below: number) => Math.floor(unit() * below) });
  }

  private conclude(
    pod: PodInfo,
    profile: Profile,
    filtered: Filtered,
    answer: CheckedAnswer | undefined,
  ): Decision {
    const { statuses, feasible, preFiltering, error } = filtered;
    const allNodeCount = this.options.cache.nodeList.length;
    const evaluatedCount = feasible.length + statuses.explicitCount;
    if (answer !== undefined && answer.row === undefined) {
      const refusal = unschedulable(this.options.strategy.name, ...answer.reasons);
      for (const row of feasible) statuses.set(row, refusal);
    }
    const node = answer?.row ?? -1;
    const isPlaced = node !== -1;
    const preFilter = preFiltering?.status ?? SUCCESS;
    const rejectsAll = preFilter.code !== Code.Success && error === undefined;
    const preFilterMessage = rejectsAll ? statusMessage(preFilter) : "";
    const facts = { allNodeCount, statuses, preFilterMessage, postFilterMessage: "" };
    return {
      pod,
      outcome: outcomeOf(allNodeCount, error, isPlaced),
      node,
      feasible: isPlaced ? feasible : [],
      feasibleCount: isPlaced ? feasible.length : 0,
      score: answer?.score,
      statuses,
      preFilter,
      narrowedTo: preFiltering?.nodeNames,
      skippedFilters: preFiltering?.skipped ?? [],
      skippedScores: [],
      rejectingPlugins: isPlaced ? new Set() : rejecting(statuses, preFiltering),
      totals: answer?.score === undefined ? [] : feasible.map(() => answer.score!),
      scores: [],
      tieCount: answer?.tieCount ?? 0,
      viaNominated: false,
      hint: "",
      viaHint: false,
      evaluatedCount,
      start: 0,
      nextStart: 0,
      message: messageOf(facts, error, isPlaced),
      preFilterMessage,
      notSimulated: notSimulatedIn(profile, pod),
    };
  }
}

interface CheckedAnswer {
  /** Undefined when the strategy declined. */
  readonly row: NodeRow | undefined;
  readonly reasons: readonly string[];
  readonly score: number | undefined;
  readonly tieCount: number;
}

function messageOf(
  facts: Parameters<typeof formatFitError>[0],
  error: Status | undefined,
  isPlaced: boolean,
): string {
  if (facts.allNodeCount === 0) return "no nodes available to schedule pods";
  if (error !== undefined) return statusMessage(error);
  return isPlaced ? "" : formatFitError(facts);
}

function outcomeOf(
  nodeCount: number,
  error: Status | undefined,
  isPlaced: boolean,
): Decision["outcome"] {
  if (nodeCount === 0) return "no-nodes";
  if (error !== undefined) return "error";
  return isPlaced ? "placed" : "unschedulable";
}

function rejecting(
  statuses: NodeStatuses,
  preFiltering: PreFiltering | undefined,
): ReadonlySet<string> {
  const plugins = new Set<string>(preFiltering?.narrowingPlugins ?? []);
  for (const [, status] of statuses.entries()) plugins.add(status.plugin);
  if (statuses.absent.plugin !== "") plugins.add(statuses.absent.plugin);
  return plugins;
}
