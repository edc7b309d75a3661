// Why no scheduler ever decided about a pod: gates, another scheduler's name, a node given from outside.
//
// It reads what the API shows at the end of the replay; what was so earlier, it does not know.

import {
  type ApiServer,
  formatPodReady,
  formatPodStatus,
  NO_NODE,
  PodPhase,
  type PodIndex,
  podToJson,
} from "../../cluster/index.ts";
import type { ExplainedPod, UntriedPod } from "../../metrics/index.ts";
import { Code, type PodInfo, type Profile } from "../../scheduler/index.ts";

/** Words for phases, by number. */
const PHASE_NAMES: readonly string[] = Object.keys(PodPhase);

/** The name of a pod's phase. */
export function phaseName(api: ApiServer, pod: PodIndex): string {
  return PHASE_NAMES[api.pods.phase(pod)] ?? "Unknown";
}

/** What `kubectl get pod` would show of it: two columns, and the status of `-o json`. */
export function shownOf(api: ApiServer, pod: PodIndex): Pick<ExplainedPod, "shown" | "status"> {
  return {
    shown: { status: formatPodStatus(api.pods, pod), ready: formatPodReady(api.pods, pod) },
    status: podToJson(api, pod)["status"] as ExplainedPod["status"],
  };
}

/** The name of the pod's node, or null. */
export function nodeNameOf(api: ApiServer, pod: PodIndex): string | null {
  const node = api.pods.node(pod);
  return node === NO_NODE ? null : api.nodes.name(node);
}

/** Why nobody has decided about this pod so far. `end` says how far time went. */
export function whyUntried(
  api: ApiServer,
  pod: PodIndex,
  profiles: readonly Profile[],
  end: string,
): UntriedPod {
  const { pods } = api;
  const template = pods.template(pod);
  const node = nodeNameOf(api, pod);
  if (node !== null) {
    return {
      reason: "preassigned",
      text: `it came with the node ${node} already set: no scheduler was asked`,
    };
  }
  if (pods.isFinished(pod)) return { reason: "finished", text: `it is ${phaseName(api, pod)}` };
  if (pods.isDeleting(pod))
    return { reason: "deleting", text: "it is being deleted; a scheduler passes such pods over" };
  const profile = profiles.find((each) => each.schedulerName === template.schedulerName);
  if (profile === undefined) {
    const names = profiles.map((each) => each.schedulerName).join(", ");
    return {
      reason: "unclaimed",
      text: `its schedulerName is ${template.schedulerName}, and no profile is called so (there is ${names})`,
    };
  }
  return (
    gateOf(profile, template.schedulingGates, podInfoOf(api, pod)) ?? {
      reason: "waiting",
      text: `it was still in the queue ${end}`,
    }
  );
}

function gateOf(profile: Profile, gates: readonly string[], pod: PodInfo): UntriedPod | undefined {
  for (const plugin of profile.preEnqueuePlugins) {
    const status = plugin.preEnqueue(pod);
    if (status.code === Code.Success) continue;
    const which =
      gates.length === 0 ? status.reasons.join(", ") : `schedulingGates ${gates.join(", ")}`;
    return { reason: "gated", text: `${plugin.name} keeps it out of the queue: ${which}` };
  }
  return undefined;
}

/** The pod as a scheduler that hears of it now would know it. */
function podInfoOf(api: ApiServer, pod: PodIndex): PodInfo {
  const { pods } = api;
  return {
    uid: pods.uid(pod),
    namespace: pods.namespace(pod),
    name: pods.name(pod),
    template: pods.template(pod),
    priority: pods.priority(pod),
    startUs: pods.startUs(pod),
    deleting: pods.isDeleting(pod),
    nodeName: nodeNameOf(api, pod) ?? "",
    nominatedNodeName: "",
    pod,
  };
}
