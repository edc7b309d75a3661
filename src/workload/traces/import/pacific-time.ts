// Civil time of the US Pacific coast since 2007 as Unix seconds, for logs that write local time.
//
// Summer time from the second Sunday in March, 2:00, to the first Sunday in November, 2:00. In the
// hour that comes twice the first one is meant; the caller is told.

import { parseTimestampSeconds } from "../../../cluster/index.ts";

/** A local time as Unix seconds. */
export interface PacificReading {
  readonly unixSeconds: number;
  /** The hour that comes twice, at the end of summer time. */
  readonly isAmbiguous: boolean;
}

const FORM = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}$/;
const HOUR = 3600;
const DAY = 86_400;
const STANDARD_OFFSET = -8 * HOUR;

/** Reads `2017-10-07 01:11:54`; undefined where it is no such text. */
export function readPacificTime(text: string): PacificReading | undefined {
  if (!FORM.test(text)) return undefined;
  const local = parseTimestampSeconds(`${text.replace(" ", "T")}Z`);
  if (local === undefined) return undefined;
  const year = text.slice(0, 4);
  const begins = sundayFrom(`${year}-03-08`) + 2 * HOUR;
  const ends = sundayFrom(`${year}-11-01`) + 2 * HOUR;
  const isSummer = local >= begins && local < ends;
  return {
    unixSeconds: local - STANDARD_OFFSET - (isSummer ? HOUR : 0),
    isAmbiguous: local >= ends - HOUR && local < ends,
  };
}

/** Midnight of the first Sunday at or after a date. */
function sundayFrom(date: string): number {
  const midnight = parseTimestampSeconds(`${date}T00:00:00Z`)!;
  // Day 0 was a Thursday.
  const weekday = (midnight / DAY + 4) % 7;
  return midnight + ((7 - weekday) % 7) * DAY;
}
