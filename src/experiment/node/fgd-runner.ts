// FgdRunner: cells of the FGD study from files, one after another, in whatever thread it is made.
//
// Keeps the last workload that was read, because cells come sorted by workload.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { InputError } from "../../base/index.ts";
import type { FgdRows } from "../fgd/arrival-bins.ts";
import { runFgd } from "../fgd/fgd-run.ts";
import type { FgdCell } from "../fgd/fgd-tables.ts";
import { type FgdWorkload, readFgdWorkload } from "../fgd/fgd-workload.ts";

/** The node list in a folder laid out as the openb trace. */
export const NODE_LIST = "openb_node_list_gpu_node.csv";
const PREFIX = "openb_pod_list_";

/** A thread's answer to a cell: its rows, or what is wrong with the input. */
export type FgdAnswer = { readonly rows: FgdRows } | { readonly problems: InputError["problems"] };

/** Runs cells one after another and keeps the last workload read. */
export class FgdRunner {
  private readonly folder: string;
  private workload: FgdWorkload | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  run({ workload: name, policy, seed }: FgdCell): FgdRows {
    if (this.workload?.name !== name) {
      this.workload = readFgdWorkload(name, this.read(NODE_LIST), this.read(podListOf(name)));
    }
    return runFgd(this.workload, policy, seed).rows;
  }

  private read(name: string): { name: string; text: string } {
    return { name, text: readFileSync(join(this.folder, name), "utf8") };
  }
}

/** File of a workload, which may be called by the name of its pod list as well. */
export function podListOf(workload: string): string {
  return workload.startsWith(PREFIX) ? `${workload}.csv` : `${PREFIX}${workload}.csv`;
}
