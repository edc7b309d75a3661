// The declared limits of what is read, with their defaults.
//
// They exist so that a hostile or broken file ends in a clear refusal instead of a dead process;
// each can be raised by the caller. Cluster-size and run limits live with the engine, not here.

/** Limits of one read; all whole numbers. */
export interface ReadLimits {
  /** Largest input file in bytes. */
  readonly fileBytesMax: number;
  /** Deepest nesting of maps and lists. */
  readonly depthMax: number;
  /** Most nodes after aliases are expanded. */
  readonly expandedNodesMax: number;
  /** Most expanded nodes per node that stands in the text. */
  readonly expansionRatioMax: number;
  /** Longest CSV record in characters, and most columns. */
  readonly recordLengthMax: number;
  readonly columnsMax: number;
}

/** The defaults: 64 MiB, depth 100, 5,000,000 nodes, 10 per node in the text, 1 MiB, 10,000 columns. */
export const DEFAULT_READ_LIMITS: ReadLimits = Object.freeze({
  fileBytesMax: 64 * 1024 * 1024,
  depthMax: 100,
  expandedNodesMax: 5_000_000,
  expansionRatioMax: 10,
  recordLengthMax: 1024 * 1024,
  columnsMax: 10_000,
});

/** The ratio is not asked of documents that stay this small after expansion: no bomb is. */
export const EXPANSION_ALWAYS_ALLOWED = 10_000;

/** What a reader is told: the file's name for messages, and limits that differ from the defaults. */
export interface ReadOptions {
  readonly file?: string;
  readonly limits?: Partial<ReadLimits>;
  /** In YAML, takes an unquoted y, Y, n or N as text; kubectl reads booleans. */
  readonly lettersAreText?: boolean;
}

/** The limits of one read: the defaults, changed by those given. */
export function limitsOf(options: ReadOptions): ReadLimits {
  return { ...DEFAULT_READ_LIMITS, ...options.limits };
}
