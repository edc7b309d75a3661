// The resource metrics of pods, as autoscalers are given them: who answers, and the metrics server
// that does by default.
//
// The metrics server asks the kubelets on a fixed grid and tells what a pod used between its last
// two scrapes. A scrape changes nothing in the cluster, so none is simulated: what the last two found
// is worked out from the usage model when somebody asks.

import {
  type ApiServer,
  type Machines,
  NO_NODE,
  type PodBehavior,
  type PodIndex,
} from "../cluster/index.ts";

/** What a container used, as an average over the window. */
export interface ContainerMetric {
  readonly name: string;
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

/** What a pod used. */
export interface PodMetric {
  readonly containers: readonly ContainerMetric[];
  /** End of the window. */
  readonly atUs: number;
  readonly windowUs: number;
}

/** The resource metrics API. */
export interface PodMetrics {
  /** What is known of these pods at this instant; pods without a sample are missing in the answer. */
  query(pods: readonly PodIndex[]): ReadonlyMap<PodIndex, PodMetric>;
}

/** When the metrics server scrapes. */
export interface MetricsGrid {
  /** `--metric-resolution`. */
  readonly periodUs: number;
  readonly phaseUs: number;
}

/** The metrics server: two scrapes of a running pod make a sample. */
export class MetricsServer implements PodMetrics {
  private readonly api: ApiServer;
  private readonly machines: Machines;
  private readonly behavior: PodBehavior;
  private readonly grid: MetricsGrid;

  constructor(api: ApiServer, machines: Machines, behavior: PodBehavior, grid: MetricsGrid) {
    this.api = api;
    this.machines = machines;
    this.behavior = behavior;
    this.grid = grid;
  }

  query(pods: readonly PodIndex[]): ReadonlyMap<PodIndex, PodMetric> {
    const { periodUs, phaseUs } = this.grid;
    const { nowUs } = this.api.simulation;
    const toUs = Math.floor((nowUs - phaseUs) / periodUs) * periodUs + phaseUs;
    const found = new Map<PodIndex, PodMetric>();
    for (const pod of pods) {
      const metric = this.sampleOf(pod, toUs - periodUs, toUs);
      if (metric !== undefined) found.set(pod, metric);
    }
    return found;
  }

  /** Undefined unless the node answers and every main container ran at both scrapes. */
  private sampleOf(pod: PodIndex, fromUs: number, toUs: number): PodMetric | undefined {
    const { pods } = this.api;
    const node = pods.node(pod);
    if (node === NO_NODE || !this.machines.isInstalled(node)) return undefined;
    if (!this.machines.isHeard(node)) return undefined;
    const { containers, initContainers } = pods.template(pod);
    const metrics: ContainerMetric[] = [];
    const all = [...initContainers, ...containers];
    for (const [position, { name, isSidecar }] of all.entries()) {
      if (position < initContainers.length && !isSidecar) continue;
      const process = this.machines.process(node, pods.uid(pod), position);
      if (process === undefined || process.state !== "running" || process.startedUs > fromUs) {
        return undefined;
      }
      const metric = this.average(pod, position, fromUs, toUs, process.startedUs);
      if (metric === undefined) return undefined;
      metrics.push({ name, ...metric });
    }
    return { containers: metrics, atUs: toUs, windowUs: toUs - fromUs };
  }

  /** Usage is linear between its changes, so the middle of each stretch stands for it exactly. */
  private average(
    pod: PodIndex,
    container: number,
    fromUs: number,
    toUs: number,
    startedUs: number,
  ): Omit<ContainerMetric, "name"> | undefined {
    let milliCpuUs = 0;
    let atUs = fromUs;
    while (atUs < toUs) {
      const changeUs = this.behavior.usageChangesAfterUs(pod, container, atUs - startedUs);
      const endUs = changeUs === undefined ? toUs : Math.min(toUs, startedUs + changeUs);
      const middle = this.behavior.usage(pod, container, (atUs + endUs) / 2 - startedUs);
      if (middle === undefined) return undefined;
      milliCpuUs += middle.milliCpu * (endUs - atUs);
      atUs = endUs;
    }
    // Memory is what there is at the scrape; only cpu is a rate.
    const last = this.behavior.usage(pod, container, toUs - startedUs);
    if (last === undefined) return undefined;
    return {
      milliCpu: Math.floor(milliCpuUs / (toUs - fromUs)),
      memoryBytes: Math.floor(last.memoryBytes),
    };
  }
}
