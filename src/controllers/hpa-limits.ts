// From a proposal to a size: stabilization and limits of a HorizontalPodAutoscaler.
//
// Without `behavior` the highest proposal of the window holds, growth is at most to twice the size
// (or 4), and a shrink goes all the way. With `behavior` each direction has its own window and its
// policies bound the change per period. History is kept in memory, as the controller keeps it.

import type { HorizontalPodAutoscalerObject, HpaScalingRules } from "../cluster/index.ts";

/** What an autoscaler remembers: proposals and its own changes, oldest first. */
export interface HpaHistory {
  readonly recommendations: { readonly atUs: number; readonly replicas: number }[];
  readonly scaleUps: ScaleEvent[];
  readonly scaleDowns: ScaleEvent[];
}

/** A change of size; always a positive number of replicas. */
export interface ScaleEvent {
  readonly atUs: number;
  readonly replicas: number;
}

/** The reason that goes into a condition. */
export interface LimitedSize {
  readonly replicas: number;
  /** Of condition AbleToScale. */
  readonly ableReason: "ReadyForNewScale" | "ScaleDownStabilized" | "ScaleUpStabilized";
  /** Of condition ScalingLimited. */
  readonly limitReason:
    | "DesiredWithinRange"
    | "TooFewReplicas"
    | "TooManyReplicas"
    | "ScaleUpLimit"
    | "ScaleDownLimit";
  readonly isLimited: boolean;
}

/** Rules for one direction with the API's defaults. */
interface Rules {
  readonly windowUs: number;
  readonly selectPolicy: "Max" | "Min" | "Disabled";
  readonly policies: HpaScalingRules["policies"];
}

const SECOND = 1_000_000;
const SCALE_UP_FACTOR = 2;
const SCALE_UP_MIN = 4;

/** An autoscaler's first recommendation is the size it finds. */
export function createHistory(nowUs: number, replicas: number): HpaHistory {
  return { recommendations: [{ atUs: nowUs, replicas }], scaleUps: [], scaleDowns: [] };
}

/**
 * The size to be set for a proposal; records the proposal. `defaultWindowUs` is the controller's
 * `--horizontal-pod-autoscaler-downscale-stabilization`.
 */
export function limitSize(
  hpa: HorizontalPodAutoscalerObject,
  history: HpaHistory,
  current: number,
  proposed: number,
  nowUs: number,
  defaultWindowUs: number,
): LimitedSize {
  const hasBehavior = hpa.scaleUp !== undefined || hpa.scaleDown !== undefined;
  return hasBehavior
    ? withBehavior(hpa, history, current, proposed, nowUs, defaultWindowUs)
    : withoutBehavior(hpa, history, current, proposed, nowUs, defaultWindowUs);
}

/** Remembers a change that was made; only autoscalers with behavior ask for it later. */
export function recordChange(history: HpaHistory, from: number, to: number, nowUs: number): void {
  const list = to > from ? history.scaleUps : history.scaleDowns;
  list.push({ atUs: nowUs, replicas: Math.abs(to - from) });
  while (list[0]!.atUs < nowUs - LONGEST_PERIOD_US) list.shift();
}

/** No policy may look back farther. */
const LONGEST_PERIOD_US = 1_800 * SECOND;

function withoutBehavior(
  hpa: HorizontalPodAutoscalerObject,
  history: HpaHistory,
  current: number,
  proposed: number,
  nowUs: number,
  windowUs: number,
): LimitedSize {
  const { recommendations } = history;
  let stable = proposed;
  for (const { atUs, replicas } of recommendations) {
    if (atUs >= nowUs - windowUs) stable = Math.max(stable, replicas);
  }
  remember(history, proposed, nowUs, windowUs);
  const ableReason = stable === proposed ? "ReadyForNewScale" : "ScaleDownStabilized";
  const growthLimit = Math.max(SCALE_UP_FACTOR * current, SCALE_UP_MIN);
  const most = Math.min(hpa.maxReplicas, growthLimit);
  if (stable < hpa.minReplicas) return limited(hpa.minReplicas, ableReason, "TooFewReplicas");
  if (stable > most) {
    const reason = hpa.maxReplicas > growthLimit ? "ScaleUpLimit" : "TooManyReplicas";
    return limited(most, ableReason, reason);
  }
  return within(stable, ableReason);
}

