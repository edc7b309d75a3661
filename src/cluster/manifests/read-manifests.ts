// Reads Kubernetes objects from documents: manifests, multi-document files, Lists, kubectl dumps.
//
// Decoding of one object is the objects' business; here are the walk over documents and Lists, the
// counting of what was left out, and the checks that need the whole set.

import type { DocumentPath, PositionedDocument, Problem } from "../../base/index.ts";
import type { ApiObject } from "../objects/api-object.ts";
import {
  AS_API_SERVER,
  type DecodeOptions,
  DecodeSink,
  FieldCursor,
  isRecord,
} from "../objects/field-cursor.ts";
import { decodeObject, findKind } from "../objects/kind-table.ts";
import { objectKey } from "../objects/object-meta.ts";
import type { PodTemplateRegistry } from "../pod-template-registry.ts";
import { isRunAnnotation } from "../pod-template/run-annotations.ts";
import { inferOwners } from "./infer-owners.ts";
import type {
  IgnoredFieldCount,
  LeftOut,
  ManifestSet,
  SourcedObject,
  UnsupportedKind,
} from "./manifest-set.ts";
import { NodeShapes } from "./node-shapes.ts";
import { checkSet } from "./set-checks.ts";
import { canChangeScheduling } from "./unsupported-kinds.ts";

/** How manifests are read. */
export interface ReadManifestsOptions {
  /** Where pod templates go; shared by everything of one simulation. Its options decide defaults and rules. */
  readonly registry: PodTemplateRegistry;
  readonly decode?: Partial<DecodeOptions>;
  /** Make objects for owners that pods name but the set lacks. On by default. */
  readonly inferOwners?: boolean;
  /** Check references between objects (priority classes, owners, overlapping budgets). On by default. */
  readonly checkReferences?: boolean;
  /**
   * Documents of which what the API would refuse is passed over and named instead of refused: those
   * of files that nobody named, found in a folder. Limits stay errors. None by default.
   */
  readonly mayLeaveOut?: (document: PositionedDocument) => boolean;
}

/** Reads all documents at once. */
export function readManifests(
  documents: Iterable<PositionedDocument>,
  options: ReadManifestsOptions,
): ManifestSet {
  const reader = new ManifestReader(options);
  for (const document of documents) reader.add(document);
  return reader.finish();
}

/** Most places that are named per unsupported kind. */
const PLACES_MAX = 5;

/** Reads documents one by one, so that a large dump need not be held as a whole. */
export class ManifestReader {
  private readonly options: ReadManifestsOptions;
  private readonly decodeOptions: DecodeOptions;
  private readonly objects: SourcedObject[] = [];
  private readonly problems: Problem[] = [];
  private readonly unsupported = new Map<string, UnsupportedKind>();
  private readonly ignored = new Map<string, IgnoredFieldCount>();
  private readonly leftOut: LeftOut[] = [];
  private readonly shapes = new NodeShapes();
  private noisyObjectCount = 0;

  constructor(options: ReadManifestsOptions) {
    this.options = options;
    this.decodeOptions = { ...AS_API_SERVER, ...options.decode };
  }

  /** Reads one document: an object, a List of objects, or nothing (an empty document). */
  add(document: PositionedDocument): void {
    if (document.value === null || document.value === undefined) return;
    this.addValue(document.value, document, []);
  }

  /**
   * Reads the manifest of one of many nodes, as pools and tables make them. A node that is like one
   * before in all but its name is not decoded again; what is read is the same.
   */
  addNode(document: PositionedDocument): void {
    const like = this.shapes.objectLike(document.value);
    if (like !== undefined) {
      this.objects.push({ object: like, file: document.file, path: [], document });
      return;
    }
    const { objects, problems, ignored } = this;
    const before = [objects.length, problems.length, ignored.size, this.noisyObjectCount];
    this.add(document);
    const after = [objects.length - 1, problems.length, ignored.size, this.noisyObjectCount];
    // What has to be reported is reported for each.
    const isClean = before.every((count, at) => count === after[at]);
    if (isClean) this.shapes.keep(document.value, objects.at(-1)!.object);
  }

