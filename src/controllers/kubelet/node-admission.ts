// Admission on the node: the kubelet's own look at a pod that was bound to it.
//
// A refused pod is Failed at once and never tried again; its controller makes another. Critical pods
// that lack resources make room for themselves. Which conditions of the node forbid pods is asked of
// those who know them (`gates`).

import {
  type HostPort,
  matchesRequiredNodeAffinity,
  type NodeIndex,
  type PodTemplate,
} from "../../cluster/index.ts";
import { chooseVictims, type Victim } from "./critical-victims.ts";
import { type KubeletPod, type PodEnd, Stage } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import type { NodeRoom } from "./node-room.ts";

/** From here on a pod is critical: the kubelet makes room for it. */
export const CRITICAL_PRIORITY = 2_000_000_000;

/** Why a pod is refused. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Something that may forbid new pods on a node; undefined = nothing against it. */
export type AdmissionGate = (
  node: NodeIndex,
  template: PodTemplate,
  priority: number,
) => Refusal | undefined;

/** A verdict: refused, or taken on with the pods that must go for it. */
export interface AdmissionVerdict {
  readonly refusal: Refusal | undefined;
  readonly victims: readonly KubeletPod[];
}

const ADMITTED: AdmissionVerdict = { refusal: undefined, victims: [] };

/** Why a victim of a critical pod ends. */
export const PREEMPTED: PodEnd = {
  reason: "Preempting",
  message: "Preempted in order to admit critical pod",
  isDisruption: true,
};

/** Judges a pod that does not count on the node yet. */
export function judgeAdmission(
  world: KubeletWorld,
  room: NodeRoom,
  gates: readonly AdmissionGate[],
  node: NodeIndex,
  template: PodTemplate,
  priority: number,
): AdmissionVerdict {
  for (const gate of gates) {
    const refusal = gate(node, template, priority);
    if (refusal !== undefined) return refused(refusal);
  }
  const shortages = room.shortagesOf(node, template);
  const mismatch = mismatchOf(world, node, template);
  if (shortages.length === 0) return mismatch === undefined ? ADMITTED : refused(mismatch);
  const [{ resource, requested, used, capacity }] = shortages as [(typeof shortages)[0]];
  if (priority >= CRITICAL_PRIORITY && mismatch === undefined) {
    const victims = chooseVictims(shortages, candidates(world, node, priority));
    if (victims !== undefined) return { refusal: undefined, victims };
  }
  const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return refused({
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, ${amounts}`,
  });
}

function refused(refusal: Refusal): AdmissionVerdict {
  return { refusal, victims: [] };
}

/** What the node is not, or has given to others already. */
function mismatchOf(
  world: KubeletWorld,
  node: NodeIndex,
  template: PodTemplate,
): Refusal | undefined {
  const { labels, name } = world.context.api.nodes.facts(node).meta;
  const { requiredNodeAffinity, hostPorts } = template;
  if (
    requiredNodeAffinity !== undefined &&
    !matchesRequiredNodeAffinity(requiredNodeAffinity, { name, labels })
  )
    return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  if (hostPorts.length > 0 && hasPortConflict(world, node, hostPorts)) {
    const text = "node(s) didn't have free ports for the requested pod ports";
    return predicate("NodePorts", text);
  }
  return undefined;
}

function predicate(name: string, text: string): Refusal {
  return { reason: name, message: `Predicate ${name} failed: ${text}` };
}

function hasPortConflict(
  world: KubeletWorld,
  node: NodeIndex,
  wanted: readonly HostPort[],
): boolean {
  return world.recordsOn(node).some(({ holdsRoom, template }) => {
    if (!holdsRoom) return false;
    return template.hostPorts.some((held) => wanted.some((port) => clash(held, port)));
  });
}

function clash(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0";
}

/** Pods that a critical one may push aside: those of lower priority that are not stopping anyway. */
function candidates(world: KubeletWorld, node: NodeIndex, priority: number): Victim[] {
  const { pods } = world.context.api;
  return world
    .recordsOn(node)
    .filter(({ pod, stage, holdsRoom }) => {
      const isLower = pods.priority(pod) < priority;
      return holdsRoom && stage !== Stage.Stopping && isLower;
    })
    .map((record) => {
      const { qosClass, nodeRequests } = record.template;
      return { record, qosClass, requests: nodeRequests };
    });
}
