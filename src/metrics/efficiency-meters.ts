// The meters that a run has only when somebody asks: fragmentation, fairness, cost, energy.
//
// Like the collector they listen to commits at the instant they happen and never answer back. A meter
// that nobody asked for is not made, and a run without any of them has no listener more.

import { isFinishedPhase, NO_NODE } from "../cluster/index.ts";
import type {
  ApiServer,
  NodeChange,
  NodeIndex,
  NodeObject,
  PodChange,
  PodIndex,
  PodTemplate,
} from "../cluster/index.ts";
import { CostMeter } from "./cost-meter.ts";
import { EnergyMeter, type MachinePower } from "./energy-meter.ts";
import { FairnessMeter } from "./fairness-meter.ts";
import { type DevicesOfPod, FragmentationMeter } from "./fragmentation-meter.ts";
import { didHold, doesHold } from "./pod-holdings.ts";
import type {
  CostSummary,
  EnergySummary,
  FragmentationSummary,
  NamespaceShare,
} from "./run-result.ts";
import { type Quotient, TimeWeightedGauge } from "./time-weighted-gauge.ts";
import type { TemplateCount } from "./usual-pods.ts";

/** Price per hour in millionths, and power; undefined where nobody says. */
export interface MachineRate {
  readonly pricePerHourMicros: number | undefined;
  readonly power: MachinePower | undefined;
}

/** What is asked for; an absent field is not measured. */
export interface EfficiencyPlan {
  readonly fragmentation?: {
    readonly pods: readonly TemplateCount[];
    readonly devicesOf: DevicesOfPod;
  };
  readonly fairness?: true;
  readonly cost?: { readonly currency: string };
  readonly energy?: true;
  /** Asked only where cost or energy is. */
  readonly rateOf: (node: NodeObject) => MachineRate;
}

/** What was measured. */
export interface MeasuredEfficiency {
  readonly fragmentation?: FragmentationSummary;
  readonly shares?: readonly NamespaceShare[];
  readonly cost?: CostSummary;
  readonly energy?: EnergySummary;
}

/** Measures what a plan asks for, from before the first commit. */
export class EfficiencyMeters {
  private readonly api: ApiServer;
  private readonly now: () => number;
  private readonly plan: EfficiencyPlan;
  private readonly fragmentation: FragmentationMeter | undefined;
  private readonly fairness: FairnessMeter | undefined;
  private readonly cost: CostMeter | undefined;
  private readonly energy: EnergyMeter | undefined;
  private boundCount = 0;
  private readonly milliCpu = new TimeWeightedGauge(0, 0);
  private readonly memoryBytes = new TimeWeightedGauge(0, 0);

  constructor(api: ApiServer, now: () => number, plan: EfficiencyPlan) {
    this.api = api;
    this.now = now;
    this.plan = plan;
    const { fragmentation, fairness, cost, energy } = plan;
    if (fragmentation !== undefined)
      this.fragmentation = new FragmentationMeter(fragmentation.pods, fragmentation.devicesOf);
    if (fairness === true) this.fairness = new FairnessMeter();
    if (cost !== undefined) this.cost = new CostMeter();
    if (energy === true) this.energy = new EnergyMeter();
    api.observe({
      onPod: (change) => this.onPod(change),
      onNode: (change) => this.onNode(change),
    });
  }

  /** A machine went up or down, physically. */
  onMachine(node: NodeIndex, isUp: boolean): void {
    this.energy?.setUp(node, isUp, this.now());
  }

  /** Measures from here on. */
  restart(): void {
    const nowUs = this.now();
    for (const meter of [this.fragmentation, this.fairness, this.cost, this.energy])
      meter?.restart(nowUs);
    this.boundCount = 0;
    this.milliCpu.restart(nowUs);
    this.memoryBytes.restart(nowUs);
  }

