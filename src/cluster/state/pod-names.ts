// Pod names: a shared base and a small number, made into text when somebody asks.
//
// A million pods of one owner have a million names; as strings they would be most of the table. A
// generated name is kept as (base text shared by all, suffix code), a numbered one as (base text,
// its number). The generated suffix is a keyed function of owner and ordinal, so a pod keeps its
// name whatever else happens in the run.
//
//   code   0 = nothing | 1 to 27^5 = five letters | above = a decimal number

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

/** Largest number that a numbered name can end in; codes are unsigned 32-bit integers. */
export const NAME_NUMBER_MAX: number = 0xffffffff - SUFFIX_COUNT - 1;

/** Suffix code of a name that ends in this number (0 to NAME_NUMBER_MAX). */
export function suffixCodeOfNumber(number: number): number {
  return SUFFIX_COUNT + 1 + number;
}

/** The name that a base and a suffix code (see the top) stand for. */
export function formatPodName(base: string, suffixCode: number): string {
  if (suffixCode === NO_SUFFIX) return base;
  if (suffixCode <= SUFFIX_COUNT) return base + formatSuffix(suffixCode - 1);
  return base + formatNumber(suffixCode - SUFFIX_COUNT - 1);
}

const THOUSANDS: readonly string[] = Array.from({ length: 1000 }, (_, k) =>
  `${k}`.padStart(3, "0"),
);

/** Decimal text. Engines remember the texts of numbers they format; a million names need not be. */
function formatNumber(number: number): string {
  if (number < 1000) return `${number}`;
  return formatNumber(Math.floor(number / 1000)) + THOUSANDS[number % 1000]!;
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
