// The world in which copies of a pod are placed: the API, the schedulers, and nothing else.
//
// What exists at time zero is loaded, what waits is scheduled first, and then time stands still: no
// kubelet starts anything, no controller makes pods, nothing ends. Every cycle is the real one, from
// admission to the committed binding.

import {
  type ApiClient,
  type ApiObject,
  type ApiResult,
  ApiServer,
  type ApiWriter,
  LATENCY_PRESETS,
  type NewPod,
  type NodeObject,
  NO_NODE,
  type PodIndex,
  type PodObject,
  type StorableObject,
} from "../../cluster/index.ts";
import { RANK, Simulation } from "../../engine/index.ts";
import type {
  DecisionRecord,
  NodeRow,
  PreemptionCandidate,
  Profile,
  StartedScheduler,
  UserCallWatch,
} from "../../scheduler/index.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { RunningSchedulers } from "../running-schedulers.ts";
import { whyUntried } from "../explain/untried.ts";
import type { FitPod } from "./fit-pod.ts";
import { isAtStart } from "../assembly/cluster-input.ts";

/** What became of one copy. */
export interface CopyOutcome {
  /** Name of its node; undefined for none. */
  readonly node: string | undefined;
  /** The API's refusal; undefined when it was created. */
  readonly refusal: string | undefined;
  /** The last cycle that tried it; undefined when none did. */
  readonly decision: DecisionRecord | undefined;
  /** The pods that it would push out; undefined for none. */
  readonly preemption: PreemptionCandidate | undefined;
  /** Why no cycle tried it. */
  readonly untried: string;
}

/** Objects at time zero under the schedulers of a prepared run. */
export class FitWorld {
  readonly api: ApiServer;
  /** Objects that the API refused. */
  readonly refusals: string[] = [];
  readonly boundCount: number;
  readonly placedFirstCount: number;
  private readonly simulation = new Simulation();
  private readonly client: ApiClient;
  private readonly schedulers: readonly StartedScheduler[];
  private lastDecision: DecisionRecord | undefined;
  private lastPreemption: PreemptionCandidate | undefined;

  constructor(prepared: PreparedRun, userCalls: UserCallWatch | undefined) {
    const { registry, schedulers, scenario, cluster } = prepared;
    const { simulation } = this;
    const latencies = LATENCY_PRESETS.get("instant")!;
    this.api = new ApiServer(simulation, { latencies, templates: registry });
    for (const object of cluster.initial) this.load(object);
    this.boundCount = this.countBound();
    const running = new RunningSchedulers({
      evaluator: undefined,
      ...{ simulation, api: this.api, schedulers, userCalls },
      run: { seed: scenario.run.seed, replication: 0 },
      details: undefined,
      bindingTimes: undefined,
      onDecision: (_, record) => {
        this.lastDecision = record;
      },
    });
    this.schedulers = running.started;
    for (const { scheduler } of this.schedulers)
      scheduler.observe({
        onPreemption: (_, candidate) => {
          this.lastPreemption = candidate;
        },
      });
    this.client = this.api.client("workload", { limit: "unlimited", rank: RANK.workload });
    for (const step of cluster.steps)
      if (isAtStart(step)) for (const object of step.objects) this.load(object);
    // Nobody counts quotas here, and one that is not counted yet refuses nothing.
    this.api.initialState.settleQuotas();
    simulation.runUntilDrained();
    this.placedFirstCount = this.countBound() - this.boundCount;
  }

  /** Pods that wait for a node. */
  get waitingCount(): number {
    const { pods } = this.api;
    let count = 0;
    pods.forEach((pod) => {
      if (pods.node(pod) === NO_NODE && !pods.isFinished(pod)) count++;
    });
    return count;
  }

  /** Creates one copy and lets the scheduler do what it does. */
  place({ namespace, name, template }: FitPod, number: number): CopyOutcome {
    return this.create({ namespace, name: `${name}-`, nameNumber: number, template });
  }

  /** Creates a pod and lets the scheduler do what it does. */
  create(request: NewPod): CopyOutcome {
    this.lastDecision = undefined;
    this.lastPreemption = undefined;
    let row: PodIndex | undefined;
    let refusal: string | undefined;
    this.api.request(this.client, "create", (writer) => {
      const result = writer.createPod(request);
      if (result.ok) row = result.pod;
      else refusal = result.message;
      return result;
    });
    this.simulation.runUntilDrained();
    const { pods, nodes } = this.api;
    const node = row === undefined ? NO_NODE : pods.node(row);
    const decision = this.lastDecision as DecisionRecord | undefined;
    return {
      node: node === NO_NODE ? undefined : nodes.name(node),
      refusal,
      decision,
      preemption: this.lastPreemption,
      untried:
        row === undefined || decision !== undefined
          ? ""
          : whyUntried(this.api, row, this.profiles, "here").text,
    };
  }

  /** Carries out one request, whatever it is, and lets the scheduler do what it does. */
  change(verb: "update" | "delete", write: (writer: ApiWriter) => ApiResult): void {
    this.api.request(this.client, verb, write);
    this.simulation.runUntilDrained();
  }

  /** Nodes as the scheduler of these pods knows them, in its order. */
  nodesFor({ template }: FitPod): readonly { readonly row: NodeRow; readonly name: string }[] {
    const takes = ({ profiles }: StartedScheduler): boolean =>
      profiles.some(({ schedulerName }) => schedulerName === template.schedulerName);
    const { cache } = (this.schedulers.find(takes) ?? this.schedulers[0]!).scheduler;
    return cache.nodeList.map((row) => ({ row, name: cache.nodeName(row) }));
  }

  private get profiles(): readonly Profile[] {
    return this.schedulers.flatMap((each) => each.profiles);
  }

  private countBound(): number {
    const { pods } = this.api;
    let count = 0;
    pods.forEach((pod) => {
      if (pods.node(pod) !== NO_NODE) count++;
    });
    return count;
  }

  private load(object: ApiObject): void {
    const { initialState } = this.api;
    const result =
      object.kind === "Node"
        ? initialState.addNode(object as NodeObject)
        : object.kind === "Pod"
          ? initialState.addPod(object as PodObject)
          : initialState.addObject(object as StorableObject);
    if (result.ok) return;
    const { namespace, name } = object.meta;
    const shown = `${object.kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
    this.refusals.push(`${shown}: the API refused it: ${result.message}`);
  }
}
