// The metrics API of the recordings: a total load, shared evenly by the pods that are asked about.
//
// The recorder served it in the place of a metrics server, so that the load is a known number at every
// instant; nothing of usage profiles is in it.

import { type ApiServer, ConditionStatus, type PodIndex } from "../../../cluster/index.ts";
import type { PodMetric, PodMetrics } from "../../../controllers/index.ts";

const WINDOW_US = 30_000_000;
const MEMORY_BYTES = 10 * 1024 * 1024;

/** A load that actions set. */
export class LoadMetrics implements PodMetrics {
  /** Nothing is told before it is served. */
  isServed = false;
  totalMilliCpu = 0;
  private readonly api: ApiServer;

  constructor(api: ApiServer) {
    this.api = api;
  }

  query(selected: readonly PodIndex[]): ReadonlyMap<PodIndex, PodMetric> {
    const { pods, simulation } = this.api;
    const sharing = this.isServed
      ? selected.filter((pod) => pods.ready(pod) === ConditionStatus.True && !pods.isDeleting(pod))
      : [];
    const milliCpu = Math.floor(this.totalMilliCpu / Math.max(1, sharing.length));
    return new Map(
      sharing.map((pod) => {
        const [container] = pods.template(pod).containers;
        const used = { name: container?.name ?? "", milliCpu, memoryBytes: MEMORY_BYTES };
        return [pod, { containers: [used], atUs: simulation.nowUs, windowUs: WINDOW_US }];
      }),
    );
  }
}
