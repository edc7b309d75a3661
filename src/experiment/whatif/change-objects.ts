// Changes of objects: set, scale, delete, priority.
//
// Without an instant a change is made where the object is written down: what manifests apply is applied
// so, what only describes the cluster is so from the start. A workload of a dump runs already, so it is
// edited at time zero and rolls out; where all pods are placed anew it and its pods simply are so.

import {
  type ApiObject,
  findControllerOf,
  type ObjectMeta,
  type PodTemplateRegistry,
  templatePlaceOf,
} from "../../cluster/index.ts";
import { withPresentRevisions } from "../assembly/present-revisions.ts";
import {
  type FieldChange,
  templateWithFields,
  withFields,
  withTemplate,
} from "../assembly/set-fields.ts";
import type { EditStep, ObjectName } from "../scenario/scenario.ts";
import type { Change, ChangeAction, ObjectPick } from "./change.ts";
import { ChangeRefused, hintOf } from "./change-words.ts";
import { type Draft, instantOf } from "./draft.ts";

type Action<V extends ChangeAction["verb"]> = Extract<ChangeAction, { readonly verb: V }>;

/** `set` and `scale`; says in words what was done. */
export function changeFields(
  draft: Draft,
  change: Change,
  target: ObjectPick,
  { container, fields: values }: FieldChange,
): string {
  const { text, atUs } = change;
  const fields = { container, fields: values };
  const found = findObject(draft, text, target);
  const { registry } = draft.baseline;
  const after = withFields(found.object, fields, registry);
  if (typeof after === "string") throw new ChangeRefused(text, placeOf(change, target), after);
  const what = `${nameOf(found.object)}: ${values.map(({ path, value }) => `${path.join(".")} = ${JSON.stringify(value)}`).join(", ")}`;
  if (atUs === undefined && (!found.isRunning || draft.isRescheduled)) {
    draft.replaceObjects((object) => (object === found.object ? after : object));
    const followers = draft.isRescheduled ? changeFollowers(draft, found.object, fields) : 0;
    const pods = followers === 0 ? "" : ` and of what it made (${followers})`;
    return `${what}, from the start${pods}`;
  }
  if (found.object.kind === "Pod") {
    const message = "the fields of a running pod cannot be set";
    const hint = "set its owner's, or ask with --reschedule";
    throw new ChangeRefused(text, target, message, hint);
  }
  const base = { at: instantOf(atUs), path: [] };
  draft.edits.push({ ...base, kind: "set", target: objectName(found.object), ...fields });
  return `${what}, edited ${timeText(atUs)}`;
}

/** `scale KIND/NAME replicas=N`. */
export function scaleObject(draft: Draft, change: Change, action: Action<"scale">): string {
  const fields = [{ path: ["replicas"], value: action.replicas }];
  return changeFields(draft, change, action.target, { container: undefined, fields });
}

/** `delete KIND/NAME`: never applied, or deleted at its instant with what it owns. */
export function deleteObject(
  draft: Draft,
  { text, atUs }: Change,
  { target }: Action<"delete">,
): string {
  const found = findObject(draft, text, target);
  const what = nameOf(found.object);
  if (atUs === undefined && !draft.initial.includes(found.object)) {
    draft.replaceObjects((object) => (object === found.object ? undefined : object));
    return `${what} is never applied`;
  }
  const edit: EditStep = {
    ...{ at: instantOf(atUs), path: [], kind: "delete" },
    target: objectName(found.object),
  };
  draft.edits.push(edit);
  return `${what} is deleted ${timeText(atUs)}`;
}

/** `priority CLASS=VALUE`: pods admitted from now on have it, and all pods that are placed anew. */
export function changePriority(
  draft: Draft,
  { text }: Change,
  { name, value }: Action<"priority">,
): string {
  const classes = draft.initial.filter((object) => object.kind === "PriorityClass");
  if (!classes.some(({ meta }) => meta.name === name.text)) {
    const names = classes.map(({ meta }) => meta.name);
    const hint = hintOf(name.text, names, "PriorityClass among the objects");
    throw new ChangeRefused(text, name, `no PriorityClass is called '${name.text}'`, hint);
  }
  const { registry } = draft.baseline;
  let podsCount = 0;
  draft.replaceObjects((object) => {
    if (object.kind === "PriorityClass" && object.meta.name === name.text)
      return { ...object, value };
    const place = object.kind === "Pod" ? templatePlaceOf(object) : undefined;
    if (place?.template.priorityClassName !== name.text || !draft.isRescheduled) return object;
    podsCount++;
    return withTemplate(object, registry.derive(place.template, { spec: { priority: value } }));
  });
  const pods = draft.isRescheduled
    ? `, and so have ${podsCount} pods of it`
    : "; pods that exist keep the priority they were admitted with";
  return `PriorityClass ${name.text} has the value ${value}${pods}`;
}

