// Canonical text of a quantity: the form Kubernetes prints when it does not repeat the source.
//
// It exists for output and for the recorded cases; nothing compares quantities by it, since two
// different texts can be the same number.

import { binarySuffix, decimalSuffix, type QuantityFormat } from "./quantity-suffix.ts";

/** Prints unscaled x 10^scale in the given format (rules: quantities Q5). */
export function formatCanonical(unscaled: bigint, scale: number, format: QuantityFormat): string {
  if (unscaled === 0n) return "0";
  if (format === "BinarySI") {
    const whole = wholeNumber(unscaled, scale);
    const printable = whole !== undefined && (whole >= 1024n || whole <= -1024n);
    return printable ? formatBinary(whole) : formatDecimal(unscaled, scale, "DecimalSI");
  }
  return formatDecimal(unscaled, scale, format);
}

/** unscaled x 10^scale as an integer, or undefined when it has a fraction. */
function wholeNumber(unscaled: bigint, scale: number): bigint | undefined {
  if (scale >= 0) return unscaled * 10n ** BigInt(scale);
  const divisor = 10n ** BigInt(-scale);
  return unscaled % divisor === 0n ? unscaled / divisor : undefined;
}

function formatBinary(whole: bigint): string {
  let mantissa = whole;
  let exponent = 0;
  while (mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    exponent += 10;
  }
  return `${mantissa}${binarySuffix(exponent)}`;
}

function formatDecimal(
  unscaled: bigint,
  scale: number,
  format: "DecimalSI" | "DecimalExponent",
): string {
  let mantissa = unscaled;
  let exponent = scale;
  while (mantissa % 10n === 0n) {
    mantissa /= 10n;
    exponent += 1;
  }
  while (exponent % 3 !== 0) {
    mantissa *= 10n;
    exponent -= 1;
  }
  if (format === "DecimalSI") return `${mantissa}${decimalSuffix(exponent)}`;
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
}
