// Progress and signals of a study: how many cells are done, and what Ctrl-C means while they run.
//
// Once: present cells end, no further ones begin, what is whole is reported as partial. Twice: the
// process leaves at once; a store has every cell that had ended. Wall time is shown, never kept.

import { performance } from "node:perf_hooks";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { printNote, stderrIsTerminal } from "./output.ts";

const PERIOD_MS = 200;
const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Watches a study from its first cell to its last. */
export class StudyProgress {
  private readonly quiet: boolean;
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout | undefined;
  private readonly aborting = new AbortController();
  private total = 0;
  private doneCount = 0;
  private keptCount = 0;
  private isShown = false;
  private code: ExitCode | undefined;

  constructor(quiet: boolean) {
    this.quiet = quiet;
    for (const name of SIGNALS) process.on(name, this.onSignal);
    if (quiet || !stderrIsTerminal()) return;
    this.timer = setInterval(() => this.draw(), PERIOD_MS);
    this.timer.unref();
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.aborting.signal;
  }

  /** Exit code of the signal that stopped the study; undefined if none did. */
  get stoppedBy(): ExitCode | undefined {
    return this.code;
  }

  /** More cells are to come. */
  expect(count: number): void {
    this.total += count;
  }

  /** Cells done, of all that were expected. */
  get counts(): { readonly done: number; readonly total: number } {
    return { done: this.doneCount, total: this.total };
  }

  /** Counts a cell; `isKept`: the store had it. */
  done(isKept: boolean): void {
    this.doneCount++;
    if (isKept) this.keptCount++;
  }

  /** Takes the line away and gives the signals back. */
  end(): void {
    clearInterval(this.timer);
    this.clear();
    for (const name of SIGNALS) process.off(name, this.onSignal);
  }

  private readonly onSignal = (name: NodeJS.Signals): void => {
    const code = name === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
    this.clear();
    if (this.code !== undefined) process.exit(code);
    this.code = code;
    this.aborting.abort();
    if (!this.quiet)
      printNote(
        "\nstopping after the present cells: partial results follow; once more to leave at once\n",
      );
  };

  private clear(): void {
    if (this.isShown) printNote("\r\u001b[K");
    this.isShown = false;
  }

  private draw(): void {
    const text = studyProgressText(
      { done: this.doneCount, kept: this.keptCount, total: this.total },
      performance.now() - this.startedMs,
    );
    const columns = process.stderr.columns ?? 80;
    printNote(`\r\u001b[K${text.slice(0, Math.max(0, columns - 1))}`);
    this.isShown = true;
  }
}

/** The line's text: cells done of all, how many were kept from before, rate, time left. */
export function studyProgressText(
  { done, kept, total }: { readonly done: number; readonly kept: number; readonly total: number },
  elapsedMs: number,
): string {
  const parts = [`${Math.floor((100 * done) / Math.max(1, total))} %`, `${done}/${total} cells`];
  if (kept > 0) parts.push(`${kept} from the store`);
  const ran = done - kept;
  if (ran > 0) {
    const perSecond = ran / Math.max(0.001, elapsedMs / 1000);
    parts.push(`${perSecond < 10 ? perSecond.toFixed(1) : perSecond.toFixed(0)} cells/s`);
    if (done < total) parts.push(`${Math.ceil((total - done) / perSecond)} s left`);
  }
  return parts.join("  ");
}
