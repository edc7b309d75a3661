// What is watched of a run that is part of a steady-state study: its queue, its series, its batches.
//
// The same for a cell of a study and for a single `podsim run`. It only listens.

import { estimateByBatches, judgeLoad, type LongRunMeasure } from "../../analysis/index.ts";
import type { RowSinks, SampleRow } from "../../metrics/index.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type BinnedSeries, SteadySeries } from "./steady-series.ts";

/** Watches one run through `sinks`; ask it when the run has ended. */
export class SteadyWatch {
  readonly sinks: RowSinks;
  /** Whether the run looks for the warm-up, so that it is watched from the start. */
  readonly isPilot: boolean;
  private readonly waiting: WaitingPods;
  private readonly steady: SteadySeries;

  /** Undefined for a run of any other study. */
  static of({ run }: Pick<Scenario, "run">): SteadyWatch | undefined {
    const { study, warmup, horizon, warmupAuto } = run;
    if (study !== "steady-state" || horizon === undefined) return undefined;
    return new SteadyWatch(warmup, horizon, warmupAuto === true);
  }

  private constructor(fromUs: number, untilUs: number, isPilot: boolean) {
    this.isPilot = isPilot;
    this.waiting = new WaitingPods(fromUs, untilUs);
    this.steady = new SteadySeries(fromUs, untilUs, isPilot);
    const sample = (row: SampleRow): void => {
      this.waiting.add(row);
      this.steady.sinks.sample?.(row);
    };
    this.sinks = { ...this.steady.sinks, sample };
  }

  /** Whether work piled up over the last half of what is measured. */
  get isUnstable(): boolean {
    return judgeLoad(this.waiting.series()).kind === "unstable";
  }

  /** The series of a pilot. */
  series(): BinnedSeries[] {
    return this.steady.series();
  }

  /** What the run's own batches say of its measures. */
  batches(): LongRunMeasure[] {
    return this.steady
      .inOrder()
      .map(({ measure, values }) => ({ measure, ...estimateByBatches(values) }));
  }
}

const SPANS = 400;

/** Time-weighted number of waiting pods in equal spans of the measured time. */
class WaitingPods {
  private readonly fromUs: number;
  private readonly spanUs: number;
  private readonly podUs = new Float64Array(SPANS);
  private lastUs: number;
  private pending = 0;

  constructor(fromUs: number, untilUs: number) {
    this.fromUs = fromUs;
    this.spanUs = (untilUs - fromUs) / SPANS;
    this.lastUs = fromUs;
  }

  add({ atUs, podsPending }: SampleRow): void {
    this.advance(atUs);
    this.pending = podsPending;
  }

  series(): number[] {
    this.advance(this.fromUs + SPANS * this.spanUs);
    return [...this.podUs];
  }

  private advance(toUs: number): void {
    let at = this.lastUs;
    while (at < toUs) {
      const span = Math.min(SPANS - 1, Math.floor((at - this.fromUs) / this.spanUs));
      const end = span === SPANS - 1 ? toUs : this.fromUs + (span + 1) * this.spanUs;
      const until = Math.min(toUs, Math.max(end, at + 1));
      this.podUs[span]! += this.pending * (until - at);
      at = until;
    }
    this.lastUs = Math.max(this.lastUs, toUs);
  }
}
