// Node columns: what the API shows of each node, one row per node name.
//
//   name | facts | uid (0 = no Node object now) | resourceVersion | created
//   allocatable and capacity: cpu (milli), memory, ephemeral storage (bytes), pods
//   Ready status and its transition | unschedulable | zone
//
// A row belongs to a name for the whole run: pods and machines go on naming a node after its object
// is gone, and a new object of that name is the same row with a new uid. `facts` is the immutable
// Node object, replaced at each change; the columns are copies of what is read in loops.

import { AssertionError, assert, Float64Column, Interner, Uint8Column } from "../../base/index.ts";
import type { Instant } from "../../base/index.ts";
import type { NodeObject } from "../objects/node-and-pod.ts";
import { ConditionStatus, NEVER_US, NO_NODE } from "./identity.ts";
import type { NodeIndex, Uid } from "./identity.ts";

/** Labels that say where a node is. */
export const ZONE_LABEL = "topology.kubernetes.io/zone";
/** Label with the region of a node. */
export const REGION_LABEL = "topology.kubernetes.io/region";

/** The node table with its writes; the ApiServer hands out only the reading part. */
export class MutableNodeTable {
  private readonly names = new Interner();
  private readonly zones = new Interner(); // "region/zone"; number 0 is "/", nodes without labels
  private readonly factsColumn: (NodeObject | undefined)[] = [];
  private readonly uidColumn = new Float64Column();
  private readonly resourceVersionColumn = new Float64Column();
  private readonly createdUsColumn = new Float64Column();
  private readonly milliCpuAllocatableColumn = new Float64Column();
  private readonly memoryBytesAllocatableColumn = new Float64Column();
  private readonly ephemeralBytesAllocatableColumn = new Float64Column();
  private readonly podsAllocatableColumn = new Float64Column();
  private readonly readyColumn = new Uint8Column();
  private readonly readyTransitionUsColumn = new Float64Column();
  private readonly unschedulableColumn = new Uint8Column();
  private readonly zoneColumn = new Float64Column();
  private existing = 0;

  constructor() {
    this.zones.intern("/");
  }

  // ---- reading -----------------------------------------------------------------------------

  /** Nodes whose object exists. */
  get count(): number {
    return this.existing;
  }

  /** Rows ever given out: 0 to this minus 1 are valid indexes. */
  get rowCount(): number {
    return this.names.size;
  }

  /** Row of a name, whether or not its object exists now; `NO_NODE` if the name was never seen. */
  byName(name: string): NodeIndex {
    return (this.names.find(name) ?? NO_NODE) as NodeIndex;
  }

  /** Row of a node whose object exists, else `NO_NODE`. */
  find(name: string): NodeIndex {
    const node = this.byName(name);
    return node !== NO_NODE && this.exists(node) ? node : NO_NODE;
  }

  name(node: NodeIndex): string {
    return this.names.textOf(node);
  }

  /** True while the Node object exists. */
  exists(node: NodeIndex): boolean {
    return node >= 0 && node < this.rowCount && this.uidColumn.at(node) !== 0;
  }

  isLive(node: NodeIndex, uid: Uid): boolean {
    return this.exists(node) && this.uidColumn.at(node) === uid;
  }

  /** The Node object; asserts that it exists. */
  facts(node: NodeIndex): NodeObject {
    const facts = this.factsColumn[node];
    if (facts === undefined) {
      throw new AssertionError(`Node "${this.name(node)}" has no object.`);
    }
    return facts;
  }

  /** Uid of the present object, 0 without one. */
  uid(node: NodeIndex): Uid {
    return this.uidColumn.at(node);
  }

  resourceVersion(node: NodeIndex): number {
    return this.resourceVersionColumn.at(node);
  }

  createdUs(node: NodeIndex): Instant {
    return this.createdUsColumn.at(node) as Instant;
  }

  milliCpuAllocatable(node: NodeIndex): number {
    return this.milliCpuAllocatableColumn.at(node);
  }

  memoryBytesAllocatable(node: NodeIndex): number {
    return this.memoryBytesAllocatableColumn.at(node);
  }

  ephemeralBytesAllocatable(node: NodeIndex): number {
    return this.ephemeralBytesAllocatableColumn.at(node);
  }

  podsAllocatable(node: NodeIndex): number {
    return this.podsAllocatableColumn.at(node);
  }

  /** Status of the Ready condition; `Absent` before the kubelet's first report. */
  ready(node: NodeIndex): ConditionStatus {
    return this.readyColumn.at(node) as ConditionStatus;
  }

