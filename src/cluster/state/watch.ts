// Watch: tells watchers of commits, a delay later and in commit order; observers at once.
//
// Watchers with one latency form a group; each commit costs a group one event in a lane of that
// delay, whatever the number of its watchers. A watcher that joins is first given the list of all
// that exists and then only what is committed later, as list-and-watch does. Observers (metrics,
// checks, logs) hear at the commit itself and must not let a decision hang on it.

import { RANK } from "../../engine/index.ts";
import type { EventKind, Lane, Simulation } from "../../engine/index.ts";
import type { Duration } from "../../base/index.ts";
import { LIST_ENTRY } from "./change-journal.ts";
import type { ChangeJournal } from "./change-journal.ts";
import { NodeChange, ObjectChange, PodChange } from "./changes.ts";
import type { MutableNodeTable } from "./node-table.ts";
import type { MutableObjectStore } from "./object-store.ts";
import type { MutablePodTable } from "./pod-table.ts";
import type { PodIndex } from "./identity.ts";

/** Who wants to know. Changes are valid only during the call. */
export interface ChangeListener {
  readonly onPod?: (change: PodChange) => void;
  readonly onNode?: (change: NodeChange) => void;
  readonly onObject?: (change: ObjectChange) => void;
}

/** A listener that is told after a delay. */
export interface Watcher extends ChangeListener {
  /** For error messages. */
  readonly name: string;
  /** Delay from commit to delivery; default is the control plane's watchLatency. */
  readonly latency?: Duration;
  /** False leaves out the initial list. Default true. */
  readonly wantsList?: boolean;
}

/** Ends a watch or an observation. */
export interface Subscription {
  stop(): void;
}

interface JoinedWatcher {
  readonly listener: ChangeListener;
  /** Commits before this one are in its list already. */
  readonly fromSequence: number;
  isActive: boolean;
}

interface WatchGroup {
  readonly latencyUs: number;
  readonly lane: Lane;
  /** Next commit to deliver. */
  cursor: number;
  watchers: JoinedWatcher[];
}

interface WatchedTables {
  readonly pods: MutablePodTable;
  readonly nodes: MutableNodeTable;
  readonly objects: MutableObjectStore;
}

/** All watchers and observers of one API server. */
export class WatchHub {
  private readonly simulation: Simulation;
  private readonly journal: ChangeJournal;
  private readonly tables: WatchedTables;
  private readonly groups: WatchGroup[] = [];
  private readonly deliveryKind: EventKind;
  private observers: ChangeListener[] = [];
  /** A delivery may begin a watch, and so a list: each has flyweights of its own. */
  private readonly delivered: Shown;
  private readonly observed: Shown;
  private readonly listed: Shown;

  constructor(simulation: Simulation, journal: ChangeJournal, tables: WatchedTables) {
    this.simulation = simulation;
    this.journal = journal;
    this.tables = tables;
    this.delivered = createShown(journal, tables.pods);
    this.observed = createShown(journal, tables.pods);
    this.listed = createShown(journal, tables.pods);
    this.deliveryKind = simulation.defineKind("watch delivery", RANK.watch, (group) =>
      this.deliver(this.groups[group]!),
    );
  }

  /** Joins a watcher: its list is given before this returns, changes follow after their delay. */
  watch(watcher: Watcher, defaultLatency: Duration): Subscription {
    const group = this.groupFor(watcher.latency ?? defaultLatency);
    const fromSequence = this.journal.end;
    const joined: JoinedWatcher = { listener: watcher, fromSequence, isActive: true };
    if (watcher.wantsList ?? true) this.list(watcher);
    group.watchers = [...group.watchers, joined];
    return {
      stop: () => {
        joined.isActive = false;
        group.watchers = group.watchers.filter((other) => other !== joined);
      },
    };
  }

  /** Adds an observer; it is told of commits from now on and gets no list. */
  observe(listener: ChangeListener): Subscription {
    this.observers = [...this.observers, listener];
    return {
      stop: () => {
        this.observers = this.observers.filter((other) => other !== listener);
      },
    };
  }

