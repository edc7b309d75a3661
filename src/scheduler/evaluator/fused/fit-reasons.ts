// FitReasons: what NodeResourcesFit says of a node without room, each different answer made once.
//
// The reasons depend only on which resources are missing and whether the empty node would have them,
// so thousands of nodes share a few answers and can be counted by identity.

import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { ClusterObjects } from "../../framework/cluster-objects.ts";
import { Code, type Status } from "../../framework/status.ts";
import type { PodClass } from "./pod-class.ts";

/** Texts and shared statuses. */
export class FitReasons {
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;
  private readonly shared = new Map<string, Status>();

  constructor(cache: SchedulerCache, objects: ClusterObjects) {
    this.cache = cache;
    this.objects = objects;
  }

  /** Whether the node has the extended resources and huge pages. */
  hasScalars(scalars: PodClass["scalars"], row: NodeRow): boolean {
    for (const [name, wanted] of scalars) if (this.lacksScalar(name, wanted, row)) return false;
    return true;
  }

  /** The refusal of a node without room. */
  statusOf({ template, scalars }: PodClass, row: NodeRow): Status {
    const sums = this.cache.resources;
    const { milliCpu, memoryBytes, ephemeralStorageBytes } = template.requests;
    let key = "";
    let isHopeless = false;
    const check = (name: string, wanted: number, allocatable: number, requested: number): void => {
      if (wanted <= 0 || wanted <= allocatable - requested) return;
      key += `Insufficient ${name}\n`;
      if (wanted > allocatable) isHopeless = true;
    };
    if (sums.podCount(row) + 1 > sums.allocatablePods(row)) key += "Too many pods\n";
    check("cpu", milliCpu, sums.allocatableMilliCpu(row), sums.requestedMilliCpu(row));
    check("memory", memoryBytes, sums.allocatableMemoryBytes(row), sums.requestedMemoryBytes(row));
    const ephemeral = sums.allocatableEphemeralBytes(row);
    const used = sums.requestedEphemeralBytes(row);
    check("ephemeral-storage", ephemeralStorageBytes, ephemeral, used);
    for (const [name, wanted] of scalars) {
      if (!this.lacksScalar(name, wanted, row)) continue;
      check(name, wanted, sums.allocatableScalar(row, name), sums.requestedScalar(row, name));
    }
    const code = isHopeless ? Code.UnschedulableAndUnresolvable : Code.Unschedulable;
    const fullKey = `${code} ${key}`;
    let status = this.shared.get(fullKey);
    if (status === undefined) {
      status = { code, plugin: "NodeResourcesFit", reasons: key.split("\n").slice(0, -1) };
      this.shared.set(fullKey, status);
    }
    return status;
  }

  private lacksScalar(name: string, wanted: number, row: NodeRow): boolean {
    const sums = this.cache.resources;
    const allocatable = sums.allocatableScalar(row, name);
    if (allocatable <= 0 && this.objects.hasDeviceClassFor(name)) return false;
    return wanted > 0 && wanted > allocatable - sums.requestedScalar(row, name);
  }
}
