// A whole scheduler on the simulated API server, for claims about instants: users' changes commit at
// the millisecond asked for, attempts and moves are written down as they happen.
//
// Times of the control plane are round: a commit is heard 1 ms later, a cycle takes 1 ms, a write
// 3 ms (a DELETE 6 ms), unless a test says otherwise. Every invariant runs after every event.

import type { Duration, Instant } from "../../../src/base/index.ts";
import {
  type ApiCommit,
  type ApiVerb,
  type ControlPlaneLatencies,
  LATENCIES_KUBERNETES_1_36,
  NO_NODE,
  type NodeIndex,
  type NodeObject,
  type PodIndex,
  PodPhase,
  type StorableObject,
  type StoreKind,
} from "../../../src/cluster/index.ts";
import { RANK } from "../../../src/engine/index.ts";
import { RecordedWorld } from "../../../src/experiment/verify/recorded-world.ts";
import {
  type Decider,
  NodeStatuses,
  type PodInfo,
  ProfileDecider,
  PlainEvaluator,
  registerSchedulerInvariants,
  type Scheduler,
  startScheduler,
  type StartSchedulerOptions,
  unschedulable,
  type Verdict,
} from "../../../src/scheduler/index.ts";
import { createWorld, meta, nodeObject, type World } from "../../cluster/state/fixture.ts";
import { configurationOf } from "../configuration.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface RigOptions extends Partial<StartSchedulerOptions> {
  readonly latencies?: Partial<ControlPlaneLatencies>;
  /** Nodes of the initial state by name, with their cpu. */
  readonly nodes?: Readonly<Record<string, string>>;
  /** The pod "p" is always refused by these plugins, whatever they would say themselves. */
  readonly refusedBy?: readonly string[];
  readonly pendingAt?: readonly string[];
}

export interface PodOptions {
  readonly cpu?: string;
  readonly priority?: number;
  readonly labels?: Record<string, string>;
  readonly spec?: Json;
  /** Created with its node, past the scheduler. */
  readonly nodeName?: string;
}

const MS = 1_000;

export class QueueRig {
  readonly world: World;
  readonly scheduler: Scheduler;
  /** "instant name result node", one line per attempt; the instant is that of the pop. */
  readonly attempts: string[] = [];
  /** "instant name place label", one line per move into a place. */
  readonly moves: string[] = [];
  readonly bound: string[] = [];
  readonly messages: string[] = [];
  private readonly recorded = new RecordedWorld([], [], { defaulting: true });
  private readonly latencies: ControlPlaneLatencies;

  constructor(options: RigOptions = {}) {
    const { latencies, nodes = { n1: "1" }, refusedBy, pendingAt = [], ...rest } = options;
    this.latencies = { ...LATENCIES_KUBERNETES_1_36, ...latencies };
    this.world = createWorld(this.latencies, { check: "deep" });
    const { simulation, api } = this.world;
    for (const [name, cpu] of Object.entries(nodes)) this.world.addNode(name, nodeJson(cpu));
    for (let value = 0; value < 10; value++) {
      const isFirst = value === 0;
      api.initialState.addObject({
        kind: "PriorityClass",
        meta: meta(`p${value}`),
        value,
        globalDefault: isFirst,
        preemptionPolicy: "PreemptLowerPriority",
      });
    }
    const { scheduler } = startScheduler(simulation, api, {
      configuration: configurationOf(),
      ...(refusedBy === undefined
        ? {}
        : {
            createDecider: ({ profiles, cache }): Decider =>
              new RefusingDecider(
                new ProfileDecider(profiles, new PlainEvaluator(cache)),
                refusedBy,
                pendingAt,
              ),
          }),
      ...rest,
    });
    this.scheduler = scheduler;
    registerSchedulerInvariants(simulation.invariants, scheduler);
    this.listen();
  }

