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

/** What a pod on a node is for. */
interface PodShare {
  readonly namespace: string;
  readonly template: PodTemplate;
  /** In thousandths of a millionth per hour. */
  nanos: number;
}

interface PricedNode {
  /** Undefined: there is no Node object (any more), and nothing is paid. */
  facts: NodeObject | undefined;
  /** Undefined: nobody prices it. */
  micros: number | undefined;
  readonly pods: Map<PodIndex, PodShare>;
}

/** Adds up prices over time. */
export class CostMeter {
  private readonly nodes = new Map<NodeIndex, PricedNode>();
  private readonly total = new TimeWeightedGauge(0, 0);
  private readonly namespaces = new Map<string, TimeWeightedGauge>();
  private unpriced = 0;

  /** A node is there (or changed), or is gone; `micros` is its price per hour. */
  setNode(
    node: NodeIndex,
    facts: NodeObject | undefined,
    micros: number | undefined,
    nowUs: number,
  ): void {
    const priced = this.node(node);
    const wasUnpriced = priced.facts !== undefined && priced.micros === undefined;
    if (facts !== undefined && micros === undefined && !wasUnpriced) this.unpriced += 1;
    const before = priceOf(priced);
    priced.facts = facts;
    priced.micros = micros;
    const difference = priceOf(priced) - before;
    if (difference !== 0) this.total.add(1_000 * difference, nowUs);
    for (const share of priced.pods.values()) {
      const nanos = nanosOf(priced, share.template);
      if (nanos !== share.nanos) this.gauge(share.namespace, nowUs).add(nanos - share.nanos, nowUs);
      share.nanos = nanos;
    }
  }

  /** A pod takes its requests on a node. */
  hold(
    pod: PodIndex,
    namespace: string,
    node: NodeIndex,
    template: PodTemplate,
    nowUs: number,
  ): void {
    const priced = this.node(node);
    const nanos = nanosOf(priced, template);
    priced.pods.set(pod, { namespace, template, nanos });
    this.gauge(namespace, nowUs).add(nanos, nowUs);
  }

  /** A pod gives them back. */
  release(pod: PodIndex, node: NodeIndex, nowUs: number): void {
    const { pods } = this.node(node);
    const share = pods.get(pod);
    if (share === undefined) return;
    pods.delete(pod);
    this.gauge(share.namespace, nowUs).add(-share.nanos, nowUs);
  }

  /** The measured part begins now; nodes without a price that are still there count again. */
  restart(nowUs: number): void {
    this.total.restart(nowUs);
    for (const gauge of this.namespaces.values()) gauge.restart(nowUs);
    this.unpriced = [...this.nodes.values()].filter(
      ({ facts, micros }) => facts !== undefined && micros === undefined,
    ).length;
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

  private node(node: NodeIndex): PricedNode {
    let priced = this.nodes.get(node);
    if (priced === undefined) {
      priced = { facts: undefined, micros: undefined, pods: new Map() };
      this.nodes.set(node, priced);
    }
    return priced;
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

/** Millionths per hour that are paid for it now. */
function priceOf({ facts, micros = 0 }: PricedNode): number {
  return facts === undefined ? 0 : micros;
}

function nanosOf(priced: PricedNode, { nodeRequests }: PodTemplate): number {
  const micros = priceOf(priced);
  if (priced.facts === undefined || micros === 0) return 0;
  const share = (asked: number, has: number): number => (has === 0 ? 0 : asked / has);
  const { milliCpu, memoryBytes } = priced.facts.allocatable;
  const shares =
    share(nodeRequests.milliCpu, milliCpu) + share(nodeRequests.memoryBytes, memoryBytes);
  return Math.round((1_000 * micros * shares) / 2);
}

/** Rounded to the nearest whole number, halves up; neither side is negative. */
export function roundedRatio(upper: bigint, lower: bigint): number {
  return Number((2n * upper + lower) / (2n * lower));
}
