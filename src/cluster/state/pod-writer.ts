// Pod writer: the commits that a request about a pod may make, each validated and whole.
//
// Rules of deletion: spec/objects-and-defaults.md section 4. A pod is never moved and its spec is
// never edited in place: a bound pod stays bound, an update of labels, gates or images puts another
// shared template in place of the first.

import { assert } from "../../base/index.ts";
import { checkNamespace } from "../admission/pod-admission.ts";
import type { AdmittedPod, PodAdmission } from "../admission/pod-admission.ts";
import type { QuotaAdmission } from "../admission/quota-admission.ts";
import type { TopologyLabels } from "../admission/topology-labels.ts";
import type { PodTemplate } from "../pod-template.ts";
import { refused, UNCHANGED } from "./api-result.ts";
import type { ApiRefusal, ApiResult } from "./api-result.ts";
import type { ApiState } from "./api-state.ts";
import type { ContainerStatus } from "./container-statuses.ts";
import { ConditionStatus, isFinishedPhase, NO_NODE, NO_OWNER, NO_POD } from "./identity.ts";
import { formatPhase, PodConditionType, PodPhase } from "./identity.ts";
import type { NodeIndex, OwnerIndex, PodIndex, Uid } from "./identity.ts";
import type { OwnerRef } from "./owner-table.ts";
import { formatPodName, hashOfName, NAME_NUMBER_MAX, NO_SUFFIX } from "./pod-names.ts";
import { suffixCodeOfNumber, suffixIndexFor } from "./pod-names.ts";
import { parseIpv4 } from "./pod-table.ts";

/** A pod to be made. Either `name` or `generateName`. */
export interface NewPod {
  readonly namespace: string;
  readonly name?: string;
  /** Ends the name in decimal: pods that differ in nothing but a number share the text before it. */
  readonly nameNumber?: number;
  /** Base of the name; five characters are added. */
  readonly generateName?: string;
  readonly template: PodTemplate;
  /** The controller owner. */
  readonly owner?: OwnerRef;
  /** Binds the pod at creation, past every scheduler (DaemonSets of old, static pods, dumps). */
  readonly nodeName?: string;
  readonly finalizers?: readonly string[];
}

/** A condition to be set: a status alone clears reason and message. */
export interface ConditionPatch {
  readonly status: ConditionStatus;
  readonly reason?: string;
  readonly message?: string;
}

/** What a status patch may set; absent members stay as they are. */
export interface PodStatusPatch {
  readonly phase?: PodPhase;
  readonly podScheduled?: ConditionPatch;
  readonly podReadyToStartContainers?: ConditionPatch;
  readonly initialized?: ConditionPatch;
  readonly containersReady?: ConditionPatch;
  readonly ready?: ConditionPatch;
  readonly disruptionTarget?: ConditionPatch;
  /** status.reason and status.message. */
  readonly reason?: string;
  readonly message?: string;
  /** All containers of the pod: init containers, then main ones. */
  readonly containers?: readonly ContainerStatus[];
  readonly restartCount?: number;
  /** `NO_NODE` clears the nomination. */
  readonly nominatedNode?: NodeIndex;
  readonly startUs?: number;
  /** Dotted IPv4 text; "" clears it. */
  readonly podIp?: string;
}

/** Options of a DELETE. */
export interface PodDeletion {
  /** Absent: the pod's own terminationGracePeriodSeconds. */
  readonly graceSeconds?: number;
}

/** How many names a generateName tries, as upstream does. */
const NAME_TRIES = 8;
const GATED_MESSAGE = "Scheduling is blocked due to non-empty scheduling gates";
const NO_FINALIZERS: readonly string[] = [];

const CONDITION_MEMBERS = [
  ["podScheduled", PodConditionType.PodScheduled],
  ["podReadyToStartContainers", PodConditionType.PodReadyToStartContainers],
  ["initialized", PodConditionType.Initialized],
  ["containersReady", PodConditionType.ContainersReady],
  ["ready", PodConditionType.Ready],
  ["disruptionTarget", PodConditionType.DisruptionTarget],
] as const;

