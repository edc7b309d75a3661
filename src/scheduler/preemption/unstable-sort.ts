// Pattern-defeating quicksort with exactly the moves of Go's standard library.
//
// Upstream sorts potential victims with it, and it is not stable: among equally important pods the
// order, and so who is evicted, follows from its moves (E6). Up to 12 elements it is an insertion
// sort, which keeps the order of equals. For anything else use an ordinary, stable sort.

/** Strict order: true when the first goes before the second. */
export type Before<T> = (a: T, b: T) => boolean;

const INSERTION_LENGTH_MAX = 12;
const NINTHER_LENGTH_MIN = 50;
const PIVOT_SWAPS_MAX = 12;
const REPAIR_STEPS_MAX = 5;
const SHIFT_LENGTH_MIN = 50;
const WORD_MASK = (1n << 64n) - 1n;

/** A sorted copy of `items`. */
export function sortUnstably<T>(items: readonly T[], before: Before<T>): T[] {
  const sorted = [...items];
  new UnstableSort(sorted, before).sort(0, sorted.length, bitLength(sorted.length));
  return sorted;
}

type Pattern = "increasing" | "decreasing" | "unknown";

/** One sort under way; ranges are [from, to). */
class UnstableSort<T> {
  private readonly items: T[];
  private readonly before: Before<T>;
  /** Swaps that choosing a pivot took: 0 hints at ascending, the maximum at descending order. */
  private pivotSwaps = 0;

  constructor(items: T[], before: Before<T>) {
    this.items = items;
    this.before = before;
  }

  /** `badSplitsLeft` bad partitions are allowed before heap sort takes over. */
  sort(from: number, to: number, badSplitsLeft: number): void {
    let wasBalanced = true;
    let wasPartitioned = true;
    for (;;) {
      const length = to - from;
      if (length <= INSERTION_LENGTH_MAX) {
        this.insertionSort(from, to);
        return;
      }
      if (badSplitsLeft === 0) {
        this.heapSort(from, to);
        return;
      }
      if (!wasBalanced) {
        this.scramble(from, to);
        badSplitsLeft--;
      }
      let [pivot, pattern] = this.choosePivot(from, to);
      if (pattern === "decreasing") {
        this.reverse(from, to);
        pivot = to - 1 - (pivot - from);
        pattern = "increasing";
      }
      if (wasBalanced && wasPartitioned && pattern === "increasing" && this.repair(from, to)) {
        return;
      }
      if (from > 0 && !this.isLess(from - 1, pivot)) {
        from = this.splitEqual(from, to, pivot);
        continue;
      }
      const [middle, isPartitioned] = this.split(from, to, pivot);
      wasPartitioned = isPartitioned;
      const left = middle - from;
      const right = to - middle;
      const shortest = Math.floor(length / 8);
      if (left < right) {
        wasBalanced = left >= shortest;
        this.sort(from, middle, badSplitsLeft);
        from = middle + 1;
      } else {
        wasBalanced = right >= shortest;
        this.sort(middle + 1, to, badSplitsLeft);
        to = middle;
      }
    }
  }

  private isLess(a: number, b: number): boolean {
    return this.before(this.items[a]!, this.items[b]!);
  }

  private swap(a: number, b: number): void {
    const { items } = this;
    const kept = items[a]!;
    items[a] = items[b]!;
    items[b] = kept;
  }

  private insertionSort(from: number, to: number): void {
    for (let next = from + 1; next < to; next++) {
      for (let at = next; at > from && this.isLess(at, at - 1); at--) this.swap(at, at - 1);
    }
  }

  private heapSort(from: number, to: number): void {
    const length = to - from;
    for (let root = Math.floor((length - 1) / 2); root >= 0; root--) {
      this.siftDown(root, length, from);
    }
    for (let last = length - 1; last >= 0; last--) {
      this.swap(from, from + last);
      this.siftDown(0, last, from);
    }
  }

