// Runs the same again and says whether it came out the same, and if not, where the two part.
//
// The two runs go side by side in steps, compared by fingerprint; the step in which they part is gone
// through event by event in a third and fourth run. A difference that does not come back is said so.

import { type PreparedRun, type RunOptions, startRun } from "../experiment/index.ts";

const STEP_EVENTS = 10_000;

/** The outcome: undefined = the same fingerprint, else what differs, in lines for a person. */
export function findDivergence(
  prepared: PreparedRun,
  options: RunOptions,
  fingerprint: string,
): readonly string[] | undefined {
  const again = startRun(prepared, options);
  while (again.advance(STEP_EVENTS));
  const second = again.finish().fingerprint;
  if (second === fingerprint) return undefined;
  return [`the second run differs: fingerprint ${second}`, ...firstDivergence(prepared, options)];
}

function firstDivergence(prepared: PreparedRun, options: RunOptions): string[] {
  const coarse = divergenceAfter(prepared, options, 0, STEP_EVENTS);
  if (coarse === undefined) return ["two more runs did not differ from each other"];
  const fine = divergenceAfter(prepared, options, coarse.eventsBefore, 1);
  const { eventsBefore, lines } = fine ?? coarse;
  return [`first divergence after ${eventsBefore} events:`, ...lines];
}

interface Divergence {
  readonly eventsBefore: number;
  readonly lines: readonly string[];
}

function divergenceAfter(
  prepared: PreparedRun,
  options: RunOptions,
  skipped: number,
  step: number,
): Divergence | undefined {
  const one = startRun(prepared, options);
  const two = startRun(prepared, options);
  if (skipped > 0) {
    one.advance(skipped);
    two.advance(skipped);
  }
  for (;;) {
    const eventsBefore = one.eventsFired;
    const isOneOn = one.advance(step);
    const isTwoOn = two.advance(step);
    const isSame =
      one.api.fingerprint.hex() === two.api.fingerprint.hex() && one.nowUs === two.nowUs;
    if (!isSame || isOneOn !== isTwoOn) {
      const last = (run: typeof one): string => run.recentEvents().at(-1) ?? "no event";
      return { eventsBefore, lines: [`  once:  ${last(one)}`, `  again: ${last(two)}`] };
    }
    if (!isOneOn) return undefined;
  }
}