/** Commits about pods. */
export class PodWriter {
  private readonly state: ApiState;
  private readonly admission: PodAdmission;
  private readonly quotas: QuotaAdmission;
  private readonly topologyLabels: TopologyLabels | undefined;
  private readonly createNamespace: (name: string) => void;
  /** Ordinals of bare pods per generateName base. */
  private readonly bareOrdinals = new Map<string, number>();

  constructor(
    state: ApiState,
    admission: PodAdmission,
    topologyLabels: TopologyLabels | undefined,
    createNamespace: (name: string) => void,
    quotas: QuotaAdmission,
  ) {
    this.state = state;
    this.admission = admission;
    this.quotas = quotas;
    this.topologyLabels = topologyLabels;
    this.createNamespace = createNamespace;
  }

  /** POST pods. */
  create(pod: NewPod): ApiResult {
    const shownName = fullName(pod) ?? pod.generateName ?? "";
    if (shownName === "") return refused("Invalid", "name or generateName is required");
    const place = checkNamespace(this.state.objects, pod.namespace, `pods "${shownName}"`);
    if (place !== undefined && place !== "missing") return place;
    const admitted = this.admission.admit(pod.template, shownName, pod.namespace);
    if (!admitted.ok) return admitted;
    const row = this.add(pod, admitted, this.state.nowUs, this.quotas);
    if (typeof row !== "number") return row;
    this.setGated(row);
    return this.announceNew(row);
  }

  /**
   * Stores a pod that exists already (the initial state): nothing is refused but a name that is
   * taken, and `complete` sets what its status says before anybody is told.
   */
  store(pod: NewPod, createdUs: number, complete: (pod: PodIndex) => void): ApiResult {
    const row = this.add(pod, this.admission.fill(pod.template), createdUs);
    if (typeof row !== "number") return row;
    complete(row);
    return this.announceNew(row);
  }

  /** POST pods/binding: once in a pod's life. */
  bind(pod: PodIndex, uid: Uid, node: NodeIndex): ApiResult {
    const { pods, nodes } = this.state;
    if (!pods.isLive(pod, uid)) return goneRefusal();
    const name = pods.name(pod);
    const assigned = pods.node(pod);
    if (pods.isDeleting(pod)) {
      const text = `pod ${name} is being deleted, cannot be assigned to a host`;
      return refused("Conflict", text);
    }
    if (assigned !== NO_NODE) {
      const text = `pod ${name} is already assigned to node "${nodes.name(assigned)}"`;
      return refused("Conflict", text);
    }
    if (pods.template(pod).schedulingGates.length > 0) {
      return refused("Conflict", `pod ${name} has non-empty .spec.schedulingGates`);
    }
    this.state.beginPod(pod);
    pods.setNode(pod, node, this.state.nowUs);
    if (this.topologyLabels !== undefined && nodes.exists(node)) {
      const template = this.topologyLabels.bound(pods.template(pod), nodes.facts(node));
      pods.setTemplate(pod, template);
    }
    pods.setNominatedNode(pod, NO_NODE);
    this.setCondition(pod, PodConditionType.PodScheduled, { status: ConditionStatus.True });
    this.state.commitPod(pod, "Modified");
    return this.done(pod);
  }

