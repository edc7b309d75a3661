// What metrics must remember of each live pod beyond what the API shows: one column per fact.
//
// Rows are those of the pod table and are used again; `begin` clears a row for its next pod.

import { Float64Column, Int32Column, Uint8Column } from "../base/index.ts";
import type { PodIndex } from "../cluster/index.ts";

const NEVER = -1;

/** Why a pod left before it had finished. The numbers are the column's encoding. */
export const DEPARTURE = {
  none: 0,
  evictedByTaint: 1,
  evictedByApi: 2,
  evictedByKubelet: 3,
  preempted: 4,
  lostWithNode: 5,
  deleted: 6,
} as const;
/** One of the values of `DEPARTURE`. */
export type Departure = (typeof DEPARTURE)[keyof typeof DEPARTURE];

const DEPARTURE_NAMES = [
  "",
  "evicted-by-taint",
  "evicted-by-api",
  "evicted-by-kubelet",
  "preempted",
  "lost-with-node",
  "deleted",
];

/** The word that stands in `pods.csv`. */
export function departureName(departure: Departure): string {
  return DEPARTURE_NAMES[departure]!;
}

/** The departure that a DisruptionTarget condition's reason names; `deleted` for none. */
export function departureOf(disruptionReason: string): Departure {
  switch (disruptionReason) {
    case "DeletionByTaintManager":
      return DEPARTURE.evictedByTaint;
    case "EvictionByEvictionAPI":
      return DEPARTURE.evictedByApi;
    case "TerminationByKubelet":
      return DEPARTURE.evictedByKubelet;
    case "PreemptionByScheduler":
      return DEPARTURE.preempted;
    case "DeletionByPodGC":
      return DEPARTURE.lostWithNode;
    default:
      return DEPARTURE.deleted;
  }
}

/** Columns by pod row. Instants are microseconds, null while they have not come. */
export class PodRecords {
  private readonly readyUsColumn = new Float64Column(); // first Ready
  private readonly finishedUsColumn = new Float64Column(); // phase Succeeded or Failed
  private readonly attemptsColumn = new Int32Column();
  private readonly departureColumn = new Uint8Column();
  private readonly workloadColumn = new Float64Column(); // uid of the workload object, or -1
  private rows = 0;

  /** Clears the row for a new pod of this workload (undefined = none). */
  begin(pod: PodIndex, workload: number | undefined): void {
    if (pod >= this.rows) this.grow(pod + 1);
    this.readyUsColumn.set(pod, NEVER);
    this.finishedUsColumn.set(pod, NEVER);
    this.attemptsColumn.set(pod, 0);
    this.departureColumn.set(pod, DEPARTURE.none);
    this.workloadColumn.set(pod, workload ?? NEVER);
  }

  readyUs(pod: PodIndex): number | null {
    return orNull(this.readyUsColumn.at(pod));
  }

  setReadyUs(pod: PodIndex, atUs: number): void {
    this.readyUsColumn.set(pod, atUs);
  }

  finishedUs(pod: PodIndex): number | null {
    return orNull(this.finishedUsColumn.at(pod));
  }

  setFinishedUs(pod: PodIndex, atUs: number): void {
    this.finishedUsColumn.set(pod, atUs);
  }

  attempts(pod: PodIndex): number {
    return this.attemptsColumn.at(pod);
  }

  setAttempts(pod: PodIndex, count: number): void {
    this.attemptsColumn.set(pod, count);
  }

  departure(pod: PodIndex): Departure {
    return this.departureColumn.at(pod) as Departure;
  }

  setDeparture(pod: PodIndex, departure: Departure): void {
    this.departureColumn.set(pod, departure);
  }

  setWorkload(pod: PodIndex, workload: number | undefined): void {
    this.workloadColumn.set(pod, workload ?? NEVER);
  }

  workload(pod: PodIndex): number | undefined {
    return orNull(this.workloadColumn.at(pod)) ?? undefined;
  }

  private grow(rows: number): void {
    const wanted = Math.max(64, rows, this.rows * 2);
    this.readyUsColumn.grow(wanted);
    this.finishedUsColumn.grow(wanted);
    this.attemptsColumn.grow(wanted);
    this.departureColumn.grow(wanted);
    this.workloadColumn.grow(wanted);
    this.rows = wanted;
  }
}

function orNull(value: number): number | null {
  return value === NEVER ? null : value;
}
