// The second path of accounting: the same integrals from whole lives instead of running sums.
//
// The collector keeps gauges that move with every change; this audit notes when each pod came, took
// its requests, gave them back and went, and adds up products of amount and span. Both must agree to
// the last unit (rules 66 to 71 of the reliability page). It exists only under --check.

import {
  type ApiServer,
  ConditionStatus,
  isFinishedPhase,
  NO_NODE,
  type NodeIndex,
  type PodChange,
  PodConditionType,
  type Uid,
} from "../cluster/index.ts";
import type { InvariantRegistry } from "../engine/index.ts";
import type { Collector } from "./collector.ts";

interface Holding {
  readonly node: NodeIndex;
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly sinceUs: number;
}

/** Sums over lives that have ended, and the lives still open. */
export class AccountingAudit {
  private readonly now: () => number;
  private readonly arrivals = new Map<Uid, number>();
  private readonly holdings = new Map<Uid, Holding>();
  private timeInSystem = 0n;
  private cpuArea = 0n;
  private memoryArea = 0n;
  /** Pods that were deleted, failed from outside or lost before they had finished by themselves. */
  private readonly departed = new Set<Uid>();
  private readonly finished = new Set<Uid>();
  private readonly cpuAreaByNode = new Map<NodeIndex, bigint>();
  private arrivedCount = 0;
  private leftCount = 0;

  /** Joins before the first commit, as the collector does. */
  constructor(api: ApiServer, now: () => number) {
    this.now = now;
    api.observe({ onPod: (change) => this.onPod(change) });
  }

  /** Pods that came and have not gone. */
  get inSystem(): number {
    return this.arrivedCount - this.leftCount;
  }

  /** Pods that left before they had finished, each once. */
  get departedCount(): number {
    return this.departed.size;
  }

  /** Sum over pods of their time in the system, up to now. */
  totalTimeInSystem(): bigint {
    let total = this.timeInSystem;
    for (const sinceUs of this.arrivals.values()) total += BigInt(this.now() - sinceUs);
    return total;
  }

  /** Sum over pods of requested milli-cpu times the time it was held, up to now. */
  totalCpuArea(): bigint {
    let total = this.cpuArea;
    for (const held of this.holdings.values())
      total += area(held.milliCpu, held.sinceUs, this.now());
    return total;
  }

  /** The same for bytes of memory. */
  totalMemoryArea(): bigint {
    let total = this.memoryArea;
    for (const held of this.holdings.values())
      total += area(held.memoryBytes, held.sinceUs, this.now());
    return total;
  }

  /** The same for the milli-cpu of one node. */
  nodeCpuArea(node: NodeIndex): bigint {
    let total = this.cpuAreaByNode.get(node) ?? 0n;
    for (const held of this.holdings.values()) {
      if (held.node === node) total += area(held.milliCpu, held.sinceUs, this.now());
    }
    return total;
  }

  private onPod(change: PodChange): void {
    const nowUs = this.now();
    const { uid, kind } = change;
    if (kind === "Added") {
      this.arrivals.set(uid, nowUs);
      this.arrivedCount += 1;
    }
    this.noteEnd(change);
    const holds =
      kind !== "Deleted" && change.nodeAfter !== NO_NODE && !isFinishedPhase(change.phaseAfter);
    const held = this.holdings.get(uid);
    const { milliCpu, memoryBytes } = change.templateAfter.nodeRequests;
    const isSame =
      held !== undefined && holds && held.milliCpu === milliCpu && held.memoryBytes === memoryBytes;
    if (held !== undefined && !isSame) this.close(uid, held, nowUs);
    if (holds && !isSame) {
      this.holdings.set(uid, { node: change.nodeAfter, milliCpu, memoryBytes, sinceUs: nowUs });
    }
    if (kind !== "Deleted") return;
    this.timeInSystem += BigInt(nowUs - (this.arrivals.get(uid) ?? nowUs));
    this.arrivals.delete(uid);
    this.leftCount += 1;
  }