  /** PATCH pods/status. A phase only goes forward; a finished one is never left. */
  patchStatus(pod: PodIndex, uid: Uid, patch: PodStatusPatch): ApiResult {
    const { pods } = this.state;
    if (!pods.isLive(pod, uid)) return goneRefusal();
    const phase = pods.phase(pod);
    if (patch.phase !== undefined && !canFollow(phase, patch.phase)) {
      const step = `${formatPhase(phase)} to ${formatPhase(patch.phase)}`;
      return refused("Invalid", `pods "${pods.name(pod)}": phase cannot go from ${step}`);
    }
    const address = patch.podIp === undefined ? undefined : parseIpv4(patch.podIp);
    if (patch.podIp !== undefined && address === undefined) {
      return refused("Invalid", `pods "${pods.name(pod)}": "${patch.podIp}" is not IPv4`);
    }
    this.state.beginPod(pod);
    if (patch.phase !== undefined) pods.setPhase(pod, patch.phase);
    for (const [member, type] of CONDITION_MEMBERS) {
      const condition = patch[member];
      if (condition !== undefined) this.setCondition(pod, type, condition);
    }
    if (patch.reason !== undefined) pods.setReason(pod, patch.reason);
    if (patch.message !== undefined) pods.setStatusMessage(pod, patch.message);
    if (patch.containers !== undefined) pods.setContainerStatuses(pod, patch.containers);
    if (patch.restartCount !== undefined) pods.setRestartCount(pod, patch.restartCount);
    if (patch.nominatedNode !== undefined) pods.setNominatedNode(pod, patch.nominatedNode);
    if (patch.startUs !== undefined) pods.setStartUs(pod, patch.startUs);
    if (address !== undefined) pods.setPodIpNumber(pod, address);
    return this.state.commitPod(pod, "Modified") ? this.done(pod) : UNCHANGED;
  }

  /** PUT pods: another template (labels, gates, images). The template must be admitted already. */
  updateTemplate(pod: PodIndex, uid: Uid, template: PodTemplate): ApiResult {
    const { pods } = this.state;
    if (!pods.isLive(pod, uid)) return goneRefusal();
    const before = pods.template(pod);
    if (before === template) return UNCHANGED;
    const known = new Set(before.schedulingGates);
    if (template.schedulingGates.some((gate) => !known.has(gate))) {
      return refused("Invalid", `pods "${pods.name(pod)}": scheduling gates can only be removed`);
    }
    const isSpecChange = before.source.spec !== template.source.spec;
    this.state.beginPod(pod);
    pods.setTemplate(pod, template);
    if (isSpecChange) pods.bumpGeneration(pod);
    this.state.commitPod(pod, "Modified");
    return this.done(pod);
  }

  /**
   * Adoption (`owner`) and release (undefined), in one patch with the finalizers that go with it.
   * A pod has one controller at most: it must be released before another can adopt it.
   */
  setOwner(
    pod: PodIndex,
    uid: Uid,
    owner: OwnerRef | undefined,
    finalizers?: readonly string[],
  ): ApiResult {
    const { pods, owners } = this.state;
    if (!pods.isLive(pod, uid)) return goneRefusal();
    const before = pods.owner(pod);
    if (before === NO_OWNER ? owner === undefined : owners.ref(before).uid === owner?.uid) {
      return UNCHANGED;
    }
    if (before !== NO_OWNER && owner !== undefined) {
      return refused("Conflict", `pods "${pods.name(pod)}" has a controller already`);
    }
    const after = owner === undefined ? NO_OWNER : this.holdOwner(owner);
    const isLast = finalizers?.length === 0 && pods.isDeleting(pod);
    this.state.beginPod(pod);
    pods.setOwner(pod, after, after === NO_OWNER ? 0 : owners.takeOrdinal(after));
    if (finalizers !== undefined) pods.setFinalizers(pod, finalizers);
    const isEnd = isLast && pods.deletionGraceSeconds(pod) === 0;
    const result = isEnd ? this.remove(pod) : this.done(pod);
    if (!isEnd) this.state.commitPod(pod, "Modified");
    if (before !== NO_OWNER) owners.release(before);
    return result;
  }

  /** Takes a finalizer off; a deleted pod whose grace is used up goes with the last one. */
  removeFinalizer(pod: PodIndex, uid: Uid, finalizer: string): ApiResult {
    const { pods } = this.state;
    if (!pods.isLive(pod, uid)) return goneRefusal();
    const before = pods.finalizers(pod);
    if (!before.includes(finalizer)) return UNCHANGED;
    const left = before.filter((other) => other !== finalizer);
    const isLast = left.length === 0 && pods.isDeleting(pod);
    this.state.beginPod(pod);
    pods.setFinalizers(pod, left.length === 0 ? NO_FINALIZERS : left);
    if (isLast && pods.deletionGraceSeconds(pod) === 0) return this.remove(pod);
    this.state.commitPod(pod, "Modified");
    return this.done(pod);
  }

