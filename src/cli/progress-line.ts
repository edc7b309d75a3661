// The progress line on stderr: how far virtual time has come, how fast, how long it may still take.
//
// Drawn by the main thread from shared numbers, only on a terminal, at most five times a second. Wall
// time is read here and shown to a person; it never reaches a result.

import { performance } from "node:perf_hooks";
import { printNote, stderrIsTerminal } from "./output.ts";
import { PROGRESS } from "./run-request.ts";

const PERIOD_MS = 200;
const FIRST_AFTER_MS = 500;

/** Redraws itself until cleared. */
export class ProgressLine {
  private readonly progress: Float64Array;
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout | undefined;
  private isShown = false;

  constructor(progress: Float64Array, quiet: boolean) {
    this.progress = progress;
    if (quiet || !stderrIsTerminal()) return;
    this.timer = setInterval(() => this.draw(), PERIOD_MS);
    this.timer.unref();
  }

  /** Takes the line away and stops. */
  clear(): void {
    clearInterval(this.timer);
    if (this.isShown) printNote("\r\u001b[K");
    this.isShown = false;
  }

  private draw(): void {
    const elapsedMs = performance.now() - this.startedMs;
    const events = this.progress[PROGRESS.events] ?? 0;
    if (elapsedMs < FIRST_AFTER_MS || events === 0) return;
    const text = progressText(this.progress, elapsedMs);
    const columns = process.stderr.columns ?? 80;
    printNote(`\r\u001b[K${text.slice(0, Math.max(0, columns - 1))}`);
    this.isShown = true;
  }
}

/** The line's text: percent of virtual time, events per second, time left. */
export function progressText(progress: Float64Array, elapsedMs: number): string {
  const nowUs = progress[PROGRESS.nowUs] ?? 0;
  const horizonUs = progress[PROGRESS.horizonUs] ?? 0;
  const events = progress[PROGRESS.events] ?? 0;
  const rate = events / Math.max(1, elapsedMs) / 1000;
  const parts = [`${(nowUs / 1e6).toFixed(0)} s simulated`];
  if (horizonUs > 0) {
    const share = Math.min(1, nowUs / horizonUs);
    parts.unshift(`${Math.floor(share * 100)} %`);
    if (share > 0.01 && share < 1)
      parts.push(`${Math.ceil(((elapsedMs / share) * (1 - share)) / 1000)} s left`);
  }
  parts.push(`${rate.toFixed(2)} M events/s`);
  return parts.join("  ");
}