  /** What was measured until now. */
  finish(): MeasuredEfficiency {
    const nowUs = this.now();
    const allocatable = {
      milliCpu: this.milliCpu.integral(nowUs),
      memoryBytes: this.memoryBytes.integral(nowUs),
    };
    const { fragmentation, fairness, cost, energy, plan } = this;
    return {
      ...(fragmentation && { fragmentation: fragmentation.summary(nowUs) }),
      ...(fairness && { shares: fairness.shares(allocatable, nowUs) }),
      ...(cost && { cost: cost.summary(plan.cost?.currency ?? "", this.boundCount, nowUs) }),
      ...(energy && { energy: energy.summary(nowUs) }),
    };
  }

  /** What ratio measures are taken over, by their names; costs per pod come from the summary. */
  quotients(): [string, Quotient | undefined][] {
    const nowUs = this.now();
    const total = this.cost?.summary("", this.boundCount, nowUs).totalMicros ?? null;
    const perPod =
      total === null || this.boundCount === 0
        ? undefined
        : { numerator: total, denominator: this.boundCount };
    return [...(this.fragmentation?.quotients(nowUs) ?? []), ["cost.perPod", perPod]];
  }

  private onPod(change: PodChange): void {
    const nowUs = this.now();
    const namespace = this.api.pods.namespace(change.pod);
    this.moveDemand(change, namespace, nowUs);
    const isNew = change.kind === "Added" || change.nodeBefore === NO_NODE;
    if (isNew && change.kind !== "Deleted" && change.nodeAfter !== NO_NODE) this.boundCount += 1;
    const held = didHold(change);
    const holds = doesHold(change);
    if (held && holds && change.templateBefore === change.templateAfter) return;
    if (held) this.release(change.pod, namespace, change.nodeBefore, change.templateBefore, nowUs);
    if (holds) this.hold(change.pod, namespace, change.nodeAfter, change.templateAfter, nowUs);
  }

  private moveDemand(change: PodChange, namespace: string, nowUs: number): void {
    if (this.fairness === undefined) return;
    const asked = change.kind !== "Added" && !isFinishedPhase(change.phaseBefore);
    const asks = change.kind !== "Deleted" && !isFinishedPhase(change.phaseAfter);
    if (asked && asks && change.templateBefore === change.templateAfter) return;
    if (asked) this.fairness.asks(namespace, change.templateBefore, -1, nowUs);
    if (asks) this.fairness.asks(namespace, change.templateAfter, 1, nowUs);
  }

  private hold(
    pod: PodIndex,
    namespace: string,
    node: NodeIndex,
    template: PodTemplate,
    nowUs: number,
  ): void {
    this.fragmentation?.hold(pod, node, template, nowUs);
    this.fairness?.holds(namespace, template, 1, nowUs);
    this.cost?.hold(pod, namespace, node, template, nowUs);
    this.energy?.change(node, template, 1, nowUs);
  }

  private release(
    pod: PodIndex,
    namespace: string,
    node: NodeIndex,
    template: PodTemplate,
    nowUs: number,
  ): void {
    this.fragmentation?.release(pod, node, template, nowUs);
    this.fairness?.holds(namespace, template, -1, nowUs);
    this.cost?.release(pod, node, nowUs);
    this.energy?.change(node, template, -1, nowUs);
  }

  private onNode({ node, before, after }: NodeChange): void {
    const nowUs = this.now();
    const [was, is] = [ifReady(before), ifReady(after)];
    this.milliCpu.add((is?.allocatable.milliCpu ?? 0) - (was?.allocatable.milliCpu ?? 0), nowUs);
    this.memoryBytes.add(
      (is?.allocatable.memoryBytes ?? 0) - (was?.allocatable.memoryBytes ?? 0),
      nowUs,
    );
    this.fragmentation?.setNode(node, is, nowUs);
    if (this.cost === undefined && this.energy === undefined) return;
    const rate = after === undefined ? undefined : this.plan.rateOf(after);
    this.cost?.setNode(node, after, rate?.pricePerHourMicros, nowUs);
    if (after === undefined) this.energy?.removeNode(node, nowUs);
    else this.energy?.addNode(node, after.capacity.milliCpu, rate?.power, nowUs);
  }
}

/** The node while its Ready condition is True. */
function ifReady(node: NodeObject | undefined): NodeObject | undefined {
  const isReady = node?.conditions.some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
  return isReady === true ? node : undefined;
}
