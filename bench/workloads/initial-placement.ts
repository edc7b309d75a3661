// Fills a cluster without deciding: pods land on random nodes that have room and admit them.
//
// An evaluator would take hours to fill 100,000 nodes plainly, and the state it begins with need not
// be one of its own making; it only has to be valid.

import type { PodInfo } from "../../src/scheduler/index.ts";
import type { Application } from "./application.ts";
import type { Draws } from "./draws.ts";
import type { NodeFacts } from "./profile-objects.ts";
import type { WorkloadWorld } from "./workload-world.ts";

const PROBES_MAX = 60;
const PODS_PER_NODE_MAX = 110;

/** Room that is left, node by node. */
export class InitialPlacement {
  private readonly world: WorkloadWorld;
  private readonly nodes: readonly NodeFacts[];
  private readonly draws: Draws;
  private readonly freeMilliCpu: Float64Array;
  private readonly freeMemoryMi: Float64Array;
  private readonly freePods: Int32Array;
  /** Keys "node app" for applications of which a host takes only one. */
  private readonly exclusive = new Set<string>();

  constructor(world: WorkloadWorld, nodes: readonly NodeFacts[], draws: Draws) {
    this.world = world;
    this.nodes = nodes;
    this.draws = draws;
    this.freeMilliCpu = Float64Array.from(nodes, ({ milliCpu }) => milliCpu);
    this.freeMemoryMi = Float64Array.from(nodes, ({ memoryMi }) => memoryMi);
    this.freePods = new Int32Array(nodes.length).fill(PODS_PER_NODE_MAX);
  }

  /** Binds the pod somewhere; undefined when no probed node took it. `thorough` looks at every node. */
  place(app: Application, pod: PodInfo, thorough: boolean): PodInfo | undefined {
    const count = this.nodes.length;
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const at = this.draws.below(count);
      if (this.admits(at, app)) return this.bind(at, app, pod);
    }
    if (!thorough) return undefined;
    const start = this.draws.below(count);
    for (let step = 0; step < count; step++) {
      const at = (start + step) % count;
      if (this.admits(at, app)) return this.bind(at, app, pod);
    }
    return undefined;
  }

  private admits(at: number, { number, size, traits }: Application): boolean {
    const node = this.nodes[at]!;
    if (this.freeMilliCpu[at]! < size.milliCpu || this.freeMemoryMi[at]! < size.memoryMi) {
      return false;
    }
    if (this.freePods[at]! === 0 || (node.isDedicated && !traits.tolerates)) return false;
    if (traits.requiresSsd && !node.hasSsd) return false;
    const isExclusive = traits.excludesOwnHost || traits.hostPort > 0;
    return !isExclusive || !this.exclusive.has(`${at} ${number}`);
  }

  private bind(at: number, { number, size, traits }: Application, pod: PodInfo): PodInfo {
    this.freeMilliCpu[at]! -= size.milliCpu;
    this.freeMemoryMi[at]! -= size.memoryMi;
    this.freePods[at]!--;
    if (traits.excludesOwnHost || traits.hostPort > 0) this.exclusive.add(`${at} ${number}`);
    const bound: PodInfo = { ...pod, nodeName: this.nodes[at]!.name };
    this.world.cache.addPod(bound);
    return bound;
  }
}
