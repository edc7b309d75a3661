// What each namespace holds and asks for over time: the ground of fairness among namespaces.
//
// Dominant shares as dominant resource fairness has them (Ghodsi et al., NSDI 2011). A namespace that
// asks for little holds little without being wronged, so what it holds is put beside what it asks for.
// Indices over namespaces are made by whoever reads this.

import type { PodTemplate } from "../cluster/index.ts";
import { compareText } from "../base/index.ts";
import type { NamespaceShare } from "./run-result.ts";
import { ratioOf, TimeWeightedGauge } from "./time-weighted-gauge.ts";

interface NamespaceUse {
  readonly milliCpuHeld: TimeWeightedGauge;
  readonly memoryBytesHeld: TimeWeightedGauge;
  readonly milliCpuAsked: TimeWeightedGauge;
  readonly memoryBytesAsked: TimeWeightedGauge;
}

/** Integrals of allocatable over the measured part. */
export interface AllocatableArea {
  readonly milliCpu: bigint;
  readonly memoryBytes: bigint;
}

/** Gauges by namespace. */
export class FairnessMeter {
  private readonly namespaces = new Map<string, NamespaceUse>();

  /** A pod begins (1) or ceases (-1) to hold its requests on a node. */
  holds(namespace: string, { nodeRequests }: PodTemplate, sign: 1 | -1, nowUs: number): void {
    const use = this.use(namespace, nowUs);
    use.milliCpuHeld.add(sign * nodeRequests.milliCpu, nowUs);
    use.memoryBytesHeld.add(sign * nodeRequests.memoryBytes, nowUs);
  }

  /** A pod begins (1) or ceases (-1) to want its requests: it exists and has not finished. */
  asks(namespace: string, { nodeRequests }: PodTemplate, sign: 1 | -1, nowUs: number): void {
    const use = this.use(namespace, nowUs);
    use.milliCpuAsked.add(sign * nodeRequests.milliCpu, nowUs);
    use.memoryBytesAsked.add(sign * nodeRequests.memoryBytes, nowUs);
  }

  /** The measured part begins now. */
  restart(nowUs: number): void {
    for (const use of this.namespaces.values())
      for (const gauge of Object.values(use)) gauge.restart(nowUs);
  }

  /** Shares of the namespaces that asked for anything, by name. */
  shares(allocatable: AllocatableArea, nowUs: number): NamespaceShare[] {
    return [...this.namespaces]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([namespace, use]) => {
        const cpu = { held: use.milliCpuHeld, asked: use.milliCpuAsked };
        const memory = { held: use.memoryBytesHeld, asked: use.memoryBytesAsked };
        const [cpuAsked, memoryAsked] = [cpu, memory].map(({ asked }) => asked.integral(nowUs));
        if (cpuAsked === 0n && memoryAsked === 0n) return [];
        const heldShares = [
          ratioOf(cpu.held.integral(nowUs), allocatable.milliCpu),
          ratioOf(memory.held.integral(nowUs), allocatable.memoryBytes),
        ].filter((share) => share !== null);
        // Compared crosswise, so that no division decides which resource counts.
        const asksForCpu =
          cpuAsked! * allocatable.memoryBytes >= memoryAsked! * allocatable.milliCpu;
        const dominant = asksForCpu && cpuAsked !== 0n ? cpu : memory;
        return {
          namespace,
          dominantShareRatio: heldShares.length === 0 ? null : Math.max(...heldShares),
          servedRatio: ratioOf(dominant.held.integral(nowUs), dominant.asked.integral(nowUs)),
        };
      });
  }

  private use(namespace: string, nowUs: number): NamespaceUse {
    let use = this.namespaces.get(namespace);
    if (use === undefined) {
      use = {
        milliCpuHeld: new TimeWeightedGauge(0, nowUs),
        memoryBytesHeld: new TimeWeightedGauge(0, nowUs),
        milliCpuAsked: new TimeWeightedGauge(0, nowUs),
        memoryBytesAsked: new TimeWeightedGauge(0, nowUs),
      };
      this.namespaces.set(namespace, use);
    }
    return use;
  }
}
