// A run seen as lives of objects: when each was made, what changed when, and when it went.
//
// The same view of a recorded run and of a replay, so that every quantity is computed by one function
// from either.

import type { TimelineEvent } from "./timeline-file.ts";

/** One write of an object. */
export interface Change {
  readonly t: number;
  readonly rv: number;
  readonly set: TimelineEvent["set"];
}

/** The life of one object. */
export class ObjectLife {
  readonly kind: string;
  readonly name: string;
  readonly alias: string;
  readonly owner: string;
  /** In order; the first is the creation unless the object is older than the record. */
  readonly changes: Change[] = [];
  /** -1 for objects older than the record. */
  readonly createdT: number;
  readonly createdRv: number;
  gone: Change | undefined;

  constructor(event: TimelineEvent) {
    this.kind = event.kind;
    this.name = event.name;
    this.alias = event.alias;
    this.owner = event.owner;
    const isNew = event.what === "created";
    this.createdT = isNew ? event.t : -1;
    this.createdRv = isNew ? event.rv : -1;
  }

  /** The first change of a field to a value that is wanted, not before `fromT`. */
  first(
    field: string,
    isWanted: (value: string | null) => boolean,
    fromT: number = Number.NEGATIVE_INFINITY,
  ): Change | undefined {
    return this.changes.find((change) => {
      const value = change.set[field];
      return value !== undefined && change.t >= fromT && isWanted(value);
    });
  }

  /** The first change of a field to a text with this beginning. */
  firstStart(field: string, start: string, fromT?: number): Change | undefined {
    return this.first(field, (value) => value?.startsWith(start) === true, fromT);
  }

  /** A field's value at an instant, that instant included; null while it has none. */
  valueAt(field: string, t: number): string | null {
    let value: string | null = null;
    for (const change of this.changes) {
      if (change.t > t) break;
      const next = change.set[field];
      if (next !== undefined) value = next;
    }
    return value;
  }

  /** All values a field took, in order. */
  history(field: string): readonly { readonly change: Change; readonly value: string | null }[] {
    return this.changes.flatMap((change) => {
      const value = change.set[field];
      return value === undefined ? [] : [{ change, value }];
    });
  }
}

/** The life of a pod with the instants that most quantities are about. */
export class PodLife extends ObjectLife {
  /** What it belongs to: `deployment/web`, `statefulset/db-0`, or its own name. */
  get group(): string {
    return this.alias === "" ? this.name : this.alias.slice(0, this.alias.lastIndexOf("#"));
  }

  get priority(): number {
    return Number(this.changes[0]?.set["priority"] ?? 0);
  }

  /** Bound. */
  get bound(): Change | undefined {
    return this.first("node", (value) => value !== null);
  }

  get node(): string {
    return this.bound?.set["node"] ?? "";
  }

  get running(): Change | undefined {
    return this.first("phase", (value) => value === "Running");
  }

  get ready(): Change | undefined {
    return this.first("cond.Ready", (value) => value === "True");
  }

  /** First deletion timestamp. */
  get deleting(): Change | undefined {
    return this.first("deleting", (value) => value !== null);
  }

  /** First condition DisruptionTarget. */
  get disrupted(): Change | undefined {
    return this.firstStart("cond.DisruptionTarget", "True");
  }

  get terminal(): Change | undefined {
    return this.first("phase", (value) => value === "Succeeded" || value === "Failed");
  }

  /** The grace of its first deletion, as text. */
  get grace(): string {
    return (this.deleting?.set["deleting"] ?? "").replace("grace=", "");
  }
}

/** All lives of a run. */
export class RunView {
  readonly events: readonly TimelineEvent[];
  readonly pods: readonly PodLife[];
  /** Every other object by kind, in order of appearance. */
  private readonly byKind = new Map<string, ObjectLife[]>();
  readonly kubernetesEvents: readonly TimelineEvent[];

  constructor(events: readonly TimelineEvent[]) {
    this.events = events;
    this.kubernetesEvents = events.filter(({ kind }) => kind === "Event");
    const pods: PodLife[] = [];
    const living = new Map<string, ObjectLife>();
    for (const event of events) {
      if (event.kind === "Event") continue;
      const key = `${event.kind} ${event.alias === "" ? event.name : event.alias}`;
      let life = living.get(key);
      if (life === undefined || event.what === "created") {
        if (event.kind === "Pod") {
          const pod = new PodLife(event);
          pods.push(pod);
          life = pod;
        } else {
          life = new ObjectLife(event);
          const list = this.byKind.get(event.kind);
          if (list === undefined) this.byKind.set(event.kind, [life]);
          else list.push(life);
        }
        living.set(key, life);
      }
      const { t, rv, set } = event;
      const change: Change = { t, rv, set };
      if (event.what === "deleted") life.gone = change;
      else life.changes.push(change);
    }
    this.pods = pods;
  }

  /** Objects of a kind in order of appearance; pods are apart. */
  objects(kind: string): readonly ObjectLife[] {
    return this.byKind.get(kind) ?? [];
  }

  /** The first object of a kind and name. */
  find(kind: string, name: string): ObjectLife | undefined {
    return this.objects(kind).find((life) => life.name === name);
  }

  /**
   * The pods that a key's prefix stands for: of an owner (`deployment/web`, `statefulset/db`), of any
   * StatefulSet (`statefulset`), or of a name.
   */
  podsOf(prefix: string): readonly PodLife[] {
    return this.pods.filter(
      (pod) =>
        pod.group === prefix ||
        (pod.alias !== "" && pod.owner === prefix) ||
        (prefix === "statefulset" && pod.owner.startsWith("statefulset/")),
    );
  }

  /** The pods of a workload by its bare name, or the pod of that name. */
  podsNamed(name: string): readonly PodLife[] {
    return this.pods.filter(
      (pod) =>
        pod.owner.endsWith(`/${name}`) || pod.group.endsWith(`/${name}`) || pod.name === name,
    );
  }
}
