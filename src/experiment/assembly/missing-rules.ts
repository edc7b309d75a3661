// What the objects of a run ask for that nobody here does: controllers that are missing.
//
// Told before the run, so that what could change which pods there are, or where they go, can stop it;
// told again at its end for what only appeared meanwhile. Rules of the scheduler are pod-prospects.ts.

import { formatInstant, type Instant } from "../../base/index.ts";
import type { ApiObject, ApiServer, StorableObject, StoreKind } from "../../cluster/index.ts";
import type { ControllerSet } from "../../controllers/index.ts";
import type { FaultSet } from "../../faults/index.ts";
import type { NoteBook } from "./notes.ts";

/** A kind that nobody acts on: what is missing, and if that changes which pods there are or where. */
interface MissingKind {
  readonly changesScheduling: boolean;
  readonly consequence: string;
}

const MISSING: ReadonlyMap<string, MissingKind> = new Map([
  [
    "HorizontalPodAutoscaler",
    { changesScheduling: true, consequence: "the replicas of its target stay as they are" },
  ],
]);

/** Notes what nobody will act on among the objects that a run begins with or is given later. */
export function noteMissingRules(notes: NoteBook, objects: readonly ApiObject[]): void {
  for (const object of objects) {
    if (isWithoutEffect(object)) continue;
    noteMissingKind(notes, object.kind, 1);
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
  return object.kind === "HorizontalPodAutoscaler" && object.maxReplicas < 1;
}
