// How many replicas a resource metric asks for: the HorizontalPodAutoscaler's arithmetic.
//
// Pods fall into groups: ignored (going), unready (still starting), missing (no sample) and ready.
// The ratio of what the ready ones use to the target decides; pods that are unready or missing only
// damp it. Amounts are thousandths as 64-bit integers, utilization is a whole percent, cut off.

import {
  ConditionStatus,
  PodConditionType,
  type PodIndex,
  PodPhase,
  type PodTable,
  type PodTemplate,
} from "../cluster/index.ts";
import { wholeSeconds } from "./deletion-rank.ts";
import type { PodMetric } from "./pod-metrics.ts";

/** Periods of `--horizontal-pod-autoscaler-cpu-initialization-period` and `-initial-readiness-delay`. */
export interface HpaReadiness {
  readonly cpuInitializationUs: number;
  readonly initialReadinessDelayUs: number;
}

/** How far the ratio may be off before anything is done: 0.1 is ten percent. */
export interface HpaTolerance {
  readonly up: number;
  readonly down: number;
}

/** What is measured of the pods. */
export interface HpaSource {
  readonly resource: string;
  /** "" = the whole pod. */
  readonly container: string;
}

/** What is aimed at: percent of the requests, or an amount in thousandths per pod. */
export type HpaTarget =
  | { readonly kind: "utilization"; readonly percent: number }
  | { readonly kind: "average"; readonly milli: bigint };

/** A proposal. */
export interface ReplicaProposal {
  readonly replicas: number;
  /** Whole percent of the requests, or thousandths per pod, over the ready pods. */
  readonly observed: number;
}

/** Names of pods by group, with what is needed of each. */
export interface PodGroups {
  readonly ready: ReadonlyMap<PodIndex, bigint>;
  readonly unready: readonly PodIndex[];
  readonly missing: readonly PodIndex[];
}

/** Groups pods; `amounts` are the samples of the resource, in thousandths. */
export function groupPods(
  pods: PodTable,
  selected: readonly PodIndex[],
  metrics: ReadonlyMap<PodIndex, PodMetric>,
  source: HpaSource,
  readiness: HpaReadiness,
  nowUs: number,
): PodGroups {
  const ready = new Map<PodIndex, bigint>();
  const unready: PodIndex[] = [];
  const missing: PodIndex[] = [];
  for (const pod of selected) {
    const phase = pods.phase(pod);
    if (pods.isDeleting(pod) || phase === PodPhase.Failed) continue;
    const metric = metrics.get(pod);
    const amount = metric === undefined ? undefined : amountOf(metric, source);
    if (phase === PodPhase.Pending) unready.push(pod);
    else if (metric === undefined || amount === undefined) missing.push(pod);
    else if (source.resource === "cpu" && isStarting(pods, pod, metric, readiness, nowUs)) {
      unready.push(pod);
    } else ready.set(pod, amount);
  }
  return { ready, unready, missing };
}

function amountOf(metric: PodMetric, { resource, container }: HpaSource): bigint | undefined {
  const counted = metric.containers.filter(({ name }) => container === "" || name === container);
  if (counted.length === 0) return undefined;
  let sum = 0n;
  for (const { milliCpu, memoryBytes } of counted) {
    sum += resource === "cpu" ? BigInt(milliCpu) : BigInt(memoryBytes) * 1_000n;
  }
  return sum;
}

/** A sample of cpu that may be the start's: the pod is not ready, or was not for the whole window. */
function isStarting(
  pods: PodTable,
  pod: PodIndex,
  metric: PodMetric,
  readiness: HpaReadiness,
  nowUs: number,
): boolean {
  const condition = pods.condition(pod, PodConditionType.Ready);
  const startUs = pods.startUs(pod);
  if (condition === ConditionStatus.Absent || startUs < 0) return true;
  const isFalse = condition === ConditionStatus.False;
  const sinceUs = wholeSeconds(pods.readyTransitionUs(pod));
  if (wholeSeconds(startUs) + readiness.cpuInitializationUs > nowUs) {
    return isFalse || metric.atUs < sinceUs + metric.windowUs;
  }
  return isFalse && wholeSeconds(startUs) + readiness.initialReadinessDelayUs > sinceUs;
}

