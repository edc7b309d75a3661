// The main thread's side of one of a study's threads: orders out, answers back, user code watched.
//
// A call into user code that overstays its deadline ends the thread and with it the study; unlike in
// `podsim run` nothing is repeated, because partial runs are worth nothing to a study.

import { Worker } from "node:worker_threads";
import type { CellResult } from "../experiment/index.ts";
import { callDeadlines } from "./call-deadlines.ts";
import { type CallDeadlines, CallWatchdog } from "./call-watchdog.ts";
import type { CellAnswer, CellOrder, CellSettings, CellThreadStart } from "./cell-orders.ts";
import { CommandFailure, EXIT, ReportedFailure } from "./exit-codes.ts";
import { printNote } from "./output.ts";
import { createRunControl } from "./run-request.ts";
import {
  failureOf,
  isOutOfMemory,
  type LostCall,
  OUT_OF_MEMORY,
  YOUNG_GENERATION_MB,
} from "./run-session.ts";
import { UserCallRecord } from "./user-call-record.ts";

/** A cell's result, and what its point's inputs leave out (the first time only). */
export interface CellAnswered {
  readonly result: CellResult;
  readonly notes: string;
}

interface Pending {
  readonly resolve: (answer: CellAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread. */
export class CellThread {
  private readonly worker: Worker;
  private readonly record: UserCallRecord;
  private readonly settings: CellSettings;
  private readonly watchdog: CallWatchdog;
  private pending: Pending | undefined;
  private lost: unknown;

  /** Starts a thread. */
  static async start(settings: CellSettings): Promise<CellThread> {
    return new CellThread(settings, await callDeadlines(settings.pluginDeadline));
  }

  private constructor(settings: CellSettings, deadlines: CallDeadlines) {
    const control = createRunControl();
    this.settings = settings;
    this.record = new UserCallRecord(control.userCalls);
    this.record.reset(0);
    const workerData: CellThreadStart = { settings, control };
    this.worker = new Worker(new URL("./cell-worker.js", import.meta.url), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      stdout: true,
      stderr: true,
    });
    // Whatever is printed there must not end up among results.
    this.worker.stdout.on("data", (chunk: Buffer) => printNote(chunk.toString("utf8")));
    this.worker.stderr.on("data", (chunk: Buffer) => printNote(chunk.toString("utf8")));
    this.watchdog = new CallWatchdog(this.record, deadlines, (observed, deadlineMs) => {
      void this.fail(() => this.lostCall({ observed, what: undefined, deadlineMs }));
      void this.worker.terminate();
    });
    this.worker.on("message", (answer: CellAnswer) => this.receive(answer));
    this.worker.on("error", (error) => this.fail(() => this.reasonOf(error)));
    this.worker.on("exit", (code) => this.fail(() => this.reasonOfExit(code)));
  }

  /** Runs a cell; the one before must have been answered. Throws what ends the study. */
  async run(order: Exclude<CellOrder, "end">): Promise<CellAnswered> {
    const answer = await this.ask(order);
    if ("failed" in answer) throw new ReportedFailure(answer.failed);
    if (!("result" in answer)) throw new Error("a thread of the study answered out of turn");
    return answer;
  }

  /** Ends the thread; what user code left to say goes to stderr. */
  async end(): Promise<void> {
    try {
      if (this.pending === undefined && this.lost === undefined) {
        const answer = await this.ask("end");
        if ("closing" in answer) printNote(answer.closing);
      }
    } catch {
      // It is gone already, and its failure has been told.
    } finally {
      this.watchdog.stop();
      await this.worker.terminate();
    }
  }

  private ask(order: CellOrder): Promise<CellAnswer> {
    return new Promise((resolve, reject) => {
      if (this.lost !== undefined) return reject(this.lost);
      this.pending = { resolve, reject };
      this.worker.postMessage(order);
    });
  }

  private receive(answer: CellAnswer): void {
    if ("printed" in answer) {
      printNote(answer.printed);
      return;
    }
    const { pending } = this;
    this.pending = undefined;
    pending?.resolve(answer);
  }

  // The reason that comes first is the cause; ends of the thread follow from it.
  private async fail(reason: () => Promise<unknown>): Promise<void> {
    if (this.lost !== undefined) return;
    this.lost = new Error("a thread of the study has ended");
    this.watchdog.stop();
    const error = await reason();
    this.lost = error;
    const { pending } = this;
    this.pending = undefined;
    pending?.reject(error);
  }

  private async reasonOf(error: unknown): Promise<unknown> {
    if (!isOutOfMemory(error)) return error;
    if (!this.record.isInside) return new CommandFailure(EXIT.limit, OUT_OF_MEMORY);
    return this.lostCall(this.lookAt("ran out of memory"));
  }

  private async reasonOfExit(code: number): Promise<unknown> {
    if (!this.record.isInside)
      return new Error(`a thread of the study ended with code ${code} and no result`);
    return this.lostCall(this.lookAt("ended its thread, or waits for what never comes"));
  }

  private lookAt(what: string): LostCall {
    return { observed: this.record.look(), what, deadlineMs: 0 };
  }

  private async lostCall(lost: LostCall): Promise<ReportedFailure> {
    return new ReportedFailure(await failureOf(lost, this.settings));
  }
}
