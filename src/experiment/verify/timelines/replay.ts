// One replay: the actions of one recorded run performed in a rebuilt world, at the recording's times.
//
// Waits and foreground drains are answered by the simulation, and everything after one keeps its
// recorded distance from its end (REPLAY.md 1.1); so a replay is late or early where the simulated
// cluster is, and nowhere else.

import { duration, type Instant } from "../../../base/index.ts";
import { NO_POD, type NodeObject, podToJson, type Taint } from "../../../cluster/index.ts";
import { RANK } from "../../../engine/index.ts";
import { startDrain } from "../../assembly/drain.ts";
import { ReplayRequests } from "./replay-requests.ts";
import { unsupportedFlags } from "./replay-flags.ts";
import { type Attempt, nodesOf, ReplayWorld } from "./replay-world.ts";
import type {
  Json,
  TimelineAction,
  TimelineEvent,
  TimelineFile,
  TimelineInput,
  WaitCondition,
} from "./timeline-file.ts";

/** How often a wait looks at the cluster. */
const POLL_US = 5_000;
/** Time is let go on in such slices while actions are still to come. */
const SLICE_US = 60_000_000;
/** What is simulated after the last thing recorded. */
const AFTERMATH_S = 0.5;
/** A replay that is so much shorter than its recording has met an old condition. */
const CUT_SHORT_S = 1;
/** From the start of a drain to its first request. */
const DRAIN_START_UP_US = 100_000;
/** Simulated beyond the horizon: loops with a free phase may come so much later than recorded. */
const PHASE_S = 45;
/** From the beginning of a health pass to the recorded event of the node that it marked. */
const PASS_TO_EVENT_S = 0.02;
/** From the request for a pod to the recorded event of its creation, where only that is known. */
const REQUEST_S = 0.005;

/** What one replay came to, in the terms of the recording. */
export interface ReplayRecord {
  /** Actions with simulated times. */
  readonly actions: readonly TimelineAction[];
  /** Also those up to `PHASE_S` after the horizon. */
  readonly events: readonly TimelineEvent[];
  readonly attempts: readonly Attempt[];
  /** Refused objects by name, in order. */
  readonly refusals: readonly { readonly name: string; readonly text: string }[];
  /** Objects that were to be refused and were not, or the other way round, and actions that failed. */
  readonly failures: readonly string[];
  /** Pods as JSON at the snapshots, by name. */
  readonly snapshots: ReadonlyMap<string, Json>;
  /** Changes of zone states. */
  readonly zoneStates: readonly (readonly [number, string])[];
  /** Second of the minute of the first action. */
  readonly wallStartSecondOfMinute: number;
  /** End of the replay, in seconds. */
  readonly horizon: number;
}

/** What a file asks for that replays cannot do; empty if it can be replayed. */
export function unsupportedParts(file: TimelineFile): readonly string[] {
  const found = new Set(unsupportedFlags(file));
  for (const action of file.runs[0]?.actions ?? []) {
    const { op, args = [] } = action;
    if (!OPERATIONS.has(op)) found.add(`action ${op}`);
    else if (op === "kubectl" && !KUBECTL.has(verbOf(args))) found.add(`kubectl ${verbOf(args)}`);
  }
  return [...found];
}

const OPERATIONS: ReadonlySet<string> = new Set([
  "create",
  "wait",
  "fail",
  "recover",
  "patch",
  "delete",
  "deleteNode",
  "addNodes",
  "kubectl",
  "snapshot",
  "serveMetrics",
  "load",
]);
const KUBECTL: ReadonlySet<string> = new Set([
  "taint node",
  "label node",
  "label pod",
  "cordon",
  "uncordon",
  "drain",
  "rollout undo",
]);

function verbOf(args: readonly string[]): string {
  const [first = "", second = ""] = args;
  return first === "taint" || first === "label" || first === "rollout"
    ? `${first} ${second}`
    : first;
}

/**
 * Replays run `run` (from 0) of a file. With `followsPasses` the node health passes come when they came
 * in the recorded run, as far as it tells: when the first failed node was seen as lost. (Where that falls
 * in the replay is known after a first attempt, whose waits may end a little sooner or later.)
 */
export function replayRun(
  file: TimelineFile,
  run: number,
  seed: string,
  followsPasses = true,
): ReplayRecord {
  const first = new Replay(file, run, seed).perform();
  const passT = followsPasses ? passAfterFailure(file, run) : undefined;
  if (passT === undefined) return first;
  const failure = first.actions.find(({ op }) => op === "fail");
  return new Replay(file, run, seed, (failure?.t ?? 0) + passT).perform();
}

