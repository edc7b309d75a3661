// V1: virtual machines onto equal hosts by first fit, on podsim's own filters and cache.
//
// H hosts of 144 cores and 204,800 MiB; all machines are requested at 0 and run 100 s. A host takes what
// NodeResourcesFit admits; which of those is the strategy's choice.

import type { Duration, Instant } from "../../src/base/index.ts";
import { RANK, Simulation } from "../../src/engine/index.ts";
import {
  createPolicyDecider,
  createStrategyDecider,
  type Decider,
  type DeciderParts,
  type PodInfo,
  type Strategy,
} from "../../src/scheduler/index.ts";
import { Congruential } from "../engine/congruential.ts";
import { WorkloadWorld } from "../workloads/workload-world.ts";

const HOST_CORES = 144;
const HOST_MIB = 204_800;
const CORES = [1, 2, 4, 8] as const;
const MIB = [512, 1_024, 2_048] as const;
const LIFETIME = 100_000_000;
const RUN = { seed: "1", replication: 0, scheduler: "placement" };

/** From the first host each time, or from the host that took the last machine. */
export type PlacementRule = "first-fit" | "first-fit-from-last";

/** What was placed. */
export interface PlacementResult {
  readonly placed: number;
  readonly cores: number;
  /** Over hosts in order of placement. */
  readonly order: number;
  /** Instant at which the last machine ended. */
  readonly endedUs: number;
}

/** Places all machines and lets them run to their end. */
export function placeMachines(
  hosts: number,
  machines: number,
  rule: PlacementRule,
): PlacementResult {
  const simulation = new Simulation();
  const world = createHosts(hosts);
  const decider = createDecider(world, simulation, rule);
  const draws = new Congruential(42);
  let cores = 0;
  let order = 0;
  let placed = 0;
  const end = simulation.defineKind("end", RANK.machine, (machine) => {
    world.cache.removePod(machine);
  });
  const ends = simulation.lane(end, LIFETIME as Duration);
  const request = simulation.defineKind("request", RANK.workload, (machine) => {
    const size = CORES[Math.floor(draws.uniform() * CORES.length)]!;
    const memory = MIB[Math.floor(draws.uniform() * MIB.length)]!;
    const pod = machinePod(world, machine, size, memory);
    const { decision } = decider.decide(pod);
    if (decision.node === -1) return;
    const host = world.cache.nodeName(decision.node);
    world.cache.assume(pod, host);
    ends.push(machine);
    placed++;
    cores += size;
    order = (Math.imul(order, 31) + Number(host)) | 0;
  });
  for (let machine = 0; machine < machines; machine++) {
    simulation.at(0 as Instant, request, machine);
  }
  simulation.runUntilDrained();
  return { placed, cores, order: order >>> 0, endedUs: simulation.nowUs };
}

function createHosts(hosts: number): WorkloadWorld {
  const world = new WorkloadWorld({
    profile: "resources",
    percentageOfNodesToScore: 100,
    keepsMatches: true,
  });
  const allocatable = { cpu: String(HOST_CORES), memory: `${HOST_MIB}Mi`, pods: "1000" };
  for (let host = 0; host < hosts; host++) {
    const node = world.node({ metadata: { name: String(host) }, status: { allocatable } });
    world.cache.addNode(node);
  }
  return world;
}

function machinePod(world: WorkloadWorld, uid: number, cores: number, memoryMi: number): PodInfo {
  const requests = { cpu: String(cores), memory: `${memoryMi}Mi` };
  const spec = { containers: [{ name: "m", image: "m:1", resources: { requests } }] };
  return {
    uid,
    namespace: "default",
    name: `m${uid}`,
    template: world.template({ metadata: { namespace: "default" }, spec }),
    priority: 0,
    startUs: -1,
    deleting: false,
    nodeName: "",
    nominatedNodeName: "",
    pod: -1,
  };
}

function createDecider(world: WorkloadWorld, simulation: Simulation, rule: PlacementRule): Decider {
  const parts: DeciderParts = {
    simulation,
    cache: world.cache,
    objects: world.objects.lookUps,
    profiles: [world.profile],
    configuration: world.configuration,
    tieBreak: "heap",
  };
  return rule === "first-fit"
    ? createPolicyDecider("first-fit", parts, RUN)
    : createStrategyDecider(createFirstFitFromLast(), parts, RUN);
}

/** The first that fits, from the host that took the last machine on, round the end. */
function createFirstFitFromLast(): Strategy {
  let last = 0;
  return {
    name: "first-fit-from-last",
    decide: (_pod, { nodes }) => {
      const node = nodes.find(({ name }) => Number(name) >= last) ?? nodes[0]!;
      last = Number(node.name);
      return { node };
    },
  };
}
