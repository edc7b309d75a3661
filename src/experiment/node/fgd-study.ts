// The FGD study over files and threads: cells in, three rows for each out, in the cells' order.
//
// Each thread reads the workloads it needs; cells are handed out one by one, so that no thread waits
// for another. Which thread ran a cell changes nothing about its rows.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { InputError } from "../../base/index.ts";
import type { FgdRows } from "../fgd/arrival-bins.ts";
import type { FgdCell } from "../fgd/fgd-tables.ts";
import { type FgdAnswer, type FgdJob, FgdRunner, NODE_LIST, podListOf } from "./fgd-runner.ts";

/** What a study runs. */
export interface FgdStudy {
  /** Folder with the node list and the pod lists. */
  readonly folder: string;
  readonly cells: readonly FgdCell[];
  /** Threads; 1 runs the cells in the caller's own. */
  readonly workers: number;
  /** Told after each cell, in the order in which they end. */
  readonly onDone?: (cell: FgdCell) => void;
}

/** The workloads' files that are not there, for a check before anything runs. */
export function missingFgdFiles(folder: string, workloads: Iterable<string>): string[] {
  const files = [NODE_LIST, ...[...workloads].map(podListOf)];
  return files.filter((file) => !existsSync(join(folder, file)));
}

/** Runs all cells; the rows are parallel to them. */
export async function runFgdStudy(study: FgdStudy): Promise<FgdRows[]> {
  const { cells, workers } = study;
  if (workers > 1 && cells.length > 1) return runInThreads(study);
  const runner = new FgdRunner(study.folder);
  return cells.map((cell) => {
    const rows = runner.run(cell);
    study.onDone?.(cell);
    return rows;
  });
}

function runInThreads({ cells, workers, folder, onDone }: FgdStudy): Promise<FgdRows[]> {
  const results = new Array<FgdRows>(cells.length);
  const busy = new Set<Worker>();
  let next = 0;
  return new Promise<FgdRows[]>((resolve, reject) => {
    const fail = (error: unknown): void => {
      for (const thread of busy) void thread.terminate();
      busy.clear();
      reject(error);
    };
    const handOut = (thread: Worker): void => {
      if (next < cells.length) {
        const job: FgdJob = { index: next, cell: cells[next]! };
        next++;
        thread.postMessage(job);
        return;
      }
      busy.delete(thread);
      void thread.terminate();
      if (busy.size === 0) resolve(results);
    };
    for (let k = 0; k < Math.min(workers, cells.length); k++) {
      const thread = new Worker(new URL("./fgd-worker.js", import.meta.url), {
        workerData: { folder },
      });
      busy.add(thread);
      thread.on("error", fail);
      thread.on("exit", () => {
        if (busy.has(thread)) fail(new Error("a thread of the study ended without an answer"));
      });
      thread.on("message", (answer: FgdAnswer | { readonly problems: InputError["problems"] }) => {
        if ("problems" in answer) return fail(new InputError(answer.problems));
        results[answer.index] = answer.rows;
        onDone?.(cells[answer.index]!);
        handOut(thread);
      });
      handOut(thread);
    }
  });
}
