// When probes reach their thresholds, computed instead of tried: pure arithmetic on ticks.
//
// A probe is tried at the ticks of a grid; a result counts when it has come so many times in a row.
// What it finds is known beforehand (spans of the container's run), so the tries between two changes
// need no events. All instants are microseconds of one clock.

import type { Probe, RunSpan } from "../../cluster/index.ts";

const US_PER_SECOND = 1_000_000;

/** Ticks at `phaseUs + k x periodUs`. */
export interface TickGrid {
  readonly phaseUs: number;
  readonly periodUs: number;
}

/** First tick at or after an instant. */
export function tickFrom({ phaseUs, periodUs }: TickGrid, us: number): number {
  return phaseUs + Math.ceil((us - phaseUs) / periodUs) * periodUs;
}

/** First tick at which a probe is really tried: ages are compared in whole seconds, as the kubelet does. */
export function firstTry(grid: TickGrid, startedUs: number, probe: Probe): number {
  const startSecond = Math.floor(startedUs / US_PER_SECOND);
  const allowedUs = (startSecond + probe.initialDelaySeconds) * US_PER_SECOND;
  return tickFrom(grid, Math.max(startedUs, allowedUs));
}

/**
 * The try at which something that holds in `spans` (rising, in absolute time) has held `threshold`
 * times in a row, counting tries at or after `fromUs`; undefined if that never happens.
 */
export function thresholdReached(
  grid: TickGrid,
  fromUs: number,
  spans: readonly RunSpan[],
  threshold: number,
): number | undefined {
  let beganUs = Number.NaN; // first try of the row
  let lastUs = Number.NaN;
  for (const span of joined(spans)) {
    const firstUs = tickFrom(grid, Math.max(fromUs, span.fromUs));
    if (firstUs >= endOf(span)) continue; // no try falls into it
    if (firstUs !== lastUs + grid.periodUs) beganUs = firstUs;
    const reachedUs = beganUs + (threshold - 1) * grid.periodUs;
    if (reachedUs < endOf(span)) return reachedUs;
    lastUs = tickFrom(grid, endOf(span)) - grid.periodUs;
  }
  return undefined;
}

/** The parts of time after `fromUs` that no span covers. */
export function gapsOf(spans: readonly RunSpan[], fromUs: number): RunSpan[] {
  const gaps: RunSpan[] = [];
  let beganUs = fromUs;
  for (const span of joined(spans)) {
    if (span.fromUs > beganUs) gaps.push({ fromUs: beganUs, toUs: span.fromUs });
    if (span.toUs === undefined) return gaps;
    beganUs = Math.max(beganUs, span.toUs);
  }
  gaps.push({ fromUs: beganUs, toUs: undefined });
  return gaps;
}

/** Spans of a container's run in absolute time, several lists merged and in order. */
export function absoluteSpans(startedUs: number, ...lists: (readonly RunSpan[])[]): RunSpan[] {
  return lists
    .flat()
    .map(({ fromUs, toUs }) => ({
      fromUs: startedUs + fromUs,
      toUs: toUs === undefined ? undefined : startedUs + toUs,
    }))
    .sort((a, b) => a.fromUs - b.fromUs || endOf(a) - endOf(b));
}

/** Overlapping and touching spans become one. */
function joined(spans: readonly RunSpan[]): RunSpan[] {
  const result: RunSpan[] = [];
  for (const span of spans) {
    const before = result.at(-1);
    if (before === undefined || endOf(before) < span.fromUs) result.push(span);
    else if (endOf(span) > endOf(before))
      result[result.length - 1] = { ...before, toUs: span.toUs };
  }
  return result;
}

function endOf({ toUs }: RunSpan): number {
  return toUs ?? Number.POSITIVE_INFINITY;
}
