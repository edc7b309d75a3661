// Pod columns: what the API shows of each pod, one row per pod object, one typed array per fact.
//
//   text and references   template | namespace | nameBase + nameSuffix | finalizers | messages
//   identity              uid | resourceVersion | generation | owner | ownerOrdinal | nameHash
//   placement             node | nominatedNode
//   life                  phase | conditions (2 bits each) | reason codes | restarts | deletion
//   instants              created | start | ready transition | scheduled | deletion, in microseconds
//   links                 all live pods, pods of a node, pods of an owner (row-lists.ts)
//
// Only this file indexes these columns. It is longer than most because it is one table: reading
// methods first, then the writes, which belong to the ApiServer's writers alone (everyone else has
// the `PodTable` type, which lacks them). A removed pod keeps its row and facts until `recycle`.

import {
  Float64Column,
  Int32Column,
  Interner,
  Uint16Column,
  Uint32Column,
} from "../../base/index.ts";
import { assert, Uint8Column } from "../../base/index.ts";
import type { Instant } from "../../base/index.ts";
import type { PodTemplate, PreemptionPolicy } from "../pod-template.ts";
import {
  type ContainerDigest,
  type ContainerStatus,
  ContainerStatuses,
} from "./container-statuses.ts";
import { conditionIn, isFinishedPhase, PodConditionType, withCondition } from "./identity.ts";
import { NEVER_US, NO_NODE, NO_OWNER, NO_POD, POD_CONDITION_COUNT } from "./identity.ts";
import type { ConditionStatus, NodeIndex, OwnerIndex, PodIndex, Uid } from "./identity.ts";
import type { PodPhase } from "./identity.ts";
import { formatPodName, hashOfName } from "./pod-names.ts";
import { RowLists } from "./row-lists.ts";
import { RowNameIndex } from "./row-name-index.ts";

/** Everything about a pod that is fixed when its object is made. */
export interface NewPodRow {
  readonly uid: Uid;
  readonly namespace: string;
  readonly nameBase: string;
  /** 0, or generated suffix number + 1. */
  readonly nameSuffix: number;
  readonly template: PodTemplate;
  readonly priority: number;
  readonly preemptionPolicy: PreemptionPolicy;
  readonly owner: OwnerIndex;
  readonly ownerOrdinal: number;
  readonly finalizers: readonly string[];
  readonly createdUs: number;
}

const NO_FINALIZERS: readonly string[] = [];
const ALL_PODS = 0;

/** The pod table with its writes; the ApiServer hands out only the reading part. */
export class MutablePodTable {
  private templateColumn: (PodTemplate | undefined)[] = [];
  private namespaceColumn: string[] = [];
  private nameBaseColumn: string[] = [];
  private finalizersColumn: (readonly string[])[] = [];
  private readonly nameSuffixColumn = new Uint32Column();
  private readonly nameHashColumn = new Uint32Column();
  private readonly uidColumn = new Float64Column(); // 0 = row is free
  private readonly resourceVersionColumn = new Float64Column();
  private readonly generationColumn = new Uint32Column();
  private readonly existsColumn = new Uint8Column(); // 0 once removed, though the row is held
  private readonly nodeColumn = new Int32Column();
  private readonly nominatedNodeColumn = new Int32Column();
  private readonly ownerColumn = new Int32Column();
  private readonly ownerOrdinalColumn = new Uint32Column();
  private readonly priorityColumn = new Int32Column();
  private readonly preemptionPolicyColumn = new Uint8Column();
  private readonly phaseColumn = new Uint8Column();
  private readonly conditionsColumn = new Uint16Column(); // packed, identity.ts
  private readonly conditionReasonColumn = new Uint16Column(); // codes
  private readonly reasonColumn = new Uint16Column(); // code of status.reason
  private readonly restartCountColumn = new Uint32Column();
  private readonly podIpColumn = new Uint32Column(); // IPv4 as one number, 0 = none
  private readonly deletionGraceSecondsColumn = new Float64Column();
  private readonly createdUsColumn = new Float64Column();
  private readonly startUsColumn = new Float64Column();
  private readonly scheduledUsColumn = new Float64Column();
  private readonly readyTransitionUsColumn = new Float64Column();
  private readonly deletionUsColumn = new Float64Column();

