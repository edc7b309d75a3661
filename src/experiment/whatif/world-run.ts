// One run of a what-if question: a world, and what is observed in it beside the usual measures.
//
// Advanced from outside in slices, like any run, so that it can be watched and stopped.

import type { RunResult } from "../../metrics/index.ts";
import type { UserCallWatch } from "../../scheduler/index.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { ActiveRun } from "../run.ts";
import type { VariedPart } from "../scenario/scenario.ts";
import { BudgetBlocks } from "./budget-blocks.ts";
import { PodWatch } from "./pod-watch.ts";

/** Which replication, and who is told of user code. */
export interface WorldRunOptions {
  readonly replication: number;
  /** Absent: everything is drawn for the replication, as in `run`. */
  readonly varied?: readonly VariedPart[] | undefined;
  readonly userCalls?: UserCallWatch | undefined;
}

/** A run under watch. */
export class WorldRun {
  readonly run: ActiveRun;
  readonly watch: PodWatch;
  readonly budgets: BudgetBlocks = new BudgetBlocks();
  /** Nodes that hold a pod that is no DaemonSet's, at the end. */
  readonly busyNodes: Set<string> = new Set();
  nodeNames: string[] = [];

  constructor(prepared: PreparedRun, { replication, varied, userCalls }: WorldRunOptions) {
    // The run is built before there is anything to observe; nothing happens in it until then.
    let watch: PodWatch | undefined;
    this.run = new ActiveRun(prepared, {
      replication,
      ...(varied === undefined ? {} : { varied }),
      ...(userCalls === undefined ? {} : { userCalls }),
      sinks: { pod: (row) => watch?.onRow(row), event: (row) => watch?.onEvent(row) },
      onDecision: (record) => watch?.onDecision(record),
      onDrainStep: (step) => this.budgets.onStep(this.run.api, step),
    });
    watch = new PodWatch(this.run.api);
    this.watch = watch;
  }

  /** Ends the run, and with it what is observed. */
  finish(isStopped: boolean): RunResult {
    const { nodes } = this.run.api;
    this.nodeNames = nodes.collectExisting().map((node) => nodes.name(node));
    const result = this.run.finish(isStopped ? "stopped" : undefined);
    for (const pods of this.watch.places.values()) {
      for (const { node, isDaemon, isFinished, isGone } of pods)
        if (!isDaemon && !isFinished && !isGone && node !== "") this.busyNodes.add(node);
    }
    return result;
  }
}
