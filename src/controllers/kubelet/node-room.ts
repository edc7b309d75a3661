// Room on a node as its kubelet counts it: the requests of the pods it has taken on and that have
// not stopped yet.
//
// Differs from what the scheduler counts: a deleted pod holds its room here until its containers
// have stopped, whatever the API shows by then.

import type { NodeIndex, PodTemplate } from "../../cluster/index.ts";
import type { KubeletPod } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";

/** A resource that a pod would need more of than is left. */
export interface Shortage {
  /** As in "OutOfcpu". */
  readonly resource: string;
  readonly requested: number;
  readonly used: number;
  readonly capacity: number;
}

interface Room {
  milliCpu: number;
  memoryBytes: number;
  ephemeralBytes: number;
  pods: number;
  readonly scalars: Map<string, number>;
}

/** Requests of the pods on every node. */
export class NodeRoom {
  private readonly world: KubeletWorld;
  private readonly rooms = new Map<NodeIndex, Room>();

  constructor(world: KubeletWorld) {
    this.world = world;
  }

  /** The pod counts from now on. */
  take(record: KubeletPod): void {
    record.holdsRoom = true;
    this.add(record.node, record.counted, 1);
  }

  /** It counts no longer; false if it did not count. */
  giveBack(record: KubeletPod): boolean {
    if (!record.holdsRoom) return false;
    record.holdsRoom = false;
    this.add(record.node, record.counted, -1);
    return true;
  }

  /** What a pod that does not count yet lacks, in the order in which the kubelet checks. */
  shortagesOf(node: NodeIndex, { nodeRequests }: PodTemplate): Shortage[] {
    const { nodes } = this.world.context.api;
    const room = this.of(node);
    const { scalars } = nodes.facts(node).allocatable;
    const found: Shortage[] = [];
    const check = (resource: string, requested: number, used: number, capacity: number): void => {
      if (requested > 0 && requested > capacity - used)
        found.push({ resource, requested, used, capacity });
    };
    check("pods", 1, room.pods, nodes.podsAllocatable(node));
    check("cpu", nodeRequests.milliCpu, room.milliCpu, nodes.milliCpuAllocatable(node));
    check("memory", nodeRequests.memoryBytes, room.memoryBytes, nodes.memoryBytesAllocatable(node));
    check(
      "ephemeral-storage",
      nodeRequests.ephemeralStorageBytes,
      room.ephemeralBytes,
      nodes.ephemeralBytesAllocatable(node),
    );
    for (const [name, requested] of nodeRequests.scalars) {
      const capacity = scalars.get(name);
      // What the node does not report at all is left to whoever provides it.
      if (capacity !== undefined) check(name, requested, room.scalars.get(name) ?? 0, capacity);
    }
    return found;
  }

  /** True while more is taken than the node has: victims have not stopped yet. */
  isOverfull(node: NodeIndex): boolean {
    const { nodes } = this.world.context.api;
    if (!nodes.exists(node)) return false;
    const room = this.of(node);
    return (
      room.pods > nodes.podsAllocatable(node) ||
      room.milliCpu > nodes.milliCpuAllocatable(node) ||
      room.memoryBytes > nodes.memoryBytesAllocatable(node) ||
      room.ephemeralBytes > nodes.ephemeralBytesAllocatable(node)
    );
  }

  private of(node: NodeIndex): Room {
    let room = this.rooms.get(node);
    if (room === undefined) {
      room = { milliCpu: 0, memoryBytes: 0, ephemeralBytes: 0, pods: 0, scalars: new Map() };
      this.rooms.set(node, room);
    }
    return room;
  }

  private add(node: NodeIndex, { nodeRequests }: PodTemplate, sign: number): void {
    const room = this.of(node);
    room.milliCpu += sign * nodeRequests.milliCpu;
    room.memoryBytes += sign * nodeRequests.memoryBytes;
    room.ephemeralBytes += sign * nodeRequests.ephemeralStorageBytes;
    room.pods += sign;
    for (const [name, amount] of nodeRequests.scalars) {
      room.scalars.set(name, (room.scalars.get(name) ?? 0) + sign * amount);
    }
  }
}
