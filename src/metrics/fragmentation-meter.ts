// Fragmentation and stranded capacity: free room that the pods that usually come cannot use.
//
// The measure of the FGD study (USENIX ATC 2023) for GPUs, and its form for cpu and memory: of a node's
// free amount, the share of the usual pods (by count) that do not fit there. Room is stranded where
// none of them fits. A node is looked at anew only when it changes; labels, taints and affinity play
// no part, as in the study.

import { assert } from "../base/index.ts";
import type { NodeIndex, NodeObject, PodIndex, PodTemplate } from "../cluster/index.ts";
import {
  Fragmentation,
  GPU_RESOURCE,
  gpuRequestOf,
  type GpuState,
  gpuStateOf,
  takeGpus,
  tightestDevices,
  WHOLE_GPU_MILLI,
} from "../scheduler/index.ts";
import type { FragmentationSummary } from "./run-result.ts";
import { type Quotient, quotientOf, ratioOf, TimeWeightedGauge } from "./time-weighted-gauge.ts";
import { type TemplateCount, type UsualPod, usualGpuPodsOf, usualPodsOf } from "./usual-pods.ts";

const RESOURCES = ["cpu", "memory", "gpu"] as const;

/**
 * Amounts of one resource, of a node or of the cluster: millionths of a cpu, bytes, millionths of a GPU.
 * Finer than requests are, because a share of an amount is fragmented.
 */
interface Amounts {
  readonly allocatable: number;
  readonly free: number;
  readonly fragmented: number;
  readonly stranded: number;
}

const PARTS = ["allocatable", "free", "fragmented", "stranded"] as const;
/** Millionths in the thousandths that requests are counted in. */
const FINE = 1_000;
const NOTHING: Amounts = { allocatable: 0, free: 0, fragmented: 0, stranded: 0 };

interface NodeRoom {
  /** Undefined while the node is not Ready. */
  facts: NodeObject | undefined;
  milliCpu: number;
  memoryBytes: number;
  pods: number;
  gpus: GpuState;
  /** Devices of the pods that hold any. */
  readonly holdings: Map<PodIndex, Holding>;
  amounts: readonly Amounts[];
}

interface Holding {
  readonly devices: readonly number[];
  readonly milliEach: number;
}

/** Devices that a scheduler has given to a pod, one entry per slot; undefined where none has. */
export type DevicesOfPod = (pod: PodIndex, node: NodeIndex) => readonly number[] | undefined;

/** Adds up what is free, fragmented and stranded on Ready nodes, over time. */
export class FragmentationMeter {
  private readonly pods: readonly UsualPod[];
  private readonly podsCount: number;
  private readonly gpuFragmentation: Fragmentation;
  private readonly devicesOf: DevicesOfPod;
  private readonly rooms: (NodeRoom | undefined)[] = [];
  private readonly gauges = RESOURCES.map(() => PARTS.map(() => new TimeWeightedGauge(0, 0)));

  constructor(templates: readonly TemplateCount[], devicesOf: DevicesOfPod) {
    this.pods = usualPodsOf(templates);
    this.podsCount = this.pods.reduce((sum, { count }) => sum + count, 0);
    const gpuPods = usualGpuPodsOf(templates);
    const total = gpuPods.reduce((sum, { count }) => sum + count, 0);
    const models: ReadonlySet<string> = new Set();
    this.gpuFragmentation = new Fragmentation(
      gpuPods.map((pod) => ({ ...pod, models, weight: pod.count / total })),
    );
    this.devicesOf = devicesOf;
  }

  /** A node as it is now; undefined: not Ready, or gone. */
  setNode(node: NodeIndex, facts: NodeObject | undefined, nowUs: number): void {
    const room = this.room(node);
    const before = gpusOf(room.facts);
    room.facts = facts;
    if (gpusOf(facts) !== before) recountGpus(room);
    this.update(room, nowUs);
  }

  /** A pod takes its requests on a node. */
  hold(pod: PodIndex, node: NodeIndex, template: PodTemplate, nowUs: number): void {
    const room = this.room(node);
    const request = gpuRequestOf(template);
    if (request.gpus > 0) {
      const given = this.devicesOf(pod, node);
      const devices = given ?? tightestDevices(room.gpus, request);
      room.holdings.set(pod, { devices, milliEach: request.milliEach });
      recountGpus(room);
    }
    this.change(room, template, 1, nowUs);
  }

  /** A pod gives them back. */
  release(pod: PodIndex, node: NodeIndex, template: PodTemplate, nowUs: number): void {
    const room = this.room(node);
    if (room.holdings.delete(pod)) recountGpus(room);
    this.change(room, template, -1, nowUs);
  }

  /** The measured part begins now. */
  restart(nowUs: number): void {
    for (const gauge of this.gauges.flat()) gauge.restart(nowUs);
  }

