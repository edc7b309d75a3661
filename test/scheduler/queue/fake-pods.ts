// Pods for tests of queue and loop: just enough template for what those floors read.

import {
  labelsOf,
  NO_RESOURCES,
  type PodTemplate,
  type Toleration,
} from "../../../src/cluster/index.ts";
import type { PodInfo } from "../../../src/scheduler/index.ts";

export interface FakePod {
  readonly uid?: string | number;
  readonly name?: string;
  readonly namespace?: string;
  readonly priority?: number;
  readonly nodeName?: string;
  readonly nominatedNodeName?: string;
  readonly deleting?: boolean;
  readonly schedulerName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly gates?: readonly string[];
  readonly tolerations?: readonly Toleration[];
  readonly milliCpu?: number;
}

let uidCount = 0;

function fakeTemplate(pod: FakePod = {}): PodTemplate {
  const { milliCpu = 0 } = pod;
  const requests = { ...NO_RESOURCES, milliCpu, present: milliCpu > 0 ? 1 : 0 };
  return {
    labels: labelsOf(Object.entries(pod.labels ?? {})),
    schedulerName: pod.schedulerName ?? "default-scheduler",
    schedulingGates: pod.gates ?? [],
    tolerations: pod.tolerations ?? [],
    requests,
    nodeRequests: requests,
    nonZeroRequests: requests,
    scoreRequests: requests,
    balancedRequests: requests,
    hostPorts: [],
    podAffinity: { required: [], preferred: [] },
    podAntiAffinity: { required: [], preferred: [] },
  } as unknown as PodTemplate;
}

export function fakePod(pod: FakePod = {}): PodInfo {
  const uid = pod.uid ?? ++uidCount;
  return {
    uid,
    namespace: pod.namespace ?? "default",
    name: pod.name ?? `p${uid}`,
    template: fakeTemplate(pod),
    priority: pod.priority ?? 0,
    startUs: -1,
    deleting: pod.deleting ?? false,
    nodeName: pod.nodeName ?? "",
    nominatedNodeName: pod.nominatedNodeName ?? "",
    pod: -1,
  };
}
