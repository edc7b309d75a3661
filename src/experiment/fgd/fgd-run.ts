// One run of the FGD study: one workload, one policy, one seed, three rows.
//
// There is no time in it: each pod is tried once, stays for ever or is dropped for good. So there is
// no queue and no event loop here, but the scheduler's own cache and profile decide; by remembered
// verdicts, which the plain evaluator checks in the tests.

import {
  Code,
  createGpuRegistry,
  CycleState,
  Fragmentation,
  type GpuDevices,
  gpuDevicesOf,
  NO_OBJECTS,
  type NodeRow,
  PlainEvaluator,
  type PodInfo,
  Profile,
  SchedulerCache,
  statusMessage,
} from "../../scheduler/index.ts";
import { OPENB_MODEL_LABEL } from "../../workload/index.ts";
import { ArrivalBins, type FgdRows } from "./arrival-bins.ts";
import { arrivalOrder } from "./arrival-order.ts";
import { fgdConfiguration } from "./fgd-policies.ts";
import type { FgdPod, FgdWorkload } from "./fgd-workload.ts";
import { RememberedVerdicts } from "./remembered-verdicts.ts";

const WHOLE = 1000;

/** What a run came to. */
export interface FgdOutcome {
  readonly rows: FgdRows;
  /** Node of each arrival, "" where none fitted. */
  readonly placements: readonly string[];
}

/** Runs one cell of the study. `policy` is one of FGD_POLICIES; `evaluator` changes the speed alone. */
export function runFgd(
  workload: FgdWorkload,
  policy: string,
  seed: number,
  evaluator: "remembered" | "plain" = "remembered",
): FgdOutcome {
  const { pods, nodes, gpuCount } = workload;
  const order = arrivalOrder(pods, gpuCount * WHOLE, nodes.length, seed);
  const world = new FgdWorld(workload, order.nodeRanks, policy, seed, evaluator === "plain");
  const bins = new ArrivalBins(gpuCount);
  let arrivedMilli = 0;
  const placements: string[] = [];
  for (const [arrival, place] of order.arrivals.entries()) {
    const pod = pods[place]!;
    arrivedMilli += pod.milliTotal;
    placements.push(world.tryPod(pod, arrival));
    bins.add({ arrivedMilli, ...world.measure() });
  }
  return { rows: bins.rows(), placements };
}

/** The cluster and the scheduler of one run. */
class FgdWorld {
  private readonly cache = new SchedulerCache();
  private readonly devices: GpuDevices;
  private readonly profile: Profile;
  private readonly plain: PlainEvaluator | undefined;
  private readonly remembered: RememberedVerdicts;
  private readonly fragmentation: Fragmentation;
  /** Rows in the order of their ranks, and of each its fragmented GPU. */
  private readonly rows: readonly NodeRow[];
  private readonly fragmentedMilli: Float64Array;
  private readonly positionOfRow = new Map<NodeRow, number>();
  private readonly capacityMilli: number;
  private allocatedMilli = 0;

  constructor(
    workload: FgdWorkload,
    ranks: readonly number[],
    policy: string,
    seed: number,
    isPlain: boolean,
  ) {
    const { nodes, typicalPods, gpuCount } = workload;
    const places = nodes.map((_, place) => place).sort((a, b) => ranks[a]! - ranks[b]!);
    this.rows = places.map((place) => this.cache.addNode(nodes[place]!));
    for (const [position, row] of this.rows.entries()) this.positionOfRow.set(row, position);
    this.devices = gpuDevicesOf(this.cache);
    const registry = createGpuRegistry();
    const label = OPENB_MODEL_LABEL;
    const configuration = fgdConfiguration(policy, typicalPods, label, seed, registry);
    const handle = { cache: this.cache, objects: NO_OBJECTS };
    this.profile = new Profile(configuration.profiles[0]!, registry, handle);
    this.remembered = new RememberedVerdicts(this.cache, this.profile);
    if (isPlain) {
      this.plain = new PlainEvaluator(this.cache, {
        percentageOfNodesToScore: configuration.percentageOfNodesToScore,
        // Equal totals: the smallest rank, which comes first in the list.
        tieBreak: () => 0,
        batching: false,
      });
    }
    this.fragmentation = new Fragmentation(typicalPods);
    this.capacityMilli = gpuCount * WHOLE;
    this.fragmentedMilli = new Float64Array(this.rows.length);
    for (const row of this.rows) this.measureNode(row);
  }

  /** One attempt: the name of the pod's node, or "". */
  tryPod(pod: FgdPod, arrival: number): string {
    const state = new CycleState();
    const info = podInfoOf(pod, arrival);
    const row = this.decide(info, state);
    if (row === undefined) return "";
    const nodeName = this.cache.nodeName(row);
    const assumed = this.cache.assume(info, nodeName);
    for (const plugin of this.profile.reservePlugins) {
      const status = plugin.reserve(state, assumed, nodeName);
      if (status.code !== Code.Success) throw new Error(`${pod.name}: ${statusMessage(status)}`);
    }
    this.allocatedMilli += pod.milliTotal;
    this.measureNode(row);
    return nodeName;
  }

  /** The cluster as it is now. */
  measure(): { allocatedMilli: number; idleMilli: number; fragmentedMilli: number } {
    let fragmentedMilli = 0;
    for (const amount of this.fragmentedMilli) fragmentedMilli += amount;
    const { allocatedMilli, capacityMilli } = this;
    return { allocatedMilli, idleMilli: capacityMilli - allocatedMilli, fragmentedMilli };
  }

  private decide(pod: PodInfo, state: CycleState): NodeRow | undefined {
    if (this.plain === undefined) return this.remembered.decide(pod, state);
    const { outcome, node, message } = this.plain.decide(pod, this.profile, state);
    if (outcome === "error") throw new Error(`${pod.name}: ${message}`);
    return node === -1 ? undefined : (node as NodeRow);
  }

  private measureNode(row: NodeRow): void {
    const { resources } = this.cache;
    const milliCpu = resources.allocatableMilliCpu(row) - resources.requestedMilliCpu(row);
    const model = this.cache.node(row).meta.labels.get(OPENB_MODEL_LABEL) ?? "";
    const gpus = this.devices.stateOf(row);
    const amount = this.fragmentation.of(milliCpu, gpus, model);
    this.fragmentedMilli[this.positionOfRow.get(row)!] = amount;
  }
}

/** Clones share a name in the trace; the arrival number keeps them apart. */
function podInfoOf({ name, template }: FgdPod, arrival: number): PodInfo {
  return {
    uid: arrival,
    namespace: "default",
    name: `${name}-${arrival}`,
    template,
    priority: 0,
    startUs: -1,
    deleting: false,
    nodeName: "",
    nominatedNodeName: "",
    pod: -1,
  };
}
