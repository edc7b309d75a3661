// The time series: one row per instant at whose end some count differs from the row before.
//
// Counts change many times within an instant; only what stood at its end is a sample. A row is
// therefore written when a later instant is first seen, or at the end of the run.

import type { SampleRow } from "./run-result.ts";

type Counts = Omit<SampleRow, "atUs">;

/** Writes rows to a sink; `touch` before each change, `flush` once at the end. */
export class ClusterSamples {
  private readonly sink: ((row: SampleRow) => void) | undefined;
  private readonly read: () => Counts;
  private openUs = -1;
  private last: SampleRow | undefined;

  constructor(sink: ((row: SampleRow) => void) | undefined, read: () => Counts) {
    this.sink = sink;
    this.read = read;
  }

  /** Something is about to change at `nowUs`: what was open before is final. */
  touch(nowUs: number): void {
    if (this.sink === undefined) return;
    if (this.openUs >= 0 && this.openUs < nowUs) this.write();
    this.openUs = nowUs;
  }

  /** Writes what is still open. */
  flush(): void {
    if (this.sink !== undefined && this.openUs >= 0) this.write();
    this.openUs = -1;
  }

  private write(): void {
    const row: SampleRow = { atUs: this.openUs, ...this.read() };
    if (this.last !== undefined && isSame(this.last, row)) return;
    this.last = row;
    this.sink?.(row);
  }
}

function isSame(a: SampleRow, b: SampleRow): boolean {
  return (
    a.nodesReady === b.nodesReady &&
    a.podsPending === b.podsPending &&
    a.podsRunning === b.podsRunning &&
    a.podsReady === b.podsReady &&
    a.podsTerminating === b.podsTerminating &&
    a.milliCpuRequested === b.milliCpuRequested &&
    a.memoryBytesRequested === b.memoryBytesRequested &&
    a.milliCpuAllocatable === b.milliCpuAllocatable &&
    a.memoryBytesAllocatable === b.memoryBytesAllocatable
  );
}
