import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, formatInstant, parseDuration } from "../../src/base/duration-text.ts";
import {
  addDuration,
  type Duration,
  duration,
  durationBetween,
  durationFromMillis,
  durationFromSeconds,
  instant,
  LAST_INSTANT,
  ZERO_INSTANT,
} from "../../src/base/instant.ts";

describe("duration text follows Go's grammar", () => {
  it.each([
    ["0", 0],
    ["0s", 0],
    ["-0", 0],
    ["5s", 5_000_000],
    ["1h30m", 5_400_000_000],
    ["1h30m0s", 5_400_000_000],
    ["-1.5h", -5_400_000_000],
    ["+.5s", 500_000],
    ["5.s", 5_000_000],
    ["250ms", 250_000],
    ["7us", 7],
    ["7\u00b5s", 7],
    ["7\u03bcs", 7],
    ["3000ns", 3],
    ["1m1m1s", 121_000_000],
    ["00001.500000000000000000000000000000s", 1_500_000],
    ["0.0000000025h", 9],
    ["500ns500ns", 1],
    ["9007199254740991us", Number.MAX_SAFE_INTEGER],
    ["-9007199254740991us", -Number.MAX_SAFE_INTEGER],
  ])("%s is %d microseconds", (text, us) => {
    expect(parseDuration(text)).toBe(us);
  });

  it.each([
    ...["", ".", "1", "s", "-", "+", "1.2.3s", "1 s", " 1s", "1s ", "1d", "1e3s", "--1s", ".s"],
    ...["1h-30m", "1S", "0x1s", "NaN", "Infinity", "1,5s", "١s", "1s1"],
  ])("%j is refused", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each(["1ns", "0.5us", "1.0000001s", "9007199254740992us", "1e", `${"9".repeat(500)}h`])(
    "%s is refused, as it is finer than 1 µs or beyond 2^53",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("decimal text does not pass through a double (1.005 s, 4.35 s, 0.1 s + 0.2 s)", () => {
    expect(parseDuration("1.005s")).toBe(1_005_000);
    expect(parseDuration("4.35s")).toBe(4_350_000);
    expect(parseDuration("0.1s0.2s")).toBe(300_000);
    expect(parseDuration("2501999.792983609166h")).toBeUndefined(); // not a whole microsecond
  });

  it.each([
    [0, "0s"],
    [1, "1\u00b5s"],
    [1_500, "1.5ms"],
    [250_000, "250ms"],
    [1_000_001, "1.000001s"],
    [60_000_000, "1m0s"],
    [5_400_000_000, "1h30m0s"],
    [3_600_500_000, "1h0m0.5s"],
    [-90_000_000, "-1m30s"],
  ])("%d microseconds are written %s", (us, text) => {
    expect(formatDuration(duration(us))).toBe(text);
  });

  it("every duration is read back from its own text", () => {
    const spans = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1e9, max: 1e9 }));
    fc.assert(
      fc.property(spans, (us) => {
        expect(parseDuration(formatDuration(us as Duration))).toBe(us + 0);
      }),
    );
  });
});

describe("instants and durations", () => {
  it("add up and differ in whole microseconds, to the end of time", () => {
    const start = instant(5);
    const end = addDuration(start, durationFromSeconds(1.005));
    expect(end).toBe(1_005_005);
    expect(durationBetween(end, start)).toBe(-1_005_000);
    expect(durationFromMillis(0.4)).toBe(400);
    expect(formatInstant(end)).toBe("1.005005s");
    expect(addDuration(LAST_INSTANT, duration(-1))).toBe(Number.MAX_SAFE_INTEGER - 1);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])("%d is no instant", (us) => {
    expect(() => instant(us)).toThrow(/instant/);
  });

  it("nothing lies before the start or after the end of time", () => {
    expect(() => addDuration(LAST_INSTANT, duration(1))).toThrow(/instant/);
    expect(() => addDuration(ZERO_INSTANT, duration(-1))).toThrow(/instant/);
    expect(() => durationFromSeconds(Number.NaN)).toThrow(/duration/);
    expect(Object.is(instant(-0), 0)).toBe(true);
  });
});