  private readonly reasonCodes = new Interner(); // a closed vocabulary, so nothing is released
  private readonly containers = new ContainerStatuses();
  /** Rare long texts: key row * 8 + condition type, or + 7 for status.message. */
  private readonly messages = new Map<number, string>();
  private readonly live = new RowLists();
  private readonly byNode = new RowLists();
  private readonly byOwner = new RowLists();
  private readonly names = new RowNameIndex();
  private readonly freeRows: number[] = [];
  private rowsUsed = 0;
  private edits = 0;

  constructor() {
    this.reasonCodes.intern(""); // code 0: no reason
  }

  // ---- reading: identity -------------------------------------------------------------------

  /** Live pods; removed ones whose rows are still held do not count. */
  get count(): number {
    return this.live.count(ALL_PODS);
  }

  /** Rows that memory is held for; bounded by the most pods that lived at once. */
  get capacity(): number {
    return this.rowsUsed;
  }

  /** False once the object is removed. Rows come again: check the uid as well, or use `isLive`. */
  exists(pod: PodIndex): boolean {
    return pod >= 0 && pod < this.rowsUsed && this.existsColumn.at(pod) === 1;
  }

  /** True if the row still holds the live pod with this uid. */
  isLive(pod: PodIndex, uid: Uid): boolean {
    return this.exists(pod) && this.uidColumn.at(pod) === uid;
  }

  /** The live pod of that name, or `NO_POD`. */
  find(namespace: string, name: string): PodIndex {
    const hash = hashOfName(namespace, name);
    return this.names.find(
      hash,
      (row) => this.namespaceColumn[row] === namespace && this.name(row as PodIndex) === name,
    ) as PodIndex;
  }

  template(pod: PodIndex): PodTemplate {
    const template = this.templateColumn[pod];
    assert(template !== undefined, "The template of a recycled pod row is read.");
    return template;
  }

  namespace(pod: PodIndex): string {
    return this.namespaceColumn[pod]!;
  }

  /** The name as text; made anew at each call for generated names. */
  name(pod: PodIndex): string {
    return formatPodName(this.nameBaseColumn[pod]!, this.nameSuffixColumn.at(pod));
  }

  uid(pod: PodIndex): Uid {
    return this.uidColumn.at(pod);
  }

  resourceVersion(pod: PodIndex): number {
    return this.resourceVersionColumn.at(pod);
  }

  generation(pod: PodIndex): number {
    return this.generationColumn.at(pod);
  }

  /** Row in the owner table, or `NO_OWNER`; changed by adoption and release. */
  owner(pod: PodIndex): OwnerIndex {
    return this.ownerColumn.at(pod) as OwnerIndex;
  }

  /** Creation ordinal within the owner, from 0; 0 for a bare pod. */
  ownerOrdinal(pod: PodIndex): number {
    return this.ownerOrdinalColumn.at(pod);
  }

  finalizers(pod: PodIndex): readonly string[] {
    return this.finalizersColumn[pod]!;
  }

  createdUs(pod: PodIndex): Instant {
    return this.createdUsColumn.at(pod) as Instant;
  }

  // ---- reading: placement and life ---------------------------------------------------------

  /** spec.nodeName as a row, or `NO_NODE`; the Node object may be gone. */
  node(pod: PodIndex): NodeIndex {
    return this.nodeColumn.at(pod) as NodeIndex;
  }

  nominatedNode(pod: PodIndex): NodeIndex {
    return this.nominatedNodeColumn.at(pod) as NodeIndex;
  }

  priority(pod: PodIndex): number {
    return this.priorityColumn.at(pod);
  }

  preemptionPolicy(pod: PodIndex): PreemptionPolicy {
    return this.preemptionPolicyColumn.at(pod) === 0 ? "PreemptLowerPriority" : "Never";
  }

