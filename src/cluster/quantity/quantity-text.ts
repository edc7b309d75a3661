// Reading a quantity's text: upstream's grammar, rounding and choice of representation.
//
// The scanner accepts what the real one accepts, oddities included (Q2, Q3, Q5, Q6), because a
// manifest that the API server takes must be taken here and one that it refuses must be refused.

import { isInt64, Quantity } from "./quantity.ts";
import { findSuffixMeaning, type SuffixMeaning } from "./quantity-suffix.ts";

/** Why a text is no quantity. The texts are those a user of Kubernetes knows from the API server. */
export interface QuantityError {
  readonly error: string;
  readonly kind: "format" | "numeric" | "suffix" | "limit";
}

const FORMAT_ERROR: QuantityError = {
  kind: "format",
  error:
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
};
const NUMERIC_ERROR: QuantityError = {
  kind: "numeric",
  error: "unable to parse numeric part of quantity",
};
const SUFFIX_ERROR: QuantityError = {
  kind: "suffix",
  error: "unable to parse quantity's suffix",
};
/** Only this reader has it: numbers of more digits than this would cost seconds and mean nothing. */
const DIGIT_COUNT_MAX = 10_000;
const LIMIT_ERROR: QuantityError = {
  kind: "limit",
  error: `quantity has more than ${DIGIT_COUNT_MAX} digits`,
};

const NANO_SCALE = -9;
const BINARY_CAP = 9223372036854775807n;
/** sign, integer digits, fraction digits, suffix. A sticky class run, so it cannot backtrack badly. */
const SCANNER = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

/** True for the failure half of a parse result. */
export function isQuantityError(result: Quantity | QuantityError): result is QuantityError {
  return !(result instanceof Quantity);
}

/** Parses text as Go's ParseQuantity does; blanks are errors. */
export function parseQuantity(text: string): Quantity | QuantityError {
  if (text === "0") return new Quantity(0n, 0, false, "DecimalSI", text);
  if (text.length === 0) return FORMAT_ERROR;
  if (text.length > DIGIT_COUNT_MAX) return LIMIT_ERROR;
  const scanned = SCANNER.exec(text);
  if (scanned === null) return FORMAT_ERROR;
  const meaning = findSuffixMeaning(scanned[4] ?? "");
  if (meaning === undefined) return SUFFIX_ERROR;
  const negative = scanned[1] === "-";
  const integerDigits = stripZeros(scanned[2] ?? "");
  const fractionDigits = scanned[3] ?? "";
  const hasDigits = (scanned[2] ?? "") !== "" || fractionDigits !== "";
  const small = readSmall(text, negative, integerDigits, fractionDigits, meaning);
  if (small !== undefined) return small;
  return hasDigits
    ? readBig(negative, integerDigits + fractionDigits, fractionDigits.length, meaning)
    : NUMERIC_ERROR;
}

function stripZeros(digits: string): string {
  const stripped = digits.replace(/^0+/, "");
  return stripped === "" ? "0" : stripped;
}

/** The small form, or undefined when the text needs the big one (Q6, "which representation"). */
function readSmall(
  text: string,
  negative: boolean,
  integerDigits: string,
  fractionDigits: string,
  meaning: SuffixMeaning,
): Quantity | undefined {
  const digits = integerDigits + fractionDigits;
  if (meaning.format === "BinarySI") {
    if (fractionDigits !== "") return undefined;
    const room = 15 - integerDigits.length - Math.trunc((meaning.exponent * 3) / 10) - 1;
    if (room < 0) return undefined;
    const mantissa = BigInt(digits);
    const value = mantissa << BigInt(meaning.exponent);
    if (!isInt64(value)) return undefined;
    const kept = mantissa % 8n === 0n ? undefined : text;
    return new Quantity(negative ? -value : value, 0, false, "BinarySI", kept);
  }
  if (digits.length > 18) return undefined;
  const scale = meaning.exponent - fractionDigits.length;
  if (scale < NANO_SCALE) return undefined;
  const value = BigInt(digits);
  const keeps = scale % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
  return new Quantity(
    negative ? -value : value,
    scale,
    false,
    meaning.format,
    keeps ? text : undefined,
  );
}

/** The big form: U x 10^-9 after rounding away from zero, or the BinarySI cap (Q3). */
function readBig(
  negative: boolean,
  digits: string,
  fractionCount: number,
  meaning: SuffixMeaning,
): Quantity | QuantityError {
  const magnitude = BigInt(digits);
  const binary = meaning.format === "BinarySI";
  const scale = binary ? -fractionCount : meaning.exponent - fractionCount;
  if (scale - NANO_SCALE > DIGIT_COUNT_MAX)
    return magnitude === 0n ? bigZero(meaning) : LIMIT_ERROR;
  const base = binary ? magnitude << BigInt(meaning.exponent) : magnitude;
  const nano = toNano(base, scale);
  if (binary && nano > BINARY_CAP * 1_000_000_000n) {
    return new Quantity(negative ? -BINARY_CAP : BINARY_CAP, 0, true, "BinarySI");
  }
  const isFraction = nano > 0n && nano < 1_000_000_000n;
  const format = binary && isFraction ? "DecimalSI" : meaning.format;
  return new Quantity(negative ? -nano : nano, NANO_SCALE, true, format);
}

function bigZero(meaning: SuffixMeaning): Quantity {
  return new Quantity(0n, NANO_SCALE, true, meaning.format);
}

/** magnitude x 10^scale in units of 10^-9, a rest counted as one more unit. */
function toNano(magnitude: bigint, scale: number): bigint {
  const shift = scale - NANO_SCALE;
  if (shift >= 0) return magnitude * 10n ** BigInt(shift);
  if (magnitude === 0n) return 0n;
  // A divisor longer than any magnitude leaves nothing but the rest, so its true size is irrelevant.
  const divisor = 10n ** BigInt(Math.min(-shift, 2 * DIGIT_COUNT_MAX));
  return (magnitude + divisor - 1n) / divisor;
}
