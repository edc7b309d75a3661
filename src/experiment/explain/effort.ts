// Effort: how much counting an explanation may still do before its lists end early.
//
// Counted in pods looked at, never in time, so that an explanation is the same on every machine. It cuts
// lists of suggestions short; what is in them is always tried out to the end.

/** About 50 ms of counting on the machine of docs/performance.md. */
const PODS_MAX = 300_000;

/** A store of pods that may be looked at. */
export class Effort {
  private left: number;

  constructor(pods: number = PODS_MAX) {
    this.left = pods;
  }

  /** Notes that so many pods were looked at. */
  spend(pods: number): void {
    this.left -= pods;
  }

  get isSpent(): boolean {
    return this.left <= 0;
  }
}
