// The extension points: what a scheduler plugin can take part in.
//
// Same names and meaning as upstream's framework. A plugin implements one or more of these
// interfaces; which of its points are used is the profile's business. Rejection is a Status, never
// an exception.

import type { PersistentVolumeClaimObject, PersistentVolumeObject } from "../../cluster/index.ts";
import type { NodeRow, SchedulerCache } from "../cache/scheduler-cache.ts";
import type { EventRegistration } from "./cluster-event.ts";
import type { ClusterObjects } from "./cluster-objects.ts";
import type { CycleState } from "./cycle-state.ts";
import type { NodeStatuses } from "./node-statuses.ts";
import type { PodInfo } from "./pod-info.ts";
import type { SignedPart } from "./pod-signature.ts";
import type { PreemptionFindings } from "../preemption/candidate.ts";
import type { Status } from "./status.ts";
import type { UserCallWatch } from "./user-call.ts";

/** Names of the extension points as they stand in a KubeSchedulerConfiguration. */
export const EXTENSION_POINTS = [
  "preEnqueue",
  "queueSort",
  "preFilter",
  "filter",
  "postFilter",
  "preScore",
  "score",
  "reserve",
  "permit",
  "preBind",
  "bind",
  "postBind",
] as const;
/** One of them. */
export type ExtensionPoint = (typeof EXTENSION_POINTS)[number];

/** Highest score a plugin may give after normalisation. */
export const MAX_NODE_SCORE = 100;

/** What every plugin has. */
export interface Plugin {
  readonly name: string;
  /** Events after which a pod rejected by this plugin may be worth another attempt. */
  eventsToRegister?(): readonly EventRegistration[];
  /**
   * Names everything of the pod that Filter and Score read. Only for plugins that read nothing else but
   * the node's object (not its pods or its room), remember nothing, and can be asked about any node at
   * any time: a fast evaluator asks once per key and node, until the node's object changes.
   */
  classKey?(pod: PodInfo): string;
  /**
   * Why this plugin cannot judge this pod as upstream would, or undefined when it can. A plugin that
   * is only partly modelled says so here; the decision carries it as "not simulated".
   */
  notSimulated?(pod: PodInfo): string | undefined;
}

/** Signs what it reads of a pod, so that equal pods can share their scores (scheduler.md 9.1). */
export interface SignPlugin extends Plugin {
  /** Everything of the pod that its verdicts and scores depend on; undefined: no other pod is like it. */
  sign(pod: PodInfo): readonly SignedPart[] | undefined;
}

/** Decides whether a pod may enter the active queue. */
export interface PreEnqueuePlugin extends Plugin {
  /** Success lets the pod into the active queue; anything else keeps it gated. */
  preEnqueue(pod: PodInfo): Status;
}

/** A pod with the instant it entered (or re-entered) the queue. */
export interface SortablePod {
  readonly pod: PodInfo;
  readonly timestampUs: number;
}

/** The order of the active queue; a profile has exactly one. */
export interface QueueSortPlugin extends Plugin {
  /** True when `a` goes strictly before `b`. */
  less(a: SortablePod, b: SortablePod): boolean;
}

/** PreFilter's answer: a status and, if the plugin narrows the search, the only nodes left. */
export interface PreFilterOutcome {
  readonly status: Status;
  /** Names of the nodes that remain (may name nodes that do not exist); absent: all. */
  readonly nodeNames?: ReadonlySet<string>;
}

/** Looks at the whole snapshot once per cycle, before any node is filtered. */
export interface PreFilterPlugin extends Plugin {
  preFilter(state: CycleState, pod: PodInfo, nodes: readonly NodeRow[]): PreFilterOutcome;
  /**
   * `other` is put on `node` hypothetically; only called when PreFilter was not skipped. The answer
   * is why that failed, or nothing.
   */
  addPod?(state: CycleState, pod: PodInfo, other: PodInfo, node: NodeRow): Status | undefined;
  removePod?(state: CycleState, pod: PodInfo, other: PodInfo, node: NodeRow): Status | undefined;
}

/** Accepts or rejects one node for one pod. */
export interface FilterPlugin extends Plugin {
  /** The verdict for one node; `node` may be the cache's scratch row. */
  filter(state: CycleState, pod: PodInfo, node: NodeRow): Status;
}

/** The plugins of a profile that say whether a pod fits on a node. */
export interface FilterLists {
  readonly preFilterPlugins: readonly PreFilterPlugin[];
  readonly filterPlugins: readonly FilterPlugin[];
}

/** PostFilter's answer; `nominate` undefined leaves an existing nomination alone, "" clears it. */
export interface PostFilterOutcome {
  readonly status: Status;
  readonly nominate?: string;
  /** What a search for victims found; evicting them is the scheduler's business. */
  readonly preemption?: PreemptionFindings;
}

/** Tries to help a pod that fits nowhere. */
export interface PostFilterPlugin extends Plugin {
  /** `filters` are those of the cycle's profile, for trying out nodes as they might be. */
  postFilter(
    state: CycleState,
    pod: PodInfo,
    statuses: NodeStatuses,
    filters: FilterLists,
  ): PostFilterOutcome;
}

