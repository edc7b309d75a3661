// PrioritySort: higher priority first, then whoever has been in the queue longer.
//
// It says nothing about equal pods; the queue's own heap decides those.

import type { QueueSortPlugin, SortablePod } from "../framework/plugin.ts";

/** The default order of the active queue. */
export class PrioritySort implements QueueSortPlugin {
  readonly name = "PrioritySort";

  less(a: SortablePod, b: SortablePod): boolean {
    if (a.pod.priority !== b.pod.priority) return a.pod.priority > b.pod.priority;
    return a.timestampUs < b.timestampUs;
  }
}
