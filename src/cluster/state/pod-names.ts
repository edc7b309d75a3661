// Pod names: a shared base and a small number, made into text when somebody asks.
//
// A million pods of one owner have a million names; as strings they would be most of the table. A
// generated name is kept as (base text shared by all, suffix code). The suffix is a keyed function
// of owner and ordinal, so a pod keeps its name whatever else happens in the run.

/** Kubernetes' suffix alphabet: no vowels, no 0, 1 and 3, so that no words appear. */
const SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;
const SUFFIX_RADIX = 27;

/** How many different generated suffixes there are: 27^5. */
export const SUFFIX_COUNT = 14348907;

/** Suffix code of a name that is its base and nothing else. */
export const NO_SUFFIX = 0;

/** The five letters of generated suffix number `index` (0 to SUFFIX_COUNT - 1). */
export function formatSuffix(index: number): string {
  let rest = index;
  let text = "";
  for (let k = 0; k < SUFFIX_LENGTH; k++) {
    text += SUFFIX_LETTERS.charAt(rest % SUFFIX_RADIX);
    rest = Math.floor(rest / SUFFIX_RADIX);
  }
  return text;
}

/** The name that a base and a suffix code (index + 1, or `NO_SUFFIX`) stand for. */
export function formatPodName(base: string, suffixCode: number): string {
  return suffixCode === NO_SUFFIX ? base : base + formatSuffix(suffixCode - 1);
}

/**
 * Hash of "namespace/name" for the name index; 32 bits, unsigned (FNV-1a over UTF-16 units with a
 * final mix). The order of rows in the index never shows, so its quality matters for speed only.
 */
export function hashOfName(namespace: string, name: string): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < namespace.length; k++) {
    hash = Math.imul(hash ^ namespace.charCodeAt(k), 0x01000193);
  }
  hash = Math.imul(hash ^ 0x2f, 0x01000193);
  for (let k = 0; k < name.length; k++) {
    hash = Math.imul(hash ^ name.charCodeAt(k), 0x01000193);
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 12)) >>> 0;
}

/**
 * The suffix index that object number `ordinal` of `base` asks for at its `attempt`-th try
 * (0 to 7, as upstream tries 8 names). Consecutive ordinals are scattered.
 */
export function suffixIndexFor(baseHash: number, ordinal: number, attempt: number): number {
  let x = (baseHash ^ Math.imul(ordinal + 1, 0x9e3779b1) ^ Math.imul(attempt, 0x85ebca6b)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97) >>> 0;
  return ((x ^ (x >>> 15)) >>> 0) % SUFFIX_COUNT;
}
