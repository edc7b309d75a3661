// What the edits of a scenario change in an object: pure functions from the object before to the one
// after, as kubectl's commands would write it.
//
// Which object, and whether the API takes the change, is the caller's and the API server's business.

import {
  formatTimestamp,
  type NodeObject,
  type ObjectStore,
  type PodTemplate,
  type PodTemplateRegistry,
  type StoredObject,
  type TaintEffect,
} from "../../cluster/index.ts";
import { POD_TEMPLATE_HASH, REVISION_ANNOTATION } from "../../controllers/index.ts";
import type { EditStep } from "../scenario/scenario.ts";
import { withFields } from "./set-fields.ts";

const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";

/** An object as the store has it, of whatever kind; fields that a kind lacks are undefined. */
interface Editable {
  readonly meta: { readonly labels: ReadonlyMap<string, string> };
  readonly template?: PodTemplate;
  readonly spec?: object;
}

/** What an edit needs to know of the run. */
export interface EditContext {
  readonly objects: ObjectStore;
  readonly registry: PodTemplateRegistry;
  readonly nowUs: number;
}

/** The object after an edit, or why the edit does not apply to it. */
export function editedObject(
  step: EditStep,
  record: StoredObject,
  context: EditContext,
): object | string {
  const object = record.object as unknown as Editable;
  switch (step.kind) {
    case "scale":
      return { ...object, replicas: step.replicas };
    case "switchService":
      return { ...object, selector: new Map(step.selector) };
    case "setImage":
    case "setEnv":
    case "restart":
      return editedTemplate(step, record, object, context);
    case "set":
      // The API refuses another pod template of a Job, whose field is immutable.
      return record.kind === "Job" && changesTemplate(step)
        ? "spec.template: Invalid value: field is immutable"
        : withFields(object, step, context.registry);
    case "undo":
      return undone(step.toRevision, record, context);
    case "pause":
    case "resume":
      return record.kind === "Deployment"
        ? { ...object, paused: step.kind === "pause" }
        : `a ${record.kind} cannot be paused`;
    case "suspend":
    case "unsuspend":
      return suspended(record, object, step.kind === "suspend");
    case "label":
      return { ...object, meta: { ...object.meta, labels: labelled(object.meta.labels, step) } };
    default:
      return `${step.kind} is not an edit of an object`;
  }
}

function changesTemplate({ fields }: Extract<EditStep, { kind: "set" }>): boolean {
  const own = ["parallelism", "completions", "suspend"];
  return fields.some(({ path }) => !own.includes(path.at(-1) ?? ""));
}

/** Labels after an edit. */
export function labelled(
  before: ReadonlyMap<string, string>,
  { labels, remove }: Extract<EditStep, { kind: "label" }>,
): ReadonlyMap<string, string> {
  const after = new Map([...before, ...labels]);
  for (const key of remove) after.delete(key);
  return after;
}

/** A node with a taint more, or without the taints of a key (and effect). */
export function editedTaints(
  step: Extract<EditStep, { kind: "taint" | "untaint" }>,
  node: NodeObject,
): NodeObject {
  const { key, effect } = step;
  const others = node.taints.filter(
    (taint) => taint.key !== key || (effect !== undefined && taint.effect !== effect),
  );
  if (step.kind === "untaint") return { ...node, taints: others };
  return {
    ...node,
    taints: [...others, { key, value: step.value, effect: effect as TaintEffect }],
  };
}

function editedTemplate(
  step: Extract<EditStep, { kind: "setImage" | "setEnv" | "restart" }>,
  record: StoredObject,
  object: Editable,
  { registry, nowUs }: EditContext,
): object | string {
  const { template } = object;
  if (template === undefined) return `a ${record.kind} has no pod template to change`;
  if (step.kind === "restart") {
    const annotations = { [RESTARTED_AT]: formatTimestamp(nowUs, 0) };
    return { ...object, template: registry.derive(template, { annotations }) };
  }
  const spec = template.source.spec as { readonly containers: readonly { name: string }[] };
  const isMeant = (name: string): boolean =>
    step.container === undefined || step.container === name;
  if (!spec.containers.some(({ name }) => isMeant(name))) {
    return `there is no container "${step.container}"`;
  }
  if (step.kind === "setEnv") {
    const names = spec.containers.map(({ name }) => name).filter(isMeant);
    const unkept = `${names.join(",")} ${step.name}=${step.value}`;
    return { ...object, template: registry.derive(template, { unkept }) };
  }
  const containers = spec.containers.map((item) =>
    isMeant(item.name) ? { ...item, image: step.image } : item,
  );
  return { ...object, template: registry.derive(template, { spec: { containers } }) };
}

/** `kubectl rollout undo`: the template of the revision before, or of a given one. */
function undone(
  toRevision: number | undefined,
  record: StoredObject,
  { objects, registry }: EditContext,
): object | string {
  if (record.kind !== "Deployment") return `undo of a ${record.kind} is not simulated`;
  const revisions = objects
    .childrenOfOwner(record.uid)
    .flatMap(({ object }) => (object.kind === "ReplicaSet" ? [object] : []))
    .map((replicaSet) => ({
      template: replicaSet.template,
      revision: Number(replicaSet.meta.annotations.get(REVISION_ANNOTATION) ?? 0),
    }))
    .sort((a, b) => b.revision - a.revision);
  const wanted =
    toRevision === undefined
      ? revisions[1]
      : revisions.find(({ revision }) => revision === toRevision);
  if (wanted === undefined) return `no rollout history found for deployment "${record.name}"`;
  const template = registry.derive(wanted.template, {
    labels: { [POD_TEMPLATE_HASH]: undefined },
  });
  return { ...record.object, template };
}

function suspended(record: StoredObject, object: Editable, suspend: boolean): object | string {
  if (record.kind === "CronJob") return { ...object, suspend };
  if (record.kind === "Job") return { ...object, spec: { ...object.spec, suspend } };
  return `a ${record.kind} cannot be suspended`;
}
