// What nodes cost over time, and whom that is for.
//
// A node costs its price from the creation of its Node object to its removal, used or not, with power
// or without. A pod is for the mean of its cpu and memory shares of its node's price: halves, so that
// pods and idle room add up to the whole. Exact integrals; rounded once, at the end.

import { compareText } from "../base/index.ts";
import type { NodeIndex, NodeObject, PodIndex, PodTemplate } from "../cluster/index.ts";
import type { CostSummary } from "./run-result.ts";
import { TimeWeightedGauge } from "./time-weighted-gauge.ts";

/** Microseconds of an hour times the thousandths of a millionth in which rates are held. */
const HOUR_NANOS = 3_600_000_000n * 1_000n;

interface PricedNode {
  readonly facts: NodeObject;
  /** Undefined: nobody prices it. */
  readonly micros: number | undefined;
}

/** Adds up prices over time. */
export class CostMeter {
  private readonly nodes = new Map<NodeIndex, PricedNode>();
  private readonly total = new TimeWeightedGauge(0, 0);
  private readonly namespaces = new Map<string, TimeWeightedGauge>();
  /** What each pod on a node is for, in thousandths of a millionth per hour. */
  private readonly nanosOfPod = new Map<PodIndex, number>();
  private unpriced = 0;

  /** A node is there (or changed), or is gone; `micros` is its price per hour. */
  setNode(
    node: NodeIndex,
    facts: NodeObject | undefined,
    micros: number | undefined,
    nowUs: number,
  ): void {
    const before = this.nodes.get(node);
    const difference = (facts === undefined ? 0 : (micros ?? 0)) - (before?.micros ?? 0);
    if (difference !== 0) this.total.add(1_000 * difference, nowUs);
    if (facts === undefined) this.nodes.delete(node);
    else this.nodes.set(node, { facts, micros });
    const wasUnpriced = before !== undefined && before.micros === undefined;
    if (facts !== undefined && micros === undefined && !wasUnpriced) this.unpriced += 1;
  }

  /** A pod takes its requests on a node. */
  hold(
    pod: PodIndex,
    namespace: string,
    node: NodeIndex,
    template: PodTemplate,
    nowUs: number,
  ): void {
    const nanos = this.nanosOf(node, template);
    this.nanosOfPod.set(pod, nanos);
    this.gauge(namespace, nowUs).add(nanos, nowUs);
  }

  /** A pod gives them back. */
  release(pod: PodIndex, namespace: string, nowUs: number): void {
    const nanos = this.nanosOfPod.get(pod) ?? 0;
    this.nanosOfPod.delete(pod);
    this.gauge(namespace, nowUs).add(-nanos, nowUs);
  }

  /** The measured part begins now; nodes without a price that are still there count again. */
  restart(nowUs: number): void {
    this.total.restart(nowUs);
    for (const gauge of this.namespaces.values()) gauge.restart(nowUs);
    this.unpriced = [...this.nodes.values()].filter(({ micros }) => micros === undefined).length;
  }

  /** Cost over the measured part, up to now. */
  summary(currency: string, podsBoundCount: number, nowUs: number): CostSummary {
    const total = this.total.integral(nowUs);
    const namespaces = [...this.namespaces]
      .sort(([a], [b]) => compareText(a, b))
      .map(([namespace, gauge]) => ({ namespace, nanoUs: gauge.integral(nowUs) }));
    const used = namespaces.reduce((sum, { nanoUs }) => sum + nanoUs, 0n);
    const isKnown = this.unpriced === 0;
    const totalMicros = roundedRatio(total, HOUR_NANOS);
    return {
      currency,
      totalMicros: isKnown ? totalMicros : null,
      idleMicros: isKnown ? roundedRatio(total > used ? total - used : 0n, HOUR_NANOS) : null,
      perPodMicros:
        isKnown && podsBoundCount > 0
          ? roundedRatio(total, HOUR_NANOS * BigInt(podsBoundCount))
          : null,
      unpricedNodesCount: this.unpriced,
      namespaces: namespaces.map(({ namespace, nanoUs }) => ({
        namespace,
        micros: roundedRatio(nanoUs, HOUR_NANOS),
      })),
    };
  }

  private nanosOf(node: NodeIndex, { nodeRequests }: PodTemplate): number {
    const { facts, micros = 0 } = this.nodes.get(node) ?? {};
    if (facts === undefined || micros === 0) return 0;
    const share = (asked: number, has: number): number => (has === 0 ? 0 : asked / has);
    const { milliCpu, memoryBytes } = facts.allocatable;
    const shares =
      share(nodeRequests.milliCpu, milliCpu) + share(nodeRequests.memoryBytes, memoryBytes);
    return Math.round((1_000 * micros * shares) / 2);
  }

  private gauge(namespace: string, nowUs: number): TimeWeightedGauge {
    let gauge = this.namespaces.get(namespace);
    if (gauge === undefined) {
      gauge = new TimeWeightedGauge(0, nowUs);
      this.namespaces.set(namespace, gauge);
    }
    return gauge;
  }
}

/** Rounded to the nearest whole number, halves up; neither side is negative. */
export function roundedRatio(upper: bigint, lower: bigint): number {
  return Number((2n * upper + lower) / (2n * lower));
}
