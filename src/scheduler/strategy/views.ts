// Views: what a user's strategy or plugin is shown of pods and nodes.
//
// Frozen objects over this scheduler's beliefs; nothing can be changed through them. A NodeView
// reads the present state at each access, so it is to be used during the call that received it and
// not kept. Amounts are integers: milli-cpu, bytes, whole units.

import type { Labels, ResourceList, Taint, Toleration } from "../../cluster/index.ts";
import type { NodeRow } from "../cache/node-row.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { OperationCounts } from "../framework/operation-counts.ts";
import type { PodInfo } from "../framework/pod-info.ts";

/** Texts by key, as a frozen object without prototype. */
export type TextMap = Readonly<Record<string, string>>;

/** A pod, pending or placed. Amounts are what the scheduler counts: init containers and overhead included. */
export interface PodView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | number;
  readonly schedulerName: string;
  readonly priority: number;
  readonly labels: TextMap;
  readonly annotations: TextMap;
  readonly nodeSelector: TextMap;
  readonly tolerations: readonly Toleration[];
  readonly ownerKind: string;
  readonly ownerName: string;
  /** The node it is on, or "". */
  readonly nodeName: string;
  readonly isDeleting: boolean;
  readonly milliCpuRequested: number;
  readonly memoryBytesRequested: number;
  readonly ephemeralBytesRequested: number;
  /** Requested amount of any resource, such as "nvidia.com/gpu"; 0 when not requested. */
  requested(resource: string): number;
}

/**
 * A node as this scheduler believes it to be, assumed pods included: allocatable, requested by its pods,
 * and free, which is negative where a node shrank below its requests. Valid during the call only.
 */
export interface NodeView {
  readonly name: string;
  readonly labels: TextMap;
  readonly annotations: TextMap;
  readonly taints: readonly Taint[];
  readonly isUnschedulable: boolean;
  readonly podCount: number;
  readonly podsAllowed: number;
  readonly milliCpuAllocatable: number;
  readonly milliCpuRequested: number;
  readonly milliCpuFree: number;
  readonly memoryBytesAllocatable: number;
  readonly memoryBytesRequested: number;
  readonly memoryBytesFree: number;
  /** Of any resource by name, such as "nvidia.com/gpu", in its own unit; 0 where the node has none. */
  allocatable(resource: string): number;
  requested(resource: string): number;
  free(resource: string): number;
  pods(): readonly PodView[];
}

/** The cluster during one decision. */
export interface ClusterView {
  /** Simulated time in microseconds. */
  readonly nowUs: number;
  /** Nodes that passed every filter, in the scheduler's node order. */
  readonly nodes: readonly NodeView[];
  /** All nodes, those that do not fit included. */
  allNodes(): readonly NodeView[];
}

const NO_TEXTS: TextMap = Object.freeze(Object.create(null) as Record<string, string>);
const textMaps = new WeakMap<Labels, TextMap>();

/** A map of labels as a frozen object, made once per map. */
function textMapOf(labels: Labels | undefined): TextMap {
  if (labels === undefined || labels.size === 0) return NO_TEXTS;
  let made = textMaps.get(labels);
  if (made === undefined) {
    const object = Object.create(null) as Record<string, string>;
    for (const [key, value] of labels) object[key] = value;
    made = Object.freeze(object);
    textMaps.set(labels, made);
  }
  return made;
}

class FrozenPodView implements PodView {
  readonly #pod: PodInfo;

  constructor(pod: PodInfo) {
    this.#pod = pod;
    Object.freeze(this);
  }

