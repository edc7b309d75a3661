// Pieces of kustomize among the files of a folder: which files are patches and settings, no objects.
//
// A strategic merge patch often passes for a whole object and would silently replace the one it means
// to change. So files that a Kustomization names as anything but resources are set apart. Nothing is
// rendered here: `kubectl kustomize` does that, and its output is ordinary manifests.

import type { PositionedDocument } from "../../base/index.ts";

const GROUP_PREFIX = "kustomize.config.k8s.io/";
const FILE_NAMES: ReadonlySet<string> = new Set([
  "kustomization.yaml",
  "kustomization.yml",
  "Kustomization",
]);
/** Fields whose entries are paths, or inline text over several lines. */
const LISTS_OF_PATHS = [
  "patchesStrategicMerge",
  "configurations",
  "transformers",
  "generators",
  "validators",
] as const;
/** Fields whose entries are objects with a `path`. */
const LISTS_WITH_PATHS = ["patches", "patchesJson6902", "replacements"] as const;

/** Files that a Kustomization uses as patches or settings, each with the Kustomization's file. */
export function findKustomizePieces(
  documents: readonly PositionedDocument[],
): ReadonlyMap<string, string> {
  const pieces = new Map<string, string>();
  for (const document of documents) {
    if (!isKustomization(document)) continue;
    for (const path of pathsNamedIn(document.value as Fields)) {
      pieces.set(resolved(folderOf(document.file), path), document.file);
    }
  }
  return pieces;
}

/** The document with apiVersion and kind, which kustomize lets a kustomization.yaml leave out. */
export function withKustomizeKind(document: PositionedDocument): PositionedDocument {
  if (!isKustomization(document)) return document;
  const value = { apiVersion: `${GROUP_PREFIX}v1beta1`, kind: "Kustomization" };
  return document.part([], { ...value, ...(document.value as Fields) });
}

type Fields = Readonly<Record<string, unknown>>;

function isKustomization({ value, file }: PositionedDocument): boolean {
  if (!isFields(value)) return false;
  const { apiVersion, kind } = value;
  if (typeof apiVersion === "string") return apiVersion.startsWith(GROUP_PREFIX);
  return kind === undefined && FILE_NAMES.has(file.slice(file.lastIndexOf("/") + 1));
}

function pathsNamedIn(value: Fields): string[] {
  const plain = LISTS_OF_PATHS.flatMap((field) => entriesOf(value[field]));
  const nested = LISTS_WITH_PATHS.flatMap((field) => entriesOf(value[field])).map((entry) =>
    isFields(entry) ? entry["path"] : undefined,
  );
  return [...plain, ...nested].filter(
    (path): path is string => typeof path === "string" && !path.includes("\n"),
  );
}

function entriesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function folderOf(file: string): string {
  const slash = file.lastIndexOf("/");
  return slash < 0 ? "" : file.slice(0, slash);
}

function resolved(folder: string, path: string): string {
  const steps = folder === "" ? [] : folder.split("/");
  for (const step of path.split("/")) {
    if (step === "..") steps.pop();
    else if (step !== "." && step !== "") steps.push(step);
  }
  return steps.join("/");
}
