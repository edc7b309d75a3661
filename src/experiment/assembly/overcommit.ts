// Whether a node has promised more than it has.
//
// The API server refuses no binding for want of room: a scheduler with an old view may take room that
// another one has given away. Only what the pod in question asks for counts.

import {
  type ApiServer,
  NO_NODE,
  type PodTemplate,
  type ResourceList,
} from "../../cluster/index.ts";

const BASIC_RESOURCES = ["milliCpu", "memoryBytes", "ephemeralStorageBytes"] as const;

/** True when the unfinished pods of the node ask for more of something that this pod asks for than there is. */
export function isOvercommitted(
  api: ApiServer,
  nodeName: string,
  { requests }: PodTemplate,
): boolean {
  const { nodes, pods } = api;
  const node = nodes.find(nodeName);
  if (node === NO_NODE) return false;
  const used: ResourceList[] = [];
  pods.forEachOnNode(node, (pod) => {
    if (!pods.isFinished(pod)) used.push(pods.template(pod).nodeRequests);
  });
  const { allocatable } = nodes.facts(node);
  if (used.length > allocatable.pods) return true;
  for (const resource of BASIC_RESOURCES) {
    const sum = used.reduce((total, each) => total + each[resource], 0);
    if (requests[resource] > 0 && sum > allocatable[resource]) return true;
  }
  for (const [name, amount] of requests.scalars) {
    const sum = used.reduce((total, each) => total + (each.scalars.get(name) ?? 0), 0);
    if (amount > 0 && sum > (allocatable.scalars.get(name) ?? 0)) return true;
  }
  return false;
}