/** From the first failure to the pass that saw it. */
function passAfterFailure(file: TimelineFile, run: number): number | undefined {
  const { actions, events } = file.runs[run]!;
  const failure = actions.find(({ op }) => op === "fail");
  const seen = events.find(
    ({ kind, set }) => kind === "Node" && set["cond.Ready"]?.startsWith("Unknown") === true,
  );
  if (failure === undefined || seen === undefined) return undefined;
  return seen.t - failure.t - PASS_TO_EVENT_S;
}

/** End of a synchronising action. */
interface Anchor {
  readonly simulated: number;
  readonly recorded: number;
}

class Replay {
  private readonly file: TimelineFile;
  private readonly run: number;
  private readonly world: ReplayWorld;
  private readonly requests: ReplayRequests;
  private readonly recorded: readonly TimelineAction[];
  private readonly actions: TimelineAction[];
  private readonly aliasOfName = new Map<string, string>();
  private readonly refusals: { name: string; text: string }[] = [];
  private readonly failures: string[] = [];
  private readonly snapshots = new Map<string, Json>();
  /** Simulated and recorded end of the last synchronising action. */
  private anchor: Anchor = { simulated: 0, recorded: 0 };
  private anchorBefore: Anchor = this.anchor;
  private isOver = false;
  private createdCount = 0;

  constructor(file: TimelineFile, run: number, seed: string, passT?: number) {
    this.file = file;
    this.run = run;
    const recorded = file.runs[run]!;
    this.recorded = recorded.actions;
    this.actions = [...recorded.actions];
    this.world = new ReplayWorld(file, recorded.wallStartSecondOfMinute, seed, passT);
    this.requests = new ReplayRequests(this.world);
    for (const { what, kind, name, alias } of recorded.events) {
      if (what === "created" && alias !== "") this.aliasOfName.set(`${kind}/${name}`, alias);
    }
  }

  perform(): ReplayRecord {
    const { sim, recorder, attempts } = this.world;
    this.follow(0);
    while (!this.isOver) this.runUntil(sim.nowUs + SLICE_US);
    const horizon = this.horizon();
    this.runUntil(Math.max(sim.nowUs, recorder.instantOf(horizon + PHASE_S)));
    return {
      actions: this.actions,
      events: recorder.events,
      attempts,
      refusals: this.refusals,
      failures: this.failures,
      snapshots: this.snapshots,
      zoneStates: this.world.zoneStates,
      wallStartSecondOfMinute: this.file.runs[this.run]!.wallStartSecondOfMinute,
      horizon,
    };
  }

  private runUntil(us: number): void {
    const { reason, detail } = this.world.sim.runUntil(us as Instant);
    if (reason !== "horizon" && reason !== "stopped")
      throw new Error(`the replay of run ${this.run + 1} ended with ${reason}: ${detail}`);
  }

  /** The later of the last event and the last action's end, shifted with the last anchor. */
  private horizon(): number {
    const { events } = this.file.runs[this.run]!;
    let end = 0;
    for (const { t } of events) end = Math.max(end, t);
    for (const { t, done = t, until = t } of this.recorded) end = Math.max(end, done, until);
    // A wait that met an old condition at once, where the recorded one did not, ends nothing early.
    const isCutShort = this.simulated(end) < this.simulated(end, this.anchorBefore) - CUT_SHORT_S;
    const anchor = isCutShort ? this.anchorBefore : this.anchor;
    return this.simulated(end, anchor) + AFTERMATH_S;
  }

  private simulated(recorded: number, anchor: Anchor = this.anchor): number {
    return anchor.simulated + (recorded - anchor.recorded);
  }

  /** Plans actions from `index` on, up to the next one that has to be waited for. */
  private follow(index: number): void {
    for (let k = index; k < this.recorded.length; k++) {
      const action = this.recorded[k]!;
      const t = this.simulated(action.t);
      if (this.isSynchronising(k)) {
        this.at(t, () => {
          this.actions[k] = { ...action, t: this.world.recorder.t };
          this.perform1(k, action, () => {
            const end = this.world.recorder.t;
            this.actions[k] = { ...this.actions[k]!, done: end };
            this.anchorBefore = this.anchor;
            this.anchor = { simulated: end, recorded: action.done ?? action.t };
            this.follow(k + 1);
          });
        });
        return;
      }
      const { done, until, lastLeaseRenew } = action;
      this.actions[k] = {
        ...action,
        t,
        ...(lastLeaseRenew === undefined
          ? {}
          : { lastLeaseRenew: shifted(lastLeaseRenew, t - action.t) }),
        ...(done === undefined ? {} : { done: this.simulated(done) }),
        ...(until === undefined ? {} : { until: this.simulated(until) }),
      };
      this.plan(k, action, t);
    }
    const end = this.recorded.reduce((max, { t, done = t }) => Math.max(max, done), 0);
    this.at(this.simulated(end), () => {
      this.isOver = true;
      this.world.sim.stop("all actions are done");
    });
  }

