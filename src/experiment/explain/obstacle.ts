// Finding: one thing that keeps a pod off a node, with the changes that would remove it.
//
// What is in the way is said at once; what would help is worked out only for the few nodes that are
// shown, since lists of pods can be long.

import type { ExplainedChange, Obstacle, ObstacleKind, ResourceLack } from "../../metrics/index.ts";
import { type Code, formatCode, type PodInfo, podKey, type Status } from "../../scheduler/index.ts";
import type { Change } from "./change.ts";

/** An obstacle with its remedies; each removes it alone. */
export interface Finding {
  readonly obstacle: Obstacle;
  /** For what is counted: how large a part of the wish is missing. */
  readonly size?: number;
  /** Names the remedy in the pod, without amounts; undefined where the pod cannot help itself. */
  readonly podKey: string | undefined;
  /** The remedy in the pod; called only when there is a key. */
  ofPod?(): Change;
  /** The remedy around the pod: its node, its neighbours. Undefined when none is known. */
  around?(): Change | undefined;
}

/** An obstacle in words. */
export function obstacleOf(
  { plugin, code }: Pick<Status, "plugin" | "code">,
  kind: ObstacleKind,
  text: string,
  lack: ResourceLack | null = null,
): Obstacle {
  return { plugin, code: formatCode(code as Code), kind, text, lack };
}

/** An obstacle of which only the plugin's own words are known. */
export function otherFinding(status: Status): Finding {
  return {
    obstacle: obstacleOf(status, "other", status.reasons.join(", ")),
    podKey: undefined,
  };
}

const SPREAD: readonly string[] = ["PodTopologySpread"];
const VOLUMES: readonly string[] = [
  "VolumeRestrictions",
  "NodeVolumeLimits",
  "VolumeBinding",
  "VolumeZone",
];

/** Plugins whose PreFilter reads what such a change changes. Spreading counts over the nodes allowed. */
export const RECOUNTED: ReadonlyMap<ExplainedChange["kind"], readonly string[]> = new Map([
  ["add-toleration", SPREAD],
  ["remove-taint", SPREAD],
  ["uncordon", SPREAD],
  ["set-labels", [...SPREAD, "InterPodAffinity"]],
  ["drop-node-selector", [...SPREAD, "NodeAffinity"]],
  ["drop-node-affinity", [...SPREAD, "NodeAffinity"]],
  ["raise-max-skew", SPREAD],
  ["drop-spread-constraint", SPREAD],
  ["drop-affinity-term", ["InterPodAffinity"]],
  ["drop-anti-affinity-term", ["InterPodAffinity"]],
  ["drop-volume", VOLUMES],
  ["drop-host-port", ["NodePorts"]],
  ["drop-features", ["NodeDeclaredFeatures"]],
]);

/** The words of a change of the pod. */
export function podChange(
  kind: ExplainedChange["kind"],
  text: string,
  edit: (pod: PodInfo) => PodInfo,
  amount: ExplainedChange["amount"] = null,
): Change {
  const shown = { target: "pod", kind, text, node: null, amount, podsGone: [] } as const;
  return { shown, recounted: RECOUNTED.get(kind) ?? [], effect: { on: "pod", edit } };
}

/** A change of the pod's template alone. */
export function templateChange(
  kind: ExplainedChange["kind"],
  text: string,
  edit: (template: PodInfo["template"]) => PodInfo["template"],
  amount: ExplainedChange["amount"] = null,
): Change {
  return podChange(kind, text, (pod) => ({ ...pod, template: edit(pod.template) }), amount);
}

/** Pods shown by name in one text. */
const NAMED_MAX = 5;

/** These pods leave; undefined when there are none. */
export function departure(
  pods: readonly PodInfo[],
  where: string,
  node: string | null,
): Change | undefined {
  if (pods.length === 0) return undefined;
  const names = pods.map(podKey);
  const more = names.length - NAMED_MAX;
  const listed = `${names.slice(0, NAMED_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const text = `${pods.length === 1 ? "1 pod" : `${pods.length} pods`} gone from ${where}: ${listed}`;
  const shown = { target: "cluster", kind: "pods-gone", text, node, amount: null } as const;
  return {
    shown: { ...shown, podsGone: names },
    effect: { on: "cluster", gone: pods, from: where },
  };
}
