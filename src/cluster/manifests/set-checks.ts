// Checks that need the whole set: priority classes, owners, budgets that overlap.
//
// The API server meets objects one by one; here they are known together, so what would only show in
// the middle of a run is said before it starts.

import type { Problem } from "../../base/index.ts";
import type { ApiObject } from "../objects/api-object.ts";
import { objectKey, type OwnerReference } from "../objects/object-meta.ts";
import { templatePlaceOf } from "../objects/template-place.ts";
import type { Labels } from "../selectors/labels.ts";
import type { SourcedObject } from "./manifest-set.ts";

/** Priorities that every cluster has without an object. */
const SYSTEM_CLASSES: readonly string[] = ["system-node-critical", "system-cluster-critical"];

/** The objects, with owner references of cycles removed, and what was found. */
export interface CheckedSet {
  readonly objects: readonly SourcedObject[];
  readonly problems: readonly Problem[];
}

/** Runs all checks. `inferred` are identities of owners that will be added. */
export function checkSet(
  objects: readonly SourcedObject[],
  inferred: ReadonlySet<string>,
): CheckedSet {
  const problems: Problem[] = [];
  checkDefaultClasses(objects, problems);
  checkClassReferences(objects, problems);
  checkBudgets(objects, problems);
  const cleaned = withoutOwnerCycles(objects, problems);
  checkMissingOwners(cleaned, inferred, problems);
  return { objects: cleaned, problems };
}

function checkDefaultClasses(objects: readonly SourcedObject[], problems: Problem[]): void {
  let first: string | undefined;
  for (const { object, document, path } of objects) {
    if (object.kind !== "PriorityClass" || !object.globalDefault) continue;
    if (first === undefined) {
      first = object.meta.name;
      continue;
    }
    const message = `Forbidden: PriorityClass ${first} is already marked as globalDefault; only one can be`;
    problems.push(
      document.problemAt([...path, "globalDefault"], { code: "E_TWO_DEFAULT_CLASSES", message }),
    );
  }
}

function checkClassReferences(objects: readonly SourcedObject[], problems: Problem[]): void {
  const classes = new Set(SYSTEM_CLASSES);
  for (const { object } of objects)
    if (object.kind === "PriorityClass") classes.add(object.meta.name);
  for (const { object, document, path } of objects) {
    const place = templatePlaceOf(object);
    if (place === undefined) continue;
    const { priorityClassName, priority } = place.template;
    // A pod of a dump has its number already; its class may be missing from the dump.
    const isResolved = object.kind === "Pod" && priority !== undefined;
    if (priorityClassName === "" || classes.has(priorityClassName) || isResolved) continue;
    const message = `no PriorityClass with name ${priorityClassName} was found`;
    const at = [...path, ...place.path, "spec", "priorityClassName"];
    problems.push(document.problemAt(at, { code: "E_UNKNOWN_PRIORITY_CLASS", message }));
  }
}

/** Two budgets over one pod: every eviction of it fails with an error, so it is said at once. */
function checkBudgets(objects: readonly SourcedObject[], problems: Problem[]): void {
  const byNamespace = new Map<string, SourcedObject[]>();
  for (const sourced of objects) {
    if (sourced.object.kind !== "PodDisruptionBudget") continue;
    const list = byNamespace.get(sourced.object.meta.namespace);
    if (list === undefined) byNamespace.set(sourced.object.meta.namespace, [sourced]);
    else list.push(sourced);
  }
  if (![...byNamespace.values()].some((list) => list.length > 1)) return;
  const reported = new Set<string>();
  for (const { object } of objects) {
    const place = templatePlaceOf(object);
    const budgets = place === undefined ? undefined : byNamespace.get(object.meta.namespace);
    if (place === undefined || budgets === undefined) continue;
    const matching = budgets.filter((budget) => selects(budget.object, place.template.labels));
    const last = matching[matching.length - 1];
    if (matching.length < 2 || last === undefined) continue;
    const names = matching.map((budget) => budget.object.meta.name).join(", ");
    if (reported.has(names)) continue;
    reported.add(names);
    const message = `budgets ${names} overlap on the pods of ${object.kind} ${objectKey(object.meta)}: they cannot be evicted`;
    const at = [...last.path, "spec", "selector"];
    problems.push(
      last.document.problemAt(at, { code: "E_OVERLAPPING_BUDGETS", severity: "warning", message }),
    );
  }
}

function selects(budget: ApiObject, labels: Labels): boolean {
  return budget.kind === "PodDisruptionBudget" && budget.selector.matches(labels);
}

function keyOf(object: ApiObject): string {
  return `${object.kind} ${objectKey(object.meta)}`;
}

/** An owner has its dependent's namespace, or none. */
function findOwner(
  owner: OwnerReference,
  namespace: string,
  known: ReadonlyMap<string, SourcedObject>,
): SourcedObject | undefined {
  return (
    known.get(`${owner.kind} ${namespace}/${owner.name}`) ??
    known.get(`${owner.kind} ${owner.name}`)
  );
}

/** Drops every owner reference that leads back to its own object, with a warning. */
function withoutOwnerCycles(
  objects: readonly SourcedObject[],
  problems: Problem[],
): readonly SourcedObject[] {
  const known = new Map(objects.map((sourced) => [keyOf(sourced.object), sourced]));
  const reaches = (from: SourcedObject, target: SourcedObject): boolean => {
    const seen = new Set<SourcedObject>();
    const open = [from];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === target) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      for (const owner of next.object.meta.ownerReferences) {
        const found = findOwner(owner, next.object.meta.namespace, known);
        if (found !== undefined) open.push(found);
      }
    }
    return false;
  };
  return objects.map((sourced) => {
    const { object, document, path } = sourced;
    const kept = object.meta.ownerReferences.filter((owner, index) => {
      const found = findOwner(owner, object.meta.namespace, known);
      if (found === undefined || !reaches(found, sourced)) return true;
      const message = `owner ${owner.kind} ${owner.name} is owned by this object in turn; the reference is ignored`;
      const at = [...path, "metadata", "ownerReferences", index];
      problems.push(
        document.problemAt(at, { code: "E_OWNER_CYCLE", severity: "warning", message }),
      );
      return false;
    });
    if (kept.length === object.meta.ownerReferences.length) return sourced;
    return { ...sourced, object: { ...object, meta: { ...object.meta, ownerReferences: kept } } };
  });
}

/** One warning per kind of owner that is nowhere in the set. */
function checkMissingOwners(
  objects: readonly SourcedObject[],
  inferred: ReadonlySet<string>,
  problems: Problem[],
): void {
  const known = new Map(objects.map((sourced) => [keyOf(sourced.object), sourced]));
  const missing = new Map<string, { count: number; first: SourcedObject; index: number }>();
  for (const sourced of objects) {
    const { namespace, ownerReferences } = sourced.object.meta;
    for (const [index, owner] of ownerReferences.entries()) {
      if (findOwner(owner, namespace, known) !== undefined) continue;
      if (inferred.has(`${owner.kind} ${namespace}/${owner.name}`)) continue;
      const before = missing.get(owner.kind);
      if (before === undefined) missing.set(owner.kind, { count: 1, first: sourced, index });
      else before.count++;
    }
  }
  for (const [kind, { count, first, index }] of missing) {
    const message = `${count} owner reference${count === 1 ? "" : "s"} to a ${kind} that is not given; ignored`;
    const at = [...first.path, "metadata", "ownerReferences", index];
    problems.push(
      first.document.problemAt(at, { code: "E_MISSING_OWNER", severity: "warning", message }),
    );
  }
}