  phase(pod: PodIndex): PodPhase {
    return this.phaseColumn.at(pod) as PodPhase;
  }

  isFinished(pod: PodIndex): boolean {
    return isFinishedPhase(this.phase(pod));
  }

  /** All conditions in one number; see `conditionIn`. */
  conditions(pod: PodIndex): number {
    return this.conditionsColumn.at(pod);
  }

  condition(pod: PodIndex, type: PodConditionType): ConditionStatus {
    return conditionIn(this.conditionsColumn.at(pod), type);
  }

  podScheduled(pod: PodIndex): ConditionStatus {
    return this.condition(pod, PodConditionType.PodScheduled);
  }

  initialized(pod: PodIndex): ConditionStatus {
    return this.condition(pod, PodConditionType.Initialized);
  }

  containersReady(pod: PodIndex): ConditionStatus {
    return this.condition(pod, PodConditionType.ContainersReady);
  }

  ready(pod: PodIndex): ConditionStatus {
    return this.condition(pod, PodConditionType.Ready);
  }

  conditionReason(pod: PodIndex, type: PodConditionType): string {
    const code = this.conditionReasonColumn.at(pod * POD_CONDITION_COUNT + type);
    return this.reasonCodes.textOf(code);
  }

  conditionMessage(pod: PodIndex, type: PodConditionType): string {
    return this.messages.get(messageKey(pod, type)) ?? "";
  }

  /** When Ready last changed its status; `NEVER_US` while the pod has no such condition. */
  readyTransitionUs(pod: PodIndex): number {
    return this.readyTransitionUsColumn.at(pod);
  }

  /** When the pod was bound; `NEVER_US` while it is not. */
  scheduledUs(pod: PodIndex): number {
    return this.scheduledUsColumn.at(pod);
  }

  /** status.startTime: when the kubelet accepted the pod; `NEVER_US` before. */
  startUs(pod: PodIndex): number {
    return this.startUsColumn.at(pod);
  }

  /** deletionTimestamp, which already contains the grace; `NEVER_US` without one. */
  deletionUs(pod: PodIndex): number {
    return this.deletionUsColumn.at(pod);
  }

  isDeleting(pod: PodIndex): boolean {
    return this.deletionUsColumn.at(pod) !== NEVER_US;
  }

  /** deletionGracePeriodSeconds in microseconds; meaningful while `isDeleting`. */
  deletionGraceUs(pod: PodIndex): number {
    return this.deletionGraceSecondsColumn.at(pod) * 1_000_000;
  }

  deletionGraceSeconds(pod: PodIndex): number {
    return this.deletionGraceSecondsColumn.at(pod);
  }

  /** status.reason, "" if none. */
  reason(pod: PodIndex): string {
    return this.reasonCodes.textOf(this.reasonColumn.at(pod));
  }

  /** status.message, "" if none. */
  message(pod: PodIndex): string {
    return this.messages.get(messageKey(pod, STATUS_MESSAGE)) ?? "";
  }

  /**
   * status.initContainerStatuses and containerStatuses, one list in the template's order; empty
   * until a kubelet has written. Made anew at each call.
   */
  containerStatuses(pod: PodIndex): readonly ContainerStatus[] {
    return this.containers.of(pod);
  }

  /** Restarts of all its containers together. */
  restartCount(pod: PodIndex): number {
    return this.restartCountColumn.at(pod);
  }

  /** Pod address as text, "" while it has none. */
  podIp(pod: PodIndex): string {
    return formatIpv4(this.podIpColumn.at(pod));
  }

  // ---- reading: lists ----------------------------------------------------------------------

  /** Calls `visit` for every live pod in creation order. The visitor must not write. */
  forEach(visit: (pod: PodIndex) => void): void {
    walk(this.live, ALL_PODS, visit);
  }

  /** Pods of a node in binding order, finished and terminating ones included. */
  forEachOnNode(node: NodeIndex, visit: (pod: PodIndex) => void): void {
    walk(this.byNode, node, visit);
  }

