// Choosing the best of several alternatives: the fully sequential procedures KN and KN++.
//
// After each replication of all survivors, an alternative leaves when another is ahead of it by more
// than chance would explain (Kim and Nelson 2001; 2006 for KN++, which keeps updating variances). Both
// hold with common random numbers. A difference below the indifference amount is not worth a run.

import { assert, pow } from "../base/index.ts";
import { CONFIDENCE_DEFAULT } from "./estimate.ts";
import { differencesOf, meanOf, sumOf, varianceOf } from "./moments.ts";

/** How alternatives are chosen among. */
export interface SelectionOptions {
  /** "KN" promises its confidence for normal values; "KN++" for small indifference amounts, with fewer runs. */
  readonly procedure?: "KN" | "KN++";
  /** Probability that the best is chosen if it leads by the indifference amount. */
  readonly confidence?: number;
  /** Smallest difference worth knowing, in the measure's unit, above 0. */
  readonly indifference: number;
  readonly direction: "lower" | "higher";
  /** Replications before anything is judged; 10 unless told otherwise. */
  readonly firstStageCount?: number;
}

/** Where the choice stands. Alternatives are positions in the list given. */
export type SelectionState =
  | {
      readonly kind: "undecided";
      readonly count: number;
      readonly survivors: readonly number[];
      readonly eliminated: readonly Elimination[];
    }
  | {
      readonly kind: "selected";
      readonly count: number;
      readonly best: number;
      readonly eliminated: readonly Elimination[];
    };

/** An alternative that has left, after how many replications, and who was ahead. */
export interface Elimination {
  readonly alternative: number;
  readonly atCount: number;
  readonly by: number;
}

/** A choice under way: `add` a replication of the survivors until one is left. */
export class Selection {
  private readonly options: SelectionOptions;
  private readonly alternativesCount: number;
  private readonly values: number[][];
  private readonly firstVariances = new Map<string, number>();
  private readonly eliminated: Elimination[] = [];
  private survivors: number[];
  private count = 0;

  constructor(alternativesCount: number, options: SelectionOptions) {
    assert(alternativesCount >= 2, "a choice is among at least two alternatives");
    assert(options.indifference > 0, "an indifference amount is above 0");
    assert((options.firstStageCount ?? FIRST_STAGE) >= 2, "a first stage needs two replications");
    this.options = options;
    this.alternativesCount = alternativesCount;
    this.values = Array.from({ length: alternativesCount }, () => []);
    this.survivors = this.values.map((_, at) => at);
  }

  /** Takes in the next replication: one value per survivor, by position; others are not looked at. */
  add(valuesByAlternative: readonly (number | undefined)[]): SelectionState {
    assert(this.survivors.length > 1, "a choice that is made takes no more replications");
    for (const alternative of this.survivors) {
      const value = valuesByAlternative[alternative];
      assert(value !== undefined && Number.isFinite(value), "survivors have finite values");
      this.values[alternative]!.push(value);
    }
    this.count += 1;
    if (this.count >= (this.options.firstStageCount ?? FIRST_STAGE)) this.screen();
    return this.state;
  }

  /** Where the choice stands now. */
  get state(): SelectionState {
    const { count, survivors, eliminated } = this;
    const [best] = survivors;
    if (survivors.length === 1)
      return { kind: "selected", count, best: best!, eliminated: [...eliminated] };
    return { kind: "undecided", count, survivors: [...survivors], eliminated: [...eliminated] };
  }

  // All are screened against the survivors of the round before; the earlier of two equals stays.
  private screen(): void {
    const before = this.survivors;
    const totals = before.map((alternative) => this.signedTotal(alternative));
    this.survivors = before.filter((alternative, at) => {
      const winner = before.findIndex((other, rival) => {
        if (rival === at) return false;
        const lead = (totals[rival]! - totals[at]!) / this.count;
        const allowance = this.allowance(alternative, other);
        return lead > allowance || (lead === 0 && allowance === 0 && rival < at);
      });
      if (winner < 0) return true;
      this.eliminated.push({ alternative, atCount: this.count, by: before[winner]! });
      return false;
    });
    assert(this.survivors.length > 0, "the leader cannot be screened out");
  }

  private signedTotal(alternative: number): number {
    const total = sumOf(this.values[alternative]!);
    return this.options.direction === "higher" ? total : -total;
  }

  /** How far one mean may lie behind another without leaving: 0 once enough is known. */
  private allowance(left: number, right: number): number {
    const { indifference: d, procedure = "KN" } = this.options;
    const isUpdating = procedure === "KN++";
    const used = isUpdating ? this.count : (this.options.firstStageCount ?? FIRST_STAGE);
    const h2 = 2 * this.eta(used) * (used - 1);
    const variance = this.variance(left, right, used, isUpdating);
    return Math.max(0, (d / (2 * this.count)) * ((h2 * variance) / (d * d) - this.count));
  }

  /** Solves (1 + 2 eta) ** (-(n - 1) / 2) / 2 = (1 - confidence) / (alternatives - 1). */
  private eta(count: number): number {
    const { confidence = CONFIDENCE_DEFAULT } = this.options;
    const chance = (2 * (1 - confidence)) / (this.alternativesCount - 1);
    return 0.5 * (pow(Math.min(1, chance), -2 / (count - 1)) - 1);
  }

  private variance(left: number, right: number, used: number, isUpdating: boolean): number {
    const [first, second] = left < right ? [left, right] : [right, left];
    const name = `${first}/${second}`;
    const known = isUpdating ? undefined : this.firstVariances.get(name);
    if (known !== undefined) return known;
    const [a, b] = [this.values[first]!.slice(0, used), this.values[second]!.slice(0, used)];
    const variance = varianceOf(differencesOf(a, b));
    if (!isUpdating) this.firstVariances.set(name, variance);
    return variance;
  }

  /** Mean of each alternative over the replications it had; those eliminated stopped earlier. */
  means(): number[] {
    return this.values.map(meanOf);
  }
}

const FIRST_STAGE = 10;