  /** Checks the set as a whole and returns it. The reader is spent afterwards. */
  finish(): ManifestSet {
    const distinct = this.distinctObjects();
    const inferred =
      this.options.inferOwners === false
        ? { objects: [], owners: [] }
        : inferOwners(distinct, this.options.registry);
    const { objects, problems } =
      this.options.checkReferences === false
        ? { objects: distinct, problems: [] }
        : checkSet(distinct, new Set(inferred.objects.map(({ object }) => identityOf(object))));
    return {
      objects: [...objects, ...inferred.objects],
      unsupportedKinds: [...this.unsupported.values()],
      ignoredFields: [...this.ignored.values()],
      inferredOwners: inferred.owners,
      leftOut: this.leftOut,
      noisyObjectCount: this.noisyObjectCount,
      problems: [...this.problems, ...problems],
    };
  }

  private addValue(value: unknown, document: PositionedDocument, path: DocumentPath): void {
    if (!isRecord(value)) {
      this.refuse(
        document,
        path,
        "not a Kubernetes object: expected a map with apiVersion and kind",
      );
      return;
    }
    const { apiVersion, kind } = value;
    if (typeof kind !== "string" || kind === "") {
      this.refuse(document, path, "kind: Required value: not a Kubernetes object");
    } else if (typeof apiVersion !== "string" || apiVersion === "") {
      this.refuse(document, path, `apiVersion: Required value: ${kind} without apiVersion`);
    } else if (Array.isArray(value["items"]) && kind.endsWith("List")) {
      this.addItems(value["items"], apiVersion, kind, document, path);
    } else {
      this.addObject(value, apiVersion, kind, document, path);
    }
  }

  /** Items of a typed list such as PodList may leave out their kind, which the list implies. */
  private addItems(
    items: readonly unknown[],
    apiVersion: string,
    kind: string,
    document: PositionedDocument,
    path: DocumentPath,
  ): void {
    const implied = kind === "List" ? {} : { apiVersion, kind: kind.slice(0, -"List".length) };
    for (const [index, item] of items.entries()) {
      this.addValue(isRecord(item) ? { ...implied, ...item } : item, document, [
        ...path,
        "items",
        index,
      ]);
    }
  }

  private addObject(
    value: Readonly<Record<string, unknown>>,
    apiVersion: string,
    kind: string,
    document: PositionedDocument,
    path: DocumentPath,
  ): void {
    const found = findKind(apiVersion, kind);
    if (found === undefined) {
      this.countUnsupported(value, apiVersion, kind, document, path);
      return;
    }
    if (isNoisy(value)) this.noisyObjectCount++;
    const sink = new DecodeSink(this.decodeOptions);
    const cursor = new FieldCursor(value, path, sink);
    const object = decodeObject(found, value, cursor, this.options.registry);
    const refusal = this.refusalOf(sink, document);
    if (refusal !== undefined) {
      this.leftOut.push({ what: `${kind} ${objectKey(object.meta)}`.trim(), problem: refusal });
      return;
    }
    this.report(sink, kind, document, path.length);
    if (found.isOld) {
      const current = `${found.entry.group}/${found.entry.versions[0]}`;
      this.problems.push(
        document.problemAt([...path, "apiVersion"], {
          code: "E_OLD_API_VERSION",
          severity: "warning",
          message: `${apiVersion} is not served by Kubernetes 1.36; read as ${current}`,
        }),
      );
    }
    this.objects.push({ object, file: document.file, path, document });
    this.warnOfMisplacedAnnotations(object, document, path);
  }

  /** Why this object is passed over; undefined where it is used, or refused by an error of the set. */
  private refusalOf(sink: DecodeSink, document: PositionedDocument): Problem | undefined {
    if (this.options.mayLeaveOut?.(document) !== true) return undefined;
    const errors = sink.problems.filter((problem) => problem.severity === "error");
    const [first] = errors;
    if (first === undefined || errors.some((problem) => isLimit(problem.code))) return undefined;
    const { path, ...problem } = first;
    return document.problemAt(path, problem);
  }