function withBehavior(
  hpa: HorizontalPodAutoscalerObject,
  history: HpaHistory,
  current: number,
  proposed: number,
  nowUs: number,
  defaultWindowUs: number,
): LimitedSize {
  const up = scaleUpRules(hpa.scaleUp);
  const down = scaleDownRules(hpa.scaleDown, defaultWindowUs);
  let upBound = proposed;
  let downBound = proposed;
  for (const { atUs, replicas } of history.recommendations) {
    if (atUs > nowUs - up.windowUs) upBound = Math.min(upBound, replicas);
    if (atUs > nowUs - down.windowUs) downBound = Math.max(downBound, replicas);
  }
  remember(history, proposed, nowUs, Math.max(up.windowUs, down.windowUs));
  const stable = Math.min(Math.max(current, upBound), downBound);
  const ableReason =
    stable === proposed
      ? "ReadyForNewScale"
      : proposed >= current
        ? "ScaleUpStabilized"
        : "ScaleDownStabilized";
  if (stable > current) {
    const growthLimit = Math.max(current, growthLimitOf(up, history, current, nowUs));
    const most = Math.min(hpa.maxReplicas, growthLimit);
    if (stable <= most) return within(stable, ableReason);
    const reason = hpa.maxReplicas > growthLimit ? "ScaleUpLimit" : "TooManyReplicas";
    return limited(most, ableReason, reason);
  }
  if (stable < current) {
    const shrinkLimit = Math.min(current, shrinkLimitOf(down, history, current, nowUs));
    const least = Math.max(hpa.minReplicas, shrinkLimit);
    if (stable >= least) return within(stable, ableReason);
    const reason = hpa.minReplicas < shrinkLimit ? "ScaleDownLimit" : "TooFewReplicas";
    return limited(least, ableReason, reason);
  }
  return within(stable, ableReason);
}

type AbleReason = LimitedSize["ableReason"];

function within(replicas: number, ableReason: AbleReason): LimitedSize {
  return { replicas, ableReason, limitReason: "DesiredWithinRange", isLimited: false };
}

function limited(
  replicas: number,
  ableReason: AbleReason,
  limitReason: LimitedSize["limitReason"],
): LimitedSize {
  return { replicas, ableReason, limitReason, isLimited: true };
}

function remember(history: HpaHistory, replicas: number, nowUs: number, windowUs: number): void {
  const { recommendations } = history;
  recommendations.push({ atUs: nowUs, replicas });
  while (recommendations[0]!.atUs < nowUs - windowUs) recommendations.shift();
}

function scaleUpRules(rules: HpaScalingRules | undefined): Rules {
  const policies = rules?.policies ?? [];
  return {
    windowUs: (rules?.stabilizationWindowSeconds ?? 0) * SECOND,
    selectPolicy: rules?.selectPolicy ?? "Max",
    policies:
      policies.length > 0
        ? policies
        : [
            { type: "Pods", value: 4, periodSeconds: 15 },
            { type: "Percent", value: 100, periodSeconds: 15 },
          ],
  };
}

function scaleDownRules(rules: HpaScalingRules | undefined, defaultWindowUs: number): Rules {
  const policies = rules?.policies ?? [];
  const seconds = rules?.stabilizationWindowSeconds;
  return {
    windowUs: seconds === undefined ? defaultWindowUs : seconds * SECOND,
    selectPolicy: rules?.selectPolicy ?? "Max",
    policies: policies.length > 0 ? policies : [{ type: "Percent", value: 100, periodSeconds: 15 }],
  };
}

function growthLimitOf(rules: Rules, history: HpaHistory, current: number, nowUs: number): number {
  if (rules.selectPolicy === "Disabled") return current;
  const limits = rules.policies.map(({ type, value, periodSeconds }) => {
    const start = periodStart(history, current, nowUs, periodSeconds);
    return type === "Pods" ? start + value : Math.ceil(start * (1 + value / 100));
  });
  return rules.selectPolicy === "Min" ? Math.min(...limits) : Math.max(...limits);
}

/** For a shrink the policy that changes most gives the lowest limit. */
function shrinkLimitOf(rules: Rules, history: HpaHistory, current: number, nowUs: number): number {
  if (rules.selectPolicy === "Disabled") return current;
  const limits = rules.policies.map(({ type, value, periodSeconds }) => {
    const start = periodStart(history, current, nowUs, periodSeconds);
    return type === "Pods" ? start - value : Math.trunc(start * (1 - value / 100));
  });
  return rules.selectPolicy === "Min" ? Math.max(...limits) : Math.min(...limits);
}

/** The size at the start of a policy's period. */
function periodStart(
  history: HpaHistory,
  current: number,
  nowUs: number,
  periodSeconds: number,
): number {
  const sinceUs = nowUs - periodSeconds * SECOND;
  const sum = (events: readonly ScaleEvent[]): number =>
    events.reduce((total, { atUs, replicas }) => (atUs > sinceUs ? total + replicas : total), 0);
  return current - sum(history.scaleUps) + sum(history.scaleDowns);
}
