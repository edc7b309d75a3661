// Initial state: what exists when the run begins, stored without requests, tokens or latency.
//
// Nodes are Ready and without the not-ready taint unless their manifest says otherwise. Pods keep
// the node, phase and conditions of the dump; a bound pod without a status counts as running and
// ready for as long as the cluster exists. Admission does not judge what is there already: it only
// fills in a priority or tolerations that are missing.

import { US_PER_SECOND } from "../../base/index.ts";
import { quotaUsage } from "../admission/quota-usage.ts";
import type { ResourceQuotaStatus } from "../admission/quota-admission.ts";
import { findControllerOf } from "../objects/object-meta.ts";
import type { Condition, ObjectMeta } from "../objects/object-meta.ts";
import type { NodeObject, PodObject, ShownEnd } from "../objects/node-and-pod.ts";
import type { ApiObject } from "../objects/api-object.ts";
import type { PodTemplate } from "../pod-template.ts";
import type { ApiRefusal, ApiResult } from "./api-result.ts";
import type { ApiState } from "./api-state.ts";
import { ContainerState } from "./container-statuses.ts";
import type { ContainerEnd, ContainerStatus } from "./container-statuses.ts";
import { ConditionStatus, NEVER_US, NO_NODE, POD_CONDITION_NAMES, PodPhase } from "./identity.ts";
import type { NodeIndex, PodConditionType, PodIndex, Uid } from "./identity.ts";
import type { NodeWriter } from "./node-writer.ts";
import type { StorableObject } from "./object-store.ts";
import type { ObjectWriter } from "./object-writer.ts";
import type { OwnerRef } from "./owner-table.ts";
import { parseIpv4 } from "./pod-table.ts";
import type { PodWriter } from "./pod-writer.ts";

/** Loads what exists at time zero; used before the run begins. */
export class InitialState {
  private readonly state: ApiState;
  private readonly pods: PodWriter;
  private readonly nodes: NodeWriter;
  private readonly objects: ObjectWriter;
  /** What instant of the dump's clock (seconds since 1970) is time zero; unset: ages are unknown. */
  originSeconds: number | undefined;
  /** Uids of the dump to those of the run. */
  private readonly uidByText = new Map<string, Uid>();

  constructor(state: ApiState, pods: PodWriter, nodes: NodeWriter, objects: ObjectWriter) {
    this.state = state;
    this.pods = pods;
    this.nodes = nodes;
    this.objects = objects;
  }

  /** Adds a Node that exists from the start. */
  addNode(node: NodeObject): ApiResult {
    const result = this.nodes.store(withReadyCondition(node));
    this.noteUid(node.meta, result);
    return result;
  }

  /** Adds any other object that exists from the start, in any order. */
  addObject(object: StorableObject): ApiResult {
    const { meta } = object;
    const owner = this.ownerOf(meta);
    const uid = meta.uid === undefined ? undefined : this.uidByText.get(meta.uid);
    const result = this.objects.create(object, {
      isStored: true,
      ...(owner === undefined ? {} : { owner }),
      ...(uid === undefined ? {} : { uid }),
    });
    this.noteUid(object.meta, result);
    return result;
  }

  /**
   * Adds everything of a manifest set or dump, what pods need before the pods; gives what was
   * refused, in input order, with the reason.
   */
  load(
    objects: readonly ApiObject[],
  ): readonly { readonly object: ApiObject; readonly refusal: ApiRefusal }[] {
    const refusals: { object: ApiObject; refusal: ApiRefusal }[] = [];
    const add = (object: ApiObject, result: ApiResult): void => {
      if (!result.ok) refusals.push({ object, refusal: result });
    };
    for (const object of objects) {
      if (object.kind !== "Node" && object.kind !== "Pod") add(object, this.addObject(object));
    }
    for (const object of objects) if (object.kind === "Node") add(object, this.addNode(object));
    for (const object of objects) if (object.kind === "Pod") add(object, this.addPod(object));
    return refusals;
  }

  /**
   * Adds a pod that exists from the start, bound or pending. A pending pod without any status is
   * new: it is admitted like a request's, and may be refused.
   */
  addPod(pod: PodObject): ApiResult {
    const { meta } = pod;
    const owner = this.ownerOf(meta);
    const request = {
      namespace: meta.namespace,
      ...(meta.name === "" ? { generateName: meta.generateName } : { name: meta.name }),
      template: pod.template,
      ...(owner === undefined ? {} : { owner }),
      nodeName: pod.nodeName,
      finalizers: meta.finalizers,
    };
    if (isFresh(pod) && pod.nodeName === "" && pod.template.nodeName === "") {
      return this.pods.create(request);
    }
    const createdUs = this.instantOf(meta.creationTimestampSeconds) ?? this.state.nowUs;
    const result = this.pods.store(request, createdUs, (row) => this.applyStatus(row, pod));
    this.noteUid(meta, result);
    return result;
  }

  /** The quotas that nobody has counted yet get their status, as in a cluster that has been running. */
  settleQuotas(): void {
    const { objects, pods } = this.state;
    for (const quota of objects.list("ResourceQuota")) {
      if (quota.status !== undefined) continue;
      const byTemplate = new Map<PodTemplate, number>();
      const ended = new Map<PodTemplate, number>();
      pods.forEach((pod) => {
        if (pods.namespace(pod) !== quota.namespace) return;
        const counts = pods.isFinished(pod) ? ended : byTemplate;
        const template = pods.template(pod);
        counts.set(template, (counts.get(template) ?? 0) + 1);
      });
      const used = quotaUsage(quota.object, { byTemplate, ended }, objects);
      const status: ResourceQuotaStatus = { hard: quota.object.hard, used };
      this.objects.patchStatus("ResourceQuota", quota.uid, status);
    }
  }

