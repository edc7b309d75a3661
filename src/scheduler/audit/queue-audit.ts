// Checks of the scheduling queue: where pods are, who is popped, how long they wait.
//
// Rules are recomputed from the records' plain facts, not through the queue's own heaps and timers.

import { ProfileDecider } from "../cycle/profile-decider.ts";
import { filterNode, runPreFilters } from "../evaluator/filtering.ts";
import { CycleState } from "../framework/cycle-state.ts";
import { Code } from "../framework/status.ts";
import type { QueuedPod, QueuePlace } from "../queue/queued-pod.ts";
import type { Scheduler } from "../scheduler.ts";
import type { BreakNotes } from "./break-notes.ts";
import { podKey } from "../framework/pod-info.ts";

const SECOND_US = 1_000_000;
const UNSCHEDULABLE_US_MAX = 300 * SECOND_US;
const FLUSH_PERIOD_US = 30 * SECOND_US;
/** A cycle, and a patch that waits for its token. */
const ATTEMPT_US_MAX = 50_000;
const PLACES: readonly QueuePlace[] = [
  "active",
  "backoff",
  "errorBackoff",
  "unschedulable",
  "inFlight",
];

/** Judges pops and moves, and keeps what it needs to judge the next ones. */
export class QueueAudit {
  private readonly scheduler: Scheduler;
  private readonly notes: BreakNotes;
  /** Timestamp of the latest first attempt, by priority. */
  private readonly lastFirstUs = new Map<number, number>();

  constructor(scheduler: Scheduler, notes: BreakNotes) {
    this.scheduler = scheduler;
    this.notes = notes;
  }

  onPop(record: QueuedPod, from: QueuePlace): void {
    const { queue } = this.scheduler;
    const name = podKey(record.pod);
    if (from === "active") {
      const next = queue.nextActive;
      if (next !== undefined && this.isBefore(next, record)) {
        this.notes.note("I46", `${name} was popped although ${podKey(next.pod)} comes first`);
      }
    } else if (from !== "backoff" || this.scheduler.options.popFromBackoff === false) {
      this.notes.note("I46", `${name} was popped out of ${from}`);
    } else if (queue.count("active") > 0) {
      this.notes.note("I46", `${name} was popped out of back-off while others were active`);
    }
    this.checkArrivalOrder(record);
  }

  onMove(record: QueuedPod, place: QueuePlace, label: string): void {
    if (place !== "active" && place !== "backoff" && place !== "errorBackoff") return;
    const name = podKey(record.pod);
    if (record.gatingPlugin !== "") {
      this.notes.note("I48", `${name} went to ${place} although ${record.gatingPlugin} gates it`);
    }
    const waitedUs = this.scheduler.simulation.nowUs - record.timestampUs;
    if (label === "BackoffComplete") this.checkBackoff(record, waitedUs);
    if (label !== "UnschedulableTimeout") return;
    if (waitedUs <= UNSCHEDULABLE_US_MAX) {
      this.notes.note("I48", `${name} was flushed after only ${waitedUs} us`);
    } else if (waitedUs > UNSCHEDULABLE_US_MAX + FLUSH_PERIOD_US) {
      this.notes.note("I48", `${name} was flushed as late as after ${waitedUs} us`);
    }
  }

  /** Every record is counted by exactly one place. */
  countPlaces(): void {
    const { queue } = this.scheduler;
    let counted = 0;
    for (const place of PLACES) counted += queue.count(place);
    if (counted !== queue.size) {
      this.notes.note("I2", `${queue.size} pods are known, ${counted} are in some place`);
    }
  }

  /** Looks every record up in the place it claims to be in. */
  findMisplaced(): string | undefined {
    const { queue } = this.scheduler;
    const seen = new Set<QueuedPod>();
    for (const place of PLACES) {
      for (const record of queue.recordsIn(place)) {
        if (record.place !== place)
          return `${podKey(record.pod)} is in ${place}, not ${record.place}`;
        if (seen.has(record)) return `${podKey(record.pod)} is in two places`;
        seen.add(record);
      }
    }
    for (const record of queue.all()) {
      if (!seen.has(record)) return `${podKey(record.pod)} is in no place`;
    }
    return undefined;
  }