  readyTransitionUs(node: NodeIndex): number {
    return this.readyTransitionUsColumn.at(node);
  }

  unschedulable(node: NodeIndex): boolean {
    return this.unschedulableColumn.at(node) === 1;
  }

  /** Dense number of the node's (region, zone); nodes without such labels share number 0. */
  zone(node: NodeIndex): number {
    return this.zoneColumn.at(node);
  }

  /** "region/zone" of a zone number; "/" for nodes without labels. */
  zoneName(zone: number): string {
    return this.zones.textOf(zone);
  }

  /** Nodes whose object exists, in creation order. */
  collectExisting(): NodeIndex[] {
    const rows: NodeIndex[] = [];
    for (let row = 0; row < this.rowCount; row++) {
      if (this.uidColumn.at(row) !== 0) rows.push(row as NodeIndex);
    }
    return rows.sort((a, b) => this.uid(a) - this.uid(b));
  }

  // ---- writing: only for the ApiServer's writers --------------------------------------------

  /** The row of a name, made if it is new. */
  rowFor(name: string): NodeIndex {
    const row = this.names.intern(name);
    if (row === this.uidColumn.length) this.addRow();
    return row as NodeIndex;
  }

  create(node: NodeIndex, facts: NodeObject, uid: Uid, atUs: number): void {
    assert(!this.exists(node), "A Node object is created twice.");
    this.uidColumn.set(node, uid);
    this.createdUsColumn.set(node, atUs);
    this.readyColumn.set(node, ConditionStatus.Absent);
    this.readyTransitionUsColumn.set(node, NEVER_US);
    this.existing++;
    this.replace(node, facts, atUs);
  }

  /** Replaces the object and copies what the columns hold. */
  replace(node: NodeIndex, facts: NodeObject, atUs: number): void {
    this.factsColumn[node] = facts;
    const { allocatable } = facts;
    this.milliCpuAllocatableColumn.set(node, allocatable.milliCpu);
    this.memoryBytesAllocatableColumn.set(node, allocatable.memoryBytes);
    this.ephemeralBytesAllocatableColumn.set(node, allocatable.ephemeralStorageBytes);
    this.podsAllocatableColumn.set(node, allocatable.pods);
    this.unschedulableColumn.set(node, facts.unschedulable ? 1 : 0);
    this.zoneColumn.set(node, this.zones.intern(zoneKeyOf(facts)));
    const ready = readyStatusOf(facts);
    if (ready === this.readyColumn.at(node)) return;
    this.readyColumn.set(node, ready);
    this.readyTransitionUsColumn.set(node, atUs);
  }

  remove(node: NodeIndex): void {
    assert(this.exists(node), "A Node object is removed twice.");
    this.factsColumn[node] = undefined;
    this.uidColumn.set(node, 0);
    this.existing--;
  }

  setResourceVersion(node: NodeIndex, version: number): void {
    this.resourceVersionColumn.set(node, version);
  }

  private addRow(): void {
    this.uidColumn.push(0);
    this.resourceVersionColumn.push(0);
    this.createdUsColumn.push(0);
    this.milliCpuAllocatableColumn.push(0);
    this.memoryBytesAllocatableColumn.push(0);
    this.ephemeralBytesAllocatableColumn.push(0);
    this.podsAllocatableColumn.push(0);
    this.readyColumn.push(0);
    this.readyTransitionUsColumn.push(NEVER_US);
    this.unschedulableColumn.push(0);
    this.zoneColumn.push(0);
  }
}

type NodeTableWrites = "rowFor" | "create" | "replace" | "remove" | "setResourceVersion";

/** The node table as everyone but the ApiServer sees it: reading only. */
export type NodeTable = Omit<MutableNodeTable, NodeTableWrites>;

/** "region/zone" from a node's labels. */
export function zoneKeyOf(node: NodeObject): string {
  const { labels } = node.meta;
  return `${labels.get(REGION_LABEL) ?? ""}/${labels.get(ZONE_LABEL) ?? ""}`;
}

/** The Ready condition's status; `Absent` without one. */
export function readyStatusOf(node: NodeObject): ConditionStatus {
  const ready = node.conditions.find((condition) => condition.type === "Ready");
  if (ready === undefined) return ConditionStatus.Absent;
  if (ready.status === "True") return ConditionStatus.True;
  return ready.status === "False" ? ConditionStatus.False : ConditionStatus.Unknown;
}
