// Pods of a dump that belong to the present revision of their DaemonSet or StatefulSet are marked so.
//
// Both controllers tell a pod's revision by a hash label, and podsim's hashes are not those of the
// cluster that the dump came from. Taken as they are, the labels would say that every pod is
// outdated, and a rollout of all of them would begin at time zero.

import {
  type ApiObject,
  findControllerOf,
  type PodObject,
  type PodTemplateRegistry,
} from "../../cluster/index.ts";
import { CONTROLLER_REVISION_HASH, revisionHash } from "../../controllers/index.ts";

/**
 * The objects, with the revision label of pods that count as up to date made podsim's own. Up to date
 * are those with the label of their owner's newest pod, or with none; a rollout that was under way
 * goes on with the others.
 */
export function withPresentRevisions(
  objects: readonly ApiObject[],
  registry: PodTemplateRegistry,
): ApiObject[] {
  const revisions = new Map<string, string>();
  for (const object of objects) {
    if (object.kind !== "DaemonSet" && object.kind !== "StatefulSet") continue;
    const hash = revisionHash(object.template);
    const { namespace, name } = object.meta;
    const isSet = object.kind === "StatefulSet";
    revisions.set(`${object.kind} ${namespace}/${name}`, isSet ? `${name}-${hash}` : hash);
  }
  if (revisions.size === 0) return [...objects];
  const newest = newestByOwner(objects);
  return objects.map((object) => {
    if (object.kind !== "Pod") return object;
    const owner = ownerKeyOf(object);
    const revision = owner === undefined ? undefined : revisions.get(owner);
    if (owner === undefined || revision === undefined) return object;
    const own = revisionOf(object);
    if (own !== undefined && own !== revisionOf(newest.get(owner)!)) return object;
    const labels = { [CONTROLLER_REVISION_HASH]: revision };
    const template = registry.derive(object.template, { labels });
    return {
      ...object,
      template,
      meta: { ...object.meta, labels: template.labels },
    };
  });
}

function newestByOwner(objects: readonly ApiObject[]): Map<string, PodObject> {
  const newest = new Map<string, PodObject>();
  for (const object of objects) {
    if (object.kind !== "Pod") continue;
    const owner = ownerKeyOf(object);
    if (owner === undefined) continue;
    const known = newest.get(owner);
    if (known === undefined || createdAt(object) > createdAt(known)) newest.set(owner, object);
  }
  return newest;
}

function ownerKeyOf({ meta }: PodObject): string | undefined {
  const owner = findControllerOf(meta);
  return owner === undefined ? undefined : `${owner.kind} ${meta.namespace}/${owner.name}`;
}

function revisionOf(pod: PodObject): string | undefined {
  return pod.template.labels.get(CONTROLLER_REVISION_HASH);
}

function createdAt({ meta }: PodObject): number {
  return meta.creationTimestampSeconds ?? 0;
}
