// Cells as jobs of a queue on Redis: the only importer of `bullmq`, an optional peer.
//
// A job exists exactly as long as its cell is wanted and not done; its id is the cell's hash, so a cell
// is queued once however often it is asked for. Results travel apart (see cell-exchange.ts). The
// package's own limit on stalled jobs is lifted, because workers that are killed are no fault of the
// job; attempts are counted by the worker.

import { loadPeer, type RedisClient } from "./redis-client.ts";

/** What a worker is told of a cell. */
export interface CellJob {
  readonly hash: string;
  readonly pointHash: string;
  readonly replication: number;
  /** Whose list the result goes to. */
  readonly study: string;
}

const QUEUE = "podsim-cells";
const STALLED_MAX = 1_000_000;

/** The coordinator's end. */
export interface CellJobs {
  /** Queues those that are not queued. */
  add(jobs: readonly CellJob[]): Promise<void>;
  /** Takes jobs back that nobody has begun. */
  withdraw(hashes: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens the coordinator's end. */
export async function openCellJobs(client: RedisClient): Promise<CellJobs> {
  const { Queue } = await loadPeer("bullmq", () => import("bullmq"));
  const queue = new Queue<CellJob>(QUEUE, {
    connection: client,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  queue.on("error", () => undefined); // The connection says it to who waits for it.
  return {
    async add(jobs) {
      await queue.addBulk(jobs.map((data) => ({ name: "cell", data, opts: { jobId: data.hash } })));
    },
    async withdraw(hashes) {
      for (const hash of hashes) await queue.remove(hash).catch(() => 0); // Begun: it ends by itself.
    },
    close: () => queue.close(),
  };
}

/** How a worker takes jobs. */
export interface CellTakerOptions {
  readonly concurrency: number;
  /** After so long without a sign of life a cell is given to another worker. */
  readonly stallMs: number;
}

/** Takes jobs until it is closed; `perform` throws to give a job up. */
export async function takeCellJobs(
  client: RedisClient,
  perform: (job: CellJob) => Promise<void>,
  { concurrency, stallMs }: CellTakerOptions,
): Promise<{ close(isForced: boolean): Promise<void> }> {
  const { Worker } = await loadPeer("bullmq", () => import("bullmq"));
  const worker = new Worker<CellJob>(QUEUE, async ({ data }) => perform(data), {
    connection: client,
    concurrency,
    lockDuration: stallMs,
    stalledInterval: Math.max(100, Math.floor(stallMs / 2)),
    maxStalledCount: STALLED_MAX,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on("error", () => undefined); // Redis went away, or forgot the job; the coordinator asks again.
  return { close: (isForced) => worker.close(isForced) };
}
