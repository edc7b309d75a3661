// What a benchmark is: variants of one piece of work that must give the same result.
//
// A benchmark file exports `benchmark: Benchmark` and has one line in bench/registry.ts. The
// harness interleaves the variants, compares their hashes and prints ratios; a speed without a
// hash that matched is not a result.

/** One way to do the work. */
export interface Variant {
  readonly name: string;
  /** Operations that one call of `run` does. */
  readonly operations: number;
  /** Puts the variant into its starting state; not timed. */
  readonly begin?: () => void;
  /** Does the work; gives a hash of its decisions or results, equal at every call. */
  readonly run: () => string;
  /** Deterministic counts of the last run, such as node visits per operation. */
  readonly counters?: () => Readonly<Record<string, number>>;
}

/** Variants of one piece of work at several sizes. */
export interface Benchmark {
  /** Folder and file without ".bench.ts", such as "engine/event-queue". */
  readonly name: string;
  readonly title: string;
  /** One unit of work in the singular, such as "hold" or "decision". */
  readonly operation: string;
  /** What sizes count, such as "pending events". */
  readonly sizeName: string;
  /** Small sizes run in the test suite within a second or so; an exponent needs three. */
  readonly sizes: {
    readonly small: readonly number[];
    readonly full: readonly number[];
    /** Beyond the full ones, when asked for; the baseline may be missing there. */
    readonly large?: readonly number[];
  };
  /** The variant that ratios refer to. */
  readonly baseline: string;
  /** The variants that are worth running at this size, the baseline among them (first one at large sizes). */
  readonly variants: (size: number) => readonly Variant[];
  /** Whether the peak memory of each variant is measured in a process of its own. */
  readonly measuresMemory?: boolean;
}
