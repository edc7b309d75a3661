// A scheduler on a simulation without an API server: the test plays watch and API itself.
//
// The decider places a pod on the first node with a free slot (one pod per node), which is enough
// to see time, order, failures and timers.

import type { Duration } from "../../../src/base/index.ts";
import { labelsOf, NO_RESOURCES, type NodeObject } from "../../../src/cluster/index.ts";
import { RANK, Simulation } from "../../../src/engine/index.ts";
import {
  Action,
  CycleState,
  type Decision,
  NodeStatuses,
  type NodeRow,
  type Plugin,
  type PodInfo,
  type Profile,
  SchedulerCache,
  type SortablePod,
  SUCCESS,
  unschedulable,
} from "../../../src/scheduler/index.ts";
import type { Decider, Verdict } from "../../../src/scheduler/cycle/decider.ts";
import type { DecisionRecord } from "../../../src/scheduler/cycle/decision-record.ts";
import type {
  PodStatusPatch,
  SchedulerClient,
  SchedulerEvent,
  WriteError,
} from "../../../src/scheduler/cycle/scheduler-client.ts";
import { Scheduler, type SchedulerOptions } from "../../../src/scheduler/scheduler.ts";

const MS = 1_000;
/** Far fewer than in a run, so that tests of long queues stay short. */
export const ZERO_DELAY_STEPS = 1_000;

export function fakeNode(name: string, pods = 1): NodeObject {
  return {
    kind: "Node",
    name,
    labels: labelsOf([]),
    meta: { name, labels: labelsOf([]), annotations: labelsOf([]) },
    taints: [],
    unschedulable: false,
    capacity: { ...NO_RESOURCES, pods },
    allocatable: { ...NO_RESOURCES, pods },
    images: [],
    conditions: [],
    declaredFeatures: [],
  } as unknown as NodeObject;
}

export interface Written {
  readonly atUs: number;
  readonly what: string;
}

/** Grants writes a latency later and lets the watch speak at once. */
export class FakeCluster {
  readonly simulation: Simulation;
  readonly cache: SchedulerCache = new SchedulerCache();
  readonly written: Written[] = [];
  readonly events: SchedulerEvent[] = [];
  readonly decisions: DecisionRecord[] = [];
  /** Answers to bindings, by pod name; the rest succeed. */
  readonly refusals = new Map<string, string>();
  writeUs: number = 3 * MS;
  keepsDecisions = true;
  readonly scheduler: Scheduler;
  readonly profile: Profile;

  constructor(
    options: Partial<SchedulerOptions> & { plugins?: Partial<Profile>; check?: "deep" } = {},
  ) {
    this.simulation = new Simulation({
      check: options.check ?? true,
      deepStride: 1,
      limits: { maxZeroDelaySteps: ZERO_DELAY_STEPS },
    });
    const fit: Plugin = {
      name: "Fit",
      eventsToRegister: () => [
        { resource: "Pod", actions: Action.Delete },
        { resource: "Node", actions: Action.Add },
      ],
    };
    this.profile = {
      schedulerName: "default-scheduler",
      plugins: [fit],
      preEnqueuePlugins: [],
      queueSort: {
        name: "PrioritySort",
        less: (a: SortablePod, b: SortablePod) =>
          a.pod.priority === b.pod.priority
            ? a.timestampUs < b.timestampUs
            : a.pod.priority > b.pod.priority,
      },
      filterPlugins: [],
      scorePlugins: [],
      reservePlugins: [],
      permitPlugins: [],
      preBindPlugins: [],
      postBindPlugins: [],
      ...options.plugins,
    } as unknown as Profile;
    const decider: Decider = {
      profiles: new Map([["default-scheduler", this.profile]]),
      decide: (pod) => this.decide(pod),
    };
    const { plugins: _plugins, check: _check, ...rest } = options;
    this.scheduler = new Scheduler(this.simulation, {
      cache: this.cache,
      decider,
      client: this.client(),
      cycleUs: MS as Duration,
      ...rest,
    });
    this.scheduler.observe({
      onDecision: (record) => {
        if (this.keepsDecisions) this.decisions.push(record);
      },
    });
  }

  /** Runs `call` as news that arrives at an instant. */
  at(atUs: number, call: () => void): void {
    this.simulation.callAt(atUs as never, RANK.watch, "news", call);
  }

  private client(): SchedulerClient {
    const later = (what: string, onDone: () => void): void => {
      this.simulation.callAfter(this.writeUs as Duration, RANK.api, "write", () => {
        this.written.push({ atUs: this.simulation.nowUs, what });
        onDone();
      });
    };
    return {
      bind: (pod: PodInfo, nodeName: string, onDone: (error: WriteError) => void) => {
        const refusal = this.refusals.get(pod.name);
        later(`bind ${pod.name} ${nodeName}`, () => {
          onDone(refusal);
          if (refusal !== undefined) return;
          const known = this.scheduler.news.findPod(pod.uid);
          if (known !== undefined) this.scheduler.news.podUpdated(known, { ...known, nodeName });
        });
      },
      patchPodStatus: (
        pod: PodInfo,
        patch: PodStatusPatch,
        onDone: (error: WriteError) => void,
      ) => {
        later(`patch ${pod.name} ${JSON.stringify(patch)}`, () => onDone(undefined));
      },
      markDisrupted: (pod, _condition, onDone) =>
        later(`disrupt ${pod.name}`, () => onDone("done")),
      deletePod: (pod, onDone) => later(`delete ${pod.name}`, () => onDone("done")),
      recordEvent: (event) => this.events.push(event),
    };
  }

  private decide(pod: PodInfo): Verdict {
    const { cache } = this;
    const nodes = cache.refreshSnapshot();
    const statuses = new NodeStatuses();
    const feasible: NodeRow[] = [];
    for (const node of nodes) {
      const allowed = cache.node(node).allocatable.pods;
      if (cache.podsOn(node).length < allowed) feasible.push(node);
      else statuses.set(node, unschedulable("Fit", "Too many pods"));
    }
    const chosen = feasible[0];
    const outcome =
      nodes.length === 0 ? "no-nodes" : chosen === undefined ? "unschedulable" : "placed";
    const message =
      outcome === "placed"
        ? ""
        : outcome === "no-nodes"
          ? "no nodes available to schedule pods"
          : `0/${nodes.length} nodes are available: ${nodes.length} Too many pods.`;
    const decision: Decision = {
      pod,
      outcome,
      node: chosen ?? -1,
      feasible,
      feasibleCount: feasible.length,
      score: feasible.length > 1 ? 1 : undefined,
      statuses,
      preFilter: SUCCESS,
      narrowedTo: undefined,
      skippedFilters: [],
      skippedScores: [],
      rejectingPlugins: new Set(outcome === "unschedulable" ? ["Fit"] : []),
      totals: feasible.length > 1 ? feasible.map(() => 1) : [],
      scores: [],
      tieCount: Math.max(1, feasible.length),
      viaNominated: false,
      hint: "",
      viaHint: false,
      evaluatedCount: nodes.length,
      start: 0,
      nextStart: 0,
      message,
      preFilterMessage: "",
      notSimulated: [],
    };
    return { decision, state: new CycleState(), postFilter: undefined, message };
  }
}

export { MS };