  /** Ratios over the measured part; GPUs only where there are any. */
  summary(nowUs: number): FragmentationSummary {
    const resources = RESOURCES.flatMap((resource, at) => {
      const [allocatable, free, fragmented, stranded] = this.gauges[at]!.map((gauge) =>
        gauge.integral(nowUs),
      );
      if (resource === "gpu" && this.gauges[at]![0]!.max === 0) return [];
      const ratio = (upper: bigint, lower: bigint): number | null =>
        this.podsCount === 0 ? null : ratioOf(upper, lower);
      const fragmentedRatio = ratio(fragmented!, free!);
      return [{ resource, fragmentedRatio, strandedRatio: ratio(stranded!, allocatable!) }];
    });
    return { usualPodsCount: this.pods.length, resources };
  }

  /** What those ratios are taken over. */
  quotients(nowUs: number): [string, Quotient | undefined][] {
    if (this.podsCount === 0) return [];
    return RESOURCES.flatMap((resource, at) => {
      const [allocatable, free, fragmented, stranded] = this.gauges[at]!.map((gauge) =>
        gauge.integral(nowUs),
      );
      return [
        [`fragmentation.${resource}`, quotientOf(fragmented!, free!)],
        [`stranded.${resource}`, quotientOf(stranded!, allocatable!)],
      ] satisfies [string, Quotient | undefined][];
    });
  }

  private room(node: NodeIndex): NodeRoom {
    this.rooms[node] ??= {
      facts: undefined,
      ...{ milliCpu: 0, memoryBytes: 0, pods: 0, gpus: gpuStateOf([]) },
      holdings: new Map(),
      amounts: RESOURCES.map(() => NOTHING),
    };
    return this.rooms[node];
  }

  private change(room: NodeRoom, template: PodTemplate, sign: 1 | -1, nowUs: number): void {
    const { milliCpu, memoryBytes } = template.nodeRequests;
    room.milliCpu += sign * milliCpu;
    room.memoryBytes += sign * memoryBytes;
    room.pods += sign;
    this.update(room, nowUs);
  }

  private update(room: NodeRoom, nowUs: number): void {
    const before = room.amounts;
    room.amounts = this.amountsOf(room);
    for (const [at, gauges] of this.gauges.entries()) {
      for (const [part, name] of PARTS.entries()) {
        const difference = room.amounts[at]![name] - before[at]![name];
        if (difference !== 0) gauges[part]!.add(difference, nowUs);
      }
    }
  }

  private amountsOf(room: NodeRoom): readonly Amounts[] {
    const { facts, gpus } = room;
    if (facts === undefined) return RESOURCES.map(() => NOTHING);
    const { milliCpu, memoryBytes, pods } = facts.allocatable;
    const cpuLeft = Math.max(0, milliCpu - room.milliCpu);
    const memoryLeft = Math.max(0, memoryBytes - room.memoryBytes);
    const fitting = pods > room.pods ? this.fittingCount(cpuLeft, memoryLeft, gpus) : 0;
    const missing = this.podsCount - fitting;
    const amounts = (allocatable: number, free: number, fragmented: number): Amounts => ({
      ...{ allocatable, free, fragmented },
      stranded: fitting === 0 && this.podsCount > 0 ? free : 0,
    });
    const part = (free: number): number =>
      this.podsCount === 0 ? 0 : Math.round((free / this.podsCount) * missing);
    const gpuFree = Math.max(0, gpus.leftSum);
    const gpuFragmented =
      gpuFree === 0 ? 0 : Math.round(FINE * this.gpuFragmentation.of(cpuLeft, gpus, ""));
    const gpuAllocatable = gpus.left.length * WHOLE_GPU_MILLI;
    return [
      amounts(FINE * milliCpu, FINE * cpuLeft, part(FINE * cpuLeft)),
      amounts(memoryBytes, memoryLeft, part(memoryLeft)),
      amounts(FINE * gpuAllocatable, FINE * gpuFree, gpuFragmented),
    ];
  }

  /** Usual pods, by count, that find room in this. */
  private fittingCount(milliCpu: number, memoryBytes: number, gpus: GpuState): number {
    let count = 0;
    for (const pod of this.pods) {
      if (pod.milliCpu > milliCpu || pod.memoryBytes > memoryBytes) continue;
      if (pod.gpus > 0 && gpus.left.filter((left) => left >= pod.milliEach).length < pod.gpus)
        continue;
      count += pod.count;
    }
    assert(count <= this.podsCount, "no more pods fit than there are");
    return count;
  }
}

function recountGpus(room: NodeRoom): void {
  const count = gpusOf(room.facts);
  let gpus = gpuStateOf(new Array<number>(count).fill(WHOLE_GPU_MILLI));
  for (const { devices, milliEach } of room.holdings.values()) {
    const present = devices.filter((device) => device < count);
    gpus = takeGpus(gpus, present, milliEach);
  }
  room.gpus = gpus;
}

function gpusOf(facts: NodeObject | undefined): number {
  return facts?.allocatable.scalars.get(GPU_RESOURCE) ?? 0;
}
