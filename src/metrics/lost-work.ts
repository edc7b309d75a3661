// What runs of pods had done when they were cut short, and must be done again: lost work.
//
// A process counts if it has an end of its own (a finite run) and was ended with its pod or its machine
// before it: by deletion, eviction, preemption, a deadline, or a loss of power. There are no checkpoints,
// so all of it since its start is lost. Init containers and sidecars do no work of the pod's own; a
// container that ends for its probe or its memory limit has failed by itself.

import {
  type ApiServer,
  type Container,
  type Machines,
  NO_NODE,
  type NodeIndex,
  type PodBehavior,
  type PodChange,
  type PodIndex,
  type ProcessCut,
  type Uid,
} from "../cluster/index.ts";
import type { LostWorkSummary } from "./run-result.ts";

/** Sums over the cuts of one run. */
export class LostWork {
  private readonly api: ApiServer;
  private readonly machines: Machines;
  private readonly behavior: PodBehavior;
  private readonly now: () => number;
  /** Work of pods whose object went before their processes: milli-cpu by container. */
  private readonly orphans = new Map<Uid, ReadonlyMap<number, number>>();
  private cutCount = 0;
  private runUs = 0n;
  private milliCpuUs = 0n;

  constructor(api: ApiServer, machines: Machines, behavior: PodBehavior, now: () => number) {
    this.api = api;
    this.machines = machines;
    this.behavior = behavior;
    this.now = now;
    machines.observe({ onCut: (cut) => this.onCut(cut) });
    api.observe({ onPod: (change) => this.noteOrphan(change) });
  }

  /** The measured part begins now: a cut after it counts since its process started. */
  restart(): void {
    this.cutCount = 0;
    this.runUs = 0n;
    this.milliCpuUs = 0n;
  }

  /** Sum over cuts of the time since their start. */
  totalRunUs(): bigint {
    return this.runUs;
  }

  /** The same times the milli-cpu that the container requests. */
  totalMilliCpuUs(): bigint {
    return this.milliCpuUs;
  }

  summary(): LostWorkSummary {
    return {
      processesCount: this.cutCount,
      runUs: Number(this.runUs),
      coreUs: Number(this.milliCpuUs / 1000n),
    };
  }

  private onCut({ node, podUid, container, startedUs }: ProcessCut): void {
    const milliCpu = this.milliCpuOf(node, podUid, container);
    if (milliCpu === undefined) return;
    const ranUs = BigInt(this.now() - startedUs);
    this.cutCount += 1;
    this.runUs += ranUs;
    this.milliCpuUs += ranUs * BigInt(milliCpu);
  }

  private milliCpuOf(node: NodeIndex, uid: Uid, container: number): number | undefined {
    const orphan = this.orphans.get(uid);
    if (orphan !== undefined) return orphan.get(container);
    const { pods } = this.api;
    let found: number | undefined;
    pods.forEachOnNode(node, (pod) => {
      if (pods.uid(pod) === uid) found = workMilliCpu(this.api, this.behavior, pod, container);
    });
    return found;
  }

  /** A pod's object goes while processes of it run: what they are is known for the last time. */
  private noteOrphan({ kind, pod, uid, nodeBefore }: PodChange): void {
    if (kind !== "Deleted" || nodeBefore === NO_NODE) return;
    if (!this.machines.hasPod(nodeBefore, uid)) return;
    const { initContainers, containers } = this.api.pods.template(pod);
    const running = new Map<number, number>();
    for (let i = 0; i < initContainers.length + containers.length; i++) {
      if (!this.machines.isRunning(nodeBefore, uid, i)) continue;
      const milliCpu = workMilliCpu(this.api, this.behavior, pod, i);
      if (milliCpu !== undefined) running.set(i, milliCpu);
    }
    if (running.size > 0) this.orphans.set(uid, running);
  }
}

/** Requested milli-cpu of a main container with a finite run; undefined for all others. */
export function workMilliCpu(
  api: ApiServer,
  behavior: PodBehavior,
  pod: PodIndex,
  position: number,
): number | undefined {
  const { initContainers, containers } = api.pods.template(pod);
  const container: Container | undefined = containers[position - initContainers.length];
  if (container === undefined || behavior.runDurationUs(pod, 0, position) === undefined) return;
  return Number(container.requests.get("cpu")?.milliValue() ?? 0);
}