  /** A wait, or a drain that nothing overtakes. */
  private isSynchronising(index: number): boolean {
    const { op, args = [], done = 0 } = this.recorded[index]!;
    if (op === "wait") return true;
    if (op !== "kubectl" || args[0] !== "drain") return false;
    const next = this.recorded[index + 1];
    return next === undefined || next.t >= done;
  }

  private at(t: number, call: () => void): void {
    const { sim, recorder } = this.world;
    const atUs = Math.max(sim.nowUs, recorder.instantOf(t));
    sim.callAt(atUs as Instant, RANK.workload, "timeline action", call);
  }

  /** Plans an action whose end nobody waits for. */
  private plan(index: number, action: TimelineAction, t: number): void {
    const { op, args = [], done = action.t } = action;
    if (op === "create") {
      this.planCreation(index, action, t);
      return;
    }
    const isCommand = op === "kubectl" && args[0] !== "drain";
    this.at(isCommand ? this.simulated(done) : t, () =>
      this.perform1(index, action, () => {
        if (op === "kubectl" && args[0] === "drain")
          this.actions[index] = { ...this.actions[index]!, done: this.world.recorder.t };
      }),
    );
  }

  /** Each object at its own instant; run 1 says when, the others when their first one came. */
  private planCreation(index: number, action: TimelineAction, t: number): void {
    const { input, runs } = this.file;
    const { count = 0 } = action;
    const first = this.createdCount;
    this.createdCount += count;
    const startOfRun1 = runs[0]!.actions[index]!.t;
    const seen = this.file.inputIsCut ? this.podCreations() : [];
    for (let k = first; k < first + count; k++) {
      const entry = input[k] ?? cutInput(input, k);
      const seenAt = seen[k];
      const offset =
        k < input.length || seenAt === undefined
          ? entry.t - startOfRun1
          : seenAt - REQUEST_S - action.t;
      this.at(t + offset, () => this.create(entry));
    }
  }

  private podCreations(): readonly number[] {
    const { events } = this.file.runs[this.run]!;
    return events
      .filter(({ kind, what }) => kind === "Pod" && what === "created")
      .map((event) => event.t);
  }

  private create({ object, error }: TimelineInput): void {
    const name = String((object["metadata"] as Json | undefined)?.["name"] ?? "");
    this.requests.create(object, (text) => {
      if (text !== undefined) this.refusals.push({ name, text });
      if (error !== (text !== undefined)) {
        const outcome = text === undefined ? "was accepted" : `was refused: ${text}`;
        this.failures.push(`${String(object["kind"])} ${name} ${outcome}`);
      }
    });
  }

  private perform1(index: number, action: TimelineAction, done: () => void): void {
    const { op, nodes = [], names = [], kind = "" } = action;
    switch (op) {
      case "wait":
        this.wait(action.wait!, done);
        return;
      case "kubectl":
        this.kubectl(action.args ?? [], done);
        return;
      case "fail":
        for (const name of nodes) this.fail(action, name);
        break;
      case "recover":
        for (const name of nodes) this.world.kubelets.recover(this.world.api.nodes.find(name));
        break;
      case "patch":
        for (const name of names)
          this.requests.patch(kind, this.nameOf(kind, name), action.patch, this.note(action));
        break;
      case "delete":
        for (const name of names)
          this.requests.delete(kind, this.nameOf(kind, name), action.grace, this.note(action));
        break;
      case "deleteNode":
        for (const name of nodes) {
          this.world.kubelets.stop(this.world.api.nodes.find(name));
          this.requests.deleteNode(name, this.note(action));
        }
        break;
      case "addNodes":
        for (const shape of action.nodeSpecs ?? [])
          for (const node of nodesOf(shape)) this.requests.create(node, this.note(action));
        break;
      case "snapshot":
        this.snapshot();
        break;
      case "serveMetrics":
        this.world.load.isServed = true;
        break;
      case "load":
        this.world.load.totalMilliCpu = action.totalMillicores ?? 0;
        break;
      default:
        throw new Error(`action ${index} of a timeline has an unknown op: ${op}`);
    }
    done();
  }

  private note({ op, kind = "" }: TimelineAction): (refusal: string | undefined) => void {
    return (refusal) => {
      if (refusal !== undefined) this.failures.push(`${op} ${kind}: ${refusal}`);
    };
  }

  private fail(action: TimelineAction, name: string): void {
    const { api, recorder, kubelets } = this.world;
    const lastRenewal = action.lastLeaseRenew?.[name];
    const age = lastRenewal === undefined ? undefined : action.t - lastRenewal;
    const lastUs = age === undefined ? undefined : recorder.instantOf(recorder.t - age);
    kubelets.fail(api.nodes.find(name), lastUs);
  }

