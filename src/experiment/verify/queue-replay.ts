// Replays a recorded sequence of operations on the scheduling queue and compares every state.
//
// Rejecting plugins, hints and gates are stand-ins in these cases: what they answered is part of the
// recording and fed back here. What is judged is the queue: places, counts, timestamps, back-off.

import { compareText } from "../../base/index.ts";
import {
  Action,
  type ClusterEvent,
  createClusterEvent,
  createQueuedPod,
  type EventResource,
  type PodInfo,
  type QueuedPod,
  type QueuePlace,
  QueueWithoutHints,
  type RequeueJudge,
  type RequeueStrategy,
  SchedulingQueue,
  type SchedulingQueueOptions,
} from "../../scheduler/index.ts";
import { canonicalJson, type Difference, type RecordedCase } from "./case-format.ts";
import { RecordedWorld } from "./recorded-world.ts";

const SECOND_NS = 1_000_000_000;
const TIMESTAMP_TOLERANCE_NS = 10_000_000;

interface RecordedEvent {
  readonly resource: string;
  readonly actions: readonly string[];
}

interface RecordedHint {
  readonly pod: string;
  readonly event?: RecordedEvent;
  readonly strategy: "Skip" | "AfterBackoff" | "Immediately";
}

interface RecordedRecord {
  readonly name: string;
  readonly timestampNs: number;
  readonly attempts?: number;
  readonly unschedulableCount?: number;
  readonly errors?: number;
  readonly unschedulablePlugins?: readonly string[];
  readonly pendingPlugins?: readonly string[];
  readonly gated?: boolean;
  readonly flushed?: boolean;
  readonly backoffExpirationNs?: number;
}

type PlaceName = "active" | "backoff" | "errorBackoff" | "unschedulable";
type RecordedState = Partial<Record<PlaceName, readonly RecordedRecord[]>> & {
  readonly inFlight?: number;
};

interface QueuedPodArgument {
  readonly pod: unknown;
  readonly UnschedulablePlugins?: readonly string[];
  readonly PendingPlugins?: readonly string[];
  readonly Attempts?: number;
  readonly UnschedulableCount?: number;
  readonly ConsecutiveErrorsCount?: number;
  readonly TimestampNs?: number;
  readonly InitialAttemptTimestampNs?: number;
  readonly BackoffExpirationNs?: number;
  readonly GatingPlugin?: string;
}

interface Step {
  readonly op: string;
  readonly atNs: number;
  readonly pod?: unknown;
  readonly old?: unknown;
  readonly new?: unknown;
  readonly pods?: Readonly<Record<string, unknown>>;
  readonly event?: RecordedEvent;
  readonly queuedPod?: QueuedPodArgument;
  readonly schedulingCycle?: number;
  readonly returned?: string;
  readonly hints?: readonly RecordedHint[];
  readonly state?: RecordedState;
}

interface Options {
  readonly initialBackoffNs: number;
  readonly maxBackoffNs: number;
  readonly maxInUnschedulableNs: number;
  readonly popFromBackoffQ: boolean;
  readonly queueingHints: boolean;
}

const STRATEGIES: Readonly<Record<RecordedHint["strategy"], RequeueStrategy>> = {
  Skip: "skip",
  AfterBackoff: "afterBackoff",
  Immediately: "immediately",
};
const PLACES: readonly PlaceName[] = ["active", "backoff", "errorBackoff", "unschedulable"];
const ACTIONS: Readonly<Record<string, number>> = Action;

/** Differences between the recorded states and those of podsim's queue; empty when all agree. */
export function replayQueueCase(recorded: RecordedCase): Difference[] {
  return new QueueReplay(recorded).run();
}

class QueueReplay {
  private readonly name: string;
  private readonly steps: readonly Step[];
  private readonly world = new RecordedWorld([], [], { defaulting: false });
  private readonly queue: SchedulingQueue;
  private readonly sources = new Map<PodInfo, unknown>();
  private readonly plugins: ReadonlySet<string>;
  private readonly differences: Difference[] = [];
  private nowNs = 0;
  private step: Step;
  /** Hints of the running step that have not been asked for. */
  private hintsLeft: RecordedHint[] = [];

