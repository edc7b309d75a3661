// FitReasons: what NodeResourcesFit says of a node without room, each different answer made once.
//
// The reasons depend only on which resources are missing and whether the empty node would have them,
// so thousands of nodes share a few answers and can be counted by identity.

import { FreedRoom } from "../../cache/freed-room.ts";
import type { NodeRow } from "../../cache/node-row.ts";
import type { SchedulerCache } from "../../cache/scheduler-cache.ts";
import type { ClusterObjects } from "../../framework/cluster-objects.ts";
import { Code, type Status } from "../../framework/status.ts";
import type { PodClass } from "./pod-class.ts";

const NOTHING_FREED = new FreedRoom();

/** Texts and shared statuses. */
export class FitReasons {
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;
  private readonly shared = new Map<string, Status>();

  constructor(cache: SchedulerCache, objects: ClusterObjects) {
    this.cache = cache;
    this.objects = objects;
  }

  /** Whether the node has the extended resources and huge pages, with what pods would free of them. */
  hasScalars(
    scalars: PodClass["scalars"],
    row: NodeRow,
    freed: FreedRoom = NOTHING_FREED,
  ): boolean {
    for (const [name, wanted] of scalars) {
      if (this.lacksScalar(name, wanted, row, freed)) return false;
    }
    return true;
  }

  /** The refusal of a node without room, also when so much more of it were free. */
  statusOf(
    { template, scalars }: PodClass,
    row: NodeRow,
    freed: FreedRoom = NOTHING_FREED,
  ): Status {
    const sums = this.cache.resources;
    const { milliCpu, memoryBytes, ephemeralStorageBytes } = template.requests;
    let key = "";
    let isHopeless = false;
    const check = (name: string, wanted: number, allocatable: number, requested: number): void => {
      if (wanted <= 0 || wanted <= allocatable - requested) return;
      key += `Insufficient ${name}\n`;
      if (wanted > allocatable) isHopeless = true;
    };
    if (sums.podCount(row) - freed.pods + 1 > sums.allocatablePods(row)) key += "Too many pods\n";
    const cpuUsed = sums.requestedMilliCpu(row) - freed.milliCpu;
    check("cpu", milliCpu, sums.allocatableMilliCpu(row), cpuUsed);
    const memoryUsed = sums.requestedMemoryBytes(row) - freed.memoryBytes;
    check("memory", memoryBytes, sums.allocatableMemoryBytes(row), memoryUsed);
    const ephemeral = sums.allocatableEphemeralBytes(row);
    const used = sums.requestedEphemeralBytes(row) - freed.ephemeralStorageBytes;
    check("ephemeral-storage", ephemeralStorageBytes, ephemeral, used);
    for (const [name, wanted] of scalars) {
      if (!this.lacksScalar(name, wanted, row, freed)) continue;
      const taken = sums.requestedScalar(row, name) - freed.scalarOf(name);
      check(name, wanted, sums.allocatableScalar(row, name), taken);
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

  private lacksScalar(name: string, wanted: number, row: NodeRow, freed: FreedRoom): boolean {
    const sums = this.cache.resources;
    const allocatable = sums.allocatableScalar(row, name);
    if (allocatable <= 0 && this.objects.hasDeviceClassFor(name)) return false;
    const taken = sums.requestedScalar(row, name) - freed.scalarOf(name);
    return wanted > 0 && wanted > allocatable - taken;
  }
}