  /** The same as a new array, for callers that write while they go through it. */
  podsOnNode(node: NodeIndex): PodIndex[] {
    return collected(this.byNode, node);
  }

  countOnNode(node: NodeIndex): number {
    return this.byNode.count(node);
  }

  /** Live pods of an owner in creation order, adopted ones in the order of their adoption. */
  forEachOfOwner(owner: OwnerIndex, visit: (pod: PodIndex) => void): void {
    walk(this.byOwner, owner, visit);
  }

  podsOfOwner(owner: OwnerIndex): PodIndex[] {
    return collected(this.byOwner, owner);
  }

  countOfOwner(owner: OwnerIndex): number {
    return this.byOwner.count(owner);
  }

  /** The node on whose list the pod is, for the check that list and field agree. */
  listedOnNode(pod: PodIndex): NodeIndex {
    return this.byNode.listOf(pod) as NodeIndex;
  }

  // ---- codes, for the change journal and the fingerprint ------------------------------------

  reasonCode(pod: PodIndex): number {
    return this.reasonColumn.at(pod);
  }

  /** Adds what the API shows of the pod's containers to a digest. */
  addContainersTo(digest: ContainerDigest, pod: PodIndex): void {
    this.containers.addTo(digest, pod);
  }

  podIpNumber(pod: PodIndex): number {
    return this.podIpColumn.at(pod);
  }

  /**
   * Counts differences written to status texts, codes, restarts, start time and address of any pod;
   * a commit compares it with its value before.
   */
  get statusEdits(): number {
    return this.edits;
  }

  reasonText(code: number): string {
    return this.reasonCodes.textOf(code);
  }

  // ---- writing: only for the ApiServer's writers --------------------------------------------

  /** Makes a Pending pod without node or conditions. The name must be free. */
  add(row: NewPodRow): PodIndex {
    const pod = (this.freeRows.pop() ?? this.newRow()) as PodIndex;
    assert(this.uidColumn.at(pod) === 0, "A pod row is given out while it is held.");
    this.templateColumn[pod] = row.template;
    this.namespaceColumn[pod] = row.namespace;
    this.nameBaseColumn[pod] = row.nameBase;
    this.finalizersColumn[pod] = row.finalizers;
    this.nameSuffixColumn.set(pod, row.nameSuffix);
    this.uidColumn.set(pod, row.uid);
    this.generationColumn.set(pod, 1);
    this.existsColumn.set(pod, 1);
    this.nodeColumn.set(pod, NO_NODE);
    this.nominatedNodeColumn.set(pod, NO_NODE);
    this.ownerColumn.set(pod, row.owner);
    this.ownerOrdinalColumn.set(pod, row.ownerOrdinal);
    this.priorityColumn.set(pod, row.priority);
    this.preemptionPolicyColumn.set(pod, row.preemptionPolicy === "Never" ? 1 : 0);
    this.phaseColumn.set(pod, 0);
    this.conditionsColumn.set(pod, 0);
    for (let type = 0; type < POD_CONDITION_COUNT; type++) {
      this.conditionReasonColumn.set(pod * POD_CONDITION_COUNT + type, 0);
    }
    this.reasonColumn.set(pod, 0);
    this.restartCountColumn.set(pod, 0);
    this.podIpColumn.set(pod, 0);
    this.deletionGraceSecondsColumn.set(pod, 0);
    this.createdUsColumn.set(pod, row.createdUs);
    this.startUsColumn.set(pod, NEVER_US);
    this.scheduledUsColumn.set(pod, NEVER_US);
    this.readyTransitionUsColumn.set(pod, NEVER_US);
    this.deletionUsColumn.set(pod, NEVER_US);
    const hash = hashOfName(row.namespace, this.name(pod));
    this.nameHashColumn.set(pod, hash);
    this.names.add(hash, pod);
    this.live.append(ALL_PODS, pod);
    if (row.owner !== NO_OWNER) this.byOwner.append(row.owner, pod);
    return pod;
  }

