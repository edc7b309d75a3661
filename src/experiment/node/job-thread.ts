// A worker thread that answers one job after another, as promises.
//
// The thread's module answers each message with one message. For threads that run user code see the
// command line, which also watches their calls.

import { Worker } from "node:worker_threads";

/** One thread. */
export class JobThread<Job, Answer> {
  private readonly worker: Worker;
  private pending:
    | { resolve: (answer: Answer) => void; reject: (error: unknown) => void }
    | undefined;
  private lost: Error | undefined;

  /** Starts the module at `file`; `workerData` is what it finds under that name. */
  constructor(file: URL, workerData: unknown) {
    this.worker = new Worker(file, { workerData });
    this.worker.on("message", (answer: Answer) =>
      this.settle((pending) => pending.resolve(answer)),
    );
    this.worker.on("error", (error: Error) => this.fail(error));
    this.worker.on("exit", () =>
      this.fail(new Error("a thread of the study ended without an answer")),
    );
  }

  /** Does one job; the one before must have been answered. */
  run(job: Job): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.lost !== undefined) return reject(this.lost);
      this.pending = { resolve, reject };
      this.worker.postMessage(job);
    });
  }

  /** Ends the thread. */
  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private fail(error: Error): void {
    this.lost ??= error;
    this.settle((pending) => pending.reject(error));
  }

  private settle(how: (pending: NonNullable<typeof this.pending>) => void): void {
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) how(pending);
  }
}