  private listen(): void {
    const { scheduler } = this;
    const { simulation, api } = this.world;
    scheduler.observe({
      onDecision: ({ pod, poppedUs, result, nodeName }) =>
        this.attempts.push(`${poppedUs} ${pod.name} ${result} ${nodeName}`.trimEnd()),
    });
    const audit = scheduler.probe;
    scheduler.probe = {
      onPop: (record, from) => audit?.onPop(record, from),
      onVerdict: (record, verdict) => audit?.onVerdict(record, verdict),
      onMove: (record, place, label) => {
        this.moves.push(`${simulation.nowUs} ${record.pod.name} ${place} ${label}`);
        audit?.onMove(record, place, label);
      },
    };
    api.events.listen(({ reason, message, about }) =>
      this.messages.push(`${about.name} ${reason}: ${message}`),
    );
    api.observe({
      onPod: ({ pod, nodeBefore, nodeAfter, kind }) => {
        if (kind !== "Modified" || nodeBefore !== NO_NODE || nodeAfter === NO_NODE) return;
        const name = `${api.pods.name(pod)} ${api.nodes.name(nodeAfter)}`;
        this.bound.push(`${simulation.nowUs} ${name}`);
      },
    });
  }

  // --- What users do; it commits at `ms` ------------------------------------------------------

  /** A request of a user that commits at exactly this millisecond. */
  commit(ms: number, verb: ApiVerb, commit: ApiCommit): this {
    const travelUs = verb === "delete" ? this.latencies.apiDelete : this.latencies.apiWrite;
    const { simulation, api, client } = this.world;
    simulation.callAt((ms * MS - travelUs) as Instant, RANK.workload, "user", () =>
      api.request(client, verb, commit, (result) => {
        if (!result.ok) throw new Error(result.message);
      }),
    );
    return this;
  }

  pod(ms: number, name: string, options: PodOptions = {}): this {
    const { labels = {}, nodeName } = options;
    const spec = { ...podSpec(options), ...options.spec };
    const template = this.world.template(spec, labels);
    const place = nodeName === undefined ? {} : { nodeName };
    return this.commit(ms, "create", (writer) =>
      writer.createPod({ namespace: "default", name, template, ...place }),
    );
  }

  editPod(ms: number, name: string, patch: { labels?: Json; spec?: Json }): this {
    return this.commit(ms, "update", (writer) => {
      const pod = this.podRow(name);
      const { api, templates } = this.world;
      const template = templates.derive(api.pods.template(pod), patch as never);
      return writer.updatePodTemplate(pod, api.pods.uid(pod), template);
    });
  }

  deletePod(ms: number, name: string, graceSeconds = 0): this {
    return this.commit(ms, "delete", (writer) => {
      const pod = this.podRow(name);
      return writer.deletePod(pod, this.world.api.pods.uid(pod), { graceSeconds });
    });
  }

  /** The pod's containers have ended. */
  finishPod(ms: number, name: string): this {
    return this.commit(ms, "patch", (writer) => {
      const pod = this.podRow(name);
      return writer.patchPodStatus(pod, this.world.api.pods.uid(pod), {
        phase: PodPhase.Succeeded,
      });
    });
  }

  nominate(ms: number, name: string, nodeName: string): this {
    return this.commit(ms, "patch", (writer) => {
      const pod = this.podRow(name);
      const { api } = this.world;
      const nominatedNode = nodeName === "" ? NO_NODE : api.nodes.byName(nodeName);
      return writer.patchPodStatus(pod, api.pods.uid(pod), { nominatedNode });
    });
  }

  /** A new Node, without the taint that admission would give it. */
  node(ms: number, name: string, cpu = "1", more: Json = {}): this {
    const whole = nodeObject(name, { ...nodeJson(cpu), ...more });
    this.world.simulation.callAt((ms * MS) as Instant, RANK.api, "node", () => {
      const result = this.world.api.initialState.addNode(whole);
      if (!result.ok) throw new Error(result.message);
    });
    return this;
  }

  /** A new Node as admission lets it in: with the not-ready taint. */
  joinNode(ms: number, name: string, cpu = "1"): this {
    return this.commit(ms, "create", (writer) =>
      writer.createNode(nodeObject(name, nodeJson(cpu))),
    );
  }

  editNode(ms: number, name: string, change: (before: NodeObject) => NodeObject): this {
    return this.commit(ms, "update", (writer) => {
      const row = this.world.api.nodes.byName(name);
      return writer.updateNode(row, this.world.api.nodes.uid(row), change);
    });
  }

  deleteNode(ms: number, name: string): this {
    return this.commit(ms, "delete", (writer) => {
      const row: NodeIndex = this.world.api.nodes.byName(name);
      return writer.deleteNode(row, this.world.api.nodes.uid(row));
    });
  }