/**
 * What each pod requests of the resource, in thousandths; a text if a container that counts requests
 * none of it, which makes the metric fail.
 */
export function requestsOf(
  pods: PodTable,
  selected: readonly PodIndex[],
  { resource, container }: HpaSource,
): ReadonlyMap<PodIndex, bigint> | string {
  const byTemplate = new Map<PodTemplate, bigint | string>();
  const requests = new Map<PodIndex, bigint>();
  for (const pod of selected) {
    const template = pods.template(pod);
    let sum = byTemplate.get(template);
    if (sum === undefined) {
      sum = requestOf(template, resource, container);
      byTemplate.set(template, sum);
    }
    if (typeof sum === "string") {
      return `missing request for ${resource} in container ${sum} of Pod ${pods.name(pod)}`;
    }
    requests.set(pod, sum);
  }
  return requests;
}

/** The sum, or the name of the container that lacks the request. */
function requestOf(template: PodTemplate, resource: string, container: string): bigint | string {
  const podLevel = template.podLevel?.requests.get(resource);
  if (podLevel !== undefined && container === "") return podLevel.milliValue();
  const sidecars = template.initContainers.filter(({ isSidecar }) => isSidecar);
  let sum = 0n;
  for (const { name, requests } of [...template.containers, ...sidecars]) {
    if (container !== "" && name !== container) continue;
    const request = requests.get(resource);
    if (request === undefined) return name;
    sum += request.milliValue();
  }
  return sum;
}

/** The proposal of one metric, or why it gives none. */
export function proposeReplicas(
  current: number,
  groups: PodGroups,
  requests: ReadonlyMap<PodIndex, bigint>,
  target: HpaTarget,
  tolerance: HpaTolerance,
): ReplicaProposal | string {
  const { ready, unready, missing } = groups;
  if (ready.size === 0) return "did not receive metrics for targeted pods (pods might be unready)";
  const first = usageRatio(ready, requests, target);
  if (first === undefined) return "no metrics returned matched known pods";
  const { ratio, observed } = first;
  const keep: ReplicaProposal = { replicas: current, observed };
  const isDamped = unready.length > 0 && ratio > 1;
  if (!isDamped && missing.length === 0) {
    if (isWithin(ratio, tolerance)) return keep;
    return { replicas: Math.ceil(ratio * ready.size), observed };
  }
  const filled = new Map(ready);
  for (const pod of missing) {
    if (ratio < 1) filled.set(pod, fallback(requests.get(pod) ?? 0n, target));
    else if (ratio > 1 || target.kind === "average") filled.set(pod, 0n);
  }
  if (isDamped) for (const pod of unready) filled.set(pod, 0n);
  const second = usageRatio(filled, requests, target);
  if (second === undefined) return "no metrics returned matched known pods";
  const hasTurned = (ratio < 1 && second.ratio > 1) || (ratio > 1 && second.ratio < 1);
  if (isWithin(second.ratio, tolerance) || hasTurned) return keep;
  const replicas = Math.ceil(second.ratio * filled.size);
  const isAgainst =
    (second.ratio < 1 && replicas > current) || (second.ratio > 1 && replicas < current);
  return isAgainst ? keep : { replicas, observed };
}

/** What a missing pod counts as when the rest asks for fewer: its request or more, or the target. */
function fallback(request: bigint, target: HpaTarget): bigint {
  if (target.kind === "average") return target.milli;
  return (request * BigInt(Math.max(100, target.percent))) / 100n;
}

function usageRatio(
  amounts: ReadonlyMap<PodIndex, bigint>,
  requests: ReadonlyMap<PodIndex, bigint>,
  target: HpaTarget,
): { ratio: number; observed: number } | undefined {
  let usage = 0n;
  let requested = 0n;
  for (const [pod, amount] of amounts) {
    usage += amount;
    requested += requests.get(pod) ?? 0n;
  }
  if (target.kind === "average") {
    const observed = Number(usage / BigInt(amounts.size));
    return { ratio: observed / Number(target.milli), observed };
  }
  if (requested === 0n) return undefined;
  const observed = Number((usage * 100n) / requested);
  return { ratio: observed / target.percent, observed };
}

function isWithin(ratio: number, { up, down }: HpaTolerance): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}