  /** Ends the object: lists and names forget it, the row stays readable until `recycle`. */
  remove(pod: PodIndex): void {
    assert(this.existsColumn.at(pod) === 1, "A pod is removed twice.");
    this.existsColumn.set(pod, 0);
    this.names.remove(this.nameHashColumn.at(pod), pod);
    this.live.remove(pod);
    if (this.byNode.listOf(pod) !== NO_NODE) this.byNode.remove(pod);
    if (this.byOwner.listOf(pod) !== NO_OWNER) this.byOwner.remove(pod);
  }

  /** Frees the row of a removed pod; nobody may hold it any more. */
  recycle(pod: PodIndex): void {
    assert(this.existsColumn.at(pod) === 0, "The row of a live pod is recycled.");
    assert(this.uidColumn.at(pod) !== 0, "A pod row is recycled twice.");
    this.uidColumn.set(pod, 0);
    this.templateColumn[pod] = undefined;
    this.namespaceColumn[pod] = "";
    this.nameBaseColumn[pod] = "";
    this.finalizersColumn[pod] = NO_FINALIZERS;
    if (this.messages.size > 0) {
      for (let part = 0; part <= STATUS_MESSAGE; part++) this.messages.delete(pod * 8 + part);
    }
    this.containers.release(pod);
    this.freeRows.push(pod);
  }

  setNode(pod: PodIndex, node: NodeIndex, atUs: number): void {
    this.nodeColumn.set(pod, node);
    this.scheduledUsColumn.set(pod, atUs);
    this.byNode.append(node, pod);
  }

  setNominatedNode(pod: PodIndex, node: NodeIndex): void {
    this.nominatedNodeColumn.set(pod, node);
  }

  setPhase(pod: PodIndex, phase: PodPhase): void {
    this.phaseColumn.set(pod, phase);
  }

  /** Sets a condition; a change of Ready's status moves its transition instant. */
  setCondition(
    pod: PodIndex,
    type: PodConditionType,
    status: ConditionStatus,
    reason: string,
    message: string,
    atUs: number,
  ): void {
    const before = this.conditionsColumn.at(pod);
    this.conditionsColumn.set(pod, withCondition(before, type, status));
    const code = this.reasonCodes.intern(reason);
    const place = pod * POD_CONDITION_COUNT + type;
    if (this.conditionReasonColumn.at(place) !== code) this.edits++;
    this.conditionReasonColumn.set(place, code);
    this.setMessage(messageKey(pod, type), message);
    const moved = conditionIn(before, type) !== status;
    if (moved && type === PodConditionType.Ready) this.readyTransitionUsColumn.set(pod, atUs);
  }

  setReason(pod: PodIndex, reason: string): void {
    const value = this.reasonCodes.intern(reason);
    if (this.reasonColumn.at(pod) !== value) this.edits++;
    this.reasonColumn.set(pod, value);
  }

  setStatusMessage(pod: PodIndex, message: string): void {
    this.setMessage(messageKey(pod, STATUS_MESSAGE), message);
  }

  /** Replaces what is shown of its containers, as many as the template has. */
  setContainerStatuses(pod: PodIndex, statuses: readonly ContainerStatus[]): void {
    if (this.containers.set(pod, statuses)) this.edits++;
  }

  setRestartCount(pod: PodIndex, count: number): void {
    if (this.restartCountColumn.at(pod) !== count) this.edits++;
    this.restartCountColumn.set(pod, count);
  }

  setPodIpNumber(pod: PodIndex, address: number): void {
    if (this.podIpColumn.at(pod) !== address) this.edits++;
    this.podIpColumn.set(pod, address);
  }

  setStartUs(pod: PodIndex, atUs: number): void {
    if (this.startUsColumn.at(pod) !== atUs) this.edits++;
    this.startUsColumn.set(pod, atUs);
  }

  setDeletion(pod: PodIndex, deletionUs: number, graceSeconds: number): void {
    this.deletionUsColumn.set(pod, deletionUs);
    this.deletionGraceSecondsColumn.set(pod, graceSeconds);
  }

  setTemplate(pod: PodIndex, template: PodTemplate): void {
    this.templateColumn[pod] = template;
  }

