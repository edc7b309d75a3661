// Queueing hints of InterPodAffinity: which pod and node events may satisfy its terms (H3, H4).
//
// Hints decide whether a rejected pod is tried again at all, so they copy upstream's blind spots too
// (namespace selectors are not unrolled). Filtering itself is inter-pod-affinity.ts.

import { type AffinityTerm, NO_LABELS } from "../../cluster/index.ts";
import type { EventSubject, QueueingHint } from "../framework/cluster-event.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import { resolveTerm, termMatches } from "./affinity-terms.ts";

/** H3: a pod came, went or changed its labels. Namespace selectors are not unrolled here. */
export function affinityPodHint(pod: PodInfo, { oldPod, newPod }: EventSubject): QueueingHint {
  if (oldPod !== undefined && newPod !== undefined && newPod.uid === pod.uid) return "Queue";
  const isNowhere = (each: PodInfo | undefined): boolean =>
    each !== undefined && each.nodeName === "" && each.nominatedNodeName === "";
  if (isNowhere(oldPod) || isNowhere(newPod)) return "Skip";
  const wantsNear = pod.template.podAffinity.required;
  const wantsAway = pod.template.podAntiAffinity.required;
  const meansAll = (terms: readonly AffinityTerm[], owner: PodInfo, other: PodInfo): boolean =>
    terms.length > 0 &&
    terms.every((term) => termMatches(resolveTerm(term, owner.namespace), other, NO_LABELS));
  if (oldPod !== undefined && newPod !== undefined) {
    const near = !meansAll(wantsNear, pod, oldPod) && meansAll(wantsNear, pod, newPod);
    const away = meansAll(wantsAway, pod, oldPod) && !meansAll(wantsAway, pod, newPod);
    return near || away ? "Queue" : "Skip";
  }
  if (newPod !== undefined) return meansAll(wantsNear, pod, newPod) ? "Queue" : "Skip";
  if (oldPod === undefined) return "Skip";
  if (meansAll(wantsAway, pod, oldPod)) return "Queue";
  return meansAll(oldPod.template.podAntiAffinity.required, oldPod, pod) ? "Queue" : "Skip";
}

/** H4: a node came or changed a label that one of the required terms looks at. */
export function affinityNodeHint(pod: PodInfo, { oldNode, newNode }: EventSubject): QueueingHint {
  if (newNode === undefined) return "Skip";
  const after = newNode.meta.labels;
  const before = oldNode?.meta.labels;
  const nearer = pod.template.podAffinity.required.some(({ topologyKey }) => {
    if (!after.has(topologyKey)) return false;
    return before === undefined || before.get(topologyKey) !== after.get(topologyKey);
  });
  if (nearer) return "Queue";
  const away = pod.template.podAntiAffinity.required.some(({ topologyKey }) => {
    if (before === undefined) return true;
    return before.has(topologyKey) && before.get(topologyKey) !== after.get(topologyKey);
  });
  return away ? "Queue" : "Skip";
}
