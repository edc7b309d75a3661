// Which pods use a claim: for whom it waits, and who keeps it from being deleted.
//
// A look over all pods, made only when a claim has just begun to wait or is being deleted.

import { type ApiServer, NO_NODE, type PodIndex } from "../../cluster/index.ts";
import { usesClaim } from "../../scheduler/index.ts";
import type { ClaimRecord } from "./claim-records.ts";

/** Names of the pods without a node that use the claim, in the order of their creation. */
export function podsWaitingWith(api: ApiServer, claim: ClaimRecord): string[] {
  const names: string[] = [];
  api.pods.forEach((pod) => {
    if (api.pods.node(pod) !== NO_NODE) return;
    if (isUserOf(api, pod, claim)) names.push(api.pods.name(pod));
  });
  return names;
}

/** Whether a pod with a node, which has not finished, uses the claim. */
export function isInUse(api: ApiServer, claim: ClaimRecord): boolean {
  let isUsed = false;
  api.pods.forEach((pod) => {
    if (isUsed || api.pods.node(pod) === NO_NODE || api.pods.isFinished(pod)) return;
    isUsed = isUserOf(api, pod, claim);
  });
  return isUsed;
}

function isUserOf({ pods }: ApiServer, pod: PodIndex, claim: ClaimRecord): boolean {
  const template = pods.template(pod);
  if (template.volumes.length === 0) return false;
  return usesClaim({ name: pods.name(pod), namespace: pods.namespace(pod), template }, claim);
}