  constructor(recorded: RecordedCase) {
    this.name = String(recorded["name"]);
    this.steps = recorded["steps"] as readonly Step[];
    this.step = this.steps[0]!;
    this.plugins = collectPlugins(this.steps);
    const options = recorded["options"] as Options;
    const queueOptions: SchedulingQueueOptions = {
      now: () => this.nowNs,
      less: (a, b) =>
        a.pod.priority === b.pod.priority
          ? a.timestampUs < b.timestampUs
          : a.pod.priority > b.pod.priority,
      gateOf: (pod) => this.gateOf(pod),
      judge: this.createJudge(),
      initialBackoffUs: options.initialBackoffNs,
      maxBackoffUs: options.maxBackoffNs,
      unschedulableUsMax: options.maxInUnschedulableNs,
      secondUs: SECOND_NS,
      secondPhaseUs: secondPhaseNs(this.steps),
      popFromBackoff: options.popFromBackoffQ,
    };
    this.queue = options.queueingHints
      ? new SchedulingQueue(queueOptions)
      : new QueueWithoutHints(queueOptions, (oldPod, newPod) => this.isUpdated(oldPod, newPod));
  }

  run(): Difference[] {
    this.popBefore(this.steps[0]!);
    for (const [index, step] of this.steps.entries()) {
      this.step = step;
      this.nowNs = step.atNs;
      this.hintsLeft = [...(step.hints ?? [])];
      this.apply(step, index);
      this.compareState(step.state ?? {}, index);
      if (this.differences.length > 0) break; // What follows would only repeat it.
    }
    return this.differences;
  }

  private apply(step: Step, index: number): void {
    const { queue } = this;
    switch (step.op) {
      case "Add":
        queue.add(this.podOf(step.pod));
        return;
      case "Update":
        queue.update(
          step.old === undefined ? undefined : this.podOf(step.old),
          this.podOf(step.new),
        );
        return;
      case "Delete":
        queue.delete(this.podOf(step.pod).uid);
        return;
      case "Pop": {
        const record = queue.pop();
        this.compare(index, "returned", step.returned, record && nameOf(record.pod));
        return;
      }
      case "AddUnschedulableIfNotPresent":
        this.returnFailed(step.queuedPod!, step.schedulingCycle ?? 0);
        return;
      case "MoveAllToActiveOrBackoffQueue":
        queue.moveAll(eventOf(step.event!), {});
        return;
      case "AssignedPodAdded":
      case "AssignedPodUpdated":
        this.moveNamed(step);
        return;
      case "Activate":
        queue.activate(Object.values(step.pods ?? {}).map((pod) => this.podOf(pod)));
        return;
      case "flushBackoffQCompleted":
        queue.flushBackoffCompleted();
        return;
      case "flushUnschedulablePodsLeftover":
        queue.flushUnschedulableLeftover();
        return;
      case "AddNominatedPod": // The nominator is not part of the compared state.
      case "Close":
        return;
      default:
        this.compare(index, "op", "a known operation", step.op);
    }
  }

  /** The older way to tell of assigned pods: only the pods that were asked are concerned. */
  private moveNamed(step: Step): void {
    const asked = new Set((step.hints ?? []).map(({ pod }) => pod));
    const event = step.hints?.[0]?.event ??
      step.event ?? { resource: "AssignedPod", actions: ["Add"] };
    this.queue.moveAll(eventOf(event), {}, (pod) => asked.has(pod.name));
  }

  private returnFailed(argument: QueuedPodArgument, schedulingCycle: number): void {
    const pod = this.podOf(argument.pod);
    const record = createQueuedPod(pod, argument.TimestampNs ?? 0, 0);
    record.attempts = argument.Attempts ?? 0;
    record.unschedulableCount = argument.UnschedulableCount ?? 0;
    record.consecutiveErrors = argument.ConsecutiveErrorsCount ?? 0;
    record.unschedulablePlugins = new Set(argument.UnschedulablePlugins ?? []);
    record.pendingPlugins = new Set(argument.PendingPlugins ?? []);
    record.gatingPlugin = argument.GatingPlugin ?? "";
    record.initialAttemptUs = argument.InitialAttemptTimestampNs;
    if (this.queue instanceof QueueWithoutHints) this.queue.returnFailedOf(record, schedulingCycle);
    else this.queue.returnFailed(record);
  }

