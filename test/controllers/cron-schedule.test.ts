import { describe, expect, it } from "vitest";
import { isCronProblem, parseCronSchedule } from "../../src/controllers/cron-schedule.ts";
import { findTimeZone, TIME_ZONE_NAMES } from "../../src/controllers/time-zones.ts";

const seconds = (text: string): number => Date.parse(text) / 1000;

/** The next `count` instants after a start, as UTC texts without seconds. */
function nextOnes(schedule: string, start: string, count: number, zone = "UTC"): string[] {
  const parsed = parseCronSchedule(schedule, zone);
  if (isCronProblem(parsed)) throw new Error(parsed.problem);
  const found: string[] = [];
  let at = seconds(start);
  while (found.length < count) {
    const next = parsed.next(at);
    if (next === undefined) break;
    found.push(new Date(next * 1000).toISOString().slice(0, 16));
    at = next;
  }
  return found;
}

describe("cron schedules", () => {
  const start = "2026-01-01T00:00:30Z"; // a Thursday
  it.each<[schedule: string, expected: string[]]>([
    ["* * * * *", ["2026-01-01T00:01", "2026-01-01T00:02"]],
    ["*/20 * * * *", ["2026-01-01T00:20", "2026-01-01T00:40", "2026-01-01T01:00"]],
    ["5/20 * * * *", ["2026-01-01T00:05", "2026-01-01T00:25", "2026-01-01T00:45"]],
    ["0 3,15 * * *", ["2026-01-01T03:00", "2026-01-01T15:00", "2026-01-02T03:00"]],
    ["0 9-11 * * MON-WED", ["2026-01-05T09:00", "2026-01-05T10:00"]],
    ["30 4 1,15 * 5", ["2026-01-01T04:30", "2026-01-02T04:30", "2026-01-09T04:30"]],
    ["30 4 13 * ?", ["2026-01-13T04:30", "2026-02-13T04:30"]],
    ["0 0 29 2 *", ["2028-02-29T00:00"]],
    ["0 0 * Feb Sun", ["2026-02-01T00:00", "2026-02-08T00:00"]],
    ["@hourly", ["2026-01-01T01:00"]],
    ["@daily", ["2026-01-02T00:00"]],
    ["@weekly", ["2026-01-04T00:00"]],
    ["@monthly", ["2026-02-01T00:00"]],
    ["@yearly", ["2027-01-01T00:00"]],
    ["@every 1h30m", ["2026-01-01T01:30", "2026-01-01T03:00"]],
    ["TZ=Asia/Tokyo 0 9 * * *", ["2026-01-02T00:00"]],
    ["0 0 31 2 *", []],
  ])("%s", (schedule, expected) => {
    expect(nextOnes(schedule, start, Math.max(1, expected.length))).toEqual(expected);
  });

  it.each([
    ["", "expected exactly 5 fields"],
    ["* * * *", "expected exactly 5 fields, found 4"],
    ["60 * * * *", "end of range (60) above maximum (59)"],
    ["* * 0 * *", "beginning of range (0) below minimum (1)"],
    ["* * * * 7", "end of range (7) above maximum (6)"],
    ["5-3 * * * *", "beginning of range (5) beyond end of range (3)"],
    ["*/0 * * * *", "step of range should be a positive number"],
    ["1/2/3 * * * *", "too many slashes"],
    ["1-2-3 * * * *", "too many hyphens"],
    ["x * * * *", "failed to parse minute from x"],
    ["@sometimes", "unrecognized descriptor: @sometimes"],
    ["@every soon", "failed to parse duration"],
  ])("%j is refused", (schedule, problem) => {
    const parsed = parseCronSchedule(schedule, "");
    expect(isCronProblem(parsed) ? parsed.problem : "read").toContain(problem);
  });

  it("are read in their time zone; a zone that is not known is named", () => {
    expect(nextOnes("0 9 * * *", "2026-07-01T00:00:00Z", 1, "Europe/Berlin")).toEqual([
      "2026-07-01T07:00",
    ]);
    const parsed = parseCronSchedule("* * * * *", "Moon/Tycho");
    expect(isCronProblem(parsed) && parsed.problem).toBe("unknown time zone Moon/Tycho");
  });

  it("skip a local time that daylight saving time skips", () => {
    expect(nextOnes("30 2 * * *", "2026-03-28T12:00:00Z", 2, "Europe/Berlin")).toEqual([
      "2026-03-30T00:30",
      "2026-03-31T00:30",
    ]);
  });

  it("name a local time twice that daylight saving time repeats", () => {
    expect(nextOnes("30 2 * * *", "2026-10-24T12:00:00Z", 3, "Europe/Berlin")).toEqual([
      "2026-10-25T00:30",
      "2026-10-25T01:30",
      "2026-10-26T01:30",
    ]);
  });

  it("keep local midnight across both changes", () => {
    expect(nextOnes("0 0 * * *", "2026-03-28T12:00:00Z", 2, "America/New_York")).toEqual([
      "2026-03-29T04:00",
      "2026-03-30T04:00",
    ]);
    expect(nextOnes("0 0 1 * *", "2026-02-02T12:00:00Z", 3, "Europe/Berlin")).toEqual([
      "2026-02-28T23:00",
      "2026-03-31T22:00",
      "2026-04-30T22:00",
    ]);
  });
});

describe("time zones", () => {
  it("agree with the calendar of this machine's ICU, all through 2025 and 2026", () => {
    let compared = 0;
    for (const name of TIME_ZONE_NAMES) {
      const format = new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
      });
      const offset = findTimeZone(name)!;
      for (let at = seconds("2025-01-01T00:30:00Z"); at < seconds("2027-01-01T00:00:00Z"); ) {
        const parts = new Map(
          format.formatToParts(at * 1000).map(({ type, value }) => [type, Number(value)]),
        );
        const local = Date.UTC(
          parts.get("year")!,
          parts.get("month")! - 1,
          parts.get("day"),
          parts.get("hour"),
          parts.get("minute"),
        );
        if (local / 1000 - at !== offset(at)) {
          expect(`${name} ${new Date(at * 1000).toISOString()} ${offset(at)}`).toBe(
            `${local / 1000 - at}`,
          );
        }
        compared++;
        at += 61_200; // 17 hours: every hour of the day, every change within a day
      }
    }
    expect(compared).toBeGreaterThan(50_000);
  });

  it("of fixed offsets have the sign of their names turned round", () => {
    expect(findTimeZone("Etc/GMT-3")!(0)).toBe(10_800);
    expect(findTimeZone("Etc/GMT+12")!(0)).toBe(-43_200);
    expect(findTimeZone("Etc/GMT+13")).toBeUndefined();
  });
});
