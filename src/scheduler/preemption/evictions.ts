// Evictions: carries a preemption out, beside the scheduling loop (E5).
//
// First the nominations that the preemption overrules are cleared, then the victims are evicted: all
// but the last at once, the last when the others have been asked. Each gets a condition that says
// why, then a DELETE with its own grace period. Their room is free when they have ended, not here.

import type { Duration } from "../../base/index.ts";
import { formatUid } from "../../cluster/index.ts";
import { RANK, type Simulation } from "../../engine/index.ts";
import type { SchedulerCache } from "../cache/scheduler-cache.ts";
import type { SchedulerClient, VictimWrite } from "../cycle/scheduler-client.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { SchedulingQueue } from "../queue/scheduling-queue.ts";
import type { PreemptionCandidate } from "./candidate.ts";
import { lowerNominations } from "./lower-nominations.ts";
import type { RunningPreemptions } from "./running-preemptions.ts";

/** The reason in the condition DisruptionTarget of a pod that had to make room. */
export const PREEMPTION_REASON = "PreemptionByScheduler";
/** After a write that the API did not answer; an immediate retry would spin while it is down. */
const RETRY_DELAY_US = 1_000_000 as Duration;

/** What evictions need of their scheduler. */
export interface EvictionsOptions {
  readonly simulation: Simulation;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly client: SchedulerClient;
  readonly running: RunningPreemptions;
  /** Rejects a victim that waits on Permit; false when it does not. */
  preemptWaiting(victim: PodInfo): boolean;
  /** Called when something happened outside the loop, so that it looks at the queue again. */
  onSettled(): void;
}

/** How the eviction of one victim ended; "cancelled" ones never reached the API. */
type Eviction = VictimWrite | "cancelled";

/** Starts preemptions and follows them to their end. */
export class Evictions {
  private readonly options: EvictionsOptions;

  constructor(options: EvictionsOptions) {
    this.options = options;
  }

  /**
   * Marks the preemptor as preempting; the result starts the writes. Undefined when all victims are
   * being deleted already.
   */
  begin(preemptor: PodInfo, { nodeName, victims }: PreemptionCandidate): (() => void) | undefined {
    const toEvict = victims.filter((victim) => !victim.deleting);
    if (toEvict.length === 0) return undefined;
    this.options.running.begin(preemptor.uid);
    return () => {
      const overruled = lowerNominations(this.options.cache, preemptor, nodeName);
      this.clearNominations(overruled, () => this.evictAll(preemptor, nodeName, toEvict));
    };
  }

  /** One after the other; a failure does not matter. */
  private clearNominations(pods: readonly PodInfo[], onDone: () => void): void {
    const [first, ...rest] = pods;
    if (first === undefined) {
      onDone();
      return;
    }
    this.options.client.patchPodStatus(first, { nominatedNodeName: "" }, () =>
      this.clearNominations(rest, onDone),
    );
  }

  private evictAll(preemptor: PodInfo, nodeName: string, victims: readonly PodInfo[]): void {
    const last = victims.at(-1)!;
    const others = victims.slice(0, -1);
    const results: Eviction[] = [];
    const evictLast = (): void => {
      if (results.includes("failed")) {
        this.finish(preemptor, results);
        return;
      }
      this.options.running.awaitLast(preemptor.uid, last.uid);
      this.evict(preemptor, nodeName, last, (result) => {
        results.push(result);
        this.finish(preemptor, results);
      });
    };
    if (others.length === 0) evictLast();
    for (const victim of others) {
      this.evict(preemptor, nodeName, victim, (result) => {
        results.push(result);
        if (results.length === others.length) evictLast();
      });
    }
  }

  private evict(
    preemptor: PodInfo,
    nodeName: string,
    victim: PodInfo,
    onDone: (result: Eviction) => void,
  ): void {
    const { client } = this.options;
    if (this.options.preemptWaiting(victim)) {
      this.tell(preemptor, nodeName, victim, " (in kube-scheduler memory).");
      onDone("cancelled");
      return;
    }
    const { schedulerName } = preemptor.template;
    const message = `${schedulerName}: preempting to accommodate a higher priority pod`;
    client.markDisrupted(victim, { reason: PREEMPTION_REASON, message }, (marked) => {
      if (marked !== "done") {
        onDone(marked);
        return;
      }
      client.deletePod(victim, (deleted) => {
        if (deleted === "done") this.tell(preemptor, nodeName, victim, "");
        onDone(deleted);
      });
    });
  }

  private tell(preemptor: PodInfo, nodeName: string, victim: PodInfo, suffix: string): void {
    const { uid } = preemptor;
    const shownUid = typeof uid === "number" ? formatUid(uid) : uid;
    this.options.client.recordEvent({
      type: "Normal",
      reason: "Preempted",
      action: "Preempting",
      note: `Preempted by pod ${shownUid} on node ${nodeName}${suffix}`,
      pod: victim,
      from: preemptor.template.schedulerName,
    });
  }

  /**
   * Normally the victims' ends bring the preemptor back. It is brought forward here when no end will
   * come: a write failed, or every victim had gone before it was asked.
   */
  private finish(preemptor: PodInfo, results: readonly Eviction[]): void {
    const { running, queue, simulation, onSettled } = this.options;
    running.end(preemptor.uid);
    const activate = (): void => {
      queue.activate([preemptor]);
      onSettled();
    };
    if (results.includes("failed")) {
      simulation.callAfter(
        RETRY_DELAY_US,
        RANK.scheduler,
        "scheduler: preemption is tried again",
        activate,
      );
    } else if (results.every((result) => result === "gone")) {
      activate();
    } else {
      onSettled();
    }
  }
}
