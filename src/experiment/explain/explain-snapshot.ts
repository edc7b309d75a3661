// One decision on a snapshot: nodes and bound pods are the state, one pending pod is judged.
//
// No time passes and nothing is written. The objects go through the API's own admission and the
// scheduler's own watch, so that what is judged is what a run would judge at time zero.

import {
  type ApiObject,
  ApiServer,
  type NodeObject,
  NO_NODE,
  type PodIndex,
  type PodObject,
  type StorableObject,
} from "../../cluster/index.ts";
import { LATENCY_PRESETS } from "../../cluster/index.ts";
import { Simulation } from "../../engine/index.ts";
import type { ExplainRecord } from "../../metrics/index.ts";
import {
  type Profile,
  type Scheduler,
  type StartedScheduler,
  startScheduler,
  type UserCallWatch,
} from "../../scheduler/index.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { type RunScheduler, tieBreakOf } from "../run-scheduler.ts";
import { DecisionWorld } from "./decision-world.ts";
import {
  blockingNotes,
  explainParts,
  NO_DECISION,
  recordHead,
  requestsOf,
} from "./explain-record.ts";
import { choosePod, keyOf, refusal, shown } from "./pod-question.ts";
import { nodeNameOf, phaseName, shownOf, whyUntried } from "./untried.ts";
import { isAtStart } from "../assembly/cluster-input.ts";

/** Which pod is meant; needed only where several are pending. */
export interface SnapshotQuestion {
  readonly pod?: string | undefined;
  readonly node?: string | undefined;
  /** How many nearest nodes and suggestions; default 5. */
  readonly top?: number | undefined;
  /** Told of every call into user code. */
  readonly userCalls?: UserCallWatch | undefined;
  /** Told when the decision and its explanation begin to be worked out, and when that is over. */
  readonly onEvaluation?: ((phase: "begin" | "end") => void) | undefined;
}

/** Judges one pod on the objects of a prepared run, before its first instant. */
export function explainSnapshot(prepared: PreparedRun, question: SnapshotQuestion): ExplainRecord {
  const snapshot = new Snapshot(prepared, question.userCalls);
  const pod = snapshot.choose(question.pod);
  const { api } = snapshot;
  const { pods } = api;
  const template = pods.template(pod);
  const { scheduler, made } = snapshot.schedulerFor(template.schedulerName);
  const head = {
    ...recordHead(prepared, "snapshot", made.name),
    pod: {
      namespace: pods.namespace(pod),
      name: pods.name(pod),
      uid: pods.uid(pod),
      schedulerName: template.schedulerName,
      priority: pods.priority(pod),
      requests: requestsOf(template),
      phase: phaseName(api, pod),
      node: nodeNameOf(api, pod),
      ...shownOf(api, pod),
    },
    attempts: [],
    attempt: null,
    queue: null,
    notes: [...snapshot.notes, ...blockingNotes(prepared)],
  };
  const record = scheduler.queue.find(pods.uid(pod));
  if (record === undefined || record.gatingPlugin !== "" || record.pod.deleting) {
    const untried = whyUntried(api, pod, snapshot.profiles, "in this snapshot");
    return { ...head, untried, ...NO_DECISION };
  }
  question.onEvaluation?.("begin");
  const verdict = scheduler.decider.decide(record.pod);
  const world = new DecisionWorld(
    scheduler.cache,
    scheduler.decider,
    verdict,
    made.configuration,
    made.tieBreak,
  );
  const parts = explainParts(world, verdict, question);
  question.onEvaluation?.("end");
  return { ...head, untried: null, ...parts };
}

class Snapshot {
  readonly api: ApiServer;
  private readonly started: (StartedScheduler & { readonly made: RunScheduler })[];
  /** Objects that the API refused. */
  readonly notes: string[] = [];

  constructor(prepared: PreparedRun, userCalls: UserCallWatch | undefined) {
    const simulation = new Simulation();
    const { registry, schedulers, scenario } = prepared;
    this.api = new ApiServer(simulation, {
      latencies: LATENCY_PRESETS.get("instant")!,
      templates: registry,
    });
    for (const object of objectsAtStart(prepared)) this.load(object);
    const { seed } = scenario.run;
    this.started = schedulers.map((made) => {
      const identity = { seed, replication: 0, simulation, scheduler: made.name };
      const { name, configuration, createDecider, registry: plugins } = made;
      const started = startScheduler(simulation, this.api, {
        name,
        configuration,
        ...(plugins === undefined ? {} : { registry: plugins }),
        userCalls,
        tieBreak: tieBreakOf(made, identity),
        evaluator: "plain",
        ...(createDecider === undefined
          ? {}
          : { createDecider: (parts) => createDecider(parts, identity) }),
      });
      // The nodes in the order in which they are looked at: as in a run, known before pods are decided on.
      started.scheduler.cache.refreshSnapshot();
      return { ...started, made };
    });
  }

  /** Profiles of all schedulers. */
  get profiles(): readonly Profile[] {
    return this.started.flatMap((each) => each.profiles);
  }

  /** The scheduler that takes pods of this name, the first of several; any, when nobody does. */
  schedulerFor(schedulerName: string): {
    readonly scheduler: Scheduler;
    readonly made: RunScheduler;
  } {
    const takes = ({ profiles }: StartedScheduler): boolean =>
      profiles.some((profile) => profile.schedulerName === schedulerName);
    return this.started.find(takes) ?? this.started[0]!;
  }

  /** The pod asked for, or the only one that waits for a node. */
  choose(asked: string | undefined): PodIndex {
    const { pods } = this.api;
    const all = new Map<string, PodIndex>();
    const pending: string[] = [];
    pods.forEach((pod) => {
      const key = keyOf({ namespace: pods.namespace(pod), name: pods.name(pod) });
      all.set(key, pod);
      if (pods.node(pod) === NO_NODE && !pods.isFinished(pod)) pending.push(key);
    });
    if (asked !== undefined) return all.get(choosePod(asked, [...all.keys()], "these objects"))!;
    const [only] = pending;
    if (only !== undefined && pending.length === 1) return all.get(only)!;
    if (pending.length > 1) {
      throw refusal(
        "E_SEVERAL_PODS",
        `${pending.length} pods wait for a node`,
        `name one: ${shown(pending)}`,
      );
    }
    throw refusal(
      "E_NO_PENDING_POD",
      `none of the ${all.size} pods in these objects waits for a node`,
      "add one with -f pod.yaml; a Deployment makes its pods only in a run (podsim run)",
    );
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
    this.notes.push(`${object.kind} ${keyOf(object.meta)}: the API refused it: ${result.message}`);
  }
}

// What a run would apply at time zero counts as there; what it applies later does not.
function objectsAtStart({ cluster }: PreparedRun): ApiObject[] {
  const applied = cluster.steps.filter(isAtStart).flatMap((step) => step.objects);
  return [...cluster.initial, ...applied];
}
