// A worker of a queue: takes cells, runs them in threads of its own, hands the results back.
//
// The main thread only talks to Redis, so a cell that computes for minutes keeps its lock. A worker may
// be killed at any moment: its cell is given to another, and a result that comes twice is the same bytes.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  cellText,
  CellExchange,
  type CellJob,
  connectRedis,
  filesHashOf,
  takeCellJobs,
  unpackPoint,
} from "../experiment/node.ts";
import type { CellSettings, TaughtPoint } from "./cell-orders.ts";
import { CellThread } from "./cell-thread.ts";
import { EXIT, type FailureWords, ReportedFailure } from "./exit-codes.ts";
import { failureReport } from "./failure-report.ts";
import { openStore } from "./study-run.ts";

/** How a worker works. */
export interface QueueWorkerOptions {
  readonly url: string;
  readonly store: string | undefined;
  readonly workersCount: number;
  readonly stallMs: number;
  /** Beginnings of one cell before it is given up: it may be what kills the workers. */
  readonly attemptsMax: number;
  readonly settings: CellSettings;
  readonly onDone: (hash: string) => void;
}

/** Works until `stop` resolves; a cell in hand is finished first. */
export async function workOnQueue(
  options: QueueWorkerOptions,
  stop: Promise<unknown>,
): Promise<void> {
  const client = await connectRedis(options.url);
  const folder = mkdtempSync(join(tmpdir(), "podsim-worker-"));
  const threads = await Promise.all(
    Array.from({ length: options.workersCount }, () => CellThread.start(options.settings)),
  );
  const work = new QueueWork(options, new CellExchange(client), folder, threads);
  try {
    const taker = await takeCellJobs(client, (job) => work.perform(job), {
      concurrency: options.workersCount,
      stallMs: options.stallMs,
    });
    await stop;
    await taker.close(false);
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
    client.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface FreeThread {
  readonly thread: CellThread;
  readonly taught: Set<string>;
}

class QueueWork {
  private readonly options: QueueWorkerOptions;
  private readonly exchange: CellExchange;
  private readonly folder: string;
  private readonly store: ReturnType<typeof openStore> | undefined;
  private readonly free: FreeThread[];
  private readonly points = new Map<string, Promise<TaughtPoint>>();

  constructor(
    options: QueueWorkerOptions,
    exchange: CellExchange,
    folder: string,
    threads: readonly CellThread[],
  ) {
    this.options = options;
    this.exchange = exchange;
    this.folder = folder;
    this.store = options.store === undefined ? undefined : openStore(options.store);
    this.free = threads.map((thread) => ({ thread, taught: new Set<string>() }));
  }

  async perform({ hash, pointHash, replication, study }: CellJob): Promise<void> {
    const { attemptsMax, onDone } = this.options;
    const failed = (words: FailureWords) => this.exchange.report(study, { hash, failed: words });
    if ((await this.exchange.begin(hash)) > attemptsMax) {
      await this.exchange.end(hash);
      return failed({
        exitCode: EXIT.limit,
        output: "",
        closing: `error: cell ${hash} was begun ${attemptsMax} times and never ended: it may be what ends the workers\n`,
      });
    }
    const taught = await this.pointOf(pointHash);
    const { text, notes, words } = await this.resultOf(hash, pointHash, taught, replication);
    if (words !== undefined) await failed(words);
    else await this.exchange.report(study, { hash, text, notes });
    await this.exchange.end(hash);
    onDone(hash);
  }

  private async resultOf(
    hash: string,
    key: string,
    taught: TaughtPoint,
    replication: number,
  ): Promise<{ readonly text: string; readonly notes: string; readonly words?: FailureWords }> {
    const kept = this.store?.textOf(hash);
    if (kept !== undefined) return { text: kept, notes: "" };
    const own = this.free.pop()!; // As many threads as jobs at a time.
    try {
      const isNew = !own.taught.has(key);
      own.taught.add(key);
      const order = { key, replication, taught: isNew ? taught : undefined };
      const { result, notes } = await own.thread.run(order);
      const text = cellText(hash, result);
      this.store?.writeText(hash, text);
      this.free.push(own);
      return { text, notes };
    } catch (error) {
      await own.thread.end();
      this.free.push({ thread: await CellThread.start(this.options.settings), taught: new Set() });
      if (error instanceof ReportedFailure) return { text: "", notes: "", words: error.report };
      const { exitCode, text, output } = await failureReport(error, this.options.settings);
      return { text: "", notes: "", words: { exitCode, output, closing: text } };
    }
  }

  private pointOf(hash: string): Promise<TaughtPoint> {
    const known = this.points.get(hash);
    if (known !== undefined) return known;
    const fetched = this.fetchPoint(hash);
    this.points.set(hash, fetched);
    fetched.catch(() => this.points.delete(hash));
    return fetched;
  }

  private async fetchPoint(hash: string): Promise<TaughtPoint> {
    const pointText = await this.exchange.get("point", hash);
    const filesText =
      pointText === undefined
        ? undefined
        : await this.exchange.get("files", filesHashOf(pointText));
    // The coordinator sends both again with the next round of jobs.
    if (pointText === undefined || filesText === undefined)
      throw new Error(`Redis has forgotten the inputs of ${hash}`);
    return { point: unpackPoint(pointText, filesText, this.folder), hash };
  }
}
