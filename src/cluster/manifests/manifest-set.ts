// What a set of manifests turned out to hold, told to the user and handed to the simulation.
//
// Nothing that was read is silently lost: it is an object, a counted unsupported kind, a counted
// ignored field, or a problem. How documents are walked is read-manifests.ts' business.

import type { DocumentPath, PositionedDocument, Problem } from "../../base/index.ts";
import type { ApiObject } from "../objects/api-object.ts";

/** A decoded object with its place. */
export interface SourcedObject {
  readonly object: ApiObject;
  readonly file: string;
  /** Where in the document it stands; [] unless it was an item of a List. */
  readonly path: DocumentPath;
  readonly document: PositionedDocument;
}

/** A kind that was not decoded. */
export interface UnsupportedKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly count: number;
  readonly changesScheduling: boolean;
  /** file:line of the first few. */
  readonly places: readonly string[];
}

/** A field that was present and has no effect, counted per kind. */
export interface IgnoredFieldCount {
  readonly kind: string;
  /** Path without list positions, such as spec.template.spec.dnsPolicy. */
  readonly field: string;
  readonly count: number;
  readonly changesScheduling: boolean;
  /** Not a field of Kubernetes as far as podsim knows. */
  readonly isUnknown: boolean;
}

/** Something in a file that cannot be used and was passed over, as kubectl passes it over. */
export interface LeftOut {
  /** What it would have been, such as "Deployment shop/web"; "document" where that cannot be said. */
  readonly what: string;
  /** The first thing that is wrong with it, with its place. */
  readonly problem: Problem;
}

/** An owner that was not in the set and was made from its pods. */
export interface InferredOwner {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly podCount: number;
}

/** Everything read from a set of documents. */
export interface ManifestSet {
  /** In file order; of two with the same kind, namespace and name the later one stays. Inferred owners come last. */
  readonly objects: readonly SourcedObject[];
  readonly unsupportedKinds: readonly UnsupportedKind[];
  readonly ignoredFields: readonly IgnoredFieldCount[];
  readonly inferredOwners: readonly InferredOwner[];
  /** Only where the reader was allowed to pass over what cannot be used. */
  readonly leftOut: readonly LeftOut[];
  /** Objects whose managedFields or kubectl's last-applied text was dropped. */
  readonly noisyObjectCount: number;
  /** Errors, warnings and notes; an error means the set must not be simulated. */
  readonly problems: readonly Problem[];
}

/** True when something that can change scheduling was left out: `run` then needs the user's consent. */
export function hasUnsimulated(set: ManifestSet): boolean {
  return (
    set.leftOut.length > 0 ||
    set.unsupportedKinds.some((kind) => kind.changesScheduling) ||
    set.ignoredFields.some((field) => field.changesScheduling)
  );
}
