// Records what happens in a replay in the form of a recorded timeline: one entry per change of an
// object, with the fields that changed, and one per Event.
//
// Listens at the commits, so its times are exact where a recording's may be late. Changes nothing.

import {
  type ApiServer,
  type KubernetesEvent,
  NO_OWNER,
  type StoredObject,
  type Uid,
} from "../../../cluster/index.ts";
import { REVISION_ANNOTATION } from "../../../controllers/index.ts";
import { AliasBook } from "./alias-book.ts";
import {
  changedFields,
  type CompactFields,
  nodeFields,
  objectFields,
  podFields,
} from "./compact-fields.ts";
import type { TimelineEvent, WaitCondition } from "./timeline-file.ts";

const NO_FIELDS: CompactFields = new Map();
const NAMESPACE = "default";
/** Kinds whose life is of no interest. */
const UNSHOWN: ReadonlySet<string> = new Set([
  "Namespace",
  "PriorityClass",
  "ControllerRevision",
  "Lease",
  "Service",
]);

interface KnownObject {
  readonly kind: string;
  readonly name: string;
  readonly alias: string;
  fields: CompactFields;
}

/** The growing record of one replay. */
export class Recorder {
  readonly aliases: AliasBook;
  readonly events: TimelineEvent[] = [];
  private readonly api: ApiServer;
  private readonly known = new Map<Uid, KnownObject>();
  /** Instant of the first action. */
  private originUs = 0;
  private isRecording = false;
  /** The same Event again only raises its count, as real recorders have it. */
  private readonly eventCounts = new Map<string, number>();

  constructor(api: ApiServer) {
    this.api = api;
    this.aliases = new AliasBook(api);
    api.observe({
      onPod: ({ kind, pod, uid }) => {
        if (kind === "Deleted") {
          this.gone(uid);
          return;
        }
        if (kind === "Added") this.meetPod(pod, uid);
        else this.changed(uid, podFields(api, pod));
      },
      onNode: ({ kind, uid, after }) => {
        if (after === undefined) this.gone(uid);
        else if (kind === "Added")
          this.meet(uid, "Node", after.meta.name, "", "", nodeFields(after));
        else this.changed(uid, nodeFields(after));
      },
      onObject: ({ kind, uid, after }) => {
        if (after === undefined) this.gone(uid);
        else if (kind === "Added") {
          const alias = this.aliases.nameObject(after);
          if (UNSHOWN.has(after.kind)) return;
          const owner = this.aliases.ofOwner(after.owner);
          this.meet(uid, after.kind, after.name, alias, owner, this.fieldsOf(after));
        } else this.changed(uid, this.fieldsOf(after));
      },
    });
    api.events.listen((event) => this.heard(event));
  }

  /** A Deployment is annotated with the revision of its newest ReplicaSet when its status is written. */
  private fieldsOf(stored: StoredObject): CompactFields {
    if (stored.kind !== "Deployment") return objectFields(stored, this.aliases);
    let newest = 0;
    for (const { kind, object } of this.api.objects.childrenOfOwner(stored.uid)) {
      if (kind === "ReplicaSet")
        newest = Math.max(newest, Number(object.meta.annotations.get(REVISION_ANNOTATION) ?? 0));
    }
    return objectFields(stored, this.aliases, newest === 0 ? undefined : String(newest));
  }

  /** The first action happens now: what went before is known but not part of the record. */
  begin(nowUs: number): void {
    this.originUs = nowUs;
    this.isRecording = true;
  }

  /** Seconds since the first action. */
  get t(): number {
    return (this.api.simulation.nowUs - this.originUs) / 1e6;
  }

  /** Instant of a time of the record. */
  instantOf(t: number): number {
    return this.originUs + Math.round(t * 1e6);
  }

  /** How many objects of the present a wait counts. */
  count({ kind, match, field, value }: WaitCondition): number {
    const name = new RegExp(`^(?:${match})$`);
    let found = 0;
    for (const known of this.known.values()) {
      if (known.kind !== kind || !name.test(known.name)) continue;
      const present = known.fields.get(field);
      if (present === value || (field.startsWith("cond.") && present?.startsWith(value) === true))
        found++;
    }
    return found;
  }

  private meetPod(pod: Parameters<typeof podFields>[1], uid: Uid): void {
    const { pods, owners } = this.api;
    const alias = this.aliases.namePod(pod, uid);
    const row = pods.owner(pod);
    const owner = this.aliases.ofOwner(row === NO_OWNER ? undefined : owners.ref(row));
    this.meet(uid, "Pod", pods.name(pod), alias, owner, podFields(this.api, pod));
  }

  private meet(
    uid: Uid,
    kind: string,
    name: string,
    alias: string,
    owner: string,
    fields: CompactFields,
  ): void {
    const known: KnownObject = { kind, name, alias, fields };
    this.known.set(uid, known);
    this.write(known, "created", owner, changedFields(NO_FIELDS, fields));
  }

  private changed(uid: Uid, fields: CompactFields): void {
    const known = this.known.get(uid);
    if (known === undefined) return;
    const set = changedFields(known.fields, fields);
    known.fields = fields;
    if (Object.keys(set).length > 0) this.write(known, "changed", "", set);
  }

  private gone(uid: Uid): void {
    const known = this.known.get(uid);
    if (known === undefined) return;
    this.known.delete(uid);
    // The API writes the end of a pod twice: a deletion without grace, then the removal.
    const isUnsaid = known.kind === "Pod" && known.fields.get("deleting") !== "grace=0";
    if (isUnsaid) this.write(known, "changed", "", { deleting: "grace=0" });
    this.write(known, "deleted", "", {});
  }

  private write(
    { kind, name, alias }: KnownObject,
    what: TimelineEvent["what"],
    owner: string,
    set: TimelineEvent["set"],
  ): void {
    if (!this.isRecording) return;
    this.events.push({
      t: this.t,
      rv: this.events.length + 1,
      kind,
      what,
      name,
      alias,
      owner,
      set,
    });
  }

  private heard({ about, reason, message, from, type }: KubernetesEvent): void {
    if (about.namespace !== NAMESPACE && about.namespace !== "") return;
    const isNamed = about.kind === "Pod" || about.kind === "ReplicaSet";
    const alias = this.aliases.of(about.uid);
    const subject = isNamed && alias !== "" ? alias : about.name;
    const known: KnownObject = { kind: "Event", name: "", alias: "", fields: NO_FIELDS };
    const key = `${about.uid} ${reason} ${message} ${from}`;
    const count = (this.eventCounts.get(key) ?? 0) + 1;
    this.eventCounts.set(key, count);
    if (count > 1) {
      this.write(known, "changed", "", { count: String(count) });
      return;
    }
    const set = { about: `${about.kind}/${subject}`, reason, message, from, type, count: "1" };
    this.write(known, "created", "", set);
  }
}
