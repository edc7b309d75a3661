// A plan's cells in several threads, with the same results in the same order as in one.
//
// A stop ends the threads at once: what the points judged so far say is what remains.

import {
  type PlanCell,
  type PlanCellOrder,
  type PlanCellRunner,
  PlanStopped,
} from "../experiment/index.ts";
import { handOut, JobThread } from "../experiment/node.ts";
import type { PlanRequest } from "./plan-request.ts";
import { PROGRESS, type RunControl, STOP } from "./run-request.ts";

const LOOK_MS = 50;

/** Threads that stay for as long as a plan asks for cells. */
export class PlanThreads {
  private readonly request: PlanRequest;
  private readonly control: RunControl;
  private readonly threads: JobThread<PlanCellOrder, PlanCell>[] = [];
  private readonly workersCount: number;

  constructor(request: PlanRequest, workersCount: number, control: RunControl) {
    this.request = request;
    this.workersCount = workersCount;
    this.control = control;
  }

  /** Runs cells; throws PlanStopped when the control asks for it. */
  readonly run: PlanCellRunner = async (orders) => {
    const wanted = Math.min(this.workersCount, orders.length);
    while (this.threads.length < wanted)
      this.threads.push(new JobThread(new URL("./plan-worker.js", import.meta.url), this.request));
    const takers = this.threads.map((thread) => (order: PlanCellOrder) => thread.run(order));
    const { progress } = this.control;
    const cells = handOut(orders, takers, {
      onDone: (_order, { eventsCount, endUs }) => {
        progress[PROGRESS.events] = (progress[PROGRESS.events] ?? 0) + eventsCount;
        progress[PROGRESS.nowUs] = (progress[PROGRESS.nowUs] ?? 0) + endUs;
      },
    });
    const done = await Promise.race([cells, this.stopped(cells)]);
    return done as PlanCell[];
  };

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.threads.splice(0).map((thread) => thread.end()));
  }

  /** Rejects as soon as somebody asks to stop, and waits for ever after the cells are there. */
  private stopped(cells: Promise<unknown>): Promise<never> {
    return new Promise((_resolve, reject) => {
      const timer = setInterval(() => {
        const was = Atomics.compareExchange(this.control.stop, 0, STOP.asked, STOP.seen);
        if (was !== STOP.no) reject(new PlanStopped("the search was asked to stop"));
      }, LOOK_MS);
      const end = (): void => clearInterval(timer);
      cells.then(end, end);
    });
  }
}