  setFinalizers(pod: PodIndex, finalizers: readonly string[]): void {
    this.finalizersColumn[pod] = finalizers;
  }

  /** Moves the pod to the end of another owner's list, or to none. */
  setOwner(pod: PodIndex, owner: OwnerIndex, ordinal: number): void {
    if (this.byOwner.listOf(pod) !== NO_OWNER) this.byOwner.remove(pod);
    this.ownerColumn.set(pod, owner);
    this.ownerOrdinalColumn.set(pod, ordinal);
    if (owner !== NO_OWNER) this.byOwner.append(owner, pod);
  }

  setResourceVersion(pod: PodIndex, version: number): void {
    this.resourceVersionColumn.set(pod, version);
  }

  bumpGeneration(pod: PodIndex): void {
    this.generationColumn.set(pod, this.generationColumn.at(pod) + 1);
  }

  private setMessage(key: number, message: string): void {
    const before = this.messages.get(key) ?? "";
    if (before === message) return;
    this.edits++;
    if (message === "") this.messages.delete(key);
    else this.messages.set(key, message);
  }

  private newRow(): number {
    this.grow(this.rowsUsed + 1);
    return this.rowsUsed++;
  }

  /** Makes every column long enough for `rows` rows. */
  private grow(rows: number): void {
    this.nameSuffixColumn.grow(rows);
    this.nameHashColumn.grow(rows);
    this.uidColumn.grow(rows);
    this.resourceVersionColumn.grow(rows);
    this.generationColumn.grow(rows);
    this.existsColumn.grow(rows);
    this.nodeColumn.grow(rows);
    this.nominatedNodeColumn.grow(rows);
    this.ownerColumn.grow(rows);
    this.ownerOrdinalColumn.grow(rows);
    this.priorityColumn.grow(rows);
    this.preemptionPolicyColumn.grow(rows);
    this.phaseColumn.grow(rows);
    this.conditionsColumn.grow(rows);
    this.conditionReasonColumn.grow(rows * POD_CONDITION_COUNT);
    this.reasonColumn.grow(rows);
    this.restartCountColumn.grow(rows);
    this.podIpColumn.grow(rows);
    this.deletionGraceSecondsColumn.grow(rows);
    this.createdUsColumn.grow(rows);
    this.startUsColumn.grow(rows);
    this.scheduledUsColumn.grow(rows);
    this.readyTransitionUsColumn.grow(rows);
    this.deletionUsColumn.grow(rows);
  }
}

/** The writing methods, which only the ApiServer's writers may see. */
type PodTableWrites =
  | "add"
  | "remove"
  | "recycle"
  | "bumpGeneration"
  | Extract<keyof MutablePodTable, `set${string}`>;

/** The pod table as everyone but the ApiServer sees it: reading only. */
export type PodTable = Omit<MutablePodTable, PodTableWrites>;

const STATUS_MESSAGE = 7;

function messageKey(pod: PodIndex, part: number): number {
  return pod * 8 + part;
}

function walk(lists: RowLists, list: number, visit: (pod: PodIndex) => void): void {
  let row = lists.first(list);
  while (row !== NO_POD) {
    const next = lists.next(row);
    visit(row as PodIndex);
    row = next;
  }
}

function collected(lists: RowLists, list: number): PodIndex[] {
  const pods: PodIndex[] = [];
  for (let row = lists.first(list); row !== NO_POD; row = lists.next(row)) {
    pods.push(row as PodIndex);
  }
  return pods;
}

/** Dotted text of an IPv4 address kept as one number; "" for 0. */
export function formatIpv4(address: number): string {
  if (address === 0) return "";
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join(".");
}

/** The number behind dotted IPv4 text; 0 for "", undefined for anything else. */
export function parseIpv4(text: string): number | undefined {
  if (text === "") return 0;
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let address = 0;
  for (const part of match.slice(1)) {
    const value = Number(part);
    if (value > 255) return undefined;
    address = address * 256 + value;
  }
  return address;
}
