// Runs a study's cells in threads of this process, keeping results in a store if there is one.
//
// The threads are started when the first cell needs them and stay for the next list, so that a study
// which asks for more and more cells pays for its inputs once. What the store has is not run.

import type {
  CellResult,
  CellRunner,
  CellWatch,
  StudyCell,
  StudyPoint,
} from "../experiment/index.ts";
import { cellHash } from "../experiment/index.ts";
import { type CellStore, handOut, pointHash, type Taker } from "../experiment/node.ts";
import type { CellSettings } from "./cell-orders.ts";
import { type CellAnswered, CellThread } from "./cell-thread.ts";

/** How to run cells. */
export interface CellRunnerOptions {
  readonly settings: CellSettings;
  readonly workersCount: number;
  /** Where results are kept and looked for. */
  readonly store?: CellStore | undefined;
}

/** Hashes of points, each taken once; only studies that keep or send results need them. */
export class PointHashes {
  private readonly hashes = new Map<StudyPoint, string>();

  of(point: StudyPoint): string {
    const known = this.hashes.get(point);
    if (known !== undefined) return known;
    const hash = pointHash(point);
    this.hashes.set(point, hash);
    return hash;
  }

  ofCell({ point, replication }: StudyCell): string {
    return cellHash(this.of(point), replication);
  }
}

/** Cells in threads. */
export class ThreadedCells implements CellRunner {
  private readonly options: CellRunnerOptions;
  private readonly hashes = new PointHashes();
  private readonly numbers = new Map<StudyPoint, number>();
  private readonly notesOf = new Map<StudyPoint, string>();
  private readonly threads: { readonly thread: CellThread; readonly taught: Set<string> }[] = [];

  constructor(options: CellRunnerOptions) {
    this.options = options;
  }

  get notes(): string {
    return uniqueLines([...this.numbers.keys()].map((point) => this.notesOf.get(point) ?? ""));
  }

  async run(
    cells: readonly StudyCell[],
    watch: CellWatch = {},
  ): Promise<readonly (CellResult | undefined)[]> {
    for (const { point } of cells)
      if (!this.numbers.has(point)) this.numbers.set(point, this.numbers.size);
    const { store } = this.options;
    const results = cells.map((cell) => {
      const result = store?.read(this.hashes.ofCell(cell));
      if (result !== undefined) watch.onDone?.(cell, true);
      return result;
    });
    const missing = cells.flatMap((cell, at) => (results[at] === undefined ? [{ cell, at }] : []));
    const done = await handOut(missing, await this.takers(missing.length), {
      onDone: ({ cell }) => watch.onDone?.(cell, false),
      signal: watch.signal,
    });
    for (const [k, { at }] of missing.entries()) results[at] = done[k];
    return results;
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.splice(0).map(({ thread }) => thread.end()));
  }

  private async takers(
    jobsCount: number,
  ): Promise<Taker<{ readonly cell: StudyCell }, CellResult>[]> {
    const { settings, workersCount } = this.options;
    while (this.threads.length < Math.min(workersCount, jobsCount))
      this.threads.push({ thread: await CellThread.start(settings), taught: new Set() });
    return this.threads.map(({ thread, taught }) => async ({ cell }) => {
      const { result, notes } = await this.runIn(thread, taught, cell);
      if (notes !== "") this.notesOf.set(cell.point, notes);
      return result;
    });
  }

  private async runIn(
    thread: CellThread,
    taught: Set<string>,
    { point, replication }: StudyCell,
  ): Promise<CellAnswered> {
    const { store } = this.options;
    const key = String(this.numbers.get(point)!);
    const isNew = !taught.has(key);
    taught.add(key);
    const hash = store === undefined ? undefined : this.hashes.of(point);
    const answer = await thread.run({
      key,
      replication,
      taught: isNew ? { point, hash } : undefined,
    });
    if (hash !== undefined) store?.write(cellHash(hash, replication), answer.result);
    return answer;
  }
}

/** Each line once, in the order of its first appearance. */
export function uniqueLines(texts: readonly string[]): string {
  return [...new Set(texts.flatMap((text) => text.split(/(?<=\n)/)))].join("");
}