  /** Pods that the recording popped before its first step: named by that step, in no list after it. */
  private popBefore(first: Step): void {
    const expected = first.state?.inFlight ?? 0;
    const listed = new Set(
      PLACES.flatMap((place) => (first.state?.[place] ?? []).map((r) => r.name)),
    );
    const mentioned = [
      ...Object.values(first.pods ?? {}),
      ...[first.pod, first.new, first.queuedPod?.pod].filter((pod) => pod !== undefined),
    ].map((pod) => this.podOf(pod));
    const known = mentioned.filter((pod) => !listed.has(nameOf(pod)));
    for (let k = 0; k < expected; k++) {
      const pod = known[k] ?? this.podOf({ metadata: { name: `popped-before-${k}`, uid: `${k}` } });
      if (first.op === "Pop" && k === 0) continue;
      this.queue.add(pod);
      this.queue.pop();
    }
  }

  // --- Stand-ins -----------------------------------------------------------------------------------

  private createJudge(): RequeueJudge {
    return {
      hearers: () => this.plugins,
      isHeardByGate: (record) => this.hintsLeft.some(({ pod }) => pod === record.pod.name),
      judge: (record, event) => this.takeHint(record, event),
    };
  }

  private takeHint(record: QueuedPod, event: ClusterEvent): RequeueStrategy {
    const { name } = record.pod;
    const isAbout = (hint: RecordedHint): boolean => hint.pod === name;
    const isSame = (hint: RecordedHint): boolean =>
      isAbout(hint) && hint.event !== undefined && isSameEvent(eventOf(hint.event), event);
    let index = this.hintsLeft.findIndex(isSame);
    if (index < 0) index = this.hintsLeft.findIndex(isAbout);
    if (index < 0) return "skip";
    const [hint] = this.hintsLeft.splice(index, 1);
    return STRATEGIES[hint!.strategy];
  }

  /** A pod that the recorded state shows gated was held by a plugin that rejects it since. */
  private gateOf(pod: PodInfo): string {
    const shown = this.step.state?.unschedulable?.find(({ name }) => name === nameOf(pod));
    if (shown?.gated !== true) return "";
    const before = this.queue.find(pod.uid)?.unschedulablePlugins ?? new Set<string>();
    const plugins = shown.unschedulablePlugins ?? [];
    return plugins.find((plugin) => !before.has(plugin)) ?? plugins[0] ?? "a gate";
  }

  private isUpdated(oldPod: PodInfo, newPod: PodInfo): boolean {
    const before = withoutBookkeeping(this.sources.get(oldPod));
    return before !== withoutBookkeeping(this.sources.get(newPod));
  }

  private podOf(source: unknown): PodInfo {
    const metadata = (source as { metadata?: { name?: string; namespace?: string } }).metadata;
    const { name = "", namespace = "" } = metadata ?? {};
    const decoded = this.world.podInfo(this.world.decodePod(source));
    const pod: PodInfo = { ...decoded, name, namespace, uid: `${namespace}/${name}` };
    this.sources.set(pod, source);
    return pod;
  }

  // --- Comparison ------------------------------------------------------------------------------------

  private compareState(expected: RecordedState, index: number): void {
    for (const place of PLACES) {
      const wanted = [...(expected[place] ?? [])];
      const got = [...this.queue.recordsIn(place as QueuePlace)].sort((a, b) =>
        nameOf(a.pod) < nameOf(b.pod) ? -1 : 1,
      );
      const names = got.map(({ pod }) => nameOf(pod));
      const wantedNames = wanted.map(({ name }) => name);
      this.compare(index, place, wantedNames, names);
      if (canonicalJson(wantedNames) !== canonicalJson(names)) continue;
      for (const [k, record] of got.entries()) this.compareRecord(wanted[k]!, record, index);
    }
    this.compare(index, "inFlight", expected.inFlight ?? 0, this.queue.count("inFlight"));
  }

