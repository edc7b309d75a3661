// InFlightPods: pods that are being scheduled, and what happened in the cluster meanwhile.
//
// One list in arrival order holds both popped pods and events. A pod that comes back looks at the
// events behind its own entry, so nothing that happened during its attempt is lost; events that no
// pod can look back to any more are dropped.

import type { ClusterEvent, EventSubject } from "../framework/cluster-event.ts";

/** An event and the object it was about. */
export interface RecordedEvent {
  readonly event: ClusterEvent;
  readonly subject: EventSubject;
}

interface Entry {
  /** Set for a pod, undefined for an event. */
  readonly uid: string | number | undefined;
  readonly recorded: RecordedEvent | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/** Pods between pop and done, with the events since the oldest pop. */
export class InFlightPods {
  private readonly podEntries = new Map<string | number, Entry>();
  private head: Entry | undefined;
  private tail: Entry | undefined;
  private recordedCount = 0;

  /** Pods in flight. */
  get size(): number {
    return this.podEntries.size;
  }

  /** Events kept for them. */
  get eventCount(): number {
    return this.recordedCount;
  }

  has(uid: string | number): boolean {
    return this.podEntries.has(uid);
  }

  add(uid: string | number): void {
    const entry: Entry = { uid, recorded: undefined, previous: undefined, next: undefined };
    this.append(entry);
    this.podEntries.set(uid, entry);
  }

  /** Remembers an event; without a pod in flight nobody would ever read it. */
  record(event: ClusterEvent, subject: EventSubject): void {
    if (this.podEntries.size === 0) return;
    this.recordedCount++;
    const recorded = { event, subject };
    this.append({ uid: undefined, recorded, previous: undefined, next: undefined });
  }

  /** Events since the pod was popped, in order; undefined when it is not in flight. */
  eventsSince(uid: string | number): RecordedEvent[] | undefined {
    const own = this.podEntries.get(uid);
    if (own === undefined) return undefined;
    const events: RecordedEvent[] = [];
    for (let entry = own.next; entry !== undefined; entry = entry.next) {
      if (entry.recorded !== undefined) events.push(entry.recorded);
    }
    return events;
  }

  /** Forgets the pod and the events that only it could have looked back to. */
  done(uid: string | number): void {
    const entry = this.podEntries.get(uid);
    if (entry === undefined) return;
    this.podEntries.delete(uid);
    this.unlink(entry);
    while (this.head?.recorded !== undefined) {
      this.unlink(this.head);
      this.recordedCount--;
    }
  }

  private append(entry: Entry): void {
    entry.previous = this.tail;
    if (this.tail === undefined) this.head = entry;
    else this.tail.next = entry;
    this.tail = entry;
  }

  private unlink(entry: Entry): void {
    if (entry.previous === undefined) this.head = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.tail = entry.previous;
    else entry.next.previous = entry.previous;
  }
}
