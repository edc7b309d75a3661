// RecordedObjects: Kubernetes objects that came and went in a recording, as steps and deletions.
//
// Recordings repeat themselves: an object applied again unchanged is left out, and of several versions at
// one instant the last one counts. What a cluster decided (nodes of pods, status, owners) is its own and
// is left out by whoever hands objects in.

import { formatDuration, type Duration } from "../../../base/index.ts";
import type { ImportedStep, ImportLedger } from "./importer.ts";

/** A Kubernetes object as it was recorded. */
export type RecordedObject = Readonly<Record<string, unknown>>;

/** Collects what happened, in order of time. */
export class RecordedObjects {
  private readonly ledger: ImportLedger;
  private readonly steps: { readonly atUs: number; readonly objects: Map<string, object> }[] = [];
  private readonly deletions: object[] = [];
  /** What is there, as it was applied last. */
  private readonly present = new Map<string, string>();

  constructor(ledger: ImportLedger) {
    this.ledger = ledger;
  }

  /** An object came or changed. */
  apply(atUs: number, object: RecordedObject): void {
    const key = keyOf(object);
    const text = JSON.stringify(object);
    if (this.present.get(key) === text) {
      this.ledger.note("dropped", "objects applied again without a change");
      return;
    }
    this.present.set(key, text);
    let step = this.steps.at(-1);
    if (step?.atUs !== atUs) {
      step = { atUs, objects: new Map() };
      this.steps.push(step);
    }
    if (step.objects.has(key))
      this.ledger.note("dropped", "versions of an object at one instant: the last one counts");
    step.objects.set(key, object);
  }

  /** An object went. */
  remove(atUs: number, object: RecordedObject): void {
    const { kind } = object as { readonly kind?: string };
    const { name = "", namespace } = metaOf(object);
    if (!this.present.delete(keyOf(object))) {
      this.ledger.note("dropped", "deletions of objects that were never there");
      return;
    }
    const target = { object: `${String(kind).toLowerCase()}/${name}` };
    this.deletions.push({
      at: formatDuration(atUs as Duration),
      delete: namespace === undefined ? target : { ...target, namespace },
    });
  }

  /** Whether an object of that identity is there. */
  has(object: RecordedObject): boolean {
    return this.present.has(keyOf(object));
  }

  importedSteps(): readonly ImportedStep[] {
    return this.steps.map(({ atUs, objects }) => ({ atUs, objects: [...objects.values()] }));
  }

  edits(): readonly object[] {
    return this.deletions;
  }

  /** Namespaces of everything that came. */
  namespaces(): readonly string[] {
    const names = this.steps.flatMap(({ objects }) =>
      [...objects.values()].map((object) => metaOf(object as RecordedObject).namespace ?? ""),
    );
    return [...new Set(names)].filter((name) => name !== "" && name !== "default");
  }
}

/** The parts of an object's metadata that name it. */
export function metaOf(object: RecordedObject): {
  readonly name?: string;
  readonly namespace?: string;
} {
  const meta = object["metadata"];
  return typeof meta === "object" && meta !== null ? (meta as { name?: string }) : {};
}

function keyOf(object: RecordedObject): string {
  const { name, namespace } = metaOf(object);
  return `${String(object["kind"])} ${namespace ?? ""}/${name}`;
}