  private compareRecord(expected: RecordedRecord, got: QueuedPod, index: number): void {
    const what = (field: string): string => `${expected.name} ${field}`;
    const { backoffExpirationNs, timestampNs } = expected;
    if (Math.abs(timestampNs - got.timestampUs) > TIMESTAMP_TOLERANCE_NS) {
      this.compare(index, what("timestampNs"), timestampNs, got.timestampUs);
    }
    this.compare(index, what("attempts"), expected.attempts ?? 0, got.attempts);
    const rejections = expected.unschedulableCount ?? 0;
    this.compare(index, what("unschedulableCount"), rejections, got.unschedulableCount);
    this.compare(index, what("errors"), expected.errors ?? 0, got.consecutiveErrors);
    const { unschedulablePlugins = [], pendingPlugins = [] } = expected;
    const sorted = (plugins: Iterable<string>): string[] => [...plugins].sort(compareText);
    this.compare(
      index,
      what("unschedulablePlugins"),
      sorted(unschedulablePlugins),
      sorted(got.unschedulablePlugins),
    );
    this.compare(index, what("pendingPlugins"), sorted(pendingPlugins), sorted(got.pendingPlugins));
    this.compare(index, what("gated"), expected.gated ?? false, got.gatingPlugin !== "");
    this.compare(index, what("flushed"), expected.flushed ?? false, got.wasFlushed);
    if (backoffExpirationNs !== undefined) {
      this.compare(index, what("expiry"), backoffExpirationNs, this.queue.backoffExpiryUs(got));
    }
  }

  private compare(index: number, what: string, expected: unknown, got: unknown): void {
    if (canonicalJson(expected) === canonicalJson(got)) return;
    const place = `step ${index} (${this.step.op}): ${what}`;
    this.differences.push({ case: this.name, what: place, expected, got });
  }
}

function nameOf(pod: PodInfo): string {
  return `${pod.namespace}/${pod.name}`;
}

function eventOf({ resource, actions }: RecordedEvent): ClusterEvent {
  const kind = resource.slice(resource.indexOf("/") + 1) as EventResource;
  const bits = actions.reduce((sum, name) => sum | (ACTIONS[name] ?? 0), 0);
  return createClusterEvent(kind, bits);
}

function isSameEvent(a: ClusterEvent, b: ClusterEvent): boolean {
  return a.resource === b.resource && a.actions === b.actions;
}

/** Expiries are whole seconds of a clock with this fraction at the first step. */
function secondPhaseNs(steps: readonly Step[]): number {
  for (const { state } of steps) {
    for (const place of PLACES) {
      for (const { backoffExpirationNs } of state?.[place] ?? []) {
        if (backoffExpirationNs === undefined) continue;
        const phase = -backoffExpirationNs % SECOND_NS;
        return phase < 0 ? phase + SECOND_NS : phase;
      }
    }
  }
  return 0;
}

/** Every plugin that the case mentions: all of them listen to every event. */
function collectPlugins(steps: readonly Step[]): ReadonlySet<string> {
  const plugins = new Set<string>();
  for (const { state, queuedPod } of steps) {
    const records = PLACES.flatMap((place) => state?.[place] ?? []);
    for (const { unschedulablePlugins = [], pendingPlugins = [] } of records) {
      for (const plugin of [...unschedulablePlugins, ...pendingPlugins]) plugins.add(plugin);
    }
    const { UnschedulablePlugins = [], PendingPlugins = [] } = queuedPod ?? {};
    for (const plugin of [...UnschedulablePlugins, ...PendingPlugins]) plugins.add(plugin);
  }
  plugins.add("");
  return plugins;
}

const BOOKKEEPING: readonly string[] = [
  "resourceVersion",
  "generation",
  "managedFields",
  "finalizers",
];

/** The pod without status (but with its claim statuses) and bookkeeping, as canonical text. */
function withoutBookkeeping(source: unknown): string {
  const { status, metadata, ...rest } = source as {
    status?: { resourceClaimStatuses?: unknown };
    metadata?: Record<string, unknown>;
  };
  const kept = Object.entries(metadata ?? {}).filter(([key]) => !BOOKKEEPING.includes(key));
  const claims = status?.resourceClaimStatuses;
  return canonicalJson({ ...rest, metadata: Object.fromEntries(kept), claims });
}
