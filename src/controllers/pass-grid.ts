// The instants of a loop that sleeps a fixed time after each pass: start, start + period, ... with
// the grid starting anew whenever a pass took longer than usual.
//
// Lets a loop skip all passes that would find nothing: their instants are computed, not simulated.
// Keeps just enough of the past to answer which pass was the first after something lately.

/** Evenly spaced passes; the last one is Infinity while the stretch is open. */
interface Stretch {
  readonly startUs: number;
  lastUs: number;
}

/** Grid of a periodic loop; all instants in microseconds. */
export class PassGrid {
  readonly periodUs: number;
  private readonly rememberUs: number;
  private readonly stretches: Stretch[];

  /** @param periodUs pause plus the usual length of a pass; @param rememberUs how far back to answer. */
  constructor(startUs: number, periodUs: number, rememberUs: number) {
    this.periodUs = periodUs;
    this.rememberUs = rememberUs;
    this.stretches = [{ startUs, lastUs: Number.POSITIVE_INFINITY }];
  }

  /** First pass at or after an instant (of those remembered). */
  atOrAfter(us: number): number {
    for (const { startUs, lastUs } of this.stretches) {
      if (us > lastUs) continue;
      return startUs + Math.max(0, Math.ceil((us - startUs) / this.periodUs)) * this.periodUs;
    }
    return us; // not reached: the last stretch is open
  }

  /** First pass strictly after an instant. */
  after(us: number): number {
    return this.atOrAfter(us + 1);
  }

  /** The pass that began at `passUs` made the following one start at `nextUs`. */
  restart(passUs: number, nextUs: number): void {
    if (nextUs === passUs + this.periodUs) return;
    this.stretches[this.stretches.length - 1]!.lastUs = passUs;
    this.stretches.push({ startUs: nextUs, lastUs: Number.POSITIVE_INFINITY });
    while (this.stretches[0]!.lastUs < nextUs - this.rememberUs) this.stretches.shift();
  }
}
