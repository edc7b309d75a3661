// Duration text in the grammar of Go's time.ParseDuration, which Kubernetes objects use.
//
// Works on decimal digits, never through a double: 1.005s is exactly 1005000 microseconds.
// Text finer than one microsecond is refused rather than rounded.

import type { Duration, Instant } from "./instant.ts";
import { US_PER_HOUR, US_PER_MINUTE, US_PER_MS, US_PER_SECOND } from "./instant.ts";

const NS_PER_UNIT: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["\u00b5s", 1_000n], // micro sign
  ["\u03bcs", 1_000n], // Greek letter mu
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);

const TERM = /^([0-9]*)(?:\.([0-9]*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/;

/** More digits than this cannot be a whole number of nanoseconds within the range of time. */
const DIGITS_MAX = 24;

const US_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Reads Go duration text ("1h30m", "-1.5s", "250ms", "0"). Undefined when the text is not in the
 * grammar, is not a whole number of microseconds, or does not fit into 2 ** 53 - 1 of them.
 */
export function parseDuration(text: string): Duration | undefined {
  const isNegative = text.startsWith("-");
  let rest = isNegative || text.startsWith("+") ? text.slice(1) : text;
  if (rest === "0") return 0 as Duration;
  if (rest === "") return undefined;
  let totalNs = 0n;
  while (rest !== "") {
    const term = TERM.exec(rest);
    if (term === null) return undefined;
    const ns = nanosecondsOf(term[1] ?? "", term[2] ?? "", term[3] ?? "");
    if (ns === undefined) return undefined;
    totalNs += ns;
    rest = rest.slice(term[0].length);
  }
  const us = totalNs / 1_000n;
  if (us * 1_000n !== totalNs || us > US_MAX) return undefined;
  return (isNegative && us !== 0n ? -Number(us) : Number(us)) as Duration;
}

/** Writes a duration as Go does: "1h30m0s", "1.5s", "250ms", "7µs", "0s". */
export function formatDuration(span: Duration): string {
  if (span === 0) return "0s";
  const sign = span < 0 ? "-" : "";
  const us = Math.abs(span);
  if (us < US_PER_MS) return `${sign}${us}\u00b5s`;
  if (us < US_PER_SECOND) return `${sign}${decimal(us, US_PER_MS, 3)}ms`;
  const hours = Math.floor(us / US_PER_HOUR);
  const minutes = Math.floor((us % US_PER_HOUR) / US_PER_MINUTE);
  const seconds = `${decimal(us % US_PER_MINUTE, US_PER_SECOND, 6)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

/** Writes an instant as the duration since the start of the run. */
export function formatInstant(at: Instant): string {
  return formatDuration(at as number as Duration);
}

/** The exact nanoseconds of one term, or undefined when they are not a whole number. */
function nanosecondsOf(whole: string, fraction: string, unit: string): bigint | undefined {
  if (whole === "" && fraction === "") return undefined;
  const wholeDigits = whole.replace(/^0+/, "");
  const fractionDigits = withoutTrailingZeros(fraction);
  if (wholeDigits.length > DIGITS_MAX || fractionDigits.length > DIGITS_MAX) return undefined;
  const nsPerUnit = NS_PER_UNIT.get(unit)!;
  const scale = 10n ** BigInt(fractionDigits.length);
  const scaled = BigInt(wholeDigits + fractionDigits || "0") * nsPerUnit;
  return scaled % scale === 0n ? scaled / scale : undefined;
}

function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === "0") end--;
  return digits.slice(0, end);
}

/** `amount / unit` as exact decimal text; `places` is the number of zeros of `unit`. */
function decimal(amount: number, unit: number, places: number): string {
  const whole = Math.floor(amount / unit);
  const fraction = withoutTrailingZeros(String(amount % unit).padStart(places, "0"));
  return fraction === "" ? String(whole) : `${whole}.${fraction}`;
}
