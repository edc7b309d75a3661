// What the objects of a run ask for that nobody here does: controllers and admission that are missing.
//
// Told before the run, so that what could change which pods there are, or where they go, can stop it;
// told again at its end for what only appeared meanwhile. Rules of the scheduler are pod-prospects.ts.

import { formatInstant, type Instant } from "../../base/index.ts";
import type {
  ApiObject,
  ApiServer,
  RuntimeClassObject,
  StorableObject,
  StoreKind,
} from "../../cluster/index.ts";
import type { ControllerSet } from "../../controllers/index.ts";
import type { FaultSet } from "../../faults/index.ts";
import type { NoteBook } from "./notes.ts";
import type { PodSource } from "./pod-prospects.ts";

/** A kind that nobody acts on: what is missing, and if that changes which pods there are or where. */
interface MissingKind {
  readonly changesScheduling: boolean;
  readonly consequence: string;
}

const MISSING: ReadonlyMap<string, MissingKind> = new Map([
  ["CronJob", { changesScheduling: true, consequence: "its Jobs are never made" }],
  [
    "HorizontalPodAutoscaler",
    { changesScheduling: true, consequence: "the replicas of its target stay as they are" },
  ],
  [
    "LimitRange",
    {
      changesScheduling: true,
      consequence: "pods get no default requests from it and none is refused",
    },
  ],
  ["ResourceQuota", { changesScheduling: true, consequence: "no pod is refused by it" }],
  // A pod that uses a claim is judged by the rules of the volume plugins.
  ["PersistentVolumeClaim", { changesScheduling: false, consequence: "it is never provisioned" }],
]);

/** Notes what nobody will act on among the objects that a run begins with or is given later. */
export function noteMissingRules(
  notes: NoteBook,
  objects: readonly ApiObject[],
  sources: readonly PodSource[],
): void {
  for (const object of objects) {
    if (isWithoutEffect(object)) continue;
    noteMissingKind(notes, object.kind, 1);
  }
  for (const [name, count] of runtimeClassUses(objects, sources)) {
    const message = `RuntimeClass ${name} is not applied: its pods get no overhead, selector or tolerations from it`;
    notes.add("UNENFORCED", message, true, count);
  }
}

/** Notes what the run itself found missing: kinds, fields and faults that came to nothing. */
export function noteOutcome(
  notes: NoteBook,
  api: ApiServer,
  controllers: ControllerSet,
  faults: FaultSet,
): void {
  const noteKind = (kind: StoreKind, count: number): void => {
    const idleCount = api.objects.list(kind).filter(({ object }) => isWithoutEffect(object)).length;
    if (count > idleCount) noteMissingKind(notes, kind, count - idleCount);
  };
  for (const { kind, count } of controllers.uncontrolledKinds()) noteKind(kind, count);
  for (const { what, count } of api.unenforced) {
    // Uses of runtime classes are judged by name, before the run.
    if (what === "LimitRange" || what === "ResourceQuota") noteKind(what, count);
  }
  for (const { kind, feature, count } of controllers.uncontrolledFields()) {
    notes.add("UNSIMULATED_FIELD", `${kind}: field ${feature} has no effect`, true, count);
  }
  for (const { atUs, message } of faults.ledger.notes) {
    notes.add("FAULT", `at ${formatInstant(atUs as Instant)}: ${message}`);
  }
}

function noteMissingKind(notes: NoteBook, kind: string, count: number): void {
  const missing = MISSING.get(kind);
  if (missing === undefined) return;
  const message = `kind ${kind} is not acted upon: ${missing.consequence}`;
  notes.add("UNCONTROLLED_KIND", message, missing.changesScheduling, count);
}

/** Objects of a missing kind that would do nothing in a real cluster either. */
function isWithoutEffect(object: ApiObject | StorableObject): boolean {
  if (object.kind === "CronJob") return object.suspend;
  if (object.kind === "LimitRange") return object.items.length === 0;
  if (object.kind === "ResourceQuota") return object.hard.size === 0;
  return false;
}

/** Names of runtime classes that would change pods, with the number of pods that name them. */
function runtimeClassUses(
  objects: readonly ApiObject[],
  sources: readonly PodSource[],
): ReadonlyMap<string, number> {
  const plain = new Set<string>();
  for (const object of objects) {
    if (object.kind === "RuntimeClass" && changesNothing(object)) plain.add(object.meta.name);
  }
  const uses = new Map<string, number>();
  for (const { template, podCount } of sources) {
    const name = template.runtimeClassName;
    if (name !== "" && !plain.has(name)) uses.set(name, (uses.get(name) ?? 0) + podCount);
  }
  return uses;
}

function changesNothing({ overhead, nodeSelector, tolerations }: RuntimeClassObject): boolean {
  return overhead.size === 0 && (nodeSelector?.size ?? 0) === 0 && tolerations.length === 0;
}