/** Tells whether a pod's victims are still being evicted. */
export interface PreemptionGate {
  isPreempting(pod: PodInfo): boolean;
}

/** Prepares scoring once the feasible nodes are known. */
export interface PreScorePlugin extends Plugin {
  preScore(state: CycleState, pod: PodInfo, nodes: readonly NodeRow[]): Status;
}

/** Ranks feasible nodes. */
export interface ScorePlugin extends Plugin {
  /** An integer; after normalisation it must lie in 0..100. */
  score(state: CycleState, pod: PodInfo, node: NodeRow): number;
  /** Rewrites `scores` (parallel to `nodes`) in place. */
  normalizeScores?(
    state: CycleState,
    pod: PodInfo,
    nodes: readonly NodeRow[],
    scores: number[],
  ): void;
}

/** Keeps something for a pod that is about to be bound, and gives it back on failure. */
export interface ReservePlugin extends Plugin {
  reserve(state: CycleState, pod: PodInfo, nodeName: string): Status;
  unreserve(state: CycleState, pod: PodInfo, nodeName: string): void;
}

/** Approves, delays or refuses a placement before it is bound. */
export interface PermitPlugin extends Plugin {
  /** Wait holds the pod in the binding task for at most `timeoutUs`. */
  permit(
    state: CycleState,
    pod: PodInfo,
    nodeName: string,
  ): { readonly status: Status; readonly timeoutUs: number };
}

/** Work that must be done before the binding is written. */
export interface PreBindPlugin extends Plugin {
  /** Skip: nothing to do for this pod (the ordinary case), and PreBind is not called. */
  preBindPreFlight(state: CycleState, pod: PodInfo, nodeName: string): Status;
  /** A status when it is done at once, else the work that takes simulated time. */
  preBind(state: CycleState, pod: PodInfo, nodeName: string): Status | PreBindWork;
}

/** PreBind that takes simulated time; the loop and other bindings go on meanwhile. */
export interface PreBindWork {
  /** Begins; `onDone` is called exactly once, at once or later, unless `stop` comes before. */
  start(onDone: (status: Status) => void): void;
  /** The binding is called off: no more writes and polls. Answers why, in the plugin's words. */
  stop(): string;
}

/** Marks the binder; the write itself is made by whoever runs the binding cycle. */
export interface BindPlugin extends Plugin {
  readonly binds: true;
}

/** Told after a pod was bound. */
export interface PostBindPlugin extends Plugin {
  postBind(state: CycleState, pod: PodInfo, nodeName: string): void;
}

/** Pods that wait on Permit, for the plugins that hold them. */
export interface WaitingPods {
  /** Pods that wait for this plugin, in the order in which they began to. */
  waitingFor(plugin: string): readonly PodInfo[];
  /** Lets a pod go on as far as this plugin is concerned; false when it does not wait for it. */
  allow(uid: PodInfo["uid"], plugin: string): boolean;
  /** Rejects a waiting pod; false when it does not wait. */
  reject(uid: PodInfo["uid"], plugin: string, reason: string): boolean;
}

/** What plugins may do while simulated time passes; each write takes a token of the scheduler's client. */
export interface BindingTools {
  /**
   * PUT of a claim or volume as `change` makes it of the one believed in. Refused when the API has a
   * newer one than `before`; `isChanged` is false when there was nothing to write.
   */
  updateStorage<T extends PersistentVolumeObject | PersistentVolumeClaimObject>(
    before: T,
    change: (object: T) => T,
    onDone: (error: string | undefined, isChanged: boolean) => void,
  ): void;
  /** Calls back after so many microseconds; the answer calls that off. */
  callAfter(delayUs: number, label: string, call: () => void): () => void;
  /** Whether this scheduler still knows the pod. */
  knowsPod(uid: PodInfo["uid"]): boolean;
}

/** What a plugin may look at besides its arguments: this scheduler's beliefs. */
export interface PluginHandle {
  readonly cache: SchedulerCache;
  readonly objects: ClusterObjects;
  /** Simulated time in microseconds; absent where there is no clock (recorded cases). */
  readonly nowUs?: () => number;
  /** Absent where nothing is ever evicted (recorded cases). */
  readonly preemptions?: PreemptionGate;
  /** Absent where nothing is ever bound (recorded cases). */
  readonly binding?: BindingTools;
  /** Absent where nothing ever waits (recorded cases). */
  readonly waiting?: WaitingPods;
  /** Told of every call into user code; absent: nobody is. */
  readonly userCalls?: UserCallWatch | undefined;
}

/** Makes a plugin for one profile; `args` are decoded and validated already. */
export type PluginFactory = (args: unknown, handle: PluginHandle) => Plugin;

const POINT_METHODS: Readonly<Record<ExtensionPoint, string>> = {
  preEnqueue: "preEnqueue",
  queueSort: "less",
  preFilter: "preFilter",
  filter: "filter",
  postFilter: "postFilter",
  preScore: "preScore",
  score: "score",
  reserve: "reserve",
  permit: "permit",
  preBind: "preBind",
  bind: "binds",
  postBind: "postBind",
};

/** True when the plugin takes part in that extension point. */
export function implementsPoint(plugin: Plugin, point: ExtensionPoint): boolean {
  return POINT_METHODS[point] in plugin;
}