  /** A lifetime on a Deployment itself does nothing: it belongs on the pods. */
  private warnOfMisplacedAnnotations(
    object: ApiObject,
    document: PositionedDocument,
    path: DocumentPath,
  ): void {
    if (object.kind === "Pod") return;
    for (const key of object.meta.annotations.keys()) {
      if (!isRunAnnotation(key)) continue;
      this.problems.push(
        document.problemAt([...path, "metadata", "annotations", key], {
          code: "E_MISPLACED_ANNOTATION",
          severity: "warning",
          what: "key",
          message:
            "only pods and pod templates have a lifetime; this annotation has no effect here",
        }),
      );
    }
  }

  private report(
    sink: DecodeSink,
    kind: string,
    document: PositionedDocument,
    depth: number,
  ): void {
    for (const { path, ...problem } of sink.problems) {
      this.problems.push(document.problemAt(path, problem));
    }
    for (const { path, changesScheduling, isUnknown } of sink.ignored) {
      const field = path
        .slice(depth)
        .filter((step) => typeof step === "string")
        .join(".");
      const key = `${kind} ${field}`;
      const before = this.ignored.get(key);
      this.ignored.set(key, {
        kind,
        field,
        count: (before?.count ?? 0) + 1,
        changesScheduling: changesScheduling || (before?.changesScheduling ?? false),
        isUnknown: isUnknown || (before?.isUnknown ?? false),
      });
    }
  }

  private countUnsupported(
    value: unknown,
    apiVersion: string,
    kind: string,
    document: PositionedDocument,
    path: DocumentPath,
  ): void {
    const key = `${apiVersion} ${kind}`;
    const before = this.unsupported.get(key);
    const places = before?.places ?? [];
    this.unsupported.set(key, {
      apiVersion,
      kind,
      count: (before?.count ?? 0) + 1,
      changesScheduling:
        (before?.changesScheduling ?? false) || canChangeScheduling(apiVersion, kind, value),
      places: places.length < PLACES_MAX ? [...places, placeOf(document, path)] : places,
    });
  }

  private refuse(document: PositionedDocument, path: DocumentPath, message: string): void {
    const problem = document.problemAt(path, { code: "E_NOT_AN_OBJECT", message });
    if (this.options.mayLeaveOut?.(document) === true)
      this.leftOut.push({ what: "document", problem });
    else this.problems.push(problem);
  }

  /** Of objects with the same identity the last one stays, at its own place in the order. */
  private distinctObjects(): SourcedObject[] {
    const last = new Map<string, SourcedObject>();
    for (const sourced of this.objects) {
      const { object } = sourced;
      if (object.meta.name === "") continue;
      const key = identityOf(object);
      const before = last.get(key);
      last.set(key, sourced);
      if (before === undefined) continue;
      const message = `${object.kind} ${objectKey(object.meta)} is given again; this one replaces the one at ${placeOf(before.document, before.path)}`;
      this.problems.push(
        sourced.document.problemAt([...sourced.path, "metadata", "name"], {
          code: "E_DUPLICATE_OBJECT",
          severity: "warning",
          message,
        }),
      );
    }
    return this.objects.filter(
      (sourced) =>
        sourced.object.meta.name === "" || last.get(identityOf(sourced.object)) === sourced,
    );
  }
}

/** kind, namespace and name: unique among live objects. */
export function identityOf(object: ApiObject): string {
  return `${object.kind} ${objectKey(object.meta)}`;
}

function placeOf(document: PositionedDocument, path: DocumentPath): string {
  const line = document.positionOf(path, "value")?.line;
  return line === undefined ? document.file : `${document.file}:${line}`;
}

function isLimit(code: string): boolean {
  return code.startsWith("E_LIMIT_");
}

function isNoisy(value: Readonly<Record<string, unknown>>): boolean {
  const metadata = value["metadata"];
  if (!isRecord(metadata)) return false;
  const annotations = metadata["annotations"];
  return (
    Object.hasOwn(metadata, "managedFields") ||
    (isRecord(annotations) &&
      Object.hasOwn(annotations, "kubectl.kubernetes.io/last-applied-configuration"))
  );
}
