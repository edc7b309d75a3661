// The running part that every study command shares: store, shard, threads, progress, signals.
//
// Commands make cells and read results; how and where the cells run is decided here, and cannot be
// seen in what comes back. A session may be asked for cells again and again.

import type { CellResult, CellRunner, StudyCell } from "../experiment/index.ts";
import { CellStore } from "../experiment/node.ts";
import type { CellSettings } from "./cell-orders.ts";
import { PointHashes, ThreadedCells } from "./cell-runner.ts";
import type { ExitCode } from "./exit-codes.ts";
import { printNote } from "./output.ts";
import { StudyProgress } from "./study-progress.ts";

/** One of several processes that share the cells: every `count`-th cell from `index` on. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Where and how a study's cells run. */
export interface StudyRunOptions {
  readonly settings: CellSettings;
  readonly workersCount: number;
  /** Folder of results. */
  readonly store: string | undefined;
  readonly shard: Shard | undefined;
  /** A Redis whose workers run the cells; absent: threads of this process do. */
  readonly queue: string | undefined;
  readonly quiet: boolean;
}

/** One study while its cells run; close it in any case. */
export class StudySession {
  private readonly options: StudyRunOptions;
  private readonly store: CellStore | undefined;
  private readonly runner: CellRunner;
  private readonly progress: StudyProgress;

  /** Opens the store, and connects to the queue if there is one. */
  static async open(options: StudyRunOptions): Promise<StudySession> {
    const store = options.store === undefined ? undefined : openStore(options.store);
    if (options.queue === undefined || store === undefined)
      return new StudySession(options, store, new ThreadedCells({ ...options, store }));
    const { QueuedCells } = await import("./queued-cells.ts");
    return new StudySession(options, store, await QueuedCells.open(options.queue, store));
  }

  private constructor(options: StudyRunOptions, store: CellStore | undefined, runner: CellRunner) {
    this.options = options;
    this.store = store;
    this.runner = runner;
    this.progress = new StudyProgress(options.quiet);
  }

  /** Keeps what `podsim merge` needs to make the same report from stores, if there is a store. */
  describe(study: object, cells: readonly StudyCell[]): void {
    if (this.store === undefined) return;
    const hashes = new PointHashes();
    this.store.keepStudy({ ...study, cells: cells.map((cell) => hashes.ofCell(cell)) });
  }

  /** Results parallel to `cells`; undefined for another shard's, and for those not begun at a signal. */
  async run(cells: readonly StudyCell[]): Promise<readonly (CellResult | undefined)[]> {
    const { shard } = this.options;
    const places = cells.flatMap((_, at) =>
      shard === undefined || at % shard.count === shard.index ? [at] : [],
    );
    const done = await this.runThese(places.map((at) => cells[at]!));
    const results = new Array<CellResult | undefined>(cells.length).fill(undefined);
    for (const [k, at] of places.entries()) results[at] = done[k];
    return results;
  }

  /** All results, in a shard too: its own share first, then what the store still lacks of the others'. */
  async runWhole(cells: readonly StudyCell[]): Promise<readonly (CellResult | undefined)[]> {
    if (this.options.shard !== undefined) await this.run(cells);
    return this.runThese(cells);
  }

  private async runThese(
    cells: readonly StudyCell[],
  ): Promise<readonly (CellResult | undefined)[]> {
    this.progress.expect(cells.length);
    return this.runner.run(cells, {
      onDone: (_cell, isKept) => this.progress.done(isKept),
      signal: this.progress.signal,
    });
  }

  /** Exit code of the signal that stopped it; undefined if none did. */
  get stoppedBy(): ExitCode | undefined {
    return this.progress.stoppedBy;
  }

  /** What the runs left out, for stderr. */
  get notes(): string {
    return this.runner.notes;
  }

  /** Counts of cells: run or kept, of those expected. */
  get counts(): { readonly done: number; readonly total: number } {
    return this.progress.counts;
  }

  async close(): Promise<void> {
    this.progress.end();
    await this.runner.close();
  }
}

/** Opens a store whose damaged files are told on stderr. */
export function openStore(folder: string): CellStore {
  return new CellStore(folder, printNote);
}
