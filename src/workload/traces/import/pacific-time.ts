// Civil time of the US Pacific coast since 2007 as Unix seconds, for logs that write local time.
//
// Summer time from the second Sunday in March, 2:00, to the first Sunday in November, 2:00. In the
// hour that comes twice the first one is meant; the caller is told.

/** A local time as Unix seconds. */
export interface PacificReading {
  readonly unixSeconds: number;
  /** The hour that comes twice, at the end of summer time. */
  readonly isAmbiguous: boolean;
}

const FORM = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/;
const HOUR = 3600;
const DAY = 86_400;
const STANDARD_OFFSET = -8 * HOUR;
const NOVEMBER = 11;
const MARCH = 3;

/** Reads `2017-10-07 01:11:54`; undefined where it is no such text. */
export function readPacificTime(text: string): PacificReading | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    ...[number, number, number],
    ...[number, number, number],
  ];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return undefined;
  const local = daysSinceEpoch(year, month, day) * DAY + hour * HOUR + minute * 60 + second;
  const begins = sundayOf(year, MARCH, 2) * DAY + 2 * HOUR;
  const ends = sundayOf(year, NOVEMBER, 1) * DAY + 2 * HOUR;
  const isSummer = local >= begins && local < ends;
  return {
    unixSeconds: local - STANDARD_OFFSET - (isSummer ? HOUR : 0),
    isAmbiguous: local >= ends - HOUR && local < ends,
  };
}

/** Day number of the nth Sunday of a month. */
function sundayOf(year: number, month: number, nth: number): number {
  const first = daysSinceEpoch(year, month, 1);
  // Day 0 was a Thursday.
  const weekday = (first + 4) % 7;
  return first + ((7 - weekday) % 7) + (nth - 1) * 7;
}

/** Days from 1970-01-01 in the Gregorian calendar. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
