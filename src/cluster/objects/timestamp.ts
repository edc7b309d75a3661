// RFC 3339 times of API objects as whole seconds since 1970.
//
// Only the differences of such times matter to the simulator; the calendar is computed here with
// integers so that no clock and no time zone of the machine is involved.

const TIMESTAMP =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))$/;

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Whole seconds (fractions cut) of an RFC 3339 time, or undefined when the text is none. */
export function parseTimestampSeconds(text: string): number | undefined {
  const parts = TIMESTAMP.exec(text);
  if (parts === null) return undefined;
  const part = (index: number): number => Number(parts[index] ?? "0");
  const days = daysSince1970(part(1), part(2), part(3));
  if (days === undefined) return undefined;
  const [hour, minute, second] = [part(4), part(5), part(6)];
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const offset = (part(8) * 60 + part(9)) * 60 * (parts[7] === "-" ? -1 : 1);
  return days * 86_400 + hour * 3_600 + minute * 60 + second - offset;
}

/** Days from 1970-01-01 to a date of the Gregorian calendar, or undefined when there is no such date. */
function daysSince1970(year: number, month: number, day: number): number | undefined {
  const before = DAYS_BEFORE_MONTH[month - 1];
  const length = DAYS_IN_MONTH[month - 1];
  if (before === undefined || length === undefined) return undefined;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (day < 1 || day > length + (isLeap && month === 2 ? 1 : 0)) return undefined;
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400) - 477;
  return (year - 1970) * 365 + leapDays + before + (isLeap && month > 2 ? 1 : 0) + day - 1;
}
