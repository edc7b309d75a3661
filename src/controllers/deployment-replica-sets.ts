// The ReplicaSets of a Deployment: how one is recognised as that of the present template, how it is
// named, and the annotations in which the Deployment controller keeps its books.

import {
  labelSelectorOfMap,
  type ObjectMeta,
  type PodTemplate,
  type PodTemplateRegistry,
  type ReplicaSetObject,
  type StoredObject,
} from "../cluster/index.ts";

/** A ReplicaSet as the store holds it: object, status, version. */
export type ReplicaSetRecord = StoredObject<"ReplicaSet">;

/** Label that tells the pods of a Deployment's ReplicaSets apart. */
export const POD_TEMPLATE_HASH = "pod-template-hash";
/** Annotation with the revision of a ReplicaSet in its Deployment's history. */
export const REVISION_ANNOTATION: string = "deployment.kubernetes.io/revision";
const DESIRED = "deployment.kubernetes.io/desired-replicas";
const MAX = "deployment.kubernetes.io/max-replicas";

/** Kubernetes' alphabet for hashes in names, where the ten digits of a number are written. */
const HASH_LETTERS = "456789bcdf";

/** The text that stands for a template in a ReplicaSet's name; `collisions` gives the next candidates. */
export function templateHash(template: PodTemplate, collisions: number): string {
  const number =
    (Number.parseInt(template.contentHash.slice(0, 8), 16) + collisions * 2654435761) >>> 0;
  return [...String(number)].map((digit) => HASH_LETTERS.charAt(Number(digit))).join("");
}

/** True if the ReplicaSet's pods are what the template would make, its hash label aside. */
export function isNewTemplate(
  record: ReplicaSetRecord,
  template: PodTemplate,
  templates: PodTemplateRegistry,
): boolean {
  const own = record.object.template;
  const hash = own.labels.get(POD_TEMPLATE_HASH);
  if (hash === undefined) return own === template;
  return templates.derive(template, { labels: { [POD_TEMPLATE_HASH]: hash } }) === own;
}

/** The ReplicaSet of a Deployment's present template. */
export function replicaSetFor(
  deployment: StoredObject<"Deployment">,
  templates: PodTemplateRegistry,
  hash: string,
  replicas: number,
  annotations: ReadonlyMap<string, string>,
  revision: number,
): ReplicaSetObject {
  const { object, namespace, name } = deployment;
  const template = templates.derive(object.template, { labels: { [POD_TEMPLATE_HASH]: hash } });
  const meta: ObjectMeta = {
    name: `${name}-${hash}`,
    generateName: "",
    namespace,
    labels: template.labels,
    annotations: new Map([...annotations, [REVISION_ANNOTATION, String(revision)]]),
    uid: undefined,
    generation: undefined,
    ownerReferences: [],
    finalizers: [],
    creationTimestampSeconds: undefined,
    deletionTimestampSeconds: undefined,
    deletionGracePeriodSeconds: undefined,
  };
  return {
    kind: "ReplicaSet",
    meta,
    replicas,
    selector: labelSelectorOfMap(template.labels),
    template,
    minReadySeconds: object.minReadySeconds,
  };
}

/** The two annotations by which a resize is recognised later. */
export function sizeAnnotations(replicas: number, surge: number): ReadonlyMap<string, string> {
  return new Map([
    [DESIRED, String(replicas)],
    [MAX, String(replicas + surge)],
  ]);
}

/** True if an annotation differs, or a revision is given and is another one. */
export function annotationsNeedUpdate(
  record: ReplicaSetRecord,
  annotations: ReadonlyMap<string, string>,
  revision: number | undefined,
): boolean {
  if (revision !== undefined && revisionOf(record) !== revision) return true;
  for (const [key, value] of annotations) {
    if (record.object.meta.annotations.get(key) !== value) return true;
  }
  return false;
}

/** The object with another size and annotations (and revision, if given). */
export function withSize(
  object: ReplicaSetObject,
  replicas: number,
  annotations: ReadonlyMap<string, string>,
  revision: number | undefined,
): ReplicaSetObject {
  const merged = new Map([...object.meta.annotations, ...annotations]);
  if (revision !== undefined) merged.set(REVISION_ANNOTATION, String(revision));
  return { ...object, replicas, meta: { ...object.meta, annotations: merged } };
}

/** Its revision in the Deployment's history; 0 if it has none yet. */
export function revisionOf(record: ReplicaSetRecord): number {
  return numberIn(record, REVISION_ANNOTATION) ?? 0;
}

/** The Deployment's size when it last resized this ReplicaSet. */
export function desiredAnnotation(record: ReplicaSetRecord): number | undefined {
  return numberIn(record, DESIRED);
}

/** The most pods the Deployment allowed (size plus surge) when it last resized this ReplicaSet. */
export function maxReplicasAnnotation(record: ReplicaSetRecord): number | undefined {
  return numberIn(record, MAX);
}

function numberIn(record: ReplicaSetRecord, key: string): number | undefined {
  const text = record.object.meta.annotations.get(key);
  return text !== undefined && /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}