  /** The first of: finished by itself, failed for a stated disruption, marked for deletion, gone. */
  private noteEnd(change: PodChange): void {
    const { uid, kind } = change;
    if (this.finished.has(uid) || this.departed.has(uid)) return;
    if (kind === "Added") {
      if (isFinishedPhase(change.phaseAfter)) this.finished.add(uid);
    } else if (kind !== "Deleted" && isFinishedPhase(change.phaseAfter)) {
      const isDisrupted =
        change.conditionAfter(PodConditionType.DisruptionTarget) !== ConditionStatus.Absent;
      (isDisrupted ? this.departed : this.finished).add(uid);
    } else if (kind === "Deleted" || (change.isDeletingAfter && !change.isDeletingBefore)) {
      this.departed.add(uid);
    }
  }

  private close(uid: Uid, held: Holding, nowUs: number): void {
    this.holdings.delete(uid);
    const cpu = area(held.milliCpu, held.sinceUs, nowUs);
    this.cpuArea += cpu;
    this.memoryArea += area(held.memoryBytes, held.sinceUs, nowUs);
    this.cpuAreaByNode.set(held.node, (this.cpuAreaByNode.get(held.node) ?? 0n) + cpu);
  }
}

/** Registers I8, I66 to I71 (those about pods and requests) and I79 against the collector. */
export function registerMetricsInvariants(
  registry: InvariantRegistry,
  api: ApiServer,
  collector: Collector,
  audit: AccountingAudit,
): void {
  registry.register({
    id: "I8",
    mode: "check",
    title: "every pod that left early is in exactly one bucket of reasons",
    when: "end",
    test: () =>
      difference("early ends", BigInt(collector.departedCount()), BigInt(audit.departedCount)),
  });
  registry.register({
    id: "I66",
    mode: "deep",
    title:
      "integral of requested = sum over pods of request times holding time, per node and in total",
    when: "end",
    test: () =>
      difference("milli-cpu", collector.cpuArea(), audit.totalCpuArea()) ??
      difference("memory", collector.memoryArea(), audit.totalMemoryArea()) ??
      firstNodeDifference(api, collector, audit),
  });
  registry.register({
    id: "I67",
    mode: "check",
    title: "sum over nodes of what is requested = what is requested in the cluster",
    when: "instant",
    test: () =>
      difference("milli-cpu", BigInt(collector.cpuOfNodes()), BigInt(collector.cpuOfCluster())),
  });
  registry.register({
    id: "I68",
    mode: "check",
    title: "Little's law on the path: integral of pods in the system = sum of their times in it",
    when: "end",
    test: () => difference("pod time", collector.podArea(), audit.totalTimeInSystem()),
  });
  registry.register({
    id: "I69",
    mode: "check",
    title: "pods in the system = arrivals - departures",
    when: "instant",
    test: () => difference("pods", BigInt(api.pods.count), BigInt(audit.inSystem)),
  });
}

/** I79: the words for the first number of a result that is none; undefined if all are numbers. */
export function numberViolation(value: unknown, path: string = "result"): string | undefined {
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? undefined
      : `${path} is ${Object.is(value, -0) ? "-0" : value}`;
  }
  if (value === undefined) return `${path} is undefined`;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = numberViolation(inner, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstNodeDifference(
  api: ApiServer,
  collector: Collector,
  audit: AccountingAudit,
): string | undefined {
  for (let index = 0; index < api.nodes.rowCount; index++) {
    const node = index as NodeIndex;
    const found = difference(
      `node ${api.nodes.name(node)}`,
      collector.nodeCpuArea(node),
      audit.nodeCpuArea(node),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function area(amount: number, fromUs: number, toUs: number): bigint {
  return BigInt(amount) * BigInt(toUs - fromUs);
}

function difference(what: string, gauge: bigint, audit: bigint): string | undefined {
  return gauge === audit ? undefined : `${what}: ${gauge} by gauges, ${audit} by lives`;
}
