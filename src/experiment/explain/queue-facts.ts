// How a pod came out of the queue: noted while a run is made again, for one pod of one scheduler.
//
// Only the moves since the attempt before are kept, so a pod that waits long costs no more.

import type { ExplainedQueue } from "../../metrics/index.ts";
import type { PodInfo, QueuedPod, QueuePlace } from "../../scheduler/index.ts";

/** Listens to one queue. */
export class QueueFacts {
  private readonly uid: PodInfo["uid"];
  private readonly nowUs: () => number;
  private moves: ExplainedQueue["moves"][number][] = [];
  private record: Readonly<QueuedPod> | undefined;
  private backoffUntilUs: number | null = null;

  constructor(uid: PodInfo["uid"], nowUs: () => number) {
    this.uid = uid;
    this.nowUs = nowUs;
  }

  /** The record came to a place. */
  onMove(record: Readonly<QueuedPod>, place: QueuePlace, event: string): void {
    if (record.pod.uid !== this.uid) return;
    this.record = record;
    this.moves.push({ atUs: this.nowUs(), place, event });
    // The back-off is worked out when somebody asks for it, and forgotten at the next return.
    this.backoffUntilUs = record.backoffExpiryUs ?? null;
  }

  /** The attempt begins that is not the one asked about: what follows is a new way. */
  passAttempt(): void {
    this.moves = [];
    this.backoffUntilUs = null;
  }

  /** The facts as of now, the beginning of the attempt asked about. */
  build(): ExplainedQueue {
    const { record, moves } = this;
    const woken = moves.findLast(({ place }) => place === "active");
    return {
      moves,
      wokenBy: woken?.event ?? "",
      backoffUntilUs: record?.backoffExpiryUs ?? this.backoffUntilUs,
      rejectedCount: record?.unschedulableCount ?? 0,
      errorCount: record?.consecutiveErrors ?? 0,
      rejectedBy: [...(record?.unschedulablePlugins ?? [])],
    };
  }
}
