// What a study's threads are told and what they answer: plain data that crosses threads.
//
// Apart from both sides, so that the main thread and the worker can name it without each other's code.

import type { CellResult, StudyPoint } from "../experiment/index.ts";
import type { RunControl, RunReport } from "./run-request.ts";

/** What holds for all cells of a thread. */
export interface CellSettings {
  /** Longest call into user code, a duration of wall time. */
  readonly pluginDeadline: string | undefined;
  readonly debug: boolean;
  /** Whether problems are told as JSON. */
  readonly json: boolean;
}

/** Data that the thread starts with. */
export interface CellThreadStart {
  readonly settings: CellSettings;
  readonly control: RunControl;
}

/** A point as threads are told of it, once each. */
export interface TaughtPoint {
  readonly point: StudyPoint;
  /** Refuse inputs that have another hash by now; absent: whatever is there. */
  readonly hash: string | undefined;
}

/** One cell to run, or the end. */
export type CellOrder =
  | {
      /** Names the point, the same for all threads. */
      readonly key: string;
      readonly replication: number;
      /** The point of that key, if the thread has not been told of it. */
      readonly taught: TaughtPoint | undefined;
    }
  | "end";

/** The answer to an order; `printed` may come any time before. */
export type CellAnswer =
  | { readonly printed: string }
  | { readonly result: CellResult; readonly notes: string }
  | { readonly failed: RunReport }
  | { readonly closing: string };
