// Cron schedules: the five-field text of a CronJob, and the next instant that it names.
//
// Fields are as the library reads them that Kubernetes uses: `*` and `?`, lists, ranges, steps
// (`n/s` runs to the field's end), names of months and weekdays, weekdays 0 to 6, and the @ words.
// Day of month and day of week are joined by "or", unless one of them is a star. A local minute that
// daylight saving time skips does not occur; one that it repeats occurs twice.

import { dateOf, findTimeZone, type OffsetSeconds, weekdayOf } from "./time-zones.ts";

/** A schedule that was understood. */
export interface CronSchedule {
  /** The first instant after the given one, both in seconds since 1970; undefined = none in five years. */
  next(afterSeconds: number): number | undefined;
}

/** A text that is no schedule: why. */
export interface CronProblem {
  readonly problem: string;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const WEEKDAYS = "sun mon tue wed thu fri sat".split(" ");
const MINUTE: Field = { name: "minute", min: 0, max: 59, names: [] };
const HOUR: Field = { name: "hour", min: 0, max: 23, names: [] };
const DAY_OF_MONTH: Field = { name: "day of month", min: 1, max: 31, names: [] };
const MONTH: Field = { name: "month", min: 1, max: 12, names: MONTHS };
const DAY_OF_WEEK: Field = { name: "day of week", min: 0, max: 6, names: WEEKDAYS };
const FIELDS = [MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK] as const;

const WORDS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

const YEARS_AHEAD = 5;

/** The numbers a field allows, and whether it was a star. */
interface Allowed {
  readonly values: ReadonlySet<number>;
  readonly isStar: boolean;
}

/** Parses a schedule, to be read in a time zone; a `TZ=` or `CRON_TZ=` in the text goes before it. */
export function parseCronSchedule(text: string, timeZone: string): CronSchedule | CronProblem {
  const prefixed = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text);
  const zone = prefixed?.[1] ?? timeZone;
  const rest = (prefixed?.[2] ?? text).trim();
  const offset = findTimeZone(zone);
  if (offset === undefined) return { problem: `unknown time zone ${zone}` };
  if (rest.startsWith("@every ")) return parseEvery(rest.slice("@every ".length).trim());
  const expression = rest.startsWith("@") ? WORDS.get(rest) : rest;
  if (expression === undefined) return { problem: `unrecognized descriptor: ${rest}` };
  const parts = expression.split(/\s+/);
  if (parts.length !== FIELDS.length) {
    return { problem: `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]` };
  }
  const allowed: Allowed[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const parsed = parseField(parts[index]!, field);
    if (typeof parsed === "string") return { problem: parsed };
    allowed.push(parsed);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = allowed as [
    Allowed,
    Allowed,
    Allowed,
    Allowed,
    Allowed,
  ];
  const calendar: Calendar = { minute, hour, dayOfMonth, month, dayOfWeek };
  return { next: (after) => nextOf(calendar, offset, after) };
}

/** True for a text that could not be read. */
export function isCronProblem(parsed: CronSchedule | CronProblem): parsed is CronProblem {
  return "problem" in parsed;
}

// ---- fields ------------------------------------------------------------------------------------

function parseField(text: string, field: Field): Allowed | string {
  const values = new Set<number>();
  let isStar = false;
  for (const item of text.split(",")) {
    const problem = addItem(item, field, values);
    if (typeof problem === "string") return problem;
    isStar ||= problem;
  }
  return { values, isStar };
}

/** Adds one item of a list; gives a problem, or whether it was a star without a step. */
function addItem(item: string, field: Field, values: Set<number>): string | boolean {
  const [range = "", step, ...more] = item.split("/");
  if (more.length > 0) return `too many slashes: ${item}`;
  const isStar = range === "*" || range === "?";
  const [low = "", high, ...rest] = range.split("-");
  if (rest.length > 0) return `too many hyphens: ${item}`;
  const from = isStar ? field.min : numberOf(low, field);
  let to = isStar ? field.max : high === undefined ? from : numberOf(high, field);
  if (from === undefined || to === undefined) return `failed to parse ${field.name} from ${item}`;
  const stride = step === undefined ? 1 : /^[0-9]+$/.test(step) ? Number(step) : undefined;
  if (stride === undefined) return `failed to parse the step of ${item}`;
  if (stride === 0) return `step of range should be a positive number: ${item}`;
  if (step !== undefined && high === undefined) to = field.max;
  if (from < field.min) return `beginning of range (${from}) below minimum (${field.min}): ${item}`;
  if (to > field.max) return `end of range (${to}) above maximum (${field.max}): ${item}`;
  if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${item}`;
  for (let value = from; value <= to; value += stride) values.add(value);
  return isStar && stride === 1;
}

function numberOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toLowerCase());
  if (named >= 0) return named + field.min;
  return /^[0-9]{1,4}$/.test(text) ? Number(text) : undefined;
}

const UNIT_SECONDS: ReadonlyMap<string, number> = new Map([
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
]);

/** A fixed delay in Go's duration text; parts of a second are cut off, and it is at least a second. */
function parseEvery(text: string): CronSchedule | CronProblem {
  const parts = [...text.matchAll(/([0-9]+(?:\.[0-9]+)?)(h|m|s)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== text) {
    return { problem: `failed to parse duration @every ${text}` };
  }
  const sum = parts.reduce(
    (total, [, amount, unit]) => total + Number(amount) * UNIT_SECONDS.get(unit!)!,
    0,
  );
  const delay = Math.max(1, Math.floor(sum));
  return { next: (after) => Math.floor(after) + delay };
}

// ---- the next instant --------------------------------------------------------------------------

interface Calendar {
  readonly minute: Allowed;
  readonly hour: Allowed;
  readonly dayOfMonth: Allowed;
  readonly month: Allowed;
  readonly dayOfWeek: Allowed;
}

function nextOf(calendar: Calendar, offset: OffsetSeconds, after: number): number | undefined {
  let utc = (Math.floor(after / 60) + 1) * 60;
  const endUtc = utc + YEARS_AHEAD * 366 * 86_400;
  while (utc < endUtc) {
    const local = utc + offset(utc);
    const day = Math.floor(local / 86_400);
    const secondOfDay = local - day * 86_400;
    if (!isDayAllowed(calendar, day)) utc = jump(utc, 86_400 - secondOfDay, offset);
    else if (!calendar.hour.values.has(Math.floor(secondOfDay / 3_600)))
      utc += 3_600 - (secondOfDay % 3_600);
    else if (!calendar.minute.values.has(Math.floor((secondOfDay % 3_600) / 60))) utc += 60;
    else return utc;
  }
  return undefined;
}

/** Moves on by local seconds: a change of the offset on the way does not move the local goal. */
function jump(utc: number, localSeconds: number, offset: OffsetSeconds): number {
  const there = utc + localSeconds;
  return there - (offset(there) - offset(utc));
}

function isDayAllowed(calendar: Calendar, dayNumber: number): boolean {
  const { month, day } = dateOf(dayNumber);
  if (!calendar.month.values.has(month)) return false;
  const { dayOfMonth, dayOfWeek } = calendar;
  const isDate = dayOfMonth.values.has(day);
  const isWeekday = dayOfWeek.values.has(weekdayOf(dayNumber));
  return dayOfMonth.isStar || dayOfWeek.isStar ? isDate && isWeekday : isDate || isWeekday;
}