  /** DELETE pods: at once, or a deletionTimestamp that a later DELETE can only move earlier. */
  delete(pod: PodIndex, uid: Uid, options: PodDeletion = {}): ApiResult {
    const { pods } = this.state;
    if (!pods.isLive(pod, uid)) return goneRefusal();
    const asked = options.graceSeconds;
    assert(asked === undefined || Number.isInteger(asked), "A grace period is whole seconds.");
    return pods.isDeleting(pod)
      ? this.shortenDeletion(pod, asked)
      : this.beginDeletion(pod, asked ?? pods.template(pod).terminationGracePeriodSeconds);
  }

  private beginDeletion(pod: PodIndex, graceSeconds: number): ApiResult {
    const { pods } = this.state;
    const isIdle = pods.node(pod) === NO_NODE || isFinishedPhase(pods.phase(pod));
    const grace = isIdle ? 0 : graceSeconds < 0 ? 1 : graceSeconds;
    this.state.beginPod(pod);
    if (grace === 0 && pods.finalizers(pod).length === 0) return this.remove(pod);
    pods.setDeletion(pod, this.state.nowUs + grace * 1_000_000, grace);
    pods.bumpGeneration(pod);
    this.state.commitPod(pod, "Modified");
    return this.done(pod);
  }

  private shortenDeletion(pod: PodIndex, asked: number | undefined): ApiResult {
    const { pods, nowUs } = this.state;
    const before = pods.deletionGraceSeconds(pod);
    if (asked === undefined) return UNCHANGED;
    const wanted = asked < 0 ? 1 : asked;
    const isEnd = wanted === 0 && pods.finalizers(pod).length === 0;
    if (wanted >= before && !isEnd) return UNCHANGED;
    const requestedUs = pods.deletionUs(pod) - before * 1_000_000;
    const isPast = requestedUs + wanted * 1_000_000 < nowUs;
    const grace = isPast && wanted > 0 ? 1 : wanted;
    this.state.beginPod(pod);
    if (isEnd) return this.remove(pod);
    pods.setDeletion(pod, isPast ? nowUs : requestedUs + wanted * 1_000_000, grace);
    this.state.commitPod(pod, "Modified");
    return this.done(pod);
  }

  /** Ends the object; `beginPod` has been called. */
  private remove(pod: PodIndex): ApiResult {
    const uid = this.state.pods.uid(pod);
    this.state.pods.remove(pod);
    this.state.commitPod(pod, "Deleted");
    return { ok: true, changed: true, uid };
  }

  /** Finds a name and fills a row; nobody is told yet. */
  private add(
    pod: NewPod,
    admitted: AdmittedPod,
    createdUs: number,
    quotas?: QuotaAdmission,
  ): PodIndex | ApiRefusal {
    const { pods, nodes, objects, owners, nowUs } = this.state;
    const { namespace } = pod;
    const name = fullName(pod);
    if (name !== undefined && pods.find(namespace, name) !== NO_POD) {
      return refused("AlreadyExists", `pods "${name}" already exists`);
    }
    if (objects.find("Namespace", "", namespace) === undefined) this.createNamespace(namespace);
    const owner = pod.owner === undefined ? NO_OWNER : this.holdOwner(pod.owner);
    const ordinal = this.takeOrdinal(owner, pod);
    const base = pod.name ?? pod.generateName ?? "";
    const suffix =
      name === undefined ? this.findSuffix(namespace, base, ordinal) : givenSuffix(pod.nameNumber);
    if (suffix === undefined) {
      if (owner !== NO_OWNER) owners.release(owner);
      const text = `unable to create a name from "${base}" in ${NAME_TRIES} tries`;
      return refused("AlreadyExists", text);
    }
    const shown = (): string => formatPodName(base, suffix);
    const overQuota = quotas?.chargePod(namespace, admitted.template, shown);
    if (overQuota !== undefined) {
      this.returnOrdinal(owner, pod);
      if (owner !== NO_OWNER) owners.release(owner);
      return overQuota;
    }
    const row = pods.add({
      uid: this.state.takeUid(),
      namespace,
      nameBase: base,
      nameSuffix: suffix,
      template: admitted.template,
      priority: admitted.priority,
      preemptionPolicy: admitted.preemptionPolicy,
      owner,
      ownerOrdinal: ordinal,
      finalizers: pod.finalizers ?? NO_FINALIZERS,
      createdUs,
    });
    const nodeName = pod.nodeName ?? admitted.template.nodeName;
    if (nodeName !== "") pods.setNode(row, nodes.rowFor(nodeName), nowUs);
    return row;
  }

