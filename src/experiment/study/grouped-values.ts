// Values in the order in which they come, as means of equally many: bounded memory for any length.
//
// Groups begin with one value each. When there is no room left, neighbours are joined and every group
// holds twice as many. A rest that does not fill a group is left out of the means.

const GROUPS_MAX = 6_400;

/** A growing list of values. */
export class GroupedValues {
  private sums: number[] = [];
  private size = 1;
  private open = 0;
  private openCount = 0;

  /** Adds the next value. */
  add(value: number): void {
    this.open += value;
    this.openCount += 1;
    if (this.openCount < this.size) return;
    this.sums.push(this.open);
    this.open = 0;
    this.openCount = 0;
    if (this.sums.length === GROUPS_MAX) this.join();
  }

  /** Mean of each whole group. */
  means(): number[] {
    return this.sums.map((sum) => sum / this.size);
  }

  private join(): void {
    this.sums = Array.from(
      { length: GROUPS_MAX / 2 },
      (_, at) => this.sums[2 * at]! + this.sums[2 * at + 1]!,
    );
    this.size *= 2;
  }
}
