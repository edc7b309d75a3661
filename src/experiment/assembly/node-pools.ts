// Node pools as Node manifests: what `kubectl get nodes -o yaml` would show of a pool's nodes.
//
// A pool is written out as plain objects and read by the same decoder as everybody's manifests, so
// that a pool node and a node of a dump are the same thing to everyone above.

import { type NodePool, nodeNameOfPool, zoneOfPoolNode } from "../scenario/scenario.ts";

/** Label that names a node's pool; faults and questions refer to pools by it. */
export const NODE_POOL_LABEL = "podsim.dev/node-pool";

/** The manifests of all nodes of a pool, in order. */
export function nodeManifestsOfPool(pool: NodePool): object[] {
  return Array.from({ length: pool.count }, (_, ordinal) => nodeManifest(pool, ordinal));
}

function nodeManifest(pool: NodePool, ordinal: number): object {
  const name = nodeNameOfPool(pool, ordinal);
  const zone = zoneOfPoolNode(pool, ordinal);
  const labels: Record<string, string> = {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    [NODE_POOL_LABEL]: pool.name,
  };
  if (pool.region !== undefined) labels["topology.kubernetes.io/region"] = pool.region;
  if (zone !== undefined) labels["topology.kubernetes.io/zone"] = zone;
  for (const [key, value] of pool.labels) labels[key] = value;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels, annotations: Object.fromEntries(pool.annotations) },
    spec: { taints: pool.taints },
    status: {
      capacity: Object.fromEntries(pool.capacity),
      allocatable: Object.fromEntries(pool.allocatable),
      images: pool.images.map((image) => ({ names: [image.name], sizeBytes: image.sizeBytes })),
    },
  };
}
