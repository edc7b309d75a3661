// Runs a study's cells through a queue: the coordinator's side. The store is the truth, Redis may forget.
//
// What the store lacks is queued; results come back through Redis, or appear in the store where a
// worker shares the folder. Every few seconds what is still missing is queued again, inputs included,
// so neither a killed worker, a killed Redis nor a second coordinator loses or doubles anything.

import { sha256Hex } from "../base/index.ts";
import type {
  CellResult,
  CellRunner,
  CellWatch,
  StudyCell,
  StudyPoint,
} from "../experiment/index.ts";
import {
  CellExchange,
  type CellJob,
  type CellJobs,
  type CellReport,
  type CellStore,
  connectRedis,
  isReady,
  openCellJobs,
  packPoint,
  type PackedPoint,
  type RedisClient,
  RemoteError,
  resultIn,
  within,
} from "../experiment/node.ts";
import { PointHashes, uniqueLines } from "./cell-runner.ts";
import { type FailureWords, ReportedFailure } from "./exit-codes.ts";

const POLL_MS = 100;
const AGAIN_MS = 3_000;
const LOST_MS = 60_000;
const JOBS_AT_ONCE = 500;

/** Cells in a queue. */
export class QueuedCells implements CellRunner {
  private readonly store: CellStore;
  private readonly client: RedisClient;
  private readonly jobs: CellJobs;
  private readonly exchange: CellExchange;
  private readonly hashes = new PointHashes();
  private readonly packed = new Map<StudyPoint, PackedPoint>();
  private readonly notesOf: string[] = [];

  /** Connects; throws a RemoteError if that cannot be. */
  static async open(url: string, store: CellStore): Promise<QueuedCells> {
    const client = await connectRedis(url);
    return new QueuedCells(client, await openCellJobs(client), store);
  }

  private constructor(client: RedisClient, jobs: CellJobs, store: CellStore) {
    this.client = client;
    this.jobs = jobs;
    this.exchange = new CellExchange(client);
    this.store = store;
  }

  get notes(): string {
    return uniqueLines([...new Set(this.notesOf)].sort((a, b) => (a < b ? -1 : 1)));
  }

  async run(
    cells: readonly StudyCell[],
    watch: CellWatch = {},
  ): Promise<readonly (CellResult | undefined)[]> {
    const hashes = cells.map((cell) => this.hashes.ofCell(cell));
    const study = sha256Hex(hashes.join("\n")).slice(0, 32);
    const results = new Array<CellResult | undefined>(cells.length).fill(undefined);
    const missing = new Map<string, number>();
    for (const [at, hash] of hashes.entries()) {
      results[at] = this.store.read(hash);
      if (results[at] === undefined) missing.set(hash, at);
      else watch.onDone?.(cells[at]!, true);
    }
    const settle = (hash: string, result: CellResult): void => {
      const at = missing.get(hash);
      if (at === undefined) return;
      missing.delete(hash);
      results[at] = result;
      watch.onDone?.(cells[at]!, false);
    };
    let askedMs = Number.NEGATIVE_INFINITY;
    while (missing.size > 0 && watch.signal?.aborted !== true) {
      const reports = await this.patiently(this.exchange.waiting(study));
      if (reports.length > 0) {
        // What is not kept below is asked for again; a failure must not meet the next attempt.
        await this.patiently(this.exchange.drop(study, reports.length));
        for (const report of reports) this.take(report, settle);
        continue; // A cell is asked for again only when no report of it can be waiting.
      }
      if (Date.now() - askedMs >= AGAIN_MS) {
        for (const hash of [...missing.keys()]) {
          const result = this.store.read(hash);
          if (result !== undefined) settle(hash, result);
        }
        const wanted = [...missing].map(([hash, at]) => ({ hash, study, cell: cells[at]! }));
        await this.patiently(this.ask(wanted));
        askedMs = Date.now();
      }
      await pause(POLL_MS);
    }
    if (missing.size > 0) await within(AGAIN_MS, this.jobs.withdraw([...missing.keys()]));
    return results;
  }

  async close(): Promise<void> {
    await within(
      AGAIN_MS,
      this.jobs.close().catch(() => undefined),
    );
    this.client.disconnect();
  }

  private take(report: CellReport, settle: (hash: string, result: CellResult) => void): void {
    if ("failed" in report) throw new ReportedFailure(report.failed as FailureWords);
    const result = resultIn(report.text, report.hash);
    if (result === undefined) return; // Not whole: it is asked for again.
    this.store.writeText(report.hash, report.text);
    if (report.notes !== "") this.notesOf.push(report.notes);
    settle(report.hash, result);
  }

  private async ask(
    wanted: readonly { readonly hash: string; readonly study: string; readonly cell: StudyCell }[],
  ): Promise<void> {
    for (const point of new Set(wanted.map(({ cell }) => cell.point))) {
      const packed = this.packed.get(point) ?? packPoint(point);
      this.packed.set(point, packed);
      await this.exchange.put("files", packed.filesHash, packed.filesText);
      await this.exchange.put("point", this.hashes.of(point), packed.pointText);
    }
    const jobs = wanted.map(({ hash, study, cell }): CellJob => {
      const { point, replication } = cell;
      return { hash, pointHash: this.hashes.of(point), replication, study };
    });
    for (let from = 0; from < jobs.length; from += JOBS_AT_ONCE)
      await this.jobs.add(jobs.slice(from, from + JOBS_AT_ONCE));
  }

  // A command waits while Redis is away; one that waits for a minute ends the study.
  private async patiently<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const settled = answer.then((value) => ({ value }));
    for (;;) {
      const outcome = await within(LOST_MS, settled);
      if (outcome !== undefined) return outcome.value;
      if (!isReady(this.client))
        throw new RemoteError(
          `Redis has not answered for ${LOST_MS / 1000} s; what was done is in ${this.store.folder}`,
        );
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
