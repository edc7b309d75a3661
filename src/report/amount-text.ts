// An amount of a measure with its unit, as people write it.
//
// One place for it, so that a mean, a difference and a curve of one measure read alike.

import type { MeasureUnit } from "../metrics/index.ts";
import { spanText } from "./summary-text.ts";
import { energyText, moneyText } from "./unit-text.ts";

/** An amount of a measure, as people write it. */
export function amountText(value: number, unit: MeasureUnit): string {
  const size = sizeText(Math.abs(value), unit);
  return value < 0 && /[1-9]/.test(size) ? `-${size}` : size;
}

function sizeText(size: number, unit: MeasureUnit): string {
  if (unit === "us") return spanText(Math.round(size));
  if (unit === "ratio") return `${(100 * size).toFixed(2)} %`;
  if (unit === "money") return moneyText(size);
  if (unit === "energy") return energyText(size);
  return Number.isInteger(size) ? String(size) : size.toFixed(2);
}
