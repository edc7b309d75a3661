// The cheapest mix of several sizes that meets the requirements: bounded enumeration with pruning.
//
// Each size alone gives bounds and a first answer. Of the mixes that are cheaper than the best so far and
// not below one that failed, the one of middle cost is judged next, until none is left: then the answer is
// proven, as far as more nodes are never worse, which neighbours of the answer are judged for. A cap on the
// number of mixes ends the search early, and what was not tried is counted.

import type { CountJudge } from "./search-count.ts";
import { searchCount } from "./search-count.ts";

/** A size of the mix; `price` is what one node costs, above 0. */
export interface MixSize {
  readonly min: number;
  readonly max: number;
  readonly start: number;
  readonly price: number;
}

/** What was found. */
export interface MixAnswer {
  readonly cheapest: readonly number[] | undefined;
  /** Cheaper mixes that nobody judged and nothing rules out. */
  readonly untriedCount: number;
  /** Pairs of a mix that does and one with more of everything that does not. */
  readonly breaks: readonly {
    readonly meets: readonly number[];
    readonly misses: readonly number[];
  }[];
}

/** Most mixes that are held at once; beyond it the largest counts are left out, and counted. */
const CANDIDATES_MAX = 300_000;

/** Searches; calls `judge` one mix after the other, at most about `judgedMax` times. */
export async function searchMix(
  sizes: readonly MixSize[],
  judge: (counts: readonly number[]) => Promise<boolean>,
  judgedMax: number,
): Promise<MixAnswer> {
  const search = new MixSearch(sizes, judge, judgedMax);
  return search.run();
}

class MixSearch {
  private readonly sizes: readonly MixSize[];
  private readonly judge: (counts: readonly number[]) => Promise<boolean>;
  private readonly judgedMax: number;
  private readonly known = new Map<
    string,
    { readonly counts: readonly number[]; readonly isMet: boolean }
  >();
  private best: readonly number[] | undefined;

  constructor(
    sizes: readonly MixSize[],
    judge: (counts: readonly number[]) => Promise<boolean>,
    judgedMax: number,
  ) {
    this.sizes = sizes;
    this.judge = judge;
    this.judgedMax = judgedMax;
  }

  async run(): Promise<MixAnswer> {
    await this.boundEachSize();
    if (this.best === undefined) await this.ask(this.sizes.map(({ max }) => max));
    if (this.best === undefined)
      return { cheapest: undefined, untriedCount: 0, breaks: this.breaks() };
    let { candidates, leftOutCount } = this.enumerate(this.best);
    for (;;) {
      const limit = this.costOf(this.best);
      const failed = this.failed();
      candidates = candidates.filter(
        (counts) =>
          this.costOf(counts) < limit &&
          !this.known.has(keyOf(counts)) &&
          !failed.some((worse) => isBelow(counts, worse)),
      );
      if (candidates.length === 0 || this.known.size >= this.judgedMax) break;
      await this.ask(candidates[Math.floor(candidates.length / 2)]!);
    }
    const untriedCount = candidates.length + leftOutCount;
    if (untriedCount === 0) await this.lookAround(this.best);
    return { cheapest: this.best, untriedCount, breaks: this.breaks() };
  }

  /** One size after the other, the others at their least: the cheapest pure extension is the first answer. */
  private async boundEachSize(): Promise<void> {
    for (const [at, { min, max, start }] of this.sizes.entries()) {
      const others = this.sizes.map((size) => size.min);
      const judge: CountJudge = (count) => this.ask(others.with(at, count));
      await searchCount({ min, max, start: Math.max(min, start) }, judge);
    }
  }

  private async ask(counts: readonly number[]): Promise<boolean> {
    const known = this.known.get(keyOf(counts));
    if (known !== undefined) return known.isMet;
    const isMet = await this.judge(counts);
    this.known.set(keyOf(counts), { counts, isMet });
    if (isMet && (this.best === undefined || this.isCheaper(counts, this.best))) this.best = counts;
    return isMet;
  }

  /** Everything cheaper than the best so far, cheapest first; of equal cost, fewer nodes first. */
  private enumerate(best: readonly number[]): {
    candidates: (readonly number[])[];
    readonly leftOutCount: number;
  } {
    const limit = this.costOf(best);
    const found: (readonly number[])[] = [];
    let leftOutCount = 0;
    const extend = (chosen: readonly number[], cost: number): void => {
      const size = this.sizes[chosen.length];
      if (size === undefined) {
        if (found.length < CANDIDATES_MAX) found.push(chosen);
        else leftOutCount++;
        return;
      }
      for (let count = size.min; count <= size.max; count++) {
        const next = cost + count * size.price;
        if (next >= limit) break;
        extend([...chosen, count], next);
      }
    };
    extend([], 0);
    found.sort((a, b) => this.compare(a, b));
    return { candidates: found, leftOutCount };
  }

  /** What rules out the mixes below it must itself be true: the answer's neighbours are judged. */
  private async lookAround(answer: readonly number[]): Promise<void> {
    for (const [at, { min, max }] of this.sizes.entries()) {
      if (answer[at]! < max) await this.ask(answer.with(at, answer[at]! + 1));
      if (answer[at]! > min) await this.ask(answer.with(at, answer[at]! - 1));
    }
  }

  private failed(): (readonly number[])[] {
    return [...this.known.values()].filter(({ isMet }) => !isMet).map(({ counts }) => counts);
  }

  private breaks(): MixAnswer["breaks"] {
    const met = [...this.known.values()].filter(({ isMet }) => isMet);
    return this.failed().flatMap((misses) => {
      const below = met.find(({ counts }) => isBelow(counts, misses));
      return below === undefined ? [] : [{ meets: below.counts, misses }];
    });
  }

  private costOf(counts: readonly number[]): number {
    return counts.reduce((sum, count, at) => sum + count * this.sizes[at]!.price, 0);
  }

  private isCheaper(a: readonly number[], b: readonly number[]): boolean {
    return this.compare(a, b) < 0;
  }

  private compare(a: readonly number[], b: readonly number[]): number {
    const nodes = (counts: readonly number[]): number => counts.reduce((sum, one) => sum + one, 0);
    const byCost = this.costOf(a) - this.costOf(b) || nodes(a) - nodes(b);
    if (byCost !== 0) return byCost;
    const at = a.findIndex((count, k) => count !== b[k]);
    return at < 0 ? 0 : a[at]! - b[at]!;
  }
}

/** Whether no count of `a` is above that of `b`. */
function isBelow(a: readonly number[], b: readonly number[]): boolean {
  return a.every((count, at) => count <= b[at]!);
}

function keyOf(counts: readonly number[]): string {
  return counts.join(",");
}
