// What is requested and what could be, per node and for the whole cluster, with exact integrals.
//
// "Requested" is the sum of requests of pods that are bound and not finished, the scheduler's view.
// "Allocatable" counts a node only while its Ready condition is True, so a dead node lowers the
// denominator from the moment the control plane knows.

import type { NodeIndex, PodTemplate } from "../cluster/index.ts";
import { type Quotient, quotientOf, ratioOf, TimeWeightedGauge } from "./time-weighted-gauge.ts";
import type { UtilizationSummary } from "./run-result.ts";

/** Gauges of one node. */
export interface NodeUse {
  readonly milliCpu: TimeWeightedGauge;
  readonly memoryBytes: TimeWeightedGauge;
  podsBoundCount: number;
  podsCount: number;
  podsMaxCount: number;
}

/** Use of every node, by row, and of the cluster. */
export class ResourceUse {
  readonly milliCpuRequested: TimeWeightedGauge = new TimeWeightedGauge(0, 0);
  readonly memoryBytesRequested: TimeWeightedGauge = new TimeWeightedGauge(0, 0);
  readonly milliCpuAllocatable: TimeWeightedGauge = new TimeWeightedGauge(0, 0);
  readonly memoryBytesAllocatable: TimeWeightedGauge = new TimeWeightedGauge(0, 0);
  private readonly nodes: (NodeUse | undefined)[] = [];
  private cpuPeakRatio = 0;
  private memoryPeakRatio = 0;

  /** Gauges of a node, made at first use. */
  node(node: NodeIndex, nowUs: number): NodeUse {
    let use = this.nodes[node];
    if (use === undefined) {
      use = {
        milliCpu: new TimeWeightedGauge(0, nowUs),
        memoryBytes: new TimeWeightedGauge(0, nowUs),
        podsBoundCount: 0,
        podsCount: 0,
        podsMaxCount: 0,
      };
      this.nodes[node] = use;
    }
    return use;
  }

  /** A pod takes its requests on a node. */
  hold(node: NodeIndex, template: PodTemplate, nowUs: number): void {
    this.change(node, template, 1, nowUs);
  }

  /** A pod gives them back. */
  release(node: NodeIndex, template: PodTemplate, nowUs: number): void {
    this.change(node, template, -1, nowUs);
  }

  /** Allocatable of Ready nodes changed by these amounts. */
  changeAllocatable(milliCpu: number, memoryBytes: number, nowUs: number): void {
    this.milliCpuAllocatable.add(milliCpu, nowUs);
    this.memoryBytesAllocatable.add(memoryBytes, nowUs);
    this.notePeak();
  }

  /** The measured part begins now: forgets integrals and peaks, keeps values. */
  restart(nowUs: number): void {
    for (const gauge of this.clusterGauges()) gauge.restart(nowUs);
    for (const use of this.nodes) {
      use?.milliCpu.restart(nowUs);
      use?.memoryBytes.restart(nowUs);
    }
    this.cpuPeakRatio = 0;
    this.memoryPeakRatio = 0;
    this.notePeak();
  }

  /** Ratios over the measured part, up to now. */
  summary(nowUs: number): UtilizationSummary[] {
    const ratio = (upper: TimeWeightedGauge, lower: TimeWeightedGauge): number | null =>
      ratioOf(upper.integral(nowUs), lower.integral(nowUs));
    const cpu = ratio(this.milliCpuRequested, this.milliCpuAllocatable);
    const memory = ratio(this.memoryBytesRequested, this.memoryBytesAllocatable);
    return [
      { resource: "cpu", requestedRatio: cpu, peakRatio: cpu === null ? null : this.cpuPeakRatio },
      {
        resource: "memory",
        requestedRatio: memory,
        peakRatio: memory === null ? null : this.memoryPeakRatio,
      },
    ];
  }

  /** What those ratios are taken over. */
  quotients(nowUs: number): [string, Quotient | undefined][] {
    const of = (upper: TimeWeightedGauge, lower: TimeWeightedGauge): Quotient | undefined =>
      quotientOf(upper.integral(nowUs), lower.integral(nowUs));
    return [
      ["utilization.cpu", of(this.milliCpuRequested, this.milliCpuAllocatable)],
      ["utilization.memory", of(this.memoryBytesRequested, this.memoryBytesAllocatable)],
    ];
  }

  /** Sum over all nodes of the milli-cpu requested there now. */
  milliCpuOfNodes(): number {
    let sum = 0;
    for (const use of this.nodes) sum += use?.milliCpu.value ?? 0;
    return sum;
  }

  private change(node: NodeIndex, template: PodTemplate, sign: 1 | -1, nowUs: number): void {
    const { milliCpu, memoryBytes } = template.nodeRequests;
    this.milliCpuRequested.add(sign * milliCpu, nowUs);
    this.memoryBytesRequested.add(sign * memoryBytes, nowUs);
    const use = this.node(node, nowUs);
    use.milliCpu.add(sign * milliCpu, nowUs);
    use.memoryBytes.add(sign * memoryBytes, nowUs);
    use.podsCount += sign;
    if (sign === 1) use.podsBoundCount += 1;
    if (use.podsCount > use.podsMaxCount) use.podsMaxCount = use.podsCount;
    this.notePeak();
  }

  private notePeak(): void {
    const cpu = this.milliCpuAllocatable.value;
    const memory = this.memoryBytesAllocatable.value;
    if (cpu > 0)
      this.cpuPeakRatio = Math.max(this.cpuPeakRatio, this.milliCpuRequested.value / cpu);
    if (memory > 0) {
      this.memoryPeakRatio = Math.max(
        this.memoryPeakRatio,
        this.memoryBytesRequested.value / memory,
      );
    }
  }

  private clusterGauges(): TimeWeightedGauge[] {
    return [
      this.milliCpuRequested,
      this.memoryBytesRequested,
      this.milliCpuAllocatable,
      this.memoryBytesAllocatable,
    ];
  }
}