  object(ms: number, json: Json): this {
    const object = this.recorded.decode(json) as StorableObject;
    return this.commit(ms, "create", (writer) => writer.createObject(object));
  }

  /** Puts another object in place of the one of the same kind and name. */
  editObject(ms: number, json: Json): this {
    const object = this.recorded.decode(json) as StorableObject;
    return this.commit(ms, "update", (writer) => {
      const stored = this.stored(object);
      return writer.updateObject(object.kind, stored.uid, () => object as never);
    });
  }

  deleteObject(ms: number, json: Json): this {
    const object = this.recorded.decode(json) as StorableObject;
    return this.commit(ms, "delete", (writer) =>
      writer.deleteObject(object.kind, this.stored(object).uid),
    );
  }

  /** Something that happens in the scheduler itself. */
  at(ms: number, call: () => void): this {
    this.world.simulation.callAt((ms * MS) as Instant, RANK.scheduler, "test", call);
    return this;
  }

  // --- Running and reading ----------------------------------------------------------------------

  run(ms: number): this {
    const outcome = this.world.simulation.runUntil((ms * MS) as Instant);
    if (outcome.reason !== "horizon") throw new Error(`the run ended with ${outcome.reason}`);
    this.world.simulation.invariants.runAtEnd();
    return this;
  }

  attemptsOf(name: string): readonly string[] {
    return this.attempts
      .filter((line) => line.split(" ")[1] === name)
      .map((line) => line.replace(` ${name} `, " "));
  }

  movesOf(name: string): readonly string[] {
    return this.moves
      .filter((line) => line.split(" ")[1] === name)
      .map((line) => line.replace(` ${name} `, " "));
  }

  podInfo(name: string): PodInfo {
    const info = this.scheduler.news.findPod(this.world.api.pods.uid(this.podRow(name)));
    if (info === undefined) throw new Error(`the scheduler does not know ${name}`);
    return info;
  }

  placeOf(name: string): string | undefined {
    return this.scheduler.queue.find(this.podInfo(name).uid)?.place;
  }

  podRow(name: string): PodIndex {
    return this.world.api.pods.find("default", name);
  }

  private stored(object: StorableObject): { readonly uid: number } {
    const { namespace, name } = object.meta;
    const found = this.world.api.objects.find(object.kind as StoreKind, namespace, name);
    if (found === undefined) throw new Error(`no ${object.kind} ${name}`);
    return found;
  }
}

/** Refuses "p" for given reasons; decides about all others as usual. */
class RefusingDecider implements Decider {
  readonly profiles: Decider["profiles"];
  private readonly inner: Decider;
  private readonly plugins: readonly string[];
  private readonly pending: readonly string[];

  constructor(inner: Decider, plugins: readonly string[], pending: readonly string[]) {
    this.profiles = inner.profiles;
    this.inner = inner;
    this.plugins = plugins;
    this.pending = pending;
  }

  decide(pod: PodInfo): Verdict {
    const verdict = this.inner.decide(pod);
    if (pod.name !== "p") return verdict;
    const statuses = new NodeStatuses();
    for (const plugin of this.plugins) statuses.absent = unschedulable(plugin, "refused");
    const rejecting = new Set([...this.plugins]);
    for (const plugin of this.pending) rejecting.add(plugin);
    const decision = {
      ...verdict.decision,
      outcome: "unschedulable" as const,
      node: -1 as never,
      feasible: [],
      totals: [],
      tieCount: 1,
      statuses,
      rejectingPlugins: rejecting,
      message: "refused",
    };
    return { ...verdict, decision, postFilter: undefined, message: "refused" };
  }
}

function nodeJson(cpu: string): Json {
  return {
    status: {
      capacity: { cpu, memory: "8Gi", pods: "110" },
      conditions: [{ type: "Ready", status: "True" }],
    },
  };
}

function podSpec({ cpu, priority }: PodOptions): Json {
  const requests = cpu === undefined ? {} : { cpu };
  return {
    containers: [{ name: "c", image: "i:1", resources: { requests } }],
    ...(priority === undefined ? {} : { priorityClassName: `p${priority}` }),
  };
}

/** A duration in milliseconds as the control plane has them. */
export function milliseconds(count: number): Duration {
  return (count * MS) as Duration;
}
