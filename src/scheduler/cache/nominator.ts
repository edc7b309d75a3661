// Nominator: which pending pods are promised which node.
//
// A nomination is a promise after preemption: lower or equal priority must leave the room alone.
// Rules of scheduler-queue.md B10; a pod has at most one nomination.

import { PodTemplateRegistry } from "../../cluster/index.ts";
import type { PodInfo } from "../framework/pod-info.ts";

/** How the failure handler talks to the nominator: leave as it is, or set (possibly to "") by force. */
export type NominatingMode = "noop" | "override";

/** Nominations by node name, each list in order of arrival. */
export class Nominator {
  /** In order of arrival; whoever fits nowhere stands under "", which may be thousands. */
  private readonly podsByNode = new Map<string, Map<PodInfo["uid"], PodInfo>>();
  private readonly nodeByUid = new Map<PodInfo["uid"], string>();
  private readonly findQueued: (pod: PodInfo) => PodInfo | undefined;

  /**
   * `findQueued` returns the record held by whichever queue has the pod. A nominated pod in no queue
   * (in flight or assumed) counts as a stub: priority 0, no labels, no requests. That is upstream's
   * trap, and recorded decisions show it. The default takes the record that was nominated.
   */
  constructor(findQueued: (pod: PodInfo) => PodInfo | undefined = (pod) => pod) {
    this.findQueued = findQueued;
  }

  /** "override" registers the pod under `nodeName`; "noop" under its own status.nominatedNodeName. */
  add(pod: PodInfo, mode: NominatingMode = "noop", nodeName = ""): void {
    this.delete(pod);
    const target = mode === "override" ? nodeName : pod.nominatedNodeName;
    if (mode === "noop" && target === "") return;
    if (pod.nodeName !== "") return;
    this.nodeByUid.set(pod.uid, target);
    const pods = this.podsByNode.get(target);
    if (pods === undefined) this.podsByNode.set(target, new Map([[pod.uid, pod]]));
    else pods.set(pod.uid, pod);
  }

  /** The pod's object changed: an in-memory nomination survives when neither object names a node. */
  update(oldPod: PodInfo | undefined, newPod: PodInfo): void {
    let kept: string | undefined;
    if (newPod.nominatedNodeName === "" && (oldPod?.nominatedNodeName ?? "") === "") {
      kept = this.nodeByUid.get(newPod.uid);
    }
    if (oldPod !== undefined) this.delete(oldPod);
    if (kept === undefined) this.add(newPod);
    else this.add(newPod, "override", kept);
  }

  delete(pod: PodInfo): void {
    const nodeName = this.nodeByUid.get(pod.uid);
    if (nodeName === undefined) return;
    this.nodeByUid.delete(pod.uid);
    const pods = this.podsByNode.get(nodeName);
    pods?.delete(pod.uid);
    if (pods?.size === 0) this.podsByNode.delete(nodeName);
  }

  /** The node a pod is nominated to, or undefined. */
  nodeOf(uid: PodInfo["uid"]): string | undefined {
    return this.nodeByUid.get(uid);
  }

  /** Names of nodes that some pod is nominated to ("" may be among them). */
  nodeNames(): Iterable<string> {
    return this.podsByNode.keys();
  }

  /** Pods nominated to that node, in order of arrival; stubs for those in no queue. */
  podsForNode(nodeName: string): readonly PodInfo[] {
    const pods = this.podsByNode.get(nodeName);
    if (pods === undefined) return NO_PODS;
    return Array.from(pods.values(), (pod) => this.findQueued(pod) ?? stubOf(pod));
  }

  get size(): number {
    return this.nodeByUid.size;
  }
}

const NO_PODS: readonly PodInfo[] = [];

/** The template of a pod of which only the name is known; it belongs to no run's registry. */
const STUB_TEMPLATE = new PodTemplateRegistry().intern({ spec: { containers: [] } });

function stubOf(pod: PodInfo): PodInfo {
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    template: STUB_TEMPLATE,
    priority: 0,
    startUs: -1,
    deleting: false,
    nodeName: "",
    nominatedNodeName: "",
    pod: pod.pod,
  };
}