  get namespace(): string {
    return this.#pod.namespace;
  }
  get name(): string {
    return this.#pod.name;
  }
  get uid(): string | number {
    return this.#pod.uid;
  }
  get schedulerName(): string {
    return this.#pod.template.schedulerName;
  }
  get priority(): number {
    return this.#pod.priority;
  }
  get labels(): TextMap {
    return textMapOf(this.#pod.template.labels);
  }
  get annotations(): TextMap {
    return textMapOf(this.#pod.template.annotations);
  }
  get nodeSelector(): TextMap {
    return textMapOf(this.#pod.template.nodeSelector);
  }
  get tolerations(): readonly Toleration[] {
    return frozenList(this.#pod.template.tolerations);
  }
  get ownerKind(): string {
    return this.#pod.owner?.kind ?? "";
  }
  get ownerName(): string {
    return this.#pod.owner?.name ?? "";
  }
  get nodeName(): string {
    return this.#pod.nodeName;
  }
  get isDeleting(): boolean {
    return this.#pod.deleting;
  }
  get milliCpuRequested(): number {
    return this.#pod.template.requests.milliCpu;
  }
  get memoryBytesRequested(): number {
    return this.#pod.template.requests.memoryBytes;
  }
  get ephemeralBytesRequested(): number {
    return this.#pod.template.requests.ephemeralStorageBytes;
  }
  requested(resource: string): number {
    return amountOf(this.#pod.template.requests, resource);
  }
}

class FrozenNodeView implements NodeView {
  readonly #row: NodeRow;
  readonly #cache: SchedulerCache;
  readonly #viewOfPod: (pod: PodInfo) => PodView;

  constructor(row: NodeRow, cache: SchedulerCache, viewOfPod: (pod: PodInfo) => PodView) {
    this.#row = row;
    this.#cache = cache;
    this.#viewOfPod = viewOfPod;
    Object.freeze(this);
  }

  get name(): string {
    return this.#cache.nodeName(this.#row);
  }
  get labels(): TextMap {
    return textMapOf(this.#cache.node(this.#row).meta.labels);
  }
  get annotations(): TextMap {
    return textMapOf(this.#cache.node(this.#row).meta.annotations);
  }
  get taints(): readonly Taint[] {
    return frozenList(this.#cache.node(this.#row).taints);
  }
  get isUnschedulable(): boolean {
    return this.#cache.node(this.#row).unschedulable;
  }
  get podCount(): number {
    return this.#cache.resources.podCount(this.#row);
  }
  get podsAllowed(): number {
    return this.#cache.resources.allocatablePods(this.#row);
  }
  get milliCpuAllocatable(): number {
    return this.#cache.resources.allocatableMilliCpu(this.#row);
  }
  get milliCpuRequested(): number {
    return this.#cache.resources.requestedMilliCpu(this.#row);
  }
  get milliCpuFree(): number {
    return this.milliCpuAllocatable - this.milliCpuRequested;
  }
  get memoryBytesAllocatable(): number {
    return this.#cache.resources.allocatableMemoryBytes(this.#row);
  }
  get memoryBytesRequested(): number {
    return this.#cache.resources.requestedMemoryBytes(this.#row);
  }
  get memoryBytesFree(): number {
    return this.memoryBytesAllocatable - this.memoryBytesRequested;
  }
  allocatable(resource: string): number {
    return amountOf(this.#cache.node(this.#row).allocatable, resource);
  }
  requested(resource: string): number {
    const { resources } = this.#cache;
    if (resource === "cpu") return resources.requestedMilliCpu(this.#row);
    if (resource === "memory") return resources.requestedMemoryBytes(this.#row);
    if (resource === "ephemeral-storage") return resources.requestedEphemeralBytes(this.#row);
    if (resource === "pods") return resources.podCount(this.#row);
    return resources.requestedScalar(this.#row, resource);
  }
  free(resource: string): number {
    return this.allocatable(resource) - this.requested(resource);
  }
  pods(): readonly PodView[] {
    return Object.freeze(this.#cache.podsOn(this.#row).map(this.#viewOfPod));
  }
}
Object.freeze(FrozenPodView.prototype);
Object.freeze(FrozenNodeView.prototype);

/** Makes views over one cache; each pod record and each node row has one. */
export class ViewMaker {
  private readonly cache: SchedulerCache;
  private readonly podViews = new WeakMap<PodInfo, PodView>();
  private readonly nodeViews: NodeView[] = [];
  private readonly viewOfPod = (pod: PodInfo): PodView => this.pod(pod);

  constructor(cache: SchedulerCache) {
    this.cache = cache;
  }

  pod(pod: PodInfo): PodView {
    let view = this.podViews.get(pod);
    if (view === undefined) {
      view = new FrozenPodView(pod);
      this.podViews.set(pod, view);
    }
    return view;
  }

  node(row: NodeRow): NodeView {
    this.nodeViews[row] ??= new FrozenNodeView(row, this.cache, this.viewOfPod);
    return this.nodeViews[row];
  }

  /** A list of views for user code; it counts as work where somebody counts. */
  nodes(rows: readonly NodeRow[], operations: OperationCounts | undefined): readonly NodeView[] {
    if (operations !== undefined) operations.nodeViews += rows.length;
    return Object.freeze(rows.map((row) => this.node(row)));
  }

  cluster(nowUs: number, feasible: readonly NodeRow[]): ClusterView {
    const { operations, nodeList: all } = this.cache;
    return Object.freeze({
      nowUs,
      nodes: this.nodes(feasible, operations),
      allNodes: () => this.nodes(all, operations),
    });
  }
}

const frozenLists = new WeakMap<readonly object[], readonly object[]>();

/** A deeply frozen copy of a list of flat records, made once per list. */
function frozenList<T extends object>(list: readonly T[]): readonly T[] {
  let frozen = frozenLists.get(list) as readonly T[] | undefined;
  if (frozen === undefined) {
    frozen = Object.freeze(list.map((item) => Object.freeze({ ...item })));
    frozenLists.set(list, frozen);
  }
  return frozen;
}

function amountOf(list: ResourceList, resource: string): number {
  if (resource === "cpu") return list.milliCpu;
  if (resource === "memory") return list.memoryBytes;
  if (resource === "ephemeral-storage") return list.ephemeralStorageBytes;
  if (resource === "pods") return list.pods;
  return list.scalars.get(resource) ?? 0;
}
