// The pod of the question "how many more fit": one manifest, made into a template for copies.
//
// A pod taken from a cluster is as good as one from an editor: where it runs, who owns it and what its
// status says are left aside, because its copies are new pods.

import { hasErrors, InputError, type PositionedDocument, readDocuments } from "../../base/index.ts";
import { ManifestReader, type PodTemplate } from "../../cluster/index.ts";
import { NoteBook, noteManifests } from "../assembly/notes.ts";
import type { PreparedRun } from "../prepare-run.ts";
import type { InputBytes } from "../run-input.ts";

/** What copies are made of. */
export interface FitPod {
  readonly namespace: string;
  /** Copies are called NAME-0, NAME-1, ... */
  readonly name: string;
  readonly template: PodTemplate;
  /** What of the manifest is left out. */
  readonly notes: NoteBook;
}

/** Reads the one Pod of a file. Throws an InputError. */
export function readFitPod(file: InputBytes, { registry }: PreparedRun): FitPod {
  const { documents, problems } = readDocuments(file.bytes, { file: file.name });
  if (hasErrors(problems)) throw new InputError(problems);
  const document = onlyPod(file.name, documents);
  const value = document.value as {
    metadata?: Readonly<Record<string, unknown>>;
    spec?: Readonly<Record<string, unknown>>;
  };
  const { metadata = {}, spec = {} } = value;
  const { nodeName: _node, ...asked } = spec;
  const { namespace, labels, annotations } = metadata;
  const name = String(metadata["name"] ?? metadata["generateName"] ?? "pod").replace(/-$/, "");
  const kept = { namespace, labels, annotations };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      ...Object.fromEntries(Object.entries(kept).filter(([, part]) => part !== undefined)),
    },
    spec: asked,
  };
  const reader = new ManifestReader({ registry, inferOwners: false, checkReferences: false });
  reader.add(document.part([], pod));
  const set = reader.finish();
  if (hasErrors(set.problems)) throw new InputError(set.problems);
  const notes = new NoteBook();
  noteManifests(notes, set);
  if (Array.isArray(metadata["ownerReferences"]) && metadata["ownerReferences"].length > 0)
    notes.add("FIT_OWNER", "copies have no owner: what hangs on the pod's owner is left aside");
  const object = set.objects[0]!.object;
  if (object.kind !== "Pod") throw new Error("a Pod is read as a Pod");
  return { namespace: object.meta.namespace, name, template: object.template, notes };
}

function onlyPod(file: string, documents: readonly PositionedDocument[]): PositionedDocument {
  const kinds = documents.map(
    ({ value }) => (value as { kind?: unknown } | undefined)?.kind ?? "nothing",
  );
  const [document] = documents;
  if (document !== undefined && kinds.length === 1 && kinds[0] === "Pod") return document;
  const found = kinds.length === 0 ? "nothing" : kinds.join(", ");
  const message = `holds ${found}; the question takes one Pod`;
  const hint = "kubectl get pod NAME -o yaml writes one; so does a Pod of a workload's template";
  throw new InputError([{ code: "E_FIT_POD", severity: "error", file, message, hint }]);
}
