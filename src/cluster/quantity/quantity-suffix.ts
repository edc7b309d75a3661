// Suffixes of Kubernetes quantities: which text means which power, and back.
//
// Reading and printing share these tables so that they cannot drift apart. They know
// nothing of digits, signs or rounding; see quantity-text.ts and canonical-text.ts.

/** How a quantity is printed; it never changes the number. */
export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** The meaning of a suffix: a power of ten (decimal formats) or of two (BinarySI). */
export interface SuffixMeaning {
  readonly format: QuantityFormat;
  readonly exponent: number;
}

const DECIMAL_SUFFIXES: readonly (readonly [string, number])[] = [
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
];

const BINARY_SUFFIXES: readonly (readonly [string, number])[] = [
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
];

const MEANING_OF_SUFFIX: ReadonlyMap<string, SuffixMeaning> = new Map([
  ...DECIMAL_SUFFIXES.map(
    ([text, exponent]) => [text, { format: "DecimalSI", exponent }] as [string, SuffixMeaning],
  ),
  ...BINARY_SUFFIXES.map(
    ([text, exponent]) => [text, { format: "BinarySI", exponent }] as [string, SuffixMeaning],
  ),
]);

const DECIMAL_TEXT_OF_EXPONENT: ReadonlyMap<number, string> = new Map(
  DECIMAL_SUFFIXES.map(([text, exponent]) => [exponent, text]),
);

const BINARY_TEXT_OF_EXPONENT: ReadonlyMap<number, string> = new Map(
  BINARY_SUFFIXES.map(([text, exponent]) => [exponent, text]),
);

const EXPONENT_SUFFIX = /^[eE]([-+]?[0-9]+)$/;
const INT64_MAX = 9223372036854775807n;
const INT64_MIN = -9223372036854775808n;

/**
 * The meaning of a suffix text, or undefined when it is none. An exponent must fit in 64 bits
 * and keeps its low 32 bits, as upstream's conversion does.
 */
export function findSuffixMeaning(suffix: string): SuffixMeaning | undefined {
  const known = MEANING_OF_SUFFIX.get(suffix);
  if (known !== undefined) return known;
  const digits = EXPONENT_SUFFIX.exec(suffix)?.[1];
  if (digits === undefined) return undefined;
  const exponent = BigInt(digits.startsWith("+") ? digits.slice(1) : digits);
  if (exponent > INT64_MAX || exponent < INT64_MIN) return undefined;
  return { format: "DecimalExponent", exponent: Number(BigInt.asIntN(32, exponent)) };
}

/** The suffix printed for 10^exponent in DecimalSI; beyond the table it is lost, as upstream loses it (Q5). */
export function decimalSuffix(exponent: number): string {
  return DECIMAL_TEXT_OF_EXPONENT.get(exponent) ?? "";
}

/** The suffix printed for 2^exponent in BinarySI; "" for 2^0 and beyond the table. */
export function binarySuffix(exponent: number): string {
  return BINARY_TEXT_OF_EXPONENT.get(exponent) ?? "";
}
