// What a run itself found missing: fields that were asked for and have no effect, faults that came to
// nothing.
//
// Told at its end, since only then it is known. What can be told before the run is in pod-prospects.ts.

import { formatInstant, type Instant } from "../../base/index.ts";
import type { ControllerSet } from "../../controllers/index.ts";
import type { FaultSet } from "../../faults/index.ts";
import type { NoteBook } from "./notes.ts";

/** Notes what came to nothing in a run. */
export function noteOutcome(notes: NoteBook, controllers: ControllerSet, faults: FaultSet): void {
  for (const { kind, feature, count } of controllers.uncontrolledFields()) {
    notes.add("UNSIMULATED_FIELD", `${kind}: field ${feature} has no effect`, true, count);
  }
  for (const { atUs, message } of faults.ledger.notes) {
    notes.add("FAULT", `at ${formatInstant(atUs as Instant)}: ${message}`);
  }
}
