// What a steady-state run leaves over time: the waiting queue, use of the nodes, and waits, bin by bin.
//
// A bin holds two sums, so that bins can be joined and averaged across runs without weighing an empty
// one as much as a full one: the integral of the queue over the time, of requests over the room, of
// waits over the pods. A pilot keeps the series for the search of a warm-up; every steady-state run
// keeps batches of the measured part, for the interval of one long run.

import type { MeasureUnit, RowSinks, SampleRow, SpanRow } from "../../metrics/index.ts";
import { GroupedValues } from "./grouped-values.ts";

/** One measure over equal bins of time: its value in bin k is sums[k] / weights[k], if there is a weight. */
export interface BinnedSeries {
  readonly measure: string;
  readonly unit: MeasureUnit;
  readonly sums: readonly number[];
  readonly weights: readonly number[];
}

/** A measure in order of time, each value the mean of as many observations or as much time as the others. */
export interface OrderedSeries {
  readonly measure: string;
  readonly values: readonly number[];
}

/** Bins of a pilot's series. */
export const PILOT_BINS = 400;
/** Bins of time from which batches are made. */
const BATCH_BINS = 3_200;

/** Where a bin begins; bin `count` begins where the last one ends. Whole microseconds. */
export function binStartUs(fromUs: number, untilUs: number, count: number, bin: number): number {
  return fromUs + Math.floor(((untilUs - fromUs) * bin) / count);
}

/** Watches one run through `sinks`; ask it when the run has ended. */
export class SteadySeries {
  readonly sinks: RowSinks;
  private readonly fromUs: number;
  private readonly bins: BinnedLevels;
  private readonly spans: Readonly<Record<SpanRow["measure"], BinnedSpans>>;
  private readonly ordered: Readonly<Record<SpanRow["measure"], GroupedValues>>;

  /** @param isPilot keeps series from the start in PILOT_BINS; otherwise batches of what is measured. */
  constructor(fromUs: number, untilUs: number, isPilot: boolean) {
    const count = isPilot ? PILOT_BINS : BATCH_BINS;
    this.fromUs = fromUs;
    this.bins = new BinnedLevels(fromUs, untilUs, count);
    const spans = (): BinnedSpans => new BinnedSpans(fromUs, untilUs, count);
    this.spans = { pending: spans(), startup: spans() };
    this.ordered = { pending: new GroupedValues(), startup: new GroupedValues() };
    this.sinks = {
      sample: (row) => this.bins.add(row),
      span: isPilot ? (row) => this.spans[row.measure].add(row) : (row) => this.addInOrder(row),
    };
  }

  /** The series of a pilot. */
  series(): BinnedSeries[] {
    const { queue, time, cpu, cpuRoom, memory, memoryRoom } = this.bins.finish();
    const spans = (["pending", "startup"] as const).map(
      (name): BinnedSeries => ({
        measure: `${name}.avg`,
        unit: "us",
        ...this.spans[name].finish(),
      }),
    );
    return [
      { measure: "queue", unit: "count", sums: queue, weights: time },
      ...spans,
      { measure: "utilization.cpu", unit: "ratio", sums: cpu, weights: cpuRoom },
      { measure: "utilization.memory", unit: "ratio", sums: memory, weights: memoryRoom },
    ];
  }

  /** What is measured, in order of time; a series with a bin without a value is left out. */
  inOrder(): OrderedSeries[] {
    const { cpu, cpuRoom, memory, memoryRoom } = this.bins.finish();
    const level = (measure: string, sums: readonly number[], rooms: readonly number[]) =>
      rooms.includes(0) ? [] : [{ measure, values: sums.map((sum, at) => sum / rooms[at]!) }];
    return [
      { measure: "pending.avg", values: this.ordered.pending.means() },
      { measure: "startup.avg", values: this.ordered.startup.means() },
      ...level("utilization.cpu", cpu, cpuRoom),
      ...level("utilization.memory", memory, memoryRoom),
    ];
  }

  // As the summary has it: of pods that were created in the measured time.
  private addInOrder({ measure, atUs, us }: SpanRow): void {
    if (atUs - us >= this.fromUs) this.ordered[measure].add(us);
  }
}

const LEVELS = ["queue", "time", "cpu", "cpuRoom", "memory", "memoryRoom"] as const;
type Levels = Readonly<Record<(typeof LEVELS)[number], readonly number[]>>;

/** Integrals of what stands between changes, in bins of time. */
class BinnedLevels {
  private readonly fromUs: number;
  private readonly untilUs: number;
  private readonly count: number;
  private readonly sums: Readonly<Record<(typeof LEVELS)[number], Float64Array>>;
  private atUs: number;
  private bin = 0;
  private last: SampleRow | undefined;

  constructor(fromUs: number, untilUs: number, count: number) {
    this.fromUs = fromUs;
    this.untilUs = untilUs;
    this.count = count;
    this.atUs = fromUs;
    const sums = (): Float64Array => new Float64Array(count);
    this.sums = {
      ...{ queue: sums(), time: sums(), cpu: sums(), cpuRoom: sums() },
      ...{ memory: sums(), memoryRoom: sums() },
    };
  }

  add(row: SampleRow): void {
    this.advance(Math.min(row.atUs, this.untilUs));
    this.last = row;
  }

  finish(): Levels {
    this.advance(this.untilUs);
    return Object.fromEntries(
      LEVELS.map((name) => [name, [...this.sums[name]]]),
    ) as unknown as Levels;
  }

  private advance(toUs: number): void {
    const { last, sums } = this;
    while (this.atUs < toUs) {
      const endUs = binStartUs(this.fromUs, this.untilUs, this.count, this.bin + 1);
      const untilUs = Math.min(toUs, endUs);
      const us = untilUs - this.atUs;
      const bin = this.bin;
      sums.time[bin]! += us;
      if (last !== undefined) {
        sums.queue[bin]! += last.podsPending * us;
        sums.cpu[bin]! += last.milliCpuRequested * us;
        sums.cpuRoom[bin]! += last.milliCpuAllocatable * us;
        sums.memory[bin]! += last.memoryBytesRequested * us;
        sums.memoryRoom[bin]! += last.memoryBytesAllocatable * us;
      }
      this.atUs = untilUs;
      if (untilUs === endUs) this.bin += 1;
    }
  }
}

/** Sums and counts of times, in the bin in which each ended. */
class BinnedSpans {
  private readonly fromUs: number;
  private readonly untilUs: number;
  private readonly sums: Float64Array;
  private readonly counts: Float64Array;
  private bin = 0;

  constructor(fromUs: number, untilUs: number, count: number) {
    this.fromUs = fromUs;
    this.untilUs = untilUs;
    this.sums = new Float64Array(count);
    this.counts = new Float64Array(count);
  }

  add({ atUs, us }: SpanRow): void {
    const { length: count } = this.sums;
    while (
      this.bin < count - 1 &&
      atUs >= binStartUs(this.fromUs, this.untilUs, count, this.bin + 1)
    )
      this.bin += 1;
    this.sums[this.bin]! += us;
    this.counts[this.bin]! += 1;
  }

  finish(): Pick<BinnedSeries, "sums" | "weights"> {
    return { sums: [...this.sums], weights: [...this.counts] };
  }
}
