// What machines draw over time: a straight line from idle to full power by the cpu that is asked for.
//
// The linear model of Fan, Weber and Barroso (ISCA 2007). Requests stand for use: of what is bound and
// not finished, over the machine's capacity, at most all of it. A machine without power draws nothing,
// and counts only while its Node object exists.

import type { NodeIndex, PodTemplate } from "../cluster/index.ts";
import { roundedRatio } from "./cost-meter.ts";
import type { EnergySummary } from "./run-result.ts";
import { TimeWeightedGauge } from "./time-weighted-gauge.ts";

/** What a machine draws, in milliwatts. */
export interface MachinePower {
  readonly idleMilliwatts: number;
  readonly fullMilliwatts: number;
}

interface RatedNode {
  isThere: boolean;
  isUp: boolean;
  power: MachinePower | undefined;
  milliCpuCapacity: number;
  milliCpu: number;
  /** What it draws now. */
  idle: number;
  drawn: number;
}

/** Milliwatts times microseconds in a joule. */
const JOULE = 1_000_000_000n;

/** Adds up power over time. */
export class EnergyMeter {
  private readonly nodes: (RatedNode | undefined)[] = [];
  private readonly drawn = new TimeWeightedGauge(0, 0);
  private readonly idle = new TimeWeightedGauge(0, 0);
  private unrated = 0;

  /** A node is there (or changed). */
  addNode(
    node: NodeIndex,
    milliCpuCapacity: number,
    power: MachinePower | undefined,
    nowUs: number,
  ): void {
    const rated = this.node(node);
    const wasUnrated = rated.isThere && rated.power === undefined;
    if (power === undefined && !wasUnrated) this.unrated += 1;
    rated.isThere = true;
    rated.milliCpuCapacity = milliCpuCapacity;
    rated.power = power;
    this.update(rated, nowUs);
  }

  /** A node is gone. */
  removeNode(node: NodeIndex, nowUs: number): void {
    const rated = this.node(node);
    rated.isThere = false;
    this.update(rated, nowUs);
  }

  /** Its machine went up or down. */
  setUp(node: NodeIndex, isUp: boolean, nowUs: number): void {
    const rated = this.node(node);
    rated.isUp = isUp;
    this.update(rated, nowUs);
  }

  /** A pod takes (1) or gives back (-1) its requests on a node. */
  change(node: NodeIndex, { nodeRequests }: PodTemplate, sign: 1 | -1, nowUs: number): void {
    const rated = this.node(node);
    rated.milliCpu += sign * nodeRequests.milliCpu;
    this.update(rated, nowUs);
  }

  /** The measured part begins now; nodes without a rating that are still there count again. */
  restart(nowUs: number): void {
    this.drawn.restart(nowUs);
    this.idle.restart(nowUs);
    this.unrated = this.nodes.filter((one) => one?.isThere && one.power === undefined).length;
  }

  /** Energy over the measured part, up to now. */
  summary(nowUs: number): EnergySummary {
    const isKnown = this.unrated === 0;
    return {
      totalJoules: isKnown ? roundedRatio(this.drawn.integral(nowUs), JOULE) : null,
      idleJoules: isKnown ? roundedRatio(this.idle.integral(nowUs), JOULE) : null,
      unratedNodesCount: this.unrated,
    };
  }

  private node(node: NodeIndex): RatedNode {
    this.nodes[node] ??= {
      ...{ isThere: false, isUp: true, power: undefined },
      ...{ milliCpuCapacity: 0, milliCpu: 0, idle: 0, drawn: 0 },
    };
    return this.nodes[node];
  }

  private update(rated: RatedNode, nowUs: number): void {
    const { power, milliCpu, milliCpuCapacity } = rated;
    const isOn = rated.isThere && rated.isUp && power !== undefined;
    const idle = isOn ? power.idleMilliwatts : 0;
    const used = milliCpuCapacity === 0 ? 0 : Math.min(1, milliCpu / milliCpuCapacity);
    const drawn = isOn ? idle + Math.round((power.fullMilliwatts - idle) * used) : 0;
    if (drawn !== rated.drawn) this.drawn.add(drawn - rated.drawn, nowUs);
    if (idle !== rated.idle) this.idle.add(idle - rated.idle, nowUs);
    rated.drawn = drawn;
    rated.idle = idle;
  }
}