  private holdOwner(owner: OwnerRef): OwnerIndex {
    const { objects, owners } = this.state;
    return owners.hold(owner, objects.findByUid(owner.uid) !== undefined);
  }

  /** A gated pod says so from its first instant. */
  private setGated(pod: PodIndex): void {
    if (this.state.pods.template(pod).schedulingGates.length === 0) return;
    this.setCondition(pod, PodConditionType.PodScheduled, {
      status: ConditionStatus.False,
      reason: "SchedulingGated",
      message: GATED_MESSAGE,
    });
  }

  private announceNew(pod: PodIndex): ApiResult {
    this.state.beginPod(pod);
    this.state.commitPod(pod, "Added");
    return this.done(pod);
  }

  private takeOrdinal(owner: OwnerIndex, pod: NewPod): number {
    if (owner !== NO_OWNER) return this.state.owners.takeOrdinal(owner);
    if (pod.generateName === undefined) return 0;
    const key = `${pod.namespace}/${pod.generateName}`;
    const ordinal = this.bareOrdinals.get(key) ?? 0;
    this.bareOrdinals.set(key, ordinal + 1);
    return ordinal;
  }

  /** Ordinals count pods that came to be: a refused one gives its own back. */
  private returnOrdinal(owner: OwnerIndex, pod: NewPod): void {
    if (owner !== NO_OWNER) this.state.owners.returnOrdinal(owner);
    if (owner !== NO_OWNER || pod.generateName === undefined) return;
    const key = `${pod.namespace}/${pod.generateName}`;
    this.bareOrdinals.set(key, (this.bareOrdinals.get(key) ?? 1) - 1);
  }

  private findSuffix(namespace: string, base: string, ordinal: number): number | undefined {
    const hash = hashOfName(namespace, base);
    for (let attempt = 0; attempt < NAME_TRIES; attempt++) {
      const suffix = suffixIndexFor(hash, ordinal, attempt) + 1;
      const name = formatPodName(base, suffix);
      if (this.state.pods.find(namespace, name) === NO_POD) return suffix;
    }
    return undefined;
  }

  private setCondition(pod: PodIndex, type: PodConditionType, patch: ConditionPatch): void {
    const { status, reason = "", message = "" } = patch;
    this.state.pods.setCondition(pod, type, status, reason, message, this.state.nowUs);
  }

  private done(pod: PodIndex): ApiResult {
    return { ok: true, changed: true, pod, uid: this.state.pods.uid(pod) };
  }
}

/** The name of a pod that brings one. */
function fullName({ name, nameNumber }: NewPod): string | undefined {
  if (name === undefined || nameNumber === undefined) return name;
  return formatPodName(name, givenSuffix(nameNumber));
}

function givenSuffix(nameNumber: number | undefined): number {
  if (nameNumber === undefined) return NO_SUFFIX;
  const isNumber = Number.isInteger(nameNumber) && nameNumber >= 0;
  assert(isNumber && nameNumber <= NAME_NUMBER_MAX, "The number of a name is out of range.");
  return suffixCodeOfNumber(nameNumber);
}

/** Pending to Running to finished, or straight to finished; never backwards. */
export function canFollow(before: PodPhase, after: PodPhase): boolean {
  if (before === after) return true;
  if (isFinishedPhase(before) || after === PodPhase.Unknown) return false;
  if (before === PodPhase.Unknown) return true;
  return after > before;
}

function goneRefusal(): ApiRefusal {
  return refused("NotFound", "the pod is gone");
}