interface FoundObject {
  readonly object: ApiObject;
  /** It exists at the start and makes pods, or is one. */
  readonly isRunning: boolean;
}

function findObject(draft: Draft, text: string, pick: ObjectPick): FoundObject {
  const all = [...draft.initial, ...draft.steps.flatMap(({ objects }) => objects)];
  const ofKind = all.filter(({ kind }) => kind === pick.kind);
  const named = ofKind.filter(({ meta }) => meta.name === pick.name);
  const isMeant = ({ namespace }: ObjectMeta): boolean =>
    pick.namespace === undefined || namespace === pick.namespace;
  const meant = named.filter(({ meta }) => isMeant(meta));
  const chosen =
    meant.length > 1 ? meant.filter(({ meta }) => meta.namespace === "default") : meant;
  const [object, second] = chosen;
  if (object === undefined || second !== undefined) {
    if (meant.length > 1) {
      const places = meant.map(({ meta }) => meta.namespace).join(", ");
      const message = `there are several ${pick.kind}s called '${pick.name}' (in ${places})`;
      throw new ChangeRefused(text, pick, message, `write ${meant[0]!.meta.namespace}/KIND/NAME`);
    }
    const names = ofKind.filter(({ meta }) => isMeant(meta)).map(({ meta }) => meta.name);
    const where = pick.namespace === undefined ? "" : ` in ${pick.namespace}`;
    const hint =
      replicaSetHint(all, pick) ??
      hintOf(pick.name, names, `${pick.kind}${where} among the objects`);
    throw new ChangeRefused(text, pick, `no ${pick.kind} is called '${pick.name}'${where}`, hint);
  }
  const makesPods = templatePlaceOf(object) !== undefined;
  return { object, isRunning: makesPods && draft.initial.includes(object) };
}

/** A dump of pods alone has ReplicaSets that were inferred from them, and no Deployments. */
function replicaSetHint(all: readonly ApiObject[], { kind, name }: ObjectPick): string | undefined {
  if (kind !== "Deployment") return undefined;
  const own = all.find((each) => {
    const isAbove = each.kind === "ReplicaSet" && findControllerOf(each.meta) === undefined;
    return isAbove && each.meta.name.replace(/-[^-]*$/, "") === name;
  });
  return own === undefined
    ? undefined
    : `there is only its ReplicaSet (rs/${own.meta.name}); give the deployments too, as kubectl get all does`;
}

// ReplicaSets, Jobs and pods of a changed workload, as if it had made them after the change.
function changeFollowers(draft: Draft, owner: ApiObject, fields: FieldChange): number {
  const { registry } = draft.baseline;
  const owners = new Set([keyOf(owner.kind, owner.meta)]);
  let count = 0;
  for (let grown = true; grown; ) {
    grown = false;
    for (const { kind, meta } of draft.initial) {
      const key = keyOf(kind, meta);
      if (owners.has(key) || !isOwned(meta, owners)) continue;
      owners.add(key);
      grown = true;
    }
  }
  draft.initial = draft.initial.map((object) => {
    if (!isOwned(object.meta, owners)) return object;
    const after = followed(object, owner.kind, fields, registry);
    if (after !== object) count++;
    return after;
  });
  draft.initial = withPresentRevisions(draft.initial, registry);
  return count;
}

function followed(
  object: ApiObject,
  kind: string,
  fields: FieldChange,
  registry: PodTemplateRegistry,
): ApiObject {
  const place = templatePlaceOf(object);
  if (place === undefined) return object;
  const template = templateWithFields(place.template, kind, fields, registry);
  if (typeof template === "string" || template === place.template) return object;
  return withTemplate(object, template);
}

function isOwned(meta: ObjectMeta, owners: ReadonlySet<string>): boolean {
  const owner = findControllerOf(meta);
  return owner !== undefined && owners.has(`${owner.kind} ${meta.namespace}/${owner.name}`);
}

function keyOf(kind: string, { namespace, name }: ObjectMeta): string {
  return `${kind} ${namespace}/${name}`;
}

function placeOf({ action }: Change, target: ObjectPick): ObjectPick {
  if (action.verb !== "set") return target;
  const [first] = action.fields;
  return first === undefined ? target : { ...target, column: first.column, width: first.width };
}

function objectName({ kind, meta }: ApiObject): ObjectName {
  return { kind, namespace: meta.namespace, name: meta.name };
}

/** Kind/name, with its namespace where that is not "default". */
export function nameOf({ kind, meta }: ApiObject): string {
  const { namespace, name } = meta;
  const isPlain = namespace === "" || namespace === "default";
  return `${kind} ${isPlain ? "" : `${namespace}/`}${name}`;
}

/** When an edit comes, in words. */
export function timeText(atUs: number | undefined): string {
  return atUs === undefined ? "at time zero" : "at its time";
}
