// Names, claims and pod templates of StatefulSets.
//
// Apart from the controller because identity is all there is to it: the ordinal decides name, hostname
// and claims. In which order pods are made and removed is decided in stateful-set.ts.

import type {
  PersistentVolumeClaimObject,
  PodTemplate,
  PodTemplateRegistry,
  StoredObject,
} from "../cluster/index.ts";
import { CONTROLLER_REVISION_HASH } from "./revisions.ts";

type StatefulSetRecord = StoredObject<"StatefulSet">;

/** Ordinal in a pod's name, or undefined if it is not a name of that set. */
export function ordinalOf(setName: string, podName: string): number | undefined {
  if (!podName.startsWith(`${setName}-`)) return undefined;
  const text = podName.slice(setName.length + 1);
  return /^(0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : undefined;
}

/** Name of the claim that a pod of the set uses. */
export function claimName(claim: string, setName: string, ordinal: number): string {
  return `${claim}-${setName}-${ordinal}`;
}

/** The claims of one ordinal. */
export function claimsOf(
  record: StatefulSetRecord,
  ordinal: number,
): readonly PersistentVolumeClaimObject[] {
  return record.object.volumeClaimTemplates.map((template) => ({
    ...template,
    meta: {
      ...template.meta,
      name: claimName(template.meta.name, record.name, ordinal),
      namespace: record.namespace,
    },
  }));
}

/** The template of one ordinal: identity labels, host name, and volumes that name its claims. */
export function statefulPodTemplate(
  record: StatefulSetRecord,
  base: PodTemplate,
  ordinal: number,
  revision: string,
  templates: PodTemplateRegistry,
): PodTemplate {
  const { object, name } = record;
  const claims = object.volumeClaimTemplates.map((claim) => claim.meta.name);
  const own = base.source.spec["volumes"];
  const kept = (Array.isArray(own) ? own : []).filter(
    (volume: { readonly name?: unknown }) => !claims.includes(String(volume.name)),
  );
  const volumes = claims.map((claim) => ({
    name: claim,
    persistentVolumeClaim: { claimName: claimName(claim, name, ordinal) },
  }));
  const podName = `${name}-${ordinal}`;
  return templates.derive(base, {
    labels: {
      [CONTROLLER_REVISION_HASH]: revision,
      "statefulset.kubernetes.io/pod-name": podName,
      "apps.kubernetes.io/pod-index": String(ordinal),
    },
    spec: {
      hostname: podName,
      subdomain: object.serviceName,
      ...(kept.length + volumes.length > 0 ? { volumes: [...kept, ...volumes] } : {}),
    },
  });
}
