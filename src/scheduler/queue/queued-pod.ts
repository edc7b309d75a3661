// QueuedPod: what the scheduling queue remembers about one pending pod.
//
// One record per pod, alive from the moment the queue first sees the pod until it is bound or gone;
// moves between the queue's places change `place` and nothing else. The queue is its only writer,
// with one exception: the failure handler fills in the rejecting plugins of the attempt.

import type { PodInfo } from "../framework/pod-info.ts";

/** Where a pending pod is; "none" only before it entered and after it left. */
export type QueuePlace =
  | "none"
  | "active"
  | "backoff"
  | "errorBackoff"
  | "unschedulable"
  | "inFlight";

/** The record of one pending pod. Instants are in the unit of the queue's clock (microseconds). */
export interface QueuedPod {
  pod: PodInfo;
  /** First seen, renewed by each return from a failed attempt; moves and updates keep it. */
  timestampUs: number;
  /** Counts renewals of `timestampUs` across the queue: breaks ties of equal instants. */
  arrival: number;
  /** Pops so far. */
  attempts: number;
  /** Attempts that ended with a rejection. */
  unschedulableCount: number;
  /** Attempts in a row that ended with an error (no rejecting plugin). */
  consecutiveErrors: number;
  /** End of the back-off, computed on demand and kept until the next return. */
  backoffExpiryUs: number | undefined;
  /** First entry into the active queue. */
  initialAttemptUs: number | undefined;
  /** Plugins that rejected the last attempt, or that gate the pod now. */
  unschedulablePlugins: ReadonlySet<string>;
  /** Plugins that put the pod on hold with status Pending. */
  pendingPlugins: ReadonlySet<string>;
  /** The PreEnqueue plugin that holds the pod; "" when it is not gated. */
  gatingPlugin: string;
  /** Taken out of the unschedulable pods by the leftover flush since its last return. */
  wasFlushed: boolean;
  /** When and how deep in a chain of zero-delay events it last became active; the owner's notes. */
  activatedUs: number;
  activatedDepth: number;
  place: QueuePlace;
  /** Position in the heap of its place; -1 outside heaps. */
  heapIndex: number;
}

const NO_PLUGINS: ReadonlySet<string> = new Set<string>();

/** A fresh record for a pod seen at `timestampUs`. */
export function createQueuedPod(pod: PodInfo, timestampUs: number, arrival: number): QueuedPod {
  return {
    pod,
    timestampUs,
    arrival,
    attempts: 0,
    unschedulableCount: 0,
    consecutiveErrors: 0,
    backoffExpiryUs: undefined,
    initialAttemptUs: undefined,
    unschedulablePlugins: NO_PLUGINS,
    pendingPlugins: NO_PLUGINS,
    gatingPlugin: "",
    wasFlushed: false,
    activatedUs: timestampUs,
    activatedDepth: -1,
    place: "none",
    heapIndex: -1,
  };
}
