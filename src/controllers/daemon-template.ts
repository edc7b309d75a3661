// Pod templates of DaemonSets: the tolerations that all their pods get, and the affinity that binds
// one pod to one node.

import type { PodTemplate, PodTemplateRegistry } from "../cluster/index.ts";
import { CONTROLLER_REVISION_HASH, revisionHash } from "./revisions.ts";

type Json = Readonly<Record<string, unknown>>;

const PREFIX = "node.kubernetes.io/";

function toleration(key: string, effect: string): Json {
  return { key: PREFIX + key, operator: "Exists", effect };
}

const ALWAYS: readonly Json[] = [
  toleration("not-ready", "NoExecute"),
  toleration("unreachable", "NoExecute"),
  toleration("disk-pressure", "NoSchedule"),
  toleration("memory-pressure", "NoSchedule"),
  toleration("pid-pressure", "NoSchedule"),
  toleration("unschedulable", "NoSchedule"),
];

function tolerationsFor(template: PodTemplate): readonly unknown[] {
  const own = template.source.spec["tolerations"];
  const network = template.hostNetwork ? [toleration("network-unavailable", "NoSchedule")] : [];
  return [...(Array.isArray(own) ? own : []), ...ALWAYS, ...network];
}

/** The template with the tolerations and revision label of daemon pods, bound to no node. */
export function daemonTemplate(template: PodTemplate, templates: PodTemplateRegistry): PodTemplate {
  return templates.derive(template, {
    labels: { [CONTROLLER_REVISION_HASH]: revisionHash(template) },
    spec: { tolerations: tolerationsFor(template) },
  });
}

/** The template of the pod for one node: its node affinity asks for that name and nothing else. */
export function daemonPodTemplate(
  template: PodTemplate,
  nodeName: string,
  templates: PodTemplateRegistry,
): PodTemplate {
  const affinity = (template.source.spec["affinity"] ?? {}) as Json;
  const nodeAffinity = (affinity["nodeAffinity"] ?? {}) as Json;
  const required = {
    nodeSelectorTerms: [
      { matchFields: [{ key: "metadata.name", operator: "In", values: [nodeName] }] },
    ],
  };
  return templates.derive(template, {
    labels: { [CONTROLLER_REVISION_HASH]: revisionHash(template) },
    spec: {
      tolerations: tolerationsFor(template),
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: required,
        },
      },
    },
  });
}