  private applyStatus(row: PodIndex, pod: PodObject): void {
    const { pods, nowUs } = this.state;
    const { meta } = pod;
    if (isFresh(pod) && pods.node(row) !== NO_NODE) this.setRunning(row);
    else this.setStatus(row, pod);
    if (meta.deletionTimestampSeconds === undefined) return;
    const deletionUs = this.instantOf(meta.deletionTimestampSeconds) ?? nowUs;
    const grace = meta.deletionGracePeriodSeconds ?? pod.template.terminationGracePeriodSeconds;
    pods.setDeletion(row, deletionUs, grace);
  }

  /** An instant of the dump on the run's clock, negative for what was before the start. */
  private instantOf(seconds: number | undefined): number | undefined {
    if (seconds === undefined || this.originSeconds === undefined) return undefined;
    return (seconds - this.originSeconds) * US_PER_SECOND;
  }

  private setRunning(row: PodIndex): void {
    const { pods, nowUs } = this.state;
    pods.setPhase(row, PodPhase.Running);
    pods.setStartUs(row, nowUs);
    for (let type = 0; type < POD_CONDITION_NAMES.length - 1; type++) {
      pods.setCondition(row, type as PodConditionType, ConditionStatus.True, "", "", nowUs);
    }
  }

  private setStatus(row: PodIndex, pod: PodObject): void {
    const { pods, nodes, nowUs } = this.state;
    const { status } = pod;
    pods.setPhase(row, PodPhase[status.phase]);
    pods.setReason(row, status.reason);
    pods.setPodIpNumber(row, parseIpv4(status.podIp) ?? 0); // other address families are not kept
    pods.setRestartCount(row, status.restartCount);
    if (status.containers.size > 0) this.setContainers(row, pod);
    if (status.startTimeSeconds !== undefined) {
      pods.setStartUs(row, this.instantOf(status.startTimeSeconds) ?? nowUs);
    }
    if (status.nominatedNodeName !== "") {
      pods.setNominatedNode(row, nodes.rowFor(status.nominatedNodeName) as NodeIndex);
    }
    for (const condition of status.conditions) {
      const type = POD_CONDITION_NAMES.indexOf(condition.type);
      if (type < 0) continue;
      const value = ConditionStatus[condition.status];
      const { reason, message } = condition;
      const sinceUs = this.instantOf(condition.lastTransitionSeconds) ?? nowUs;
      pods.setCondition(row, type as PodConditionType, value, reason, message, sinceUs);
    }
  }

  /** Containers that the dump's status does not name wait. */
  private setContainers(row: PodIndex, { template, status }: PodObject): void {
    const { nowUs } = this.state;
    const at = (seconds: number | undefined): number =>
      seconds === undefined ? NEVER_US : (this.instantOf(seconds) ?? nowUs);
    const endOf = (end: ShownEnd): ContainerEnd => ({
      reason: end.reason,
      exitCode: end.exitCode,
      startedUs: at(end.startedSeconds),
      finishedUs: at(end.finishedSeconds),
    });
    const statuses = [...template.initContainers, ...template.containers].map(
      ({ name }): ContainerStatus => {
        const shown = status.containers.get(name);
        const { running, terminated, last } = shown ?? {};
        const { Waiting, Running, Terminated } = ContainerState;
        return {
          state: terminated !== undefined ? Terminated : running !== undefined ? Running : Waiting,
          isReady: shown?.isReady ?? false,
          isStarted: shown?.isStarted ?? false,
          restartCount: shown?.restartCount ?? 0,
          ...(terminated === undefined
            ? {
                reason: shown?.waitingReason ?? "",
                exitCode: 0,
                startedUs: at(running?.startedSeconds),
                finishedUs: NEVER_US,
              }
            : endOf(terminated)),
          last: last && endOf(last),
        };
      },
    );
    this.state.pods.setContainerStatuses(row, statuses);
  }

  /** The controller, by the dump's uid; one that is not in the dump gets a uid of its own. */
  private ownerOf(meta: ObjectMeta): OwnerRef | undefined {
    const controller = findControllerOf(meta);
    if (controller === undefined) return undefined;
    let uid = this.uidByText.get(controller.uid);
    if (uid === undefined) {
      uid = this.state.takeUid();
      this.uidByText.set(controller.uid, uid);
    }
    const { kind, name } = controller;
    return { kind, namespace: meta.namespace, name, uid };
  }

  private noteUid(meta: ObjectMeta, result: ApiResult): void {
    if (!result.ok || meta.uid === undefined || result.uid === undefined) return;
    this.uidByText.set(meta.uid, result.uid);
  }
}

/** A manifest without a status. */
function isFresh(pod: PodObject): boolean {
  return pod.status.phase === "Pending" && pod.status.conditions.length === 0;
}

const READY_CONDITION: Condition = Object.freeze({
  type: "Ready",
  status: "True",
  reason: "KubeletReady",
  message: "kubelet is posting ready status",
  lastTransitionSeconds: undefined,
  lastHeartbeatSeconds: undefined,
});

/** A node without a Ready condition counts as ready. */
function withReadyCondition(node: NodeObject): NodeObject {
  const hasReady = node.conditions.some((condition) => condition.type === "Ready");
  return hasReady ? node : { ...node, conditions: [...node.conditions, READY_CONDITION] };
}