  findForgotten(): string | undefined {
    const { queue, simulation } = this.scheduler;
    const limitUs = UNSCHEDULABLE_US_MAX + FLUSH_PERIOD_US;
    for (const record of queue.recordsIn("unschedulable")) {
      const waitedUs = simulation.nowUs - record.timestampUs;
      if (record.gatingPlugin === "" && waitedUs > limitUs) {
        return `${podKey(record.pod)} has waited for ${waitedUs} us`;
      }
    }
    return undefined;
  }

  /**
   * A pod that was last tried longer ago than flush, back-off and the attempts in front of it explain,
   * and that some node would take now. Those that fit nowhere wait rightly.
   */
  findOverdue(): string | undefined {
    const { queue, simulation } = this.scheduler;
    const { maxBackoffUs = 10 * SECOND_US } = this.scheduler.options;
    const inFrontUs = queue.size * ATTEMPT_US_MAX;
    const limitUs =
      UNSCHEDULABLE_US_MAX + FLUSH_PERIOD_US + maxBackoffUs + 2 * SECOND_US + inFrontUs;
    for (const record of queue.all()) {
      const waitedUs = simulation.nowUs - record.timestampUs;
      if (record.gatingPlugin !== "" || record.place === "inFlight" || waitedUs <= limitUs)
        continue;
      const nodeName = this.findFittingNode(record);
      if (nodeName === undefined) continue;
      return `${podKey(record.pod)} fits on ${nodeName} and was not tried for ${waitedUs} us`;
    }
    return undefined;
  }

  private findFittingNode({ pod }: QueuedPod): string | undefined {
    const { cache, decider } = this.scheduler;
    const profile = decider.profiles.get(pod.template.schedulerName);
    if (!(decider instanceof ProfileDecider) || profile === undefined) return undefined;
    const state = new CycleState();
    const { status, nodeNames } = runPreFilters(profile, state, pod, cache.nodeList);
    if (status.code !== Code.Success) return undefined;
    for (const row of cache.nodeList) {
      const nodeName = cache.nodeName(row);
      if (cache.findRow(nodeName) !== row || nodeNames?.has(nodeName) === false) continue;
      if (filterNode(profile, cache, state, pod, row).code === Code.Success) return nodeName;
    }
    return undefined;
  }

  /** Among ungated pods of one priority the first attempts come in the order of arrival. */
  private checkArrivalOrder(record: QueuedPod): void {
    const { pod, attempts, timestampUs, initialAttemptUs } = record;
    if (attempts !== 1 || timestampUs !== initialAttemptUs) return;
    const lastUs = this.lastFirstUs.get(pod.priority) ?? timestampUs;
    if (timestampUs < lastUs) {
      const text = `${podKey(pod)} of ${timestampUs} us was first tried after one of ${lastUs} us`;
      this.notes.note("I51", text);
    }
    this.lastFirstUs.set(pod.priority, timestampUs);
  }

  private isBefore(a: QueuedPod, b: QueuedPod): boolean {
    const [first] = this.scheduler.decider.profiles.values();
    return first?.queueSort.less(a, b) === true;
  }

  private checkBackoff(record: QueuedPod, waitedUs: number): void {
    const { initialBackoffUs = SECOND_US, maxBackoffUs = 10 * SECOND_US } = this.scheduler.options;
    const { consecutiveErrors, unschedulableCount } = record;
    const failures = consecutiveErrors > 0 ? consecutiveErrors : unschedulableCount;
    let delayUs = initialBackoffUs;
    for (let k = 1; k < failures; k++) delayUs = Math.min(maxBackoffUs, delayUs * 2);
    if (waitedUs > delayUs && waitedUs <= delayUs + SECOND_US) return;
    const text = `${podKey(record.pod)} left after ${waitedUs} us, its back-off is ${delayUs} us`;
    this.notes.note("I47", text);
  }
}