  private siftDown(root: number, length: number, from: number): void {
    for (;;) {
      let child = 2 * root + 1;
      if (child >= length) return;
      if (child + 1 < length && this.isLess(from + child, from + child + 1)) child++;
      if (!this.isLess(from + root, from + child)) return;
      this.swap(from + root, from + child);
      root = child;
    }
  }

  /** Swaps three elements around the middle with pseudo-random others. */
  private scramble(from: number, to: number): void {
    const length = to - from;
    const mask = (1n << BigInt(bitLength(length))) - 1n;
    const middle = from + Math.floor(length / 4) * 2;
    let word = BigInt(length);
    for (let place = middle - 2; place <= middle; place++) {
      word ^= (word << 13n) & WORD_MASK;
      word ^= word >> 7n;
      word ^= (word << 17n) & WORD_MASK;
      let other = Number(word & mask);
      if (other >= length) other -= length;
      this.swap(place, from + other);
    }
  }

  private choosePivot(from: number, to: number): [place: number, pattern: Pattern] {
    const length = to - from;
    const quarter = Math.floor(length / 4);
    this.pivotSwaps = 0;
    let places = [from + quarter, from + quarter * 2, from + quarter * 3] as const;
    if (length >= NINTHER_LENGTH_MIN) {
      const [first, second, third] = places;
      places = [this.localMedian(first), this.localMedian(second), this.localMedian(third)];
    }
    const pivot = this.median(...places);
    if (this.pivotSwaps === 0) return [pivot, "increasing"];
    return [pivot, this.pivotSwaps === PIVOT_SWAPS_MAX ? "decreasing" : "unknown"];
  }

  private localMedian(place: number): number {
    return this.median(place - 1, place, place + 1);
  }

  /** The place whose element lies between the other two; nothing is moved. */
  private median(a: number, b: number, c: number): number {
    [a, b] = this.ordered(a, b);
    [b, c] = this.ordered(b, c);
    [a, b] = this.ordered(a, b);
    return b;
  }

  private ordered(a: number, b: number): [number, number] {
    if (!this.isLess(b, a)) return [a, b];
    this.pivotSwaps++;
    return [b, a];
  }

  private reverse(from: number, to: number): void {
    for (let low = from, high = to - 1; low < high; low++, high--) this.swap(low, high);
  }

  /** Mends a few disorders of an almost sorted range; true when it is sorted then. */
  private repair(from: number, to: number): boolean {
    let at = from + 1;
    for (let step = 0; step < REPAIR_STEPS_MAX; step++) {
      while (at < to && !this.isLess(at, at - 1)) at++;
      if (at === to) return true;
      if (to - from < SHIFT_LENGTH_MIN) return false;
      this.swap(at, at - 1);
      if (at - from >= 2) {
        for (let low = at - 1; low >= 1 && this.isLess(low, low - 1); low--) {
          this.swap(low, low - 1);
        }
      }
      if (to - at >= 2) {
        for (let high = at + 1; high < to && this.isLess(high, high - 1); high++) {
          this.swap(high, high - 1);
        }
      }
    }
    return false;
  }

  /** Nothing in the range is below the pivot: gathers its equals in front, returns their end. */
  private splitEqual(from: number, to: number, pivot: number): number {
    this.swap(from, pivot);
    let low = from + 1;
    let high = to - 1;
    for (;;) {
      while (low <= high && !this.isLess(from, low)) low++;
      while (low <= high && this.isLess(from, high)) high--;
      if (low > high) return low;
      this.swap(low++, high--);
    }
  }

  /** Smaller elements before the pivot, the others behind; says if they already stood so. */
  private split(from: number, to: number, pivot: number): [middle: number, isPartitioned: boolean] {
    this.swap(from, pivot);
    let low = from + 1;
    let high = to - 1;
    let isPartitioned = true;
    for (;;) {
      while (low <= high && this.isLess(low, from)) low++;
      while (low <= high && !this.isLess(high, from)) high--;
      if (low > high) break;
      isPartitioned = false;
      this.swap(low++, high--);
    }
    this.swap(high, from);
    return [high, isPartitioned];
  }
}

/** Number of binary digits; 0 has none. */
function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}
