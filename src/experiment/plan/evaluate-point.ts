// One point of a plan judged under every loss, with as many replications as that takes and no more.
//
// The loss that decided the last failing point is run first and alone: most points that fail, fail
// there. A point that misses one requirement under one loss is not run any further. Whoever runs the cells
// gets them in fixed batches, so that more workers change nothing.

import { sha256Hex } from "../../base/index.ts";
import type {
  LossAnswer,
  PlanPoint,
  RequirementState,
  WaitingGroup,
} from "../../analysis/index.ts";
import type { Threshold } from "../../metrics/index.ts";
import { judgeRequirement, type LookDesign } from "./judge-requirement.ts";
import type { PlanCell } from "./plan-cell.ts";
import type { Loss } from "./plan-world.ts";

/** One cell to run. */
export interface PlanCellOrder {
  readonly counts: readonly number[];
  readonly loss: Loss;
  readonly replication: number;
}

/** Runs cells, wherever; answers parallel to the orders. Throws `PlanStopped` when it is to stop. */
export type PlanCellRunner = (orders: readonly PlanCellOrder[]) => Promise<readonly PlanCell[]>;

/** The search was asked to stop; what was found so far is the partial answer. */
export class PlanStopped extends Error {}

/** A run ended by a limit: its numbers are of another length of time than the others'. */
export class PlanCellCut extends Error {}

/** Judges points. */
export class PointJudge {
  private readonly requirements: readonly Threshold[];
  private readonly design: LookDesign;
  private readonly run: PlanCellRunner;
  private suspect = "";

  constructor(requirements: readonly Threshold[], design: LookDesign, run: PlanCellRunner) {
    this.requirements = requirements;
    this.design = design;
    this.run = run;
  }

  /** Runs and judges; `priced` is what the point is and costs. */
  async judge(
    priced: Pick<PlanPoint, "counts" | "nodesCount" | "costPerHourMicros">,
    losses: readonly Loss[],
  ): Promise<PlanPoint> {
    const trials = losses.map((loss) => new Trial(loss));
    const suspects = trials.filter(({ loss }) => loss.name === this.suspect);
    let state: RequirementState = "open";
    const { looks } = this.design;
    if (suspects.length > 0 && trials.length > 1) {
      for (const upTo of [1, looks[0]!])
        if (state === "open") state = await this.look(suspects, priced.counts, upTo);
      if (state === "met") state = "open"; // The other losses have not been run yet.
    }
    // One run of each first: what no later run can mend, such as a queue that grows, shows in it.
    for (const upTo of new Set([1, ...looks])) {
      if (state !== "open") break;
      const open = trials.filter((trial) => trial.state === "open");
      state = await this.look(open, priced.counts, upTo);
    }
    const failing = trials.find((trial) => trial.state === "missed");
    if (failing !== undefined) this.suspect = failing.loss.name;
    const ran = trials.filter(({ cells }) => cells.length > 0);
    return {
      ...priced,
      state,
      runsCount: ran.reduce((sum, { cells }) => sum + cells.length, 0),
      losses: ran.map((trial) => this.answerOf(trial)),
      lossesCount: losses.length,
    };
  }

  /** Brings trials up to so many replications and judges them; the worst state of them all. */
  private async look(
    trials: readonly Trial[],
    counts: readonly number[],
    upTo: number,
  ): Promise<RequirementState> {
    const orders = trials.flatMap(({ loss, cells }) =>
      Array.from({ length: Math.max(0, upTo - cells.length) }, (_unused, k) => ({
        ...{ counts, loss, replication: cells.length + k },
      })),
    );
    const cells = orders.length === 0 ? [] : await this.run(orders);
    const cut = cells.find(({ end }) => end !== "drained" && end !== "horizon");
    if (cut !== undefined)
      throw new PlanCellCut(
        `a run of ${counts.join(" + ")} nodes ended early (${cut.end}): partial runs are no measure of a cluster`,
      );
    let next = 0;
    for (const trial of trials) {
      const missing = Math.max(0, upTo - trial.cells.length);
      trial.cells.push(...cells.slice(next, next + missing));
      next += missing;
      trial.state = this.stateOf(trial);
    }
    if (trials.some(({ state }) => state === "missed")) return "missed";
    if (trials.length === 0) return "met";
    return trials.every(({ state }) => state === "met") ? "met" : "open";
  }

  private stateOf(trial: Trial): RequirementState {
    const states = this.requirements.map(
      (one, at) => judgeRequirement(one, at, trial.cells, this.design).state,
    );
    if (states.includes("missed")) return "missed";
    return states.includes("open") ? "open" : "met";
  }

  private answerOf({ loss, cells }: Trial): LossAnswer {
    const sum = (of: (cell: PlanCell) => number): number =>
      cells.reduce((total, cell) => total + of(cell), 0);
    const waiting: readonly WaitingGroup[] =
      cells.find((cell) => cell.waiting.length > 0)?.waiting ?? [];
    return {
      loss: loss.name,
      replicationsCount: cells.length,
      requirements: this.requirements.map((one, at) =>
        judgeRequirement(one, at, cells, this.design),
      ),
      podsCreatedCount: sum((cell) => cell.podsCreatedCount),
      podsPendingAtEndCount: sum((cell) => cell.podsPendingAtEndCount),
      unstableRunsCount: cells.filter(({ isUnstable }) => isUnstable).length,
      waiting,
      digest: sha256Hex(cells.map(({ fingerprint }) => `${fingerprint}\n`).join("")),
    };
  }
}

/** A point under one loss, as far as it has been run. */
class Trial {
  readonly loss: Loss;
  readonly cells: PlanCell[] = [];
  state: RequirementState = "open";

  constructor(loss: Loss) {
    this.loss = loss;
  }
}