  /** The commit at the end of the journal is complete: tell observers, queue the deliveries. */
  announce(): void {
    const entry = this.journal.entryOf(this.journal.end - 1);
    for (const observer of this.observers) tell(observer, this.journal, entry, this.observed);
    for (let k = 0; k < this.groups.length; k++) this.groups[k]!.lane.push(k);
    if (this.groups.length === 0) this.recycle();
  }

  /** Shows a listener everything that exists as Added: objects, then nodes, then pods. */
  list(listener: ChangeListener): void {
    const { journal, listed } = this;
    const { pods, nodes, objects } = this.tables;
    const { onObject, onNode, onPod } = listener;
    if (onObject !== undefined) {
      for (const object of objects.all()) {
        const { uid, resourceVersion, createdUs } = object;
        journal.setHead(LIST_ENTRY, "object", "Added", -1, uid, resourceVersion, createdUs);
        journal.setRecords(LIST_ENTRY, undefined, object);
        onObject(listed.object.show(LIST_ENTRY));
      }
    }
    if (onNode !== undefined) {
      for (const node of nodes.collectExisting()) {
        const version = nodes.resourceVersion(node);
        const atUs = nodes.createdUs(node);
        journal.setHead(LIST_ENTRY, "node", "Added", node, nodes.uid(node), version, atUs);
        journal.setRecords(LIST_ENTRY, undefined, nodes.facts(node));
        onNode(listed.node.show(LIST_ENTRY));
      }
    }
    if (onPod === undefined) return;
    pods.forEach((pod: PodIndex) => {
      const version = pods.resourceVersion(pod);
      journal.setHead(LIST_ENTRY, "pod", "Added", pod, pods.uid(pod), version, pods.createdUs(pod));
      journal.captureBefore(LIST_ENTRY, pods, pod);
      journal.captureAfter(LIST_ENTRY, pods, pod);
      onPod(listed.pod.show(LIST_ENTRY));
    });
    journal.setRecords(LIST_ENTRY, undefined, undefined);
  }

  private groupFor(latency: Duration): WatchGroup {
    const known = this.groups.find((group) => group.latencyUs === latency);
    if (known !== undefined) return known;
    const group: WatchGroup = {
      latencyUs: latency,
      lane: this.simulation.lane(this.deliveryKind, latency),
      cursor: this.journal.end,
      watchers: [],
    };
    this.groups.push(group);
    return group;
  }

  private deliver(group: WatchGroup): void {
    const sequence = group.cursor++;
    const entry = this.journal.entryOf(sequence);
    for (const watcher of group.watchers) {
      if (!watcher.isActive || sequence < watcher.fromSequence) continue;
      tell(watcher.listener, this.journal, entry, this.delivered);
    }
    this.recycle();
  }

  /** Drops entries that every group has passed; a deleted pod's row goes with its entry. */
  private recycle(): void {
    const { journal } = this;
    let passed = journal.end;
    for (const group of this.groups) passed = Math.min(passed, group.cursor);
    while (journal.begin < passed) {
      const entry = journal.entryOf(journal.begin);
      if (journal.subject(entry) === "pod" && journal.kind(entry) === "Deleted") {
        this.onPodForgotten(journal.row(entry) as PodIndex);
      }
      journal.dropFirst();
    }
  }

  /** Set by the ApiServer: every watcher knows that this pod is gone. */
  onPodForgotten: (pod: PodIndex) => void = () => {};
}

interface Shown {
  readonly pod: PodChange;
  readonly node: NodeChange;
  readonly object: ObjectChange;
}

function createShown(journal: ChangeJournal, pods: MutablePodTable): Shown {
  return {
    pod: new PodChange(journal, pods),
    node: new NodeChange(journal),
    object: new ObjectChange(journal),
  };
}

function tell(listener: ChangeListener, journal: ChangeJournal, entry: number, shown: Shown): void {
  const subject = journal.subject(entry);
  if (subject === "pod") listener.onPod?.(shown.pod.show(entry));
  else if (subject === "node") listener.onNode?.(shown.node.show(entry));
  else listener.onObject?.(shown.object.show(entry));
}
