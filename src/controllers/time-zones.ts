// Time zones of CronJobs: how far local time is ahead of UTC at an instant.
//
// A simulation must not ask the machine for its time zone data, so the zones that CronJobs commonly
// name are listed here with the daylight saving rule in force today; the history of a zone is not
// modelled. A zone that is not listed is refused by name, never taken for UTC.

/** Seconds that local time is ahead of UTC at a UTC instant (seconds since 1970). */
export type OffsetSeconds = (utcSeconds: number) => number;

const DAY = 86_400;
const HOUR = 3_600;
const SUNDAY = 0;

/** True if daylight saving time holds; `standard` is the zone's offset without it, in seconds. */
type DaylightRule = (utcSeconds: number, standard: number) => boolean;

const RULES = {
  none: () => false,
  /** Last Sunday of March to last Sunday of October, at 1:00 UTC in every zone. */
  europe: (utc) => {
    const year = yearOf(utc);
    return utc >= lastSunday(year, 3) + HOUR && utc < lastSunday(year, 10) + HOUR;
  },
  /** Second Sunday of March, 2:00 standard, to first Sunday of November, 2:00 daylight time. */
  america: (utc, standard) => {
    const local = utc + standard;
    const year = yearOf(local);
    return local >= nthSunday(year, 3, 2) + 2 * HOUR && local < nthSunday(year, 11, 1) + HOUR;
  },
  /** First Sunday of October, 2:00 standard, to first Sunday of April, 3:00 daylight time. */
  australia: (utc, standard) => {
    const local = utc + standard;
    const year = yearOf(local);
    return local >= nthSunday(year, 10, 1) + 2 * HOUR || local < nthSunday(year, 4, 1) + 2 * HOUR;
  },
  /** Last Sunday of September, 2:00 standard, to first Sunday of April, 3:00 daylight time. */
  newZealand: (utc, standard) => {
    const local = utc + standard;
    const year = yearOf(local);
    return local >= lastSunday(year, 9) + 2 * HOUR || local < nthSunday(year, 4, 1) + 2 * HOUR;
  },
} as const satisfies Readonly<Record<string, DaylightRule>>;

/** Zones by rule, then by minutes ahead of UTC in standard time. */
const ZONES: readonly (readonly [rule: keyof typeof RULES, minutes: number, names: string])[] = [
  ["none", 0, "UTC Etc/UTC Etc/GMT GMT Zulu Africa/Abidjan Africa/Accra Atlantic/Reykjavik"],
  ["none", 60, "Africa/Lagos Africa/Algiers Africa/Tunis"],
  ["none", 120, "Africa/Johannesburg Africa/Maputo"],
  ["none", 180, "Africa/Nairobi Europe/Moscow Europe/Istanbul Europe/Minsk Asia/Riyadh"],
  ["none", 210, "Asia/Tehran"],
  ["none", 240, "Asia/Dubai Asia/Baku Asia/Tbilisi"],
  ["none", 300, "Asia/Karachi Asia/Tashkent"],
  ["none", 330, "Asia/Kolkata Asia/Calcutta Asia/Colombo"],
  ["none", 345, "Asia/Kathmandu"],
  ["none", 360, "Asia/Dhaka"],
  ["none", 420, "Asia/Bangkok Asia/Jakarta Asia/Ho_Chi_Minh"],
  ["none", 480, "Asia/Shanghai Asia/Hong_Kong Asia/Taipei Asia/Singapore Asia/Manila PRC"],
  ["none", 480, "Asia/Kuala_Lumpur Australia/Perth"],
  ["none", 540, "Asia/Tokyo Asia/Seoul Japan"],
  ["none", 570, "Australia/Darwin"],
  ["none", 600, "Australia/Brisbane"],
  ["none", -180, "America/Sao_Paulo America/Argentina/Buenos_Aires America/Montevideo"],
  ["none", -240, "America/Caracas America/La_Paz America/Puerto_Rico"],
  ["none", -300, "America/Bogota America/Lima America/Panama"],
  ["none", -360, "America/Mexico_City America/Costa_Rica America/Guatemala"],
  ["none", -420, "America/Phoenix"],
  ["none", -600, "Pacific/Honolulu"],
  ["europe", 0, "Europe/London Europe/Dublin Europe/Lisbon"],
  ["europe", 60, "Europe/Paris Europe/Berlin Europe/Madrid Europe/Rome Europe/Amsterdam CET"],
  ["europe", 60, "Europe/Brussels Europe/Vienna Europe/Zurich Europe/Stockholm Europe/Oslo"],
  ["europe", 60, "Europe/Copenhagen Europe/Prague Europe/Warsaw Europe/Budapest Europe/Belgrade"],
  ["europe", 60, "Europe/Zagreb Europe/Luxembourg Europe/Ljubljana Europe/Bratislava"],
  ["europe", 120, "Europe/Athens Europe/Helsinki Europe/Kiev Europe/Kyiv Europe/Bucharest"],
  ["europe", 120, "Europe/Sofia Europe/Riga Europe/Vilnius Europe/Tallinn"],
  ["america", -210, "America/St_Johns"],
  ["america", -240, "America/Halifax"],
  ["america", -300, "America/New_York America/Detroit America/Toronto US/Eastern EST5EDT"],
  ["america", -360, "America/Chicago America/Winnipeg US/Central CST6CDT"],
  ["america", -420, "America/Denver America/Boise US/Mountain MST7MDT"],
  ["america", -480, "America/Los_Angeles US/Pacific PST8PDT"],
  ["america", -540, "America/Anchorage"],
  ["australia", 570, "Australia/Adelaide"],
  ["australia", 600, "Australia/Sydney Australia/Melbourne Australia/Hobart"],
  ["newZealand", 720, "Pacific/Auckland"],
];

