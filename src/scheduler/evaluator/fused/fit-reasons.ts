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

/** One missing resource; hopeless when even the empty node has too little. */
interface Lack {
  readonly reason: string;
  readonly isHopeless: boolean;
}

/** What any pod may lack, in the plugin's order; the bit of the one at `index` is 1 << index. */
const COMMON_LACKS: readonly Lack[] = [
  { reason: "Too many pods", isHopeless: false },
  { reason: "Insufficient cpu", isHopeless: false },
  { reason: "Insufficient cpu", isHopeless: true },
  { reason: "Insufficient memory", isHopeless: false },
  { reason: "Insufficient memory", isHopeless: true },
  { reason: "Insufficient ephemeral-storage", isHopeless: false },
  { reason: "Insufficient ephemeral-storage", isHopeless: true },
];

/** Texts and shared statuses. */
export class FitReasons {
  private readonly cache: SchedulerCache;
  private readonly objects: ClusterObjects;
  /** By the bits of COMMON_LACKS, and with extended resources by text. */
  private readonly common: (Status | undefined)[] = [];
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
  statusOf(podClass: PodClass, row: NodeRow, freed: FreedRoom = NOTHING_FREED): Status {
    const lacks = this.commonLacks(podClass, row, freed);
    if (podClass.scalars.length > 0) {
      const sums = this.cache.resources;
      const scalars: Lack[] = [];
      for (const [name, wanted] of podClass.scalars) {
        if (!this.lacksScalar(name, wanted, row, freed)) continue;
        const isHopeless = wanted > sums.allocatableScalar(row, name);
        scalars.push({ reason: `Insufficient ${name}`, isHopeless });
      }
      if (scalars.length > 0) return this.sharedFor(lacks, scalars);
    }
    this.common[lacks] ??= refusalFor(lacksIn(lacks));
    return this.common[lacks];
  }

  /** Which of COMMON_LACKS hold, as a sum of their bits. */
  private commonLacks({ template }: PodClass, row: NodeRow, freed: FreedRoom): number {
    const sums = this.cache.resources;
    const { milliCpu, memoryBytes, ephemeralStorageBytes } = template.requests;
    let lacks = sums.podCount(row) - freed.pods + 1 > sums.allocatablePods(row) ? 1 : 0;
    const cpu = sums.allocatableMilliCpu(row);
    const cpuFree = cpu - (sums.requestedMilliCpu(row) - freed.milliCpu);
    if (milliCpu > 0 && milliCpu > cpuFree) lacks += milliCpu > cpu ? 4 : 2;
    const memory = sums.allocatableMemoryBytes(row);
    const memoryFree = memory - (sums.requestedMemoryBytes(row) - freed.memoryBytes);
    if (memoryBytes > 0 && memoryBytes > memoryFree) lacks += memoryBytes > memory ? 16 : 8;
    const storage = sums.allocatableEphemeralBytes(row);
    const storageFree = storage - (sums.requestedEphemeralBytes(row) - freed.ephemeralStorageBytes);
    if (ephemeralStorageBytes > 0 && ephemeralStorageBytes > storageFree) {
      lacks += ephemeralStorageBytes > storage ? 64 : 32;
    }
    return lacks;
  }

  private sharedFor(lacks: number, scalars: readonly Lack[]): Status {
    const key = `${lacks} ${scalars.map(({ reason, isHopeless }) => `${reason} ${isHopeless}`).join(", ")}`;
    let status = this.shared.get(key);
    if (status === undefined) {
      status = refusalFor([...lacksIn(lacks), ...scalars]);
      this.shared.set(key, status);
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

function lacksIn(bits: number): readonly Lack[] {
  return COMMON_LACKS.filter((_, index) => (bits & (1 << index)) !== 0);
}

function refusalFor(lacks: readonly Lack[]): Status {
  const isHopeless = lacks.some((lack) => lack.isHopeless);
  return {
    code: isHopeless ? Code.UnschedulableAndUnresolvable : Code.Unschedulable,
    plugin: "NodeResourcesFit",
    reasons: lacks.map(({ reason }) => reason),
  };
}
