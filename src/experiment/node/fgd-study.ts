// The FGD study over files and threads: cells in, three rows for each out, in the cells' order.
//
// Each thread reads the workloads it needs; cells are handed out one by one, so that no thread waits
// for another. Which thread ran a cell changes nothing about its rows.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../base/index.ts";
import type { FgdRows } from "../fgd/arrival-bins.ts";
import type { FgdCell } from "../fgd/fgd-tables.ts";
import { type FgdAnswer, FgdRunner, NODE_LIST, podListOf } from "./fgd-runner.ts";
import { handOut } from "./hand-out.ts";
import { JobThread } from "./job-thread.ts";

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

async function runInThreads({ cells, workers, folder, onDone }: FgdStudy): Promise<FgdRows[]> {
  const threads = Array.from(
    { length: Math.min(workers, cells.length) },
    () =>
      new JobThread<FgdCell, FgdAnswer>(new URL("./fgd-worker.js", import.meta.url), { folder }),
  );
  try {
    const takers = threads.map((thread) => async (cell: FgdCell): Promise<FgdRows> => {
      const answer = await thread.run(cell);
      if ("problems" in answer) throw new InputError(answer.problems);
      return answer.rows;
    });
    const results = await handOut(cells, takers, {
      ...(onDone === undefined ? {} : { onDone: (cell: FgdCell) => onDone(cell) }),
    });
    return results.map((rows) => rows!);
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}