const BY_NAME: ReadonlyMap<string, OffsetSeconds> = new Map(
  ZONES.flatMap(([rule, minutes, names]) => {
    const standard = minutes * 60;
    const holds: DaylightRule = RULES[rule];
    const offset: OffsetSeconds = (utc) => standard + (holds(utc, standard) ? HOUR : 0);
    return names.split(" ").map((name) => [name, offset] as const);
  }),
);

/** Names of the zones that are known, apart from Etc/GMT-14 to Etc/GMT+12. */
export const TIME_ZONE_NAMES: readonly string[] = [...BY_NAME.keys()];

/** The offsets of a zone by its IANA name; "" is UTC, undefined = not known here. */
export function findTimeZone(name: string): OffsetSeconds | undefined {
  const fixed = /^Etc\/GMT([+-])([0-9]{1,2})$/.exec(name);
  if (fixed !== null) {
    const hours = Number(fixed[2]);
    const isEast = fixed[1] === "-"; // the sign of these names is turned round
    if (hours > (isEast ? 14 : 12)) return undefined;
    return () => (isEast ? hours : -hours) * HOUR;
  }
  return BY_NAME.get(name === "" ? "UTC" : name);
}

/** Day number (from 1970-01-01) of a date; month from 1. */
export function dayNumberOf(year: number, month: number, day: number): number {
  // Years that begin in March put the leap day last.
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + dayOfEra + dayOfYear - 719_468;
}

/** 0 = Sunday. */
export function weekdayOf(dayNumber: number): number {
  return (((dayNumber + 4) % 7) + 7) % 7;
}

/** Year, month (from 1) and day of a day number counted from 1970-01-01. */
export function dateOf(dayNumber: number): { year: number; month: number; day: number } {
  let year = 1970 + Math.floor(dayNumber / 365.2425);
  while (dayNumberOf(year + 1, 1, 1) <= dayNumber) year++;
  while (dayNumberOf(year, 1, 1) > dayNumber) year--;
  let month = 12;
  while (dayNumberOf(year, month, 1) > dayNumber) month--;
  return { year, month, day: dayNumber - dayNumberOf(year, month, 1) + 1 };
}

function yearOf(seconds: number): number {
  return dateOf(Math.floor(seconds / DAY)).year;
}

/** Midnight (as if the zone were UTC) of the n-th Sunday of a month. */
function nthSunday(year: number, month: number, n: number): number {
  const first = dayNumberOf(year, month, 1);
  const toSunday = (SUNDAY - weekdayOf(first) + 7) % 7;
  return (first + toSunday + 7 * (n - 1)) * DAY;
}

function lastSunday(year: number, month: number): number {
  const last = dayNumberOf(year, month + 1, 1) - 1;
  return (last - weekdayOf(last)) * DAY;
}
