// Timestamp text: an instant of the run as the API prints it (RFC 3339, whole seconds, UTC).
//
// The calendar is computed with integers: no clock and no time zone of the machine is involved.

import { US_PER_SECOND } from "../../base/index.ts";

const SECONDS_PER_DAY = 86_400;
const DAYS_PER_ERA = 146_097; // 400 years

/**
 * The time of an instant when time zero is `originSeconds` after 1970-01-01. Rounded down to whole
 * seconds, as the API server's timestamps are.
 */
export function formatTimestamp(atUs: number, originSeconds: number): string {
  const seconds = originSeconds + Math.floor(atUs / US_PER_SECOND);
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - days * SECONDS_PER_DAY;
  const hour = Math.floor(rest / 3_600);
  const minute = Math.floor((rest % 3_600) / 60);
  const clock = [hour, minute, rest % 60].map(twoDigits).join(":");
  return `${formatDate(days)}T${clock}Z`;
}

/** Year, month and day of a day number counted from 1970-01-01. */
function formatDate(daysSince1970: number): string {
  // Years that begin in March put the leap day last; day 0 is 0000-03-01.
  const day = daysSince1970 + 719_468;
  const era = Math.floor(day / DAYS_PER_ERA);
  const dayOfEra = day - era * DAYS_PER_ERA;
  const leapless =
    dayOfEra -
    Math.floor(dayOfEra / 1_460) +
    Math.floor(dayOfEra / 36_524) -
    Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor(leapless / 365);
  const daysBefore = 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const dayOfYear = dayOfEra - daysBefore;
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}-${twoDigits(month)}-${twoDigits(dayOfMonth)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