  /** The simulated object of a recorded one: the same name, or the same alias, or a sibling. */
  private nameOf(kind: string, name: string): string {
    const alias = this.aliasOfName.get(`${kind}/${name}`);
    if (kind !== "Pod" || alias === undefined || this.requests.findPod(name) !== NO_POD)
      return name;
    const { api, recorder } = this.world;
    const { pods } = api;
    const uid = recorder.aliases.findPod(alias);
    const owner = alias.slice(0, alias.lastIndexOf("#"));
    let sibling = name;
    let exact: string | undefined;
    pods.forEach((pod) => {
      if (pods.uid(pod) === uid) exact = pods.name(pod);
      const own = recorder.aliases.of(pods.uid(pod));
      if (own.startsWith(`${owner}#`) && !pods.isDeleting(pod)) sibling = pods.name(pod);
    });
    return exact ?? sibling;
  }

  private wait(condition: WaitCondition, done: () => void): void {
    const { sim, recorder, api } = this.world;
    const { count, exact, timeout } = condition;
    const endUs = sim.nowUs + Math.round(timeout * 1e6);
    let seenVersion = -1;
    const look = (): void => {
      let isMet = false;
      if (api.resourceVersion !== seenVersion) {
        seenVersion = api.resourceVersion;
        const found = recorder.count(condition);
        isMet = exact ? found === count : found >= count;
      }
      if (isMet || sim.nowUs >= endUs) done();
      else sim.callAfter(POLL_US as never, RANK.workload, "timeline wait", look);
    };
    look();
  }

  private kubectl(args: readonly string[], done: () => void): void {
    const [verb = "", second = "", name = "", ...rest] = args;
    const changes = rest.filter((arg) => !arg.startsWith("--"));
    const answered = (refusal: string | undefined): void => {
      if (refusal !== undefined) this.failures.push(`kubectl ${args.join(" ")}: ${refusal}`);
      done();
    };
    if (verb === "drain") {
      const limit = args.find((arg) => arg.startsWith("--timeout="))?.slice("--timeout=".length);
      const timeoutUs = limit === undefined ? undefined : Number.parseFloat(limit) * 1_000_000;
      const { api, sim, user } = this.world;
      const request = { api, client: user, nodeName: second, timeoutUs };
      sim.callAfter(duration(DRAIN_START_UP_US), RANK.workload, "kubectl drain", () =>
        startDrain(request, () => done()),
      );
    } else if (verb === "cordon" || verb === "uncordon") {
      const unschedulable = verb === "cordon";
      this.requests.changeNode(second, (before) => ({ ...before, unschedulable }), answered);
    } else if (verb === "rollout") {
      const revision = args.find((arg) => arg.startsWith("--to-revision="))?.split("=")[1];
      this.requests.undo(name.replace(/^deployment\//, ""), Number(revision ?? 0), answered);
    } else if (verb === "label") {
      const labels = Object.fromEntries(changes.map(labelChange));
      this.requests.patch(
        second === "pod" ? "Pod" : "Node",
        name,
        { metadata: { labels } },
        answered,
      );
    } else {
      const tainted = (before: NodeObject): NodeObject => ({
        ...before,
        taints: changes.reduce(taintsAfter, before.taints),
      });
      this.requests.changeNode(name, tainted, answered);
    }
  }

  private snapshot(): void {
    const { api } = this.world;
    api.pods.forEach((pod) => {
      this.snapshots.set(api.pods.name(pod), podToJson(api, pod));
    });
  }
}

/** `key=value` sets a label, `key-` takes it off. */
function labelChange(text: string): readonly [string, string | null] {
  const [key = "", value] = text.split("=");
  return value === undefined ? [key.replace(/-$/, ""), null] : [key, value];
}

/** `key=value:Effect` adds or replaces a taint, `key-` and `key:Effect-` take some off. */
function taintsAfter(before: readonly Taint[], text: string): readonly Taint[] {
  const [pair = "", effect] = text.replace(/-$/, "").split(":");
  const [key = "", value = ""] = pair.split("=");
  const others = before.filter(
    (taint) => taint.key !== key || (effect !== undefined && taint.effect !== effect),
  );
  return text.endsWith("-") ? others : [...others, { key, value, effect: effect as "NoSchedule" }];
}

function shifted(
  times: Readonly<Record<string, number>>,
  by: number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(times).map(([name, t]) => [name, t + by]));
}

/** One of the like objects that the file leaves out: named and labelled by its place. */
function cutInput(input: readonly TimelineInput[], place: number): TimelineInput {
  const first = input[0]!;
  const metadata = first.object["metadata"] as Json;
  const name = String(metadata["name"]).replace(/\d+$/, String(place).padStart(3, "0"));
  const labels = { ...(metadata["labels"] as Json | undefined), app: name };
  return { ...first, object: { ...first.object, metadata: { ...metadata, name, labels } } };
}
